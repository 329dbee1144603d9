//! Looking at a server: the handshake is run for what it shows, and the presented chain is kept whatever comes after.

use std::net::SocketAddr;
use std::time::Duration;

use time::OffsetDateTime;

use super::connect::Deadline;
use super::legacy::{Chosen, FlightReader, Offer};
use super::peer::Peer;
use super::record::Choice;
use super::session::Session;
use super::{
    Alert, CipherSuite, Endpoint, NetError, Options, Phase, Protocol, Scheme, Sni, http, legacy, tls,
};
use crate::cert::verify::Outcome;
use crate::cert::{Certificate, CertificateError, Name};

/// How long a TLS 1.3 server has to say that it wanted a client certificate: the client's side of the handshake is
/// over before the server has looked (RFC 8446 section 4.4.2.4).
const AFTERWORD: Duration = Duration::from_secs(2);

/// `jdk.tls.maxHandshakeMessageSize` unless set.
const JAVA_MAX_MESSAGE: usize = 32_768;

/// What a connection showed.
#[derive(Debug, Clone)]
pub struct Observation {
    /// What was asked for.
    pub endpoint: Endpoint,
    /// How it was had.
    pub means: Means,
    /// The address connected to: the server's, or the proxy's.
    pub address: SocketAddr,
    /// The name sent in the ClientHello.
    pub sni: Option<String>,
    /// The version chosen.
    pub protocol: Option<Protocol>,
    /// The cipher suite chosen.
    pub cipher_suite: Option<CipherSuite>,
    /// The key exchange group, as rustls spells it.
    pub group: Option<String>,
    /// The application protocol chosen.
    pub alpn: Option<String>,
    /// The presented chain as received, leaf first if the server is right. Never empty.
    pub chain: Vec<Presented>,
    /// The OCSP response stapled to the leaf, as encoded.
    pub stapled_ocsp: Option<Vec<u8>>,
    /// What the server said about client certificates, if it asked for one.
    pub client_auth: Option<ClientAuthRequest>,
    /// Whether the server proved that it has the leaf's key; `None` when the handshake ended before.
    pub handshake_signature: Option<Outcome>,
    /// The scheme of that proof (IANA SignatureScheme).
    pub signature_scheme: Option<u16>,
    /// The time by the server's clock, if it was asked for and told.
    pub server_time: Option<OffsetDateTime>,
    /// Why the handshake did not succeed although the chain was had.
    pub failure: Option<NetError>,
    /// What the server answers to other offers, where this comes from a record: then it is not asked again.
    pub choices: Option<Vec<Choice>>,
}

/// One certificate as received.
#[derive(Debug, Clone)]
pub struct Presented {
    /// Its octets, whatever they are.
    pub der: Vec<u8>,
    /// What they say.
    pub certificate: Result<Certificate, CertificateError>,
}

/// A server's request for a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAuthRequest {
    /// The names of the authorities it accepts, as encoded; none means any.
    pub authorities: Vec<Vec<u8>>,
    /// Whether it goes on without one; `None` when that did not show (one was sent, or the handshake ended before).
    pub required: Option<bool>,
}

impl Observation {
    /// What a JVM with this offer meets in place of rustls (trust, and the number of certificates, are another question).
    /// Where the observation does not say, the server is asked once more.
    pub fn meeting(&self, client: &Offer, options: &Options) -> Meeting {
        let before = |error| ClientFailure { error, before_chain: true };
        if client.versions.is_empty() {
            return Meeting { failure: Some(before(NetError::NothingOffered)), ..Meeting::default() };
        }
        let mut chain = None;
        let chosen = if self.shows(client) {
            self.protocol.zip(self.cipher_suite)
        } else {
            let asked = match &self.choices {
                None => self.choice(options, client).map(|own| {
                    chain = self.other_chain(own.chain);
                    (own.version, own.suite)
                }),
                Some(known) => match known.iter().find(|(offer, _)| offer == client) {
                    Some((_, answer)) => answer.clone(),
                    None => Err(self.not_recorded()),
                },
            };
            match asked {
                Ok(chosen) => Some(chosen),
                Err(error) => return Meeting { failure: Some(before(error)), ..Meeting::default() },
            }
        };
        let failure = self.beyond_limits().map(before).or_else(|| {
            // Of another version than the one seen only the hello is known.
            let is_same = self.means == Means::Handshake && chosen.unzip().0 == self.protocol;
            let error = self.failure.clone().filter(|_| is_same && !self.is_objection())?;
            // Without the name the server refused there would be no chain.
            let before_chain = matches!(error, NetError::Alert { alert: Alert::UNRECOGNIZED_NAME, .. });
            Some(ClientFailure { error, before_chain })
        });
        Meeting { chosen, chain, failure }
    }

