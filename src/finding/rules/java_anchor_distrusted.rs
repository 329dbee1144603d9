#![doc = include_str!("help/java-anchor-distrusted.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::each;
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "java-anchor-distrusted",
    severity: Severity::Error,
    help: include_str!("help/java-anchor-distrusted.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, _| {
        let detail = match &fault.kind {
            FaultKind::Refused(Reason::AuthorityDistrusted {
                authority, issued_after: Some(day), ..
            }) => {
                format!("Java refuses certificates of {authority} that were issued after {day}.")
            }
            FaultKind::Refused(Reason::AuthorityDistrusted { authority, .. }) => {
                format!("Java refuses certificates of {authority}.")
            }
            FaultKind::Refused(Reason::Blocked { subject }) => {
                format!("{subject} is on Java's list of blocked certificates.")
            }
            _ => return None,
        };
        Some((detail, vec![Remedy::server("get a certificate from another CA")]))
    })
}
