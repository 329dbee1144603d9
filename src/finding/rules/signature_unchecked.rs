#![doc = include_str!("help/signature-unchecked.md")]

use super::super::{Evidence, Finding, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "signature-unchecked",
    severity: Severity::Info,
    help: include_str!("help/signature-unchecked.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::SignatureUnchecked { what } = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{}: {what}.", person(certificate));
        Some((detail, Vec::new()))
    })
}
