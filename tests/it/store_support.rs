//! The fixtures of testdata/store, and what Java sees in a store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use trustmend::cert::Certificate;
use trustmend::digest::hex;
use trustmend::secret::Password;
use trustmend::store::{self, Edit, EntryKind, Pkcs8};

use crate::support::jvm::Jvm;
use crate::support::{self, program};

pub(crate) fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/store").join(path)
}

pub(crate) fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&std::fs::read(testdata(&format!("certificates/{name}.der"))).unwrap()).unwrap()
}

/// The key of `leaf` and its chain up to the root.
pub(crate) fn leaf_key() -> (Pkcs8, Vec<Certificate>) {
    let key = std::fs::read(testdata("certificates/leaf.pk8")).unwrap();
    let chain = ["leaf", "intermediate", "root"].map(certificate).to_vec();
    (Pkcs8::from_der(key.into()).unwrap(), chain)
}

pub(crate) fn add(alias: &str, certificate: &Certificate) -> Edit {
    Edit::AddTrusted { alias: alias.into(), certificate: certificate.clone(), created: now() }
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

/// A store and the password to try on it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) password: Option<Password>,
}

/// Every Java store of testdata/store with its own password.
pub(crate) fn fixtures() -> Vec<Case> {
    let mut fixtures = Vec::new();
    for folder in ["jks", "jceks", "pkcs12"] {
        for file in std::fs::read_dir(testdata(folder)).unwrap() {
            let path = file.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            let text = match name.as_str() {
                "jks/non-ascii-password.jks" => "pässwörd𝄞",
                _ if name.contains("pkcs12/non-ascii-password") => "pässwörd",
                _ if name.contains("empty-password") || name.contains("null-password") => "",
                _ => "changeit",
            };
            let bytes = std::fs::read(&path).unwrap();
            fixtures.push(Case { name, bytes, password: Some(password(text)) });
        }
    }
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(fixtures.len() > 40, "testdata/store is incomplete");
    fixtures
}

/// What is seen in a store: entries under their aliases, and the fingerprints trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct View {
    pub(crate) entries: BTreeMap<String, Seen>,
    pub(crate) anchors: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: String,
    pub(crate) chain: Vec<String>,
    /// Where the format keeps it; Java answers the present otherwise.
    pub(crate) created: Option<i128>,
}

/// Our view of a store, in Java's terms; `None` if Java should refuse it.
pub(crate) fn ours(case: &Case) -> Option<View> {
    let store = store::decode(&case.bytes, case.password.as_ref()).ok()?;
    if store.java_refuses().is_some() {
        return None;
    }
    let mut view = View::default();
    for entry in &store.entries {
        let visible = entry.anchor_for_java
            || entry.kind == EntryKind::SecretKey
            || (entry.kind == EntryKind::PrivateKey && entry.notes.is_empty());
        if visible {
            let chain = entry.certificates.iter().map(|c| c.sha256().hex()).collect();
            let created = entry.created.map(|at| at.unix_timestamp_nanos() / 1_000_000);
            view.entries
                .insert(entry.alias.java_key(), Seen { kind: entry.kind.name().to_owned(), chain, created });
        }
    }
    view.anchors = store.anchors().map(|(_, certificate)| certificate.sha256().hex()).collect();
    Some(view)
}

/// What Java sees in each store: a view, or the exception with which it refuses it. Keys it could not open with the
/// store's password are in `locked`.
pub(crate) struct JavaView {
    pub(crate) result: Result<View, String>,
    pub(crate) opened_keys: usize,
}

pub(crate) fn java(jvm: &Jvm, cases: &[Case]) -> Vec<JavaView> {
    let scratch = tempfile::tempdir().unwrap();
    let mut input = String::new();
    for (index, case) in cases.iter().enumerate() {
        let path = scratch.path().join(index.to_string());
        std::fs::write(&path, &case.bytes).unwrap();
        let kind = if case.bytes.starts_with(&[0xCE, 0xCE]) { "JCEKS" } else { "PKCS12" };
        let password = case.password.as_ref();
        let password = password.map_or_else(|| "-".to_owned(), |p| format!("+{}", hex(p.utf8())));
        input.push_str(&format!("{kind}\t{}\t{password}\n", path.display()));
    }
    let command = support::java::command(jvm, "StoreView", &[], &[]);
    let outcome = program::run(command, input.as_bytes(), "a Java runtime").success();
    let views: Vec<_> = outcome.stdout.split("store\n").skip(1).map(parse).collect();
    assert_eq!(views.len(), cases.len());
    views
}

fn parse(text: &str) -> JavaView {
    let mut view = View::default();
    let (mut refused, mut opened_keys) = (None, 0);
    for line in text.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        match fields.as_slice() {
            ["refused", why] => refused = Some((*why).to_owned()),
            ["anchor", fingerprint] => drop(view.anchors.insert((*fingerprint).to_owned())),
            ["entry", alias, kind, created, chain, key @ ..] => {
                let chain = chain.split_whitespace().map(str::to_owned).collect();
                let seen = Seen { kind: (*kind).to_owned(), chain, created: created.parse().ok() };
                opened_keys += usize::from(key.first().is_some_and(|key| *key != "locked"));
                // Java finds an entry under any case of its alias.
                view.entries.insert(unhex(alias).to_lowercase(), seen);
            }
            _ => {}
        }
    }
    JavaView { result: refused.map_or(Ok(view), Err), opened_keys }
}

fn unhex(text: &str) -> String {
    let digits = text.as_bytes().chunks(2);
    let octets = digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
    String::from_utf8(octets.collect()).unwrap()
}
