#![doc = include_str!("help/key-usage-wrong.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "key-usage-wrong",
    severity: Severity::Error,
    help: include_str!("help/key-usage-wrong.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(reason) = &fault.kind else { return None };
        let needed = match reason {
            Reason::LeafKeyUsage { missing } => missing,
            Reason::CaKeyUsage | Reason::AnchorKeyUsage { .. } => "signing certificates (keyCertSign)",
            Reason::KeyUsageBits => "a usage",
            _ => return None,
        };
        let certificate = certificate?;
        let has = certificate.key_usage()?.names().join(" ");
        let detail = format!("{} has to allow {needed} and allows {has}.", person(certificate));
        Some((detail, vec![Remedy::server("have it reissued with the right keyUsage")]))
    })
}
