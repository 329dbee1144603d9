//! Whether an edited store is what was planned: nothing else came, nothing else went.

use std::collections::BTreeMap;

use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Edit, Entry, EntryKind, Store};

/// How often each entry is there. Opaque ones are left out: in a PKCS12 store a certificate is one or is part of a key's
/// chain, depending on the others.
type Census = BTreeMap<(&'static str, Option<Fingerprint>), i64>;

/// Compares `after` with what `edits` make of `before`.
///
/// # Errors
/// What differs, in words.
pub(super) fn as_planned(before: &Store, edits: &[Edit], after: &Store) -> Result<(), String> {
    let mut planned = census(before);
    for edit in edits {
        expect(before, edit, &mut planned);
    }
    planned.retain(|_, count| *count != 0);
    let mut found = census(after);
    shown(before, edits, &planned, &mut found);
    if planned != found {
        return Err("other entries than planned would change".to_owned());
    }
    edits.iter().try_for_each(|edit| took_effect(edit, after))
}

/// Takes out of `found` what a repair lets Java see: what the repaired entries hold, and private keys.
fn shown(before: &Store, edits: &[Edit], planned: &Census, found: &mut Census) {
    let repaired: Vec<&Entry> = edits.iter().filter_map(|edit| repaired(before, edit)).collect();
    if repaired.is_empty() {
        return;
    }
    let held = |fingerprint| {
        let mut certificates = repaired.iter().flat_map(|entry| &entry.certificates);
        certificates.any(|certificate| Some(certificate.sha256()) == fingerprint)
    };
    for (key, count) in found.iter_mut() {
        let expected = planned.get(key).copied().unwrap_or_default();
        if *count > expected && (held(key.1) || key.0 == EntryKind::PrivateKey.name()) {
            *count = expected;
        }
    }
    found.retain(|_, count| *count != 0);
}

/// The entry that an edit makes Java see.
fn repaired<'s>(before: &'s Store, edit: &Edit) -> Option<&'s Entry> {
    let Edit::Repair { alias, certificate, .. } = edit else { return None };
    before.entries.iter().find(|entry| entry.alias == *alias && key(entry).1 == *certificate)
}

fn census(store: &Store) -> Census {
    let mut census = Census::new();
    for entry in store.entries.iter().filter(|entry| entry.kind != EntryKind::Opaque) {
        *census.entry(key(entry)).or_default() += 1;
    }
    census
}

fn key(entry: &Entry) -> (&'static str, Option<Fingerprint>) {
    (entry.kind.name(), entry.certificates.first().map(Certificate::sha256))
}

fn expect(before: &Store, edit: &Edit, planned: &mut Census) {
    let trusted =
        |certificate: &Certificate| (EntryKind::TrustedCertificate.name(), Some(certificate.sha256()));
    let mut count = |key, by: i64| *planned.entry(key).or_default() += by;
    match edit {
        Edit::AddTrusted { certificate, .. } => count(trusted(certificate), 1),
        Edit::ReplaceTrusted { alias, certificate, .. } => {
            let old = before.entries.iter().find(|entry| entry.alias == *alias);
            old.into_iter().for_each(|old| count(key(old), -1));
            count(trusted(certificate), 1);
        }
        Edit::Remove { alias, certificate } => {
            let fits = |entry: &&Entry| entry.alias == *alias && key(entry).1 == *certificate;
            let gone = before.entries.iter().find(fits).filter(|entry| entry.kind != EntryKind::Opaque);
            gone.into_iter().for_each(|gone| count(key(gone), -1));
        }
        Edit::AddKey { chain, .. } => {
            count((EntryKind::PrivateKey.name(), chain.first().map(Certificate::sha256)), 1);
        }
        Edit::Rename { .. } | Edit::Repair { .. } => {}
    }
}

fn took_effect(edit: &Edit, after: &Store) -> Result<(), String> {
    match edit {
        Edit::AddTrusted { certificate, .. } | Edit::ReplaceTrusted { certificate, .. } => {
            let mut held = after.with_fingerprint(certificate.sha256());
            let trusted = held.any(|entry| entry.anchor_for_java);
            trusted.then_some(()).ok_or_else(|| format!("it would not trust {}", certificate.subject()))
        }
        Edit::Rename { to, .. } => {
            let named = after.entries.iter().any(|entry| entry.alias == *to);
            named.then_some(()).ok_or_else(|| format!("no entry would have the alias {to}"))
        }
        _ => Ok(()),
    }
}
