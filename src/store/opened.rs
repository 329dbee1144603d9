//! A store taken apart once, for those who look first and change it then.

use super::{Document, Edit, Format, Pkcs8, Store, StoreError, edit, recognise};
use crate::secret::Password;

/// A store taken apart: to be looked at, and changed.
pub struct Opened<'a> {
    original: &'a [u8],
    password: Option<&'a Password>,
    format: &'static dyn Format,
    document: Box<dyn Document + 'a>,
}

/// Takes a store apart, checking it with `password`. Without one, what Java sees without `trustStorePassword`: see
/// [`super::decode`].
///
/// # Errors
/// As [`super::decode`].
pub fn open<'a>(bytes: &'a [u8], password: Option<&'a Password>) -> Result<Opened<'a>, StoreError> {
    let format = recognise(bytes)?;
    Ok(Opened { original: bytes, password, format, document: format.open(bytes, password)? })
}

impl Opened<'_> {
    /// What is in it.
    pub fn store(&self) -> Store {
        edit::store(self.format, self.document.as_ref())
    }

    /// The private key of the entry at `index` of [`Store::entries`]; `None` if it has none, or `password` does not open it.
    ///
    /// # Errors
    /// [`StoreError`] if the key is damaged or protected in a way unknown here.
    pub fn key(&self, index: usize, password: &Password) -> Result<Option<Pkcs8>, StoreError> {
        self.document.key(index, password)
    }

    /// The octets it has after `edits`, in this order. No edits give the same octets back.
    ///
    /// # Errors
    /// As [`super::edit()`].
    pub fn edit(mut self, edits: &[Edit]) -> Result<Vec<u8>, StoreError> {
        if edits.is_empty() {
            return Ok(self.original.to_vec());
        }
        let before = edit::refusals(self.document.as_ref()).len();
        edit::apply(self.format, self.document.as_mut(), edits, self.password)?;
        edit::refuse_what_java_refuses(before, edits, self.document.as_ref())?;
        self.document.encode(self.password)
    }

    /// The octets it has with another password.
    ///
    /// # Errors
    /// As [`super::change_password`].
    pub fn change_password(mut self, new: &Password) -> Result<Vec<u8>, StoreError> {
        let old = self.password.ok_or(StoreError::PasswordNeeded { what: "changing the password" })?;
        self.document.change_password(old, new)?;
        self.document.encode(Some(new))
    }
}

impl std::fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("format", &self.format).finish_non_exhaustive()
    }
}
