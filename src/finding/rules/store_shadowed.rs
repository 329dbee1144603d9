#![doc = include_str!("help/store-shadowed.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "store-shadowed",
    severity: Severity::Error,
    help: include_str!("help/store-shadowed.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let store = &evidence.store;
    let Some(shadow) = &store.shadowed_by else { return Vec::new() };
    let mut finding = rule.finding(None, format!("{shadow} exists, so Java does not read {}.", store.place));
    let remedy = Remedy::store("judge the store that is really read");
    finding.remedies.push(remedy.with_command(&["trustmend", "list", shadow]));
    vec![finding]
}
