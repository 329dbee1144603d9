#![doc = include_str!("help/store-missing.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "store-missing",
    severity: Severity::Error,
    help: include_str!("help/store-missing.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    if !evidence.store.is_missing {
        return Vec::new();
    }
    let store = &evidence.store;
    let why = store.unreadable.as_deref().unwrap_or(&store.place);
    let detail = match &store.instead {
        _ if !evidence.is_java() => format!("{why}."),
        Some(instead) if store.anchors.is_empty() => {
            format!(
                "{why}. Java says nothing and looks for {instead} instead, where it finds nothing to trust."
            )
        }
        Some(instead) => format!("{why}. Java says nothing and reads {instead} instead."),
        None => format!(
            "{why}. Java says nothing and reads its own cacerts instead; Mozilla's roots stand for it here, as JAVA_HOME \
             names no runtime."
        ),
    };
    let remedy = match evidence.is_java() {
        true => "check javax.net.ssl.trustStore in the client's options",
        false => "check which file of roots the client is told to read",
    };
    let mut finding = rule.finding(None, detail);
    finding.remedies.push(Remedy::client(remedy));
    vec![finding]
}
