//! Requests for a certificate of a key that stays elsewhere (PKCS #10, RFC 2986).

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::{GeneralName as ParsedName, ParsedExtension};
use x509_parser::prelude::FromDer as _;

use super::{CaError, LeafName};
use crate::cert::verify::{self, Outcome};
use crate::cert::{AlgorithmId, GeneralName, PublicKey};
use crate::der::{DerError, Reader, tag};
use crate::pem;

/// Smallest RSA key that clients still take (CA/Browser Forum, RFC 8301; Java's limit is 1024).
const MIN_RSA: usize = 2048;

/// A request whose signature proves that whoever sends it has the key.
#[derive(Debug, Clone)]
pub struct SigningRequest {
    names: Vec<LeafName>,
    key: PublicKey,
}

impl SigningRequest {
    /// Reads a request, PEM (`CERTIFICATE REQUEST`, or `NEW CERTIFICATE REQUEST` as keytool writes it) or DER.
    ///
    /// # Errors
    /// [`CaError::SigningRequest`] if it is none, its signature does not hold, or its key is too weak.
    pub fn read(octets: &[u8]) -> Result<Self, CaError> {
        let scan = pem::scan(octets);
        let mut blocks = scan.blocks().map(|(_, label, der)| (label, der)).peekable();
        if blocks.peek().is_none() {
            return read(octets);
        }
        let request = blocks.find(|(label, _)| label.ends_with("CERTIFICATE REQUEST"));
        read(request.ok_or_else(|| refused("there is no certificate request in it"))?.1)
    }

    /// The names it asks for: its subjectAltName, else its common name. Nothing else it asks for is granted.
    pub fn names(&self) -> &[LeafName] {
        &self.names
    }

    /// The key it is for.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

fn read(der: &[u8]) -> Result<SigningRequest, CaError> {
    let damaged = |reason: &dyn std::fmt::Display| refused(&format!("it is damaged: {reason}"));
    let (tbs, algorithm, signature) = outer(der).map_err(|error| damaged(&error))?;
    let (_, parsed) = X509CertificationRequest::from_der(der).map_err(|error| damaged(&error))?;
    let info = &parsed.certification_request_info;
    let key = PublicKey::from_spki(info.subject_pki.raw).map_err(|error| damaged(&error))?;
    match verify::signature(&key, &algorithm, tbs, signature) {
        Outcome::Valid => {}
        Outcome::Invalid => return Err(refused("its signature is not that of its key")),
        Outcome::Unsupported { what } => {
            return Err(refused(&format!("its signature cannot be checked: {what}")));
        }
    }
    if key.algorithm == crate::cert::KeyAlgorithm::Rsa && key.bits < MIN_RSA {
        return Err(refused(&format!("its RSA key has {} bits, {MIN_RSA} are the least", key.bits)));
    }
    let mut names = Vec::new();
    for extension in parsed.requested_extensions().into_iter().flatten() {
        if let ParsedExtension::SubjectAlternativeName(requested) = extension {
            for name in &requested.general_names {
                names.push(general_name(name)?);
            }
        }
    }
    let common_name = info.subject.iter_common_name().next().and_then(|name| name.as_str().ok());
    if names.is_empty() {
        names.extend(common_name.and_then(|name| LeafName::parse(name).ok()));
    }
    Ok(SigningRequest { names, key })
}

/// What is signed, how, and the signature.
fn outer(der: &[u8]) -> Result<(&[u8], AlgorithmId, &[u8]), DerError> {
    let mut all = Reader::new(der);
    let mut fields = all.required(tag::SEQUENCE, "a certificate request")?.children();
    all.finish("a certificate request")?;
    let tbs = fields.required(tag::SEQUENCE, "what is requested")?.whole();
    let mut algorithm = fields.required(tag::SEQUENCE, "a signature algorithm")?.children();
    let oid = algorithm.required(tag::OID, "a signature algorithm")?.oid("a signature algorithm")?;
    let parameters = algorithm.next()?.map(|element| element.whole().into());
    let signature = fields.required(tag::BIT_STRING, "a signature")?.content().get(1..).unwrap_or_default();
    Ok((tbs, AlgorithmId { oid, parameters }, signature))
}

/// A name as requested, read as if a person had typed it: the same rules hold.
fn general_name(name: &ParsedName<'_>) -> Result<LeafName, CaError> {
    let said = match name {
        ParsedName::DNSName(name) => format!("dns:{name}"),
        ParsedName::RFC822Name(address) => format!("email:{address}"),
        ParsedName::URI(uri) => format!("uri:{uri}"),
        ParsedName::IPAddress(octets) => {
            let address = match (<[u8; 4]>::try_from(*octets), <[u8; 16]>::try_from(*octets)) {
                (Ok(octets), _) => octets.into(),
                (_, Ok(octets)) => octets.into(),
                _ => return Err(refused("an address in it has neither 4 nor 16 octets")),
            };
            return Ok(LeafName::plain(GeneralName::Ip(address)));
        }
        other => return Err(refused(&format!("it asks for a kind of name that is not granted: {other}"))),
    };
    LeafName::parse(&said).map_err(|error| refused(&error.to_string()))
}

fn refused(reason: &str) -> CaError {
    CaError::SigningRequest { reason: reason.to_owned() }
}
