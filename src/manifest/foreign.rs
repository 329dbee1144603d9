//! What stays trusted in a store of mode exact though nobody declared it, because somebody else added it.

use std::collections::HashSet;

use super::{Mode, Provenance, StoreSpec, Wanted};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Entry, Store, place};

/// Trusted entries that are not declared and that this program did not add.
#[derive(Debug, Clone, Default)]
pub struct Foreign<'s> {
    /// Those that nobody ships.
    pub entries: Vec<&'s Entry>,
    /// How many others there are, all of them among Mozilla's roots.
    pub public_roots: usize,
}

/// What mode exact leaves in the store; nothing in another mode, which promises no more. `wanted` is what is declared for it.
pub fn foreign<'s>(
    store: &'s Store,
    spec: &StoreSpec,
    wanted: &[Wanted],
    provenance: &Provenance,
) -> Foreign<'s> {
    if spec.mode != Mode::Exact {
        return Foreign::default();
    }
    let public: HashSet<Fingerprint> = place::mozilla().anchors().map(|(_, root)| root.sha256()).collect();
    let mut found = Foreign::default();
    for entry in store.entries.iter().filter(|entry| entry.anchor_for_java) {
        let Some(sha256) = entry.certificates.first().map(Certificate::sha256) else { continue };
        if wanted.iter().any(|one| one.sha256 == sha256) || provenance.manages(entry, store) {
            continue;
        }
        match public.contains(&sha256) {
            true => found.public_roots += 1,
            false => found.entries.push(entry),
        }
    }
    found
}
