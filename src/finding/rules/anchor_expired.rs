#![doc = include_str!("help/anchor-expired.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{date, each, entitle, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "anchor-expired",
    severity: Severity::Warning,
    help: include_str!("help/anchor-expired.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut findings = each(evidence, rule, |fault, certificate| {
        let FaultKind::AnchorOutOfDate = &fault.kind else { return None };
        let certificate = certificate?;
        let detail =
            format!("{} in the store is valid until {}.", person(certificate), date(certificate.not_after()));
        Some((detail, vec![Remedy::store("replace it by the CA's current certificate")]))
    });
    if !evidence.is_java() {
        entitle(&mut findings, "The trust anchor has expired");
    }
    findings
}
