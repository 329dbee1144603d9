//! The names a certificate is made for, read from what a person types.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::error::Typed;
use crate::cert::GeneralName;

/// Octets of one label and of a whole name (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 253;

/// A name for a certificate, and what is to be said about how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafName {
    /// The name as it goes into subjectAltName: DNS names in lower case and ASCII.
    pub name: GeneralName,
    /// What was left out, turned into something else, or will not work everywhere.
    pub notes: Vec<NameNote>,
}

/// Something to say about a name that is taken nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameNote {
    /// Certificates name hosts, not ports.
    PortDropped(u16),
    /// Only the host of the URL is meant.
    UrlStripped,
    /// A name with other letters than ASCII, in the form that clients compare (RFC 5891).
    ToAscii {
        /// As typed.
        typed: String,
        /// As it is in the certificate.
        ascii: String,
    },
    /// Not a host name (RFC 1123 section 2.1): OpenSSL and browsers take it, keytool and some clients do not.
    Underscore,
    /// A wildcard right under a top-level name: browsers and Java refuse it.
    WideWildcard,
    /// The dot at the end is not part of a certificate's name.
    DotDropped,
}

impl fmt::Display for NameNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortDropped(port) => write!(f, "the port {port} is left out: certificates name hosts"),
            Self::UrlStripped => f.write_str("only the host of the URL is taken"),
            Self::ToAscii { typed, ascii } => write!(f, "{typed} is written {ascii}"),
            Self::Underscore => {
                f.write_str("an underscore is not allowed in host names; some clients refuse it")
            }
            Self::WideWildcard => {
                f.write_str("a wildcard for a whole top-level name; Java and browsers refuse it")
            }
            Self::DotDropped => f.write_str("the dot at the end is left out"),
        }
    }
}

/// Why a text is not a name for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a name for a certificate: {reason}", Typed(text))]
#[non_exhaustive]
pub struct NameError {
    /// As typed.
    pub text: String,
    /// What is wrong with it.
    pub reason: NameProblem,
}

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Two dots in a row, or one at the beginning.
    #[error("there is nothing between two of its dots")]
    EmptyLabel,
    /// RFC 1035.
    #[error("a part of it has {length} octets, and {MAX_LABEL} are allowed")]
    LongLabel {
        /// How many octets the part has.
        length: usize,
    },
    /// RFC 1035.
    #[error("it has {length} octets, and {MAX_NAME} are allowed")]
    Long {
        /// How many octets it has.
        length: usize,
    },
    /// Spaces, control characters, punctuation.
    #[error("{found:?} cannot stand in a name")]
    Character {
        /// The first such character.
        found: char,
    },
    /// A label cannot begin or end so (RFC 1123).
    #[error("a part of it begins or ends with a hyphen")]
    Hyphen,
    /// RFC 9525 section 6.3: the wildcard is the whole leftmost label.
    #[error("a wildcard stands alone before the first dot, as in *.corp.test")]
    Wildcard,
    /// All digits at the end: a mistyped address.
    #[error("it looks like an IP address, and is not one")]
    NotAnAddress,
    /// `10.0.0.0/8`.
    #[error("a network is not a name; give each address")]
    Network,
    /// `fe80::1%eth0`.
    #[error("an address in a certificate has no zone; leave out what follows the %")]
    Zone,
    /// Not a port number.
    #[error("what follows the colon is not a port")]
    Port,
    /// Letters outside ASCII that make no internationalised name (RFC 5891).
    #[error("its letters make no internationalised name")]
    Idn,
    /// RFC 5280 section 4.2.1.6 takes ASCII only before the @.
    #[error("before the @ of a mail address only ASCII can stand in a certificate")]
    Mailbox,
    /// A URI without scheme or with characters that have to be escaped.
    #[error("it is not a URI")]
    Uri,
}

impl LeafName {
    /// Reads a name: `scim.corp.test`, `*.corp.test`, `müller.test`, `10.0.0.5`, `::1`, `[::1]:8443`, `host:port`,
    /// `https://host:port/path` (the host), `admin@corp.test`, `spiffe://corp.test/agent`; or, said outright, `dns:`,
    /// `ip:`, `email:`, `uri:` before it.
    ///
    /// # Errors
    /// [`NameError`] with the reason.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let trimmed = text.trim();
        read(trimmed).map_err(|reason| NameError { text: text.to_owned(), reason })
    }

    /// A name there is nothing to say about.
    pub(super) fn plain(name: GeneralName) -> Self {
        Self { name, notes: Vec::new() }
    }
}

