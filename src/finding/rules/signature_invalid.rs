#![doc = include_str!("help/signature-invalid.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::{Reason, SignatureFault};

pub(super) const RULE: Rule = Rule {
    code: "signature-invalid",
    severity: Severity::Error,
    help: include_str!("help/signature-invalid.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(reason) = &fault.kind else { return None };
        let certificate = certificate?;
        let (issuer, person) = (certificate.issuer(), person(certificate));
        let detail = match reason {
            // What a runtime does not know, another one may find right.
            Reason::Signature(SignatureFault::Algorithm { .. } | SignatureFault::Curve { .. }) => {
                return None;
            }
            Reason::Signature(SignatureFault::Encoding { cause }) => {
                format!("The signature on {person} is not encoded as it should be ({cause}).")
            }
            Reason::Signature(SignatureFault::ParametersMissing) => {
                format!(
                    "The signature on {person} is RSASSA-PSS without the parameters that say how it was made."
                )
            }
            Reason::Signature(SignatureFault::OtherKind { what }) => {
                format!(
                    "The key of {issuer} is none for the algorithm of the signature on {person} ({what})."
                )
            }
            Reason::Signature(_) | Reason::NameChaining => {
                format!("The key of {issuer} did not sign {person}.")
            }
            _ => return None,
        };
        Some((detail, vec![Remedy::server("install the chain that belongs to this certificate")]))
    })
}
