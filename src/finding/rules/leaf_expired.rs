#![doc = include_str!("help/leaf-expired.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{date, each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "leaf-expired",
    severity: Severity::Error,
    help: include_str!("help/leaf-expired.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::Expired { not_after }) = &fault.kind else { return None };
        let certificate = certificate?;
        if evidence.presented.first() != Some(certificate) {
            return None;
        }
        let detail = format!("{} expired on {}.", person(certificate), date(*not_after));
        Some((detail, vec![Remedy::server("renew the certificate; nothing that is imported helps")]))
    })
}
