//! How one JVM meets a server: what it offers, and what of the agreement its verdict hangs on.

use crate::net::legacy::Offer;
use crate::net::{CipherSuite, Meeting, Observation, Protocol};
use crate::path::java::{KeyExchange, Session, Settings, SignatureSchemes};

/// What of the handshake the verdict hangs on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Handshake {
    pub(crate) key_exchange: KeyExchange,
    pub(crate) session: Session,
}

impl Handshake {
    /// Of the client's own meeting with the server, where it came to one; else of the one that was seen.
    pub(crate) fn of(observation: &Observation, meeting: Option<&Meeting>) -> Self {
        let own = meeting.and_then(|meeting| meeting.chosen);
        let (protocol, suite) = match own {
            Some((protocol, suite)) => (Some(protocol), Some(suite)),
            None => (observation.protocol, observation.cipher_suite),
        };
        let by_rsa = suite.and_then(CipherSuite::key_exchange) == Some("RSA");
        Self {
            key_exchange: if by_rsa { KeyExchange::KeyEncipherment } else { KeyExchange::Signature },
            session: protocol.map_or_else(Session::default, session),
        }
    }

    /// How the certificates may be signed then.
    pub(crate) fn schemes(
        self,
        settings: &Settings,
        protocols: Option<&[Protocol]>,
    ) -> Option<SignatureSchemes> {
        let offered = sessions(&Offer::java_versions(&settings.tls_disabled, protocols));
        settings.allowed_on_certificates(&offered, self.session)
    }
}

/// What a JVM with these rules, told to offer these versions, puts into its hello.
pub(crate) fn offer(settings: &Settings, protocols: Option<&[Protocol]>) -> Offer {
    let offer = Offer::java(&settings.tls_disabled, protocols);
    let offer = match &settings.cipher_suites {
        Some(names) => offer.with_suites(names),
        None => offer,
    };
    let versions = sessions(&offer.versions);
    let (handshake, certificates) =
        (settings.handshake_schemes(&versions), settings.certificate_schemes(&versions));
    offer.limited(settings.groups(), handshake.numbers(), certificates.numbers())
}

fn sessions(versions: &[Protocol]) -> Vec<Session> {
    versions.iter().copied().map(session).collect()
}

fn session(protocol: Protocol) -> Session {
    match protocol {
        Protocol::Tls13 => Session::Tls13,
        Protocol::Tls12 => Session::Tls12,
        _ => Session::Older,
    }
}
