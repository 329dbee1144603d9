//! The extensions of RFC 5280 section 4.2 that decide something, as plain data.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::name::Name;
use crate::der::Oid;

/// An extension as encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// What it is.
    pub oid: Oid,
    /// Whether a client that does not know it must refuse.
    pub critical: bool,
    /// The octets inside its OCTET STRING.
    pub value: Box<[u8]>,
    /// Whether it is one that [`super::Certificate`] gives a view of and whose octets do not follow RFC 5280.
    pub malformed: bool,
}

/// basicConstraints (section 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many intermediates that are not self-issued may follow it.
    pub path_length: Option<u32>,
}

/// keyUsage (section 4.2.1.3): bit n of the standard is `1 << n` here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// The usages' names in bit order.
    pub const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Bit 0: signatures other than on certificates and CRLs, which every ephemeral key exchange needs.
    pub fn digital_signature(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 2: RSA key transport.
    pub fn key_encipherment(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    /// Bit 4: static Diffie-Hellman.
    pub fn key_agreement(self) -> bool {
        self.0 & 1 << 4 != 0
    }

    /// Bit 5: signatures on certificates.
    pub fn key_cert_sign(self) -> bool {
        self.0 & 1 << 5 != 0
    }

    /// The names of the usages allowed.
    pub fn names(self) -> Vec<&'static str> {
        Self::NAMES
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 & 1 << bit != 0)
            .map(|(_, name)| *name)
            .collect()
    }
}

/// authorityKeyIdentifier (section 4.2.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityKeyId {
    /// The issuer's subjectKeyIdentifier.
    pub key_id: Option<Box<[u8]>>,
    /// The issuer's own issuer.
    pub issuer: Option<Vec<GeneralName>>,
    /// The issuer's own serial number.
    pub serial: Option<Box<[u8]>>,
}

/// One GeneralName (section 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// dNSName.
    Dns(String),
    /// iPAddress of 4 or 16 octets.
    Ip(IpAddr),
    /// rfc822Name.
    Email(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// directoryName.
    Directory(Name),
    /// registeredID.
    RegisteredId(Oid),
    /// Any other kind, or one whose octets do not follow the standard.
    Other {
        /// The kind's number: 0 otherName, 3 x400Address, 5 ediPartyName.
        kind: u32,
        /// Its content octets.
        value: Box<[u8]>,
    },
}

/// `dns:host`, `ip:1.2.3.4`, .. as JSON and people get it. Not escaped for a terminal.
impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Ip(address) => write!(f, "ip:{address}"),
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Directory(name) => write!(f, "dn:{name}"),
            Self::RegisteredId(oid) => write!(f, "rid:{oid}"),
            Self::Other { kind, value } => write!(f, "other:{kind}:{}", crate::digest::hex(value)),
        }
    }
}

/// nameConstraints (section 4.2.1.10).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameConstraints {
    /// Names must lie in one of these, per kind of name.
    pub permitted: Vec<Subtree>,
    /// Names must lie in none of these.
    pub excluded: Vec<Subtree>,
}

/// The base of one GeneralSubtree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// A DNS suffix.
    Dns(String),
    /// Address and mask, 4 and 4 or 16 and 16 octets.
    Ip(IpAddr, IpAddr),
    /// A mailbox, host or domain.
    Email(String),
    /// A host or domain of a URI.
    Uri(String),
    /// A prefix of a distinguished name.
    Directory(Name),
    /// A registered identifier.
    RegisteredId(Oid),
    /// Any other kind, or one whose octets do not follow the standard.
    Other {
        /// The kind's number as in [`GeneralName::Other`].
        kind: u32,
    },
}

/// `dns:corp.test`, `ip:10.0.0.0/255.0.0.0`, ..
impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Ip(address, mask) => write!(f, "ip:{address}/{mask}"),
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Directory(name) => write!(f, "dn:{name}"),
            Self::RegisteredId(id) => write!(f, "rid:{id}"),
            Self::Other { kind } => write!(f, "other:{kind}"),
        }
    }
}

/// 4 or 16 octets as an address.
pub(super) fn ip(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
    let v6 = || <[u8; 16]>::try_from(octets).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
    v4.or_else(|_| v6()).ok()
}
