//! Extensions along the path (`check_extensions`, `crypto/x509/v3_purp.c`) and the strength of keys and hashes
//! (`check_auth_level`) at security level 2.

use super::Stop;
use super::error::VerifyError;
use super::forms::is_key;
use super::node::{Node, is_issuer};
use crate::cert::{Certificate, KeyAlgorithm, PublicKey, purpose, signature_name};
use crate::der::{Oid, Reader, tag};

/// Leaf first, the anchor included.
pub(super) fn extensions(path: &[&Node<'_>]) -> Result<(), Stop> {
    (0..path.len())
        .try_for_each(|depth| extensions_at(path, depth).map_err(|error| Stop::Error(error, depth)))
}

/// The same for one place of the path.
pub(super) fn extensions_at(path: &[&Node<'_>], depth: usize) -> Result<(), VerifyError> {
    let Some(node) = path.get(depth) else { return Ok(()) };
    let (certificate, issuer) = (node.certificate, depth > 0);
    if has_unknown_critical(certificate) {
        return Err(VerifyError::UnhandledCriticalExtension);
    }
    let ca = if node.malformed { 0 } else { is_issuer(node) };
    // An anchor may be a CA by age or by keyUsage alone, an intermediate may not.
    if issuer && (ca == 0 || depth + 1 < path.len() && ca != 1) {
        return Err(VerifyError::InvalidCa);
    }
    if path.len() > 1 && matches!(certificate.public_key().algorithm, KeyAlgorithm::Ec(None)) {
        return Err(VerifyError::ExplicitCurve);
    }
    if !node.malformed && !is_for_servers(certificate, issuer.then_some(ca)) {
        return Err(VerifyError::InvalidPurpose);
    }
    let below = path.iter().take(depth).skip(1).filter(|node| !node.self_issued).count();
    let allowed = certificate.basic_constraints().and_then(|constraints| constraints.path_length);
    let exceeds = |allowed| u32::try_from(below).is_ok_and(|below| below > allowed);
    if depth > 1 && allowed.is_some_and(exceeds) {
        return Err(VerifyError::PathLengthExceeded);
    }
    Ok(())
}

/// `check_ca`: 0 no, 1 by basicConstraints, 3 a self-signed one of version 1, 4 by keyUsage alone, 5 by Netscape type.
pub(super) fn is_ca(certificate: &Certificate, old_root: bool) -> u8 {
    let usage = certificate.key_usage();
    match certificate.basic_constraints() {
        _ if usage.is_some_and(|usage| !usage.key_cert_sign()) => 0,
        Some(constraints) => u8::from(constraints.ca),
        None if old_root => 3,
        None if usage.is_some() => 4,
        None if netscape_type(certificate).is_some_and(|bits| bits & NETSCAPE_ANY_CA != 0) => 5,
        None => 0,
    }
}

/// `check_purpose_ssl_server`; `ca` is `check_ca`'s answer for an issuer, `None` for the leaf.
fn is_for_servers(certificate: &Certificate, ca: Option<u8>) -> bool {
    let server = [purpose::SERVER_AUTH, purpose::MICROSOFT_SGC, purpose::NETSCAPE_SGC];
    let purposes = certificate.extended_key_usage();
    if purposes.is_some_and(|purposes| !purposes.iter().any(|purpose| server.contains(purpose))) {
        return false;
    }
    if let Some(ca) = ca {
        let netscape = netscape_type(certificate).unwrap_or(0);
        return ca != 0 && (ca != 5 || netscape & NETSCAPE_SSL_CA != 0);
    }
    let usable = certificate
        .key_usage()
        .is_none_or(|usage| usage.digital_signature() || usage.key_encipherment() || usage.key_agreement());
    usable && netscape_type(certificate).is_none_or(|bits| bits & NETSCAPE_SSL_SERVER != 0)
}

const NETSCAPE_SSL_SERVER: u8 = 0x40;
const NETSCAPE_SSL_CA: u8 = 0x04;
const NETSCAPE_ANY_CA: u8 = 0x07;

fn netscape_type(certificate: &Certificate) -> Option<u8> {
    const NETSCAPE_CERT_TYPE: Oid = Oid::new(&[2, 16, 840, 1, 113_730, 1, 1]);
    let extension = certificate.extensions().iter().find(|extension| extension.oid == NETSCAPE_CERT_TYPE)?;
    let bits = Reader::new(&extension.value).required(tag::BIT_STRING, "a certificate type").ok()?;
    Some(bits.content().get(1).copied().unwrap_or(0))
}

/// `X509_supported_extension`.
fn has_unknown_critical(certificate: &Certificate) -> bool {
    certificate.extensions().iter().any(|extension| extension.critical && !is_supported(&extension.oid))
}

/// Whether an extension may be critical.
pub(super) fn is_supported(oid: &Oid) -> bool {
    const KNOWN: [Oid; 14] = [
        Oid::new(&[2, 16, 840, 1, 113_730, 1, 1]),
        Oid::new(&[2, 5, 29, 15]),
        Oid::new(&[2, 5, 29, 17]),
        Oid::new(&[2, 5, 29, 19]),
        Oid::new(&[2, 5, 29, 30]),
        Oid::new(&[2, 5, 29, 31]),
        Oid::new(&[2, 5, 29, 32]),
        Oid::new(&[2, 5, 29, 33]),
        Oid::new(&[2, 5, 29, 36]),
        Oid::new(&[2, 5, 29, 37]),
        Oid::new(&[2, 5, 29, 54]),
        Oid::new(&[1, 3, 6, 1, 5, 5, 7, 1, 7]),
        Oid::new(&[1, 3, 6, 1, 5, 5, 7, 1, 8]),
        Oid::new(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5]),
    ];
    KNOWN.contains(oid)
}

/// Keys of issuers, and hashes of all signatures but the anchor's.
pub(super) fn security_level(path: &[&Node<'_>]) -> Result<(), Stop> {
    let weak =
        (0..path.len()).find_map(|depth| Some((weaknesses_at(path, depth).into_iter().next()?, depth)));
    weak.map_or(Ok(()), |(error, depth)| Err(Stop::Error(error, depth)))
}

/// What is too weak at one place of the path; the leaf's key is looked at before.
pub(super) fn weaknesses_at(path: &[&Node<'_>], depth: usize) -> Vec<VerifyError> {
    let Some(node) = path.get(depth) else { return Vec::new() };
    let key = depth > 0 && !key_is_strong(node.certificate.public_key());
    let hash = depth + 1 < path.len() && !hash_is_strong(node.certificate);
    let errors = [(key, VerifyError::CaKeyTooSmall), (hash, VerifyError::DigestTooWeak)];
    errors.into_iter().filter(|(weak, _)| *weak).map(|(_, error)| error).collect()
}

/// `check_key_level`: at least 112 bits of security.
pub(super) fn key_is_strong(key: &PublicKey) -> bool {
    match key.algorithm {
        _ if !is_key(key) => false,
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa | KeyAlgorithm::Dh => {
            modulus_is_strong(key.bits)
        }
        KeyAlgorithm::Ec(_) => key.bits == 0 || key.bits >= 224,
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => true,
        KeyAlgorithm::X25519 | KeyAlgorithm::X448 | KeyAlgorithm::Other(_) => true,
    }
}

/// `ossl_ifc_ffc_compute_security_bits` rounds to a multiple of eight: 108 is enough for 112. 2048 bits have 110.
fn modulus_is_strong(bits: usize) -> bool {
    let nepers = f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) * std::f64::consts::LN_2;
    let security = (1.923 * (nepers * nepers.ln().powi(2)).cbrt() - 4.69) / std::f64::consts::LN_2;
    security >= 108.0
}

/// `check_sig_level`: SHA-1 and MD5 are below 112 bits.
fn hash_is_strong(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm();
    let name = signature_name(&algorithm.oid);
    match name.as_str() {
        "RSASSA-PSS" => algorithm.parameters.as_deref().is_some_and(pss_hash_is_strong),
        name => ["SHA2", "SHA3", "SHA5", "Ed"].iter().any(|strong| name.starts_with(strong)),
    }
}

/// Without a hash in the parameters it is SHA-1 (RFC 8017 appendix A.2.3).
fn pss_hash_is_strong(parameters: &[u8]) -> bool {
    const SHA1: Oid = Oid::new(&[1, 3, 14, 3, 2, 26]);
    let hash = || {
        let mut fields = Reader::new(parameters).required(tag::SEQUENCE, "parameters").ok()?.children();
        let field = fields.next().ok()??;
        if field.tag() != 0xA0 {
            return None;
        }
        let algorithm = field.children().required(tag::SEQUENCE, "a hash").ok()?;
        let oid = algorithm.children().required(tag::OID, "a hash").ok()?;
        Oid::from_content(oid.content(), 0).ok()
    };
    hash().is_some_and(|hash| hash != SHA1)
}
