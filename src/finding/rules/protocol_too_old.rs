#![doc = include_str!("help/protocol-too-old.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "protocol-too-old",
    severity: Severity::Error,
    help: include_str!("help/protocol-too-old.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(evidence, rule, Remedy::server("enable TLS 1.2 or 1.3"))
}
