//! Making Java see what it ignores.

use super::alias;
use super::choice::{entries_with, entry_called};
use super::step::{Action, Plan, PlanError, Step};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Alias, Edit, Entry, Hidden, Store};

/// Which entries are to be repaired.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// Entries of these aliases.
    pub aliases: Vec<String>,
    /// Every entry of these certificates, whatever its alias.
    pub fingerprints: Vec<Fingerprint>,
    /// Every entry that can be repaired.
    pub all: bool,
}

impl Repair {
    /// The steps that make Java see the entries. One that was named and cannot be repaired, or needs no repair, is kept as it
    /// is, and said so.
    ///
    /// # Errors
    /// [`PlanError`] if something that was named is not there.
    pub fn plan(&self, store: &Store) -> Result<Plan, PlanError> {
        let mut chosen: Vec<bool> =
            store.entries.iter().map(|entry| self.all && entry.hidden.is_some()).collect();
        let mut named = Vec::new();
        for alias in &self.aliases {
            named.push(entry_called(store, alias, None)?);
        }
        for fingerprint in &self.fingerprints {
            named.extend(entries_with(store, *fingerprint)?);
        }
        for index in named {
            if let Some(chosen) = chosen.get_mut(index) {
                *chosen = true;
            }
        }
        let mut plan = Plan::default();
        let mut taken: Vec<Alias> = Vec::new();
        for (index, entry) in store.entries.iter().enumerate() {
            if chosen.get(index) != Some(&true) {
                continue;
            }
            let Some(hidden) = entry.hidden else {
                plan.steps.push(Step::on(entry, Action::Keep, unrepaired(entry)));
                continue;
            };
            let to = new_alias(store, index, entry, &taken);
            taken.push(to.clone());
            let action = if hidden.is_alias() { Action::Rename } else { Action::Add };
            let mut step = Step::on(entry, action, reason(hidden, entry, &to));
            step.alias = to.to_string();
            plan.steps.push(step);
            let (alias, certificate) =
                (entry.alias.clone(), entry.certificates.first().map(Certificate::sha256));
            plan.edits.push(match hidden.is_alias() {
                true => Edit::Rename { alias, certificate, to },
                false => Edit::Repair { alias, certificate, to },
            });
        }
        // From the end: an alias that is made up by counting entries does not change while later ones do.
        plan.edits.reverse();
        Ok(plan)
    }
}

fn unrepaired(entry: &Entry) -> String {
    match entry.notes.first() {
        Some(note) => format!("cannot be repaired: {note}"),
        None => "Java sees it".to_owned(),
    }
}

fn reason(hidden: Hidden, entry: &Entry, to: &Alias) -> String {
    let was = || if *to == entry.alias { String::new() } else { format!("; was {}", entry.alias) };
    match hidden {
        Hidden::AliasCase => format!("in lower case Java finds it{}", was()),
        Hidden::AliasTaken => format!("under an alias of its own Java sees it{}", was()),
        Hidden::AliasEncoding => format!("its alias is written as Java reads it{}", was()),
        Hidden::NotTrusted => format!("marked as trusted{}", was()),
        Hidden::PlainKey => format!("its key is encrypted{}", was()),
        Hidden::NestedSafe => "what is in it comes out".to_owned(),
    }
}

/// The entry's alias in the form Java finds, if nothing else has it.
fn new_alias(store: &Store, index: usize, entry: &Entry, taken: &[Alias]) -> Alias {
    let format = store.format;
    let wanted = format.alias(entry.alias.as_str()).unwrap_or_else(|_| entry.alias.clone());
    let others = || store.entries.iter().enumerate().filter(|(other, _)| *other != index);
    let is_taken = |name: &str| {
        let name = Alias::new(name);
        others().any(|(_, other)| format.same_alias(&other.alias, &name))
            || taken.iter().any(|other| format.same_alias(other, &name))
    };
    Alias::new(alias::unique(wanted.as_str(), is_taken))
}
