//! Name constraints along the path, the anchor's included (`crypto/x509/v3_ncons.c`).

use std::net::IpAddr;

use super::Stop;
use super::error::VerifyError;
use super::forms::distances;
use super::host;
use super::node::{Canonical, Node};
use crate::cert::{Certificate, GeneralName, NameConstraints, Subtree};
use crate::der::{Oid, tag};

/// Names times constraints that are compared for one certificate (`NAME_CHECK_MAX`); beyond it OpenSSL refuses.
const MAX_COMPARISONS: usize = 1 << 20;

/// emailAddress.
const EMAIL: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 9, 1]);

/// `check_name_constraints`: from the anchor down; self-issued intermediates are passed over.
pub(super) fn check(path: &[&Node<'_>]) -> Result<(), Stop> {
    for (depth, node) in path.iter().enumerate().rev() {
        if depth > 0 && node.self_issued {
            continue;
        }
        for above in path.iter().skip(depth + 1).rev() {
            let Some(constraints) = above.certificate.name_constraints() else { continue };
            let constraints = &Limits { constraints, distances: distances(above.certificate) };
            let fails = |error| Stop::Error(error, depth);
            permits(constraints, node.certificate).map_err(fails)?;
            if depth == 0 && !host::has_dns_name(node.certificate) {
                for name in host::common_names(node.certificate).filter(|name| is_host(name)) {
                    meets(constraints, &GeneralName::Dns(name.to_owned())).map_err(fails)?;
                }
            }
        }
    }
    Ok(())
}

/// Constraints, and which of them have a distance.
struct Limits<'a> {
    constraints: &'a NameConstraints,
    distances: [Vec<bool>; 2],
}

/// `NAME_CONSTRAINTS_check`: the subject, mail addresses in it, then the alternative names.
fn permits(limits: &Limits<'_>, certificate: &Certificate) -> Result<(), VerifyError> {
    let (constraints, subject) = (limits.constraints, certificate.subject());
    let alternatives = certificate.subject_alt_names().unwrap_or_default();
    let names = alternatives.len() + subject.rdns().iter().map(Vec::len).sum::<usize>();
    let subtrees = constraints.permitted.len() + constraints.excluded.len();
    if names.saturating_mul(subtrees) > MAX_COMPARISONS {
        return Err(VerifyError::Unspecified);
    }
    if !subject.is_empty() {
        meets(limits, &GeneralName::Directory(subject.clone()))?;
        for mail in subject.rdns().iter().flatten().filter(|attribute| attribute.oid == EMAIL) {
            let text = mail.text.as_ref().filter(|_| mail.tag == tag::IA5_STRING);
            let text = text.ok_or(VerifyError::UnsupportedNameSyntax)?;
            meets(limits, &GeneralName::Email(text.clone()))?;
        }
    }
    alternatives.iter().try_for_each(|name| meets(limits, name))
}

/// `nc_match`: one of the permitted subtrees of the name's kind, if there are any; none of the excluded ones.
fn meets(limits: &Limits<'_>, name: &GeneralName) -> Result<(), VerifyError> {
    let [permitted, excluded] = &limits.distances;
    let (mut asked, mut met) = (false, false);
    for (subtree, limited) in of_kind(&limits.constraints.permitted, permitted, name) {
        if limited {
            return Err(VerifyError::DistanceUnsupported);
        }
        asked = true;
        met = met || matches(subtree, name)?;
    }
    if asked && !met {
        return Err(VerifyError::PermittedViolation);
    }
    for (subtree, limited) in of_kind(&limits.constraints.excluded, excluded, name) {
        if limited {
            return Err(VerifyError::DistanceUnsupported);
        }
        if matches(subtree, name)? {
            return Err(VerifyError::ExcludedViolation);
        }
    }
    Ok(())
}

/// Those that are about such names, and whether they have a distance.
fn of_kind<'a>(
    subtrees: &'a [Subtree],
    limited: &'a [bool],
    name: &'a GeneralName,
) -> impl Iterator<Item = (&'a Subtree, bool)> {
    let limited = limited.iter().copied().chain(std::iter::repeat(false));
    subtrees.iter().zip(limited).filter(move |(subtree, _)| is_of_kind(subtree, name))
}

