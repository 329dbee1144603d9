//! What is wrong in a store itself, whatever server a client asks.

mod pages;

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

pub use pages::{PAGES, page_of};

use crate::digest::Fingerprint;
use crate::finding::Severity;
use crate::path::{self, Allow};
use crate::store::{Entry, EntryKind, Problem, Store};

/// Something wrong in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// What kind; permanent.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The entry it is about; `None` if it is the whole store.
    pub alias: Option<String>,
    /// The entry's certificate.
    pub certificate: Option<Fingerprint>,
    /// The certificate's subject.
    pub subject: Option<String>,
    /// What is wrong, in words that follow the entry's name.
    pub detail: String,
    /// What mends it.
    pub remedy: &'static str,
}

/// Every flaw of a store, errors first, then in the order of its entries. What expires within `soon` is one.
pub fn audit(store: &Store, now: OffsetDateTime, soon: Duration) -> Vec<Flaw> {
    let is_empty = store.anchors().next().is_none();
    let flaw = |one: &Problem| if one.needs_password { unseen(one, is_empty) } else { problem(one) };
    let mut flaws: Vec<Flaw> = store.problems.iter().map(flaw).collect();
    let holds = |kind| store.entries.iter().any(|entry| entry.kind == kind);
    // Nothing keeps its keys in a bundle of trusted certificates.
    let is_key_store = holds(EntryKind::PrivateKey) && store.format.holds_keys();
    let has_both = is_key_store && holds(EntryKind::TrustedCertificate);
    let is_told = store.problems.iter().any(|problem| problem.needs_password);
    if is_empty && !is_key_store && !is_told {
        let detail = "holds nothing that Java trusts".to_owned();
        let remedy = "import what the clients need";
        flaws.push(Flaw { remedy, ..of_store("store-empty-for-java", Severity::Error, detail) });
    }
    for entry in &store.entries {
        certificate(entry, now, soon, &mut flaws);
        visibility(entry, &mut flaws);
        if has_both && entry.kind == EntryKind::PrivateKey {
            flaws.push(Flaw {
                remedy: "keep keys in a store of their own, which fewer may read",
                ..of(entry, "key-in-trust-store", Severity::Warning, "is a private key in a trust store")
            });
        }
    }
    duplicates(store, &mut flaws);
    flaws.sort_by_key(|flaw| std::cmp::Reverse(flaw.severity));
    flaws
}

fn of_store(code: &'static str, severity: Severity, detail: String) -> Flaw {
    Flaw { code, severity, alias: None, certificate: None, subject: None, detail, remedy: "" }
}

fn of(entry: &Entry, code: &'static str, severity: Severity, detail: impl Into<String>) -> Flaw {
    let certificate = entry.certificates.first();
    Flaw {
        alias: Some(entry.alias.to_string()),
        certificate: certificate.map(|certificate| certificate.sha256()),
        subject: certificate.map(|certificate| certificate.subject().to_string()),
        ..of_store(code, severity, detail.into())
    }
}

/// What the JVM that reads the store does not see of it for want of the password.
fn unseen(problem: &Problem, is_empty: bool) -> Flaw {
    let (code, severity) = match is_empty {
        true => ("store-empty-for-java", Severity::Error),
        false => ("store-password-needed", Severity::Warning),
    };
    let remedy = "start the JVM with -Djavax.net.ssl.trustStorePassword, or put a JKS or password-less PKCS12 store in its place";
    Flaw { remedy, ..of_store(code, severity, problem.message.clone()) }
}

fn problem(problem: &Problem) -> Flaw {
    let (code, severity) = match problem.java_refuses {
        true => ("store-refused", Severity::Error),
        false => ("store-damaged", Severity::Warning),
    };
    let because = if problem.java_refuses { "Java refuses the whole store: " } else { "" };
    let detail = format!("{because}{}", problem.message);
    let remedy = match problem.alias {
        Some(_) => "remove the entry, or go back to a backup with `trustmend restore`",
        None => {
            "write it anew with `trustmend convert` or `trustmend password`, or go back to a backup with `trustmend restore`"
        }
    };
    Flaw { alias: problem.alias.clone(), remedy, ..of_store(code, severity, detail) }
}

