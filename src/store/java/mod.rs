//! JKS and JCEKS: the stores of the JDK's own format (sun/security/provider/JavaKeyStore.java,
//! com/sun/crypto/provider/JceKeyStore.java).
//!
//! Both are a header, entries one behind the other, and a SHA-1 digest over the password and everything before it.
//! Entries are kept as the octets they were read from; a change adds, drops or splices octets and makes a new digest.

mod entry;
mod protect;
mod sealed;
mod wire;

use std::borrow::Cow;
use std::collections::HashMap;

use sha1::{Digest as _, Sha1};
use time::OffsetDateTime;

use self::entry::{Item, Payload};
use self::protect::{Protector, Work};
use self::wire::Cursor;
use super::model::Problem;
use super::{
    Algorithm, Alias, Document, Entry, Format, MAX_ENTRIES, NewKey, Pkcs8, Protection, StoreError,
    too_many_entries,
};
use crate::cert::Certificate;
use crate::secret::Password;

/// A format of this family.
#[derive(Debug, Clone, Copy)]
pub(super) struct JavaFormat {
    name: &'static str,
    extensions: &'static [&'static str],
    magic: [u8; 4],
    secret_keys: bool,
}

/// JKS, the default store of Java up to 8.
pub(super) const JKS: JavaFormat =
    JavaFormat { name: "jks", extensions: &["jks"], magic: [0xFE, 0xED, 0xFE, 0xED], secret_keys: false };
/// JCEKS, which holds secret keys too.
pub(super) const JCEKS: JavaFormat =
    JavaFormat { name: "jceks", extensions: &["jceks"], magic: [0xCE, 0xCE, 0xCE, 0xCE], secret_keys: true };

const DIGEST_OCTETS: usize = 20;

impl Format for JavaFormat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn extensions(&self) -> &'static [&'static str] {
        self.extensions
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(&self.magic)
    }

    fn open<'a>(
        &self,
        bytes: &'a [u8],
        password: Option<&Password>,
    ) -> Result<Box<dyn Document + 'a>, StoreError> {
        Ok(Box::new(read(self, bytes, password)?))
    }

    fn empty(&self, password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        let (items, checked) = (Vec::new(), false);
        JavaStore { format: *self, version: 2, items, tail: &[], digest_offset: 12, checked }.encode(password)
    }

    fn alias(&self, text: &str) -> Result<Alias, StoreError> {
        // setCertificateEntry lowers the alias before it stores it; an entry that is not in lower case is lost to Java.
        let alias = Alias::new(text.to_lowercase());
        if wire::encode_utf(alias.as_str()).is_none() {
            let reason = "it is longer than 65,535 octets";
            return Err(StoreError::AliasInvalid { format: self.name, alias: text.to_owned(), reason });
        }
        Ok(alias)
    }

    fn same_alias(&self, one: &Alias, other: &Alias) -> bool {
        one.java_key() == other.java_key()
    }
}

/// A store taken apart.
struct JavaStore<'a> {
    format: JavaFormat,
    version: u32,
    items: Vec<Item<'a>>,
    /// Octets behind the digest, which Java ignores.
    tail: &'a [u8],
    digest_offset: usize,
    checked: bool,
}

fn read<'a>(
    format: &JavaFormat,
    bytes: &'a [u8],
    password: Option<&Password>,
) -> Result<JavaStore<'a>, StoreError> {
    let mut cursor = Cursor::new(bytes, format.name);
    cursor.take(format.magic.len(), "the header")?;
    let version = cursor.u32("the header")?;
    if !matches!(version, 1 | 2) {
        return Err(cursor.damaged(4, format!("version {version}, where Java knows 1 and 2")));
    }
    let count = cursor.u32("the header")?;
    let mut items = Vec::new();
    for _ in 0..count {
        if items.len() == MAX_ENTRIES {
            return Err(too_many_entries());
        }
        items.push(entry::read(&mut cursor, version, format.secret_keys)?);
    }
    let digest_offset = cursor.offset();
    let stored = cursor.take(DIGEST_OCTETS, "the digest")?;
    if let Some(password) = password {
        let body = bytes.get(..digest_offset).unwrap_or_default();
        if digest(password, body) != stored {
            return Err(StoreError::WrongPassword { or_changed: true });
        }
    }
    let format = *format;
    Ok(JavaStore { format, version, items, tail: cursor.rest(), digest_offset, checked: password.is_some() })
}

