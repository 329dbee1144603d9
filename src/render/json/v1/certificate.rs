//! A certificate in JSON.

use serde::Serialize;

use super::time;
use crate::cert::{self, KeyAlgorithm, curve_name, signature_name};
use crate::digest::hex;

/// A certificate.
#[derive(Debug, Clone, Serialize)]
pub struct Certificate {
    subject: String,
    issuer: String,
    serial: String,
    not_before: String,
    not_after: String,
    sha256: String,
    sha1: String,
    san: Vec<String>,
    is_ca: bool,
    self_issued: bool,
    self_signed: bool,
    key: Key,
    signature_algorithm: String,
    key_usage: Option<Vec<&'static str>>,
    extended_key_usage: Option<Vec<String>>,
    path_length: Option<u32>,
    name_constraints: Option<NameConstraints>,
    ski: Option<String>,
    aki: Option<String>,
    aia_ca_issuers: Vec<String>,
    ocsp: Vec<String>,
    pem: String,
}

#[derive(Debug, Clone, Serialize)]
struct Key {
    algorithm: String,
    bits: usize,
}

#[derive(Debug, Clone, Serialize)]
struct NameConstraints {
    permitted: Vec<String>,
    excluded: Vec<String>,
}

impl From<&cert::Certificate> for Certificate {
    fn from(certificate: &cert::Certificate) -> Self {
        let names = certificate.subject_alt_names().unwrap_or_default();
        let constraints = certificate.name_constraints().map(|constraints| NameConstraints {
            permitted: constraints.permitted.iter().map(ToString::to_string).collect(),
            excluded: constraints.excluded.iter().map(ToString::to_string).collect(),
        });
        let aki = certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: hex(certificate.serial()),
            not_before: time(certificate.not_before()),
            not_after: time(certificate.not_after()),
            sha256: certificate.sha256().hex(),
            sha1: certificate.sha1().hex(),
            san: names.iter().map(ToString::to_string).collect(),
            is_ca: certificate.is_ca(),
            self_issued: certificate.is_self_issued(),
            self_signed: certificate.is_self_signed(),
            key: Key::from(certificate.public_key()),
            signature_algorithm: signature_name(&certificate.signature_algorithm().oid),
            key_usage: certificate.key_usage().map(cert::KeyUsage::names),
            extended_key_usage: certificate
                .extended_key_usage()
                .map(|purposes| purposes.iter().map(cert::purpose::name).collect()),
            path_length: certificate.basic_constraints().and_then(|constraints| constraints.path_length),
            name_constraints: constraints,
            ski: certificate.subject_key_id().map(hex),
            aki: aki.map(hex),
            aia_ca_issuers: certificate.ca_issuers().to_vec(),
            ocsp: certificate.ocsp().to_vec(),
            pem: crate::pem::encode("CERTIFICATE", certificate.der()),
        }
    }
}

impl From<&cert::PublicKey> for Key {
    fn from(key: &cert::PublicKey) -> Self {
        let algorithm = match key.algorithm {
            KeyAlgorithm::Rsa => "RSA".to_owned(),
            KeyAlgorithm::RsaPss => "RSASSA-PSS".to_owned(),
            KeyAlgorithm::Dsa => "DSA".to_owned(),
            KeyAlgorithm::Ec(Some(curve)) => format!("EC {}", curve_name(&curve)),
            KeyAlgorithm::Ec(None) => "EC".to_owned(),
            KeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
            KeyAlgorithm::Ed448 => "Ed448".to_owned(),
            KeyAlgorithm::Dh => "Diffie-Hellman".to_owned(),
            KeyAlgorithm::X25519 => "X25519".to_owned(),
            KeyAlgorithm::X448 => "X448".to_owned(),
            KeyAlgorithm::Other(oid) => oid.to_string(),
        };
        Self { algorithm, bits: key.bits }
    }
}
