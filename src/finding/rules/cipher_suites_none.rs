#![doc = include_str!("help/cipher-suites-none.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "cipher-suites-none",
    severity: Severity::Error,
    help: include_str!("help/cipher-suites-none.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(evidence, rule, Remedy::server("allow ECDHE cipher suites with AES-GCM, and TLS 1.3"))
}
