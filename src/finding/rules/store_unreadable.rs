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
    let convert =
        |text: &str| Remedy::store(text).with_command(&["trustmend", "convert", &store.place, "trust.jks"]);
    let name = Remedy::client("then name the new file in -Djavax.net.ssl.trustStore");
    finding.remedies = match store.unreadable_kind {
        Unreadable::Pem => {
            vec![convert("convert it: Java takes no PEM file for a store, whatever is in it"), name]
        }
        Unreadable::Jceks => vec![
            convert("convert it to JKS"),
            name,
            Remedy::client("or start the JVM with -Djavax.net.ssl.trustStoreType=JCEKS"),
        ],
        Unreadable::Type => {
            vec![Remedy::client(
                "take -Djavax.net.ssl.trustStoreType out of the JVM's options, and restart it",
            )]
        }
        Unreadable::Password if !evidence.is_java() => {
            vec![Remedy::store("give the right password with --store-password-file FILE")]
        }
        Unreadable::Password => {
            vec![Remedy::client("give the right password with -Djavax.net.ssl.trustStorePassword")]
        }
        Unreadable::Other => vec![Remedy::store("restore the store from a backup").with_command(&[
            "trustmend",
            "restore",
            &store.place,
        ])],
    };
    vec![finding]
}
