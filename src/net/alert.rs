//! TLS alerts, with the words Java has for them.

use std::fmt;

/// An alert description (RFC 8446 section 6), as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alert(pub u8);

impl Alert {
    /// The server and we share no parameters: usually no cipher suite.
    pub const HANDSHAKE_FAILURE: Self = Self(40);
    /// The certificate sent cannot be used; also said where none was sent.
    pub const BAD_CERTIFICATE: Self = Self(42);
    /// No version in common.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// The server's requirements on strength are not met.
    pub const INSUFFICIENT_SECURITY: Self = Self(71);
    /// The server has nothing for the name in SNI.
    pub const UNRECOGNIZED_NAME: Self = Self(112);
    /// A client certificate is required and was not sent.
    pub const CERTIFICATE_REQUIRED: Self = Self(116);

    /// Its name as RFC 8446 and Java (sun/security/ssl/Alert.java) spell it.
    pub fn name(self) -> String {
        let known = NAMES.iter().find(|(number, _)| *number == self.0);
        known.map_or_else(|| format!("UNKNOWN ALERT ({})", self.0), |(_, name)| (*name).to_owned())
    }

    /// The exception class Java throws on receiving it: outside the handshake's own alerts the general one.
    pub(super) fn java_class(self) -> &'static str {
        match self.0 {
            10 => "javax.net.ssl.SSLProtocolException",
            0 | 20 | 21 | 22 | 30 | 80 | 86 | 90 => "javax.net.ssl.SSLException",
            _ => "javax.net.ssl.SSLHandshakeException",
        }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

const NAMES: [(u8, &str); 34] = [
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
];
