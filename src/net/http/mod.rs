//! A careful HTTP/1.1 GET, behind a handshake the caller has judged; and a plain one for what is public.
//!
//! One request to a connection, no redirect followed, nothing decompressed. Every length is bounded; the whole takes
//! [`Options::total`] at most.

mod answer;
mod date;

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::connect::{Deadline, Wire, addresses};
use super::peer::Peer;
use super::session::Session;
use super::{Endpoint, EndpointError, NetError, Options, PeerJudge, Phase, Resolve};
use crate::secret::Password;

/// Largest body kept; more is cut off and [`Response::complete`] says so.
pub const MAX_BODY: usize = 1 << 20;

/// Most octets received for one answer, TLS records and chunk headers included.
const MAX_RECEIVED: usize = 8 * MAX_BODY;

/// A header field to send. Its value may be a credential, so it is treated as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    value: Password,
}

impl Field {
    /// Takes a field.
    ///
    /// # Errors
    /// [`NetError::Unusable`] when the name is not a token (RFC 9110 section 5.6.2), or the value holds what a field
    /// cannot: line ends, control characters, anything outside ASCII. Neither is part of the error: a credential may have been
    /// typed for a name.
    pub fn new(name: &str, value: Password) -> Result<Self, NetError> {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            return Err(NetError::Unusable {
                what: "what stands for the name of a header field is not one".to_owned(),
            });
        }
        if !value.text().chars().all(|c| c == '\t' || c.is_ascii() && !c.is_ascii_control()) {
            let what = format!("the value of the header field {name} holds a character it cannot have");
            return Err(NetError::Unusable { what });
        }
        Ok(Self { name: name.to_owned(), value })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value.
    pub fn value(&self) -> &Password {
        &self.value
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase, often empty.
    pub reason: String,
    /// The header fields in order; octets outside ASCII as Latin-1.
    pub fields: Vec<(String, String)>,
    /// The body, at most [`MAX_BODY`] octets.
    pub body: Vec<u8>,
    /// Whether the body arrived to its end and was not cut off.
    pub complete: bool,
}

impl Response {
    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Connects, has the peer judged, and only then sends a GET for the endpoint's path with these fields.
///
/// `Host`, `Connection` and `Accept-Encoding` are added.
///
/// # Errors
/// [`NetError::Untrusted`] when the judge says no: then nothing but the ClientHello and an alert has been sent.
pub fn get(
    endpoint: &Endpoint,
    fields: &[Field],
    options: &Options,
    judge: &PeerJudge,
) -> Result<Response, NetError> {
    if !endpoint.path.starts_with('/') || !endpoint.path.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(NetError::Unusable { what: format!("{:?} is not a path to ask for", endpoint.path) });
    }
    let total = Deadline::after(options.total);
    let peer = Peer::new(endpoint.host.clone(), Some(PeerJudge::clone(judge)), options.client_auth.clone());
    let mut session = Session::open(endpoint, options, peer, total)?;
    session.handshake(total.within(options.handshake))?;
    session.begin(total, MAX_RECEIVED);
    let request = request("GET", endpoint, super::HTTPS_PORT, fields);
    for piece in request.as_bytes().chunks(16 * 1024) {
        let written = session.tls.writer().write_all(piece);
        written.map_err(|error| session.wire.failure(&session.name, Phase::Exchange, error))?;
        session.send(Phase::Exchange)?;
    }
    let name = session.name.clone();
    let response = answer::read(&name, &mut session)?;
    session.close();
    Ok(response)
}

/// Which addresses a URL from a certificate may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Any.
    Anywhere,
    /// None that only this machine and this wire answer to: a stranger's certificate names the URL, and such services (those
    /// of a cloud's metadata among them) take a local caller for a friend.
    NotLocal,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        let is_local = match address.to_canonical() {
            IpAddr::V4(v4) => {
                v4.is_loopback() || v4.is_link_local() || v4.is_broadcast() || v4.octets().first() == Some(&0)
            }
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified(),
        };
        self == Self::Anywhere || !(is_local || address.is_multicast())
    }
}

