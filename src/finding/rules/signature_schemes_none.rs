#![doc = include_str!("help/signature-schemes-none.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "signature-schemes-none",
    severity: Severity::Error,
    help: include_str!("help/signature-schemes-none.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(evidence, rule, Remedy::server("have it reissued: an RSA or P-256 key, signed with SHA-256"))
}
