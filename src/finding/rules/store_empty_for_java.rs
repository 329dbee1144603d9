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
    if !evidence.is_java() || store.unreadable.is_some() || !store.anchors.is_empty() {
        return Vec::new();
    }
    let (place, entries) = (&store.place, store.entries);
    if store.needs_password {
        let what = match entries {
            0 => "is encrypted".to_owned(),
            1 => "has 1 entry, encrypted".to_owned(),
            _ => format!("has {entries} entries, all encrypted"),
        };
        let detail = format!("{place} {what}, and this client opens it without a password.");
        let mut finding = rule.finding(None, detail);
        finding.remedies.push(Remedy::store("put a JKS or password-less PKCS12 store in its place"));
        finding.remedies.push(Remedy::client(
            "or start the client with the store's password (javax.net.ssl.trustStorePassword)",
        ));
        return vec![finding];
    }
    if place == "NONE" && !store.is_writable {
        let detail = "The client is told to read no file (javax.net.ssl.trustStore=NONE).";
        let mut finding = rule.finding(None, detail);
        finding.remedies.push(Remedy::client("name a store in javax.net.ssl.trustStore"));
        return vec![finding];
    }
    let detail = match entries {
        0 => format!("{place} has no entries."),
        1 => format!("{place} has 1 entry, which Java does not trust."),
        _ => format!("{place} has {entries} entries, none of which Java trusts."),
    };
    let mut finding = rule.finding(None, detail);
    let remedy = Remedy::store("see why, entry by entry");
    finding.remedies.push(remedy.with_command(&["trustmend", "list", place]));
    vec![finding]
}
