//! The model: what any store holds, whatever its format.

use std::fmt;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Format, StoreError};
use crate::cert::{Certificate, java_refuses};
use crate::der::{Reader, tag};
use crate::digest::Fingerprint;

/// The name of an entry, as it stands in the store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(String);

impl Alias {
    /// From text. Whether a store can hold it is decided by [`Format::alias`].
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key Java looks entries up by: lower case (`toLowerCase(Locale.ENGLISH)` in every store of the JDK).
    pub fn java_key(&self) -> String {
        self.0.to_lowercase()
    }

    /// Whether Java takes the entry for a root shipped with the JDK (AnchorCertificates.java), to which stricter
    /// rules apply.
    pub fn marks_jdk_root(&self) -> bool {
        self.0.contains(" [jdk")
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for Alias {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A certificate marked as trusted.
    TrustedCertificate,
    /// A private key with its chain, the key's own certificate first.
    PrivateKey,
    /// A secret key.
    SecretKey,
    /// Anything else the store carries: certificates nobody is told to trust, CRLs, unknown bags.
    Opaque,
}

impl EntryKind {
    /// The spelling of `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrustedCertificate => "trusted-certificate",
            Self::PrivateKey => "private-key",
            Self::SecretKey => "secret-key",
            Self::Opaque => "opaque",
        }
    }
}

/// Why Java does not see an entry, where that can be mended without its content: [`super::Edit::Rename`] or
/// [`super::Edit::Repair`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hidden {
    /// The alias has upper-case letters, which a JKS or JCEKS store of Java never looks up.
    AliasCase,
    /// A later entry has the same alias.
    AliasTaken,
    /// The alias is encoded in a way that makes Java refuse the whole store.
    AliasEncoding,
    /// A certificate without the attribute that makes it a trusted one, in no key's chain.
    NotTrusted,
    /// A private key that is not encrypted.
    PlainKey,
    /// A safe inside a safe.
    NestedSafe,
}

impl Hidden {
    /// Whether another alias, or the same one written anew, is all it takes.
    pub fn is_alias(self) -> bool {
        matches!(self, Self::AliasCase | Self::AliasTaken | Self::AliasEncoding)
    }
}

/// One entry of a store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// Its name, as it stands in the store; made up as Java does where the store has none.
    pub alias: Alias,
    /// What it is.
    pub kind: EntryKind,
    /// When it was made, where the format keeps that.
    pub created: Option<OffsetDateTime>,
    /// Its certificates; a private key's chain has the key's own certificate first.
    pub certificates: Vec<Certificate>,
    /// Whether the first certificate makes a client that uses this store trust something: for Java stores, whether
    /// Java's default trust manager sees it (TrustStoreUtil.java); for PEM, whether a reader of bundles does.
    pub anchor_for_java: bool,
    /// Why Java does not see it, where that can be mended.
    pub hidden: Option<Hidden>,
    /// What is odd about it, in sentences.
    pub notes: Vec<String>,
}

impl Entry {
    pub(super) fn new(alias: impl Into<String>, kind: EntryKind) -> Self {
        Self {
            alias: Alias::new(alias),
            kind,
            created: None,
            certificates: Vec::new(),
            anchor_for_java: false,
            hidden: None,
            notes: Vec::new(),
        }
    }
}

