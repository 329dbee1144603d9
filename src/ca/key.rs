//! Private keys: made, kept as PKCS #8, signed with.

use std::fmt;
use std::str::FromStr;

use getrandom::SysRng;
use p521::elliptic_curve::Generate as _;
use p521::elliptic_curve::sec1::ToSec1Point as _;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rsa::pkcs8::EncodePrivateKey as _;
use zeroize::Zeroizing;

use super::{CaError, weak};
use crate::der::{self, DerError, Oid, Reader, tag};
use crate::pem;

const EC_PUBLIC_KEY: Oid = Oid::new(&[1, 2, 840, 10_045, 2, 1]);
const P256: Oid = Oid::new(&[1, 2, 840, 10_045, 3, 1, 7]);
const P384: Oid = Oid::new(&[1, 3, 132, 0, 34]);
const P521: Oid = Oid::new(&[1, 3, 132, 0, 35]);
const ED25519: Oid = Oid::new(&[1, 3, 101, 112]);
const RSA_ENCRYPTION: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 1]);
const SHA256_WITH_RSA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 11]);
const ECDSA_WITH_SHA256: Oid = Oid::new(&[1, 2, 840, 10_045, 4, 3, 2]);
const ECDSA_WITH_SHA384: Oid = Oid::new(&[1, 2, 840, 10_045, 4, 3, 3]);
const ECDSA_WITH_SHA1: Oid = Oid::new(&[1, 2, 840, 10_045, 4, 1]);
const SHA1_WITH_RSA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 5]);
const ECDSA_WITH_SHA512: Oid = Oid::new(&[1, 2, 840, 10_045, 4, 3, 4]);

/// The kinds of key that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyKind {
    /// ECDSA on P-256: read by everything that speaks TLS 1.2, and the fastest.
    #[default]
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
}

impl KeyKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::P256, Self::P384, Self::P521, Self::Ed25519, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
            Self::Ed25519 => "ed25519",
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
        }
    }

    /// What to know before choosing it, if not every client takes it.
    pub fn caution(self) -> Option<&'static str> {
        match self {
            Self::Ed25519 => {
                Some("Java reads Ed25519 keys since 15, and Chromium does not take them in certificates")
            }
            Self::P521 => Some("Chromium does not take P-521 keys in certificates"),
            _ => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyKind {
    type Err = CaError;

    fn from_str(text: &str) -> Result<Self, CaError> {
        let plain = text.to_ascii_lowercase().replace(['-', ' '], "");
        let known = Self::ALL.into_iter().find(|kind| kind.name() == plain);
        known.ok_or_else(|| CaError::KeyKind { text: text.to_owned() })
    }
}

/// A private key that signs. `Debug` shows its kind alone.
pub struct SigningKey {
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
    signer: Signer,
}

enum Signer {
    Ec(Box<EcdsaKeyPair>, Oid),
    P521(Box<p521::ecdsa::SigningKey>),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<RsaKeyPair>),
    /// A key that nobody should sign with.
    Weak,
}

/// What a signature is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// What suits the key: SHA-256, SHA-384, SHA-512.
    Strong,
    /// SHA-1, which clients refuse.
    Sha1,
}

impl SigningKey {
    /// Makes a key from the system's random numbers.
    ///
    /// # Errors
    /// [`CaError::Generation`] if there are none.
    pub fn generate(kind: KeyKind) -> Result<Self, CaError> {
        Self::from_pkcs8(&generate(kind)?)
    }

    /// Makes an RSA key that is too small; it can only be certified.
    pub(super) fn weak() -> Result<Self, CaError> {
        let (pkcs8, spki) = weak::rsa()?;
        Ok(Self { pkcs8, spki, signer: Signer::Weak })
    }

