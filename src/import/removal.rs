//! Which entries go.

use time::OffsetDateTime;

use super::choice::{at_least_one, entries_with, entry_called, such};
use super::step::{Action, Plan, PlanError, Step};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Edit, Entry, EntryKind, Store};

/// What is to be removed: every entry that fits any of these.
#[derive(Debug, Clone, Default)]
pub struct Removal {
    /// Entries of these aliases.
    pub aliases: Vec<String>,
    /// Every entry of these certificates, whatever its alias.
    pub fingerprints: Vec<Fingerprint>,
    /// Every entry whose subject contains one of these, in either case.
    pub subjects: Vec<String>,
    /// Every trusted certificate that has expired.
    pub expired: bool,
    /// Whether private and secret keys may go: nobody can import them again.
    pub keys: bool,
}

impl Removal {
    /// The steps that remove it. Everything that was named must be there; that nothing has expired is no failure.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn plan(&self, store: &Store, now: OffsetDateTime) -> Result<Plan, PlanError> {
        let mut chosen: Vec<Option<String>> = vec![None; store.entries.len()];
        let mut choose = |index: usize, reason: String| {
            if let Some(chosen) = chosen.get_mut(index) {
                chosen.get_or_insert(reason);
            }
        };
        for alias in &self.aliases {
            choose(entry_called(store, alias, None)?, "named by its alias".to_owned());
        }
        for fingerprint in &self.fingerprints {
            for index in entries_with(store, *fingerprint)? {
                choose(index, "named by its fingerprint".to_owned());
            }
        }
        for text in &self.subjects {
            let wanted = text.to_lowercase();
            let fits = |certificate: &Certificate| {
                certificate.subject().to_string().to_lowercase().contains(&wanted)
            };
            for index in at_least_one(such(store, fits), || format!("has a subject with {text:?}"))? {
                choose(index, format!("its subject has {text:?}"));
            }
        }
        for (index, entry) in store.entries.iter().enumerate().filter(|_| self.expired) {
            let expired = entry.certificates.first().filter(|certificate| now > certificate.not_after());
            if let Some(certificate) = expired.filter(|_| key(entry).is_none()) {
                choose(index, format!("expired on {}", certificate.not_after().date()));
            }
        }
        let chosen = store.entries.iter().zip(chosen).filter_map(|(entry, reason)| Some((entry, reason?)));
        self.remove(chosen)
    }

    fn remove<'e>(&self, chosen: impl Iterator<Item = (&'e Entry, String)>) -> Result<Plan, PlanError> {
        let mut plan = Plan::default();
        for (entry, reason) in chosen {
            if let Some(what) = key(entry).filter(|_| !self.keys) {
                return Err(PlanError::Key { alias: entry.alias.to_string(), what });
            }
            plan.steps.push(Step::on(entry, Action::Remove, reason));
            let certificate = entry.certificates.first().map(Certificate::sha256);
            plan.edits.push(Edit::Remove { alias: entry.alias.clone(), certificate });
        }
        // From the end: an alias that is made up by counting entries does not change while later ones go.
        plan.edits.reverse();
        Ok(plan)
    }
}

/// What an entry holds that no certificate authority gives again. A key that is not encrypted is opaque to Java, so
/// an entry without any certificate may be one.
fn key(entry: &Entry) -> Option<&'static str> {
    match entry.kind {
        EntryKind::PrivateKey => Some("a private key"),
        EntryKind::SecretKey => Some("a secret key"),
        EntryKind::Opaque if entry.certificates.is_empty() => Some("what may be a key"),
        EntryKind::Opaque | EntryKind::TrustedCertificate => None,
    }
}
