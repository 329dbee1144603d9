#![doc = include_str!("help/name-cn-only.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "name-cn-only",
    severity: Severity::Warning,
    help: include_str!("help/name-cn-only.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::NameCommonNameOnly = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} has no DNS name in its subjectAltName.", person(certificate));
        Some((detail, vec![Remedy::server("have it reissued with the name in subjectAltName")]))
    })
}