    /// Reads a PKCS #8 PrivateKeyInfo (RFC 5208, RFC 5958), unencrypted.
    ///
    /// # Errors
    /// [`CaError::Key`] if it is of another kind, damaged, or does not fit the public key it carries.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, CaError> {
        let (algorithm, parameters) = algorithm(pkcs8).map_err(|error| unusable(&error))?;
        let (signer, spki) = match (algorithm, parameters) {
            (EC_PUBLIC_KEY, Some(P256)) => {
                ec(pkcs8, &ECDSA_P256_SHA256_ASN1_SIGNING, P256, ECDSA_WITH_SHA256)?
            }
            (EC_PUBLIC_KEY, Some(P384)) => {
                ec(pkcs8, &ECDSA_P384_SHA384_ASN1_SIGNING, P384, ECDSA_WITH_SHA384)?
            }
            (EC_PUBLIC_KEY, Some(P521)) => read_p521(pkcs8)?,
            (ED25519, None) => {
                let pair =
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|error| unusable(&error))?;
                let spki = spki(&[der::oid(&ED25519)], pair.public_key().as_ref());
                (Signer::Ed25519(Box::new(pair)), spki)
            }
            (RSA_ENCRYPTION, _) => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|error| unusable(&error))?;
                let spki = spki(&[der::oid(&RSA_ENCRYPTION), der::null()], pair.public_key().as_ref());
                (Signer::Rsa(Box::new(pair)), spki)
            }
            (other, _) => {
                return Err(CaError::Key { reason: format!("its algorithm {other} is not supported") });
            }
        };
        Ok(Self { pkcs8: Zeroizing::new(pkcs8.to_vec()), spki, signer })
    }

    /// The PrivateKeyInfo, unencrypted.
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// The same as PEM.
    pub fn pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::encode("PRIVATE KEY", &self.pkcs8))
    }

    /// The SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The AlgorithmIdentifier of the signatures it makes, encoded.
    pub(super) fn signature_algorithm(&self, hash: Hash) -> Result<Vec<u8>, CaError> {
        Ok(match (&self.signer, hash) {
            (Signer::Ec(_, algorithm), Hash::Strong) => der::sequence(&[der::oid(algorithm)]),
            (Signer::P521(_), Hash::Strong) => der::sequence(&[der::oid(&ECDSA_WITH_SHA512)]),
            (Signer::Ed25519(_), Hash::Strong) => der::sequence(&[der::oid(&ED25519)]),
            (Signer::Rsa(_), Hash::Strong) => der::sequence(&[der::oid(&SHA256_WITH_RSA), der::null()]),
            (Signer::Ec(_, ECDSA_WITH_SHA256), Hash::Sha1) => der::sequence(&[der::oid(&ECDSA_WITH_SHA1)]),
            (Signer::Rsa(_), Hash::Sha1) => der::sequence(&[der::oid(&SHA1_WITH_RSA), der::null()]),
            _ => return Err(CaError::Generation { reason: format!("{self:?} cannot sign so") }),
        })
    }

    /// Signs.
    pub(super) fn sign(&self, message: &[u8], hash: Hash) -> Result<Vec<u8>, CaError> {
        if hash == Hash::Sha1 {
            return match &self.signer {
                Signer::Rsa(_) => weak::sha1_with_rsa(&self.pkcs8, message),
                _ => {
                    weak::ecdsa_with_sha1(&ec_scalar(&self.pkcs8).map_err(|error| unusable(&error))?, message)
                }
            };
        }
        let failed = |_| CaError::Generation { reason: "the signature failed".to_owned() };
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Ec(pair, _) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Signer::P521(key) => {
                let signature: p521::ecdsa::Signature = p521::ecdsa::signature::Signer::sign(&**key, message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Signer::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Signer::Weak => Err(CaError::Generation { reason: format!("{self:?} cannot sign") }),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.signer {
            Signer::Ec(..) => "EC",
            Signer::P521(_) => "P-521",
            Signer::Ed25519(_) => "Ed25519",
            Signer::Rsa(_) => "RSA",
            Signer::Weak => "weak RSA",
        };
        write!(f, "SigningKey({kind} ..)")
    }
}

/// As many random octets as asked for.
pub(super) fn random<const N: usize>() -> Result<[u8; N], CaError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| CaError::Generation { reason: error.to_string() })?;
    Ok(octets)
}

/// A new key as PKCS #8 version 1, which OpenSSL 1 and every Java read.
fn generate(kind: KeyKind) -> Result<Zeroizing<Vec<u8>>, CaError> {
    let failed = |reason: &dyn fmt::Display| CaError::Generation { reason: reason.to_string() };
    let ec = |algorithm| {
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new());
        document.map(|pkcs8| Zeroizing::new(pkcs8.as_ref().to_vec())).map_err(|error| failed(&error))
    };
    let rsa = |bits| {
        let key = rsa::PrivateKey::new(&mut SysRng, bits).map_err(|error| failed(&error))?;
        let document = key.to_pkcs8_der().map_err(|error| failed(&error))?;
        Ok(Zeroizing::new(document.as_bytes().to_vec()))
    };
    match kind {
        KeyKind::P256 => ec(&ECDSA_P256_SHA256_ASN1_SIGNING),
        KeyKind::P384 => ec(&ECDSA_P384_SHA384_ASN1_SIGNING),
        KeyKind::P521 => {
            let key = p521::SecretKey::try_generate_from_rng(&mut SysRng).map_err(|error| failed(&error))?;
            Ok(write_p521(&key))
        }
        KeyKind::Ed25519 => {
            // RFC 8410 section 7: the seed in an OCTET STRING in an OCTET STRING.
            let seed = Zeroizing::new(random::<32>()?);
            let inner = Zeroizing::new(der::octet_string(&*seed));
            Ok(private_key_info(&[der::oid(&ED25519)], &inner))
        }
        KeyKind::Rsa2048 => rsa(2048),
        KeyKind::Rsa3072 => rsa(3072),
        KeyKind::Rsa4096 => rsa(4096),
    }
}