fn read(text: &str) -> Result<LeafName, NameProblem> {
    let prefixed = text.split_once(':').map(|(prefix, rest)| (prefix.to_ascii_lowercase(), rest));
    match prefixed.as_ref().map(|(prefix, rest)| (prefix.as_str(), *rest)) {
        Some(("dns", rest)) => dns(rest),
        Some(("ip", rest)) => {
            let address = rest.trim_matches(['[', ']']).parse().map_err(|_| NameProblem::NotAnAddress)?;
            Ok(LeafName::plain(GeneralName::Ip(address)))
        }
        Some(("email", rest)) => email(rest),
        Some(("uri", rest)) => uri(rest),
        Some(("https" | "http" | "tls" | "ldaps" | "wss", rest)) if rest.starts_with("//") => {
            let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let mut name = host_and_port(host)?;
            name.notes.insert(0, NameNote::UrlStripped);
            Ok(name)
        }
        Some((_, rest)) if rest.starts_with("//") => uri(text),
        Some(("urn", _)) => uri(text),
        _ if text.contains('@') => email(text),
        _ => host_and_port(text),
    }
}

/// A host or an address, with or without a port.
fn host_and_port(text: &str) -> Result<LeafName, NameProblem> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(LeafName::plain(GeneralName::Ip(address)));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or(NameProblem::NotAnAddress)?;
        let address = v6(address)?;
        let notes = match after.strip_prefix(':') {
            Some(digits) => vec![NameNote::PortDropped(port(digits)?)],
            None if after.is_empty() => Vec::new(),
            None => return Err(NameProblem::NotAnAddress),
        };
        return Ok(LeafName { name: GeneralName::Ip(address.into()), notes });
    }
    match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => {
            v6(text).map(|address| LeafName::plain(GeneralName::Ip(address.into())))
        }
        Some((host, digits)) => {
            let mut name = host_and_port(host)?;
            name.notes.push(NameNote::PortDropped(port(digits)?));
            Ok(name)
        }
        None => dns(text),
    }
}

fn v6(text: &str) -> Result<Ipv6Addr, NameProblem> {
    if text.contains('%') {
        return Err(NameProblem::Zone);
    }
    text.parse().map_err(|_| NameProblem::NotAnAddress)
}

fn port(digits: &str) -> Result<u16, NameProblem> {
    digits.parse().map_err(|_| NameProblem::Port)
}

fn dns(text: &str) -> Result<LeafName, NameProblem> {
    let mut notes = Vec::new();
    let undotted = text.strip_suffix('.').unwrap_or(text);
    if undotted.len() < text.len() && !undotted.is_empty() {
        notes.push(NameNote::DotDropped);
    }
    let (wildcard, host) = match undotted.strip_prefix("*.") {
        Some(host) => (true, host),
        None => (false, undotted),
    };
    let ascii = domain(host)?;
    let last = ascii.rsplit('.').next().unwrap_or_default();
    if last.chars().all(|c| c.is_ascii_digit()) {
        return Err(NameProblem::NotAnAddress);
    }
    if !host.is_ascii() {
        notes.push(NameNote::ToAscii { typed: host.to_owned(), ascii: ascii.clone() });
    }
    if ascii.contains('_') {
        notes.push(NameNote::Underscore);
    }
    if wildcard && !ascii.contains('.') {
        notes.push(NameNote::WideWildcard);
    }
    let name = if wildcard { format!("*.{ascii}") } else { ascii };
    if name.len() > MAX_NAME {
        return Err(NameProblem::Long { length: name.len() });
    }
    Ok(LeafName { name: GeneralName::Dns(name), notes })
}

/// A domain in lower case and ASCII, its labels checked.
pub(super) fn domain(text: &str) -> Result<String, NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.contains('*') {
        return Err(NameProblem::Wildcard);
    }
    if text.contains('/') && text.split('/').next().is_some_and(|first| first.parse::<IpAddr>().is_ok()) {
        return Err(NameProblem::Network);
    }
    let ascii = match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => idna::domain_to_ascii(text).map_err(|_| NameProblem::Idn)?,
    };
    ascii.split('.').try_for_each(label)?;
    if ascii.len() > MAX_NAME {
        return Err(NameProblem::Long { length: ascii.len() });
    }
    if ascii.split('.').any(|label| label.starts_with("xn--")) && idna::domain_to_unicode(&ascii).1.is_err() {
        return Err(NameProblem::Idn);
    }
    Ok(ascii)
}

