//! Algorithm names as the JDK takes them apart and puts them in order (sun.security.util.AlgorithmDecomposer).

use super::settings::Settings;
use crate::cert::{Certificate, KeyAlgorithm, PublicKey};
use crate::der::Oid;

/// `X509Certificate.getSigAlgName`: a release without Edwards curves has no name for their signatures, and one before 16
/// none for those over SHA-3.
pub(super) fn signature_name(certificate: &Certificate, settings: &Settings) -> String {
    let oid = certificate.signature_algorithm().oid;
    let name = crate::cert::signature_name(&oid);
    let is_unknown = name.starts_with("Ed") && !settings.edwards_curves
        || name.starts_with("SHA3-") && settings.version.feature < 16
        // JDK-8242068 added these two.
        || matches!(name.as_str(), "SHA384withDSA" | "SHA512withDSA") && settings.version.feature < 16
        || name.starts_with("SHA512/") && settings.version.feature < 11;
    if is_unknown { oid.to_string() } else { name }
}

/// The parts of a standard name, split at `with`, `and`, `in` (not `padding`) and `/`.
pub(super) fn decompose(algorithm: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for token in algorithm.split('/') {
        let mut rest = token;
        let mut part = String::new();
        while let Some(c) = rest.chars().next() {
            let separator = ["with", "and", "in"].into_iter().find(|separator| {
                let here =
                    rest.get(..separator.len()).is_some_and(|text| text.eq_ignore_ascii_case(separator));
                here && !(*separator == "in" && part.to_ascii_lowercase().ends_with("padd"))
            });
            if let Some(separator) = separator {
                parts.push(std::mem::take(&mut part));
                rest = rest.get(separator.len()..).unwrap_or_default();
            } else {
                part.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        parts.push(part);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// `SHA-1` as `SHA1`.
pub(super) fn plain_hash(name: &str) -> String {
    match name.strip_prefix("SHA-") {
        Some(rest) => format!("SHA{rest}"),
        None => name.to_owned(),
    }
}

/// `SHA1` as `SHA-1`.
pub(super) fn dashed_hash(name: &str) -> Option<String> {
    matches!(name, "SHA1" | "SHA224" | "SHA256" | "SHA384" | "SHA512")
        .then(|| name.replacen("SHA", "SHA-", 1))
}

/// What `Key.getAlgorithm` says; newer releases (`modern`) name the curve of an Edwards key.
pub(super) fn key_name(key: &PublicKey, modern: bool) -> String {
    match key.algorithm {
        KeyAlgorithm::Rsa => "RSA".to_owned(),
        KeyAlgorithm::RsaPss => "RSASSA-PSS".to_owned(),
        KeyAlgorithm::Dsa => "DSA".to_owned(),
        KeyAlgorithm::Ec(_) => "EC".to_owned(),
        KeyAlgorithm::Ed25519 if modern => "Ed25519".to_owned(),
        KeyAlgorithm::Ed448 if modern => "Ed448".to_owned(),
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => "EdDSA".to_owned(),
        KeyAlgorithm::Dh => "DH".to_owned(),
        KeyAlgorithm::X25519 | KeyAlgorithm::X448 => "XDH".to_owned(),
        KeyAlgorithm::Other(oid) => oid.to_string(),
    }
}

/// A curve's names, the one Java prints first (sun.security.util.CurveDB); none for keys not on such a curve.
pub(super) fn curve_names(key: &PublicKey) -> &'static [&'static str] {
    const CURVES: [(Oid, &[&str]); 10] = [
        (Oid::new(&[1, 2, 840, 10_045, 3, 1, 7]), &["secp256r1", "NIST P-256", "X9.62 prime256v1"]),
        (Oid::new(&[1, 3, 132, 0, 34]), &["secp384r1", "NIST P-384"]),
        (Oid::new(&[1, 3, 132, 0, 35]), &["secp521r1", "NIST P-521"]),
        (Oid::new(&[1, 3, 132, 0, 33]), &["secp224r1", "NIST P-224"]),
        (Oid::new(&[1, 2, 840, 10_045, 3, 1, 1]), &["secp192r1", "NIST P-192", "X9.62 prime192v1"]),
        (Oid::new(&[1, 3, 132, 0, 10]), &["secp256k1"]),
        (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 7]), &["brainpoolP256r1"]),
        (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 11]), &["brainpoolP384r1"]),
        (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 9]), &["brainpoolP320r1"]),
        (Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 13]), &["brainpoolP512r1"]),
    ];
    let KeyAlgorithm::Ec(Some(curve)) = key.algorithm else { return &[] };
    CURVES.iter().find(|(oid, _)| *oid == curve).map(|(_, names)| *names).unwrap_or_default()
}

/// The order in which a `java.util.HashSet` of up to 12 strings gives them back: by the low four bits of the spread
/// hash, then as they were added.
pub(super) fn java_hash_order(names: Vec<String>) -> Vec<String> {
    let mut ordered: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if !ordered.contains(&name) {
            ordered.push(name);
        }
    }
    ordered.sort_by_key(|name| {
        let hash =
            name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ hash >> 16) & 15
    });
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_as_in_java() {
        assert_eq!(decompose("SHA1withRSA"), ["SHA1", "RSA"]);
        assert_eq!(decompose("SHA256withRSAandMGF1"), ["SHA256", "RSA", "MGF1"]);
        assert_eq!(decompose("RSA/ECB/PKCS1Padding"), ["RSA", "ECB", "PKCS1Padding"]);
        assert_eq!(decompose("RSASSA-PSS"), ["RSASSA-PSS"]);
    }

    /// `new HashSet<>(List.of("SHA1", "RSA", "SHA1withRSA", "EC"))` printed by a JVM.
    #[test]
    fn sets_are_walked_in_java_order() {
        let names = ["SHA1", "RSA", "SHA1withRSA", "EC"].map(str::to_owned).to_vec();
        assert_eq!(java_hash_order(names), ["RSA", "SHA1", "SHA1withRSA", "EC"]);
    }
}
