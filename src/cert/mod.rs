//! What a certificate is: its octets, and a view of what they say.
//!
//! A [`Certificate`] owns the DER it was read from and never re-encodes it; x509-parser does the reading. Everything
//! here is fact. What a client makes of it is decided in the room `path`.

mod extensions;
mod java;
mod key;
mod name;
mod ocsp;
mod parse;
pub mod pss;
pub mod verify;

use std::fmt;
use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;

pub use extensions::{
    AuthorityKeyId, BasicConstraints, Extension, GeneralName, KeyUsage, NameConstraints, Subtree,
};
pub(crate) use java::{Strict, exception, is_nobody, java_extension_fault, java_reads};
pub use java::{java_may_read, java_refuses};
pub use key::{AlgorithmId, KeyAlgorithm, PublicKey, curve_name, signature_name};
pub use name::{Attribute, Name};
pub use ocsp::{OcspAnswer, OcspStatus};
pub use parse::CertificateError;

use crate::der::Oid;
use crate::digest::{Fingerprint, Sha1Fingerprint};
use parse::View;

/// The purposes a certificate may be limited to (extendedKeyUsage) that this crate knows by name.
pub mod purpose {
    use crate::der::Oid;

    /// id-kp-serverAuth (RFC 5280 section 4.2.1.12).
    pub const SERVER_AUTH: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 3, 1]);
    /// id-kp-clientAuth.
    pub const CLIENT_AUTH: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 3, 2]);
    /// anyExtendedKeyUsage.
    pub const ANY: Oid = Oid::new(&[2, 5, 29, 37, 0]);
    /// Netscape server gated crypto, which Java still takes for a server's.
    pub const NETSCAPE_SGC: Oid = Oid::new(&[2, 16, 840, 1, 113_730, 4, 1]);
    /// Microsoft server gated crypto, likewise.
    pub const MICROSOFT_SGC: Oid = Oid::new(&[1, 3, 6, 1, 4, 1, 311, 10, 3, 3]);

    /// The name the standard gives a purpose, else its identifier.
    pub fn name(purpose: &Oid) -> String {
        const CODE_SIGNING: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 3, 3]);
        const EMAIL: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 3, 4]);
        const TIME_STAMPING: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 3, 8]);
        const OCSP_SIGNING: Oid = Oid::new(&[1, 3, 6, 1, 5, 5, 7, 3, 9]);
        let name = match *purpose {
            SERVER_AUTH => "serverAuth",
            CLIENT_AUTH => "clientAuth",
            ANY => "anyExtendedKeyUsage",
            CODE_SIGNING => "codeSigning",
            EMAIL => "emailProtection",
            TIME_STAMPING => "timeStamping",
            OCSP_SIGNING => "OCSPSigning",
            NETSCAPE_SGC => "netscapeSGC",
            MICROSOFT_SGC => "microsoftSGC",
            other => return other.to_string(),
        };
        name.to_owned()
    }
}

/// An X.509 certificate. Cheap to clone; equal when its octets are.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    sha256: OnceLock<Fingerprint>,
    view: View,
}

