//! The signature schemes and groups that SunJSSE puts into its ClientHello, and what it therefore allows on certificates:
//! sun.security.ssl.SignatureScheme and NamedGroup.

use super::settings::Settings;

/// A version of TLS, as far as signatures depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Session {
    /// TLS 1.1 and before, which know no signature schemes.
    Older,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    #[default]
    Tls13,
}

/// A set of signature schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureSchemes(u32);

struct Scheme {
    number: u16,
    name: &'static str,
    algorithm: &'static str,
    key: &'static str,
    /// The group that is bound to it, whose curve may be disabled.
    group: Option<u16>,
    oldest: Session,
    newest: Session,
    /// The newest version in which it signs handshakes, for releases that tell that from certificates.
    signs_until: Session,
}

const fn scheme(
    number: u16,
    name: &'static str,
    algorithm: &'static str,
    key: &'static str,
    versions: [Session; 3],
) -> Scheme {
    let [oldest, newest, signs_until] = versions;
    let group = match number {
        0x0403 => Some(23),
        0x0503 => Some(24),
        0x0603 => Some(25),
        _ => None,
    };
    Scheme { number, name, algorithm, key, group, oldest, newest, signs_until }
}

use Session::{Older, Tls12, Tls13};
const ALL: [Session; 3] = [Older, Tls13, Tls13];
const NEW: [Session; 3] = [Tls12, Tls13, Tls13];
const ON_CERTIFICATES: [Session; 3] = [Older, Tls13, Tls12];
const OLD: [Session; 3] = [Older, Tls12, Tls12];

/// In the order of the hello.
const SCHEMES: [Scheme; 22] = [
    scheme(0x0403, "ecdsa_secp256r1_sha256", "SHA256withECDSA", "EC", ALL),
    scheme(0x0503, "ecdsa_secp384r1_sha384", "SHA384withECDSA", "EC", ALL),
    scheme(0x0603, "ecdsa_secp521r1_sha512", "SHA512withECDSA", "EC", ALL),
    scheme(0x0807, "ed25519", "Ed25519", "EdDSA", NEW),
    scheme(0x0808, "ed448", "Ed448", "EdDSA", NEW),
    scheme(0x0804, "rsa_pss_rsae_sha256", "RSASSA-PSS", "RSA", NEW),
    scheme(0x0805, "rsa_pss_rsae_sha384", "RSASSA-PSS", "RSA", NEW),
    scheme(0x0806, "rsa_pss_rsae_sha512", "RSASSA-PSS", "RSA", NEW),
    scheme(0x0809, "rsa_pss_pss_sha256", "RSASSA-PSS", "RSASSA-PSS", NEW),
    scheme(0x080A, "rsa_pss_pss_sha384", "RSASSA-PSS", "RSASSA-PSS", NEW),
    scheme(0x080B, "rsa_pss_pss_sha512", "RSASSA-PSS", "RSASSA-PSS", NEW),
    scheme(0x0401, "rsa_pkcs1_sha256", "SHA256withRSA", "RSA", ON_CERTIFICATES),
    scheme(0x0501, "rsa_pkcs1_sha384", "SHA384withRSA", "RSA", ON_CERTIFICATES),
    scheme(0x0601, "rsa_pkcs1_sha512", "SHA512withRSA", "RSA", ON_CERTIFICATES),
    scheme(0x0402, "dsa_sha256", "SHA256withDSA", "DSA", OLD),
    scheme(0x0303, "ecdsa_sha224", "SHA224withECDSA", "EC", OLD),
    scheme(0x0301, "rsa_sha224", "SHA224withRSA", "RSA", OLD),
    scheme(0x0302, "dsa_sha224", "SHA224withDSA", "DSA", OLD),
    scheme(0x0203, "ecdsa_sha1", "SHA1withECDSA", "EC", ON_CERTIFICATES),
    scheme(0x0201, "rsa_pkcs1_sha1", "SHA1withRSA", "RSA", ON_CERTIFICATES),
    scheme(0x0202, "dsa_sha1", "SHA1withDSA", "DSA", OLD),
    scheme(0x0101, "rsa_md5", "MD5withRSA", "RSA", OLD),
];

/// The groups in the order of the hello: number, name, algorithm, size in bits where a limit may be set on it.
const GROUPS: [(u16, &str, &str, usize); 10] = [
    (29, "x25519", "XDH", 0),
    (23, "secp256r1", "EC", 256),
    (24, "secp384r1", "EC", 384),
    (25, "secp521r1", "EC", 521),
    (30, "x448", "XDH", 0),
    (256, "ffdhe2048", "DH", 2048),
    (257, "ffdhe3072", "DH", 3072),
    (258, "ffdhe4096", "DH", 4096),
    (259, "ffdhe6144", "DH", 6144),
    (260, "ffdhe8192", "DH", 8192),
];

impl SignatureSchemes {
    /// The numbers of the IANA registry, in JSSE's order.
    pub fn numbers(self) -> Vec<u16> {
        self.members().map(|scheme| scheme.number).collect()
    }

    /// Whether a certificate may be signed so (SupportedSignatureAlgorithmConstraints): the part before `and` counts.
    pub(super) fn allow(self, algorithm: &str) -> bool {
        let name = algorithm.split_once("and").map_or(algorithm, |(name, _)| name);
        self.members().any(|scheme| scheme.algorithm.eq_ignore_ascii_case(name))
    }

