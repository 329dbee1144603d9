#![doc = include_str!("help/policy-required.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "policy-required",
    severity: Severity::Error,
    help: include_str!("help/policy-required.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::Policy) = &fault.kind else { return None };
        let detail =
            format!("{} does not have the policy that a CA above it requires.", person(certificate?));
        Some((detail, vec![Remedy::server("have it issued under that policy")]))
    })
}
