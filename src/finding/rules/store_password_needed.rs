#![doc = include_str!("help/store-password-needed.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "store-password-needed",
    severity: Severity::Warning,
    help: include_str!("help/store-password-needed.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let store = &evidence.store;
    if !evidence.is_java() || !store.needs_password || store.anchors.is_empty() {
        return Vec::new();
    }
    let detail = format!("Without javax.net.ssl.trustStorePassword, Java finds nothing in {}.", store.place);
    let mut finding = rule.finding(None, detail);
    finding.remedies.push(Remedy::client("make sure that the client is started with the store's password"));
    vec![finding]
}
