#![doc = include_str!("help/path-length-exceeded.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "path-length-exceeded",
    severity: Severity::Error,
    help: include_str!("help/path-length-exceeded.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::PathLength) = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} has more CAs below it than it allows.", person(certificate));
        Some((detail, vec![Remedy::server("have the certificate issued directly by a CA that may")]))
    })
}
