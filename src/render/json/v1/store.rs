//! Stores in JSON: listed, and written.

use serde::Serialize;

use super::{Certificate, time};
use crate::audit;
use crate::import::{self, Applied};
use crate::manifest;
use crate::store;

/// Result of `list`.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// The store.
    pub store: Listed,
    /// Its entries, in the file's order.
    pub entries: Vec<Entry>,
    /// What in it could not be read.
    pub problems: Vec<Problem>,
}

impl Listing {
    /// Of the store at `place`, with the entries that were asked for.
    pub fn new(place: &str, store: &store::Store, entries: &[&store::Entry]) -> Self {
        Self {
            store: Listed::new(place, store),
            entries: entries.iter().map(|entry| Entry::from(*entry)).collect(),
            problems: store.problems.iter().map(|problem| Problem::new(place, problem)).collect(),
        }
    }
}

/// The store of a listing.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// As a command takes it.
    pub place: String,
    /// The format's name.
    pub format: String,
    /// How it is protected.
    pub protection: String,
    /// How many entries it has.
    pub entries: usize,
    /// How many certificates Java trusts in it.
    pub anchors: usize,
}

impl Listed {
    fn new(place: &str, store: &store::Store) -> Self {
        Self {
            place: place.to_owned(),
            format: store.format.name().to_owned(),
            protection: store.protection.name().to_owned(),
            entries: store.entries.len(),
            anchors: store.anchors().count(),
        }
    }
}

/// An entry.
#[derive(Debug, Serialize)]
pub struct Entry {
    alias: String,
    kind: &'static str,
    created: Option<String>,
    anchor_for_java: bool,
    certificates: Vec<Certificate>,
    notes: Vec<String>,
}

/// Something that could not be read.
#[derive(Debug, Serialize)]
pub struct Problem {
    place: String,
    alias: Option<String>,
    message: String,
}

impl From<&store::Entry> for Entry {
    fn from(entry: &store::Entry) -> Self {
        Self {
            alias: entry.alias.as_str().to_owned(),
            kind: entry.kind.name(),
            created: entry.created.map(time),
            anchor_for_java: entry.anchor_for_java,
            certificates: entry.certificates.iter().map(Certificate::from).collect(),
            notes: entry.notes.clone(),
        }
    }
}

impl Problem {
    /// A problem of the store at `place`.
    pub fn new(place: &str, problem: &store::Problem) -> Self {
        Self { place: place.to_owned(), alias: problem.alias.clone(), message: problem.message.clone() }
    }
}

/// Result of `audit`.
#[derive(Debug, Serialize)]
pub struct Audited {
    store: Listed,
    findings: Vec<Flaw>,
    drift: Option<Vec<Drift>>,
    /// What stays trusted though it is not declared, in mode exact.
    foreign: Option<super::Foreign>,
}

/// A difference between a store and what is declared for it.
#[derive(Debug, Serialize)]
struct Drift {
    kind: &'static str,
    sha256: String,
    alias: String,
    subject: String,
    detail: String,
}

