#![doc = include_str!("help/key-identifier-mismatch.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "key-identifier-mismatch",
    severity: Severity::Error,
    help: include_str!("help/key-identifier-mismatch.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::NoAnchorFits) = &fault.kind else { return None };
        let certificate = certificate?;
        let wanted = certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
        let wanted = wanted.map(|id| format!(", {}", crate::digest::hex(id))).unwrap_or_default();
        let detail = format!(
            "{} asks for another key of {} than the store has{wanted}.",
            person(certificate),
            certificate.issuer()
        );
        let remedies = vec![
            Remedy::store("import the CA certificate that has this key identifier"),
            Remedy::server("or have the certificate reissued by the CA that clients trust"),
        ];
        Some((detail, remedies))
    })
}