impl Certificate {
    /// Reads one DER (or BER) encoded certificate; nothing may follow it.
    ///
    /// # Errors
    /// [`CertificateError`] says at which offset the encoding stops making sense.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let view = parse::view(der)?;
        Ok(Self(Arc::new(Inner { der: der.into(), sha256: OnceLock::new(), view })))
    }

    /// The encoding it was read from.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the encoding.
    pub fn sha256(&self) -> Fingerprint {
        *self.0.sha256.get_or_init(|| Fingerprint::of(self.der()))
    }

    /// SHA-1 of the encoding.
    pub fn sha1(&self) -> Sha1Fingerprint {
        Sha1Fingerprint::of(self.der())
    }

    /// The version as people count it: 1, 2 or 3.
    pub fn version(&self) -> u32 {
        self.0.view.version
    }

    /// Whom it is for.
    pub fn subject(&self) -> &Name {
        &self.0.view.subject
    }

    /// Who signed it.
    pub fn issuer(&self) -> &Name {
        &self.0.view.issuer
    }

    /// Content octets of the serial number, as encoded.
    pub fn serial(&self) -> &[u8] {
        &self.0.view.serial
    }

    /// First instant of its validity.
    pub fn not_before(&self) -> OffsetDateTime {
        self.0.view.not_before
    }

    /// Last instant of its validity.
    pub fn not_after(&self) -> OffsetDateTime {
        self.0.view.not_after
    }

    /// Whether `now` lies within its validity, both ends included.
    pub fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.not_before() <= now && now <= self.not_after()
    }

    /// The key it binds to the subject.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.view.public_key
    }

    /// The algorithm of the signature over it.
    pub fn signature_algorithm(&self) -> &AlgorithmId {
        &self.0.view.signature_algorithm
    }

    /// The signed part, TBSCertificate, as encoded.
    pub fn tbs(&self) -> &[u8] {
        self.der().get(self.0.view.tbs.clone()).unwrap_or_default()
    }

    /// The signature's octets.
    pub fn signature(&self) -> &[u8] {
        &self.0.view.signature
    }

    /// basicConstraints (RFC 5280 section 4.2.1.9), if present and readable.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.view.basic_constraints
    }

    /// keyUsage (section 4.2.1.3), if present and readable.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.view.key_usage
    }

    /// extendedKeyUsage (section 4.2.1.12), if present and readable.
    pub fn extended_key_usage(&self) -> Option<&[Oid]> {
        self.0.view.extended_key_usage.as_deref()
    }

    /// subjectAltName (section 4.2.1.6), if present and readable.
    pub fn subject_alt_names(&self) -> Option<&[GeneralName]> {
        self.0.view.subject_alt_names.as_deref()
    }

    /// nameConstraints (section 4.2.1.10), if present and readable.
    pub fn name_constraints(&self) -> Option<&NameConstraints> {
        self.0.view.name_constraints.as_ref()
    }

    /// subjectKeyIdentifier (section 4.2.1.2), if present and readable.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.view.subject_key_id.as_deref()
    }

    /// authorityKeyIdentifier (section 4.2.1.1), if present and readable.
    pub fn authority_key_id(&self) -> Option<&AuthorityKeyId> {
        self.0.view.authority_key_id.as_ref()
    }

    /// Where its issuer's certificate can be had: caIssuers of authorityInfoAccess (section 4.2.2.1).
    pub fn ca_issuers(&self) -> &[String] {
        &self.0.view.ca_issuers
    }

    /// Where its status can be asked: ocsp of authorityInfoAccess.
    pub fn ocsp(&self) -> &[String] {
        &self.0.view.ocsp
    }

    /// Every extension in order, as encoded.
    pub fn extensions(&self) -> &[Extension] {
        &self.0.view.extensions
    }

    /// Whether subject and issuer are the same name, octet for octet.
    pub fn is_self_issued(&self) -> bool {
        self.subject().der() == self.issuer().der()
    }

    /// Whether its own key verifies its signature: `false` also when this build cannot check.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && verify::issued_by(self, self.public_key()).is_valid()
    }

    /// Whether it says it is a CA: basicConstraints with CA:TRUE. A version 1 certificate cannot say so.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|constraints| constraints.ca)
    }

    /// The words people know it by: its common name, else the first DNS name, else the whole subject, else its
    /// fingerprint. Not escaped.
    pub fn label(&self) -> String {
        let dns = || {
            self.subject_alt_names()?.iter().find_map(|name| match name {
                GeneralName::Dns(name) => Some(name.clone()),
                _ => None,
            })
        };
        let subject = || Some(self.subject().to_string()).filter(|text| !text.is_empty());
        let common_name = self.subject().common_name().map(str::to_owned);
        common_name.or_else(dns).or_else(subject).unwrap_or_else(|| self.sha256().hex())
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} {})", self.subject(), self.sha256().hex().get(..8).unwrap_or_default())
    }
}
