//! The extensions of RFC 5280 section 4.2 that this room writes, encoded.

use std::net::IpAddr;

use crate::cert::{GeneralName, NameConstraints, Subtree};
use crate::der::{self, Oid, Reader, tag};
use crate::digest::Fingerprint;

const SUBJECT_KEY_ID: Oid = Oid::new(&[2, 5, 29, 14]);
const KEY_USAGE: Oid = Oid::new(&[2, 5, 29, 15]);
const SUBJECT_ALT_NAME: Oid = Oid::new(&[2, 5, 29, 17]);
const BASIC_CONSTRAINTS: Oid = Oid::new(&[2, 5, 29, 19]);
const NAME_CONSTRAINTS: Oid = Oid::new(&[2, 5, 29, 30]);
const AUTHORITY_KEY_ID: Oid = Oid::new(&[2, 5, 29, 35]);
const EXTENDED_KEY_USAGE: Oid = Oid::new(&[2, 5, 29, 37]);

/// Bit of keyUsage for keys that sign handshakes.
pub(super) const DIGITAL_SIGNATURE: u8 = 0;
/// Bit for RSA keys that decrypt (TLS_RSA suites of TLS 1.2).
pub(super) const KEY_ENCIPHERMENT: u8 = 2;
/// Bit for keys that sign certificates.
pub(super) const KEY_CERT_SIGN: u8 = 5;
/// Bit for keys that sign revocation lists.
pub(super) const CRL_SIGN: u8 = 6;

/// basicConstraints, critical: a CA, with at most `path_length` intermediates below it.
pub(super) fn authority(path_length: u32) -> Vec<u8> {
    extension(&BASIC_CONSTRAINTS, true, &der::sequence(&[der::boolean(true), der::integer(path_length)]))
}

/// basicConstraints, critical: no CA. DER leaves the default FALSE out.
pub(super) fn no_authority() -> Vec<u8> {
    extension(&BASIC_CONSTRAINTS, true, &der::sequence::<&[u8]>(&[]))
}

/// keyUsage, critical. DER wants no zero bits at the end.
pub(super) fn key_usage(bits: &[u8]) -> Vec<u8> {
    let octet = bits.iter().fold(0_u8, |octet, bit| octet | 0x80 >> bit);
    let unused = u8::try_from(octet.trailing_zeros().min(7)).unwrap_or(0);
    extension(&KEY_USAGE, true, &der::tlv(tag::BIT_STRING, &[unused, octet]))
}

/// extendedKeyUsage.
pub(super) fn extended_key_usage(purposes: &[Oid]) -> Vec<u8> {
    let purposes: Vec<_> = purposes.iter().map(der::oid).collect();
    extension(&EXTENDED_KEY_USAGE, false, &der::sequence(&purposes))
}

/// subjectKeyIdentifier.
pub(super) fn subject_key_id(identifier: &[u8]) -> Vec<u8> {
    extension(&SUBJECT_KEY_ID, false, &der::octet_string(identifier))
}

/// authorityKeyIdentifier with the issuer's subjectKeyIdentifier.
pub(super) fn authority_key_id(identifier: &[u8]) -> Vec<u8> {
    let identifier = der::tlv(tag::context_primitive(0), identifier);
    extension(&AUTHORITY_KEY_ID, false, &der::sequence(&[identifier]))
}

/// subjectAltName; critical if the subject is empty (section 4.2.1.6).
pub(super) fn subject_alt_name(names: &[GeneralName], critical: bool) -> Vec<u8> {
    let names: Vec<_> = names.iter().filter_map(general_name).collect();
    extension(&SUBJECT_ALT_NAME, critical, &der::sequence(&names))
}

/// Whether an encoded extension is a subjectAltName.
pub(super) fn is_subject_alt_name(extension: &[u8]) -> bool {
    let oid = Reader::new(extension).any("an extension").and_then(|extension| {
        extension.children().required(tag::OID, "an extension's identifier")?.oid("an identifier")
    });
    oid == Ok(SUBJECT_ALT_NAME)
}

/// nameConstraints, critical as section 4.2.1.10 wants it. Only domains and networks are written.
pub(super) fn name_constraints(constraints: &NameConstraints) -> Vec<u8> {
    let subtrees = |number, subtrees: &[Subtree]| {
        let subtrees: Vec<_> =
            subtrees.iter().filter_map(subtree).map(|base| der::sequence(&[base])).collect();
        let joined = der::tlv(tag::context(number), &subtrees.concat());
        if subtrees.is_empty() { Vec::new() } else { joined }
    };
    let content = der::sequence(&[subtrees(0, &constraints.permitted), subtrees(1, &constraints.excluded)]);
    extension(&NAME_CONSTRAINTS, true, &content)
}

/// An identifier of a public key: the leftmost 160 bits of the SHA-256 of its octets (RFC 7093 section 2, method 1).
pub(super) fn key_id(key: &[u8]) -> Vec<u8> {
    Fingerprint::of(key).octets().iter().copied().take(20).collect()
}

fn extension(oid: &Oid, critical: bool, value: &[u8]) -> Vec<u8> {
    let oid = der::oid(oid);
    let value = der::octet_string(value);
    if critical { der::sequence(&[oid, der::boolean(true), value]) } else { der::sequence(&[oid, value]) }
}

fn general_name(name: &GeneralName) -> Option<Vec<u8>> {
    let encoded = match name {
        GeneralName::Email(address) => der::tlv(tag::context_primitive(1), address.as_bytes()),
        GeneralName::Dns(name) => der::tlv(tag::context_primitive(2), name.as_bytes()),
        GeneralName::Uri(uri) => der::tlv(tag::context_primitive(6), uri.as_bytes()),
        GeneralName::Ip(address) => der::tlv(tag::context_primitive(7), &octets(*address)),
        _ => return None,
    };
    Some(encoded)
}

fn subtree(subtree: &Subtree) -> Option<Vec<u8>> {
    match subtree {
        Subtree::Dns(domain) => Some(der::tlv(tag::context_primitive(2), domain.as_bytes())),
        Subtree::Ip(address, mask) => {
            Some(der::tlv(tag::context_primitive(7), &[octets(*address), octets(*mask)].concat()))
        }
        _ => None,
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
