//! Whether a leaf is for the name asked for: sun.security.util.HostnameChecker.

use std::net::IpAddr;

use super::literal;
use super::readable;
use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::{Certificate, GeneralName};
use crate::path::PeerName;

/// How wildcards are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wildcards {
    /// In any label, or in the leftmost only (JDK 18 and later).
    pub(super) any_label: bool,
    /// Whether the chain ends at one of the JDK's own authorities, for which a whole public suffix is too much.
    pub(super) public_ca: bool,
}

/// The name, unless it ends in a dot, which releases before 12 do not take away before they look at it.
pub(super) fn as_asked<'n>(name: &'n PeerName, settings: &Settings) -> Result<&'n PeerName, Reason> {
    match name {
        PeerName::Dns(host) if host.ends_with('.') && settings.version.feature < 12 => {
            let cause =
                illegal(host).unwrap_or("Server name value of host_name cannot have the trailing dot");
            Err(Reason::HostIllegal { name: host.clone(), cause })
        }
        name => Ok(name),
    }
}

/// Checks the name.
pub(super) fn check(
    leaf: &Certificate,
    name: &PeerName,
    wildcards: Wildcards,
    feature: u32,
) -> Result<(), Reason> {
    let names = readable::alternative_names(leaf, feature).filter(|names| !names.is_empty());
    match name {
        PeerName::Ip(address) => check_ip(names, *address, &address.to_string()),
        PeerName::Written { address, text } => check_ip(names, *address, text),
        PeerName::Dns(host) => {
            let host = host.strip_suffix('.').unwrap_or(host);
            match literal::address(host) {
                Some(address) => check_ip(names, address, literal::inside(host)),
                None => check_dns(leaf, names, host, wildcards, feature),
            }
        }
    }
}

/// `written` is what Java prints.
fn check_ip(names: Option<&[GeneralName]>, address: IpAddr, written: &str) -> Result<(), Reason> {
    let names = names.ok_or(Reason::HostNoAlternativeNames)?;
    // InetAddress.getByName makes an IPv4 address of an IPv4-mapped one.
    let canonical = address.to_canonical();
    let found =
        names.iter().any(|name| matches!(name, GeneralName::Ip(ip) if ip.to_canonical() == canonical));
    if found { Ok(()) } else { Err(Reason::HostIpMismatch { name: written.to_owned() }) }
}

fn check_dns(
    leaf: &Certificate,
    names: Option<&[GeneralName]>,
    host: &str,
    wildcards: Wildcards,
    feature: u32,
) -> Result<(), Reason> {
    if let Some(cause) = illegal(host) {
        return Err(Reason::HostIllegal { name: host.to_owned(), cause });
    }
    let mut found_dns = false;
    for name in names.unwrap_or_default() {
        if let GeneralName::Dns(template) = name {
            found_dns = true;
            if matches(host, template, wildcards) {
                return Ok(());
            }
        }
    }
    if found_dns {
        return Err(Reason::HostDnsMismatch { name: host.to_owned() });
    }
    let mismatch = || Reason::HostCommonNameMismatch { name: host.to_owned() };
    let common = leaf.subject().common_name_attribute().ok_or_else(mismatch)?;
    let common = common.java_text(feature).ok_or_else(|| no_text(feature))?;
    if matches(host, &common, wildcards) { Ok(()) } else { Err(mismatch()) }
}

/// A common name of a kind that is no text to the JDK: its code goes on with null.
fn no_text(feature: u32) -> Reason {
    const WORDS: &str = "Cannot invoke \"java.lang.CharSequence.toString()\" because \"src\" is null";
    // Helpful messages came with JDK 15.
    let message = if feature < 15 { "null" } else { WORDS };
    Reason::InternalError {
        class: "java.lang.NullPointerException",
        message: message.to_owned(),
        cause: None,
    }
}

/// What `SNIHostName` has against a name, in its words (java.net.IDN with USE_STD3_ASCII_RULES).
pub(super) fn illegal(host: &str) -> Option<&'static str> {
    let Some(whole) = host.strip_suffix('.') else {
        if host.is_empty() {
            return Some("Server name value of host_name cannot be empty");
        }
        return host.split('.').find_map(illegal_label);
    };
    let label = if whole.is_empty() { None } else { whole.split('.').find_map(illegal_label) };
    label.or(Some("Server name value of host_name cannot have the trailing dot"))
}

fn illegal_label(label: &str) -> Option<&'static str> {
    if label.is_empty() {
        Some("Empty label is not a legal name")
    } else if label.chars().any(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '-') {
        Some("Contains non-LDH ASCII characters")
    } else if label.starts_with('-') || label.ends_with('-') {
        Some("Has leading or trailing hyphen")
    } else if label.len() > 63 {
        Some("The label in the input is too long")
    } else {
        None
    }
}

