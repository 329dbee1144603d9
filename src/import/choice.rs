//! Which entries are meant: by alias, by fingerprint.

use super::step::PlanError;
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::{Alias, Entry, Store};

/// How many aliases are offered for one that is not there.
const MAX_SIMILAR: usize = 5;

/// The entry meant by an alias, as its place in the store: by its exact spelling, else by what the format takes for the
/// same.
///
/// # Errors
/// [`PlanError::NoEntry`] or [`PlanError::Ambiguous`].
pub fn entry_called(store: &Store, text: &str, fingerprint: Option<Fingerprint>) -> Result<usize, PlanError> {
    let wanted = Alias::new(text);
    let fits = |entry: &Entry| {
        let certificate = entry.certificates.first().map(Certificate::sha256);
        fingerprint.is_none() || fingerprint == certificate
    };
    let all = |same: &dyn Fn(&Alias) -> bool| -> Vec<(usize, &Entry)> {
        let entries = store.entries.iter().enumerate();
        entries.filter(|(_, entry)| same(&entry.alias) && fits(entry)).collect()
    };
    let mut found = all(&|alias| *alias == wanted);
    if found.is_empty() {
        found = all(&|alias| store.format.same_alias(alias, &wanted));
    }
    match found.as_slice() {
        [] => {
            let and = fingerprint.map(|wanted| format!(" and the certificate {wanted}")).unwrap_or_default();
            Err(PlanError::NoEntry {
                what: format!("has the alias {text:?}{and}"),
                similar: similar(store, text),
            })
        }
        [(index, _)] => Ok(*index),
        several => {
            let fingerprint =
                |(_, entry): &(usize, &Entry)| entry.certificates.first().map(Certificate::sha256);
            let fingerprints = several.iter().map(fingerprint).collect();
            Err(PlanError::Ambiguous { alias: text.to_owned(), fingerprints })
        }
    }
}

/// Every entry of a certificate, as places in the store.
///
/// # Errors
/// [`PlanError::NoEntry`].
pub fn entries_with(store: &Store, fingerprint: Fingerprint) -> Result<Vec<usize>, PlanError> {
    let found = such(store, |certificate| certificate.sha256() == fingerprint);
    at_least_one(found, || format!("has the certificate {fingerprint}"))
}

/// Entries whose first certificate fits.
pub(super) fn such(store: &Store, fits: impl Fn(&Certificate) -> bool) -> Vec<usize> {
    let entries = store.entries.iter().enumerate();
    let such = entries.filter(|(_, entry)| entry.certificates.first().is_some_and(&fits));
    such.map(|(index, _)| index).collect()
}

pub(super) fn at_least_one(found: Vec<usize>, what: impl Fn() -> String) -> Result<Vec<usize>, PlanError> {
    if found.is_empty() {
        return Err(PlanError::NoEntry { what: what(), similar: Vec::new() });
    }
    Ok(found)
}

/// Aliases that hold the text, or that it holds, or that begin as it does.
fn similar(store: &Store, text: &str) -> Vec<String> {
    let wanted = text.to_lowercase();
    let start: String = wanted.chars().take(4).collect();
    let alike = |alias: &&Alias| {
        let alias = alias.as_str().to_lowercase();
        !alias.is_empty() && (alias.contains(&wanted) || wanted.contains(&alias) || alias.starts_with(&start))
    };
    let aliases = store.entries.iter().map(|entry| &entry.alias);
    aliases.filter(alike).take(MAX_SIMILAR).map(ToString::to_string).collect()
}
