//! What `sync` and `plan` did, or would do.

use serde::Serialize;

use super::{Error, Step, WrittenStore};
use crate::manifest;
use crate::store::Entry;

/// An entry with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustLine {
    /// SHA-256 of the certificate.
    pub sha256: String,
    /// The entry's alias.
    pub alias: String,
    /// The certificate's subject.
    pub subject: String,
}

impl TrustLine {
    /// Of an entry; `None` if it has no certificate.
    pub fn of(entry: &Entry) -> Option<Self> {
        let certificate = entry.certificates.first()?;
        Some(Self {
            sha256: certificate.sha256().hex(),
            alias: entry.alias.to_string(),
            subject: certificate.subject().to_string(),
        })
    }
}

/// What stays trusted in mode exact though it is not declared, because somebody else added it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// Those that are none of Mozilla's roots.
    pub entries: Vec<TrustLine>,
    /// How many of Mozilla's roots there are beside them.
    pub public_roots: usize,
}

impl From<manifest::Foreign<'_>> for Foreign {
    fn from(foreign: manifest::Foreign<'_>) -> Self {
        let entries = foreign.entries.iter().filter_map(|entry| TrustLine::of(entry)).collect();
        Self { entries, public_roots: foreign.public_roots }
    }
}

/// Result of `sync`.
#[derive(Debug, Serialize)]
pub struct Synced {
    /// The manifest, or the plan.
    pub manifest: String,
    /// Whether anything was, or with `dry_run` would be, written and stayed written.
    pub changed: bool,
    /// Whether nothing was written because it was only asked what would be.
    pub dry_run: bool,
    /// Store by store.
    pub stores: Vec<SyncedStore>,
    /// The keystores that are declared.
    pub keystores: Vec<KeystoreDone>,
    /// Whether services must be restarted to see the change.
    pub restart_required: bool,
    /// The services that read changed stores.
    pub services: Vec<ServiceDone>,
    /// What was tried afterwards.
    pub checks: Vec<Probed>,
    /// The checks that were not tried, because nothing was written.
    pub checks_not_tried: Vec<String>,
    /// Whether everything was put back, because something was not well afterwards.
    pub rolled_back: bool,
}

/// What became of one store.
#[derive(Debug, Serialize)]
pub struct SyncedStore {
    /// What the manifest calls it.
    pub name: String,
    /// Whether it is as declared now, or with `dry_run` would be.
    pub ok: bool,
    /// Whether it was, or would be, written.
    pub changed: bool,
    /// Before and after.
    pub store: Option<WrittenStore>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What it held and holds.
    pub diff: Option<Diff>,
    /// What stays trusted though it is not declared, in mode exact.
    pub foreign: Foreign,
    /// Where the old file is kept.
    pub backup: Option<String>,
    /// Why it is not as declared.
    pub error: Option<Error>,
}

/// The certificates of a store before and after.
#[derive(Debug, Serialize)]
pub struct Diff {
    /// Before.
    pub before: Vec<TrustLine>,
    /// After.
    pub after: Vec<TrustLine>,
}

/// What became of a keystore.
#[derive(Debug, Serialize)]
pub struct KeystoreDone {
    /// The file.
    pub path: String,
    /// Whether it was, or would be, made.
    pub changed: bool,
    /// Why it was.
    pub reason: Option<String>,
    /// Why it could not be.
    pub error: Option<Error>,
}

/// What was done to a service.
#[derive(Debug, Serialize)]
pub struct ServiceDone {
    /// What the manifest calls it.
    pub name: String,
    /// `restarted`, `restart-required`, `left-stopped`, `failed`, `restarted-after-rollback`.
    pub outcome: &'static str,
    /// What went wrong.
    pub detail: Option<String>,
}

/// What was tried after a change.
#[derive(Debug, Serialize)]
pub struct Probed {
    /// The URL, or the command.
    pub target: String,
    /// The store that should accept it.
    pub store: Option<String>,
    /// Whether it was well.
    pub ok: bool,
    /// Why not.
    pub detail: Option<String>,
}

/// Result of `audit --log`.
#[derive(Debug, Serialize)]
pub struct Log {
    /// The file.
    pub log: String,
    /// How many records it has.
    pub records: usize,
    /// The hash of the last.
    pub head: String,
}

/// Result of `plan`.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// The file that was written.
    pub plan: String,
    /// SHA-256 of it, to be told to whoever applies it by another way.
    pub sha256: String,
    /// Whether it changes anything.
    pub changed: bool,
    /// Store by store.
    pub stores: Vec<SyncedStore>,
}
