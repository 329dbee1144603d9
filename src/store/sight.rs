//! What a JVM makes of a store, by how it is told to open it.

use std::collections::HashSet;

use super::Store;
use super::model::Problem;
use crate::cert::Certificate;
use crate::digest::Fingerprint;

impl Store {
    /// Takes the trust from what a client does not see that opens the store without its password: `seen` are the certificates
    /// it still trusts then. What is encrypted is left out without a word (PKCS12KeyStore.engineLoad).
    pub fn hide_encrypted(&mut self, seen: &HashSet<Fingerprint>) {
        let all = self.entries.iter().filter(|entry| entry.anchor_for_java).count();
        let mut hidden = 0;
        for entry in self.entries.iter_mut().filter(|entry| entry.anchor_for_java) {
            let first = entry.certificates.first().map(Certificate::sha256);
            if first.is_none_or(|first| !seen.contains(&first)) {
                entry.anchor_for_java = false;
                hidden += 1;
            }
        }
        if hidden > 0 {
            let mut problem = Problem::new(format!(
                "{hidden} of {all} entries are encrypted, and the JVM opens this store without a password: it trusts none of those"
            ));
            problem.needs_password = true;
            self.problems.push(problem);
        }
    }
}

/// The types that the JDK's own providers have, on Windows and macOS too.
const TYPES: [&str; 10] = [
    "JKS",
    "CaseExactJKS",
    "DKS",
    "PKCS12",
    "JCEKS",
    "PKCS11",
    "Windows-ROOT",
    "Windows-MY",
    "KeychainStore",
    "KeychainStore-ROOT",
];

/// Why a JVM does not load a store that can be read here; `declared` is its `javax.net.ssl.trustStoreType`, if that is set.
pub fn java_refusal(store: &Store, declared: Option<&str>) -> Option<String> {
    if let Some(unknown) = declared.filter(|name| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(name)))
    {
        return Some(format!(
            "no provider of Java has stores of the type {unknown:?} (javax.net.ssl.trustStoreType)"
        ));
    }
    let is_jceks = declared.is_some_and(|name| name.eq_ignore_ascii_case("JCEKS"));
    match (store.format.name(), is_jceks) {
        ("pem", _) => Some("Java does not read PEM files as trust stores".to_owned()),
        ("jceks", false) => {
            Some("Java reads a JCEKS store only with -Djavax.net.ssl.trustStoreType=JCEKS".to_owned())
        }
        ("pkcs12", true) => {
            Some("Java does not read a PKCS12 store with -Djavax.net.ssl.trustStoreType=JCEKS".to_owned())
        }
        _ => store.java_refuses().map(|problem| problem.message.clone()),
    }
}
