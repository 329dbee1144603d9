//! Certificates this program reads and Java does not: sun.security.x509.X509CertInfo, CertificateExtensions, X509Key. One of
//! them in a trust store keeps Java from loading the store at all.

use std::borrow::Cow;

use super::Certificate;
use crate::der::{DerError, Element, Oid, Reader, tag};

const SUBJECT_ALT_NAME: Oid = Oid::new(&[2, 5, 29, 17]);

/// Why Java does not parse the certificate, if so: the exception, class and message. The class alone where the message
/// depends on what stands deep inside an extension.
pub fn java_refuses(certificate: &Certificate) -> Option<Cow<'static, str>> {
    if certificate.issuer().is_empty() {
        return Some(parsing("Empty issuer DN not allowed in X509Certificates"));
    }
    if inner_algorithm(certificate) != Ok(outer_algorithm(certificate)) {
        return Some("java.security.cert.CertificateException: Signature algorithm mismatch".into());
    }
    let incomplete = || incomplete(certificate).map(parsing);
    key(certificate).or_else(|| extensions(certificate)).or_else(incomplete)
}

fn parsing(message: &str) -> Cow<'static, str> {
    format!("java.security.cert.CertificateParsingException: {message}").into()
}

/// What X509CertInfo wraps into an exception of its own.
fn wrapped(message: &str) -> Cow<'static, str> {
    parsing(&format!("java.io.IOException: {message}"))
}

/// X509CertInfo.verifyCert.
fn incomplete(certificate: &Certificate) -> Option<&'static str> {
    if !certificate.subject().is_empty() || certificate.version() < 3 {
        return None;
    }
    if certificate.extensions().is_empty() {
        return Some(
            "X.509 Certificate is incomplete: subject field is empty, and certificate has no extensions",
        );
    }
    let Some(names) = certificate.extensions().iter().find(|one| one.oid == SUBJECT_ALT_NAME) else {
        return Some(
            "X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is absent",
        );
    };
    if certificate.subject_alt_names().is_none_or(<[_]>::is_empty) {
        return Some(
            "X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is empty",
        );
    }
    (!names.critical).then_some(
        "X.509 Certificate is incomplete: SubjectAlternativeName extension MUST be marked critical when subject field is empty",
    )
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
    let (_, algorithm) = signed_fields(certificate)?;
    let mut algorithm = algorithm.children();
    let oid = algorithm.required(tag::OID, "a signature algorithm")?.oid("a signature algorithm")?;
    let parameters = algorithm.next()?.map(|element| element.whole());
    Ok((oid, parameters.filter(|parameters| *parameters != [tag::NULL, 0])))
}

/// The signed part from behind its signature algorithm on, and that algorithm.
fn signed_fields(certificate: &Certificate) -> Result<(Reader<'_>, Element<'_>), DerError> {
    let mut fields = Reader::new(certificate.tbs()).required(tag::SEQUENCE, "the signed part")?.children();
    fields.optional(tag::context(0))?;
    fields.required(tag::INTEGER, "a serial number")?;
    let algorithm = fields.required(tag::SEQUENCE, "a signature algorithm")?;
    Ok((fields, algorithm))
}

/// What sun.security.x509.AlgorithmId has against the key's algorithm: curves that CurveDB does not name.
fn key(certificate: &Certificate) -> Option<Cow<'static, str>> {
    const EC: Oid = Oid::new(&[1, 2, 840, 10045, 2, 1]);
    let parameters = || -> Result<Option<Element<'_>>, DerError> {
        let (mut fields, _) = signed_fields(certificate)?;
        for _ in ["issuer", "validity", "subject"] {
            fields.required(tag::SEQUENCE, "a field")?;
        }
        let mut key = fields.required(tag::SEQUENCE, "a key")?.children();
        let mut algorithm = key.required(tag::SEQUENCE, "an algorithm")?.children();
        let is_ec = algorithm.required(tag::OID, "an algorithm")?.oid("an algorithm")? == EC;
        Ok(algorithm.next()?.filter(|_| is_ec))
    };
    let parameters = parameters().ok()??;
    if parameters.tag() == tag::SEQUENCE {
        return Some(wrapped("Only named ECParameters supported"));
    }
    let curve = parameters.oid("a curve").ok()?;
    (!is_named(&curve)).then(|| wrapped(&format!("Unknown named curve: {curve}")))
}

/// sun.security.util.CurveDB, the same from JDK 11 to 25: of SEC 2, of X9.62 and of RFC 5639.
fn is_named(curve: &Oid) -> bool {
    match curve.content() {
        [0x2B, 0x81, 4, 0, arc] => matches!(arc, 1..=10 | 15..=17 | 22..=39),
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 0, arc] => matches!(arc, 5..=7 | 11..=13 | 18 | 20),
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, arc] => matches!(arc, 1..=7),
        [0x2B, 0x24, 3, 3, 2, 8, 1, 1, arc] => *arc <= 13 && arc % 2 == 1,
        _ => false,
    }
}

/// The first extension that CertificateExtensions does not get over: a critical one whose octets it cannot read, or one
/// that was there before.
fn extensions(certificate: &Certificate) -> Option<Cow<'static, str>> {
    let extensions = certificate.extensions();
    extensions.iter().enumerate().find_map(|(index, one)| {
        let read = read(&one.oid, &one.value);
        if let (true, Err(Fault(message))) = (one.critical, &read) {
            let class = || "java.security.cert.CertificateParsingException".into();
            return Some(message.as_deref().map_or_else(class, wrapped));
        }
        let twice = read.is_ok() && extensions.iter().take(index).any(|earlier| earlier.oid == one.oid);
        twice.then(|| wrapped("Duplicate extensions not allowed"))
    })
}

