#![doc = include_str!("help/eku-server-auth-missing.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::cert::purpose;
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "eku-server-auth-missing",
    severity: Severity::Error,
    help: include_str!("help/eku-server-auth-missing.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::LeafExtendedKeyUsage | Reason::LeafNetscapeType) = &fault.kind else {
            return None;
        };
        let certificate = certificate?;
        let detail = {
            let purposes = certificate.extended_key_usage().unwrap_or_default().iter().map(purpose::name);
            format!("{} is for {} only.", person(certificate), purposes.collect::<Vec<_>>().join(", "))
        };
        Some((detail, vec![Remedy::server("have it reissued for serverAuth")]))
    })
}
