//! Whether a key made a signature: ring where it can, RustCrypto for what only old or odd certificates use.
//!
//! ring knows RSA from 2048 bits with SHA-2, P-256, P-384 and Ed25519. Java verifies much more (RSA-512 to RSA-16384,
//! MD5, SHA-1, SHA-224, RSASSA-PSS with any salt, DSA, P-224, P-521, secp256k1), and a verdict like Java's needs all of it.

mod dsa;
mod ec;
mod hash;
mod rsa_keys;
mod scheme;

use super::{AlgorithmId, Certificate, KeyAlgorithm, PublicKey};
use scheme::Scheme;

/// What came of checking a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The key made the signature.
    Valid,
    /// It did not.
    Invalid,
    /// This build cannot tell: the algorithm, or this use of it, is not known here. Never a verdict on the signature.
    Unsupported {
        /// What is not known, for people.
        what: String,
    },
}

impl Outcome {
    /// Whether the key made the signature.
    pub fn is_valid(&self) -> bool {
        *self == Self::Valid
    }
}

/// Whether `issuer` signed `certificate`.
pub fn issued_by(certificate: &Certificate, issuer: &PublicKey) -> Outcome {
    signature(issuer, certificate.signature_algorithm(), certificate.tbs(), certificate.signature())
}

/// Whether `key` made `signature` over `message` with an X.509 signature algorithm.
///
/// A key of another kind than the algorithm's cannot have made it: that is [`Outcome::Invalid`].
pub fn signature(key: &PublicKey, algorithm: &AlgorithmId, message: &[u8], signature: &[u8]) -> Outcome {
    match Scheme::of(algorithm) {
        Ok(scheme) => check(key, &scheme, message, signature),
        Err(what) => Outcome::Unsupported { what },
    }
}

/// Whether `key` made `signature` over `message` with a TLS SignatureScheme (RFC 8446 section 4.2.3), legacy ones
/// included.
pub fn tls_signature(key: &PublicKey, scheme: u16, message: &[u8], signature: &[u8]) -> Outcome {
    match Scheme::of_tls(scheme) {
        Some(scheme) => check(key, &scheme, message, signature),
        None => Outcome::Unsupported { what: format!("TLS signature scheme 0x{scheme:04x}") },
    }
}

/// What an RSASSA-PKCS1-v1_5 signature says of the hash it was made over, as encoded: for saying why it does not hold.
pub fn digest_info(key: &PublicKey, signature: &[u8]) -> Option<Vec<u8>> {
    rsa_keys::digest_info_of(key, signature)
}

fn check(key: &PublicKey, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Outcome {
    match (scheme, key.algorithm) {
        (Scheme::Pkcs1(hash), KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss) => {
            rsa_keys::pkcs1(key, *hash, message, signature)
        }
        (Scheme::Pss { hash, mgf, salt }, KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss) => {
            rsa_keys::pss(key, rsa_keys::Encoding { hash: *hash, mgf: *mgf, salt: *salt }, message, signature)
        }
        (Scheme::Ecdsa(hash), KeyAlgorithm::Ec(curve)) => ec::ecdsa(key, curve, *hash, message, signature),
        (Scheme::Dsa(hash), KeyAlgorithm::Dsa) => dsa::dsa(key, *hash, message, signature),
        (Scheme::Ed25519, KeyAlgorithm::Ed25519) => ec::ed25519(key, message, signature),
        (Scheme::Ed448, KeyAlgorithm::Ed448) => ec::ed448(key, message, signature),
        _ => Outcome::Invalid,
    }
}

fn outcome(valid: bool) -> Outcome {
    if valid { Outcome::Valid } else { Outcome::Invalid }
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData as _, SigningKey as _};

    use super::*;

    /// The algorithms of certificates are judged by JVMs in tests/it/verdicts.rs; this is what TLS adds.
    #[test]
    fn handshake_signatures() {
        for (algorithm, scheme) in [(&PKCS_ECDSA_P384_SHA384, 0x0503), (&PKCS_ED25519, 0x0807)] {
            let pair = KeyPair::generate_for(algorithm).unwrap();
            let key = PublicKey::from_spki(&pair.subject_public_key_info()).unwrap();
            let signature = pair.sign(b"transcript").unwrap();
            assert_eq!(tls_signature(&key, scheme, b"transcript", &signature), Outcome::Valid);
            assert_eq!(tls_signature(&key, scheme, b"another", &signature), Outcome::Invalid);
            assert_eq!(tls_signature(&key, 0x0603, b"transcript", &signature), Outcome::Invalid);
            assert_eq!(tls_signature(&key, 0x0804, b"transcript", &signature), Outcome::Invalid);
            assert_eq!(tls_signature(&key, 0x0808, b"transcript", &signature), Outcome::Invalid);
            let unknown = tls_signature(&key, 0x0819, b"transcript", &signature);
            assert!(matches!(unknown, Outcome::Unsupported { what } if what.contains("0x0819")));
        }
    }

    /// Octets of a signature come from a peer: nothing in them may stop the program.
    #[test]
    fn hostile_signatures_are_invalid() {
        let pair = KeyPair::generate().unwrap();
        let key = PublicKey::from_spki(&pair.subject_public_key_info()).unwrap();
        let long = [&[0x30, 0x46, 0x02, 0x42][..], &[1; 0x42], &[0x02, 0x00]].concat();
        for signature in [&[][..], &[0x30, 0], &[0x30, 6, 2, 1, 0, 2, 1, 0], &[0xFF; 200], &long] {
            for scheme in [0x0203, 0x0403, 0x0503, 0x0603, 0x0401, 0x0804, 0x0807] {
                assert_eq!(tls_signature(&key, scheme, b"m", signature), Outcome::Invalid, "{scheme:04x}");
            }
        }
    }
}
