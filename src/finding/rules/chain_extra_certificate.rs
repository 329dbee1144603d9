#![doc = include_str!("help/chain-extra-certificate.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-extra-certificate",
    severity: Severity::Info,
    help: include_str!("help/chain-extra-certificate.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Extra = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} has no part in the leaf's chain.", person(certificate));
        Some((detail, vec![Remedy::server("leave it out of the chain file")]))
    })
}
