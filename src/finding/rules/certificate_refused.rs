#![doc = include_str!("help/certificate-refused.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "certificate-refused",
    severity: Severity::Error,
    help: include_str!("help/certificate-refused.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        if let (FaultKind::KeyUnusable { takes }, Some(leaf)) = (&fault.kind, certificate) {
            let (who, key) = (person(leaf), leaf.public_key());
            let detail = format!(
                "{who} has a key of {key}, for which this client has no handshake: it takes {takes}."
            );
            let text = "have it reissued for a key of RSA 2048 or EC P-256";
            return Some((detail, vec![Remedy::server(text)]));
        }
        let FaultKind::RefusedOtherwise { words } = &fault.kind else { return None };
        let of = certificate.map(|certificate| format!(" of {}", person(certificate))).unwrap_or_default();
        let detail = format!("It says{of}: {words}.");
        Some((detail, vec![Remedy::server("have the certificate reissued in the form this client takes")]))
    })
}
