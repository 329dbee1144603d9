#![doc = include_str!("help/chain-root-unneeded.md")]

use super::super::{Evidence, Finding, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-root-unneeded",
    severity: Severity::Info,
    help: include_str!("help/chain-root-unneeded.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::RootUnneeded = &fault.kind else { return None };
        let certificate = certificate?;
        let detail =
            format!("{} is sent, although clients can only trust their own copy.", person(certificate));
        Some((detail, Vec::new()))
    })
}
