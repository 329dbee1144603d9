//! How to get to a server: deadlines, the name to ask for, addresses, proxy, client certificate.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{Endpoint, EndpointError, Host, NetError, Protocol};
use crate::secret::Password;

/// How to get to a server. The default asks directly, with the deadlines a person has patience for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest wait for name resolution, and for the TCP connections together.
    pub connect: Duration,
    /// Longest wait for the TLS handshake (and a proxy's answer before it).
    pub handshake: Duration,
    /// Longest time for everything together.
    pub total: Duration,
    /// The name asked for in the ClientHello.
    pub sni: Sni,
    /// Addresses to use in place of those the resolver gives.
    pub resolve: Vec<Resolve>,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
    /// What to present when the server asks who we are.
    pub client_auth: Option<ClientAuth>,
    /// Application protocols to offer (RFC 7301), best first. `HttpsURLConnection` offers none.
    pub alpn: Vec<String>,
    /// Whether to ask an `https:` server for the time: a HEAD of `/` behind the handshake, which tells nothing of ours.
    pub ask_time: bool,
    /// The only versions of TLS to offer; `None` for 1.2 and 1.3. An older one is never offered where something is sent.
    pub versions: Option<Vec<Protocol>>,
    /// The only signature schemes to offer, by number; `None` for all there are.
    pub schemes: Option<Vec<u16>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            total: Duration::from_secs(30),
            sni: Sni::default(),
            resolve: Vec::new(),
            proxy: None,
            client_auth: None,
            alpn: Vec::new(),
            ask_time: false,
            versions: None,
            schemes: None,
        }
    }
}

/// The name asked for in the ClientHello (server_name, RFC 6066 section 3). Never sent for an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sni {
    /// As Java does: the host without a dot at its end, if it is a name of letters, digits and hyphens with a dot inside
    /// (`Utilities.rawToSNIHostName` and `SNIHostName` of the JDK). So none for `localhost` nor for `my_host.test`.
    #[default]
    Java,
    /// As OpenSSL and curl do: the host, if it is a name.
    Host,
    /// This name.
    Name(String),
    /// None.
    Omit,
}

impl Sni {
    /// The name that goes out for `host`, if any.
    pub fn name_for(&self, host: &Host) -> Option<String> {
        let name = match (self, host) {
            (Self::Name(name), _) => name.as_str(),
            (Self::Omit, _) => return None,
            (Self::Java, host) => host.dns_name().filter(|name| is_java_sni(name))?,
            (Self::Host, host) => host.dns_name()?,
        };
        Some(name.to_owned())
    }
}

/// The rules of STD 3, which `java.net.IDN` is told to use.
fn is_java_sni(name: &str) -> bool {
    let is_label = |label: &str| {
        let known = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        known && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    name.contains('.') && name.split('.').all(is_label)
}

/// An address to use for one host and port, as curl's `--resolve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolve {
    /// The host it is for.
    pub host: Host,
    /// The port it is for.
    pub port: u16,
    /// The address to connect to.
    pub address: IpAddr,
}

impl Resolve {
    /// Reads `HOST:PORT:ADDRESS`; an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// [`EndpointError`] names the text and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let fault = |what: &str| EndpointError::Malformed { text: text.to_owned(), what: what.to_owned() };
        let bracket = if text.starts_with('[') { text.find(']').map(|bracket| bracket + 1) } else { None };
        let host_end = bracket.or_else(|| text.find(':')).unwrap_or_default();
        let (host, rest) = text.split_at_checked(host_end).unwrap_or_default();
        let rest = rest.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        let (port, address) = rest.ok_or_else(|| fault("write HOST:PORT:ADDRESS"))?;
        let server = Endpoint::parse(&format!("{host}:{port}"))?;
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let address = bare.parse().map_err(|_| fault("the last part is not an IP address"))?;
        Ok(Self { host: server.host, port: server.port, address })
    }
}

/// An HTTP proxy that opens tunnels (CONNECT, RFC 9110 section 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// User and password for Basic authentication.
    pub credentials: Option<(String, Password)>,
}

