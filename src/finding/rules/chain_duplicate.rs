#![doc = include_str!("help/chain-duplicate.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{crowd, each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-duplicate",
    severity: Severity::Info,
    help: include_str!("help/chain-duplicate.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut found = each(evidence, rule, |fault, certificate| {
        let FaultKind::Duplicate = &fault.kind else { return None };
        let detail = format!("{} is sent more than once.", person(certificate?));
        Some((detail, vec![Remedy::server("leave the copy out of the chain file")]))
    });
    if let Some((count, some)) = crowd(evidence, &found) {
        let detail = format!("{count} certificates are sent more than once: {some}.");
        found.truncate(1);
        found.iter_mut().for_each(|finding| {
            finding.certificate = None;
            finding.detail.clone_from(&detail);
            finding.remedies = vec![Remedy::server("leave the copies out of the chain file")];
        });
    }
    found
}
