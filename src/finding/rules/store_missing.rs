#![doc = include_str!("help/store-missing.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "store-missing",
    severity: Severity::Error,
    help: include_str!("help/store-missing.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    if !evidence.store.is_missing {
        return Vec::new();
    }
    let place = &evidence.store.place;
    let detail = format!("{place} does not exist. Java would silently use its own cacerts instead.");
    let mut finding = rule.finding(None, detail);
    finding.remedies.push(Remedy::client("check javax.net.ssl.trustStore in the client's options"));
    vec![finding]
}
