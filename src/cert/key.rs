//! Public keys and algorithm identifiers: which kind, which size.

use std::fmt;

use crate::der::{DerError, Oid, Reader, tag};

/// An AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmId {
    /// Which algorithm.
    pub oid: Oid,
    /// Its parameters as encoded; `None` when absent.
    pub parameters: Option<Box<[u8]>>,
}

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// rsaEncryption.
    Rsa,
    /// id-RSASSA-PSS.
    RsaPss,
    /// id-dsa.
    Dsa,
    /// id-ecPublicKey on the named curve; `None` for explicit parameters.
    Ec(Option<Oid>),
    /// id-Ed25519.
    Ed25519,
    /// id-Ed448.
    Ed448,
    /// Diffie-Hellman of PKCS #3 and of X9.42, which signs nothing.
    Dh,
    /// id-X25519, likewise.
    X25519,
    /// id-X448, likewise.
    X448,
    /// Anything else.
    Other(Oid),
}

/// A SubjectPublicKeyInfo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The whole structure as encoded.
    pub spki: Box<[u8]>,
    /// The kind of key.
    pub algorithm: KeyAlgorithm,
    /// Its size in bits as `keytool` counts it: modulus, prime or field; 0 where that is not known.
    pub bits: usize,
    /// The octets of the subjectPublicKey BIT STRING.
    pub octets: Box<[u8]>,
    /// The algorithm's parameters as encoded.
    pub parameters: Option<Box<[u8]>>,
}

/// Curves by identifier: name and field size in bits (RFC 5480, SEC 2, RFC 5639).
const CURVES: &[(Oid, &str, usize)] = &[
    (Oid::new(&[1, 2, 840, 10_045, 3, 1, 7]), "P-256", 256),
    (Oid::new(&[1, 3, 132, 0, 34]), "P-384", 384),
    (Oid::new(&[1, 3, 132, 0, 35]), "P-521", 521),
    (Oid::new(&[1, 3, 132, 0, 33]), "P-224", 224),
    (Oid::new(&[1, 2, 840, 10_045, 3, 1, 1]), "P-192", 192),
    (Oid::new(&[1, 3, 132, 0, 10]), "secp256k1", 256),
    (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 7]), "brainpoolP256r1", 256),
    (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 11]), "brainpoolP384r1", 384),
    (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 9]), "brainpoolP320r1", 320),
    (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 13]), "brainpoolP512r1", 512),
];

/// Signature algorithms by identifier, with the names the JDK gives them.
const SIGNATURES: &[(Oid, &str)] = &[
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 11]), "SHA256withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 12]), "SHA384withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 13]), "SHA512withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 14]), "SHA224withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 5]), "SHA1withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 4]), "MD5withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 2]), "MD2withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 10]), "RSASSA-PSS"),
    (Oid::new(&[1, 2, 840, 10_045, 4, 3, 2]), "SHA256withECDSA"),
    (Oid::new(&[1, 2, 840, 10_045, 4, 3, 3]), "SHA384withECDSA"),
    (Oid::new(&[1, 2, 840, 10_045, 4, 3, 4]), "SHA512withECDSA"),
    (Oid::new(&[1, 2, 840, 10_045, 4, 3, 1]), "SHA224withECDSA"),
    (Oid::new(&[1, 2, 840, 10_045, 4, 1]), "SHA1withECDSA"),
    (Oid::new(&[1, 2, 840, 10_040, 4, 3]), "SHA1withDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 1]), "SHA224withDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 2]), "SHA256withDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 3]), "SHA384withDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 4]), "SHA512withDSA"),
    (Oid::new(&[1, 3, 101, 112]), "Ed25519"),
    (Oid::new(&[1, 3, 101, 113]), "Ed448"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 15]), "SHA512/224withRSA"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 1, 16]), "SHA512/256withRSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 9]), "SHA3-224withECDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 10]), "SHA3-256withECDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 11]), "SHA3-384withECDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 12]), "SHA3-512withECDSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 13]), "SHA3-224withRSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 14]), "SHA3-256withRSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 15]), "SHA3-384withRSA"),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 16]), "SHA3-512withRSA"),
];

/// What people call a curve, or its identifier.
pub fn curve_name(curve: &Oid) -> String {
    let known = CURVES.iter().find(|(oid, ..)| oid == curve);
    known.map_or_else(|| curve.to_string(), |(_, name, _)| (*name).to_owned())
}

