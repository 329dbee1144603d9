//! MacData: what shows that a PFX was changed (RFC 7292 section 4, RFC 9579 for PBMAC1).

use std::ops::Range;

use super::hash::{Derivation, Hash, Purpose};
use super::pbe::{self, PBKDF2, Pbkdf2, Secret};
use crate::der::{self, DerError, Oid, Reader, tag};
use crate::store::{Algorithm, StoreError, random};

const PBMAC1: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 5, 14]);
const SHA256: Oid = Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 1]);

/// A MacData as encoded, and what it says.
pub(super) struct Mac {
    whole: Vec<u8>,
    /// The MAC's octets in `whole`.
    digest: Range<usize>,
    kind: Kind,
}

enum Kind {
    /// HMAC with the hash, its key derived as RFC 7292 appendix B has it.
    Pkcs12 { hash: &'static Hash, salt: Range<usize>, iterations: u32 },
    /// HMAC with the hash, its key derived with PBKDF2.
    Pbmac1 { hash: &'static Hash, derivation: Pbkdf2, length: usize },
}

impl Mac {
    pub(super) fn read(whole: &[u8]) -> Result<Self, StoreError> {
        let parts = parts(whole).map_err(damaged)?;
        let iterations = pbe::bounded_iterations(parts.iterations, "the integrity check")?;
        let kind = if parts.algorithm == PBMAC1 {
            pbmac1(parts.parameters)?
        } else {
            let hash = Hash::by_digest(&parts.algorithm);
            let hash = hash.ok_or_else(|| unsupported(format!("integrity algorithm {}", parts.algorithm)))?;
            Kind::Pkcs12 { hash, salt: parts.salt, iterations }
        };
        Ok(Self { whole: whole.to_vec(), digest: parts.digest, kind })
    }

    /// What keytool of JDK 17 writes: HMAC-SHA-256, 10,000 iterations, salt of 20 octets.
    pub(super) fn java17() -> Result<Self, StoreError> {
        let algorithm = der::sequence(&[der::oid(&SHA256), der::null()]);
        let digest = der::sequence(&[algorithm, der::octet_string(&[0; 32])]);
        let salt = der::octet_string(&random::<20>()?);
        Self::read(&der::sequence(&[digest, salt, der::integer(10_000)]))
    }

    /// Whether this is the MAC of `data` under that password.
    pub(super) fn verifies(&self, data: &[u8], secret: &Secret) -> bool {
        let stored = self.whole.get(self.digest.clone()).unwrap_or_default();
        let computed = self.compute(data, secret);
        // Not secret: whoever can measure this can read the file.
        !stored.is_empty() && stored == computed
    }

    /// The MacData with the MAC of `data`; salt and iterations stay.
    pub(super) fn of(&self, data: &[u8], secret: &Secret) -> Result<Vec<u8>, StoreError> {
        let computed = self.compute(data, secret);
        let mut whole = self.whole.clone();
        let place = whole.get_mut(self.digest.clone()).filter(|place| place.len() == computed.len());
        let place = place.ok_or_else(|| unsupported("a shortened integrity check".to_owned()))?;
        place.copy_from_slice(&computed);
        Ok(whole)
    }

    /// The same with another salt.
    pub(super) fn renewed(mut self) -> Result<Self, StoreError> {
        let salt = match &self.kind {
            Kind::Pkcs12 { salt, .. } => salt.clone(),
            Kind::Pbmac1 { derivation, .. } => derivation.salt.clone(),
        };
        pbe::refresh(self.whole.get_mut(salt).unwrap_or_default())?;
        Ok(self)
    }

    fn compute(&self, data: &[u8], secret: &Secret) -> Vec<u8> {
        match &self.kind {
            Kind::Pkcs12 { hash, salt, iterations } => {
                let salt = self.whole.get(salt.clone()).unwrap_or_default();
                let (password, iterations) = (secret.utf16.as_slice(), *iterations);
                let from = Derivation { password, salt, iterations, purpose: Purpose::Mac };
                let length = hash.authenticate(&[], &[]).len();
                hash.authenticate(&hash.derive(&from, length), data)
            }
            Kind::Pbmac1 { hash, derivation, length } => {
                let salt = self.whole.get(derivation.salt.clone()).unwrap_or_default();
                let prf = derivation.hash;
                hash.authenticate(&prf.pbkdf2(&secret.utf8, salt, derivation.iterations, *length), data)
            }
        }
    }

    /// For display.
    pub(super) fn algorithm(&self) -> Algorithm {
        let (name, iterations) = match &self.kind {
            Kind::Pkcs12 { hash, iterations, .. } => {
                (format!("HmacPBE{}", hash.name.replace('-', "")), iterations)
            }
            Kind::Pbmac1 { hash, derivation, .. } => {
                (format!("PBMAC1 with HMAC-{}", hash.name), &derivation.iterations)
            }
        };
        Algorithm { name, iterations: Some(*iterations) }
    }

    /// Whether it is the integrity check of RFC 9579, for OpenSSL from 3.4 and others but not for Java.
    pub(super) fn is_pbmac1(&self) -> bool {
        matches!(self.kind, Kind::Pbmac1 { .. })
    }

    /// Why the JDKs up to 25 refuse it, if so.
    pub(super) fn java_refuses(&self) -> Option<String> {
        match &self.kind {
            // NoSuchAlgorithmException: HmacPBE1.2.840.113549.1.5.14
            Kind::Pbmac1 { .. } => {
                Some("an integrity check by PBMAC1, which Java up to 25 does not know".to_owned())
            }
            Kind::Pkcs12 { hash, .. } if !hash.java_knows() => {
                Some(format!("an integrity check with {}, which Java does not know", hash.name))
            }
            Kind::Pkcs12 { salt, .. } => pbe::java_refuses_salt(salt.len()),
        }
    }
}

struct Parts<'a> {
    algorithm: Oid,
    parameters: Option<der::Element<'a>>,
    digest: Range<usize>,
    salt: Range<usize>,
    iterations: u32,
}

fn parts(whole: &[u8]) -> Result<Parts<'_>, DerError> {
    let mut fields = Reader::new(whole).required(tag::SEQUENCE, "MacData")?.children();
    let mut info = fields.required(tag::SEQUENCE, "a digest")?.children();
    let mut algorithm = info.required(tag::SEQUENCE, "a digest algorithm")?.children();
    let oid = algorithm.any("a digest algorithm")?.oid("a digest algorithm")?;
    let parameters = algorithm.next()?;
    let digest = info.required(tag::OCTET_STRING, "a digest")?;
    info.finish("a digest")?;
    let digest = digest.content_offset()..digest.content_offset() + digest.content().len();
    let salt = fields.required(tag::OCTET_STRING, "a salt")?;
    let salt = salt.content_offset()..salt.content_offset() + salt.content().len();
    let iterations = fields.next()?.map_or(Ok(1), |iterations| iterations.unsigned("iterations"))?;
    fields.finish("iterations")?;
    Ok(Parts { algorithm: oid, parameters, digest, salt, iterations })
}

