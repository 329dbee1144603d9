#![doc = include_str!("help/store-empty-for-java.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "store-empty-for-java",
    severity: Severity::Error,
    help: include_str!("help/store-empty-for-java.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let store = &evidence.store;
    if store.unreadable.is_some() || !store.anchors.is_empty() {
        return Vec::new();
    }
    let (place, entries) = (&store.place, store.entries);
    if store.needs_password {
        let detail = format!(
            "{place} has {entries} entries, all encrypted, and a JRE opens its own store without a password."
        );
        let mut finding = rule.finding(None, detail);
        finding.remedies.push(Remedy::store("put a JKS or password-less PKCS12 store in its place"));
        return vec![finding];
    }
    let mut finding =
        rule.finding(None, format!("{place} has {entries} entries, none of which Java trusts."));
    let remedy = Remedy::store("see why, entry by entry");
    finding.remedies.push(remedy.with_command(&["trustmend", "list", place]));
    vec![finding]
}