    fn members(self) -> impl Iterator<Item = &'static Scheme> {
        SCHEMES
            .iter()
            .enumerate()
            .filter(move |(index, _)| self.0 >> index & 1 == 1)
            .map(|(_, scheme)| scheme)
    }
}

/// Whether JSSE knows a signature scheme of this name.
pub(super) fn is_scheme(name: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.name.eq_ignore_ascii_case(name))
}

impl Settings {
    /// What a client that offers these versions lists in `signature_algorithms`.
    pub fn handshake_schemes(&self, offered: &[Session]) -> SignatureSchemes {
        self.schemes(offered, "HandshakeSignature")
    }

    /// What it lists in `signature_algorithms_cert`.
    pub fn certificate_schemes(&self, offered: &[Session]) -> SignatureSchemes {
        self.schemes(offered, "CertificateSignature")
    }

    /// What it allows on certificates once the version is agreed; `None` where that has no schemes.
    pub fn allowed_on_certificates(&self, offered: &[Session], agreed: Session) -> Option<SignatureSchemes> {
        // What a client was not offering it does not agree to; this is for a verdict all the same.
        let is_offered = offered.contains(&agreed);
        let asked = if self.tells_scopes || !is_offered { &[agreed] } else { offered };
        (agreed != Older).then(|| self.certificate_schemes(asked))
    }

    fn schemes(&self, offered: &[Session], scope: &str) -> SignatureSchemes {
        let members = SCHEMES.iter().enumerate().filter(|(_, scheme)| {
            let signs = self.tells_scopes && scope == "HandshakeSignature";
            let newest = if signs { scheme.signs_until } else { scheme.newest };
            let in_time = offered.iter().any(|version| (scheme.oldest..=newest).contains(version));
            in_time && self.permits_scheme(scheme, scope)
        });
        SignatureSchemes(members.fold(0, |set, (index, _)| set | 1 << index))
    }

    /// `SignatureScheme.isPermitted`.
    fn permits_scheme(&self, scheme: &Scheme, scope: &str) -> bool {
        let is_known = scheme.key != "EdDSA" || self.edwards_curves;
        let is_chosen = self
            .signature_schemes
            .as_ref()
            .is_none_or(|chosen| chosen.iter().any(|name| name.eq_ignore_ascii_case(scheme.name)));
        let hash =
            scheme.name.split_once("pss_").and_then(|(_, rest)| rest.split_once('_')).map(|(_, hash)| hash);
        let names = [scheme.name, scheme.key, scheme.algorithm, hash.unwrap_or(scheme.name)];
        let permitted = [&self.tls, &self.certpath]
            .into_iter()
            .all(|constraints| names.iter().all(|name| constraints.permits_name(name)));
        let in_scope = names.iter().take(3).all(|name| self.tls.permits_scope(name, scope));
        let curve = GROUPS.iter().find(|(number, ..)| scheme.group == Some(*number));
        is_known && is_chosen && permitted && in_scope && curve.is_none_or(|group| self.permits_group(*group))
    }

    /// What it lists in `supported_groups` (numbers of the IANA registry).
    pub fn groups(&self) -> Vec<u16> {
        // JDK 11 brought XDH (JEP 324).
        let is_known = |(_, _, algorithm, _): &(u16, &str, &str, usize)| {
            self.version.feature >= 11 || *algorithm != "XDH"
        };
        let all = GROUPS.into_iter().filter(is_known);
        let chosen: Vec<_> = match &self.named_groups {
            None => all.collect(),
            Some(names) => {
                let known =
                    |name: &String| all.clone().find(|(_, known, ..)| known.eq_ignore_ascii_case(name));
                names.iter().filter_map(known).collect()
            }
        };
        chosen.into_iter().filter(|group| self.permits_group(*group)).map(|(number, ..)| number).collect()
    }

    /// `NamedGroup.isPermitted`.
    fn permits_group(&self, (_, name, algorithm, bits): (u16, &str, &str, usize)) -> bool {
        let also = if algorithm == "DH" { "DiffieHellman" } else { algorithm };
        [&self.tls, &self.certpath].into_iter().all(|constraints| {
            [name, algorithm, also].into_iter().all(|name| constraints.permits_name(name))
                && [algorithm, also].into_iter().all(|kind| constraints.permits_bits(kind, bits))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::java::Version;

    #[test]
    fn a_release_tells_handshakes_from_certificates() {
        let of = |text: &str| Settings::of(&Version::parse(text).unwrap());
        let both = [Tls12, Tls13];
        let (old, new) = (of("17.0.9"), of("25.0.3"));
        assert_eq!(old.handshake_schemes(&both), old.certificate_schemes(&both));
        assert!(!new.handshake_schemes(&both).numbers().contains(&0x0201));
        assert!(new.certificate_schemes(&both).numbers().contains(&0x0201));
        assert!(!of("11.0.13").handshake_schemes(&both).numbers().contains(&0x0807));
        let allows = |settings: &Settings, agreed| settings.allowed_on_certificates(&both, agreed).unwrap();
        assert!(allows(&old, Tls13).allow("SHA224withRSA") && !allows(&new, Tls13).allow("SHA224withRSA"));
        assert!(allows(&new, Tls12).allow("SHA224withRSA"));
        assert!(allows(&new, Tls12).allow("RSASSA-PSSandMGF1") && !allows(&new, Tls12).allow("MD5withRSA"));
        assert_eq!(new.allowed_on_certificates(&both, Older), None);
    }
}
