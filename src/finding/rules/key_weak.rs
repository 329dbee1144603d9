#![doc = include_str!("help/key-weak.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule =
    Rule { code: "key-weak", severity: Severity::Warning, help: include_str!("help/key-weak.md"), check };

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::KeyWeak = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} has a key of {}.", person(certificate), certificate.public_key());
        Some((detail, vec![Remedy::server("have it reissued for a key of RSA 2048 or EC P-256 at least")]))
    })
}
