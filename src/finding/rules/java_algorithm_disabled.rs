#![doc = include_str!("help/java-algorithm-disabled.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::cert::signature_name;
use crate::path::FaultKind;
use crate::path::java::{Reason, SignatureFault};

pub(super) const RULE: Rule = Rule {
    code: "java-algorithm-disabled",
    severity: Severity::Error,
    help: include_str!("help/java-algorithm-disabled.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(reason) = &fault.kind else { return None };
        let certificate = certificate?;
        let signed = || signature_name(&certificate.signature_algorithm().oid);
        let what = match reason {
            Reason::Algorithm(fault) => fault.to_string(),
            Reason::Signature(SignatureFault::Algorithm { .. }) => {
                format!("it is signed with {}, which this Java does not know", signed())
            }
            Reason::Signature(SignatureFault::Curve { curve }) => {
                format!("it is signed by a key on {curve}, a curve that this Java does not have")
            }
            _ => return None,
        };
        let detail = format!("{}: {what}.", person(certificate));
        Some((detail, vec![Remedy::server("have it reissued with a current algorithm and key size")]))
    })
}
