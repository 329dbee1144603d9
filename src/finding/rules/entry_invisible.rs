#![doc = include_str!("help/entry-invisible.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity, Unseen};
use super::person;
use crate::path::{Fault, FaultKind};

pub(super) const RULE: Rule = Rule {
    code: "entry-invisible",
    severity: Severity::Error,
    help: include_str!("help/entry-invisible.md"),
    check,
};

/// What is missing is in the store, and Java does not see it.
fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    if !evidence.is_java() {
        return Vec::new();
    }
    if evidence.is_trusted() {
        return Vec::new();
    }
    let leaf = evidence.presented.first();
    let is_missing = |unseen: &&Unseen| {
        let certificate = &unseen.certificate;
        let misses = |fault: &Fault| match &fault.kind {
            FaultKind::LeafSelfSigned => leaf == Some(certificate),
            _ => fault.holds(certificate),
        };
        leaf == Some(certificate) || evidence.faults.iter().any(misses)
    };
    evidence.store.unseen.iter().filter(is_missing).map(|unseen| told(evidence, rule, unseen)).collect()
}

fn told(evidence: &Evidence, rule: &Rule, unseen: &Unseen) -> Finding {
    let Unseen { alias, certificate, why, can_be_repaired } = unseen;
    let detail = format!("{} is in the store, under {alias}; but {why}.", person(certificate));
    let mut finding = rule.finding(Some(certificate.sha256()), detail);
    if *can_be_repaired && evidence.store.is_writable {
        let remedy = Remedy::store("make Java see it, if it is to be trusted");
        let words = ["trustmend", "repair", &evidence.store.place, alias];
        finding.remedies.push(remedy.with_command(&words));
    }
    finding
}
