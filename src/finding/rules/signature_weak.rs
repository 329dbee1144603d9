#![doc = include_str!("help/signature-weak.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "signature-weak",
    severity: Severity::Warning,
    help: include_str!("help/signature-weak.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::SignatureWeak { algorithm } = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} is signed with {algorithm}.", person(certificate));
        Some((detail, vec![Remedy::server("have it reissued with SHA-256")]))
    })
}
