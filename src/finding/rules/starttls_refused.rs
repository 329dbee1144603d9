#![doc = include_str!("help/starttls-refused.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "starttls-refused",
    severity: Severity::Error,
    help: include_str!("help/starttls-refused.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(evidence, rule, Remedy::server("configure a certificate and switch TLS on for this protocol"))
}
