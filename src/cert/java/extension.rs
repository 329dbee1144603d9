//! Extensions as the classes of sun.security.x509 read them, as far as those throw.

use std::borrow::Cow;

use super::names::general_name;
use crate::cert::Extension;
use crate::der::{DerError, Element, Reader, tag};

/// Why Java's class for an extension throws, with the message where it does not depend on what stands deep inside.
pub(super) struct Fault(pub(super) Option<Cow<'static, str>>);

impl From<DerError> for Fault {
    fn from(_: DerError) -> Self {
        Self(None)
    }
}

impl Fault {
    pub(super) fn named<T>(message: impl Into<Cow<'static, str>>) -> Result<T, Self> {
        Err(Self(Some(message.into())))
    }
}

/// Reads an extension as Java's class for it does in this feature release.
pub(super) fn read(extension: &Extension, feature: u32) -> Result<(), Fault> {
    const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 1, 1];
    let arc = match extension.oid.content() {
        [0x55, 0x1D, arc] => *arc,
        AUTHORITY_INFO_ACCESS => 0,
        _ => return Ok(()),
    };
    let whole = Reader::new(&extension.value).any("an extension")?;
    let sequence = |message: &'static str| match whole.tag() {
        tag::SEQUENCE => Ok(whole.children()),
        _ => Fault::named(message),
    };
    match arc {
        0 => each(sequence("Invalid encoding for AuthorityInfoAccessExtension.")?, |one| {
            access_description(one, feature)
        }),
        14 if whole.tag() != tag::OCTET_STRING => {
            Fault::named(format!("DerValue.getOctetString, not an Octet String: {}", whole.tag()))
        }
        15 => bits(&whole),
        17 | 18 => general_names(sequence("Invalid encoding for GeneralNames.")?, feature),
        19 => basic_constraints(sequence("Invalid encoding of BasicConstraints")?),
        30 => {
            each(sequence("Invalid encoding for NameConstraintsExtension.")?, |part| subtrees(part, feature))
        }
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

fn access_description(element: Element<'_>, feature: u32) -> Result<(), Fault> {
    let mut fields = element.children();
    fields.required(tag::OID, "a method")?.oid("a method")?;
    general_name(&fields.any("a location")?, feature)
}

fn subtrees(element: Element<'_>, feature: u32) -> Result<(), Fault> {
    const PERMITTED: u8 = tag::context(0);
    const EXCLUDED: u8 = tag::context(1);
    match element.tag() {
        PERMITTED | EXCLUDED => each(element.children(), |subtree| {
            let mut fields = subtree.expect(tag::SEQUENCE, "a subtree")?.children();
            let name = fields.any("a name")?;
            // A constraint's URI is a host's name.
            if name.tag() != tag::context_primitive(6) {
                general_name(&name, feature)?;
            }
            each(fields, distance)
        }),
        _ => Fault::named("Invalid encoding of NameConstraintsExtension."),
    }
}

/// The minimum or maximum of a GeneralSubtree: an `int`.
fn distance(element: Element<'_>) -> Result<(), Fault> {
    match (element.tag(), element.content()) {
        (MINIMUM | MAXIMUM, []) => Fault::named("Invalid encoding: zero length Int value"),
        (MINIMUM | MAXIMUM, [_, _, _, _, _, ..]) => Fault::named("Integer exceeds maximum valid value"),
        (MINIMUM | MAXIMUM, _) => Ok(()),
        _ => Fault::named("Invalid encoding of GeneralSubtree."),
    }
}

const MINIMUM: u8 = tag::context_primitive(0);
const MAXIMUM: u8 = tag::context_primitive(1);

fn general_names(reader: Reader<'_>, feature: u32) -> Result<(), Fault> {
    if reader.rest().is_empty() {
        return Fault::named("No data available in passed DER encoded value.");
    }
    each(reader, |name| general_name(&name, feature))
}