/// What speaks against the certificate; of a private key's, only its dates.
fn certificate(entry: &Entry, now: OffsetDateTime, soon: Duration, flaws: &mut Vec<Flaw>) {
    let Some(certificate) = entry.certificates.first().filter(|_| entry.kind != EntryKind::Opaque) else {
        return;
    };
    let is_key = entry.kind == EntryKind::PrivateKey;
    for objection in path::objections(certificate, now) {
        let code = match objection.code {
            "anchor-expired" if is_key => "leaf-expired",
            "anchor-not-yet-valid" if is_key => "leaf-not-yet-valid",
            code => code,
        };
        if is_key && objection.allow != Allow::Expired {
            continue;
        }
        let (severity, remedy) = weight(code);
        flaws.push(Flaw { remedy, ..of(entry, code, severity, objection.why) });
    }
    let left = certificate.not_after() - now;
    if !left.is_negative() && left <= soon {
        let code = if is_key { "leaf-expiring" } else { "anchor-expiring" };
        let detail = format!("expires on {}, in {} days", certificate.not_after().date(), left.whole_days());
        let remedy = "get its successor and import it beside this one";
        flaws.push(Flaw { remedy, ..of(entry, code, Severity::Warning, detail) });
    }
}

fn weight(code: &str) -> (Severity, &'static str) {
    match code {
        "anchor-expired" => (Severity::Error, "import its successor; `trustmend remove STORE --expired`"),
        "leaf-expired" => (Severity::Error, "renew the certificate"),
        "key-weak" => (Severity::Error, "move its servers to another authority, then remove it"),
        "key-usage-wrong" => (Severity::Error, "get the right certificate of this authority"),
        "leaf-trusted" => (Severity::Warning, "import the CA that issued it, then remove it"),
        "interception-suspected" => {
            (Severity::Warning, "make sure that your network's owner means it to be here")
        }
        "signature-weak" => (Severity::Warning, "get a newer certificate of this authority"),
        _ => (Severity::Warning, ""),
    }
}

/// Entries that Java passes over, for the reasons that the store gives.
fn visibility(entry: &Entry, flaws: &mut Vec<Flaw>) {
    let is_held = !entry.certificates.is_empty();
    let (code, severity, remedy) = match entry.kind {
        EntryKind::TrustedCertificate | EntryKind::PrivateKey if is_held && !entry.anchor_for_java => (
            "entry-invisible",
            Severity::Error,
            "`trustmend repair STORE ALIAS` gives it an alias of its own, in lower case",
        ),
        EntryKind::Opaque if entry.hidden.is_some() => (
            "entry-ignored",
            Severity::Warning,
            "`trustmend repair STORE ALIAS` lets Java see it, if it should; else remove it",
        ),
        EntryKind::Opaque => {
            ("entry-ignored", Severity::Warning, "export what is needed of it and import that, or remove it")
        }
        _ => return,
    };
    for note in &entry.notes {
        flaws.push(Flaw { remedy, ..of(entry, code, severity, note.clone()) });
    }
}

/// Trusted certificates that are there more than once: removing one alias would not end the trust.
fn duplicates(store: &Store, flaws: &mut Vec<Flaw>) {
    let mut first: HashMap<Fingerprint, &Entry> = HashMap::new();
    for entry in store.entries.iter().filter(|entry| entry.kind == EntryKind::TrustedCertificate) {
        let Some(certificate) = entry.certificates.first() else { continue };
        let known = *first.entry(certificate.sha256()).or_insert(entry);
        if !std::ptr::eq(known, entry) {
            let detail = format!("is the same certificate as {}", known.alias);
            let remedy = "remove one of the two aliases";
            flaws.push(Flaw { remedy, ..of(entry, "entry-duplicate", Severity::Warning, detail) });
        }
    }
}
