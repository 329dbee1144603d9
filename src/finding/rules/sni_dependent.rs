#![doc = include_str!("help/sni-dependent.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "sni-dependent",
    severity: Severity::Error,
    help: include_str!("help/sni-dependent.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(evidence, rule, Remedy::client("use a name the server is configured for"))
}