/// Whether a name in a certificate, which may hold wildcards, is for `host`.
pub(super) fn matches(host: &str, template: &str, wildcards: Wildcards) -> bool {
    let (host, template) = (unicode(&host.to_lowercase()), unicode(&template.to_lowercase()));
    if illegal_wildcard(&template, wildcards.public_ca) || illegal(&template.replace('*', "z")).is_some() {
        return false;
    }
    let labels = |name: &str| name.split('.').map(str::to_owned).collect::<Vec<String>>();
    let (host, template) = (labels(&host), labels(&template));
    if wildcards.any_label {
        return host.len() == template.len()
            && host.iter().zip(&template).all(|(label, pattern)| matches_label(label, pattern));
    }
    match (host.split_first(), template.split_first()) {
        (Some((label, rest)), Some((pattern, tail))) => rest == tail && matches_label(label, pattern),
        _ => false,
    }
}

/// A name with its A-labels as the letters they stand for, in which Java compares (`java.net.IDN.toUnicode`). What is no
/// encoding stays as it is: a wildcard inside an A-label stands for nothing of it.
fn unicode(name: &str) -> String {
    let label = |label: &str| {
        let encoded = label.strip_prefix("xn--")?;
        let text = idna::punycode::decode_to_string(encoded).filter(|text| !text.is_ascii())?;
        (idna::punycode::encode_str(&text).as_deref() == Some(encoded)).then_some(text)
    };
    let labels = name.split('.').map(|part| label(part).unwrap_or_else(|| part.to_owned()));
    labels.collect::<Vec<_>>().join(".")
}

/// A bare wildcard, a wildcard in the last label, and under a public authority one that covers a top-level domain.
/// The JDK has the whole public suffix list there; no public authority issues what differs.
fn illegal_wildcard(template: &str, public_ca: bool) -> bool {
    let Some((_, behind)) = template.rsplit_once('*') else { return false };
    match behind.split_once('.') {
        None => true,
        Some((_, domain)) => public_ca && !domain.is_empty() && !domain.contains('.'),
    }
}

/// One label against one pattern, greedy from the left (`matchWildCards`).
fn matches_label(label: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return label == pattern };
    let Some(mut rest) = label.strip_prefix(first) else { return false };
    for piece in pieces {
        let Some((_, behind)) = rest.split_once(piece) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFTMOST: Wildcards = Wildcards { any_label: false, public_ca: false };
    const ANY: Wildcards = Wildcards { any_label: true, public_ca: false };

    #[test]
    fn wildcards_by_release() {
        for (template, leftmost, any) in [
            ("scim.corp.test", true, true),
            ("SCIM.Corp.Test", true, true),
            ("*.corp.test", true, true),
            ("sc*.corp.test", true, true),
            ("s*i*.corp.test", true, true),
            ("scim.*.test", false, true),
            ("*.test", false, false),
            ("*", false, false),
            ("scim.corp.*", false, false),
            ("scim.corp.test.", false, false),
            ("scim_x.corp.test", false, false),
            ("*x.corp.test", false, false),
        ] {
            assert_eq!(matches("scim.corp.test", template, LEFTMOST), leftmost, "{template}");
            assert_eq!(matches("scim.corp.test", template, ANY), any, "{template}");
        }
        let public = Wildcards { any_label: false, public_ca: true };
        assert!(!matches("example.com", "*.com", public) && matches("example.com", "*.com", LEFTMOST));
    }

    #[test]
    fn wildcards_meet_the_letters_of_an_international_name() {
        for (template, found) in [
            ("xn--bcher-kva.example.test", true),
            ("*.example.test", true),
            ("b*.example.test", true),
            ("*r.example.test", true),
            ("xn--b*.example.test", false),
            ("x*.example.test", false),
            ("*kva.example.test", false),
            ("xn--bch*kva.example.test", false),
        ] {
            assert_eq!(matches("xn--bcher-kva.example.test", template, LEFTMOST), found, "{template}");
        }
    }

    /// `new SNIHostName(name)` on JDK 25.
    #[test]
    fn names_java_does_not_take() {
        assert_eq!(illegal("a_b.c"), Some("Contains non-LDH ASCII characters"));
        assert_eq!(illegal("-a.b"), Some("Has leading or trailing hyphen"));
        assert_eq!(illegal("a..b"), Some("Empty label is not a legal name"));
        assert_eq!(illegal("a.b."), Some("Server name value of host_name cannot have the trailing dot"));
        assert_eq!(illegal(""), Some("Server name value of host_name cannot be empty"));
        assert_eq!(illegal(&"x".repeat(64)), Some("The label in the input is too long"));
        assert_eq!(illegal("a.b"), None);
    }
}
