//! What a client built on rustls says: asked of rustls' own verifier (webpki), with the anchors, the name and the time of
//! the question and the algorithms of the ring provider.

use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use time::OffsetDateTime;

use super::outcome::Outcome;
use super::{Anchor, PeerName};
use crate::cert::Certificate;

/// Longest handshake message rustls takes, in octets: a chain that does not fit is never verified.
const MAX_MESSAGE: usize = 0xFFFF;

/// Decides as `rustls::client::WebPkiServerVerifier` does without revocation lists. Anchors that webpki cannot read are
/// left out, as `RootCertStore::add_parsable_certificates` leaves them out; with none left no client can be made.
pub fn judge(
    chain: &[Certificate],
    anchors: &[Anchor],
    name: Option<&PeerName>,
    now: OffsetDateTime,
) -> Outcome {
    let ders: Vec<CertificateDer<'_>> = chain.iter().map(|one| CertificateDer::from(one.der())).collect();
    let Some((leaf, intermediates)) = ders.split_first() else {
        return Outcome::refused(rustls::Error::NoCertificatesPresented.to_string(), None);
    };
    // Each certificate has its length in front and, in TLS 1.3, a list of extensions behind it.
    let message = ders.iter().fold(4_usize, |sum, der| sum.saturating_add(der.len().saturating_add(5)));
    if message > MAX_MESSAGE {
        let error = rustls::Error::from(rustls::InvalidMessage::HandshakePayloadTooLarge);
        return Outcome::refused(error.to_string(), None);
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(
        anchors.iter().map(|anchor| CertificateDer::from(anchor.certificate.der())),
    );
    if roots.is_empty() {
        return Outcome::refused("no root trust anchors were provided".to_owned(), None);
    }
    let refused = |error: rustls::Error| Outcome::refused(error.to_string(), None);
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    let checked = ParsedCertificate::try_from(leaf).and_then(|leaf| {
        verify_server_cert_signed_by_trust_anchor(&leaf, &roots, intermediates, now, algorithms)?;
        Ok(leaf)
    });
    let leaf = match checked {
        Ok(leaf) => leaf,
        Err(error) => return refused(error),
    };
    let name = match name {
        None => return Outcome::trusted(None),
        Some(PeerName::Ip(address)) => ServerName::from(*address),
        Some(PeerName::Dns(host)) => match ServerName::try_from(host.as_str()) {
            Ok(name) => name,
            // Such a client ends before it connects.
            Err(error) => return Outcome::refused(format!("{error}: {host}"), None),
        },
    };
    verify_server_name(&leaf, &name).map_or_else(refused, |()| Outcome::trusted(None))
}
