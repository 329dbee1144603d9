#![doc = include_str!("help/leaf-self-signed.md")]

use super::super::remedy;
use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "leaf-self-signed",
    severity: Severity::Error,
    help: include_str!("help/leaf-self-signed.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::LeafSelfSigned = &fault.kind else { return None };
        let leaf = certificate?;
        let remedies = vec![
            remedy::import(evidence, leaf, "the certificate itself"),
            Remedy::server(
                "better: have it issued by a CA, so that its next renewal changes nothing for clients",
            ),
        ];
        Some((format!("{} vouches for itself only.", person(leaf)), remedies))
    })
}
