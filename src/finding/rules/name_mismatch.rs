#![doc = include_str!("help/name-mismatch.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, names};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "name-mismatch",
    severity: Severity::Error,
    help: include_str!("help/name-mismatch.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(reason) = &fault.kind else { return None };
        let detail = match reason {
            Reason::HostDnsMismatch { name } | Reason::HostCommonNameMismatch { name } => {
                format!("The URL says {name}; the certificate is for {}.", names(certificate?))
            }
            Reason::HostIllegal { name, cause } => {
                format!("The URL says {name}, which Java takes for no host name: {cause}.")
            }
            _ => return None,
        };
        let remedies = vec![
            Remedy::client("use a name that is in the certificate"),
            Remedy::server("or have the certificate reissued with the URL's name in its subjectAltName"),
        ];
        Some((detail, remedies))
    })
}
