//! SafeBags: one thing each, with its attributes (RFC 7292 section 4.2), kept as encoded.

use zeroize::Zeroizing;

use super::attributes::Attributes;
use super::pbe::Pbe;
use crate::cert::{Certificate, CertificateError};
use crate::der::{self, DerError, Element, Oid, Reader, tag};
use crate::store::{Algorithm, MAX_ENTRIES};

const KEY_BAG: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, 1]);
const SHROUDED_KEY_BAG: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, 2]);
const CERT_BAG: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, 3]);
const CRL_BAG: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, 4]);
const SECRET_BAG: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, 5]);
const SAFE_CONTENTS_BAG: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, 6]);
/// Java does not look at the kind: whatever octets there are, it reads as X.509.
const X509_CERTIFICATE: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 9, 22, 1]);
/// Safes in safes: Java opens none, OpenSSL few.
const MAX_DEPTH: usize = 4;

/// A bag.
pub(super) struct Bag {
    /// As encoded. It may hold a private key in the clear.
    pub(super) raw: Zeroizing<Vec<u8>>,
    pub(super) item: Item,
    pub(super) attributes: Attributes,
}

/// What is in a bag.
pub(super) enum Item {
    /// A private key, encrypted.
    ShroudedKey {
        /// How, if that is known.
        algorithm: Option<Algorithm>,
    },
    /// A private key in the clear, which Java ignores.
    PlainKey,
    Certificate(Certificate),
    /// A certificate that cannot be read.
    Unreadable {
        message: String,
        java_refuses: bool,
    },
    Secret,
    Crl,
    /// A safe in the safe, which Java ignores, and the certificates in it.
    Nested(Vec<Certificate>),
    Unknown(Oid),
}

/// The bags of a SafeContents, one more than [`MAX_ENTRIES`] at most, which the store is then refused for. A bag that does not hold together is one of its own, and unreadable.
pub(super) fn read_all(safe_contents: &[u8]) -> Result<Vec<Bag>, DerError> {
    let mut outer = Reader::new(safe_contents);
    let mut reader = outer.required(tag::SEQUENCE, "SafeContents")?.children();
    outer.finish("SafeContents")?;
    let mut bags = Vec::new();
    while let Some(element) = reader.next()? {
        bags.push(read(&element, 0));
        if bags.len() > MAX_ENTRIES {
            break;
        }
    }
    Ok(bags)
}

fn read(element: &Element<'_>, depth: usize) -> Bag {
    let (item, attributes) = parts(element, depth).unwrap_or_else(|error| {
        let unreadable = Item::Unreadable { message: format!("a damaged bag: {error}"), java_refuses: true };
        (unreadable, Attributes::default())
    });
    Bag { raw: Zeroizing::new(element.whole().to_vec()), item, attributes }
}

fn parts(element: &Element<'_>, depth: usize) -> Result<(Item, Attributes), DerError> {
    let mut fields = element.expect(tag::SEQUENCE, "a bag")?.children();
    let kind = fields.any("a bag's kind")?.oid("a bag's kind")?;
    let value = fields.required(tag::context(0), "a bag's value")?.children().any("a bag's value")?;
    let attributes = match fields.optional(tag::SET)? {
        Some(set) => Attributes::read(&set)?,
        None => Attributes::default(),
    };
    let item = match kind {
        SHROUDED_KEY_BAG => shrouded_key(&value),
        KEY_BAG => Item::PlainKey,
        CERT_BAG => certificate(&value)?,
        CRL_BAG => Item::Crl,
        SECRET_BAG => secret(&value)?,
        SAFE_CONTENTS_BAG if depth < MAX_DEPTH => nested(&value, depth)?,
        other => Item::Unknown(other),
    };
    Ok((item, attributes))
}

/// An EncryptedPrivateKeyInfo (RFC 5958 section 3). Java does not look into it until the key is asked for.
fn shrouded_key(value: &Element<'_>) -> Item {
    let algorithm = value.children().required(tag::SEQUENCE, "an algorithm").ok();
    let scheme = algorithm.and_then(|algorithm| Pbe::read(algorithm.whole()).ok());
    Item::ShroudedKey { algorithm: scheme.as_ref().map(Pbe::algorithm) }
}

fn certificate(value: &Element<'_>) -> Result<Item, DerError> {
    let mut fields = value.expect(tag::SEQUENCE, "a certificate bag")?.children();
    fields.any("a certificate's kind")?.oid("a certificate's kind")?;
    let value = fields.required(tag::context(0), "a certificate")?.children().any("a certificate")?;
    fields.finish("a certificate")?;
    let octets = value.octets("a certificate")?;
    Ok(Certificate::from_der(&octets).map_or_else(
        |error| {
            let java_refuses = matches!(error, CertificateError::Der(_));
            Item::Unreadable { message: error.to_string(), java_refuses }
        },
        Item::Certificate,
    ))
}

/// A SecretBag, which Java takes apart but for the key in it.
fn secret(value: &Element<'_>) -> Result<Item, DerError> {
    let mut fields = value.expect(tag::SEQUENCE, "a secret bag")?.children();
    fields.any("a secret's kind")?.oid("a secret's kind")?;
    let value = fields.required(tag::context(0), "a secret")?.children().any("a secret")?;
    value.octets("a secret")?;
    fields.finish("a secret")?;
    Ok(Item::Secret)
}

