//! What should not be trusted without a second thought, and the flag that says there was one.

use std::fmt;

use time::OffsetDateTime;

use super::interceptor;
use crate::cert::{Certificate, KeyAlgorithm, signature_name};

/// What `--allow` lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// A leaf that a CA issued: it would have to be imported again at each renewal.
    Leaf,
    /// A certificate outside its validity.
    Expired,
    /// A small key or a broken hash.
    Weak,
    /// The CA of a product that inspects TLS.
    Interception,
    /// An issuer that does not say it is a CA, or may not sign certificates.
    NonCa,
}

impl Allow {
    /// The word after `--allow`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Expired => "expired",
            Self::Weak => "weak",
            Self::Interception => "interception",
            Self::NonCa => "non-ca",
        }
    }
}

/// Why a certificate should not be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What would let it pass.
    pub allow: Allow,
    /// The code of the same fault in a store.
    pub code: &'static str,
    /// Why, in words that follow `this certificate`.
    pub why: String,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Smallest RSA and DSA moduli, in bits, imported without `--allow weak`.
const MIN_RSA_BITS: usize = 2048;
/// Smallest curve field, in bits, likewise.
const MIN_EC_BITS: usize = 256;

/// Every objection against trusting `certificate` from `now` on.
pub fn objections(certificate: &Certificate, now: OffsetDateTime) -> Vec<Objection> {
    let mut found = Vec::new();
    let mut object = |allow, code, why: String| found.push(Objection { allow, code, why });
    let vouches_for_itself = certificate.is_self_issued();
    if !certificate.is_ca() && !vouches_for_itself {
        object(
            Allow::Leaf,
            "leaf-trusted",
            "is a leaf that a CA issued: import the CA, or the server fails again at its next renewal"
                .to_owned(),
        );
    }
    if now > certificate.not_after() {
        object(Allow::Expired, "anchor-expired", format!("expired on {}", certificate.not_after().date()));
    }
    if now < certificate.not_before() {
        object(
            Allow::Expired,
            "anchor-not-yet-valid",
            format!("is not valid before {}", certificate.not_before().date()),
        );
    }
    if let Some(product) = interceptor(std::slice::from_ref(certificate)) {
        let why = format!(
            "is named after {product}, which inspects TLS: whoever holds its key can read every connection"
        );
        object(Allow::Interception, "interception-suspected", why);
    }
    if let Some((code, why)) = weakness(certificate) {
        object(Allow::Weak, code, why);
    }
    if certificate.is_ca() && certificate.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
        object(
            Allow::NonCa,
            "key-usage-wrong",
            "says it is a CA, but its keyUsage does not let it sign certificates".to_owned(),
        );
    }
    found
}

fn weakness(certificate: &Certificate) -> Option<(&'static str, String)> {
    let key = certificate.public_key();
    let minimum = match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa => MIN_RSA_BITS,
        KeyAlgorithm::Ec(_) => MIN_EC_BITS,
        _ => 0,
    };
    if key.bits < minimum {
        return Some(("key-weak", format!("has a weak key, {key}")));
    }
    // The signature on a self-signed certificate protects nothing.
    let signature = signature_name(&certificate.signature_algorithm().oid);
    let broken = ["MD2", "MD5", "SHA1"].iter().any(|hash| signature.starts_with(hash));
    (broken && !certificate.is_self_issued())
        .then(|| ("signature-weak", format!("is signed with a broken hash, {signature}")))
}
