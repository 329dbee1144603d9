//! What a client offers a server: versions, cipher suites, groups, signature schemes.

use crate::cert::{Certificate, KeyAlgorithm, curve_name, signature_name};
use crate::der::Oid;
use crate::net::suites::{ANONYMOUS, SUITES, is_of_the_past};
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
    /// How the server may sign the handshake (IANA SignatureScheme numbers), best first; said from TLS 1.2 on.
    pub schemes: Vec<u16>,
    /// How its certificates may be signed, where the client says that too (signature_algorithms_cert, RFC 8446 section
    /// 4.2.3).
    pub certificate_schemes: Option<Vec<u16>>,
    /// Whether the versions are listed (supported_versions, RFC 8446 section 4.2.1), as clients of TLS 1.3 do: an old
    /// server that knows the extension then refuses, one that does not chooses its own version.
    pub(in crate::net) lists_versions: bool,
}

/// Every curve of RFC 8422 and RFC 7027, older ones of RFC 4492, and the groups of RFC 7919.
const EVERY_GROUP: [u16; 20] =
    [29, 23, 24, 25, 30, 22, 21, 19, 26, 27, 28, 14, 13, 10, 9, 256, 257, 258, 259, 260];

/// RFC 8446 section 4.2.3, and before it the pairs of RFC 5246 down to MD5 and DSA.
const EVERY_SCHEME: [u16; 24] = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501,
    0x0601, 0x0303, 0x0301, 0x0402, 0x0502, 0x0602, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101,
];

/// With SHA-1 or MD5: below security level 2.
const OPENSSL_TOO_WEAK: [u16; 4] = [0x0203, 0x0201, 0x0202, 0x0101];

/// Smallest RSA key, in bits, that signs in TLS 1.3: a hash, as much salt and 16 bits (RFC 8017 section 9.1.1).
const SMALLEST_PSS: usize = 528;

/// The suites of TLS 1.3.
pub(super) const TLS13_SUITES: std::ops::Range<u16> = 0x1300..0x1400;

/// The groups of OpenSSL 3 (`supported_groups_default` in ssl/t1_lib.c): x25519, P-256, x448, P-521, P-384, RFC 7919.
const OPENSSL_GROUPS: [u16; 10] = [29, 23, 30, 25, 24, 256, 257, 258, 259, 260];

impl Offer {
    /// Everything there is up to a version.
    pub fn everything(newest: Protocol) -> Self {
        let suites = SUITES.iter().map(|(number, _)| CipherSuite(*number)).collect();
        Self {
            versions: vec![newest],
            suites,
            groups: EVERY_GROUP.to_vec(),
            schemes: EVERY_SCHEME.to_vec(),
            certificate_schemes: None,
            lists_versions: false,
        }
    }

    /// The suites without a certificate, and nothing else.
    pub(super) fn anonymous() -> Self {
        let suites = ANONYMOUS.iter().map(|(number, _)| CipherSuite(*number)).collect();
        Self { suites, ..Self::everything(Protocol::Tls12) }
    }

    /// What a JVM offers: the suites JSSE enables, without what its `jdk.tls.disabledAlgorithms` forbids, for the
    /// versions of its `https.protocols` (or `jdk.tls.client.protocols`), by default TLS 1.0 to 1.3 without the disabled.
    /// Of groups and schemes, everything: [`Offer::limited`].
    pub fn java(disabled_algorithms: &str, protocols: Option<&[Protocol]>) -> Self {
        let disabled = tokens(disabled_algorithms);
        let versions = Self::java_versions(disabled_algorithms, protocols);
        let (new, old) = (versions.contains(&Protocol::Tls13), versions.iter().any(|v| *v < Protocol::Tls13));
        let suites = SUITES.iter().filter(|(number, name)| {
            let is_spoken = if TLS13_SUITES.contains(number) { new } else { old };
            is_spoken && is_java(name) && !is_forbidden(name, &disabled)
        });
        let suites = suites.map(|(number, _)| CipherSuite(*number)).collect();
        let newest = versions.first().copied().unwrap_or(Protocol::Tls12);
        Self { versions, suites, lists_versions: true, ..Self::everything(newest) }.with_versions_of_suites()
    }

    /// A version without a suite is not offered (`HandshakeContext.getActiveProtocols`).
    fn with_versions_of_suites(mut self) -> Self {
        let has = |tls13: bool| self.suites.iter().any(|suite| TLS13_SUITES.contains(&suite.0) == tls13);
        let (new, old) = (has(true), has(false));
        self.versions.retain(|version| if *version == Protocol::Tls13 { new } else { old });
        self
    }

    /// The versions of that offer alone, newest first.
    pub fn java_versions(disabled_algorithms: &str, protocols: Option<&[Protocol]>) -> Vec<Protocol> {
        let disabled = tokens(disabled_algorithms);
        let is_disabled = |name: &str| disabled.iter().any(|token| token.eq_ignore_ascii_case(name));
        let default = [Protocol::Tls13, Protocol::Tls12, Protocol::Tls11, Protocol::Tls10];
        let mut versions = protocols.unwrap_or(&default).to_vec();
        versions.retain(|version| !is_disabled(version.java_name()));
        versions.sort_unstable_by(|a, b| b.cmp(a));
        versions
    }

    /// The offer with these groups and signature schemes alone.
    #[must_use]
    pub fn limited(self, groups: Vec<u16>, schemes: Vec<u16>, certificate_schemes: Vec<u16>) -> Self {
        Self { groups, schemes, certificate_schemes: Some(certificate_schemes), ..self }
    }

