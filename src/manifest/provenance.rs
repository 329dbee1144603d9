//! The side file of a store: which entries this program added, and why. A JKS has no place for that inside.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ManifestError, Wanted};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::import::{Action, Plan};
use crate::store::{Alias, Entry, EntryKind, Store};

/// The name of the side file's schema.
const SCHEMA: &str = "trustmend/v1/provenance";
/// Most entries read.
const MAX_ENTRIES: usize = 100_000;

/// The entries of one store that this program added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// In the order they were added.
    pub entries: Vec<Managed>,
}

/// An entry that this program added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Managed {
    /// SHA-256 of its certificate, in hexadecimal.
    pub sha256: String,
    /// The alias it got.
    pub alias: String,
    /// The certificate's subject.
    pub subject: String,
    /// Why it was declared.
    pub reason: String,
    /// When it was added.
    pub added: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    entries: Vec<Managed>,
}

impl Provenance {
    /// Reads a side file.
    ///
    /// # Errors
    /// [`ManifestError::Side`].
    pub fn parse(octets: &[u8]) -> Result<Self, ManifestError> {
        let side = |message: String| ManifestError::Side { message };
        let file: File =
            serde_json::from_slice(octets).map_err(|error| side(format!("not a side file: {error}")))?;
        if file.schema != SCHEMA || file.entries.len() > MAX_ENTRIES {
            return Err(side(format!("not a side file: it should be {SCHEMA}")));
        }
        Ok(Self { entries: file.entries })
    }

    /// The text of the side file.
    pub fn text(&self) -> String {
        let file = File { schema: SCHEMA.to_owned(), entries: self.entries.clone() };
        // Strings alone: nothing in them that JSON cannot hold.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Those whose certificate is in the store under the alias that was given: the store is believed, not the side file.
    pub fn verified(&self, store: &Store) -> Self {
        let is_there = |managed: &&Managed| store.entries.iter().any(|entry| managed.is(entry, store));
        Self { entries: self.entries.iter().filter(is_there).cloned().collect() }
    }

    /// Whether this program added the entry.
    pub fn manages(&self, entry: &Entry, store: &Store) -> bool {
        self.entries.iter().any(|managed| managed.is(entry, store))
    }

    /// What it is once the plan is carried out.
    #[must_use]
    pub fn after(&self, plan: &Plan, wanted: &[Wanted], now: OffsetDateTime) -> Self {
        let mut entries = self.entries.clone();
        for step in &plan.steps {
            let Some(sha256) = step.fingerprint else { continue };
            let same = |managed: &Managed| managed.sha256 == sha256.hex() && managed.alias == step.alias;
            match step.action {
                Action::Remove => entries.retain(|managed| !same(managed)),
                Action::Add | Action::Replace => {
                    entries.retain(|managed| !same(managed));
                    let reason = wanted.iter().find(|wanted| wanted.sha256 == sha256);
                    entries.push(Managed {
                        sha256: sha256.hex(),
                        alias: step.alias.clone(),
                        subject: step.subject.clone(),
                        reason: reason.map(|wanted| wanted.reason.clone()).unwrap_or_default(),
                        added: now.format(&Rfc3339).unwrap_or_default(),
                    });
                }
                Action::Rename | Action::Keep | Action::Refuse => {}
            }
        }
        Self { entries }
    }
}

impl Managed {
    /// Its fingerprint, if the text is one.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(&self.sha256).ok()
    }

    fn is(&self, entry: &Entry, store: &Store) -> bool {
        entry.kind == EntryKind::TrustedCertificate
            && entry.certificates.first().map(Certificate::sha256) == self.fingerprint()
            && store.format.same_alias(&entry.alias, &Alias::new(self.alias.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let managed = Managed {
            sha256: "00".repeat(32),
            alias: "corp".to_owned(),
            subject: "CN=\u{1b}[31m".to_owned(),
            reason: "CHG-1".to_owned(),
            added: "2026-01-01T00:00:00Z".to_owned(),
        };
        let provenance = Provenance { entries: vec![managed] };
        assert_eq!(Provenance::parse(provenance.text().as_bytes()), Ok(provenance));
        assert!(Provenance::parse(b"{\"schema\":\"other\",\"entries\":[]}").is_err());
        assert!(Provenance::parse(b"").is_err());
    }
}
