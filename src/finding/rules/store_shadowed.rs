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
    if !evidence.is_java() {
        return Vec::new();
    }
    if let Some(shadow) = &store.shadowed_by {
        let detail = format!("{shadow} exists, so Java reads that and not {}.", store.place);
        let mut finding = rule.finding(None, detail);
        let remedy = Remedy::store("import into the store that is really read, or move it away");
        finding.remedies.push(remedy.with_command(&["trustmend", "list", shadow]));
        return vec![finding];
    }
    // What is judged is what is read; that an import into the other one does nothing is good to know.
    let told = |shadowed: &String| {
        let detail = format!("{shadowed} is not read, because there is a jssecacerts beside it.");
        Finding { severity: Severity::Info, ..rule.finding(None, detail) }
    };
    store.shadows.iter().map(told).collect()
}
