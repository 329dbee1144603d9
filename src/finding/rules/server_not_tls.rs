#![doc = include_str!("help/server-not-tls.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "server-not-tls",
    severity: Severity::Error,
    help: include_str!("help/server-not-tls.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(
        evidence,
        rule,
        Remedy::client("check the port, and that the URL's scheme is what the server speaks there"),
    )
}
