//! Endpoints: what a person types for a server, parsed once.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::StartTls;

/// How the server speaks behind TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HTTP over TLS: the endpoint was written as a URL, or with a path.
    Https,
    /// TLS alone: `host`, `host:port`, `tls://host:port`, `ldaps://host`, `smtps://host`, `imaps://host`.
    Tls,
    /// Another protocol, that goes over to TLS when it is asked to: `ldap://host`, `postgres://host`.
    StartTls(StartTls),
}

/// A server's name or address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A DNS name: lower case, labels of other scripts as A-labels (`xn--..`), a trailing dot kept.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

/// One server to talk to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What is spoken.
    pub scheme: Scheme,
    /// Where.
    pub host: Host,
    /// On which port.
    pub port: u16,
    /// An address as it was written, where that is not its usual form: Java's messages show it so.
    pub written: Option<String>,
    /// Path and query, beginning with `/`; `/` when none was given. A fragment is dropped.
    pub path: String,
}

/// The port of `https:` (RFC 9110 section 4.2.2), and of a bare host.
pub const HTTPS_PORT: u16 = 443;

/// Longest text read as an endpoint; RFC 9110 section 4.1 asks for 8000 octets.
const MAX_TEXT: usize = 8_192;

/// Longest DNS name as text (RFC 1035 section 2.3.4), a trailing dot included.
const MAX_NAME: usize = 254;

impl Endpoint {
    /// Reads `https://host[:port][/path]`, `tls://host[:port]`, `host:port`, `host`, `[::1]:8443`; and the URLs of
    /// directories, mail servers and databases (`ldap:`, `ldaps:`, `smtp:`, `smtps:`, `imap:`, `imaps:`, `postgres:`,
    /// `mysql:`), whose paths say nothing about the server and are dropped.
    ///
    /// # Errors
    /// [`EndpointError`] names the text and what is wrong with it. Text that holds user info is not repeated.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let written = text.trim();
        let fault = |what: &str| EndpointError::Malformed { text: shown(written), what: what.to_owned() };
        if written.is_empty() {
            return Err(EndpointError::Empty);
        }
        if written.len() > MAX_TEXT {
            return Err(fault("it is too long"));
        }
        let (scheme, default_port, rest) = split_scheme(written)?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if authority.contains('@') {
            return Err(EndpointError::UserInfo { host: after_at(authority).to_owned() });
        }
        if written.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(fault("it holds a space or a control character"));
        }
        if tail.starts_with('\\') {
            return Err(fault("it holds a backslash"));
        }
        let (host, port) = split_port(authority).map_err(|what| fault(&what))?;
        let inside = host.trim_matches(['[', ']']);
        let host = Host::parse(host).map_err(|what| fault(&what))?;
        let unusual = matches!(host, Host::Ip(address) if address.to_string() != inside);
        let written = unusual.then(|| inside.to_owned());
        let has_path = matches!(scheme, None | Some(Scheme::Https));
        if scheme == Some(Scheme::Tls) && default_port == HTTPS_PORT && path(tail) != "/" {
            return Err(fault("a tls: endpoint has no path"));
        }
        let path = if has_path { path(tail) } else { "/".to_owned() };
        let scheme = scheme.unwrap_or(if tail.is_empty() { Scheme::Tls } else { Scheme::Https });
        Ok(Self { scheme, host, port: port.unwrap_or(default_port), written, path })
    }

    /// `host:port` as people write it, an IPv6 address in brackets.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The same server at another path; a leading `/` is added where it lacks.
    pub fn at(&self, path: &str) -> Self {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Self { path, ..self.clone() }
    }
}

/// The canonical form: a URL for [`Scheme::Https`] (port 443 left out) and [`Scheme::StartTls`], `host:port` otherwise.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::Tls => write!(f, "{}:{}", self.host, self.port),
            Scheme::StartTls(protocol) => {
                write!(f, "{}://{}:{}", protocol.scheme(), self.host, self.port)
            }
            Scheme::Https if self.port == HTTPS_PORT => write!(f, "https://{}{}", self.host, self.path),
            Scheme::Https => write!(f, "https://{}:{}{}", self.host, self.port, self.path),
        }
    }
}

