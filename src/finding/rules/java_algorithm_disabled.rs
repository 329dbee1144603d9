#![doc = include_str!("help/java-algorithm-disabled.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "java-algorithm-disabled",
    severity: Severity::Error,
    help: include_str!("help/java-algorithm-disabled.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::Algorithm(fault)) = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{}: {fault}.", person(certificate));
        Some((detail, vec![Remedy::server("have it reissued with a current algorithm and key size")]))
    })
}
