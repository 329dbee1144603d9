//! What OpenSSL's decoder takes: the types of names and constraints as `crypto/x509/v3_genn.c` and `v3_ncons.c` declare them,
//! and the kinds of string of a name (`B_ASN1_PRINTABLE`).

use crate::cert::{Certificate, KeyAlgorithm, Name, PublicKey, signature_name};
use crate::der::{DerError, Element, Oid, Reader, tag};

const ALTERNATIVES: Oid = Oid::new(&[2, 5, 29, 17]);
const CONSTRAINTS: Oid = Oid::new(&[2, 5, 29, 30]);

/// Whether a certificate can be read at all: what is no name there ends the reading of the whole.
pub(super) fn is_readable(certificate: &Certificate) -> bool {
    is_name(certificate.subject()) && is_name(certificate.issuer())
}

fn is_name(name: &Name) -> bool {
    name.rdns().iter().flatten().all(|attribute| match attribute.tag {
        // These are turned into UTF-8 for comparing (`x509_name_canon`).
        tag::UTF8_STRING | tag::BMP_STRING | tag::UNIVERSAL_STRING => attribute.text.is_some(),
        tag::BIT_STRING | tag::SEQUENCE | 0x07..=0x0F | 0x1D => true,
        tag::NUMERIC_STRING | tag::PRINTABLE_STRING | tag::TELETEX_STRING | tag::IA5_STRING => true,
        _ => false,
    })
}

/// Whether the extension of general names, and that of name constraints, can be read.
pub(super) fn are_names_whole(certificate: &Certificate) -> bool {
    certificate.extensions().iter().all(|extension| match extension.oid {
        ALTERNATIVES => names(&extension.value).is_ok_and(|whole| whole),
        CONSTRAINTS => subtrees(&extension.value).is_ok_and(|whole| whole),
        _ => true,
    })
}