/// Something in a store that could not be read, or that makes Java refuse it. The rest was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The entry it concerns.
    pub alias: Option<String>,
    /// Where in the file.
    pub offset: Option<usize>,
    /// What it is, in a lowercase phrase.
    pub message: String,
    /// Whether Java refuses to load the whole store because of it.
    pub java_refuses: bool,
    /// Whether it is only that the client is given no password ([`Store::hide_encrypted`]); the store itself is sound.
    pub needs_password: bool,
    /// Whether everything in the store is read all the same, so that a change hides and loses nothing.
    pub(super) whole: bool,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            alias: None,
            offset: None,
            message: message.into(),
            java_refuses: false,
            needs_password: false,
            whole: false,
        }
    }

    pub(super) fn of(alias: &Alias, message: impl Into<String>) -> Self {
        Self { alias: Some(alias.as_str().to_owned()), ..Self::new(message) }
    }

    pub(super) fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    /// A certificate that this program reads and Java does not, which keeps it from loading the store.
    pub(super) fn unparsable(alias: &Alias, certificate: &Certificate) -> Option<Self> {
        /// The release in whose words it is said.
        const FEATURE: u32 = 25;
        let exceptions = java_refuses(certificate, FEATURE)?;
        let why = exceptions.first().map_or("", String::as_str);
        let message = format!("Java cannot parse this certificate, nor load a store that holds it: {why}");
        Some(Self::of(alias, message).java_refuses())
    }

    /// Java refuses the store, though nothing in it is unread here.
    pub(super) fn java_alone_refuses(mut self) -> Self {
        self.whole = true;
        self.java_refuses()
    }

    pub(super) fn java_refuses(mut self) -> Self {
        self.java_refuses = true;
        self
    }
}

/// An algorithm that protects a store, for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithm {
    /// Its name.
    pub name: String,
    /// Iterations of its key derivation.
    pub iterations: Option<u32>,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.iterations.map_or(Ok(()), |iterations| write!(f, ", {iterations} iterations"))
    }
}

/// How a store is protected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Protection {
    /// What shows a change of the file, to those who know the password.
    pub integrity: Option<Algorithm>,
    /// Whether that was checked, which takes a password.
    pub checked: bool,
    /// What hides the certificates; empty when they can be read without a password.
    pub encryption: Vec<Algorithm>,
    /// What hides the private keys of a PKCS12 store, each way once.
    pub keys: Vec<Algorithm>,
}

impl Protection {
    /// The spelling of `--json`: `none` when a password protects nothing in it.
    pub fn name(&self) -> &'static str {
        let open = self.integrity.is_none() && self.encryption.is_empty() && self.keys.is_empty();
        if open { "none" } else { "password" }
    }
}

/// A store, read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Store {
    /// Its format.
    pub format: &'static dyn Format,
    /// Its entries, in the order of the file.
    pub entries: Vec<Entry>,
    /// What could not be read, and what Java would refuse.
    pub problems: Vec<Problem>,
    /// How it is protected.
    pub protection: Protection,
}

impl Store {
    /// What makes a client that uses this store trust something: the certificate and its alias. Empty when Java
    /// refuses the store.
    pub fn anchors(&self) -> impl Iterator<Item = (&Alias, &Certificate)> {
        let usable = self.java_refuses().is_none();
        let anchors = self.entries.iter().filter(move |entry| usable && entry.anchor_for_java);
        anchors.filter_map(|entry| Some((&entry.alias, entry.certificates.first()?)))
    }

    /// Why Java refuses to load the store, if it does.
    pub fn java_refuses(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.java_refuses)
    }

    /// Every entry whose first certificate has this fingerprint.
    pub fn with_fingerprint(&self, fingerprint: Fingerprint) -> impl Iterator<Item = &Entry> {
        let first =
            move |entry: &&Entry| entry.certificates.first().is_some_and(|c| c.sha256() == fingerprint);
        self.entries.iter().filter(first)
    }
}

/// A private key in PKCS #8 form (RFC 5958), wiped when dropped, never shown.
#[derive(Clone)]
pub struct Pkcs8(Zeroizing<Vec<u8>>);

impl Pkcs8 {
    /// Takes the DER of a PrivateKeyInfo.
    ///
    /// # Errors
    /// [`StoreError::Key`] if it is not one.
    pub fn from_der(der: Zeroizing<Vec<u8>>) -> Result<Self, StoreError> {
        let check = |der: &[u8]| {
            let mut fields = Reader::new(der).required(tag::SEQUENCE, "a private key")?.children();
            fields.required(tag::INTEGER, "a version")?;
            fields.required(tag::SEQUENCE, "a key algorithm")?;
            fields.required(tag::OCTET_STRING, "a private key").map(|_| ())
        };
        check(&der).map_err(StoreError::Key)?;
        Ok(Self(der))
    }

    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pkcs8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pkcs8(..)")
    }
}
