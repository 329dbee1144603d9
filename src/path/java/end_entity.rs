//! What a leaf must be allowed to do: sun.security.validator.EndEntityChecker for TLS servers, and the checks of the
//! anchor from PKIXValidator.

use super::KeyExchange;
use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::{Certificate, purpose};
use crate::der::{Oid, Reader, tag};

/// The first of [`leaf_faults`].
pub(super) fn check_leaf(leaf: &Certificate, key_exchange: KeyExchange) -> Result<(), Reason> {
    leaf_faults(leaf, key_exchange).into_iter().next().map_or(Ok(()), Err)
}

/// keyUsage by key exchange, extendedKeyUsage, Netscape certificate type, in this order.
pub(super) fn leaf_faults(leaf: &Certificate, key_exchange: KeyExchange) -> Vec<Reason> {
    let mut faults = Vec::new();
    if let Some(usage) = leaf.key_usage() {
        let missing = match key_exchange {
            KeyExchange::Signature if !usage.digital_signature() => Some("digital signatures"),
            KeyExchange::KeyEncipherment if !usage.key_encipherment() => Some("key encipherment"),
            _ => None,
        };
        faults.extend(missing.map(|missing| Reason::LeafKeyUsage { missing }));
    }
    let server = [purpose::SERVER_AUTH, purpose::ANY, purpose::MICROSOFT_SGC, purpose::NETSCAPE_SGC];
    if leaf.extended_key_usage().is_some_and(|purposes| !purposes.iter().any(|p| server.contains(p))) {
        faults.push(Reason::LeafExtendedKeyUsage);
    }
    if netscape_type(leaf).is_some_and(|bits| bits & 0x40 == 0) {
        faults.push(Reason::LeafNetscapeType);
    }
    faults
}

/// `PKIXValidator.verifyTrustAnchor`: version 1 passes.
pub(super) fn check_anchor(anchor: &Certificate, settings: &Settings) -> Result<(), Reason> {
    if settings.allow_non_ca_anchor || anchor.version() < 3 {
        return Ok(());
    }
    let subject = || anchor.subject().java(settings.version.feature);
    if !anchor.is_ca() {
        return Err(Reason::AnchorNotCa { subject: subject() });
    }
    if anchor.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
        return Err(Reason::AnchorKeyUsage { subject: subject() });
    }
    Ok(())
}

/// The bits of netscape-cert-type; the second is SSL server.
fn netscape_type(leaf: &Certificate) -> Option<u8> {
    const NETSCAPE_CERT_TYPE: Oid = Oid::new(&[2, 16, 840, 1, 113_730, 1, 1]);
    let extension = leaf.extensions().iter().find(|extension| extension.oid == NETSCAPE_CERT_TYPE)?;
    let bits = Reader::new(&extension.value).required(tag::BIT_STRING, "a certificate type").ok()?;
    Some(bits.content().get(1).copied().unwrap_or(0))
}