/// GeneralNames.
fn names(value: &[u8]) -> Result<bool, DerError> {
    let mut names = Reader::new(value).required(tag::SEQUENCE, "names")?.children();
    while let Some(name) = names.next()? {
        if !general_name(&name)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// NameConstraints.
fn subtrees(value: &[u8]) -> Result<bool, DerError> {
    let mut lists = Reader::new(value).required(tag::SEQUENCE, "name constraints")?.children();
    while let Some(list) = lists.next()? {
        let mut subtrees = list.children();
        while let Some(subtree) = subtrees.next()? {
            let mut fields = subtree.children();
            let whole = subtree.tag() == tag::SEQUENCE && general_name(&fields.any("a name")?)?;
            let minimum = fields.optional(tag::context_primitive(0))?;
            let maximum = fields.optional(tag::context_primitive(1))?;
            let are_numbers = minimum.iter().chain(&maximum).all(|number| is_number(number.content()));
            if !whole || !are_numbers || fields.next()?.is_some() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// An INTEGER's octets, the fewest that tell it (`c2i_ibuf`).
fn is_number(octets: &[u8]) -> bool {
    match octets {
        [] => false,
        [0, second, ..] => *second >= 0x80,
        [0xFF, second, ..] => *second < 0x80,
        _ => true,
    }
}

/// An OBJECT IDENTIFIER's octets: each number with the fewest (`ossl_c2i_ASN1_OBJECT`).
fn is_identifier(octets: &[u8]) -> bool {
    let before = std::iter::once(&0).chain(octets);
    octets.last().is_some_and(|last| *last < 0x80)
        && before.zip(octets).all(|(before, octet)| *before >= 0x80 || *octet != 0x80)
}

/// One GeneralName.
fn general_name(name: &Element<'_>) -> Result<bool, DerError> {
    let tags = || -> Result<Vec<u8>, DerError> {
        let (mut fields, mut tags) = (name.children(), Vec::new());
        while let Some(field) = fields.next()? {
            tags.push(field.tag());
        }
        Ok(tags)
    };
    Ok(match name.tag() {
        0xA0 => tags()? == [tag::OID, 0xA0],
        // Strings may come in pieces, and an address of any kind is a SEQUENCE whatever is in it.
        0x81 | 0x82 | 0x86 | 0x87 | 0xA1 | 0xA2 | 0xA6 | 0xA7 | 0xA3 => true,
        0xA4 => tags()? == [tag::SEQUENCE],
        0xA5 => tags()?.strip_prefix(&[0xA0]).map_or(tags()? == [0xA1], |rest| rest == [0xA1]),
        0x88 => is_identifier(name.content()),
        _ => false,
    })
}

/// The subtrees of one CA, permitted and excluded, that have a minimum or a maximum (`nc_minmax_valid`).
pub(super) fn distances(certificate: &Certificate) -> [Vec<bool>; 2] {
    let mut distances = [Vec::new(), Vec::new()];
    let extension = certificate.extensions().iter().find(|extension| extension.oid == CONSTRAINTS);
    if let Some(extension) = extension {
        // What cannot be read makes the CA no issuer before this is asked.
        let _ = read_distances(&extension.value, &mut distances);
    }
    distances
}

fn read_distances(value: &[u8], [permitted, excluded]: &mut [Vec<bool>; 2]) -> Result<(), DerError> {
    let mut lists = Reader::new(value).required(tag::SEQUENCE, "name constraints")?.children();
    while let Some(list) = lists.next()? {
        let into = if list.tag() == tag::context(0) { &mut *permitted } else { &mut *excluded };
        let mut subtrees = list.children();
        while let Some(subtree) = subtrees.next()? {
            let mut fields = subtree.children();
            fields.any("a name")?;
            let mut limited = false;
            while let Some(field) = fields.next()? {
                limited |= field.tag() != tag::context_primitive(0)
                    || field.content().iter().any(|octet| *octet != 0);
            }
            into.push(limited);
        }
    }
    Ok(())
}

/// Whether a key can be made of what stands there (`X509_get0_pubkey`).
pub(super) fn is_key(key: &PublicKey) -> bool {
    let exact = |length| key.octets.len() == length && key.parameters.is_none();
    match key.algorithm {
        KeyAlgorithm::Ed25519 | KeyAlgorithm::X25519 => exact(32),
        KeyAlgorithm::X448 => exact(56),
        KeyAlgorithm::Ed448 => exact(57),
        KeyAlgorithm::Dh => is_dh(key).is_ok_and(|whole| whole),
        KeyAlgorithm::Other(_) => false,
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa | KeyAlgorithm::Ec(_) => true,
    }
}

/// DHParameter of PKCS #3, or DomainParameters of X9.42, and a number.
fn is_dh(key: &PublicKey) -> Result<bool, DerError> {
    Reader::new(&key.octets).required(tag::INTEGER, "a key")?;
    let parameters = key.parameters.as_deref().unwrap_or_default();
    let mut fields = Reader::new(parameters).required(tag::SEQUENCE, "parameters")?.children();
    let (mut numbers, mut others) = (0, false);
    while let Some(field) = fields.next()? {
        numbers += usize::from(field.tag() == tag::INTEGER);
        others |= field.tag() != tag::INTEGER;
    }
    let mut outer = Reader::new(&key.spki).required(tag::SEQUENCE, "a public key")?.children();
    let algorithm =
        outer.required(tag::SEQUENCE, "a key's algorithm")?.children().any("a key's algorithm")?;
    let x942 = algorithm.oid("a key's algorithm")? == Oid::new(&[1, 2, 840, 10_046, 2, 1]);
    Ok(if x942 { numbers > 2 } else { !others && (2..=3).contains(&numbers) })
}

/// Whether an RSASSA-PKCS1-v1_5 signature tells its hash without the NULL that OpenSSL asks for (`crypto/rsa/rsa_sign.c` compares
/// with the one encoding it would make).
pub(super) fn lacks_null(certificate: &Certificate, issuer: &PublicKey) -> bool {
    let algorithm = signature_name(&certificate.signature_algorithm().oid);
    if !algorithm.ends_with("withRSA") {
        return false;
    }
    let info = crate::cert::verify::digest_info(issuer, certificate.signature());
    let has_null = |info: &[u8]| -> Result<bool, DerError> {
        let mut fields = Reader::new(info).required(tag::SEQUENCE, "a DigestInfo")?.children();
        let mut hash = fields.required(tag::SEQUENCE, "a hash")?.children();
        hash.any("a hash")?;
        Ok(hash.next()?.is_some())
    };
    info.is_some_and(|info| has_null(&info) == Ok(false))
}
