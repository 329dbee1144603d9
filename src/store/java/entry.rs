//! One entry of a JKS or JCEKS file, with the octets it was read from.

use std::ops::Range;

use time::OffsetDateTime;

use super::wire::{self, Cursor};
use super::{Raw, sealed};
use crate::cert::{Certificate, CertificateError, java_may_read};
use crate::store::model::Problem;
use crate::store::{Alias, Entry, EntryKind, Hidden, StoreError};

const PRIVATE_KEY: u32 = 1;
const TRUSTED: u32 = 2;
const SECRET_KEY: u32 = 3;
/// The tag in front of the alias.
const TAG_OCTETS: usize = 4;
/// The date behind it.
const DATE_OCTETS: usize = 8;
/// The length in front of a key.
const LENGTH_OCTETS: usize = 4;

pub(super) struct Item<'a> {
    pub(super) raw: Raw<'a>,
    pub(super) alias: Alias,
    alias_readable: bool,
    /// Octets of the alias in `raw`, its length field included.
    alias_octets: usize,
    created: i64,
    kind: EntryKind,
    certificates: Vec<Result<Certificate, Unreadable>>,
    offset: usize,
}

/// A certificate that cannot be read.
struct Unreadable {
    message: String,
    /// Whether Java cannot read it either.
    java_refuses: bool,
}

/// What a new entry holds.
pub(super) enum Payload {
    Trusted(Certificate),
    Key { protected: Vec<u8>, chain: Vec<Certificate> },
}

pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    version: u32,
    secret_keys: bool,
) -> Result<Item<'a>, StoreError> {
    let offset = cursor.offset();
    let tag = cursor.u32("an entry")?;
    let known = matches!(tag, PRIVATE_KEY | TRUSTED) || (tag == SECRET_KEY && secret_keys);
    if !known {
        return Err(cursor.damaged(offset, format!("an entry of unknown kind {tag}")));
    }
    let alias = cursor.utf("an alias")?;
    let alias_octets = cursor.offset() - offset - TAG_OCTETS;
    let created = cursor.i64("a date")?;
    let mut certificates = Vec::new();
    let kind = match tag {
        PRIVATE_KEY => {
            cursor.counted("a private key")?;
            for _ in 0..cursor.u32("a chain")? {
                certificates.push(certificate(cursor, version)?);
            }
            EntryKind::PrivateKey
        }
        TRUSTED => {
            certificates.push(certificate(cursor, version)?);
            EntryKind::TrustedCertificate
        }
        _ => {
            sealed::skip(cursor)?;
            EntryKind::SecretKey
        }
    };
    let raw = Raw::Borrowed(cursor.slice(offset..cursor.offset()));
    let (alias, alias_readable) = (Alias::new(alias.text), alias.valid);
    Ok(Item { raw, alias, alias_readable, alias_octets, created, kind, certificates, offset })
}

fn certificate(cursor: &mut Cursor<'_>, version: u32) -> Result<Result<Certificate, Unreadable>, StoreError> {
    let kind = if version == 2 { Some(cursor.utf("a certificate")?.text) } else { None };
    let der = cursor.counted("a certificate")?;
    if let Some(kind) = kind.filter(|kind| !matches!(kind.as_str(), "X.509" | "X509")) {
        return Ok(Err(Unreadable {
            message: format!("a certificate of type {kind:?}"),
            java_refuses: true,
        }));
    }
    Ok(Certificate::from_der(der).map_err(|error| Unreadable {
        java_refuses: !matches!(error, CertificateError::TooLarge { .. }) && !java_may_read(der),
        message: error.to_string(),
    }))
}

