#![doc = include_str!("help/signature-invalid.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "signature-invalid",
    severity: Severity::Error,
    help: include_str!("help/signature-invalid.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::Signature { .. } | Reason::NameChaining) = &fault.kind else {
            return None;
        };
        let certificate = certificate?;
        let detail = format!("The key of {} did not sign {}.", certificate.issuer(), person(certificate));
        Some((detail, vec![Remedy::server("install the chain that belongs to this certificate")]))
    })
}
