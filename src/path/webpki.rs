//! What a client built on rustls says: asked of rustls' own verifier (webpki), with the anchors, the name and the time of
//! the question and the algorithms of the ring provider.

mod every;

use std::fmt;
use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use time::OffsetDateTime;

pub use every::faults;

use super::outcome::Outcome;
use super::{Anchor, PeerName};
use crate::cert::{Certificate, signature_name};
use crate::der::{Reader, tag};

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
    decide(chain, &roots(anchors), name, now)
        .map_or_else(|why| Outcome::refused(why.to_string(), None), |()| Outcome::trusted(None))
}

fn decide(
    chain: &[Certificate],
    roots: &RootCertStore,
    name: Option<&PeerName>,
    now: OffsetDateTime,
) -> Result<(), Refused> {
    path(chain, roots, now)?;
    match (chain.first(), name) {
        (Some(leaf), Some(name)) => named(leaf, name),
        _ => Ok(()),
    }
}

/// What of the store webpki can read.
fn roots(anchors: &[Anchor]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(
        anchors.iter().map(|anchor| CertificateDer::from(anchor.certificate.der())),
    );
    roots
}

/// Whether the leaf is for the name.
fn named(leaf: &Certificate, name: &PeerName) -> Result<(), Refused> {
    let name = match name {
        PeerName::Ip(address) | PeerName::Written { address, .. } => ServerName::from(*address),
        // Such a client ends before it connects.
        PeerName::Dns(host) => ServerName::try_from(host.as_str())
            .map_err(|error| Refused::NoName { words: format!("{error}: {host}") })?,
    };
    let der = CertificateDer::from(leaf.der());
    Ok(verify_server_name(&ParsedCertificate::try_from(&der)?, &name)?)
}

/// Why not; some of it no error of rustls' verifier says.
#[derive(Debug)]
enum Refused {
    Rustls(rustls::Error),
    NoRoots,
    NoName { words: String },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustls(error) => match unsupported(error) {
                Some(algorithm) => write!(f, "invalid peer certificate: {UNSUPPORTED} ({algorithm})"),
                None => error.fmt(f),
            },
            Self::NoRoots => f.write_str("no root trust anchors were provided"),
            Self::NoName { words } => f.write_str(words),
        }
    }
}

/// The name that rustls 0.23.28 and older print alone; newer ones print it with a list of all that they support, number by
/// number.
const UNSUPPORTED: &str = "UnsupportedSignatureAlgorithm";

/// The signature algorithm that rustls does not take, if that is the matter.
fn unsupported(error: &rustls::Error) -> Option<String> {
    let rustls::Error::InvalidCertificate(
        CertificateError::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { signature_algorithm_id, .. },
    ) = error
    else {
        return None;
    };
    let oid = Reader::new(signature_algorithm_id).required(tag::OID, "an algorithm").ok()?;
    Some(signature_name(&oid.oid("an algorithm").ok()?))
}

impl From<rustls::Error> for Refused {
    fn from(error: rustls::Error) -> Self {
        Self::Rustls(error)
    }
}

/// Whether there is a path at a time, whatever the name.
fn path(chain: &[Certificate], roots: &RootCertStore, now: OffsetDateTime) -> Result<(), Refused> {
    let ders: Vec<CertificateDer<'_>> = chain.iter().map(|one| CertificateDer::from(one.der())).collect();
    let (leaf, intermediates) = ders.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
    // Each certificate has its length in front and, in TLS 1.3, a list of extensions behind it.
    let message = ders.iter().fold(4_usize, |sum, der| sum.saturating_add(der.len().saturating_add(5)));
    if message > MAX_MESSAGE {
        return Err(rustls::Error::from(rustls::InvalidMessage::HandshakePayloadTooLarge).into());
    }
    if roots.is_empty() {
        return Err(Refused::NoRoots);
    }
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    let leaf = ParsedCertificate::try_from(leaf)?;
    Ok(verify_server_cert_signed_by_trust_anchor(&leaf, roots, intermediates, now, algorithms)?)
}