/// PBMAC1-params (RFC 9579 section 4): a key derivation, which must give its key's length, and a MAC.
fn pbmac1(parameters: Option<der::Element<'_>>) -> Result<Kind, StoreError> {
    let parameters = parameters.ok_or(DerError::Missing { expected: "PBMAC1 parameters", offset: 0 });
    let mut fields = parameters.map_err(damaged)?.children();
    let derivation = pbe::pbkdf2(&fields.required(tag::SEQUENCE, "a key derivation").map_err(damaged)?)?;
    let mut scheme = fields.required(tag::SEQUENCE, "a MAC").map_err(damaged)?.children();
    let oid = scheme.any("a MAC").and_then(|oid| oid.oid("a MAC")).map_err(damaged)?;
    let hash = Hash::by_hmac(&oid).ok_or_else(|| unsupported(format!("integrity algorithm {oid}")))?;
    let length = derivation.length.and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| (20..=64).contains(length));
    let length = length.ok_or_else(|| unsupported(format!("{PBKDF2} for PBMAC1 without a key length")))?;
    Ok(Kind::Pbmac1 { hash, derivation, length })
}

fn damaged(source: DerError) -> StoreError {
    StoreError::Der { format: super::NAME, part: "MacData", source }
}

fn unsupported(what: String) -> StoreError {
    StoreError::Unsupported {
        what,
        instead: "write the store anew with keytool or openssl pkcs12".to_owned(),
    }
}
