#![doc = include_str!("help/store-unreadable.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "store-unreadable",
    severity: Severity::Error,
    help: include_str!("help/store-unreadable.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let store = &evidence.store;
    let Some(why) = store.unreadable.as_ref().filter(|_| !store.is_missing) else { return Vec::new() };
    let mut finding = rule.finding(None, format!("{}: {why}.", store.place));
    finding.remedies.push(Remedy::store("give the right password, or restore the store from a backup"));
    vec![finding]
}
