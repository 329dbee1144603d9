#![doc = include_str!("help/cross-sign-expired.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{date, each, person};
use crate::cert::Certificate;
use crate::path::java::{Reason, same};
use crate::path::{Fault, FaultKind};

pub(super) const RULE: Rule = Rule {
    code: "cross-sign-expired",
    severity: Severity::Warning,
    help: include_str!("help/cross-sign-expired.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let (certificate, twin) = cross_signed(evidence, fault, certificate)?;
        let FaultKind::Refused(Reason::Expired { not_after }) = &fault.kind else { return None };
        let detail = format!(
            "{}, issued by {}, expired on {}; the same authority issued by {} is at hand, and this client takes that one.",
            person(certificate),
            certificate.issuer(),
            date(*not_after),
            twin.issuer()
        );
        Some((
            detail,
            vec![Remedy::server("stop sending the expired cross-certificate: older clients stop at it")],
        ))
    })
}

/// An expired certificate that the client goes round, and the other one of the same authority.
pub(super) fn cross_signed<'e>(
    evidence: &'e Evidence,
    fault: &Fault,
    certificate: Option<&'e Certificate>,
) -> Option<(&'e Certificate, &'e Certificate)> {
    let certificate = certificate.filter(|certificate| !fault.blocks && certificate.is_ca())?;
    let anchors = evidence.store.anchors.iter().map(|anchor| &anchor.certificate);
    let mut known = evidence.presented.iter().chain(anchors);
    let twin = known.find(|other| {
        *other != certificate
            && other.public_key().spki == certificate.public_key().spki
            && same(other.subject(), certificate.subject())
            && !same(other.issuer(), certificate.issuer())
    })?;
    Some((certificate, twin))
}
