#![doc = include_str!("help/certificate-unreadable.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, failure, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "certificate-unreadable",
    severity: Severity::Error,
    help: include_str!("help/certificate-unreadable.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let remedy = || Remedy::server("install the certificate again, or have it reissued in the standard form");
    let mut findings = failure(evidence, rule, remedy());
    findings.extend(each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(reason) = &fault.kind else { return None };
        let why = match reason {
            Reason::Unreadable { exceptions } => exceptions.first().map(String::as_str)?,
            Reason::ExtensionUnreadable { message } => message,
            Reason::IssuerEmpty => "it names no issuer",
            _ => return None,
        };
        let detail = format!("Java cannot read {}: {why}.", person(certificate?));
        Some((detail, vec![remedy()]))
    }));
    findings
}