impl Proxy {
    /// Reads `[http://][user:password@]host[:port]`, the form HTTPS_PROXY has; the port is 80 when left out.
    ///
    /// # Errors
    /// [`EndpointError`]; credentials are never part of its text.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let written = text.trim();
        let rest = match written.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) => {
                let text = written.rsplit_once('@').map_or(written, |(_, rest)| rest).to_owned();
                return Err(EndpointError::Scheme { text, scheme: scheme.to_owned() });
            }
            None => written,
        };
        let (user_info, authority) = match rest.rsplit_once('@') {
            Some((user_info, authority)) => (Some(user_info), authority),
            None => (None, rest),
        };
        let authority = authority.trim_end_matches('/');
        let mut server = Endpoint::parse(authority)?;
        if server.port == super::HTTPS_PORT && !authority.ends_with(":443") {
            server.port = 80;
        }
        let credentials = user_info.map(|user_info| {
            let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
            (percent_decoded(user), Password::new(percent_decoded(password)))
        });
        Ok(Self { host: server.host, port: server.port, credentials })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A certificate chain and its key, to present when the server asks who we are.
#[derive(Clone)]
pub struct ClientAuth(pub(super) Arc<CertifiedKey>);

impl ClientAuth {
    /// Takes a chain (DER, own certificate first) and a private key (DER: PKCS #8, PKCS #1 or SEC 1).
    ///
    /// # Errors
    /// [`NetError::Unusable`] for a key of unknown kind, or one that is not the certificate's.
    pub fn new(chain: &[&[u8]], key: &[u8]) -> Result<Self, NetError> {
        let unusable = |what: String| NetError::Unusable { what };
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        if chain.is_empty() {
            return Err(unusable("a client key needs its certificate".to_owned()));
        }
        let key = PrivateKeyDer::try_from(key.to_vec())
            .map_err(|what| unusable(format!("the client key cannot be read: {what}")))?;
        let certified = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider())
            .map_err(|error| unusable(format!("the client certificate and key cannot be used: {error}")))?;
        Ok(Self(Arc::new(certified)))
    }
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientAuth({} certificates)", self.0.cert.len())
    }
}

/// Percent-decoding (RFC 3986 section 2.1); what is not an escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let octet = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%');
        octets.push(octet.unwrap_or(*first));
        rest = octet.and_then(|_| tail.get(2..)).unwrap_or(tail);
    }
    String::from_utf8(octets).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sni_follows_the_client_asked_about() {
        let sent = |sni: &Sni, host: &str| sni.name_for(&Host::parse(host).unwrap());
        assert_eq!(sent(&Sni::Java, "scim.corp.test").as_deref(), Some("scim.corp.test"));
        assert_eq!(sent(&Sni::Java, "localhost"), None);
        assert_eq!(sent(&Sni::Java, "corp.test.").as_deref(), Some("corp.test"));
        assert_eq!(sent(&Sni::Java, "my_host.corp.test"), None);
        assert_eq!(sent(&Sni::Host, "localhost").as_deref(), Some("localhost"));
        assert_eq!(sent(&Sni::Host, "::1"), None);
        assert_eq!(sent(&Sni::Name("other.test".to_owned()), "::1").as_deref(), Some("other.test"));
        assert_eq!(sent(&Sni::Omit, "scim.corp.test"), None);
    }

    #[test]
    fn resolve_and_proxy_texts_are_read() {
        let resolve = Resolve::parse("h.test:8443:[::1]").unwrap();
        assert_eq!((resolve.port, resolve.address.to_string()), (8443, "::1".to_owned()));
        let resolve = Resolve::parse("[::1]:8443:127.0.0.1").unwrap();
        assert_eq!(resolve.host.to_string(), "[::1]");
        for bad in ["h.test:8443", "h.test:0:::1", "h.test:1:name", ""] {
            assert!(Resolve::parse(bad).is_err(), "{bad:?}");
        }
        let proxy = Proxy::parse("http://us%40er:p%3Aw@proxy.test:3128/").unwrap();
        assert_eq!(proxy.credentials, Some(("us@er".to_owned(), Password::new("p:w".to_owned()))));
        assert_eq!(proxy.to_string(), "proxy.test:3128");
        assert_eq!(Proxy::parse("proxy.test").unwrap().port, 80);
        let error = Proxy::parse("https://user:s3cret@proxy.test").unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
