//! The words TLS has for what was negotiated.

use std::fmt;

use rustls::{ProtocolVersion, SupportedCipherSuite};

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// SSL 3.0.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Protocol {
    /// From the two octets on the wire.
    pub fn from_wire(version: u16) -> Option<Self> {
        match version {
            0x0300 => Some(Self::Ssl3),
            0x0301 => Some(Self::Tls10),
            0x0302 => Some(Self::Tls11),
            0x0303 => Some(Self::Tls12),
            0x0304 => Some(Self::Tls13),
            _ => None,
        }
    }

    /// The two octets on the wire.
    pub(super) fn wire(self) -> u16 {
        match self {
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// Its name in Java's properties and in `jdk.tls.disabledAlgorithms`.
    pub fn java_name(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSLv3",
            Self::Tls10 => "TLSv1",
            Self::Tls11 => "TLSv1.1",
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }

    /// Its name in Java's messages (the constants of sun/security/ssl/ProtocolVersion.java).
    pub(super) fn java_constant(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSL30",
            Self::Tls10 => "TLS10",
            Self::Tls11 => "TLS11",
            Self::Tls12 => "TLS12",
            Self::Tls13 => "TLS13",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// A cipher suite, as its IANA number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CipherSuite(pub u16);

impl CipherSuite {
    /// How keys are exchanged and who signs for it, as the suite's name has it (`RSA`, `ECDHE_RSA`); `None` for TLS 1.3,
    /// whose suites do not say. What a leaf's key must be usable for hangs on it: with `RSA` it decrypts.
    pub fn key_exchange(self) -> Option<&'static str> {
        let (exchange, _) = super::suites::name(self.0)?.strip_prefix("TLS_")?.split_once("_WITH_")?;
        Some(exchange)
    }
}

/// The IANA name, which is Java's name too; the number in hexadecimal for one not known here.
impl CipherSuite {
    /// Whether no client of today takes it: without encryption or certificate, or with RC4, DES or what was once exported.
    pub fn is_of_the_past(self) -> bool {
        super::suites::name(self.0).is_some_and(super::suites::is_of_the_past)
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::suites::name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:04X}", self.0),
        }
    }
}

pub(super) fn protocol(version: ProtocolVersion) -> Option<Protocol> {
    Protocol::from_wire(version.into())
}

pub(super) fn cipher_suite(suite: SupportedCipherSuite) -> CipherSuite {
    CipherSuite(suite.suite().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_named_and_tell_their_key_exchange() {
        for (number, name, exchange) in [
            (0x1301, "TLS_AES_128_GCM_SHA256", None),
            (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", Some("RSA")),
            (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Some("ECDHE_ECDSA")),
            (0xFAFA, "0xFAFA", None),
        ] {
            let suite = CipherSuite(number);
            assert_eq!((suite.to_string().as_str(), suite.key_exchange()), (name, exchange));
        }
    }
}