impl Host {
    /// Reads a name or an address (IPv6 with or without brackets).
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(inner) = inner {
            let address = inner.parse::<Ipv6Addr>();
            return address.map(|address| Self::Ip(address.into())).map_err(|_| bad_ipv6(inner));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Ip(address));
        }
        if text.contains(':') {
            return Err(bad_ipv6(text));
        }
        name(text).map(Self::Dns)
    }

    /// The name without a trailing dot; `None` for an address.
    pub fn dns_name(&self) -> Option<&str> {
        match self {
            Self::Dns(name) => Some(name.strip_suffix('.').unwrap_or(name)),
            Self::Ip(_) => None,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => address.fmt(f),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Why a text is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Nothing there.
    #[error("an endpoint is empty; write https://host:port/path or host:port")]
    Empty,
    /// An `http:` URL: there is no TLS to look at, and a credential would cross the wire in the clear.
    #[error("{text:?} is plain http, without TLS; write https://")]
    PlainHttp {
        /// What was written.
        text: String,
    },
    /// A scheme this crate does not speak.
    #[error(
        "{text:?} has the scheme {scheme:?}; write https://, tls://, host:port, or a scheme with STARTTLS: ldap, smtp, \
         imap, postgres, mysql"
    )]
    Scheme {
        /// What was written.
        text: String,
        /// Its scheme.
        scheme: String,
    },
    /// A user or password before the host. Not repeated: it may be a secret.
    #[error("the endpoint at {host:?} holds user info; a credential never belongs into a URL")]
    UserInfo {
        /// What stands behind the `@`.
        host: String,
    },
    /// Anything else.
    #[error("{text:?} is not an endpoint: {what}")]
    Malformed {
        /// What was written.
        text: String,
        /// What is wrong.
        what: String,
    },
}

/// The scheme, the port it has unless told, and what follows it.
fn split_scheme(text: &str) -> Result<(Option<Scheme>, u16, &str), EndpointError> {
    let none = (None, HTTPS_PORT, text);
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(none) };
    if scheme.contains(['/', '?', '#', '[', ':', '@']) {
        return Ok(none); // `://` further behind, in a path or a query
    }
    let tls = |port| Ok((Some(Scheme::Tls), port, rest));
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok((Some(Scheme::Https), HTTPS_PORT, rest)),
        "tls" => tls(HTTPS_PORT),
        "ldaps" => tls(636),
        "smtps" => tls(465),
        "imaps" => tls(993),
        "http" => Err(EndpointError::PlainHttp { text: shown(text) }),
        other => match StartTls::of_scheme(other) {
            Some(protocol) => Ok((Some(Scheme::StartTls(protocol)), protocol.port(), rest)),
            None => Err(EndpointError::Scheme { text: shown(text), scheme: other.to_owned() }),
        },
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let host_end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let behind = authority.get(host_end..).unwrap_or_default();
    let Some(colon) = behind.find(':') else { return Ok((authority, None)) };
    // More than one colon outside brackets is an IPv6 address, whose last group must not be taken for a port.
    if host_end == 0 && behind.matches(':').count() > 1 {
        let what = "an IPv6 address stands in brackets, [::1]:8443";
        return authority.parse::<Ipv6Addr>().map(|_| (authority, None)).map_err(|_| what.to_owned());
    }
    let (host, port) = authority.split_at(host_end + colon);
    let digits = port.get(1..).unwrap_or_default();
    let number = digits.parse::<u16>().ok().filter(|port| *port != 0);
    match number {
        Some(number) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Ok((host, Some(number))),
        _ => Err(format!("{digits:?} is not a port; ports are 1 to 65535")),
    }
}

/// A DNS name in its ASCII form. Underscores pass: such hosts exist, and clients differ about them.
fn name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("the host is missing".to_owned());
    }
    let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL)
        .map_err(|_| format!("{text:?} is not a host name"))?;
    let labels = ascii.strip_suffix('.').unwrap_or(&ascii);
    if ascii.len() > MAX_NAME || labels.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return Err(format!("{text:?} is not a host name: a label has 1 to 63 characters, a name 253"));
    }
    let known = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    if let Some(octet) = ascii.bytes().find(|octet| !known(*octet)) {
        return Err(format!("{text:?} is not a host name: it holds {:?}", char::from(octet)));
    }
    // RFC 1123 section 2.1: what ends in digits is an address, and this one is not.
    if labels.rsplit('.').next().is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit())) {
        return Err(format!("{text:?} is not an IP address"));
    }
    Ok(ascii.into_owned())
}

