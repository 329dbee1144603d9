#![doc = include_str!("help/issuer-not-ca.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "issuer-not-ca",
    severity: Severity::Error,
    help: include_str!("help/issuer-not-ca.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::Refused(reason) = &fault.kind else { return None };
        let mut remedies = vec![Remedy::server("have the CA's certificate reissued with CA:TRUE")];
        let detail = match reason {
            Reason::NotCa => format!("{} does not say that it is a CA.", person(certificate?)),
            Reason::AnchorNotCa { subject } => {
                let option = Remedy::client(
                    "or, knowing that any certificate in the store may then issue others, start Java with \
                     -Djdk.security.allowNonCaAnchor=true",
                );
                remedies.extend(Some(option).filter(|_| evidence.is_java()));
                format!("{subject}, in the store, does not say that it is a CA.")
            }
            _ => return None,
        };
        Some((detail, remedies))
    })
}
