//! Certificates this program reads and Java does not: sun.security.x509.X509CertInfo, CertificateExtensions, X509Key. One of
//! them in a trust store keeps Java from loading the store at all.

mod agreement;
mod extension;
mod lenient;
mod names;
mod strict;

pub use lenient::java_may_read;
pub(crate) use names::is_nobody;
pub(crate) use strict::{Strict, exception};

use super::{Certificate, Extension, KeyAlgorithm, PublicKey, pss, signature_name};
use crate::der::{DerError, Oid, Reader, tag};

const SUBJECT_ALT_NAME: Oid = Oid::new(&[2, 5, 29, 17]);
const PARSING: &str = "java.security.cert.CertificateParsingException";
const IO: &str = "java.io.IOException";

/// The first release whose java.base knows Ed25519 and Ed448 keys, and finds the class for Diffie-Hellman's by identifier.
const EDWARDS_CURVES: u32 = 15;

/// Why Java of this feature release does not parse the certificate, if so: the exceptions, class and message, nearest first.
/// The class alone where the message depends on what stands deep inside an extension.
pub fn java_refuses(certificate: &Certificate, feature: u32) -> Option<Vec<String>> {
    let trailer = pss::of(certificate.signature_algorithm().parameters.as_deref())
        .filter(|_| signature_name(&certificate.signature_algorithm().oid) == "RSASSA-PSS")
        .filter(|parameters| parameters.trailer != 1);
    if let Some(parameters) = trailer {
        let cause = format!("{IO}: Unsupported trailerField value {}", parameters.trailer);
        let exception = format!("java.security.cert.CertificateException: Unable to initialize, {cause}");
        return Some(vec![exception, cause]);
    }
    if certificate.issuer().is_empty() {
        return Some(vec![format!("{PARSING}: Empty issuer DN not allowed in X509Certificates")]);
    }
    let parts = key(certificate.public_key(), feature).or_else(|| extensions(certificate, feature));
    if parts.is_some() {
        return parts;
    }
    if let Some(incomplete) = subject(certificate) {
        return Some(vec![format!("{PARSING}: X.509 Certificate is incomplete: {incomplete}")]);
    }
    let differs = inner_algorithm(certificate) != Ok(outer_algorithm(certificate));
    differs.then(|| vec!["java.security.cert.CertificateException: Signature algorithm mismatch".to_owned()])
}

/// An exception in another's message.
fn wrapped(cause: String) -> Vec<String> {
    vec![format!("{PARSING}: {cause}"), cause]
}

/// A key that the JDK's classes do not take: RSAKeyFactory.checkKeyLengths, RSAPublicKeyImpl.checkExponentRange,
/// ECParameters, ECUtil.decodePoint.
fn key(key: &PublicKey, feature: u32) -> Option<Vec<String>> {
    let refused = |message: &str, cause: Option<String>| Some(refused_key(message, cause));
    let old = feature < 12;
    match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => match rsa(key) {
            Ok(()) => None,
            Err(RsaFault::Range(message)) => refused(message, None),
            Err(RsaFault::Encoding) if old => {
                refused("Invalid RSA public key", Some(format!("{IO}: insufficient data")))
            }
            Err(RsaFault::Encoding) => {
                refused("Invalid RSA public key", Some("java.io.EOFException: not enough content".to_owned()))
            }
        },
        KeyAlgorithm::Ec(None)
            if key.parameters.as_deref().is_some_and(|der| der.first() == Some(&tag::SEQUENCE)) =>
        {
            Some(wrapped(format!("{IO}: Only named ECParameters supported")))
        }
        KeyAlgorithm::Ec(None) => {
            refused("EC domain parameters must be encoded in the algorithm identifier", None)
        }
        KeyAlgorithm::Ec(Some(curve)) if !is_known(&curve) => {
            Some(wrapped(format!("{IO}: Unknown named curve: {curve}")))
        }
        KeyAlgorithm::Ec(_) if key.octets.first() != Some(&4) => {
            refused("Invalid EC key", Some(format!("{IO}: Only uncompressed point format supported")))
        }
        KeyAlgorithm::Ec(_) if key.bits > 0 && key.octets.len() != 1 + 2 * key.bits.div_ceil(8) => {
            refused("Invalid EC key", Some(format!("{IO}: Point does not match field size")))
        }
        KeyAlgorithm::Dh if feature >= EDWARDS_CURVES => agreement::dh(key, feature),
        KeyAlgorithm::X25519 if feature >= 11 && key.octets.len() != 32 => {
            refused("key length must be 32", None)
        }
        KeyAlgorithm::X448 if feature >= 11 && key.octets.len() != 56 => {
            refused("key length must be 56", None)
        }
        KeyAlgorithm::Ed25519 if feature >= EDWARDS_CURVES && key.octets.len() != 32 => {
            refused("key length must be 32", None)
        }
        KeyAlgorithm::Ed448 if feature >= EDWARDS_CURVES && key.octets.len() != 57 => {
            refused("key length must be 57", None)
        }
        _ => None,
    }
}

/// What a key's own factory says, as X509Key passes it on.
fn refused_key(message: &str, cause: Option<String>) -> Vec<String> {
    let inner = format!("java.security.InvalidKeyException: {message}");
    let mut exceptions = wrapped(format!("{IO}: subject key, {inner}"));
    exceptions.push(format!("java.security.InvalidKeyException: {inner}"));
    exceptions.push(format!("java.security.spec.InvalidKeySpecException: {inner}"));
    exceptions.push(inner);
    exceptions.extend(cause);
    // JavaOracle and people look no deeper.
    exceptions.truncate(6);
    exceptions
}

