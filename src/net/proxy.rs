//! A tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6).

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::connect::{Deadline, Wire};
use super::{Endpoint, NetError, Options, Phase, Proxy, Scheme, starttls};

/// Largest answer to CONNECT that is read: some proxies send a page with their refusal.
const MAX_ANSWER: usize = 64 * 1024;

/// Most header fields in the answer.
const MAX_FIELDS: usize = 100;

/// Opens a connection to the server, through the proxy when there is one, up to where it waits for a ClientHello.
pub(super) fn route(endpoint: &Endpoint, options: &Options, total: Deadline) -> Result<Wire, NetError> {
    let mut wire = match &options.proxy {
        None => Wire::open(&endpoint.host, endpoint.port, options, total)?,
        Some(proxy) => {
            let mut wire = Wire::open(&proxy.host, proxy.port, options, total)?;
            wire.begin(total.within(options.handshake), MAX_ANSWER);
            tunnel(&mut wire, proxy, endpoint)?;
            wire
        }
    };
    if let Scheme::StartTls(protocol) = endpoint.scheme {
        wire.deadline = total.within(options.handshake);
        starttls::upgrade(&mut wire, &endpoint.authority(), protocol)?;
    }
    Ok(wire)
}

fn tunnel(wire: &mut Wire, proxy: &Proxy, endpoint: &Endpoint) -> Result<(), NetError> {
    let name = proxy.to_string();
    let broken = |wire: &Wire, error| wire.failure(&format!("the proxy {name}"), Phase::Proxy, error);
    let request = request(proxy, endpoint);
    if let Err(error) = wire.write_all(request.as_bytes()) {
        return Err(broken(wire, error));
    }
    // One octet at a time: what follows the head belongs to the tunnel, and a head is short.
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match wire.read(&mut octet) {
            Ok(0) if head.is_empty() => {
                return Err(broken(wire, std::io::ErrorKind::UnexpectedEof.into()));
            }
            Ok(0) => break,
            Ok(_) => head.extend_from_slice(&octet),
            Err(error) => return Err(broken(wire, error)),
        }
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let not_http = || NetError::ProxyNotHttp { proxy: name.clone(), first: wire.first.clone() };
    answer.parse(&head).map_err(|_| not_http())?;
    match answer.code {
        Some(200..=299) => Ok(()),
        Some(status) => {
            let line = head.split(|octet| matches!(octet, b'\r' | b'\n')).next().unwrap_or_default();
            let status_line = String::from_utf8_lossy(line).into_owned();
            Err(NetError::ProxyRefused { proxy: name, peer: endpoint.authority(), status, status_line })
        }
        None => Err(not_http()),
    }
}

fn request(proxy: &Proxy, endpoint: &Endpoint) -> Zeroizing<String> {
    let server = endpoint.authority();
    let mut request = Zeroizing::new(format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n"));
    if let Some((user, password)) = &proxy.credentials {
        let pair = Zeroizing::new(format!("{user}:{}", password.text()));
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&encoded);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request
}
