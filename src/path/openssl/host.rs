//! Whether a leaf has a name: `do_x509_check` (`crypto/x509/v3_utl.c`) with flags 0, as `SSL_set1_host` uses it.

use std::net::IpAddr;

use crate::cert::{Certificate, GeneralName};
use crate::der::Oid;

/// commonName.
const COMMON_NAME: Oid = Oid::new(&[2, 5, 4, 3]);

/// Any dNSName; with none at all, any common name.
pub(super) fn has_host(leaf: &Certificate, host: &str) -> bool {
    let names = leaf.subject_alt_names().unwrap_or_default();
    let mut dns = names.iter().filter_map(|name| match name {
        GeneralName::Dns(name) => Some(name.as_str()),
        _ => None,
    });
    if has_dns_name(leaf) {
        return dns.any(|pattern| meets(pattern, host));
    }
    common_names(leaf).any(|pattern| meets(pattern, host))
}

/// An iPAddress; the common name never serves.
pub(super) fn has_address(leaf: &Certificate, address: IpAddr) -> bool {
    let names = leaf.subject_alt_names().unwrap_or_default();
    names.iter().any(|name| matches!(name, GeneralName::Ip(found) if *found == address))
}

pub(super) fn has_dns_name(leaf: &Certificate) -> bool {
    leaf.subject_alt_names().is_some_and(|names| names.iter().any(|name| matches!(name, GeneralName::Dns(_))))
}

pub(super) fn common_names(leaf: &Certificate) -> impl Iterator<Item = &str> {
    let attributes = leaf.subject().rdns().iter().flatten();
    attributes.filter(|attribute| attribute.oid == COMMON_NAME).filter_map(|one| one.text.as_deref())
}

/// `equal_wildcard`.
fn meets(pattern: &str, host: &str) -> bool {
    let starred = if host.len() > 1 && host.starts_with('.') { None } else { star(pattern) };
    match starred.and_then(|at| Some((pattern.get(..at)?, pattern.get(at + 1..)?))) {
        Some((before, after)) => wildcard_meets(before, after, host.as_bytes()),
        None => !pattern.contains('\0') && pattern.eq_ignore_ascii_case(host),
    }
}

/// `valid_star`: one star, in the first label, at its start or end, with two dots behind it.
fn star(pattern: &str) -> Option<usize> {
    let labels: Vec<&str> = pattern.split('.').collect();
    let (first, rest) = labels.split_first()?;
    let plain = |label: &&str| {
        let idle = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        idle && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let at = first.find('*')?;
    let (before, after) = (first.get(..at)?, first.get(at + 1..)?);
    let octets = |part: &str| part.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    let idna = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let sound = octets(before) && octets(after) && !before.starts_with('-') && !after.ends_with('-');
    let one_end = before.is_empty() || after.is_empty();
    (rest.len() >= 2 && rest.iter().all(plain) && sound && one_end && !idna(before)).then_some(at)
}

/// `wildcard_match`.
fn wildcard_meets(before: &str, after: &str, host: &[u8]) -> bool {
    let (start, end) = (before.len(), host.len().checked_sub(after.len()));
    let Some(end) = end.filter(|end| *end >= start) else { return false };
    let (Some(head), Some(middle), Some(tail)) = (host.get(..start), host.get(start..end), host.get(end..))
    else {
        return false;
    };
    if !head.eq_ignore_ascii_case(before.as_bytes()) || !tail.eq_ignore_ascii_case(after.as_bytes()) {
        return false;
    }
    let whole_label = before.is_empty() && after.starts_with('.');
    if whole_label && middle.is_empty() {
        return false;
    }
    let rest = host.get(start..).unwrap_or_default();
    if !whole_label && host.len() >= 4 && rest.get(..4).is_some_and(|four| four.eq_ignore_ascii_case(b"xn--"))
    {
        return false;
    }
    middle == b"*" || middle.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
}