fn private_key_info(algorithm: &[Vec<u8>], key: &[u8]) -> Zeroizing<Vec<u8>> {
    let key = Zeroizing::new(der::octet_string(key));
    let version = der::integer(0);
    let algorithm = der::sequence(algorithm);
    Zeroizing::new(der::sequence(&[version.as_slice(), &algorithm, &key]))
}

fn spki(algorithm: &[Vec<u8>], key: &[u8]) -> Vec<u8> {
    der::sequence(&[der::sequence(algorithm), der::bit_string(key)])
}

/// Algorithm and, where that is an identifier, parameters of a PrivateKeyInfo.
fn algorithm(pkcs8: &[u8]) -> Result<(Oid, Option<Oid>), DerError> {
    let mut fields = Reader::new(pkcs8).required(tag::SEQUENCE, "a private key")?.children();
    fields.required(tag::INTEGER, "a private key's version")?;
    let mut algorithm = fields.required(tag::SEQUENCE, "a private key's algorithm")?.children();
    let oid = algorithm.required(tag::OID, "a private key's algorithm")?.oid("an algorithm")?;
    let parameters = algorithm.optional(tag::OID)?.map(|element| element.oid("a curve")).transpose()?;
    Ok((oid, parameters))
}

fn unusable(reason: &dyn fmt::Display) -> CaError {
    CaError::Key { reason: reason.to_string() }
}

fn ec(
    pkcs8: &[u8],
    algorithm: &'static EcdsaSigningAlgorithm,
    curve: Oid,
    signature: Oid,
) -> Result<(Signer, Vec<u8>), CaError> {
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new());
    let pair = pair.map_err(|error| unusable(&error))?;
    let spki = spki(&[der::oid(&EC_PUBLIC_KEY), der::oid(&curve)], pair.public_key().as_ref());
    Ok((Signer::Ec(Box::new(pair), signature), spki))
}

/// ECPrivateKey (RFC 5915) in PKCS #8.
fn write_p521(key: &p521::SecretKey) -> Zeroizing<Vec<u8>> {
    let scalar = Zeroizing::new(key.to_bytes());
    let octets = Zeroizing::new(der::octet_string(&scalar));
    let point = der::explicit(1, &der::bit_string(key.public_key().to_sec1_point(false).as_bytes()));
    let inner = Zeroizing::new(der::sequence(&[der::integer(1).as_slice(), &octets, &point]));
    private_key_info(&[der::oid(&EC_PUBLIC_KEY), der::oid(&P521)], &inner)
}

fn read_p521(pkcs8: &[u8]) -> Result<(Signer, Vec<u8>), CaError> {
    let scalar = ec_scalar(pkcs8).map_err(|error| unusable(&error))?;
    let key = p521::SecretKey::from_slice(&scalar).map_err(|error| unusable(&error))?;
    let point = key.public_key().to_sec1_point(false);
    let spki = spki(&[der::oid(&EC_PUBLIC_KEY), der::oid(&P521)], point.as_bytes());
    Ok((Signer::P521(Box::new(key.into())), spki))
}

/// The number of an EC key in PKCS #8.
fn ec_scalar(pkcs8: &[u8]) -> Result<Zeroizing<Vec<u8>>, DerError> {
    let mut fields = Reader::new(pkcs8).required(tag::SEQUENCE, "a private key")?.children();
    fields.required(tag::INTEGER, "a private key's version")?;
    fields.required(tag::SEQUENCE, "a private key's algorithm")?;
    let inner = fields.required(tag::OCTET_STRING, "a private key's octets")?;
    let mut inner = Reader::new(inner.content()).required(tag::SEQUENCE, "an EC private key")?.children();
    inner.required(tag::INTEGER, "an EC private key's version")?;
    Ok(Zeroizing::new(inner.required(tag::OCTET_STRING, "an EC private key's number")?.content().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_made_and_read_back() {
        for kind in KeyKind::ALL {
            let key = SigningKey::generate(kind).unwrap();
            let again = SigningKey::from_pkcs8(key.pkcs8()).unwrap();
            assert_eq!(key.spki(), again.spki(), "{kind}");
            assert_eq!(kind, kind.name().to_uppercase().parse().unwrap());
            assert!(format!("{key:?}").len() < 25, "{key:?} shows more than its kind");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = SigningKey::generate(KeyKind::P256).unwrap();
        for end in 0..key.pkcs8().len() {
            assert!(SigningKey::from_pkcs8(&key.pkcs8()[..end]).is_err(), "cut at {end}");
        }
        assert!(matches!("rsa1024".parse::<KeyKind>(), Err(CaError::KeyKind { .. })));
    }
}