/// Why Java's class for an extension throws, with the message where it is always the same.
struct Fault(Option<Cow<'static, str>>);

impl From<DerError> for Fault {
    fn from(_: DerError) -> Self {
        Self(None)
    }
}

impl Fault {
    fn named<T>(message: impl Into<Cow<'static, str>>) -> Result<T, Self> {
        Err(Self(Some(message.into())))
    }
}

/// Reads an extension as Java's class for it does, as far as that throws.
fn read(oid: &Oid, value: &[u8]) -> Result<(), Fault> {
    const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 1, 1];
    let arc = match oid.content() {
        [0x55, 0x1D, arc] => *arc,
        AUTHORITY_INFO_ACCESS => 0,
        _ => return Ok(()),
    };
    let whole = Reader::new(value).any("an extension")?;
    let sequence = |message: &'static str| match whole.tag() {
        tag::SEQUENCE => Ok(whole.children()),
        _ => Fault::named(message),
    };
    match arc {
        0 => each(sequence("Invalid encoding for AuthorityInfoAccessExtension.")?, access_description),
        14 => whole.octets("a key identifier").map(drop).map_err(Fault::from),
        15 => bits(&whole),
        17 | 18 => general_names(sequence("Invalid encoding for GeneralNames.")?),
        19 => basic_constraints(sequence("Invalid encoding of BasicConstraints")?),
        30 => each(sequence("Invalid encoding for NameConstraintsExtension.")?, subtrees),
        31 => each(sequence("Invalid encoding for CRLDistributionPoints extension.")?, only_a_sequence),
        32 => each(sequence("Invalid encoding for CertificatePoliciesExtension.")?, starts_with_oid),
        33 => each(sequence("Invalid encoding for PolicyMappingsExtension.")?, starts_with_oid),
        35 => sequence("Invalid encoding for AuthorityKeyIdentifierExtension.").map(drop),
        36 => sequence("Sequence tag missing for PolicyConstraint.").map(drop),
        37 => each(sequence("Invalid encoding for ExtendedKeyUsageExtension.")?, |usage| {
            usage.oid("a usage")?;
            Ok(())
        }),
        54 if whole.tag() != tag::INTEGER => {
            Fault::named("Invalid encoding of InhibitAnyPolicy: data not integer")
        }
        _ => Ok(()),
    }
}

fn each(mut reader: Reader<'_>, check: impl Fn(Element<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
    while let Some(element) = reader.next()? {
        check(element)?;
    }
    Ok(())
}

fn bits(element: &Element<'_>) -> Result<(), Fault> {
    match (element.tag(), element.content()) {
        (tag::BIT_STRING, [unused, ..]) if *unused < 8 => Ok(()),
        (tag::BIT_STRING, _) => Err(Fault(None)),
        (other, _) => Fault::named(format!("DerValue.getBitString, not a bit string {other}")),
    }
}

fn basic_constraints(mut fields: Reader<'_>) -> Result<(), Fault> {
    // What does not begin with a BOOLEAN is no CA, whatever it is.
    match fields.next()? {
        Some(first) if first.tag() == tag::BOOLEAN => {}
        _ => return Ok(()),
    }
    match fields.next()? {
        Some(length) if length.tag() != tag::INTEGER => Fault::named("Invalid encoding of BasicConstraints"),
        _ => Ok(()),
    }
}

fn only_a_sequence(element: Element<'_>) -> Result<(), Fault> {
    element.expect(tag::SEQUENCE, "a point")?;
    Ok(())
}

fn starts_with_oid(element: Element<'_>) -> Result<(), Fault> {
    let mut fields = element.expect(tag::SEQUENCE, "a policy")?.children();
    fields.required(tag::OID, "a policy")?.oid("a policy")?;
    Ok(())
}

fn access_description(element: Element<'_>) -> Result<(), Fault> {
    let mut fields = element.children();
    fields.required(tag::OID, "a method")?.oid("a method")?;
    general_name(&fields.any("a location")?)
}

fn subtrees(element: Element<'_>) -> Result<(), Fault> {
    const PERMITTED: u8 = tag::context(0);
    const EXCLUDED: u8 = tag::context(1);
    match element.tag() {
        PERMITTED | EXCLUDED => each(element.children(), |subtree| {
            let mut fields = subtree.expect(tag::SEQUENCE, "a subtree")?.children();
            general_name(&fields.any("a name")?)
        }),
        _ => Fault::named("Invalid encoding of NameConstraintsExtension."),
    }
}

fn general_names(reader: Reader<'_>) -> Result<(), Fault> {
    if reader.rest().is_empty() {
        return Fault::named("No data available in passed DER encoded value.");
    }
    each(reader, |name| general_name(&name))
}

/// sun.security.x509.GeneralName: which names are constructed, and how long an address may be.
fn general_name(name: &Element<'_>) -> Result<(), Fault> {
    const CONSTRUCTED: u8 = 0x20;
    let constructed = name.tag() & CONSTRUCTED != 0;
    match (name.tag() & 0x1F, constructed) {
        (7, false) if !matches!(name.content().len(), 4 | 8 | 16 | 32) => {
            Fault::named("Invalid IPAddressName")
        }
        (0 | 3 | 4 | 5, true) | (1 | 2 | 6 | 7 | 8, false) => Ok(()),
        _ => Err(Fault(None)),
    }
}