fn label(label: &str) -> Result<(), NameProblem> {
    if label.is_empty() {
        return Err(NameProblem::EmptyLabel);
    }
    if let Some(found) = label.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        return Err(NameProblem::Character { found });
    }
    if label.len() > MAX_LABEL {
        return Err(NameProblem::LongLabel { length: label.len() });
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(NameProblem::Hyphen);
    }
    Ok(())
}

fn email(text: &str) -> Result<LeafName, NameProblem> {
    let (mailbox, host) = text.rsplit_once('@').ok_or(NameProblem::Mailbox)?;
    if mailbox.is_empty() {
        return Err(NameProblem::Empty);
    }
    if !mailbox.is_ascii() {
        return Err(NameProblem::Mailbox);
    }
    if let Some(found) = mailbox.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '@' | '<' | '>' | '"'))
    {
        return Err(NameProblem::Character { found });
    }
    let ascii = domain(host)?;
    let turned = NameNote::ToAscii { typed: host.to_owned(), ascii: ascii.clone() };
    let notes = if host.is_ascii() { Vec::new() } else { vec![turned] };
    Ok(LeafName { name: GeneralName::Email(format!("{mailbox}@{ascii}")), notes })
}

fn uri(text: &str) -> Result<LeafName, NameProblem> {
    let (scheme, rest) = text.split_once(':').ok_or(NameProblem::Uri)?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !named || rest.is_empty() {
        return Err(NameProblem::Uri);
    }
    if let Some(found) = rest.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"')) {
        return Err(NameProblem::Character { found });
    }
    Ok(LeafName::plain(GeneralName::Uri(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match LeafName::parse(text) {
            Ok(LeafName { name, notes }) if notes.is_empty() => name.to_string(),
            Ok(LeafName { name, notes }) => {
                let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
                format!("{name} ({})", notes.join("; "))
            }
            Err(error) => error.reason.to_string(),
        }
    }

    #[test]
    fn names_are_read_as_people_type_them() {
        for (text, expected) in [
            ("SCIM.corp.test", "dns:scim.corp.test"),
            ("*.corp.test", "dns:*.corp.test"),
            ("corp.test.", "dns:corp.test (the dot at the end is left out)"),
            ("müller.test", "dns:xn--mller-kva.test (müller.test is written xn--mller-kva.test)"),
            ("10.0.0.5", "ip:10.0.0.5"),
            ("10.0.0.5:8443", "ip:10.0.0.5 (the port 8443 is left out: certificates name hosts)"),
            ("::1", "ip:::1"),
            ("[::1]", "ip:::1"),
            ("[::1]:8443", "ip:::1 (the port 8443 is left out: certificates name hosts)"),
            ("localhost:4447", "dns:localhost (the port 4447 is left out: certificates name hosts)"),
            ("https://a.test/x", "dns:a.test (only the host of the URL is taken)"),
            ("admin@Corp.test", "email:admin@corp.test"),
            ("spiffe://corp.test/agent", "uri:spiffe://corp.test/agent"),
            ("uri:https://corp.test/", "uri:https://corp.test/"),
            (
                "my_host.test",
                "dns:my_host.test (an underscore is not allowed in host names; some clients refuse it)",
            ),
            ("*.test", "dns:*.test (a wildcard for a whole top-level name; Java and browsers refuse it)"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn impossible_names_are_refused_with_the_reason() {
        let (label, name) = ("a".repeat(64), format!("{}a.test", "abcdefg.".repeat(32)));
        for (text, expected) in [
            ("", "it is empty"),
            (".", "it is empty"),
            ("a..test", "there is nothing between two of its dots"),
            (label.as_str(), "a part of it has 64 octets, and 63 are allowed"),
            (name.as_str(), "it has 262 octets, and 253 are allowed"),
            ("a b.test", "' ' cannot stand in a name"),
            ("a\u{1b}[31m.test", "'\\u{1b}' cannot stand in a name"),
            ("-a.test", "a part of it begins or ends with a hyphen"),
            ("*", "a wildcard stands alone before the first dot, as in *.corp.test"),
            ("a*.corp.test", "a wildcard stands alone before the first dot, as in *.corp.test"),
            ("10.0.0.256", "it looks like an IP address, and is not one"),
            ("10.0.0.0/8", "a network is not a name; give each address"),
            ("fe80::1%eth0", "an address in a certificate has no zone; leave out what follows the %"),
            ("host:port", "what follows the colon is not a port"),
            ("host:70000", "what follows the colon is not a port"),
            ("xn--a.test", "its letters make no internationalised name"),
            ("a\u{202e}b.test", "its letters make no internationalised name"),
            ("jürgen@corp.test", "before the @ of a mail address only ASCII can stand in a certificate"),
            ("uri:nothing", "it is not a URI"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
