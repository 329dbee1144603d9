//! Certificates this program reads and Java does not: sun.security.x509.X509CertInfo.

use super::pss;
use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::{Certificate, Extension, GeneralName, KeyAlgorithm, PublicKey, Subtree};
use crate::der::{DerError, Oid, Reader, tag};

const SUBJECT_ALT_NAME: Oid = Oid::new(&[2, 5, 29, 17]);
const EXTENDED_KEY_USAGE: Oid = Oid::new(&[2, 5, 29, 37]);
const PARSING: &str = "java.security.cert.CertificateParsingException";
const IO: &str = "java.io.IOException";

/// What Java has against the certificate's form: the exceptions, class and message, nearest first.
pub(super) fn fault(certificate: &Certificate, settings: &Settings) -> Option<Vec<String>> {
    let trailer = pss::of(certificate.signature_algorithm().parameters.as_deref())
        .filter(|_| crate::cert::signature_name(&certificate.signature_algorithm().oid) == "RSASSA-PSS")
        .filter(|parameters| parameters.trailer != 1);
    if let Some(parameters) = trailer {
        let cause = format!("{IO}: Unsupported trailerField value {}", parameters.trailer);
        let exception = format!("java.security.cert.CertificateException: Unable to initialize, {cause}");
        return Some(vec![exception, cause]);
    }
    if certificate.issuer().is_empty() {
        return Some(vec![format!("{PARSING}: Empty issuer DN not allowed in X509Certificates")]);
    }
    let parts = key(certificate.public_key(), settings).or_else(|| extensions(certificate));
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
fn key(key: &PublicKey, settings: &Settings) -> Option<Vec<String>> {
    let refused = |message: &str, cause: Option<String>| {
        let inner = format!("java.security.InvalidKeyException: {message}");
        let mut exceptions = wrapped(format!("{IO}: subject key, {inner}"));
        exceptions.push(format!("java.security.InvalidKeyException: {inner}"));
        exceptions.push(format!("java.security.spec.InvalidKeySpecException: {inner}"));
        exceptions.push(inner);
        exceptions.extend(cause);
        // JavaOracle and people look no deeper.
        exceptions.truncate(6);
        Some(exceptions)
    };
    let old = settings.version.feature < 12;
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
        KeyAlgorithm::Ed25519 if settings.edwards_curves && key.octets.len() != 32 => {
            refused("key length must be 32", None)
        }
        KeyAlgorithm::Ed448 if settings.edwards_curves && key.octets.len() != 57 => {
            refused("key length must be 57", None)
        }
        _ => None,
    }
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

/// The curves that the JDK has names for (sun.security.util.CurveDB).
fn is_known(curve: &Oid) -> bool {
    const BRAINPOOL: [&str; 4] = ["7", "9", "11", "13"];
    const SECG: [u8; 32] = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
        36, 37, 38, 39, 0,
    ];
    const X962: [&str; 8] = ["5", "6", "7", "11", "12", "13", "18", "20"];
    let text = curve.to_string();
    let below = |arc: &str| text.strip_prefix(arc).map(str::to_owned);
    let secg = || {
        below("1.3.132.0.")
            .and_then(|last| last.parse().ok())
            .is_some_and(|last: u8| last > 0 && SECG.contains(&last))
    };
    let prime = || {
        below("1.2.840.10045.3.1.")
            .is_some_and(|last| matches!(last.as_str(), "1" | "2" | "3" | "4" | "5" | "6" | "7"))
    };
    let binary = || below("1.2.840.10045.3.0.").is_some_and(|last| X962.contains(&last.as_str()));
    let brainpool = || below("1.3.36.3.3.2.8.1.1.").is_some_and(|last| BRAINPOOL.contains(&last.as_str()));
    secg() || prime() || binary() || brainpool()
}

