#![doc = include_str!("help/store-unreadable.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity, Unreadable};

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
    let remedy = match store.unreadable_kind {
        Unreadable::Pem => format!(
            "convert it: trustmend convert {} trust.jks, and name the new file in javax.net.ssl.trustStore",
            store.place
        ),
        Unreadable::Jceks => {
            "convert it to JKS or PKCS12, or start the JVM with -Djavax.net.ssl.trustStoreType=JCEKS"
                .to_owned()
        }
        Unreadable::Password if !evidence.is_java() => {
            "give the right password with --store-password-file FILE".to_owned()
        }
        Unreadable::Password => "give the right password with -Djavax.net.ssl.trustStorePassword".to_owned(),
        Unreadable::Other => "restore the store from a backup: trustmend restore STORE".to_owned(),
    };
    finding.remedies.push(Remedy::store(remedy));
    vec![finding]
}