impl From<&manifest::Drift> for Drift {
    fn from(drift: &manifest::Drift) -> Self {
        Self {
            kind: drift.kind.name(),
            sha256: drift.sha256.hex(),
            alias: drift.alias.clone(),
            subject: drift.subject.clone(),
            detail: drift.detail.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Flaw {
    code: &'static str,
    severity: &'static str,
    alias: Option<String>,
    certificate: Option<String>,
    subject: Option<String>,
    detail: String,
    remedy: Option<&'static str>,
}

impl Audited {
    /// Of the store at `place`; `drift` if it was compared with a manifest.
    pub fn new(
        place: &str,
        store: &store::Store,
        flaws: &[audit::Flaw],
        drift: Option<&[manifest::Drift]>,
        foreign: Option<super::Foreign>,
    ) -> Self {
        let one = |flaw: &audit::Flaw| Flaw {
            code: flaw.code,
            severity: flaw.severity.name(),
            alias: flaw.alias.clone(),
            certificate: flaw.certificate.map(|fingerprint| fingerprint.hex()),
            subject: flaw.subject.clone(),
            detail: flaw.detail.clone(),
            remedy: (!flaw.remedy.is_empty()).then_some(flaw.remedy),
        };
        let drift = drift.map(|drift| drift.iter().map(Drift::from).collect());
        Self { store: Listed::new(place, store), findings: flaws.iter().map(one).collect(), drift, foreign }
    }
}

/// Result of `diff`.
#[derive(Debug, Serialize)]
pub struct Compared {
    stores: [Listed; 2],
    same: bool,
    only_first: Vec<Entry>,
    only_second: Vec<Entry>,
    trust_differs: Vec<[Entry; 2]>,
    common: usize,
}

impl Compared {
    /// Of two stores with their places.
    pub fn new(stores: [(&str, &store::Store); 2], difference: &store::Difference<'_>) -> Self {
        let all = |entries: &[&store::Entry]| entries.iter().map(|entry| Entry::from(*entry)).collect();
        let pair = |(one, other): &(&store::Entry, &store::Entry)| [Entry::from(*one), Entry::from(*other)];
        Self {
            stores: stores.map(|(place, store)| Listed::new(place, store)),
            same: difference.is_none(),
            only_first: all(&difference.left),
            only_second: all(&difference.right),
            trust_differs: difference.trust.iter().map(pair).collect(),
            common: difference.common,
        }
    }
}

/// Result of `export`.
#[derive(Debug, Serialize)]
pub struct Exported {
    file: Option<String>,
    certificates: Vec<ExportedCertificate>,
}

#[derive(Debug, Serialize)]
struct ExportedCertificate {
    alias: String,
    #[serde(flatten)]
    certificate: Certificate,
}

impl Exported {
    /// Of certificates with their aliases, written to a file if there is one.
    pub fn new(certificates: &[(&str, &crate::cert::Certificate)], file: Option<&std::path::Path>) -> Self {
        let one = |(alias, certificate): &(&str, &crate::cert::Certificate)| ExportedCertificate {
            alias: (*alias).to_owned(),
            certificate: Certificate::from(*certificate),
        };
        Self {
            file: file.map(|file| file.display().to_string()),
            certificates: certificates.iter().map(one).collect(),
        }
    }
}

/// Result of `restore --list`.
#[derive(Debug, Serialize)]
pub struct Backups {
    backups: Vec<Backup>,
}

#[derive(Debug, Serialize)]
struct Backup {
    file: String,
    sha256: String,
    format: Option<&'static str>,
    entries: Option<usize>,
    problem: Option<String>,
}

impl Backups {
    /// Of a store, the newest first.
    pub fn new(backups: &[import::Backup]) -> Self {
        let one = |backup: &import::Backup| Backup {
            file: backup.path.display().to_string(),
            sha256: backup.sha256.hex(),
            format: backup.store.as_ref().ok().map(|store| store.format.name()),
            entries: backup.store.as_ref().ok().map(|store| store.entries.len()),
            problem: backup.store.as_ref().err().map(ToString::to_string),
        };
        Self { backups: backups.iter().map(one).collect() }
    }
}

/// Result of a command that writes a store.
#[derive(Debug, Serialize)]
pub struct Written {
    /// The store, before and after.
    pub store: WrittenStore,
    /// Whether the file was, or with `dry_run` would be, written.
    pub changed: bool,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Where the old file is kept.
    pub backup: Option<String>,
    /// Whether programs that read the store must be restarted to see the change.
    pub restart_required: bool,
    /// Whether nothing was written because it was only asked what would be.
    pub dry_run: bool,
    /// What keeps the change from having an effect.
    pub warnings: Vec<String>,
}

/// A store before and after.
#[derive(Debug, Serialize)]
pub struct WrittenStore {
    place: String,
    format: String,
    sha256_before: Option<String>,
    sha256_after: Option<String>,
    entries_before: Option<usize>,
    entries_after: usize,
}

/// One step.
#[derive(Debug, Serialize)]
pub struct Step {
    action: &'static str,
    alias: Option<String>,
    sha256: Option<String>,
    subject: String,
    reason: String,
}

impl Written {
    /// What a command did to the store at `place`.
    pub fn new(place: &str, applied: &Applied, dry_run: bool) -> Self {
        Self {
            store: WrittenStore {
                place: place.to_owned(),
                format: applied.format.to_owned(),
                sha256_before: applied.sha256_before.map(|fingerprint| fingerprint.hex()),
                sha256_after: applied.sha256_after.map(|fingerprint| fingerprint.hex()),
                entries_before: applied.entries_before,
                entries_after: applied.entries_after,
            },
            changed: applied.changed,
            steps: applied.plan.steps.iter().map(Step::from).collect(),
            backup: applied.backup.as_ref().map(|path| path.display().to_string()),
            restart_required: applied.changed && !dry_run,
            dry_run,
            warnings: Vec::new(),
        }
    }
}

impl From<&import::Step> for Step {
    fn from(step: &import::Step) -> Self {
        Self {
            action: step.action.name(),
            alias: Some(step.alias.clone()),
            sha256: step.fingerprint.map(|fingerprint| fingerprint.hex()),
            subject: step.subject.clone(),
            reason: step.reason.clone(),
        }
    }
}