    /// A chain with another leaf than the one that was seen.
    fn other_chain(&self, chain: Vec<Vec<u8>>) -> Option<Vec<Presented>> {
        let seen = self.chain.first().map(|leaf| &leaf.der);
        let is_other = chain.first().is_some_and(|leaf| Some(leaf) != seen);
        is_other.then(|| chain.into_iter().map(Presented::read).collect())
    }

    /// What the server chooses from an offer.
    pub(super) fn choice(&self, options: &Options, client: &Offer) -> Result<Chosen, NetError> {
        let mut chosen = legacy::choice(&self.endpoint, options, client)?;
        if chosen.version == Protocol::Tls13 && self.protocol == Some(Protocol::Tls13) {
            // A server may look for a fitting certificate behind its hello only, where its alert is encrypted.
            let same = Options { schemes: Some(client.schemes.clone()), ask_time: false, ..options.clone() };
            match attempt(&self.endpoint, &same, Deadline::after(options.total)) {
                Ok(own) => chosen.chain = own.chain.into_iter().map(|presented| presented.der).collect(),
                Err(missed) if matches!(missed.error, NetError::Alert { .. } | NetError::Closed { .. }) => {
                    return Err(missed.error);
                }
                Err(_) => {}
            }
        }
        Ok(chosen)
    }

    /// Whether a record tells what a client with this offer meets, or nobody has to tell, because the server can be asked.
    pub fn tells(&self, client: &Offer) -> bool {
        let is_known = |known: &Vec<Choice>| known.iter().any(|(offer, _)| offer == client);
        self.shows(client) || self.choices.as_ref().is_none_or(is_known)
    }

    fn not_recorded(&self) -> NetError {
        NetError::NotRecorded { peer: self.endpoint.authority() }
    }

    /// Whether what was seen tells what a client with this offer meets.
    pub(super) fn shows(&self, client: &Offer) -> bool {
        let chosen = self.protocol.zip(self.cipher_suite);
        let shared = chosen.is_some_and(|(version, suite)| client.accepts(version, suite));
        let is_same = shared && self.is_group_of(client) && self.unasked(client).is_none();
        self.means == Means::Handshake && is_same && !self.is_objection()
    }

    /// Whether the client has the group that keys were exchanged in, if they were in one.
    fn is_group_of(&self, client: &Offer) -> bool {
        let number = match self.group.as_deref() {
            Some("X25519") => 29,
            Some("secp256r1") => 23,
            Some("secp384r1") => 24,
            Some("secp521r1") => 25,
            _ => return true,
        };
        client.groups.contains(&number)
    }

    /// What rustls objects to, a JVM may not.
    fn is_objection(&self) -> bool {
        matches!(self.failure, Some(NetError::Protocol { .. }))
    }

    /// What of the server's certificates and signature this client does not ask for: a server may choose by that, or have
    /// nothing to show.
    pub fn unasked(&self, client: &Offer) -> Option<String> {
        if self.protocol.is_some_and(|version| version < Protocol::Tls12) {
            return None; // which have no signature_algorithms
        }
        client.unasked(&self.certificates()).or_else(|| {
            let scheme = self.signature_scheme.filter(|scheme| !client.schemes.contains(scheme))?;
            Some(format!("the server signs with the scheme {scheme:#06x}"))
        })
    }

    /// The limit of sun/security/ssl/SSLConfiguration.java on a message, as it is before its certificates are counted.
    fn beyond_limits(&self) -> Option<NetError> {
        let is_tls13 = self.protocol == Some(Protocol::Tls13);
        let (base, each) = if is_tls13 { (4, 5) } else { (3, 3) };
        let stapled =
            self.stapled_ocsp.as_ref().filter(|_| is_tls13).map_or(0, |response| response.len() + 8);
        let certificates = self.chain.iter().map(|presented| presented.der.len() + each).sum::<usize>();
        let octets = certificates + base + stapled;
        (octets > JAVA_MAX_MESSAGE).then(|| {
            let peer = self.endpoint.authority();
            NetError::ChainTooLarge { peer, octets, limit: JAVA_MAX_MESSAGE }
        })
    }

