//! Why the JDK's signature classes refuse: the exception behind "signature check failed".

use super::algorithms;
use super::settings::Settings;
use crate::cert::{Certificate, KeyAlgorithm, PublicKey, pss, signature_name};
use crate::der::{Reader, tag};

/// What stands in the way of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureFault {
    /// The key did not make it.
    Mismatch,
    /// Its numbers are not those of the key's group (DSA).
    OutOfRange,
    /// It is not as long as the key makes them.
    Length {
        /// Its length in octets.
        found: usize,
        /// What the key makes.
        expected: usize,
        /// Whether Java has the words for it that are RSASSA-PSS's and older releases'.
        plain_words: bool,
    },
    /// The runtime has no such curve any more (JDK 16 and later have three).
    Curve {
        /// Names and identifier as Java prints them.
        curve: String,
    },
    /// The runtime has no such algorithm.
    Algorithm {
        /// Its identifier.
        oid: String,
    },
    /// RSASSA-PSS without parameters that say how.
    ParametersMissing,
    /// The signature is not encoded as the algorithm's are.
    Encoding {
        /// What Java says of it.
        what: &'static str,
    },
    /// The key above is of another kind than the algorithm's.
    OtherKind {
        /// What Java says of it.
        what: String,
    },
}

impl SignatureFault {
    /// Whether Java counts it as a bad signature rather than as something else that went wrong: the alerts differ.
    pub(super) fn is_bad_signature(&self) -> bool {
        !matches!(self, Self::Algorithm { .. } | Self::OtherKind { .. })
    }

    /// The exceptions, class and message, nearest first.
    pub(super) fn exceptions(&self) -> Vec<String> {
        let cause = match self {
            Self::Encoding { what } => Some(format!("java.io.IOException: {what}")),
            _ => None,
        };
        std::iter::once(self.exception()).chain(cause).collect()
    }

    fn exception(&self) -> String {
        const SIGNATURE: &str = "java.security.SignatureException";
        match self {
            Self::ParametersMissing => format!("{SIGNATURE}: Parameters required for RSASSA-PSS signatures"),
            Self::Encoding { .. } => format!("{SIGNATURE}: Invalid encoding for signature"),
            Self::Mismatch => format!("{SIGNATURE}: Signature does not match."),
            Self::OutOfRange => format!("{SIGNATURE}: invalid signature: out of range values"),
            Self::Length { found, expected, plain_words: false } => {
                format!("{SIGNATURE}: Bad signature length: got {found} but was expecting {expected}")
            }
            Self::Length { found, expected, plain_words: true } => {
                format!("{SIGNATURE}: Signature length not correct: got {found} but was expecting {expected}")
            }
            Self::Curve { curve } => format!("{SIGNATURE}: Curve not supported: {curve}"),
            Self::Algorithm { oid } => {
                format!("java.security.NoSuchAlgorithmException: {oid} Signature not available")
            }
            Self::OtherKind { what } => format!("java.security.InvalidKeyException: {what}"),
        }
    }

    /// What a runtime cannot even begin to check.
    pub(super) fn before(certificate: &Certificate, key: &PublicKey, settings: &Settings) -> Option<Self> {
        let algorithm = signature_name(&certificate.signature_algorithm().oid);
        let edwards = algorithm.starts_with("Ed");
        let oid = certificate.signature_algorithm().oid.to_string();
        if algorithms::signature_name(certificate, settings) == oid {
            return Some(Self::Algorithm { oid });
        }
        if algorithm == "RSASSA-PSS"
            && pss::of(certificate.signature_algorithm().parameters.as_deref()).is_none()
        {
            return Some(Self::ParametersMissing);
        }
        let fits = match key.algorithm {
            KeyAlgorithm::Rsa => algorithm.ends_with("RSA") || algorithm == "RSASSA-PSS",
            KeyAlgorithm::RsaPss => algorithm.ends_with("RSA") || algorithm == "RSASSA-PSS",
            KeyAlgorithm::Ec(_) => algorithm.ends_with("ECDSA"),
            KeyAlgorithm::Dsa => algorithm.ends_with("withDSA"),
            KeyAlgorithm::Ed25519 => algorithm == "Ed25519",
            KeyAlgorithm::Ed448 => algorithm == "Ed448",
            KeyAlgorithm::Other(_) => return None,
        };
        if !fits {
            let what = if edwards && matches!(key.algorithm, KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448) {
                format!("Parameters must be {algorithm}")
            } else if edwards {
                "Unsupported key type".to_owned()
            } else {
                format!("No installed provider supports this key: {}", class(key, settings))
            };
            return Some(Self::OtherKind { what });
        }
        if algorithm == "RSASSA-PSS" && !pss::allows(key, certificate.signature_algorithm()) {
            return Some(Self::OtherKind {
                what: "Key contains incompatible PSS parameter values".to_owned(),
            });
        }
        let names = algorithms::curve_names(key);
        let kept = ["secp256r1", "secp384r1", "secp521r1"];
        match (names.split_first(), key.algorithm) {
            (Some((name, aliases)), KeyAlgorithm::Ec(Some(oid)))
                if settings.curves_removed && !kept.contains(name) =>
            {
                let aliases =
                    if aliases.is_empty() { String::new() } else { format!(" [{}]", aliases.join(",")) };
                Some(Self::Curve { curve: format!("{name}{aliases} ({oid})") })
            }
            _ => None,
        }
    }

