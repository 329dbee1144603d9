#![doc = include_str!("help/proxy-refused.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "proxy-refused",
    severity: Severity::Error,
    help: include_str!("help/proxy-refused.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(
        evidence,
        rule,
        Remedy::client("give the proxy its credentials, or have the destination allowed there"),
    )
}