impl Item<'_> {
    /// A new entry, as Java writes it in this version of the format.
    pub(super) fn new(
        alias: &Alias,
        created: OffsetDateTime,
        payload: Payload,
        version: u32,
    ) -> Result<Self, StoreError> {
        let created = i64::try_from(created.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let alias_field = encode_alias(alias)?;
        let certificate = |certificate: &Certificate| {
            let kind = if version == 2 { &b"\0\x05X.509"[..] } else { &[] };
            [kind, &wire::counted(certificate.der())].concat()
        };
        let (tag, kind, octets, certificates) = match payload {
            Payload::Trusted(trusted) => {
                (TRUSTED, EntryKind::TrustedCertificate, certificate(&trusted), vec![trusted])
            }
            Payload::Key { protected, chain } => {
                let count = u32::try_from(chain.len()).unwrap_or(u32::MAX);
                let chain_octets: Vec<u8> = chain.iter().flat_map(certificate).collect();
                let octets = [wire::counted(&protected), count.to_be_bytes().to_vec(), chain_octets].concat();
                (PRIVATE_KEY, EntryKind::PrivateKey, octets, chain)
            }
        };
        let raw = [&tag.to_be_bytes(), alias_field.as_slice(), &created.to_be_bytes(), &octets].concat();
        Ok(Self {
            raw: Raw::Owned(raw),
            alias: alias.clone(),
            alias_readable: true,
            alias_octets: alias_field.len(),
            created,
            kind,
            certificates: certificates.into_iter().map(Ok).collect(),
            offset: 0,
        })
    }

    /// Only the alias changes.
    pub(super) fn rename(&mut self, to: &Alias) -> Result<(), StoreError> {
        let field = encode_alias(to)?;
        let behind = self.raw.get(TAG_OCTETS + self.alias_octets..).unwrap_or_default();
        let tag = self.raw.get(..TAG_OCTETS).unwrap_or_default();
        self.raw = Raw::Owned([tag, &field, behind].concat());
        self.alias_octets = field.len();
        self.alias = to.clone();
        self.alias_readable = true;
        Ok(())
    }

    pub(super) fn is_secret_key(&self) -> bool {
        self.kind == EntryKind::SecretKey
    }

    /// The EncryptedPrivateKeyInfo of a private key.
    pub(super) fn protected_key(&self) -> Option<&[u8]> {
        self.raw.get(self.protected_range()?)
    }

    /// Only the EncryptedPrivateKeyInfo and its length change.
    pub(super) fn replace_key(&mut self, protected: &[u8]) {
        let Some(old) = self.protected_range() else { return };
        let before = self.raw.get(..old.start - LENGTH_OCTETS).unwrap_or_default();
        let behind = self.raw.get(old.end..).unwrap_or_default();
        self.raw = Raw::Owned([before, &wire::counted(protected), behind].concat());
    }

    /// Where the EncryptedPrivateKeyInfo stands in `raw`: behind tag, alias and date, and its own length.
    fn protected_range(&self) -> Option<Range<usize>> {
        if self.kind != EntryKind::PrivateKey {
            return None;
        }
        let length = TAG_OCTETS + self.alias_octets + DATE_OCTETS;
        let start = length + LENGTH_OCTETS;
        let octets = self.raw.get(length..start)?.try_into().ok()?;
        let end = start.checked_add(usize::try_from(u32::from_be_bytes(octets)).ok()?)?;
        Some(start..end)
    }

    /// `last`: whether no later entry has the same alias; Java keeps the last one only.
    pub(super) fn entry(&self, last: bool) -> Entry {
        let mut entry = Entry::new(self.alias.as_str(), self.kind);
        entry.created = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.created) * 1_000_000).ok();
        entry.certificates = self.certificates.iter().filter_map(|c| c.as_ref().ok().cloned()).collect();
        let reachable = self.alias.as_str() == self.alias.java_key();
        let readable = self.certificates.first().is_some_and(Result::is_ok);
        entry.anchor_for_java = reachable && last && readable;
        if !reachable {
            entry.hidden = Some(Hidden::AliasCase);
            let note = "Java cannot reach this entry, because its alias is not in lower case; rename it to repair it";
            entry.notes.push(note.to_owned());
        }
        if !last {
            entry.hidden = Some(Hidden::AliasTaken);
            entry
                .notes
                .push("Java does not see this entry, because a later one has the same alias".to_owned());
        }
        if self.kind == EntryKind::SecretKey {
            entry.notes.push("carried along as it is, never opened".to_owned());
        }
        entry
    }

    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        let unreadable = self.certificates.iter().filter_map(|certificate| certificate.as_ref().err());
        let unparsable = |certificate| Problem::unparsable(&self.alias, certificate);
        let refused =
            self.certificates.iter().flatten().find_map(unparsable).map(|problem| problem.at(self.offset));
        let problem = |unreadable: &Unreadable| {
            let problem = Problem::of(&self.alias, unreadable.message.clone()).at(self.offset);
            if unreadable.java_refuses { problem.java_refuses() } else { problem }
        };
        let alias = (!self.alias_readable).then(|| {
            let message = "the alias is not in Java's modified UTF-8";
            Problem::of(&self.alias, message).at(self.offset).java_refuses()
        });
        unreadable.map(problem).chain(alias).chain(refused)
    }
}

fn encode_alias(alias: &Alias) -> Result<Vec<u8>, StoreError> {
    wire::encode_utf(alias.as_str()).ok_or_else(|| StoreError::AliasInvalid {
        format: "jks",
        alias: alias.to_string(),
        reason: "it is longer than 65,535 octets",
    })
}