    /// Why a signature that was checked does not hold.
    pub(super) fn after(certificate: &Certificate, key: &PublicKey, settings: &Settings) -> Self {
        let (found, expected) = (certificate.signature().len(), key.bits.div_ceil(8));
        let rsa = matches!(key.algorithm, KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss);
        if rsa && found != expected {
            let pss = signature_name(&certificate.signature_algorithm().oid) == "RSASSA-PSS";
            return Self::Length { found, expected, plain_words: pss || !settings.bad_length_words };
        }
        if matches!(key.algorithm, KeyAlgorithm::Ec(_))
            && let Some(what) = ec_encoding(certificate.signature())
        {
            return Self::Encoding { what };
        }
        let out_of_range = || is_in_group(certificate.signature(), key) == Some(false);
        if key.algorithm == KeyAlgorithm::Dsa && out_of_range() { Self::OutOfRange } else { Self::Mismatch }
    }
}

/// Whether both numbers of a DSA signature lie between 0 and q; `None` for what cannot be read.
fn is_in_group(signature: &[u8], key: &PublicKey) -> Option<bool> {
    let list = |der| Some(Reader::new(der).required(tag::SEQUENCE, "numbers").ok()?.children());
    let number = |fields: &mut Reader<'_>| {
        let digits = fields.required(tag::INTEGER, "a number").ok()?.content();
        let first = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
        let digits = digits.get(first..).unwrap_or_default().to_vec();
        Some((digits.len(), digits))
    };
    let mut parameters = list(key.parameters.as_deref()?)?;
    let (_, q) = (number(&mut parameters)?, number(&mut parameters)?);
    let mut pair = list(signature)?;
    let within = |number: (usize, Vec<u8>)| number.0 > 0 && number < q;
    Some(within(number(&mut pair)?) && within(number(&mut pair)?))
}

/// What Java has against the encoding of an ECDSA signature (sun.security.util.ECUtil.decodeSignature); octets that are no
/// SEQUENCE at all are left to chance, as there.
fn ec_encoding(signature: &[u8]) -> Option<&'static str> {
    const WRONG: &str = "Invalid encoding for signature";
    let mut outer = Reader::new(signature);
    let mut numbers = outer.required(tag::SEQUENCE, "a signature").ok()?.children();
    for _ in 0..2 {
        let digits = numbers.required(tag::INTEGER, "a number").ok()?.content();
        if matches!(digits, [0, next, ..] if next & 0x80 == 0) {
            return Some("Invalid encoding: redundant leading 0s");
        }
    }
    (!numbers.rest().is_empty() || !outer.rest().is_empty()).then_some(WRONG)
}

/// The class that stands for a key.
fn class(key: &PublicKey, settings: &Settings) -> &'static str {
    match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => "sun.security.rsa.RSAPublicKeyImpl",
        KeyAlgorithm::Ec(_) => "sun.security.ec.ECPublicKeyImpl",
        KeyAlgorithm::Dsa => "sun.security.provider.DSAPublicKeyImpl",
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 if settings.edwards_curves => {
            "sun.security.ec.ed.EdDSAPublicKeyImpl"
        }
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 | KeyAlgorithm::Other(_) => "sun.security.x509.X509Key",
    }
}
