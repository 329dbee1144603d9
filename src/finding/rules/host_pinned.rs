#![doc = include_str!("help/host-pinned.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use crate::path::{PeerName, is_pinned};

pub(super) const RULE: Rule = Rule {
    code: "host-pinned",
    severity: Severity::Warning,
    help: include_str!("help/host-pinned.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let Some(PeerName::Dns(host)) = &evidence.name else { return Vec::new() };
    if !is_pinned(host) || evidence.is_trusted() {
        return Vec::new();
    }
    let mut finding = rule.finding(None, format!("{host} belongs to a vendor whose agents carry its keys."));
    finding.remedies.push(Remedy::client("exempt the host from TLS inspection; do not import for it"));
    vec![finding]
}
