//! One TLS connection: rustls over a wire with deadlines.

use std::io::{self, Write as _};
use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Error, InvalidMessage, PeerIncompatible,
    SupportedProtocolVersion,
};
use rustls_pki_types::ServerName;

use super::connect::{Deadline, Wire};
use super::groups::P521;
use super::peer::Peer;
use super::{Alert, Endpoint, NetError, Options, Phase, Protocol, proxy};

/// Most octets received during a handshake. rustls takes messages up to 64 KiB (JSSE: 32 KiB), a handshake has few of
/// them.
const MAX_HANDSHAKE: usize = 256 * 1024;

/// How much of a handshake is kept, to read the chain from when rustls does not get that far.
const MAX_KEPT: usize = 64 * 1024;

pub(super) struct Session {
    pub(super) tls: ClientConnection,
    pub(super) wire: Wire,
    pub(super) peer: Arc<Peer>,
    pub(super) name: String,
    limit: usize,
}

impl Session {
    /// Connects, without the handshake.
    pub(super) fn open(
        endpoint: &Endpoint,
        options: &Options,
        peer: Peer,
        total: Deadline,
    ) -> Result<Self, NetError> {
        let peer = Arc::new(peer);
        let tls = client(endpoint, options, &peer)?;
        let wire = proxy::route(endpoint, options, total)?;
        Ok(Self { tls, wire, peer, name: endpoint.authority(), limit: 0 })
    }

    /// Begins a phase: its deadline, and the octets it may receive.
    pub(super) fn begin(&mut self, deadline: Deadline, limit: usize) {
        self.limit = limit;
        self.wire.begin(deadline, limit);
    }

    /// Runs the handshake to its end.
    pub(super) fn handshake(&mut self, deadline: Deadline) -> Result<(), NetError> {
        self.begin(deadline, MAX_HANDSHAKE);
        self.wire.keep(MAX_KEPT);
        while self.tls.is_handshaking() {
            self.send(Phase::Handshake)?;
            if self.tls.is_handshaking() {
                self.receive(Phase::Handshake)?;
            }
        }
        self.send(Phase::Handshake)
    }

    /// Sends what rustls has ready. A peer that has hung up may have said why before: that is read first.
    pub(super) fn send(&mut self, phase: Phase) -> Result<(), NetError> {
        while self.tls.wants_write() {
            if let Err(error) = self.tls.write_tls(&mut self.wire) {
                let failure = self.wire.failure(&self.name, phase, error);
                if matches!(failure, NetError::Closed { .. }) {
                    while self.receive(phase)? {}
                }
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Receives once; `false` at the end of the stream behind the handshake.
    pub(super) fn receive(&mut self, phase: Phase) -> Result<bool, NetError> {
        let count = match self.tls.read_tls(&mut self.wire) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(NetError::TooLarge { peer: self.name.clone(), limit: self.limit });
            }
            Err(error) => return Err(self.hung_up(phase, error)),
        };
        if let Err(error) = self.tls.process_new_packets() {
            // The peer should hear why; whether it does makes no difference to us.
            let _ = self.tls.write_tls(&mut self.wire);
            return Err(self.meaning(error));
        }
        if count == 0 && phase == Phase::Handshake {
            return Err(self.hung_up(phase, io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(count > 0)
    }

    /// Says goodbye (close_notify). Not being heard is no fault.
    pub(super) fn close(&mut self) {
        self.tls.send_close_notify();
        let _ = self.tls.write_tls(&mut self.wire);
        let _ = self.wire.flush();
    }

    /// The end of the stream: what came before it may not have been TLS at all.
    fn hung_up(&self, phase: Phase, error: io::Error) -> NetError {
        if phase == Phase::Handshake && !self.wire.first.is_empty() && !is_record(&self.wire.first) {
            return self.not_tls();
        }
        self.wire.failure(&self.name, phase, error)
    }

    fn not_tls(&self) -> NetError {
        NetError::NotTls { peer: self.name.clone(), first: self.wire.first.clone() }
    }

    fn meaning(&self, error: Error) -> NetError {
        let peer = self.name.clone();
        if let Some(reason) = self.peer.seen().rejected {
            return NetError::Untrusted { peer, reason };
        }
        match error {
            Error::InvalidMessage(_) if !is_record(&self.wire.first) => self.not_tls(),
            Error::AlertReceived(alert) => NetError::Alert {
                peer,
                alert: Alert(alert.into()),
                client_certificate_missing: self.peer.is_certificate_missing()
                    && alert != AlertDescription::CloseNotify,
            },
            Error::NoCertificatesPresented => NetError::NoCertificate { peer },
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => match self.selected_version() {
                Some(version) => {
                    let offered = vec![Protocol::Tls13, Protocol::Tls12];
                    NetError::ProtocolTooOld { peer, version, offered }
                }
                None => NetError::Protocol { peer, what: "it chose no version this build speaks".to_owned() },
            },
            Error::InvalidMessage(
                InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
            ) => NetError::TooLarge { peer, limit: 64 * 1024 },
            other => NetError::Protocol { peer, what: other.to_string() },
        }
    }

    /// legacy_version of a ServerHello that opened the conversation: record header, handshake header, version.
    fn selected_version(&self) -> Option<Protocol> {
        match self.wire.first.as_slice() {
            [22, _, _, _, _, 2, _, _, _, high, low, ..] => {
                Protocol::from_wire(u16::from_be_bytes([*high, *low]))
            }
            _ => None,
        }
    }
}

/// Whether octets can be the beginning of a TLS record: a known type, and major version 3.
fn is_record(first: &[u8]) -> bool {
    match first {
        [kind] => (20..=24).contains(kind),
        [kind, major, ..] => (20..=24).contains(kind) && *major == 3,
        [] => false,
    }
}

/// The versions to offer, of those that are spoken here.
fn versions(options: &Options) -> Result<Vec<&'static SupportedProtocolVersion>, NetError> {
    let mut known =
        vec![(Protocol::Tls13, &rustls::version::TLS13), (Protocol::Tls12, &rustls::version::TLS12)];
    if let Some(named) = &options.versions {
        known.retain(|(version, _)| named.contains(version));
    }
    if known.is_empty() {
        let what =
            "the options leave only versions of TLS older than 1.2, with which nothing is sent".to_owned();
        return Err(NetError::Unusable { what });
    }
    Ok(known.into_iter().map(|(_, version)| version).collect())
}

/// What signs, encrypts and agrees on keys: one for all connections.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let made = || {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.kx_groups.push(&P521);
        Arc::new(provider)
    };
    Arc::clone(PROVIDER.get_or_init(made))
}

fn client(endpoint: &Endpoint, options: &Options, peer: &Arc<Peer>) -> Result<ClientConnection, NetError> {
    let unusable = |what: String| NetError::Unusable { what };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions(options)?)
        .map_err(|error| unusable(error.to_string()))?;
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Peer>::clone(peer))
        .with_client_cert_resolver(Arc::<Peer>::clone(peer));
    config.resumption = Resumption::disabled();
    config.alpn_protocols = options.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let sni = options.sni.name_for(&endpoint.host);
    config.enable_sni = sni.is_some();
    // Without SNI the name plays no part: the judge has the host.
    let name = sni.unwrap_or_else(|| "unnamed.invalid".to_owned());
    let name = ServerName::try_from(name.clone())
        .map_err(|_| unusable(format!("{name:?} cannot be asked for as a server name")))?;
    ClientConnection::new(Arc::new(config), name).map_err(|error| unusable(error.to_string()))
}