/// Fetches what anybody may have, an `http:` URL of a certificate's authorityInfoAccess (RFC 5280 section 4.2.2.1), without a
/// proxy. What comes is not proven by anything: the caller checks its signature.
///
/// # Errors
/// [`NetError`], also for a URL that is not `http:`, or leads where `reach` does not.
pub fn fetch(url: &str, options: &Options, reach: Reach) -> Result<Response, NetError> {
    let endpoint = plain(url).map_err(|error| NetError::Unusable { what: error.to_string() })?;
    let (name, total) = (endpoint.authority(), Deadline::after(options.total));
    // Asked for once: a second answer of the resolver's could be another one.
    let addresses = addresses(&endpoint.host, endpoint.port, options, total.within(options.connect))?;
    let allowed = addresses.iter().map(SocketAddr::ip).filter(|address| reach.allows(*address));
    let pin = |address| Resolve { host: endpoint.host.clone(), port: endpoint.port, address };
    let resolve: Vec<Resolve> = allowed.map(pin).collect();
    if resolve.is_empty() {
        let what = format!(
            "{name} is an address of this machine or wire, which a certificate's URL is not followed to"
        );
        return Err(NetError::Unusable { what });
    }
    let options = &Options { resolve, proxy: None, ..options.clone() };
    let mut wire = Wire::open(&endpoint.host, endpoint.port, options, total)?;
    wire.begin(total, MAX_RECEIVED);
    let request = request("GET", &endpoint, 80, &[]);
    wire.write_all(request.as_bytes()).map_err(|error| wire.failure(&name, Phase::Exchange, error))?;
    answer::read(&name, &mut wire)
}

/// The time by the clock of a server whose handshake is over; `None` when it does not say by the deadline.
pub(super) fn time(session: &mut Session, endpoint: &Endpoint, deadline: Deadline) -> Option<OffsetDateTime> {
    session.begin(deadline, MAX_RECEIVED);
    let request = request("HEAD", &endpoint.at("/"), super::HTTPS_PORT, &[]);
    session.tls.writer().write_all(request.as_bytes()).ok()?;
    session.send(Phase::Exchange).ok()?;
    let name = session.name.clone();
    date::parse(answer::head(&name, session).ok()?.field("date")?)
}

fn plain(url: &str) -> Result<Endpoint, EndpointError> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(EndpointError::Scheme { text: url.to_owned(), scheme: scheme.to_owned() });
    }
    let endpoint = Endpoint::parse(&format!("https://{rest}"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port =
        if authority.ends_with(":443") || endpoint.port != super::HTTPS_PORT { endpoint.port } else { 80 };
    Ok(Endpoint { port, ..endpoint })
}

/// Where an answer comes from.
trait Source {
    /// Puts the next octets behind `buffer`. `None`: there are some; `Some`: the stream has ended, in order or not.
    fn more(&mut self, buffer: &mut Vec<u8>) -> Result<Option<End>, NetError>;
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As the protocol has it.
    InOrder,
    /// Without close_notify: cut off, or a server that does not care.
    Abrupt,
}

impl Source for Session {
    fn more(&mut self, buffer: &mut Vec<u8>) -> Result<Option<End>, NetError> {
        let mut piece = [0; 4096];
        loop {
            match self.tls.reader().read(&mut piece) {
                Ok(0) => return Ok(Some(End::InOrder)),
                Ok(count) => {
                    buffer.extend(piece.iter().take(count));
                    return Ok(None);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.receive(Phase::Exchange)?;
                    self.send(Phase::Exchange)?;
                }
                Err(_) => return Ok(Some(End::Abrupt)),
            }
        }
    }
}

impl Source for Wire {
    fn more(&mut self, buffer: &mut Vec<u8>) -> Result<Option<End>, NetError> {
        let mut piece = [0; 4096];
        let count = self.read(&mut piece);
        let peer = self.address.to_string();
        let count = count.map_err(|error| self.failure(&peer, Phase::Exchange, error))?;
        buffer.extend(piece.iter().take(count));
        Ok((count == 0).then_some(End::InOrder))
    }
}

fn request(method: &str, endpoint: &Endpoint, usual_port: u16, fields: &[Field]) -> Zeroizing<String> {
    let host = match endpoint.port == usual_port {
        true => endpoint.host.to_string(),
        false => endpoint.authority(),
    };
    let mut request = Zeroizing::new(format!("{method} {} HTTP/1.1\r\nHost: {host}\r\n", endpoint.path));
    for field in fields {
        for piece in [&field.name, ": ", field.value.text(), "\r\n"] {
            request.push_str(piece);
        }
    }
    request.push_str("Accept-Encoding: identity\r\nConnection: close\r\n\r\n");
    request
}