/// An extension that is there twice, or critical and not of the form that its class takes.
fn extensions(certificate: &Certificate) -> Option<Vec<String>> {
    let mut seen = Vec::new();
    for extension in certificate.extensions() {
        match malformed(certificate, extension) {
            Some(what) if extension.critical => return Some(wrapped(format!("{IO}: {what}"))),
            // Put aside, as if it were not there.
            Some(_) => continue,
            None => {}
        }
        if seen.contains(&extension.oid) {
            return Some(wrapped(format!("{IO}: Duplicate extensions not allowed")));
        }
        seen.push(extension.oid);
    }
    None
}

/// What the class of an extension has against it.
fn malformed(certificate: &Certificate, extension: &Extension) -> Option<String> {
    let is_sequence = extension.value.first() == Some(&tag::SEQUENCE);
    let number = extension.value.first().copied().unwrap_or_default();
    let of_class = |name: &str| Some(format!("Invalid encoding {name}"));
    match extension.oid.to_string().as_str() {
        "2.5.29.15" if number != tag::BIT_STRING => {
            Some(format!("DerValue.getBitString, not a bit string {number}"))
        }
        "2.5.29.14" if number != tag::OCTET_STRING => {
            Some(format!("DerValue.getOctetString, not an Octet String: {number}"))
        }
        "2.5.29.17" => alternative_names(certificate, extension),
        "2.5.29.19" if !is_sequence => of_class("of BasicConstraints"),
        "2.5.29.37" if !is_sequence => of_class("for ExtendedKeyUsageExtension."),
        "2.5.29.35" if !is_sequence => of_class("for AuthorityKeyIdentifierExtension."),
        "2.5.29.32" if !is_sequence => of_class("for CertificatePoliciesExtension."),
        "2.5.29.30" if !is_sequence => of_class("for NameConstraintsExtension."),
        "2.5.29.30" => {
            let constraints = certificate.name_constraints()?;
            let subtrees = constraints.permitted.iter().chain(&constraints.excluded);
            let wrong = subtrees.into_iter().any(|subtree| *subtree == Subtree::Other { kind: 7 });
            wrong.then(|| "Invalid IPAddressName".to_owned())
        }
        "1.3.6.1.5.5.7.1.1" if !is_sequence => of_class("for AuthorityInfoAccessExtension."),
        "2.5.29.31" if !is_sequence => of_class("for CRLDistributionPoints extension."),
        _ => None,
    }
}

/// `GeneralNames`: addresses of 4 or 16 octets (with a mask of 8 or 32), URIs with a scheme.
fn alternative_names(certificate: &Certificate, extension: &Extension) -> Option<String> {
    if extension.value.first() != Some(&tag::SEQUENCE) {
        return Some("Invalid encoding for GeneralNames.".to_owned());
    }
    let names = certificate.subject_alt_names()?;
    if names.is_empty() {
        return Some("No data available in passed DER encoded value.".to_owned());
    }
    names.iter().find_map(|name| match name {
        GeneralName::Other { kind: 7, value } if !matches!(value.len(), 8 | 32) => {
            Some("Invalid IPAddressName".to_owned())
        }
        GeneralName::Uri(uri) => match uri.split_once(':') {
            None => Some(format!("URI name must include scheme:{uri}")),
            Some((scheme, _)) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
                let good = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain);
                (!good).then(|| format!("invalid URI name:{uri}"))
            }
        },
        _ => None,
    })
}

/// The leaf's alternative names, which releases from 21 do not pass over when they cannot read them.
pub(super) fn names(leaf: &Certificate, settings: &Settings) -> Result<(), Reason> {
    looked_into(leaf, settings, SUBJECT_ALT_NAME)
}

/// Its purposes, likewise.
pub(super) fn purposes(leaf: &Certificate, settings: &Settings) -> Result<(), Reason> {
    looked_into(leaf, settings, EXTENDED_KEY_USAGE)
}

fn looked_into(leaf: &Certificate, settings: &Settings, oid: Oid) -> Result<(), Reason> {
    if settings.version.feature < 21 {
        return Ok(());
    }
    let extension = leaf.extensions().iter().find(|extension| extension.oid == oid);
    let message = extension.and_then(|extension| malformed(leaf, extension));
    message.map_or(Ok(()), |message| Err(Reason::ExtensionUnreadable { message }))
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
