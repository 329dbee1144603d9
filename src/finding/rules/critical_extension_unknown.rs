#![doc = include_str!("help/critical-extension-unknown.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "critical-extension-unknown",
    severity: Severity::Error,
    help: include_str!("help/critical-extension-unknown.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(Reason::CriticalExtension { oids }) = &fault.kind else { return None };
        let certificate = certificate?;
        let detail = format!("{} has the critical extension {}.", person(certificate), oids.join(", "));
        Some((detail, vec![Remedy::server("have it reissued without it, or with it not critical")]))
    })
}
