//! Edits: what can change in a store, and how a list of changes is carried out on any format.
//!
//! Nothing here writes. [`super::edit()`] takes the octets of a store and gives the octets it should have.

use time::OffsetDateTime;

use super::{Alias, Entry, EntryKind, Format, Pkcs8, Problem, Protection, Store, StoreError};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::secret::Password;

/// One change of a store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Edit {
    /// Adds a certificate to trust under a new alias.
    AddTrusted {
        /// The alias; nothing may have it yet.
        alias: Alias,
        /// The certificate.
        certificate: Certificate,
        /// When, for formats that keep it.
        created: OffsetDateTime,
    },
    /// Puts another certificate in the place of a trusted one, under the same alias.
    ReplaceTrusted {
        /// The alias.
        alias: Alias,
        /// The new certificate.
        certificate: Certificate,
        /// When, for formats that keep it.
        created: OffsetDateTime,
    },
    /// Removes an entry of any kind.
    Remove {
        /// Its alias.
        alias: Alias,
        /// Which one, where several entries have that alias: SHA-256 of its first certificate.
        certificate: Option<Fingerprint>,
    },
    /// Gives an entry another alias.
    Rename {
        /// The alias it has.
        alias: Alias,
        /// Which one, where several entries have that alias: SHA-256 of its first certificate.
        certificate: Option<Fingerprint>,
        /// The alias it gets; nothing else may have it yet.
        to: Alias,
    },
    /// Makes Java see an entry that it ignores ([`super::Hidden`]): a certificate is marked as trusted, a private key encrypted
    /// as others in the store are, a safe inside a safe unpacked.
    Repair {
        /// Its alias.
        alias: Alias,
        /// Which one, where several entries have that alias: SHA-256 of its first certificate.
        certificate: Option<Fingerprint>,
        /// The alias it gets, or keeps; what was in a safe keeps its own.
        to: Alias,
    },
    /// Adds a private key, protected with the store's password, and its chain.
    AddKey {
        /// The alias; nothing may have it yet.
        alias: Alias,
        /// The key.
        key: Pkcs8,
        /// Its chain, the key's own certificate first.
        chain: Vec<Certificate>,
        /// When.
        created: OffsetDateTime,
    },
}

/// A private key to be added: what [`Document::add_key`] takes.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// Its alias, in the form the format writes.
    pub alias: &'a Alias,
    /// The key.
    pub key: &'a Pkcs8,
    /// Its chain, the key's own certificate first.
    pub chain: &'a [Certificate],
    /// When.
    pub created: OffsetDateTime,
}

/// A store taken apart, ready to be changed and put together again. Entries are named by their place in
/// [`Document::entries`].
pub trait Document {
    /// What is in it, in the order of the file.
    fn entries(&self) -> Vec<Entry>;
    /// What is wrong with it.
    fn problems(&self) -> Vec<Problem>;
    /// How it is protected.
    fn protection(&self) -> Protection;
    /// Adds a certificate to trust.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn add_trusted(
        &mut self,
        alias: &Alias,
        certificate: &Certificate,
        created: OffsetDateTime,
    ) -> Result<(), StoreError>;
    /// Replaces the certificate of a trusted entry.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn replace(
        &mut self,
        index: usize,
        certificate: &Certificate,
        created: OffsetDateTime,
    ) -> Result<(), StoreError>;
    /// Removes an entry.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn remove(&mut self, index: usize) -> Result<(), StoreError>;
    /// Renames an entry.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn rename(&mut self, index: usize, to: &Alias) -> Result<(), StoreError>;
    /// Makes Java see an entry, under this alias.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn repair(&mut self, index: usize, to: &Alias) -> Result<(), StoreError> {
        self.rename(index, to)
    }
    /// Adds a private key.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn add_key(&mut self, new: NewKey<'_>, password: &Password) -> Result<(), StoreError>;
    /// The private key of an entry; `None` if it has none, or `password` does not open it.
    ///
    /// # Errors
    /// [`StoreError`] if the key is damaged or protected in a way unknown here.
    fn key(&self, index: usize, password: &Password) -> Result<Option<Pkcs8>, StoreError>;
    /// Closes everything that `old` protects with `new`. After an error the document is of no more use.
    ///
    /// # Errors
    /// As [`super::change_password`].
    fn change_password(&mut self, old: &Password, new: &Password) -> Result<(), StoreError>;
    /// The octets of the changed store.
    ///
    /// # Errors
    /// As [`super::edit()`].
    fn encode(&self, password: Option<&Password>) -> Result<Vec<u8>, StoreError>;
}

