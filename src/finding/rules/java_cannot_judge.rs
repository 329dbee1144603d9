#![doc = include_str!("help/java-cannot-judge.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::each;
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "java-cannot-judge",
    severity: Severity::Error,
    help: include_str!("help/java-cannot-judge.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, _| {
        let FaultKind::Refused(Reason::InternalError { message, .. }) = &fault.kind else { return None };
        let detail = format!("Java's own code fails on it: {message}.");
        Some((detail, vec![Remedy::server("have it reissued with names and constraints in the usual form")]))
    })
}