    /// The offer with those of its suites alone that have these names.
    #[must_use]
    pub fn with_suites(mut self, names: &[String]) -> Self {
        self.suites.retain(|suite| names.contains(&suite.to_string()));
        self.with_versions_of_suites()
    }

    /// What OpenSSL 3 offers with its defaults: the suites of `openssl ciphers -s` at security level 2, TLS 1.2 and 1.3.
    pub fn openssl() -> Self {
        let suites = SUITES.iter().filter(|(_, name)| is_openssl(name));
        Self {
            versions: vec![Protocol::Tls13, Protocol::Tls12],
            suites: suites.map(|(number, _)| CipherSuite(*number)).collect(),
            groups: OPENSSL_GROUPS.to_vec(),
            schemes: EVERY_SCHEME.into_iter().filter(|scheme| !OPENSSL_TOO_WEAK.contains(scheme)).collect(),
            certificate_schemes: None,
            lists_versions: true,
        }
    }

    /// Whether a server's choice is one of those offered.
    pub fn accepts(&self, version: Protocol, suite: CipherSuite) -> bool {
        self.versions.contains(&version) && self.suites.contains(&suite)
    }

    /// What of a chain, leaf first, the schemes and groups do not ask for, in words; `None` if they ask for all of it.
    pub(in crate::net) fn unasked(&self, chain: &[Certificate]) -> Option<String> {
        let key = chain.first().and_then(|leaf| self.unasked_key(leaf));
        key.or_else(|| chain.iter().find_map(|certificate| self.unasked_signature(certificate)))
    }

    fn unasked_key(&self, leaf: &Certificate) -> Option<String> {
        let key = leaf.public_key();
        if key.algorithm == KeyAlgorithm::Rsa && key.bits < SMALLEST_PSS && self.has_tls13() {
            return Some(format!("{} has a key of {} bits", leaf.subject(), key.bits));
        }
        let kind = match key.algorithm {
            KeyAlgorithm::Ed25519 if !self.schemes.contains(&0x0807) => "Ed25519".to_owned(),
            KeyAlgorithm::Ed448 if !self.schemes.contains(&0x0808) => "Ed448".to_owned(),
            KeyAlgorithm::Ec(curve) if !self.asks_for_curve(curve) => {
                curve.map_or_else(|| "a curve without a name".to_owned(), |curve| curve_name(&curve))
            }
            _ => return None,
        };
        Some(format!("{} has a key of the kind {kind}", leaf.subject()))
    }

    /// Whether a leaf may have a key on this curve: in TLS 1.3 a scheme is bound to it, before it is one of the groups.
    fn asks_for_curve(&self, curve: Option<Oid>) -> bool {
        let (group, scheme) = match curve.map(|curve| curve_name(&curve)).as_deref() {
            Some("P-256") => (23, 0x0403),
            Some("P-384") => (24, 0x0503),
            Some("P-521") => (25, 0x0603),
            _ => return false, // which no client here offers
        };
        if self.has_tls13() { self.schemes.contains(&scheme) } else { self.groups.contains(&group) }
    }

    fn unasked_signature(&self, certificate: &Certificate) -> Option<String> {
        let asked = self.certificate_schemes.as_ref().unwrap_or(&self.schemes);
        let name = signature_name(&certificate.signature_algorithm().oid);
        let is_asked = schemes_of(&name).iter().any(|scheme| asked.contains(scheme));
        (!is_asked).then(|| format!("{} is signed with {name}", certificate.subject()))
    }

    /// Whether a server can answer in TLS 1.3.
    pub(super) fn has_tls13(&self) -> bool {
        self.lists_versions && self.versions.contains(&Protocol::Tls13)
    }
}

fn tokens(disabled_algorithms: &str) -> Vec<&str> {
    disabled_algorithms.split(',').map(str::trim).collect()
}

/// How a certificate is signed, as TLS numbers it; for RSASSA-PSS any of its hashes.
fn schemes_of(signature: &str) -> &'static [u16] {
    match signature {
        "SHA256withRSA" => &[0x0401],
        "SHA384withRSA" => &[0x0501],
        "SHA512withRSA" => &[0x0601],
        "SHA224withRSA" => &[0x0301],
        "SHA1withRSA" => &[0x0201],
        "SHA256withECDSA" => &[0x0403],
        "SHA384withECDSA" => &[0x0503],
        "SHA512withECDSA" => &[0x0603],
        "SHA224withECDSA" => &[0x0303],
        "SHA1withECDSA" => &[0x0203],
        "SHA256withDSA" => &[0x0402],
        "SHA224withDSA" => &[0x0302],
        "SHA1withDSA" => &[0x0202],
        "Ed25519" => &[0x0807],
        "Ed448" => &[0x0808],
        "RSASSA-PSS" => &[0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B],
        _ => &[],
    }
}

/// Whether a suite is among `DEFAULT` (`ALL:!COMPLEMENTOFDEFAULT:!eNULL`, without what is only in `COMPLEMENTOFALL` or asks
/// for a lower security level).
fn is_openssl(suite: &str) -> bool {
    let absent = ["_DSS_", "TLS_ECDH_", "ARIA", "CAMELLIA", "CCM", "3DES"];
    !is_of_the_past(suite) && !absent.iter().any(|part| suite.contains(part))
}

/// Whether JSSE knows a suite and enables it (sun/security/ssl/CipherSuite.java of JDK 17; RC4 it knows, disabled).
fn is_java(suite: &str) -> bool {
    !is_of_the_past(suite) && !["ARIA", "CAMELLIA", "CCM"].iter().any(|cipher| suite.contains(cipher))
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