pub(super) fn store(format: &'static dyn Format, document: &dyn Document) -> Store {
    Store {
        format,
        entries: document.entries(),
        problems: document.problems(),
        protection: document.protection(),
    }
}

pub(super) fn apply(
    format: &dyn Format,
    document: &mut dyn Document,
    edits: &[Edit],
    password: Option<&Password>,
) -> Result<(), StoreError> {
    let mut entries = document.entries();
    for edit in edits {
        match edit {
            Edit::AddTrusted { alias, certificate, created } => {
                let alias = free(format, &entries, alias, None)?;
                document.add_trusted(&alias, certificate, *created)?;
            }
            Edit::ReplaceTrusted { alias, certificate, created } => {
                let index = find(format, &entries, alias, None)?;
                let trusted = |entry: &Entry| entry.kind == EntryKind::TrustedCertificate;
                if !entries.get(index).is_some_and(trusted) {
                    return Err(StoreError::NotTrustedCertificate { alias: alias.to_string() });
                }
                document.replace(index, certificate, *created)?;
            }
            Edit::Remove { alias, certificate } => {
                document.remove(find(format, &entries, alias, *certificate)?)?;
            }
            Edit::Rename { alias, certificate, to } => {
                let index = find(format, &entries, alias, *certificate)?;
                let to = free(format, &entries, to, Some(index))?;
                document.rename(index, &to)?;
            }
            Edit::Repair { alias, certificate, to } => {
                let index = find(format, &entries, alias, *certificate)?;
                let to = free(format, &entries, to, Some(index))?;
                document.repair(index, &to)?;
            }
            Edit::AddKey { alias, key, chain, created } => {
                let alias = free(format, &entries, alias, None)?;
                let password = password.ok_or(StoreError::PasswordNeeded { what: "adding a private key" })?;
                let new = NewKey { alias: &alias, key, chain, created: *created };
                document.add_key(new, password)?;
            }
        }
        entries = document.entries();
    }
    Ok(())
}

/// What makes Java refuse the store.
pub(super) fn refusals(document: &dyn Document) -> Vec<Problem> {
    document.problems().into_iter().filter(|problem| problem.java_refuses && !problem.whole).collect()
}

/// Refuses edits after which Java still does not load the store, except removals and new names that mend some of it.
/// `before` is how many reasons Java had.
pub(super) fn refuse_what_java_refuses(
    before: usize,
    edits: &[Edit],
    document: &dyn Document,
) -> Result<(), StoreError> {
    let after = refusals(document);
    let mends = edits
        .iter()
        .all(|edit| matches!(edit, Edit::Remove { .. } | Edit::Rename { .. } | Edit::Repair { .. }));
    match after.first() {
        Some(_) if mends && after.len() < before => Ok(()),
        Some(problem) => {
            let Problem { message: why, alias, .. } = problem.clone();
            Err(StoreError::JavaRefuses { why, alias })
        }
        None => Ok(()),
    }
}

/// The alias as the format writes it, if no entry but `except` has it.
fn free(
    format: &dyn Format,
    entries: &[Entry],
    alias: &Alias,
    except: Option<usize>,
) -> Result<Alias, StoreError> {
    let alias = format.alias(alias.as_str())?;
    let mut others = entries.iter().enumerate().filter(|(index, _)| Some(*index) != except);
    match others.find(|(_, entry)| format.same_alias(&entry.alias, &alias)) {
        Some((_, entry)) => Err(StoreError::AliasExists { alias: entry.alias.to_string() }),
        None => Ok(alias),
    }
}

/// The entry meant: by its exact alias, else by what the format takes for the same.
fn find(
    format: &dyn Format,
    entries: &[Entry],
    alias: &Alias,
    certificate: Option<Fingerprint>,
) -> Result<usize, StoreError> {
    let fits = |entry: &Entry| {
        certificate.is_none_or(|wanted| entry.certificates.first().is_some_and(|c| c.sha256() == wanted))
    };
    let all = |same: &dyn Fn(&Alias) -> bool| -> Vec<usize> {
        let found = entries.iter().enumerate().filter(|(_, entry)| same(&entry.alias) && fits(entry));
        found.map(|(index, _)| index).collect()
    };
    let mut found = all(&|other| other == alias);
    if found.is_empty() {
        found = all(&|other| format.same_alias(other, alias));
    }
    match found.as_slice() {
        [] => Err(StoreError::AliasNotFound { alias: alias.to_string() }),
        [index] => Ok(*index),
        // Exact duplicates, certificate included: any of them will do.
        [.., last] if certificate.is_some() => Ok(*last),
        several => Err(StoreError::AliasAmbiguous { alias: alias.to_string(), count: several.len() }),
    }
}