/// SHA-1 over the password, a fixed word and the file (JavaKeyStore.getPreKeyedHash).
fn digest(password: &Password, body: &[u8]) -> [u8; DIGEST_OCTETS] {
    let hash = Sha1::new().chain_update(&*password.utf16be()).chain_update(b"Mighty Aphrodite");
    hash.chain_update(body).finalize().into()
}

impl Document for JavaStore<'_> {
    fn entries(&self) -> Vec<Entry> {
        let places = self.items.iter().enumerate().map(|(index, item)| (&item.alias, index));
        let last: HashMap<&Alias, usize> = places.collect();
        let entry = |(index, item): (usize, &Item<'_>)| item.entry(last.get(&item.alias) == Some(&index));
        self.items.iter().enumerate().map(entry).collect()
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = self.items.iter().flat_map(Item::problems).collect();
        if self.format.secret_keys {
            let message =
                "Java reads a JCEKS store only if told so, with -Djavax.net.ssl.trustStoreType=JCEKS";
            problems.push(Problem::new(message));
        }
        if !self.tail.is_empty() {
            let message =
                format!("{} octets behind the end of the store, which Java ignores", self.tail.len());
            problems.push(Problem::new(message).at(self.digest_offset + DIGEST_OCTETS));
        }
        problems
    }

    fn protection(&self) -> Protection {
        let integrity = Some(Algorithm { name: "SHA-1".to_owned(), iterations: None });
        Protection { integrity, checked: self.checked, ..Protection::default() }
    }

    fn add_trusted(
        &mut self,
        alias: &Alias,
        certificate: &Certificate,
        created: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let payload = Payload::Trusted(certificate.clone());
        self.items.push(Item::new(alias, created, payload, self.version)?);
        Ok(())
    }

    fn replace(
        &mut self,
        index: usize,
        certificate: &Certificate,
        created: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if let Some(item) = self.items.get_mut(index) {
            let payload = Payload::Trusted(certificate.clone());
            *item = Item::new(&item.alias, created, payload, self.version)?;
        }
        Ok(())
    }

    fn remove(&mut self, index: usize) -> Result<(), StoreError> {
        if index < self.items.len() {
            self.items.remove(index);
        }
        Ok(())
    }

    fn rename(&mut self, index: usize, to: &Alias) -> Result<(), StoreError> {
        self.items.get_mut(index).map_or(Ok(()), |item| item.rename(to))
    }

    fn add_key(&mut self, new: NewKey<'_>, password: &Password) -> Result<(), StoreError> {
        let protector = if self.format.secret_keys { protect::JCE } else { Protector::Sha1 };
        let payload =
            Payload::Key { protected: protector.close(new.key, password)?, chain: new.chain.to_vec() };
        self.items.push(Item::new(new.alias, new.created, payload, self.version)?);
        Ok(())
    }

    fn key(&self, index: usize, password: &Password) -> Result<Option<Pkcs8>, StoreError> {
        let Some(octets) = self.items.get(index).and_then(Item::protected_key) else { return Ok(None) };
        Ok(protect::open(octets, password, &mut Work::default())?.map(|(key, _)| key))
    }

    fn change_password(&mut self, old: &Password, new: &Password) -> Result<(), StoreError> {
        let mut work = Work::default();
        for item in &mut self.items {
            let alias = item.alias.to_string();
            if item.is_secret_key() {
                return Err(StoreError::Unsupported {
                    what: format!("another password for the secret key {alias:?}"),
                    instead: "use keytool -keypasswd and -storepasswd".to_owned(),
                });
            }
            let Some(octets) = item.protected_key() else { continue };
            let key = protect::reprotect(octets, old, new, &mut work)?;
            item.replace_key(&key.ok_or(StoreError::KeyPassword { alias })?);
        }
        Ok(())
    }

    fn encode(&self, password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        let password = password.ok_or(StoreError::PasswordNeeded { what: "writing a JKS or JCEKS store" })?;
        let octets: usize = self.items.iter().map(|item| item.raw.len()).sum();
        let mut bytes = Vec::with_capacity(octets + 64 + self.tail.len());
        bytes.extend_from_slice(&self.format.magic);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        let count = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&count.to_be_bytes());
        for item in &self.items {
            bytes.extend_from_slice(&item.raw);
        }
        let digest = digest(password, &bytes);
        bytes.extend_from_slice(&digest);
        bytes.extend_from_slice(self.tail);
        Ok(bytes)
    }
}

/// An entry's octets: the file's, or new ones.
type Raw<'a> = Cow<'a, [u8]>;
