#![doc = include_str!("help/name-constraint-violated.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "name-constraint-violated",
    severity: Severity::Error,
    help: include_str!("help/name-constraint-violated.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::NameConstraints) = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} has a name outside what a CA above it may certify.", person(certificate));
        Some((detail, vec![Remedy::server("have it issued by a CA that may certify its names")]))
    })
}
