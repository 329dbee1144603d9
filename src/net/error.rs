//! What can go wrong on the way to a server, told apart; and what a JVM prints for the same.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Alert, CipherSuite, Protocol, StartTls};

/// Where on the way something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Asking for the host's addresses.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// Asking the proxy for a tunnel.
    Proxy,
    /// Asking the server to go over to TLS.
    StartTls,
    /// The TLS handshake.
    Handshake,
    /// Behind the handshake: sending the request, reading the answer.
    Exchange,
}

/// Why a server could not be observed or asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The name has no address.
    #[error("the host {host} is not known")]
    UnknownHost {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        source: Arc<io::Error>,
    },
    /// Nothing listens on the port.
    #[error("connection to {address} refused")]
    Refused {
        /// The last address tried.
        address: SocketAddr,
    },
    /// No way there: no route, network down, forbidden by a local rule.
    #[error("cannot reach {address}")]
    Unreachable {
        /// The last address tried.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// A deadline passed.
    #[error("{peer} did not answer in {} s, {phase}", after.as_secs_f32())]
    TimedOut {
        /// Whom was waited for.
        peer: String,
        /// In which phase.
        phase: Phase,
        /// How long was allowed.
        after: Duration,
    },
    /// The peer closed or reset the connection.
    #[error("{peer} {} the connection, {phase}", if *.reset { "reset" } else { "closed" })]
    Closed {
        /// Who.
        peer: String,
        /// In which phase.
        phase: Phase,
        /// With a TCP reset rather than an orderly end.
        reset: bool,
    },
    /// The connection broke otherwise.
    #[error("the connection to {peer} broke, {phase}")]
    Broken {
        /// Who.
        peer: String,
        /// In which phase.
        phase: Phase,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// The first octets are no TLS record.
    #[error("{peer} does not speak TLS on this port: it said \"{}\"", first.escape_ascii())]
    NotTls {
        /// Who.
        peer: String,
        /// The first octets received, at most [`NetError::FIRST_OCTETS`].
        first: Vec<u8>,
    },
    /// The server will not go over to TLS.
    #[error("{peer} does not start TLS over {protocol}: {}", said.escape_debug())]
    StartTlsRefused {
        /// Who.
        peer: String,
        /// In which protocol it was asked.
        protocol: StartTls,
        /// What it said, or what is missing.
        said: String,
    },
    /// The server speaks another protocol than the one it was to start TLS in.
    #[error("{peer} does not speak {protocol} on this port: it said \"{}\"", first.escape_ascii())]
    NotStartTls {
        /// Who.
        peer: String,
        /// The protocol expected.
        protocol: StartTls,
        /// The first octets received.
        first: Vec<u8>,
    },
    /// Octets in the clear behind a yes to STARTTLS. They are not taken for an answer given under TLS.
    #[error("{peer} sent more in the clear behind its yes to STARTTLS")]
    Pipelined {
        /// Who.
        peer: String,
    },
    /// The server ended the handshake with a fatal alert.
    #[error("{peer} ended the handshake with the alert {alert}")]
    Alert {
        /// Who.
        peer: String,
        /// Which.
        alert: Alert,
        /// Whether it had asked for a client certificate and got none.
        client_certificate_missing: bool,
    },
    /// The server chose a version older than those offered.
    #[error("{peer} speaks nothing newer than {version}")]
    ProtocolTooOld {
        /// Who.
        peer: String,
        /// The version it chose.
        version: Protocol,
        /// The versions offered, newest first.
        offered: Vec<Protocol>,
    },
    /// A handshake that presents no certificate.
    #[error("{peer} presented no certificate")]
    NoCertificate {
        /// Who.
        peer: String,
    },
    /// It takes nothing but cipher suites without a certificate.
    #[error(
        "{peer} takes cipher suites without a certificate alone, such as {suite}, which no client of today takes"
    )]
    Anonymous {
        /// Who.
        peer: String,
        /// What it chooses of them.
        suite: CipherSuite,
    },
    /// A Certificate message larger than a JVM takes.
    #[error("{peer} presents {octets} octets of certificates, more than the {limit} a JVM takes")]
    ChainTooLarge {
        /// Who.
        peer: String,
        /// The length of the message.
        octets: usize,
        /// What a JVM takes.
        limit: usize,
    },
    /// A handshake, message or answer beyond what this crate takes.
    #[error("{peer} sent more than the {limit} octets taken from it")]
    TooLarge {
        /// Who.
        peer: String,
        /// The limit passed.
        limit: usize,
    },
    /// A handshake that breaks the protocol, or that this build cannot follow.
    #[error("TLS with {peer} failed: {what}")]
    Protocol {
        /// Who.
        peer: String,
        /// What rustls found.
        what: String,
    },
    /// What was seen earlier does not tell, and the server is not asked.
    #[error(
        "the record does not tell what a client with these TLS versions and suites meets at {peer}: it was not asked for that"
    )]
    NotRecorded {
        /// Who.
        peer: String,
    },
    /// The judge said no to the presented chain. Nothing was sent behind the handshake.
    #[error("{peer} is not trusted: {reason}")]
    Untrusted {
        /// Who.
        peer: String,
        /// The judge's reason.
        reason: String,
    },
    /// The proxy would not open a tunnel.
    #[error("the proxy {proxy} refused a tunnel to {peer}: {}", status_line.escape_debug())]
    ProxyRefused {
        /// The proxy.
        proxy: String,
        /// The server wanted.
        peer: String,
        /// The HTTP status.
        status: u16,
        /// The whole status line.
        status_line: String,
    },
    /// The proxy answered with something that is not HTTP.
    #[error("the proxy {proxy} does not speak HTTP: it said \"{}\"", first.escape_ascii())]
    ProxyNotHttp {
        /// The proxy.
        proxy: String,
        /// The first octets received.
        first: Vec<u8>,
    },
    /// The answer behind the handshake is not HTTP, or not in bounds.
    #[error("{peer} did not answer with HTTP: {what}")]
    NotHttp {
        /// Who.
        peer: String,
        /// What is wrong.
        what: String,
    },
    /// A client that is left nothing to offer.
    #[error("the client has no TLS version with a cipher suite left to offer")]
    NothingOffered,
    /// A request, client certificate or key that cannot be used.
    #[error("{what}")]
    Unusable {
        /// What is wrong with it.
        what: String,
    },
}

