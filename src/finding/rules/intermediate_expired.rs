#![doc = include_str!("help/intermediate-expired.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::cross_sign_expired::cross_signed;
use super::{date, each, person};
use crate::cert::Certificate;
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "intermediate-expired",
    severity: Severity::Error,
    help: include_str!("help/intermediate-expired.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut findings = each(evidence, rule, |fault, certificate| {
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
        let what = if certificate.is_self_issued() { "a root" } else { "an intermediate" };
        let remedy = Remedy::server(format!("install the CA's current chain, with {what} that is valid now"));
        Some((format!("{} {words}.", person(certificate)), vec![remedy]))
    });
    let is_root = |finding: &&mut Finding| {
        let about = finding.certificate.and_then(|fingerprint| evidence.certificate(fingerprint));
        about.is_some_and(Certificate::is_self_issued)
    };
    for finding in findings.iter_mut().filter(is_root) {
        "The root that is sent has expired or is not valid yet".clone_into(&mut finding.title);
    }
    findings
}