fn nested(value: &Element<'_>, depth: usize) -> Result<Item, DerError> {
    let mut certificates = Vec::new();
    let mut bags = value.expect(tag::SEQUENCE, "SafeContents")?.children();
    while let Some(bag) = bags.next()? {
        match read(&bag, depth + 1).item {
            Item::Certificate(certificate) => certificates.push(certificate),
            Item::Nested(inner) => certificates.extend(inner),
            _ => {}
        }
    }
    Ok(Item::Nested(certificates))
}

impl Bag {
    /// A certificate with these attributes.
    pub(super) fn certificate(certificate: &Certificate, attributes: Attributes) -> Self {
        let octets = der::explicit(0, &der::octet_string(certificate.der()));
        let value = der::sequence(&[der::oid(&X509_CERTIFICATE), octets]);
        Self::new(&CERT_BAG, &value, Item::Certificate(certificate.clone()), attributes)
    }

    /// An EncryptedPrivateKeyInfo with these attributes.
    pub(super) fn shrouded_key(encrypted: &[u8], scheme: &Pbe, attributes: Attributes) -> Self {
        let item = Item::ShroudedKey { algorithm: Some(scheme.algorithm()) };
        Self::new(&SHROUDED_KEY_BAG, encrypted, item, attributes)
    }

    fn new(kind: &Oid, value: &[u8], item: Item, attributes: Attributes) -> Self {
        let raw = der::sequence(&[der::oid(kind), der::explicit(0, value), attributes.encode()]);
        Self { raw: Zeroizing::new(raw), item, attributes }
    }

    /// The EncryptedPrivateKeyInfo of a private key, or of a secret key as Java keeps it (PKCS12KeyStore.java,
    /// createEncContent); `None` if it has neither.
    pub(super) fn encrypted_key(&self) -> Result<Option<Vec<u8>>, DerError> {
        let (_, value, _) = self.split()?;
        match self.item {
            Item::ShroudedKey { .. } => Ok(Some(value.whole().to_vec())),
            Item::Secret => {
                let mut fields = value.expect(tag::SEQUENCE, "a secret bag")?.children();
                if fields.any("a secret's kind")?.oid("a secret's kind")? != SHROUDED_KEY_BAG {
                    return Ok(None);
                }
                let secret = fields.required(tag::context(0), "a secret")?.children().any("a secret")?;
                Ok(Some(secret.octets("a secret")?.into_owned()))
            }
            _ => Ok(None),
        }
    }

    /// Puts another EncryptedPrivateKeyInfo in the place of that one. Kind and attributes stay as encoded.
    pub(super) fn replace_key(&mut self, encrypted: &[u8]) -> Result<(), DerError> {
        let raw = {
            let (kind, _, attributes) = self.split()?;
            let value = match self.item {
                Item::Secret => {
                    let secret = der::explicit(0, &der::octet_string(encrypted));
                    der::sequence(&[der::oid(&SHROUDED_KEY_BAG), secret])
                }
                _ => encrypted.to_vec(),
            };
            der::sequence(&[kind, &der::explicit(0, &value), attributes])
        };
        self.raw = Zeroizing::new(raw);
        Ok(())
    }

    /// Kind, value and attributes, as encoded.
    fn split(&self) -> Result<(&[u8], Element<'_>, &[u8]), DerError> {
        let mut fields = Reader::new(&self.raw).required(tag::SEQUENCE, "a bag")?.children();
        let kind = fields.any("a bag's kind")?.whole();
        let value = fields.required(tag::context(0), "a bag's value")?.children().any("a bag's value")?;
        Ok((kind, value, fields.rest()))
    }

    /// The PrivateKeyInfo of a key that is not encrypted.
    pub(super) fn plain_key(&self) -> Result<Option<Zeroizing<Vec<u8>>>, DerError> {
        match self.item {
            Item::PlainKey => Ok(Some(Zeroizing::new(self.split()?.1.whole().to_vec()))),
            _ => Ok(None),
        }
    }

    /// The bags of a safe inside the safe.
    pub(super) fn unpacked(&self) -> Result<Vec<Self>, DerError> {
        let (_, value, _) = self.split()?;
        let mut bags = value.expect(tag::SEQUENCE, "SafeContents")?.children();
        let mut unpacked = Vec::new();
        while let Some(bag) = bags.next()? {
            unpacked.push(read(&bag, 0));
        }
        Ok(unpacked)
    }

    /// Only the name changes.
    pub(super) fn rename(&mut self, name: &str) -> Result<(), DerError> {
        self.attributes.rename(name);
        let raw = {
            let mut fields = Reader::new(&self.raw).required(tag::SEQUENCE, "a bag")?.children();
            let kind = fields.any("a bag's kind")?.whole();
            let value = fields.any("a bag's value")?.whole();
            der::sequence(&[kind, value, &self.attributes.encode()])
        };
        self.raw = Zeroizing::new(raw);
        Ok(())
    }
}