impl NetError {
    /// How many of the first octets an error keeps.
    pub const FIRST_OCTETS: usize = 64;

    /// The finding code for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownHost { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Broken { .. } => "server-unreachable",
            Self::Closed { phase: Phase::Handshake, .. } => "handshake-closed",
            Self::Closed { phase: Phase::Proxy, .. } => "proxy-refused",
            Self::Closed { phase: Phase::StartTls, .. }
            | Self::StartTlsRefused { .. }
            | Self::NotStartTls { .. } => "starttls-refused",
            Self::Closed { .. } => "connection-closed",
            Self::NotTls { .. } => "server-not-tls",
            Self::Alert { alert: Alert::CERTIFICATE_REQUIRED, .. }
            | Self::Alert { client_certificate_missing: true, .. } => "client-certificate-required",
            Self::Alert { alert: Alert::UNRECOGNIZED_NAME, .. } => "sni-dependent",
            Self::Alert { alert: Alert::PROTOCOL_VERSION, .. } | Self::ProtocolTooOld { .. } => {
                "protocol-too-old"
            }
            Self::Alert { alert: Alert::HANDSHAKE_FAILURE | Alert::INSUFFICIENT_SECURITY, .. }
            | Self::Anonymous { .. } => "cipher-suites-none",
            Self::Alert { .. }
            | Self::Pipelined { .. }
            | Self::NoCertificate { .. }
            | Self::TooLarge { .. }
            | Self::Protocol { .. } => "handshake-failed",
            Self::ChainTooLarge { .. } => "chain-too-large",
            Self::NotRecorded { .. } => "record-incomplete",
            Self::Untrusted { .. } => "server-untrusted",
            Self::ProxyRefused { .. } | Self::ProxyNotHttp { .. } => "proxy-refused",
            Self::NotHttp { .. } => "server-not-http",
            Self::NothingOffered => "protocol-client-restricted",
            Self::Unusable { .. } => "request-unusable",
        }
    }

    /// What `HttpsURLConnection` throws for it, class and message; `None` where that is not known.
    ///
    /// Newer updates (17.0.21, 25.0.3) put the alert's name in parentheses before the message; see [`Prefix`].
    pub fn java_text(&self, prefix: Prefix) -> Option<String> {
        let ssl = |alert: Alert, text: &str| {
            let mark = if prefix == Prefix::Alert { format!("({alert}) ") } else { String::new() };
            Some(format!("{}: {mark}{text}", alert.java_class()))
        };
        match self {
            Self::UnknownHost { host, .. } => Some(format!("java.net.UnknownHostException: {host}")),
            Self::Refused { .. } => Some("java.net.ConnectException: Connection refused".to_owned()),
            Self::Unreachable { source, .. } if source.kind() == io::ErrorKind::HostUnreachable => {
                Some("java.net.NoRouteToHostException: No route to host".to_owned())
            }
            Self::TimedOut { phase: Phase::Resolve, peer, .. } => {
                Some(format!("java.net.UnknownHostException: {peer}"))
            }
            Self::TimedOut { phase: Phase::Connect, .. } => {
                Some("java.net.SocketTimeoutException: Connect timed out".to_owned())
            }
            // Each library of these protocols has words of its own.
            Self::TimedOut { phase: Phase::StartTls, .. } | Self::Closed { phase: Phase::StartTls, .. } => {
                None
            }
            Self::TimedOut { .. } => Some("java.net.SocketTimeoutException: Read timed out".to_owned()),
            Self::Closed { reset: true, .. } => Some("java.net.SocketException: Connection reset".to_owned()),
            Self::Closed { phase: Phase::Handshake, .. } => {
                Some("javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake".to_owned())
            }
            Self::Closed { phase: Phase::Exchange, .. } => {
                Some("java.net.SocketException: Unexpected end of file from server".to_owned())
            }
            // Fewer than a record header's five octets and then the end (SSLSocketInputRecord.java).
            Self::NotTls { first, .. } if first.len() < 5 => {
                Some("javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake".to_owned())
            }
            Self::NotTls { .. } => {
                Some("javax.net.ssl.SSLException: Unsupported or unrecognized SSL message".to_owned())
            }
            Self::Alert { alert, .. } => ssl(*alert, &format!("Received fatal alert: {alert}")),
            Self::ProtocolTooOld { version, offered, .. } => {
                let offered: Vec<_> = offered.iter().map(|version| version.java_constant()).collect();
                let text = format!(
                    "The server selected protocol version {} is not accepted by client preferences [{}]",
                    version.java_constant(),
                    offered.join(", ")
                );
                ssl(Alert::PROTOCOL_VERSION, &text)
            }
            Self::Anonymous { .. } => {
                ssl(Alert::HANDSHAKE_FAILURE, "Received fatal alert: handshake_failure")
            }
            Self::NothingOffered => Some(NO_PROTOCOL.to_owned()),
            Self::NoCertificate { .. } => ssl(Alert::BAD_CERTIFICATE, "Empty server certificate chain"),
            Self::ChainTooLarge { octets, limit, .. } => Some(format!(
                "javax.net.ssl.SSLProtocolException: The size of the handshake message ({octets}) exceeds the \
                 maximum allowed size ({limit})"
            )),
            Self::ProxyRefused { status_line, .. } => Some(format!(
                "java.io.IOException: Unable to tunnel through proxy. Proxy returns \"{status_line}\""
            )),
            _ => None,
        }
    }
}

const NO_PROTOCOL: &str = "javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol is disabled or cipher \
                           suites are inappropriate)";

/// Whether a JVM puts the alert's name before the message of an `SSLException`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// `(handshake_failure) Received fatal alert: handshake_failure`.
    Alert,
    /// `Received fatal alert: handshake_failure`.
    None,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "while its address was asked for",
            Self::Connect => "while connecting",
            Self::Proxy => "while asking the proxy for a tunnel",
            Self::StartTls => "while asked to start TLS",
            Self::Handshake => "during the TLS handshake",
            Self::Exchange => "after the TLS handshake",
        })
    }
}
