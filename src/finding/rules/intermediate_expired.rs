#![doc = include_str!("help/intermediate-expired.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::cross_sign_expired::cross_signed;
use super::{date, each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "intermediate-expired",
    severity: Severity::Error,
    help: include_str!("help/intermediate-expired.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        if cross_signed(evidence, fault, certificate).is_some() {
            return None;
        }
        let certificate =
            certificate.filter(|certificate| evidence.presented.first() != Some(certificate))?;
        let words = match &fault.kind {
            FaultKind::Refused(Reason::Expired { not_after }) => format!("expired on {}", date(*not_after)),
            FaultKind::Refused(Reason::NotYetValid { not_before }) => {
                format!("is not valid before {}", date(*not_before))
            }
            _ => return None,
        };
        let remedy = Remedy::server("install the CA's current chain, with an intermediate that is valid now");
        Some((format!("{} {words}.", person(certificate)), vec![remedy]))
    })
}
