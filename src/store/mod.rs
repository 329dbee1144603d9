//! Where trust lives: stores, their formats, and edits that lose nothing.
//!
//! A store is read by [`decode`], whatever its name ends in: its octets tell its format. [`edit()`] changes octets into
//! octets; everything an edit does not mean is kept as it was, understood or not. A format is one item of
//! [`FORMATS`].

mod compare;
mod edit;
mod error;
mod foreign;
mod java;
mod model;
mod opened;
mod pem_bundle;
mod pkcs12;
pub mod pkcs7;
pub mod place;
mod sight;
pub mod source;
mod trust_settings;

use std::fmt;

pub use compare::{Difference, compare};
pub use edit::{Document, Edit, NewKey};
pub use error::StoreError;
pub use model::{Algorithm, Alias, Entry, EntryKind, Hidden, Pkcs8, Problem, Protection, Store};
pub use opened::{Opened, open};
pub use sight::java_refusal;

use crate::secret::Password;

/// A store format: its names, how it is recognised, how it is taken apart.
pub trait Format: fmt::Debug + Sync {
    /// What `--format` and JSON call it.
    fn name(&self) -> &'static str;
    /// Endings of file names that ask for it when a store is new; lower case, without the dot.
    fn extensions(&self) -> &'static [&'static str];
    /// Whether a store of this format can hold private keys.
    fn holds_keys(&self) -> bool {
        true
    }
    /// Whether these octets begin as this format does.
    fn sniff(&self, bytes: &[u8]) -> bool;
    /// Takes a store apart, checking it with `password`. Without one, reads what can be read, as Java does.
    ///
    /// # Errors
    /// As [`decode`].
    fn open<'a>(
        &self,
        bytes: &'a [u8],
        password: Option<&Password>,
    ) -> Result<Box<dyn Document + 'a>, StoreError>;
    /// A new store without entries, as keytool of JDK 17 writes it.
    ///
    /// # Errors
    /// [`StoreError::PasswordNeeded`] where the format cannot be without.
    fn empty(&self, password: Option<&Password>) -> Result<Vec<u8>, StoreError>;
    /// The form in which this format writes an alias.
    ///
    /// # Errors
    /// [`StoreError::AliasInvalid`] if it cannot hold it.
    fn alias(&self, text: &str) -> Result<Alias, StoreError>;
    /// Whether two aliases name the same entry.
    fn same_alias(&self, one: &Alias, other: &Alias) -> bool;
}

/// Every format that can be read and written, in the order they are recognised.
pub const FORMATS: &[&dyn Format] = &[&java::JKS, &java::JCEKS, &pkcs12::Pkcs12, &pem_bundle::PemBundle];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The format that new files ending in `extension` (lower case, no dot) get.
pub fn format_for_extension(extension: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.extensions().contains(&extension))
}

/// The format of a store, told by its octets alone: PKCS12 files called `.jks` are common.
pub fn detect(bytes: &[u8]) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.sniff(bytes))
}

/// Reads a store; to change it afterwards, [`open`] it. Without a password, what Java sees without `trustStorePassword`: integrity is not checked,
/// encrypted parts are left out and said so.
///
/// # Errors
/// [`StoreError`] if nothing can be read; damage to single entries is in [`Store::problems`].
pub fn decode(bytes: &[u8], password: Option<&Password>) -> Result<Store, StoreError> {
    Ok(open(bytes, password)?.store())
}

/// The octets a store has after `edits`, in this order. No edits give the same octets back.
///
/// A store that Java refuses to load is changed only to mend it: what Java cannot read, a change could only hide or lose.
/// One whose integrity check alone is unknown to Java (PBMAC1) is changed as any other.
///
/// # Errors
/// [`StoreError`] says which edit cannot be made; none is then made.
pub fn edit(original: &[u8], edits: &[Edit], password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
    open(original, password)?.edit(edits)
}

/// The octets a store has with another password: its integrity check, its encrypted parts and its keys, each protected
/// by the algorithm it has, with a fresh salt. Everything else stays as it is.
///
/// # Errors
/// [`StoreError::KeyPassword`] for a key with a password of its own; [`StoreError::Unsupported`] for a store that no
/// password protects.
pub fn change_password(bytes: &[u8], old: &Password, new: &Password) -> Result<Vec<u8>, StoreError> {
    open(bytes, Some(old))?.change_password(new)
}

/// A new store without entries. A PKCS12 store without a password is password-less and stays so.
///
/// # Errors
/// [`StoreError::PasswordNeeded`] where the format cannot be without.
pub fn empty(format: &dyn Format, password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
    format.empty(password)
}

/// Most entries taken from one file: a hundred times what any platform ships. Each costs memory beyond its octets, and every
/// private key is looked up among the certificates.
const MAX_ENTRIES: usize = 20_000;

/// The refusal of a file with more.
fn too_many_entries() -> StoreError {
    StoreError::Unsupported {
        what: format!("a store of more than {MAX_ENTRIES} entries"),
        instead: "split it".to_owned(),
    }
}

fn recognise(bytes: &[u8]) -> Result<&'static dyn Format, StoreError> {
    if bytes.is_empty() {
        return Err(StoreError::Empty);
    }
    detect(bytes).ok_or_else(|| foreign::refusal(bytes))
}

/// Random octets for salts and initialisation vectors.
fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    use ring::rand::SecureRandom as _;
    let mut octets = [0; N];
    ring::rand::SystemRandom::new().fill(&mut octets).map_err(|_| StoreError::Random)?;
    Ok(octets)
}
