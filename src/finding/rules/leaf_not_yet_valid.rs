#![doc = include_str!("help/leaf-not-yet-valid.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{date, each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "leaf-not-yet-valid",
    severity: Severity::Error,
    help: include_str!("help/leaf-not-yet-valid.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::NotYetValid { not_before }) = &fault.kind else { return None };
        let certificate = certificate?;
        if evidence.presented.first() != Some(certificate) {
            return None;
        }
        let detail = format!(
            "{} is not valid before {}; this machine's clock says {}.",
            person(certificate),
            date(*not_before),
            date(evidence.now)
        );
        Some((
            detail,
            vec![
                Remedy::client("check this machine's clock and time zone"),
                Remedy::server("if the clock is right, install a certificate that is valid now"),
            ],
        ))
    })
}