    /// The certificates of the chain that can be read, in order.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.chain.iter().filter_map(|presented| presented.certificate.clone().ok()).collect()
    }
}

/// What a client meets at a server.
#[derive(Debug, Clone, Default)]
pub struct Meeting {
    /// What the server chose; `None` where it refused.
    pub chosen: Option<(Protocol, CipherSuite)>,
    /// The chain that it is shown, where that has another leaf than the one that was seen: a server may have several.
    pub chain: Option<Vec<Presented>>,
    /// Why the handshake fails, if it does.
    pub failure: Option<ClientFailure>,
}

/// What a client meets in a handshake.
#[derive(Debug, Clone)]
pub struct ClientFailure {
    /// What it is; [`NetError::java_text`] is what a JVM prints.
    pub error: NetError,
    /// Whether it ends the handshake before the client looks at the chain: then it is all that is printed.
    pub before_chain: bool,
}

/// By which means the chain was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Means {
    /// A handshake, run as far as it went.
    Handshake,
    /// The server's first flight alone: rustls and the server have nothing in common. A Java client may, which
    /// [`Observation::protocol`] and [`Observation::cipher_suite`] tell: they are what the server chose from everything
    /// there is up to TLS 1.2.
    FirstFlight,
}

/// Connects, runs the handshake, closes, and tells what was seen. Nothing is sent behind the handshake, unless
/// [`Options::ask_time`] says so.
///
/// When rustls gets no chain, the server is asked again: without SNI if it refuses the name, and for its first flight
/// if they have nothing in common (see [`legacy`]).
///
/// # Errors
/// [`NetError`] when not even a chain was to be had. A handshake that fails otherwise is an observation with
/// [`Observation::failure`].
pub fn observe(endpoint: &Endpoint, options: &Options) -> Result<Observation, NetError> {
    let total = Deadline::after(options.total);
    let Missed { error, shown } = match attempt(endpoint, options, total) {
        Ok(seen) => return Ok(seen),
        Err(missed) => *missed,
    };
    if !is_worth_asking_again(&error) {
        return shown.ok_or(error);
    }
    if matches!(error, NetError::Alert { alert: Alert::UNRECOGNIZED_NAME, .. }) {
        let nameless = Options { sni: Sni::Omit, ..options.clone() };
        if let Ok(seen) = attempt(endpoint, &nameless, total) {
            return Ok(Observation { failure: Some(error), ..seen });
        }
    }
    match legacy::chain(endpoint, options, total, &error) {
        Ok(shown) => Ok(from_first_flight(endpoint, shown, error)),
        Err(error) => shown.ok_or(error),
    }
}

/// A handshake that came to nothing.
struct Missed {
    error: NetError,
    /// What the server had sent in the clear before, if a chain was among it: rustls looks at one only when it has all.
    shown: Option<Observation>,
}

/// Whether another hello may get more: the server spoke, or hung up on ours.
fn is_worth_asking_again(error: &NetError) -> bool {
    matches!(
        error,
        NetError::Alert { .. }
            | NetError::ProtocolTooOld { .. }
            | NetError::Protocol { .. }
            | NetError::TooLarge { .. }
            | NetError::Closed { phase: Phase::Handshake, .. }
    )
}

fn from_first_flight(endpoint: &Endpoint, shown: legacy::Shown, failure: NetError) -> Observation {
    let legacy::Shown { flight, address, sni, .. } = shown;
    let request = flight.request.map(|authorities| ClientAuthRequest { authorities, required: None });
    Observation {
        endpoint: endpoint.clone(),
        means: Means::FirstFlight,
        address,
        sni,
        protocol: flight.version,
        cipher_suite: flight.cipher_suite,
        group: None,
        alpn: None,
        chain: flight.chain.into_iter().map(Presented::read).collect(),
        stapled_ocsp: flight.stapled_ocsp,
        client_auth: request,
        handshake_signature: None,
        signature_scheme: None,
        server_time: None,
        failure: Some(failure),
        choices: None,
    }
}

