#![doc = include_str!("help/chain-extra-certificate.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{crowd, each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-extra-certificate",
    severity: Severity::Info,
    help: include_str!("help/chain-extra-certificate.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut found = each(evidence, rule, |fault, certificate| {
        let FaultKind::Extra = &fault.kind else { return None };
        let detail = format!("{} has no part in the leaf's chain.", person(certificate?));
        Some((detail, vec![Remedy::server("leave it out of the chain file")]))
    });
    if let Some((count, some)) = crowd(evidence, &found) {
        let detail = format!("{count} certificates have no part in the leaf's chain: {some}.");
        found.truncate(1);
        found.iter_mut().for_each(|finding| {
            finding.certificate = None;
            finding.detail.clone_from(&detail);
            finding.remedies = vec![Remedy::server("leave them out of the chain file")];
        });
    }
    found
}
