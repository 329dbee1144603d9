#![doc = include_str!("help/root-untrusted.md")]

use super::super::remedy;
use super::super::{Evidence, Finding, Place, Rule, Severity};
use super::each;
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "root-untrusted",
    severity: Severity::Error,
    help: include_str!("help/root-untrusted.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::RootUntrusted { name, root, .. } = &fault.kind else { return None };
        if let Some(root) = root {
            let detail = match evidence.where_found(root) {
                Some(Place::Store(alias)) => format!(
                    "The chain ends in {name}, which the store holds, under {alias}, where Java does not trust it."
                ),
                Some(place) => {
                    format!("The chain ends in {name}, which is not in the store. It was found {place}.")
                }
                None => format!("The chain ends in {name}, which is not in the store."),
            };
            return Some((detail, vec![remedy::import(evidence, root, "the root")]));
        }
        let detail = format!("The chain leads to {name}, which is neither sent nor in the store.");
        let top = certificate.filter(|top| top.is_ca());
        let stop_gap = "this intermediate, which is enough for Java";
        let import = top.map(|top| remedy::import(evidence, top, stop_gap));
        let file = remedy::import_file(&format!("the certificate of {name}"));
        Some((detail, import.into_iter().chain([file]).collect()))
    })
}
