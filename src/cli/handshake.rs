//! How a client meets a server: what it offers, what of the agreement its verdict hangs on, what keeps it from one.

use crate::net::legacy::Offer;
use crate::net::{CipherSuite, ClientFailure, Means, Meeting, NetError, Observation, Options, Protocol};
use crate::path::Rules;
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

/// What keeps another client than Java from a connection, whatever it makes of the chain. Both speak TLS 1.2 and later; what
/// rustls met is what it meets, and OpenSSL has an offer of its own.
pub(crate) fn failure_of(
    rules: Rules,
    observation: &Observation,
    options: &Options,
) -> Option<ClientFailure> {
    if let Some(version @ (Protocol::Ssl3 | Protocol::Tls10 | Protocol::Tls11)) = observation.protocol {
        let (peer, offered) = (observation.endpoint.authority(), vec![Protocol::Tls13, Protocol::Tls12]);
        let error = NetError::ProtocolTooOld { peer, version, offered };
        return Some(ClientFailure { error, before_chain: true });
    }
    match rules {
        Rules::OpenSsl => {
            let met = observation.meeting(&Offer::openssl(), options).failure;
            // How much a JVM takes is nothing to others.
            met.filter(|failure| !matches!(failure.error, NetError::ChainTooLarge { .. }))
        }
        Rules::Webpki | Rules::Java => {
            let error = observation.failure.clone()?;
            Some(ClientFailure { error, before_chain: observation.means == Means::FirstFlight })
        }
    }
}

/// The finding's code.
pub(crate) fn code(error: &NetError) -> &'static str {
    match error.code() {
        "handshake-closed" => "handshake-failed",
        code => code,
    }
}

/// It, and what it comes from.
pub(crate) fn with_causes(error: &NetError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
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
