//! How two stores differ, by certificate: aliases, dates and order do not count.

use std::collections::BTreeMap;

use super::{Entry, EntryKind, Store};
use crate::digest::Fingerprint;

/// How two stores differ.
#[derive(Debug, Clone)]
pub struct Difference<'s> {
    /// What only the first holds.
    pub left: Vec<&'s Entry>,
    /// What only the second holds.
    pub right: Vec<&'s Entry>,
    /// What both hold, but Java trusts in one of them only.
    pub trust: Vec<(&'s Entry, &'s Entry)>,
    /// How many certificates both hold alike.
    pub common: usize,
}

impl Difference<'_> {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.left.is_empty() && self.right.is_empty() && self.trust.is_empty()
    }
}

/// What an entry is told by: its certificate, else its kind and alias; a private key is another thing than its certificate.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Certificate(Fingerprint, bool),
    Name(&'static str, String),
}

/// Compares two stores.
pub fn compare<'s>(left: &'s Store, right: &'s Store) -> Difference<'s> {
    let (ours, theirs) = (held(left), held(right));
    let only = |one: &BTreeMap<Key, &'s Entry>, store: &'s Store, other: &BTreeMap<Key, &'s Entry>| {
        let missing = |entry: &&'s Entry| {
            let key = key(entry);
            !other.contains_key(&key) && one.get(&key).is_some_and(|first| std::ptr::eq(*first, *entry))
        };
        store.entries.iter().filter(missing).collect::<Vec<_>>()
    };
    let both = ours.iter().filter_map(|(key, entry)| Some((*entry, *theirs.get(key)?)));
    let trusted = |store: &Store, entry: &Entry| store.java_refuses().is_none() && entry.anchor_for_java;
    let (alike, trust): (Vec<_>, Vec<_>) =
        both.partition(|(one, other)| trusted(left, one) == trusted(right, other));
    Difference {
        left: only(&ours, left, &theirs),
        right: only(&theirs, right, &ours),
        trust,
        common: alike.len(),
    }
}

/// What a store holds, each certificate once: an entry that Java trusts, if there is one.
fn held(store: &Store) -> BTreeMap<Key, &Entry> {
    let mut held: BTreeMap<Key, &Entry> = BTreeMap::new();
    for entry in &store.entries {
        let kept = held.entry(key(entry)).or_insert(entry);
        if entry.anchor_for_java && !kept.anchor_for_java {
            *kept = entry;
        }
    }
    held
}

fn key(entry: &Entry) -> Key {
    match entry.certificates.first() {
        Some(certificate) => Key::Certificate(certificate.sha256(), entry.kind == EntryKind::PrivateKey),
        None => Key::Name(entry.kind.name(), entry.alias.java_key()),
    }
}
