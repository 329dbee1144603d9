#![doc = include_str!("help/name-ip-san-missing.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, names};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "name-ip-san-missing",
    severity: Severity::Error,
    help: include_str!("help/name-ip-san-missing.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::HostIpMismatch { .. } | Reason::HostNoAlternativeNames) = &fault.kind
        else {
            return None;
        };
        let (leaf, address) = (certificate?, evidence.name.as_ref()?.to_string());
        let spelled = leaf.label() == address;
        let trap = if spelled { " That it spells the address as a name does not count." } else { "" };
        let detail = format!("The URL says {address}; the certificate is for {}.{trap}", names(leaf));
        let remedies = vec![
            Remedy::client("use the server's DNS name in the URL, if the certificate has it"),
            Remedy::server(format!(
                "or have the certificate reissued with ip:{address} in its subjectAltName"
            )),
        ];
        Some((detail, remedies))
    })
}
