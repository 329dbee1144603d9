#![doc = include_str!("help/revocation-unknown.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "revocation-unknown",
    severity: Severity::Error,
    help: include_str!("help/revocation-unknown.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::RevocationUnknown) = &fault.kind else { return None };
        let detail = format!("{} names no place to ask whether it was revoked.", person(certificate?));
        let remedies = vec![
            Remedy::client("start Java without -Dcom.sun.net.ssl.checkRevocation=true"),
            Remedy::server("or have it reissued with a CRL distribution point or an OCSP address"),
        ];
        Some((detail, remedies))
    })
}