enum RsaFault {
    Encoding,
    Range(&'static str),
}

fn rsa(key: &PublicKey) -> Result<(), RsaFault> {
    let numbers = || -> Result<(&[u8], &[u8]), DerError> {
        let mut fields = Reader::new(&key.octets).required(tag::SEQUENCE, "an RSA key")?.children();
        let modulus = fields.required(tag::INTEGER, "a number")?.content();
        Ok((modulus, fields.required(tag::INTEGER, "a number")?.content()))
    };
    let (_, exponent) = numbers().map_err(|_| RsaFault::Encoding)?;
    let first = exponent.iter().position(|octet| *octet != 0).unwrap_or(exponent.len());
    let exponent = exponent.get(first..).unwrap_or_default();
    let length = exponent.len() * 8 - exponent.first().map_or(0, |octet| octet.leading_zeros() as usize);
    // It counts whole octets.
    let size = key.bits.div_ceil(8) * 8;
    match () {
        () if size < 512 => Err(RsaFault::Range("RSA keys must be at least 512 bits long")),
        () if size > 16_384 => Err(RsaFault::Range("RSA keys must be no longer than 16384 bits")),
        () if size > 3072 && length > 64 => Err(RsaFault::Range(
            "RSA exponents can be no longer than 64 bits  if modulus is greater than 3072 bits",
        )),
        () if matches!(exponent, [] | [1 | 2]) => Err(RsaFault::Range("exponent is smaller than 3")),
        () => Ok(()),
    }
}

/// sun.security.util.CurveDB, the same from JDK 11 to 25: of SEC 2, of X9.62 and of RFC 5639.
fn is_known(curve: &Oid) -> bool {
    match curve.content() {
        [0x2B, 0x81, 4, 0, arc] => matches!(arc, 1..=10 | 15..=17 | 22..=39),
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 0, arc] => matches!(arc, 5..=7 | 11..=13 | 18 | 20),
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, arc] => matches!(arc, 1..=7),
        [0x2B, 0x24, 3, 3, 2, 8, 1, 1, arc] => *arc <= 13 && arc % 2 == 1,
        _ => false,
    }
}

/// An extension that is there twice, or critical and not of the form that its class takes.
fn extensions(certificate: &Certificate, feature: u32) -> Option<Vec<String>> {
    let mut seen = Vec::new();
    for one in certificate.extensions() {
        match extension::read(one, feature) {
            Err(extension::Fault(Some(message))) if one.critical => {
                return Some(wrapped(exception(&message)));
            }
            Err(_) if one.critical => return Some(vec![PARSING.to_owned()]),
            // Put aside, as if it were not there.
            Err(_) => continue,
            Ok(()) => {}
        }
        if seen.contains(&one.oid) {
            return Some(wrapped(format!("{IO}: Duplicate extensions not allowed")));
        }
        seen.push(one.oid);
    }
    None
}

/// What Java's class for the extension has against it in this feature release: its message, where that does not depend on
/// what stands deep inside.
pub(crate) fn java_extension_fault(extension: &Extension, feature: u32) -> Option<String> {
    extension::read(extension, feature).err()?.0.map(Into::into)
}

/// Whether Java's class for the extension takes it. One that is not critical is put aside where it does not.
pub(crate) fn java_reads(extension: &Extension, feature: u32) -> bool {
    extension::read(extension, feature).is_ok()
}

/// What is missing where the subject is.
fn subject(certificate: &Certificate) -> Option<&'static str> {
    if !certificate.subject().is_empty() || certificate.version() < 3 {
        return None;
    }
    let extensions = certificate.extensions();
    if extensions.is_empty() {
        return Some("subject field is empty, and certificate has no extensions");
    }
    let Some(names) = extensions.iter().find(|extension| extension.oid == SUBJECT_ALT_NAME) else {
        return Some("subject field is empty, and SubjectAlternativeName extension is absent");
    };
    if certificate.subject_alt_names().is_none_or(<[_]>::is_empty) {
        return Some("subject field is empty, and SubjectAlternativeName extension is empty");
    }
    (!names.critical)
        .then_some("SubjectAlternativeName extension MUST be marked critical when subject field is empty")
}

/// An algorithm as Java compares it: NULL parameters are none (sun.security.x509.AlgorithmId).
type Algorithm<'a> = (Oid, Option<&'a [u8]>);

fn outer_algorithm(certificate: &Certificate) -> Algorithm<'_> {
    let algorithm = certificate.signature_algorithm();
    let parameters = algorithm.parameters.as_deref();
    (algorithm.oid, parameters.filter(|parameters| *parameters != [tag::NULL, 0]))
}

/// The algorithm inside the signed part, which must be the one outside (RFC 5280 section 4.1.1.2).
fn inner_algorithm(certificate: &Certificate) -> Result<Algorithm<'_>, DerError> {
    let mut fields = Reader::new(certificate.tbs()).required(tag::SEQUENCE, "the signed part")?.children();
    fields.optional(tag::context(0))?;
    fields.required(tag::INTEGER, "a serial number")?;
    let mut algorithm = fields.required(tag::SEQUENCE, "a signature algorithm")?.children();
    let oid = algorithm.required(tag::OID, "a signature algorithm")?.oid("a signature algorithm")?;
    let parameters = algorithm.next()?.map(|element| element.whole());
    Ok((oid, parameters.filter(|parameters| *parameters != [tag::NULL, 0])))
}
