//! Giving an entry another alias.

use super::alias;
use super::choice::entry_called;
use super::step::{Action, Plan, PlanError, Step};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Edit, Entry, Store, StoreError};

/// Which entry gets which alias.
#[derive(Debug, Clone)]
pub struct Renaming {
    /// The alias it has.
    pub from: String,
    /// Its certificate, where several entries have that alias.
    pub fingerprint: Option<Fingerprint>,
    /// The alias it gets.
    pub to: String,
}

impl Renaming {
    /// The step that does it; none if the entry has that alias already.
    ///
    /// # Errors
    /// [`PlanError`], also if another entry has the new alias.
    pub fn plan(&self, store: &Store) -> Result<Plan, PlanError> {
        alias::check(&self.to).map_err(PlanError::AliasText)?;
        let to = store.format.alias(&self.to).map_err(PlanError::Alias)?;
        let index = entry_called(store, &self.from, self.fingerprint)?;
        let Some(entry) = store.entries.get(index) else { return Ok(Plan::default()) };
        if entry.alias == to {
            let step = Step::on(entry, Action::Keep, "has that alias already");
            return Ok(Plan { steps: vec![step], edits: Vec::new() });
        }
        let is_other =
            |(other, entry): &(usize, &Entry)| *other != index && store.format.same_alias(&entry.alias, &to);
        if let Some((_, holder)) = store.entries.iter().enumerate().find(is_other) {
            return Err(PlanError::Alias(StoreError::AliasExists { alias: holder.alias.to_string() }));
        }
        let mut step = Step::on(entry, Action::Rename, format!("was {}", entry.alias));
        step.alias = to.to_string();
        let certificate = entry.certificates.first().map(Certificate::sha256);
        let edit = Edit::Rename { alias: entry.alias.clone(), certificate, to };
        Ok(Plan { steps: vec![step], edits: vec![edit] })
    }
}