/// What the JDK calls a signature algorithm, or its identifier.
pub fn signature_name(algorithm: &Oid) -> String {
    let known = SIGNATURES.iter().find(|(oid, _)| oid == algorithm);
    known.map_or_else(|| algorithm.to_string(), |(_, name)| (*name).to_owned())
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    ///
    /// # Errors
    /// [`DerError`] if the outer structure does not hold. A damaged key inside is kept, with 0 bits.
    pub fn from_spki(spki: &[u8]) -> Result<Self, DerError> {
        let mut fields = Reader::new(spki).required(tag::SEQUENCE, "a public key")?.children();
        let mut algorithm = fields.required(tag::SEQUENCE, "a key's algorithm")?.children();
        let oid = algorithm.required(tag::OID, "a key's algorithm")?.oid("a key's algorithm")?;
        let parameters = algorithm.next()?.map(|element| element.whole());
        let octets =
            fields.required(tag::BIT_STRING, "a key's octets")?.content().get(1..).unwrap_or_default();
        let algorithm = kind(&oid, parameters);
        let bits = bits(algorithm, parameters, octets).unwrap_or(0);
        Ok(Self {
            spki: spki.into(),
            algorithm,
            bits,
            octets: octets.into(),
            parameters: parameters.map(Into::into),
        })
    }
}

fn kind(oid: &Oid, parameters: Option<&[u8]>) -> KeyAlgorithm {
    const RSA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 1]);
    const RSA_PSS: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 10]);
    const DSA: Oid = Oid::new(&[1, 2, 840, 10_040, 4, 1]);
    const EC: Oid = Oid::new(&[1, 2, 840, 10_045, 2, 1]);
    const ED25519: Oid = Oid::new(&[1, 3, 101, 112]);
    const ED448: Oid = Oid::new(&[1, 3, 101, 113]);
    const DH: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 3, 1]);
    const DH_X942: Oid = Oid::new(&[1, 2, 840, 10_046, 2, 1]);
    const X25519: Oid = Oid::new(&[1, 3, 101, 110]);
    const X448: Oid = Oid::new(&[1, 3, 101, 111]);
    match *oid {
        RSA => KeyAlgorithm::Rsa,
        RSA_PSS => KeyAlgorithm::RsaPss,
        DSA => KeyAlgorithm::Dsa,
        EC => {
            let curve = parameters.and_then(|der| Reader::new(der).any("a curve").ok()?.oid("a curve").ok());
            KeyAlgorithm::Ec(curve)
        }
        ED25519 => KeyAlgorithm::Ed25519,
        ED448 => KeyAlgorithm::Ed448,
        DH | DH_X942 => KeyAlgorithm::Dh,
        X25519 => KeyAlgorithm::X25519,
        X448 => KeyAlgorithm::X448,
        other => KeyAlgorithm::Other(other),
    }
}

fn bits(algorithm: KeyAlgorithm, parameters: Option<&[u8]>, octets: &[u8]) -> Option<usize> {
    let first_integer = |der: &[u8]| {
        let mut fields = Reader::new(der).required(tag::SEQUENCE, "a key").ok()?.children();
        let digits = fields.required(tag::INTEGER, "a number").ok()?.content();
        let first = digits.iter().position(|digit| *digit != 0)?;
        let digits = digits.get(first..)?;
        Some(digits.len() * 8 - usize::try_from(digits.first()?.leading_zeros()).ok()?)
    };
    match algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => first_integer(octets),
        KeyAlgorithm::Dsa | KeyAlgorithm::Dh => first_integer(parameters?),
        KeyAlgorithm::Ec(curve) => {
            CURVES.iter().find(|(oid, ..)| Some(*oid) == curve).map(|(.., bits)| *bits)
        }
        KeyAlgorithm::Ed25519 | KeyAlgorithm::X25519 => Some(255),
        KeyAlgorithm::Ed448 | KeyAlgorithm::X448 => Some(448),
        KeyAlgorithm::Other(_) => None,
    }
}

/// `RSA 2048`, `EC P-256`, `Ed25519`, ..
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm {
            KeyAlgorithm::Rsa => write!(f, "RSA {}", self.bits),
            KeyAlgorithm::RsaPss => write!(f, "RSASSA-PSS {}", self.bits),
            KeyAlgorithm::Dsa => write!(f, "DSA {}", self.bits),
            KeyAlgorithm::Ec(Some(curve)) => write!(f, "EC {}", curve_name(&curve)),
            KeyAlgorithm::Ec(None) => f.write_str("EC with explicit parameters"),
            KeyAlgorithm::Ed25519 => f.write_str("Ed25519"),
            KeyAlgorithm::Ed448 => f.write_str("Ed448"),
            KeyAlgorithm::Dh => write!(f, "Diffie-Hellman {}", self.bits),
            KeyAlgorithm::X25519 => f.write_str("X25519"),
            KeyAlgorithm::X448 => f.write_str("X448"),
            KeyAlgorithm::Other(oid) => write!(f, "key of algorithm {oid}"),
        }
    }
}