fn is_of_kind(subtree: &Subtree, name: &GeneralName) -> bool {
    match (subtree, name) {
        (Subtree::Dns(_), GeneralName::Dns(_))
        | (Subtree::Ip(..), GeneralName::Ip(_))
        | (Subtree::Email(_), GeneralName::Email(_))
        | (Subtree::Uri(_), GeneralName::Uri(_))
        | (Subtree::Directory(_), GeneralName::Directory(_)) => true,
        (Subtree::Other { kind }, GeneralName::Other { kind: other, .. }) => kind == other,
        (Subtree::RegisteredId(_), GeneralName::RegisteredId(_)) => true,
        _ => false,
    }
}

/// `nc_match_single`.
fn matches(subtree: &Subtree, name: &GeneralName) -> Result<bool, VerifyError> {
    match (subtree, name) {
        (Subtree::Dns(base), GeneralName::Dns(name)) => Ok(dns(name, base)),
        (Subtree::Ip(base, mask), GeneralName::Ip(address)) => Ok(ip(*address, *base, *mask)),
        (Subtree::Email(base), GeneralName::Email(address)) => email(address, base),
        (Subtree::Uri(base), GeneralName::Uri(uri)) => self::uri(uri, base),
        (Subtree::Directory(base), GeneralName::Directory(name)) => {
            Ok(Canonical::of(name).is_within(&Canonical::of(base)))
        }
        _ => Err(VerifyError::UnsupportedConstraintType),
    }
}

fn dns(name: &str, base: &str) -> bool {
    base.is_empty() || name.eq_ignore_ascii_case(base) || {
        let below = ends_with(name, base).filter(|before| !before.is_empty());
        below.is_some_and(|before| base.starts_with('.') || before.ends_with('.'))
    }
}

/// What stands before `end` in `text`.
fn ends_with<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len())?;
    text.get(at..)?.eq_ignore_ascii_case(end).then(|| text.get(..at)).flatten()
}

fn ip(address: IpAddr, base: IpAddr, mask: IpAddr) -> bool {
    let masked = |octets: &[u8], base: &[u8], mask: &[u8]| {
        octets.iter().zip(base).zip(mask).all(|((octet, base), mask)| (octet ^ base) & mask == 0)
    };
    match (address, base, mask) {
        (IpAddr::V4(address), IpAddr::V4(base), IpAddr::V4(mask)) => {
            masked(&address.octets(), &base.octets(), &mask.octets())
        }
        (IpAddr::V6(address), IpAddr::V6(base), IpAddr::V6(mask)) => {
            masked(&address.octets(), &base.octets(), &mask.octets())
        }
        _ => false,
    }
}

fn email(address: &str, base: &str) -> Result<bool, VerifyError> {
    let (local, domain) = address.rsplit_once('@').ok_or(VerifyError::UnsupportedNameSyntax)?;
    match base.rsplit_once('@') {
        None if base.starts_with('.') => {
            Ok(ends_with(address, base).is_some_and(|before| !before.is_empty()))
        }
        None => Ok(domain.eq_ignore_ascii_case(base)),
        Some((wanted, host)) => {
            Ok((wanted.is_empty() || wanted == local) && domain.eq_ignore_ascii_case(host))
        }
    }
}

fn uri(uri: &str, base: &str) -> Result<bool, VerifyError> {
    let (_, rest) = uri.split_once(':').ok_or(VerifyError::UnsupportedNameSyntax)?;
    let rest = rest.strip_prefix("//").ok_or(VerifyError::UnsupportedNameSyntax)?;
    let host = rest.split_once(':').or_else(|| rest.split_once('/')).map_or(rest, |(host, _)| host);
    if host.is_empty() {
        return Err(VerifyError::UnsupportedNameSyntax);
    }
    if base.starts_with('.') {
        return Ok(ends_with(host, base).is_some_and(|before| !before.is_empty()));
    }
    Ok(host.eq_ignore_ascii_case(base))
}

/// `cn2dnsid`: whether a common name could be a host's, which needs two labels.
fn is_host(name: &str) -> bool {
    let octets = name.as_bytes();
    let at = |index: usize| octets.get(index).copied().unwrap_or(b'.');
    let mut labels = false;
    for (index, octet) in octets.iter().enumerate() {
        let inside = index > 0 && index + 1 < octets.len();
        match octet {
            b'_' => {}
            octet if octet.is_ascii_alphanumeric() => {}
            b'-' if inside => {}
            b'.' if inside && at(index + 1) != b'.' && at(index - 1) != b'-' && at(index + 1) != b'-' => {
                labels = true;
            }
            _ => return false,
        }
    }
    labels
}
