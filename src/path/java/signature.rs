//! Why the JDK's signature classes refuse: the exception behind "signature check failed".

use super::algorithms;
use super::settings::Settings;
use crate::cert::{Certificate, KeyAlgorithm, PublicKey, Strict, exception, pss, signature_name, verify};
use crate::der::{self, Oid, Reader, tag};

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
        /// The exception that says why.
        cause: String,
    },
    /// The block of an RSA signature says something else of the hash than the algorithm does.
    DigestInfo {
        /// The exception that says what.
        cause: String,
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
            Self::Encoding { cause } | Self::DigestInfo { cause } => Some(cause.clone()),
            _ => None,
        };
        std::iter::once(self.exception()).chain(cause).collect()
    }

    fn exception(&self) -> String {
        const SIGNATURE: &str = "java.security.SignatureException";
        match self {
            Self::ParametersMissing => format!("{SIGNATURE}: Parameters required for RSASSA-PSS signatures"),
            Self::Encoding { .. } => format!("{SIGNATURE}: Invalid encoding for signature"),
            Self::DigestInfo { .. } => format!("{SIGNATURE}: Signature encoding error"),
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
            KeyAlgorithm::Dh | KeyAlgorithm::X25519 | KeyAlgorithm::X448 | KeyAlgorithm::Other(_) => false,
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
        removed_curve(key, settings).or_else(|| {
            let is_ec = matches!(key.algorithm, KeyAlgorithm::Ec(_));
            let feature = settings.version.feature;
            let cause =
                Some(certificate.signature()).filter(|_| is_ec).map(|signature| numbers(signature, feature));
            cause?.err().map(|message| Self::Encoding { cause: exception(&message) })
        })
    }

    /// The signature as everyone else writes it, where its numbers are below zero and Java takes them without their sign.
    pub(super) fn rewritten(
        certificate: &Certificate,
        key: &PublicKey,
        settings: &Settings,
    ) -> Option<Vec<u8>> {
        if !matches!(key.algorithm, KeyAlgorithm::Ec(_) | KeyAlgorithm::Dsa) {
            return None;
        }
        let (r, s) = numbers(certificate.signature(), settings.version.feature).ok()?;
        let negative = |digits: &[u8]| digits.first().is_some_and(|first| first & 0x80 != 0);
        (negative(r) || negative(s))
            .then(|| der::sequence(&[der::integer_from_octets(r), der::integer_from_octets(s)]))
    }

    /// Why a signature that was checked does not hold.
    pub(super) fn after(certificate: &Certificate, key: &PublicKey, settings: &Settings) -> Self {
        let (found, expected) = (certificate.signature().len(), key.bits.div_ceil(8));
        let rsa = matches!(key.algorithm, KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss);
        if rsa && found != expected {
            let pss = signature_name(&certificate.signature_algorithm().oid) == "RSASSA-PSS";
            return Self::Length { found, expected, plain_words: pss || !settings.bad_length_words };
        }
        if rsa
            && !settings.bad_length_words
            && let Some(message) = digest_info_fault(certificate, key, settings.version.feature)
        {
            return Self::DigestInfo { cause: exception(&message) };
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

/// Both numbers of an ECDSA signature, or what Java has against their encoding (sun.security.util.ECUtil.decodeSignature).
fn numbers(signature: &[u8], feature: u32) -> Result<(&[u8], &[u8]), String> {
    let mut outer = Strict::new(signature, feature);
    let values = outer.sequence()?;
    match *values.as_slice() {
        [r, s] if outer.rest().is_empty() => Ok((outer.number(r)?, outer.number(s)?)),
        _ => Err("Invalid encoding for signature".to_owned()),
    }
}

/// What releases that take a DigestInfo apart have against one (RSASignature.decodeSignature, AlgorithmId.parse): later ones
/// only compare it.
fn digest_info_fault(certificate: &Certificate, key: &PublicKey, feature: u32) -> Option<String> {
    let wanted = digest_of(&certificate.signature_algorithm().oid)?;
    let info = verify::digest_info(key, certificate.signature())?;
    let read = || -> Result<(), String> {
        let mut outer = Strict::new(&info, feature);
        let values = outer.sequence()?;
        let [(tag::SEQUENCE, algorithm), (kind, _)] = *values.as_slice() else {
            return Err("SEQUENCE length error".to_owned());
        };
        if !outer.rest().is_empty() {
            return Err("SEQUENCE length error".to_owned());
        }
        let mut fields = Strict::new(algorithm, feature);
        let (_, found) = fields.value()?;
        let parameters = if fields.rest().is_empty() { None } else { Some(fields.value()?) };
        match parameters {
            Some((tag::NULL, [_, ..])) => return Err("invalid NULL".to_owned()),
            Some(_) if !fields.rest().is_empty() => {
                return Err("Invalid AlgorithmIdentifier: extra data".to_owned());
            }
            _ => {}
        }
        let found = Oid::from_content(found, 0).map_err(|error| error.to_string())?;
        if found != wanted {
            return Err(format!("ObjectIdentifier mismatch: {found}"));
        }
        if parameters.is_some_and(|(kind, _)| kind != tag::NULL) {
            return Err("Unexpected AlgorithmId parameters".to_owned());
        }
        match kind {
            tag::OCTET_STRING => Ok(()),
            other => Err(format!("DerValue.getOctetString, not an Octet String: {other}")),
        }
    };
    read().err()
}

/// The hash of an RSASSA-PKCS1-v1_5 algorithm.
fn digest_of(algorithm: &Oid) -> Option<Oid> {
    const NIST: [u64; 8] = [2, 16, 840, 1, 101, 3, 4, 2];
    let of_nist = |last| {
        let mut arcs = [0; 9];
        arcs.iter_mut().zip(NIST.into_iter().chain([last])).for_each(|(arc, value)| *arc = value);
        Some(Oid::new(&arcs))
    };
    match signature_name(algorithm).strip_suffix("withRSA")? {
        "MD2" => Some(Oid::new(&[1, 2, 840, 113_549, 2, 2])),
        "MD5" => Some(Oid::new(&[1, 2, 840, 113_549, 2, 5])),
        "SHA1" => Some(Oid::new(&[1, 3, 14, 3, 2, 26])),
        "SHA256" => of_nist(1),
        "SHA384" => of_nist(2),
        "SHA512" => of_nist(3),
        "SHA224" => of_nist(4),
        "SHA512/224" => of_nist(5),
        "SHA512/256" => of_nist(6),
        "SHA3-224" => of_nist(7),
        "SHA3-256" => of_nist(8),
        "SHA3-384" => of_nist(9),
        "SHA3-512" => of_nist(10),
        _ => None,
    }
}

/// A curve that the runtime has no more.
fn removed_curve(key: &PublicKey, settings: &Settings) -> Option<SignatureFault> {
    let names = algorithms::curve_names(key);
    let kept = ["secp256r1", "secp384r1", "secp521r1"];
    match (names.split_first(), key.algorithm) {
        (Some((name, aliases)), KeyAlgorithm::Ec(Some(oid)))
            if settings.curves_removed && !kept.contains(name) =>
        {
            let aliases =
                if aliases.is_empty() { String::new() } else { format!(" [{}]", aliases.join(",")) };
            Some(SignatureFault::Curve { curve: format!("{name}{aliases} ({oid})") })
        }
        _ => None,
    }
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
        KeyAlgorithm::Dh if settings.edwards_curves => "com.sun.crypto.provider.DHPublicKey",
        KeyAlgorithm::X25519 | KeyAlgorithm::X448 if settings.version.feature >= 11 => {
            "sun.security.ec.XDHPublicKeyImpl"
        }
        _ => "sun.security.x509.X509Key",
    }
}
