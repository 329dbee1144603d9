//! The outermost structures: PFX, AuthenticatedSafe, ContentInfo (RFC 7292 section 4, RFC 5652).

use std::borrow::Cow;

use crate::der::{self, DerError, Element, Oid, Reader, tag};
use crate::store::StoreError;

pub(super) const DATA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 7, 1]);
const ENCRYPTED_DATA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 7, 6]);
const SIGNED_DATA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 7, 2]);
const ENVELOPED_DATA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 7, 3]);

/// A PFX: what the MAC covers, the MAC, and what stands behind the whole.
pub(super) struct Pfx<'a> {
    /// The AuthenticatedSafe.
    pub(super) safes: Cow<'a, [u8]>,
    /// MacData, as encoded.
    pub(super) mac: Option<&'a [u8]>,
    /// Octets behind the PFX, which Java ignores.
    pub(super) tail: &'a [u8],
    /// Where those begin.
    pub(super) end: usize,
}

/// Whether these octets begin as a PFX: a SEQUENCE whose first element is the number 3, then a SEQUENCE.
pub(super) fn sniff(bytes: &[u8]) -> bool {
    let content = match bytes {
        [tag::SEQUENCE, 0..=0x80, content @ ..] => Some(content),
        [tag::SEQUENCE, long @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(long & 0x7F)..),
        _ => None,
    };
    content.is_some_and(|content| content.starts_with(&[tag::INTEGER, 1, 3, tag::SEQUENCE]))
}

pub(super) fn read(bytes: &[u8]) -> Result<Pfx<'_>, StoreError> {
    let mut outer = Reader::new(bytes);
    let pfx = outer.required(tag::SEQUENCE, "a PFX").map_err(|error| match error {
        DerError::Truncated { .. } => {
            StoreError::Truncated { format: super::NAME, what: "the PFX", offset: bytes.len() }
        }
        source => StoreError::Der { format: super::NAME, part: "its frame", source },
    })?;
    let frame = |source| StoreError::Der { format: super::NAME, part: "its frame", source };
    let mut fields = pfx.children();
    let version = fields.any("a version").and_then(|version| version.unsigned("a version")).map_err(frame)?;
    if version != 3 {
        return Err(unsupported(format!("PFX version {version}")));
    }
    let info = fields.required(tag::SEQUENCE, "the AuthenticatedSafe").map_err(frame)?;
    let safes = match content_info(&info).map_err(frame)? {
        Content::Data(octets) => octets,
        other => return Err(unsupported(format!("a PFX protected by {}", other.name()))),
    };
    // Java takes whatever stands there for MacData, and does not look behind it; nothing else can be kept, though.
    let mac = match fields.rest() {
        [] => None,
        _ => Some(fields.required(tag::SEQUENCE, "MacData").map_err(frame)?.whole()),
    };
    fields.finish("MacData").map_err(frame)?;
    Ok(Pfx { safes, mac, tail: outer.rest(), end: outer.offset() })
}

pub(super) fn write(safes: &[u8], mac: Option<&[u8]>, tail: &[u8]) -> Vec<u8> {
    let info = data(safes);
    let mut pfx = der::sequence(&[&der::integer(3), info.as_slice(), mac.unwrap_or_default()]);
    pfx.extend_from_slice(tail);
    pfx
}

/// Whether an element's length is left open until its end marker (BER).
pub(super) fn is_indefinite(element: &[u8]) -> bool {
    element.get(1) == Some(&0x80)
}

/// A SEQUENCE whose length is left open if it was. JDK 11 and older lose what follows an element of indefinite length
/// in a SEQUENCE of definite length (DerValue converts all that is left of the input), so the two are not mixed.
pub(super) fn sequence<T: AsRef<[u8]>>(indefinite: bool, elements: &[T]) -> Vec<u8> {
    if !indefinite {
        return der::sequence(elements);
    }
    let mut sequence = vec![tag::SEQUENCE, 0x80];
    for element in elements {
        sequence.extend_from_slice(element.as_ref());
    }
    sequence.extend_from_slice(&[0, 0]);
    sequence
}

/// What a ContentInfo holds.
pub(super) enum Content<'a> {
    Data(Cow<'a, [u8]>),
    Encrypted { algorithm: &'a [u8], octets: Cow<'a, [u8]> },
    Other(Oid),
}

impl Content<'_> {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Data(_) => "nothing".to_owned(),
            Self::Encrypted { .. } => "a password".to_owned(),
            Self::Other(SIGNED_DATA) => "a signature".to_owned(),
            Self::Other(ENVELOPED_DATA) => "a public key".to_owned(),
            Self::Other(oid) => format!("content type {oid}"),
        }
    }
}

pub(super) fn content_info<'a>(info: &Element<'a>) -> Result<Content<'a>, DerError> {
    let mut fields = info.children();
    let kind = fields.any("a content type")?.oid("a content type")?;
    if !matches!(kind, DATA | ENCRYPTED_DATA) {
        return Ok(Content::Other(kind));
    }
    let mut content = fields.required(tag::context(0), "a content")?.children();
    fields.finish("a ContentInfo")?;
    let inner = content.any("a content")?;
    content.finish("a content")?;
    if kind == DATA {
        return Ok(Content::Data(inner.octets("a content")?));
    }
    let mut encrypted = inner.expect(tag::SEQUENCE, "EncryptedData")?.children();
    encrypted.required(tag::INTEGER, "a version")?;
    let mut info = encrypted.required(tag::SEQUENCE, "EncryptedContentInfo")?.children();
    info.required(tag::OID, "a content type")?;
    let algorithm = info.required(tag::SEQUENCE, "an algorithm")?.whole();
    let octets = info.any("encrypted content")?;
    if !matches!(octets.tag(), 0x80 | 0xA0) {
        let (found, offset) = (octets.tag(), octets.offset());
        return Err(DerError::UnexpectedTag { expected: "encrypted content", found, offset });
    }
    info.finish("encrypted content")?;
    Ok(Content::Encrypted { algorithm, octets: octets.joined("encrypted content")? })
}

/// A ContentInfo of plain data.
pub(super) fn data(octets: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(&DATA), der::explicit(0, &der::octet_string(octets))])
}

/// A ContentInfo of encrypted data (RFC 5652 section 8).
pub(super) fn encrypted(algorithm: &[u8], octets: &[u8]) -> Vec<u8> {
    let octets = der::tlv(tag::context_primitive(0), octets);
    let info = der::sequence(&[der::oid(&DATA).as_slice(), algorithm, &octets]);
    let encrypted = der::sequence(&[der::integer(0), info]);
    der::sequence(&[der::oid(&ENCRYPTED_DATA), der::explicit(0, &encrypted)])
}

pub(super) fn unsupported(what: String) -> StoreError {
    let instead = "write the store anew with openssl pkcs12 -export".to_owned();
    StoreError::Unsupported { what, instead }
}
