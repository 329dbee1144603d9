//! Certificates out of any file: what a person may name as the place where a certificate is.
//!
//! PEM with anything around it, DER, several of them one behind the other, PKCS7, and every store format. The name of
//! the file says nothing; its octets do.

use super::model::Problem;
use super::pkcs7::SIGNED_DATA;
use super::{Alias, EntryKind, MAX_ENTRIES, StoreError, decode, pem_bundle};
use crate::cert::Certificate;
use crate::der::{DerError, Element, Reader, tag};
use crate::pem;
use crate::secret::Password;

/// What a file holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Found {
    /// What the file is: the name of a store format, `pem`, `der` or `pkcs7`.
    pub format: &'static str,
    /// Its certificates, in the order of the file.
    pub certificates: Vec<FoundCertificate>,
    /// Whether a private key is among them: a file that nobody should hand around.
    pub private_key_present: bool,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A certificate of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// The alias of the entry it comes from, in a store.
    pub alias: Option<Alias>,
}

impl Found {
    fn new(format: &'static str) -> Self {
        Self { format, certificates: Vec::new(), private_key_present: false, problems: Vec::new() }
    }

    fn add(&mut self, certificate: Certificate) {
        self.certificates.push(FoundCertificate { certificate, alias: None });
    }
}

/// Every certificate in a file of any kind.
///
/// # Errors
/// [`StoreError::NotAStore`] if there is nothing in it that could hold certificates; otherwise as [`decode`].
pub fn certificates(bytes: &[u8], password: Option<&Password>) -> Result<Found, StoreError> {
    if bytes.is_empty() {
        return Err(StoreError::Empty);
    }
    if pem::sniff(bytes) && super::detect(bytes).is_some_and(|format| format.name() == "pem") {
        return from_pem(bytes);
    }
    if super::detect(bytes).is_some() {
        return from_store(bytes, password);
    }
    from_der(bytes).ok_or_else(|| super::foreign::refusal(bytes))
}

/// Whether these octets begin with a certificate or a PKCS7 file in DER.
pub(super) fn is_certificates(bytes: &[u8]) -> bool {
    from_der(bytes).is_some_and(|found| !found.certificates.is_empty())
}

fn from_store(bytes: &[u8], password: Option<&Password>) -> Result<Found, StoreError> {
    let store = decode(bytes, password)?;
    let mut found = Found::new(store.format.name());
    for entry in store.entries {
        found.private_key_present |= entry.kind == EntryKind::PrivateKey;
        let alias = entry.alias;
        let with_alias = |certificate| FoundCertificate { certificate, alias: Some(alias.clone()) };
        found.certificates.extend(entry.certificates.into_iter().map(with_alias));
    }
    found.problems = store.problems;
    Ok(found)
}

fn from_pem(bytes: &[u8]) -> Result<Found, StoreError> {
    let scan = pem_bundle::scan(bytes)?;
    let mut found = Found::new("pem");
    found.problems.extend(scan.problems.iter().map(pem_bundle::damage));
    for (range, label, der) in scan.blocks() {
        found.private_key_present |= pem_bundle::is_private_key(label);
        match pem_bundle::certificate(label, der) {
            Some(Ok((certificate, settings))) => {
                // These settings stand beside the certificate and are lost where it is copied to.
                let note = settings.note().filter(|_| !settings.trusted_for_servers());
                let refused =
                    note.map(|note| format!("not trusted for servers by the file it is in; {note}"));
                let problem = |message| Problem::of(&Alias::new(certificate.label()), message);
                found.problems.extend(refused.map(|message| problem(message).at(range.start)));
                found.add(certificate);
            }
            Some(Err(error)) => found.problems.push(Problem::new(error).at(range.start)),
            None if matches!(label, "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA") => match pkcs7(der) {
                Ok(certificates) => certificates.into_iter().for_each(|certificate| found.add(certificate)),
                Err(error) => {
                    let message = format!("not a PKCS7 file with certificates: {error}");
                    found.problems.push(Problem::new(message).at(range.start));
                }
            },
            None => {}
        }
    }
    Ok(found)
}

/// Certificates one behind the other, a PKCS7 file, or a private key.
fn from_der(bytes: &[u8]) -> Option<Found> {
    if let Ok(certificates) = pkcs7(bytes) {
        let mut found = Found::new("pkcs7");
        certificates.into_iter().for_each(|certificate| found.add(certificate));
        return Some(found);
    }
    let mut found = Found::new("der");
    let mut reader = Reader::new(bytes);
    while let Ok(Some(element)) = reader.next() {
        let offset = element.offset();
        if found.certificates.len() + found.problems.len() == MAX_ENTRIES {
            let message = format!("more than {MAX_ENTRIES} elements, of which the rest is not read");
            found.problems.push(Problem::new(message).at(offset));
            return Some(found);
        }
        match Certificate::from_der(element.whole()) {
            Ok(certificate) => found.add(certificate),
            Err(_) if is_private_key(&element) => found.private_key_present = true,
            Err(_) if found.certificates.is_empty() => return None,
            Err(error) => found.problems.push(Problem::new(error.to_string()).at(offset)),
        }
    }
    if !reader.rest().is_empty() {
        let message = format!("{} octets that are not a certificate", reader.rest().len());
        found.problems.push(Problem::new(message).at(reader.offset()));
    }
    (!found.certificates.is_empty() || found.private_key_present).then_some(found)
}

/// PKCS #8, PKCS #1 or SEC 1: a version, then an algorithm, two large numbers or octets.
fn is_private_key(element: &Element<'_>) -> bool {
    let parts = || -> Result<bool, DerError> {
        let mut fields = element.expect(tag::SEQUENCE, "a key")?.children();
        let version = fields.any("a version")?.unsigned("a version")?;
        let second = fields.any("an algorithm")?;
        let third = fields.any("a key")?;
        Ok(match (second.tag(), third.tag()) {
            (tag::SEQUENCE, tag::OCTET_STRING) => version <= 1,
            (tag::INTEGER, tag::INTEGER) => version <= 1 && second.content().len() > 32,
            (tag::OCTET_STRING, third) => version == 1 && third & 0xE0 == 0xA0,
            _ => false,
        })
    };
    parts().unwrap_or(false)
}

/// The certificates of a SignedData (RFC 5652 section 5.1). Other kinds of certificate in it are passed over.
fn pkcs7(bytes: &[u8]) -> Result<Vec<Certificate>, DerError> {
    let mut info = Reader::new(bytes).required(tag::SEQUENCE, "ContentInfo")?.children();
    let kind = info.required(tag::OID, "a content type")?;
    if kind.oid("a content type")? != SIGNED_DATA {
        let (expected, found, offset) = ("SignedData", kind.tag(), kind.offset());
        return Err(DerError::UnexpectedTag { expected, found, offset });
    }
    let content = info.required(tag::context(0), "a content")?.children();
    let mut signed = content.clone().required(tag::SEQUENCE, "SignedData")?.children();
    signed.required(tag::INTEGER, "a version")?;
    signed.required(tag::SET, "digest algorithms")?;
    signed.required(tag::SEQUENCE, "the signed content")?;
    let mut certificates = Vec::new();
    if let Some(set) = signed.optional(tag::context(0))? {
        let mut members = set.children();
        while let Some(member) = members.next()?.filter(|_| certificates.len() < MAX_ENTRIES) {
            certificates.extend(Certificate::from_der(member.whole()).ok());
        }
    }
    Ok(certificates)
}
