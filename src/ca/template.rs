//! A certificate before it is signed, and the signing (RFC 5280 section 4.1).

use time::OffsetDateTime;
use time::macros::format_description;

use super::key::{Hash, SigningKey, random};
use super::{CaError, Validity, extension};
use crate::cert::Certificate;
use crate::der::{self, Oid, tag};

const COMMON_NAME: Oid = Oid::new(&[2, 5, 4, 3]);
const ORGANIZATION: Oid = Oid::new(&[2, 5, 4, 10]);

/// What a certificate is to say.
pub(super) struct Template {
    /// The issuer's name, encoded.
    pub(super) issuer: Vec<u8>,
    /// The subject's name, encoded.
    pub(super) subject: Vec<u8>,
    /// First and last instant.
    pub(super) validity: Validity,
    /// The subject's SubjectPublicKeyInfo.
    pub(super) spki: Vec<u8>,
    /// Extensions, encoded.
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Template {
    /// Leaves the subjectAltName out, to see what clients make of that.
    pub(super) fn drop_alternative_names(&mut self) {
        self.extensions.retain(|extension| !extension::is_subject_alt_name(extension));
    }

    /// Signs it with a new serial number.
    pub(super) fn signed_with(&self, key: &SigningKey, hash: Hash) -> Result<Certificate, CaError> {
        let algorithm = key.signature_algorithm(hash)?;
        let tbs = der::sequence(&[
            der::explicit(0, &der::integer(2)), // version 3
            der::integer_from_octets(&serial()?),
            algorithm.clone(),
            self.issuer.clone(),
            der::sequence(&[time(self.validity.not_before)?, time(self.validity.not_after)?]),
            self.subject.clone(),
            self.spki.clone(),
            der::explicit(3, &der::sequence(&self.extensions)),
        ]);
        let signature = der::bit_string(&key.sign(&tbs, hash)?);
        let certificate = der::sequence(&[tbs, algorithm, signature]);
        Certificate::from_der(&certificate).map_err(|error| CaError::Generation { reason: error.to_string() })
    }
}

/// A distinguished name of organisation and common name; what is `None` is left out.
pub(super) fn distinguished_name(organization: Option<&str>, common_name: Option<&str>) -> Vec<u8> {
    let rdn = |oid: &Oid, text: &str| {
        der::set(&[der::sequence(&[der::oid(oid), der::tlv(tag::UTF8_STRING, text.as_bytes())])])
    };
    let organization = organization.map(|text| rdn(&ORGANIZATION, text));
    let common_name = common_name.map(|text| rdn(&COMMON_NAME, text));
    let rdns: Vec<_> = [organization, common_name].into_iter().flatten().collect();
    der::sequence(&rdns)
}

/// 16 octets, 126 bits of them random: positive, never 0, always as long (section 4.1.2.2 allows 20).
fn serial() -> Result<[u8; 16], CaError> {
    let mut octets = random::<16>()?;
    octets[0] = octets[0] & 0x3F | 0x40;
    Ok(octets)
}

/// UTCTime through 2049, GeneralizedTime after (section 4.1.2.5).
fn time(at: OffsetDateTime) -> Result<Vec<u8>, CaError> {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (tag, text) = if (1950..2050).contains(&at.year()) {
        (0x17, at.format(format_description!("[year repr:last_two][month][day][hour][minute][second]Z")))
    } else {
        (0x18, at.format(format_description!("[year][month][day][hour][minute][second]Z")))
    };
    let text = text.map_err(|error| CaError::Generation { reason: error.to_string() })?;
    Ok(der::tlv(tag, text.as_bytes()))
}
