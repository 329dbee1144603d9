#![doc = include_str!("help/name-constraint-violated.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "name-constraint-violated",
    severity: Severity::Error,
    help: include_str!("help/name-constraint-violated.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let certificate = certificate?;
        match &fault.kind {
            FaultKind::Refused(Reason::NameConstraints) => {
                let detail =
                    format!("{} has a name outside what a CA above it may certify.", person(certificate));
                Some((detail, vec![Remedy::server("have it issued by a CA that may certify its names")]))
            }
            FaultKind::Refused(Reason::NameDistance { .. }) => {
                let detail = format!(
                    "A CA above {} may certify names at some distance below a name only (minimum or maximum of its \
                     name constraints), which Java does not support.",
                    person(certificate)
                );
                let remedy = "have it issued by a CA whose name constraints have neither minimum nor maximum";
                Some((detail, vec![Remedy::server(remedy)]))
            }
            _ => None,
        }
    })
}
