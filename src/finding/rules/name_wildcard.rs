#![doc = include_str!("help/name-wildcard.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, names, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "name-wildcard",
    severity: Severity::Warning,
    help: include_str!("help/name-wildcard.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::NameWildcard = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!(
            "{} fits only by a wildcard that is not alone in the leftmost label: {}.",
            person(certificate),
            names(certificate)
        );
        Some((
            detail,
            vec![Remedy::server(
                "have it reissued with the name itself, or a wildcard for the whole leftmost label",
            )],
        ))
    })
}