fn attempt(endpoint: &Endpoint, options: &Options, total: Deadline) -> Result<Observation, Box<Missed>> {
    let peer = Peer::new(endpoint.host.clone(), None, options.client_auth.clone());
    let peer = match &options.schemes {
        Some(schemes) => peer.offering(schemes),
        None => peer,
    };
    let session = Session::open(endpoint, options, peer, total);
    let mut session = session.map_err(|error| Box::new(Missed { error, shown: None }))?;
    let outcome = session.handshake(total.within(options.handshake));
    let outcome = outcome.and_then(|()| afterword(&mut session, total));
    let mut server_time = None;
    if outcome.is_ok() {
        if options.ask_time && endpoint.scheme == Scheme::Https {
            server_time = http::time(&mut session, endpoint, total.within(AFTERWORD));
        }
        session.close();
    }
    let seen = session.peer.seen();
    let failure = match &outcome {
        Err(error) if seen.chain.is_empty() => {
            let shown = kept(endpoint, options, &session, error);
            return Err(Box::new(Missed { error: error.clone(), shown }));
        }
        Err(error) => Some(error.clone()),
        Ok(_) => None,
    };
    let required = match &outcome {
        _ if !session.peer.is_certificate_missing() => None,
        Ok(required) => *required,
        Err(NetError::Alert { .. }) => Some(true),
        Err(_) => None,
    };
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    Ok(Observation {
        endpoint: endpoint.clone(),
        means: Means::Handshake,
        address: session.wire.address,
        sni: options.sni.name_for(&endpoint.host),
        protocol: session.tls.protocol_version().and_then(tls::protocol),
        cipher_suite: session.tls.negotiated_cipher_suite().map(tls::cipher_suite),
        group: session.tls.negotiated_key_exchange_group().map(|group| format!("{:?}", group.name())),
        alpn: session.tls.alpn_protocol().map(text),
        chain: seen.chain.into_iter().map(Presented::read).collect(),
        stapled_ocsp: Some(seen.stapled_ocsp).filter(|response| !response.is_empty()),
        client_auth: seen.request.map(|authorities| ClientAuthRequest { authorities, required }),
        handshake_signature: seen.signature,
        signature_scheme: seen.scheme,
        server_time,
        failure,
        choices: None,
    })
}

/// What a handshake that failed had shown in the clear.
fn kept(endpoint: &Endpoint, options: &Options, session: &Session, error: &NetError) -> Option<Observation> {
    let mut reader = FlightReader::default();
    // What breaks the rules behind the chain does not take it away.
    let _ = reader.feed(&session.wire.kept);
    let flight = reader.into_flight();
    if flight.chain.is_empty() {
        return None;
    }
    let (address, sni) = (session.wire.address, options.sni.name_for(&endpoint.host));
    let seen =
        from_first_flight(endpoint, legacy::Shown { flight, address, sni, is_cut: false }, error.clone());
    Some(Observation { means: Means::Handshake, ..seen })
}

impl ClientAuthRequest {
    /// The names of the authorities that can be read.
    pub fn names(&self) -> Vec<Name> {
        self.authorities.iter().filter_map(|der| Name::from_der(der).ok()).collect()
    }
}

impl Presented {
    pub(super) fn read(der: Vec<u8>) -> Self {
        Self { certificate: Certificate::from_der(&der), der }
    }
}

/// Waits for what a TLS 1.3 server says to our empty (or wrong) certificate: a session ticket means content, an alert
/// means not. `Some(false)`: it does not require one; `None`: it said nothing, or never asked.
fn afterword(session: &mut Session, total: Deadline) -> Result<Option<bool>, NetError> {
    if session.peer.seen().request.is_none() {
        return Ok(None);
    }
    if session.tls.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
        return Ok(Some(false)); // up to TLS 1.2 its Finished comes after ours
    }
    session.begin(total.within(AFTERWORD), session.wire.budget);
    loop {
        match session.receive(Phase::Exchange) {
            Ok(true) if session.tls.tls13_tickets_received() > 0 => return Ok(Some(false)),
            Ok(true) => {}
            Ok(false) | Err(NetError::TimedOut { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}
