#![doc = include_str!("help/chain-duplicate.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-duplicate",
    severity: Severity::Info,
    help: include_str!("help/chain-duplicate.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Duplicate = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} is sent more than once.", person(certificate));
        Some((detail, vec![Remedy::server("leave the copy out of the chain file")]))
    })
}
