//! The chain of a server that rustls cannot talk to: one ClientHello, and what comes back in the clear.
//!
//! Up to TLS 1.2 a server sends its certificates unencrypted in its first flight, before anything depends on the
//! cipher suite it chose. So a hello that offers every version, suite, group and scheme gets the chain of servers that
//! speak TLS 1.0, RSA key exchange, finite-field groups or CBC alone; the handshake need not be finished.

mod flight;
mod hello;
mod offer;

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

pub use flight::{Flight, FlightError, FlightReader};
pub use offer::Offer;

use super::connect::Deadline;
use super::{CipherSuite, Endpoint, NetError, Options, Phase, Protocol, proxy};

/// Most octets received for one flight.
const MAX_FLIGHT: usize = 512 * 1024;

/// The versions offered in turn: a good server takes the first and answers with its best; a version-intolerant one
/// wants to be asked for its own.
const OFFERS: [Protocol; 4] = [Protocol::Tls12, Protocol::Tls11, Protocol::Tls10, Protocol::Ssl3];

/// What a first flight showed, and how it was got.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) flight: Flight,
    pub(super) address: SocketAddr,
    pub(super) sni: Option<String>,
    /// Whether the server hung up in the middle of it.
    pub(super) is_cut: bool,
}

/// Asks until a chain is shown: as given, then without SNI, then for older versions.
///
/// # Errors
/// The error the caller already has, which says more than those met here; but that a server presents nothing at all is
/// seen only here.
pub(super) fn chain(
    endpoint: &Endpoint,
    options: &Options,
    total: Deadline,
    met: &NetError,
) -> Result<Shown, NetError> {
    let sni = options.sni.name_for(&endpoint.host);
    let best = Protocol::Tls12;
    let without_name = sni.is_some().then_some((best, None));
    let offers = std::iter::once((best, sni.clone())).chain(without_name);
    let offers = offers.chain(OFFERS.into_iter().skip(1).map(|version| (version, sni.clone())));
    for (version, sni) in offers {
        match ask(endpoint, options, total, &Offer::everything(version), version, sni) {
            Ok(shown) if !shown.flight.chain.is_empty() => return Ok(shown),
            Ok(shown) if shown.flight.presents_nothing => {
                return Err(NetError::NoCertificate { peer: endpoint.authority() });
            }
            // Waiting once more for a server that says nothing would only cost time.
            Err(NetError::TimedOut { .. }) => return Err(met.clone()),
            Ok(_) | Err(_) => {}
        }
    }
    // Who refuses everything in words may take what has no certificate.
    if !matches!(met, NetError::Alert { .. }) {
        return Err(met.clone());
    }
    let anonymous = Offer::anonymous();
    match ask(endpoint, options, total, &anonymous, best, options.sni.name_for(&endpoint.host))
        .map(|shown| shown.flight)
    {
        Ok(Flight { alert: None, cipher_suite: Some(suite), .. }) if anonymous.suites.contains(&suite) => {
            Err(NetError::Anonymous { peer: endpoint.authority(), suite })
        }
        _ => Err(met.clone()),
    }
}

/// What a server chose from an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The version.
    pub version: Protocol,
    /// The cipher suite.
    pub suite: CipherSuite,
    /// The certificates as received; none where they are encrypted.
    pub chain: Vec<Vec<u8>>,
}

/// What a server would choose from an offer, by a hello alone.
///
/// For a client that cannot be rustls: [`Offer::java`] for one JVM's. What a server of TLS 1.3 refuses behind its hello does
/// not show.
///
/// # Errors
/// The [`NetError`] that client would meet, whose [`NetError::java_text`] is then what it prints.
pub fn choice(endpoint: &Endpoint, options: &Options, offer: &Offer) -> Result<Chosen, NetError> {
    let peer = endpoint.authority();
    let version = offer.versions.iter().max().copied().ok_or(NetError::NothingOffered)?;
    let sni = options.sni.name_for(&endpoint.host);
    let shown = ask(endpoint, options, Deadline::after(options.total), offer, version, sni)?;
    let flight = shown.flight;
    match (flight.alert, flight.version.zip(flight.cipher_suite)) {
        (Some(alert), _) => Err(NetError::Alert { peer, alert, client_certificate_missing: false }),
        (None, None) => Err(NetError::Closed { peer, phase: Phase::Handshake, reset: false }),
        (None, Some((version, _))) if !offer.versions.contains(&version) => {
            Err(NetError::ProtocolTooOld { peer, version, offered: offer.versions.clone() })
        }
        // It chose, then found that it has no key for that: the server of the JDK shows its certificate before.
        (None, Some(_)) if shown.is_cut && !flight.presents_nothing => {
            Err(NetError::Closed { peer, phase: Phase::Handshake, reset: false })
        }
        (None, Some((version, suite))) => Ok(Chosen { version, suite, chain: flight.chain }),
    }
}

fn ask(
    endpoint: &Endpoint,
    options: &Options,
    total: Deadline,
    offer: &Offer,
    version: Protocol,
    sni: Option<String>,
) -> Result<Shown, NetError> {
    let peer = endpoint.authority();
    let hello = hello::client_hello(offer, version, sni.as_deref(), &options.alpn)?;
    let mut wire = proxy::route(endpoint, options, total)?;
    wire.begin(total.within(options.handshake), MAX_FLIGHT);
    wire.write_all(&hello).map_err(|error| wire.failure(&peer, Phase::Handshake, error))?;
    let mut reader = FlightReader::default();
    let mut piece = [0; 4096];
    let mut is_cut = false;
    while !reader.is_over() {
        match wire.read(&mut piece) {
            Ok(0) => {
                is_cut = true;
                break;
            }
            // What breaks the rules behind the ServerHello does not take away what was read.
            Ok(count) => match reader.feed(piece.get(..count).unwrap_or_default()) {
                Ok(()) => {}
                Err(_) if reader.flight().version.is_some() => break,
                Err(error) => return Err(NetError::Protocol { peer, what: error.to_string() }),
            },
            Err(_) if !reader.flight().chain.is_empty() => break,
            Err(error) => return Err(wire.failure(&peer, Phase::Handshake, error)),
        }
    }
    // close_notify as a warning (RFC 5246 section 7.2.1). Not being heard is no fault.
    let _ = wire.write_all(&[21, 3, 1, 0, 2, 1, 0]);
    Ok(Shown { flight: reader.into_flight(), address: wire.address, sni, is_cut })
}
