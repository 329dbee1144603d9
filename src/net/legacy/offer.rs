//! What a client offers a server: versions, cipher suites, groups.

use crate::net::suites::SUITES;
use crate::net::{CipherSuite, Protocol};

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The versions, newest first.
    pub versions: Vec<Protocol>,
    /// The cipher suites, best first.
    pub suites: Vec<CipherSuite>,
    /// The groups for key exchange (IANA supported_groups numbers), best first.
    pub groups: Vec<u16>,
    /// Whether the versions are listed (supported_versions, RFC 8446 section 4.2.1), as clients of TLS 1.3 do: an old
    /// server that knows the extension then refuses, one that does not chooses its own version.
    pub(in crate::net) lists_versions: bool,
}

/// Every curve of RFC 8422 and RFC 7027, older ones of RFC 4492, and the groups of RFC 7919.
const EVERY_GROUP: [u16; 20] =
    [29, 23, 24, 25, 30, 22, 21, 19, 26, 27, 28, 14, 13, 10, 9, 256, 257, 258, 259, 260];

/// The groups of JDK 17 and 25 (sun/security/ssl/NamedGroup.java): x25519, P-256, P-384, P-521, x448, RFC 7919.
const JAVA_GROUPS: [u16; 10] = [29, 23, 24, 25, 30, 256, 257, 258, 259, 260];

impl Offer {
    /// Everything there is up to a version.
    pub fn everything(newest: Protocol) -> Self {
        let suites = SUITES.iter().map(|(number, _)| CipherSuite(*number)).collect();
        Self { versions: vec![newest], suites, groups: EVERY_GROUP.to_vec(), lists_versions: false }
    }

    /// What a JVM offers: the suites JSSE enables, without what its `jdk.tls.disabledAlgorithms` forbids, for the
    /// versions of its `https.protocols` (or `jdk.tls.client.protocols`), by default TLS 1.0 to 1.3 without the disabled.
    pub fn java(disabled_algorithms: &str, protocols: Option<&[Protocol]>) -> Self {
        let disabled: Vec<_> = disabled_algorithms.split(',').map(str::trim).collect();
        let is_disabled = |name: &str| disabled.iter().any(|token| token.eq_ignore_ascii_case(name));
        let default = [Protocol::Tls13, Protocol::Tls12, Protocol::Tls11, Protocol::Tls10];
        let mut versions = protocols.unwrap_or(&default).to_vec();
        versions.retain(|version| !is_disabled(version.java_name()));
        versions.sort_unstable_by(|a, b| b.cmp(a));
        let suites = SUITES.iter().filter(|(_, name)| is_java(name) && !is_forbidden(name, &disabled));
        let suites = suites.map(|(number, _)| CipherSuite(*number)).collect();
        Self { versions, suites, groups: JAVA_GROUPS.to_vec(), lists_versions: true }
    }

    /// Whether a server's choice is one of those offered.
    pub fn accepts(&self, version: Protocol, suite: CipherSuite) -> bool {
        self.versions.contains(&version) && self.suites.contains(&suite)
    }

    /// The newest version that is not TLS 1.3, whose handshake is encrypted.
    pub(super) fn newest_in_the_clear(&self) -> Option<Protocol> {
        self.versions.iter().copied().filter(|version| *version < Protocol::Tls13).max()
    }
}

/// Whether JSSE knows a suite and enables it (sun/security/ssl/CipherSuite.java of JDK 17; RC4 it knows, disabled).
fn is_java(suite: &str) -> bool {
    !["ARIA", "CAMELLIA", "CCM", "RC4"].iter().any(|cipher| suite.contains(cipher))
}

/// Whether a suite falls under `jdk.tls.disabledAlgorithms`: by its name, by a pattern (`TLS_RSA_*`, since 17.0.19), or
/// by one of its parts as SSLAlgorithmDecomposer.java names them. Entries with a condition (`keySize`, `usage`) are
/// about keys.
fn is_forbidden(suite: &str, disabled: &[&str]) -> bool {
    let parts = parts(suite);
    disabled.iter().any(|token| {
        let by_pattern = token.split_once('*').is_some_and(|(begin, end)| {
            begin.starts_with("TLS_") && suite.starts_with(begin) && suite.ends_with(end)
        });
        by_pattern
            || token.eq_ignore_ascii_case(suite)
            || parts.iter().any(|part| part.eq_ignore_ascii_case(token))
    })
}

fn parts(suite: &str) -> Vec<&str> {
    let Some((exchange, cipher)) = suite.trim_start_matches("TLS_").split_once("_WITH_") else {
        return Vec::new(); // TLS 1.3 suites have a cipher alone, which nobody disables by part
    };
    let mut parts = vec![exchange];
    parts.extend(exchange.split('_'));
    if exchange.starts_with("DHE") {
        parts.extend(["DH", "DiffieHellman"]);
    }
    if exchange.ends_with("DSS") {
        parts.push("DSA");
    }
    let (cipher, hash) = cipher.rsplit_once('_').unwrap_or((cipher, ""));
    parts.push(cipher);
    for (mark, names) in [
        ("AES", &["AES"][..]),
        ("GCM", &["GCM"]),
        ("CBC", &["CBC"]),
        ("3DES", &["DESede"]),
        ("CHACHA20", &["ChaCha20-Poly1305", "ChaCha20", "Poly1305"]),
    ] {
        if cipher.contains(mark) {
            parts.extend(names);
        }
    }
    parts.extend(match hash {
        "SHA" => &["SHA1", "SHA-1", "HmacSHA1"][..],
        "SHA256" => &["SHA256", "SHA-256", "HmacSHA256"],
        "SHA384" => &["SHA384", "SHA-384", "HmacSHA384"],
        _ => &[],
    });
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 17.0.21 and 25.0.3.
    const TODAY: &str = "SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \
                         3DES_EDE_CBC, anon, NULL, ECDH, TLS_RSA_*, rsa_pkcs1_sha1 usage HandshakeSignature";
    /// Of 17.0.9.
    const BEFORE: &str = "SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \
                          3DES_EDE_CBC, anon, NULL";

    #[test]
    fn an_update_takes_suites_away() {
        let (today, before) = (Offer::java(TODAY, None), Offer::java(BEFORE, None));
        assert_eq!(today.versions, [Protocol::Tls13, Protocol::Tls12]);
        for (suite, in_today, in_before) in [
            (0x1301, true, true),
            (0xC02F, true, true),
            (0xC014, true, true),
            (0x0033, true, true),
            (0x0032, true, true),
            (0x002F, false, true),
            (0x009D, false, true),
            (0xC004, false, true),
            (0xC012, false, false),
            (0x0005, false, false),
            (0xC09C, false, false),
        ] {
            let suite = CipherSuite(suite);
            let accepted = (today.accepts(Protocol::Tls12, suite), before.accepts(Protocol::Tls12, suite));
            assert_eq!(accepted, (in_today, in_before), "{suite}");
        }
    }

    #[test]
    fn a_restricted_client_offers_what_it_was_told() {
        let offer = Offer::java(TODAY, Some(&[Protocol::Tls11, Protocol::Tls12]));
        assert_eq!(offer.versions, [Protocol::Tls12]);
        assert!(!offer.accepts(Protocol::Tls13, CipherSuite(0x1301)));
        assert!(!Offer::java("SHA1", None).accepts(Protocol::Tls12, CipherSuite(0xC014)));
        assert!(!Offer::java("DHE", None).accepts(Protocol::Tls12, CipherSuite(0x0033)));
    }
}
