#![doc = include_str!("help/key-in-trust-store.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::person;
use crate::path::Anchor;

pub(super) const RULE: Rule = Rule {
    code: "key-in-trust-store",
    severity: Severity::Warning,
    help: include_str!("help/key-in-trust-store.md"),
    check,
};

/// The anchor that the verdict rests on is there only because its private key is.
fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let store = &evidence.store;
    let used = evidence.judgement.as_ref().and_then(|judgement| judgement.anchor.as_ref());
    let Some(certificate) = used.filter(|_| evidence.is_trusted()) else { return Vec::new() };
    let (keys, others): (Vec<&Anchor>, Vec<&Anchor>) = store
        .anchors
        .iter()
        .filter(|anchor| anchor.certificate == *certificate)
        .partition(|anchor| anchor.alias.as_ref().is_some_and(|alias| store.keys.contains(alias)));
    let Some(alias) = keys.first().and_then(|key| key.alias.as_ref()).filter(|_| others.is_empty()) else {
        return Vec::new();
    };
    let detail = format!(
        "{} is trusted only because its private key is in the store, under {alias}: the next renewal ends that, and whoever \
         may read the store has the key.",
        person(certificate)
    );
    let mut finding = rule.finding(Some(certificate.sha256()), detail);
    finding.remedies.push(Remedy::store(
        "import the CA, or a self-signed server's certificate, into a store that holds no keys, and name that to the client",
    ));
    vec![finding]
}