/// Path and query; octets outside ASCII percent-encoded (RFC 3986 section 2.1), the fragment dropped.
fn path(tail: &str) -> String {
    let tail = tail.split('#').next().unwrap_or_default();
    let mut path = String::with_capacity(tail.len() + 1);
    if !tail.starts_with('/') {
        path.push('/');
    }
    for octet in tail.bytes() {
        if octet.is_ascii() {
            path.push(char::from(octet));
        } else {
            path.push_str(&format!("%{octet:02X}"));
        }
    }
    path
}

fn bad_ipv6(text: &str) -> String {
    let zone = if text.contains('%') { "; a zone (%eth0) is not supported" } else { "" };
    format!("{text:?} is not an IPv6 address{zone}")
}

/// A server as typed, without user info, query and fragment, which may hold secrets: to be shown or kept.
pub fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.find("://").map_or(("", text), |at| text.split_at(at + 3));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    format!("{scheme}{}{path}", after_at(authority))
}

/// The text for an error: cut short, without user info, and without a query, which may hold a token.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    after_at(text).chars().take(120).collect()
}

fn after_at(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_what_was_typed_are_left_out() {
        for (typed, shown) in [
            ("https://u:p@h:8443/a@b/?token=x#y", "https://h:8443/a@b/"),
            ("h.test:8443", "h.test:8443"),
            ("u@h.test", "h.test"),
        ] {
            assert_eq!(without_secrets(typed), shown);
        }
    }

    #[test]
    fn what_people_type_is_read() {
        for (text, canonical) in [
            ("https://scim.corp.test:8443/scim/v2/", "https://scim.corp.test:8443/scim/v2/"),
            ("HTTPS://Scim.Corp.TEST", "https://scim.corp.test/"),
            ("https://h:443/a?b=c#d", "https://h/a?b=c"),
            ("h.test:8443", "h.test:8443"),
            ("h.test", "h.test:443"),
            ("tls://h.test:636", "h.test:636"),
            ("ldaps://h.test", "h.test:636"),
            ("ldaps://h.test/dc=corp,dc=test??sub", "h.test:636"),
            ("LDAP://h.test/dc=corp,dc=test", "ldap://h.test:389"),
            ("postgresql://h.test/db", "postgres://h.test:5432"),
            ("mysql://[::1]:3307", "mysql://[::1]:3307"),
            ("smtp://h.test:587", "smtp://h.test:587"),
            ("imaps://h.test", "h.test:993"),
            ("h.test:8443/scim/v2", "https://h.test:8443/scim/v2"),
            ("[::1]:8443", "[::1]:8443"),
            ("::1", "[::1]:443"),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
            ("10.0.0.7:443", "10.0.0.7:443"),
            ("bücher.example", "xn--bcher-kva.example:443"),
            ("my_host.corp.test.", "my_host.corp.test.:443"),
            ("https://h/\u{e9}?u=http://x", "https://h/%C3%A9?u=http://x"),
            (" h.test \n", "h.test:443"),
        ] {
            let endpoint = Endpoint::parse(text);
            assert_eq!(endpoint.map(|endpoint| endpoint.to_string()).as_deref(), Ok(canonical), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("", "empty"),
            ("http://h.test/", "plain http"),
            ("ftp://h.test", "scheme \"ftp\""),
            ("h.test:0", "\"0\" is not a port"),
            ("h.test:70000", "\"70000\" is not a port"),
            ("h.test:+80", "\"+80\" is not a port"),
            ("h.test:", "\"\" is not a port"),
            ("h .test", "space"),
            ("https://h.test/a b", "space"),
            ("256.1.1.1", "not an IP address"),
            ("[::1", "not a"),
            ("1::2::3", "brackets"),
            ("[fe80::1%eth0]:443", "zone"),
            ("https:///x", "host is missing"),
            ("a..b", "label"),
            ("a\"b", "not a host name"),
            ("tls://h/x", "no path"),
        ] {
            let error = Endpoint::parse(text).expect_err(text).to_string();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }

    #[test]
    fn user_info_is_refused_and_not_repeated() {
        for text in ["https://user:s3cret@h.test/", "http://user:s3cret@h.test/", "user:s3cret@h.test:443"] {
            let error = Endpoint::parse(text).expect_err(text).to_string();
            assert!(error.contains("h.test") && !error.contains("s3cret"), "{error}");
        }
    }
}
