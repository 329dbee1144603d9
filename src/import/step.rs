//! Plans: what would change in a store, step by step, and why nothing can.

use std::path::PathBuf;

use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Edit, Entry, StoreError};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A new entry.
    Add,
    /// An entry gets another certificate.
    Replace,
    /// An entry goes.
    Remove,
    /// An entry gets another alias.
    Rename,
    /// Nothing: it is as it was asked for, or was left alone.
    Keep,
    /// Not done.
    Refuse,
}

impl Action {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::Rename => "rename",
            Self::Keep => "keep",
            Self::Refuse => "refuse",
        }
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The entry it is done to.
    pub alias: String,
    /// Its certificate, if it has one.
    pub fingerprint: Option<Fingerprint>,
    /// The certificate's subject; empty if it has none.
    pub subject: String,
    /// Why, for people.
    pub reason: String,
}

/// What would change.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Everything asked for, in order.
    pub steps: Vec<Step>,
    /// The edits that do it; none when nothing changes.
    pub edits: Vec<Edit>,
}

impl Step {
    /// A step on an entry that is in the store.
    pub(super) fn on(entry: &Entry, action: Action, reason: impl Into<String>) -> Self {
        let certificate = entry.certificates.first();
        Self {
            action,
            alias: entry.alias.to_string(),
            fingerprint: certificate.map(Certificate::sha256),
            subject: certificate.map(|certificate| certificate.subject().to_string()).unwrap_or_default(),
            reason: reason.into(),
        }
    }
}

impl Plan {
    /// Whether a step was refused.
    pub fn is_refused(&self) -> bool {
        self.steps.iter().any(|step| step.action == Action::Refuse)
    }
}

/// Why there is no plan: what was asked for cannot be meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// What was named is not in the store.
    #[error("no entry {what}")]
    NoEntry {
        /// What no entry has.
        what: String,
        /// Aliases that look like the one that was named.
        similar: Vec<String>,
    },
    /// Several entries have the alias.
    #[error("{} entries have the alias {alias:?}", fingerprints.len())]
    Ambiguous {
        /// The alias.
        alias: String,
        /// Their certificates.
        fingerprints: Vec<Option<Fingerprint>>,
    },
    /// A key would be lost that cannot be got again.
    #[error("the entry {alias:?} holds {what}")]
    Key {
        /// Its alias.
        alias: String,
        /// What it is, with its article.
        what: &'static str,
    },
    /// There is nothing to go back to.
    #[error("{}: there is no backup of this store", store.display())]
    NoBackup {
        /// The store.
        store: PathBuf,
    },
    /// A file that should not take the store's place.
    #[error("{}: it is no backup of this store and {why}", file.display())]
    NotABackup {
        /// The file.
        file: PathBuf,
        /// What would be lost.
        why: String,
    },
    /// The new alias cannot be used.
    #[error(transparent)]
    Alias(StoreError),
    /// The new alias would be read in a way that nobody means.
    #[error(transparent)]
    AliasText(super::AliasTemplateError),
}
