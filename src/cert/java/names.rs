//! General names as the classes of sun.security.x509 read them, as far as those throw.

use super::extension::Fault;
use super::strict::{self, Strict, Value};
use crate::der::{Element, tag};

/// sun.security.x509.GeneralName: which names are constructed, and what their own classes ask for.
pub(super) fn general_name(name: &Element<'_>, feature: u32) -> Result<(), Fault> {
    const CONSTRUCTED: u8 = 0x20;
    const CONTEXT: u8 = 0x80;
    /// By number: what Java calls the name, and whether it is constructed.
    const KINDS: [(&str, bool); 9] = [
        ("Other-Name", true),
        ("RFC822 name", false),
        ("DNSName", false),
        ("X400Address name", true),
        ("Directory name", true),
        ("EDI name", true),
        ("URI", false),
        ("IP address", false),
        ("OID name", false),
    ];
    let number = name.tag() & 0x1F;
    let Some((called, constructed)) = KINDS.get(usize::from(number)) else {
        return Fault::named(format!("Unrecognized GeneralName tag, ({number})"));
    };
    if name.tag() & 0xC0 != CONTEXT || (name.tag() & CONSTRUCTED != 0) != *constructed {
        return Fault::named(format!("Invalid encoding of {called}"));
    }
    match number {
        0 => other(name.content(), feature).or_else(Fault::named),
        5 => edi(name.content(), feature).or_else(Fault::named),
        6 => uri(name.content()),
        7 if !matches!(name.content().len(), 4 | 8 | 16 | 32) => Fault::named("Invalid IPAddressName"),
        8 => strict::oid(name.content()).or_else(Fault::named),
        _ => Ok(()),
    }
}

/// Another name: an identifier and a value.
fn other(content: &[u8], feature: u32) -> Result<(), String> {
    let mut fields = Strict::new(content, feature);
    if content.is_empty() && feature < 16 {
        return Err("ObjectIdentifier() -- data isn't an object ID (tag = -1)".to_owned());
    }
    let (_, id) = fields.value()?;
    strict::oid(id)?;
    fields.value().map(drop)
}

/// The values of an EDIPartyName, whose parts Java takes in a form that no standard has: implicit and primitive, with another
/// value inside.
fn edi_values(content: &[u8], feature: u32) -> Result<Vec<Value<'_>>, String> {
    let mut fields = Strict::new(content, feature);
    let mut values = Vec::new();
    while !fields.rest().is_empty() {
        values.push(fields.value()?);
    }
    Ok(values)
}

const ASSIGNER: u8 = tag::context_primitive(0);
const PARTY: u8 = tag::context_primitive(1);

/// sun.security.x509.EDIPartyName.
fn edi(content: &[u8], feature: u32) -> Result<(), String> {
    let values = edi_values(content, feature)?;
    if !matches!(values.len(), 1 | 2) {
        return Err("Invalid encoding of EDIPartyName".to_owned());
    }
    for (part, called) in [(ASSIGNER, "nameAssigner"), (PARTY, "partyName")] {
        let mut found = values.iter().filter(|(tag, _)| *tag == part);
        if let Some((_, content)) = found.next() {
            Strict::new(content, feature).value()?;
        }
        if found.next().is_some() {
            return Err(format!("Duplicate {called} found in EDIPartyName"));
        }
    }
    if feature >= 21 && !has_party(&values) {
        return Err("party cannot be missing".to_owned());
    }
    Ok(())
}

fn has_party(values: &[Value<'_>]) -> bool {
    values.iter().any(|(tag, _)| *tag == PARTY)
}

/// Whether this is the content of an EDIPartyName of whose parts Java finds none: a release that takes it falls over it when
/// it lists the names.
pub(crate) fn is_nobody(content: &[u8], feature: u32) -> bool {
    feature < 21 && edi_values(content, feature).is_ok_and(|values| !has_party(&values))
}

/// A URI of an alternative name, which needs a scheme (java.net.URI).
fn uri(octets: &[u8]) -> Result<(), Fault> {
    let uri = String::from_utf8_lossy(octets);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    match uri.split_once(':') {
        None => Fault::named(format!("URI name must include scheme:{uri}")),
        Some((scheme, _))
            if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(plain) =>
        {
            Fault::named(format!("invalid URI name:{uri}"))
        }
        Some(_) => Ok(()),
    }
}
