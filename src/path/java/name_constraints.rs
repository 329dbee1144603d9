//! Whether the names of a certificate lie where a CA above allows: sun.security.x509.NameConstraintsExtension.

use std::net::IpAddr;

use super::canonical::Canonical;
use super::host::{self, Wildcards};
use super::readable;
use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::{Certificate, GeneralName, NameConstraints, Subtree};
use crate::der::Oid;

/// How a constraint and a name lie to each other (sun.security.x509.GeneralNameInterface).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// Another kind of name.
    Different,
    /// The name is the constraint or lies in it.
    Inside,
    /// The same kind of name, elsewhere or wider.
    Outside,
}

/// Whether `certificate` satisfies the constraints of one CA above it. Java merges the constraints of all of them and
/// checks once; checking each by itself comes to the same.
pub(super) fn check(
    constraints: &NameConstraints,
    certificate: &Certificate,
    settings: &Settings,
) -> Result<(), Reason> {
    let subject = certificate.subject();
    let mut names: Vec<GeneralName> = Vec::new();
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    let feature = settings.version.feature;
    match readable::alternative_names(certificate, feature) {
        Some(alternatives) => names.extend(alternatives.iter().cloned()),
        None => names.extend(mail_addresses(certificate)),
    }
    names.extend(common_name(certificate, &names, settings));
    let rules = Rules {
        wildcards: settings.wildcard_meets_excluded,
        leading_dot: settings.leading_dot_constraints,
        short_masks: !settings.version.reached(&[(17, 21), (21, 0)]),
    };
    for name in &names {
        match rules.permits(constraints, name) {
            Ok(true) => {}
            Ok(false) => return Err(Reason::NameConstraints),
            Err(Stumble::EmptyBase) if settings.version.feature < 21 => {
                return Err(internal(STRING_INDEX, "String index out of range: 0"));
            }
            Err(Stumble::EmptyBase) => {
                return Err(internal(STRING_INDEX, "Index 0 out of bounds for length 0"));
            }
            Err(Stumble::NotCompared(what)) => {
                return Err(internal("java.lang.UnsupportedOperationException", what));
            }
        }
    }
    Ok(())
}

const STRING_INDEX: &str = "java.lang.StringIndexOutOfBoundsException";

fn internal(class: &'static str, message: &str) -> Reason {
    Reason::InternalError { class, message: message.to_owned(), cause: None }
}

/// What is left of what CAs above permit when the next CA permits `more`. Of nothing left of one kind Java makes a name
/// without a character, and falls over it (GeneralSubtrees.createWidestSubtree).
pub(super) fn narrowed(
    permitted: Vec<Subtree>,
    more: &NameConstraints,
    settings: &Settings,
) -> Result<Vec<Subtree>, Reason> {
    let mut left = Vec::new();
    for kind in [Kind::Dns, Kind::Uri, Kind::Email, Kind::Ip] {
        let of = |subtrees: &[Subtree]| -> Vec<Subtree> {
            subtrees.iter().filter(|subtree| kind.is_of(subtree)).take(MAX_PAIRS).cloned().collect()
        };
        let (above, here) = (of(&permitted), of(&more.permitted));
        if above.is_empty() || here.is_empty() {
            left.extend(above.into_iter().chain(here));
            continue;
        }
        let within = |base: &Subtree, other: &Subtree| holds(base, other, settings.leading_dot_constraints);
        let before = left.len();
        for base in &above {
            let narrow = here.iter().filter(|other| within(base, other) || within(other, base));
            left.extend(narrow.map(|other| if within(base, other) { other } else { base }.clone()));
        }
        if left.len() == before {
            return Err(kind.stumble(settings));
        }
    }
    Ok(left)
}

/// Most names of each of two CAs that are compared with each other.
const MAX_PAIRS: usize = 256;

/// The kinds of names of which none would permit all.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Dns,
    Uri,
    Email,
    Ip,
}

impl Kind {
    fn is_of(self, subtree: &Subtree) -> bool {
        match subtree {
            Subtree::Dns(_) => matches!(self, Self::Dns),
            Subtree::Uri(_) => matches!(self, Self::Uri),
            Subtree::Email(_) => matches!(self, Self::Email),
            Subtree::Ip(..) => matches!(self, Self::Ip),
            _ => false,
        }
    }

    fn stumble(self, settings: &Settings) -> Reason {
        let cause = match self {
            Self::Dns => "java.io.IOException: DNSName must not be null or empty",
            Self::Uri => "java.io.IOException: URI name must include scheme:",
            Self::Email => "java.io.IOException: RFC822Name may not be null or empty",
            // Helpful messages came with JDK 15.
            Self::Ip if settings.version.feature < 15 => {
                return internal("java.lang.NullPointerException", "null");
            }
            Self::Ip => {
                let what = "Cannot read the array length because \"address\" is null";
                return internal("java.lang.NullPointerException", what);
            }
        };
        Reason::InternalError {
            class: "java.lang.RuntimeException",
            message: format!("Unexpected error: {cause}"),
            cause: Some(cause.to_owned()),
        }
    }
}

/// Whether one constraint lies in another of its kind.
fn holds(base: &Subtree, other: &Subtree, leading_dot: bool) -> bool {
    match (base, other) {
        (Subtree::Dns(base), Subtree::Dns(other)) => dns(base, other, leading_dot),
        (Subtree::Uri(base), Subtree::Uri(other)) => uri(base, other),
        (Subtree::Email(base), Subtree::Email(other)) => email(base, other),
        (Subtree::Ip(base, mask), Subtree::Ip(other, narrower)) => {
            ip(*base, *mask, *other, false) && ip(*mask, *mask, *narrower, false)
        }
        _ => false,
    }
}

/// How many comparisons [`check`] may take.
pub(super) fn cost(constraints: &NameConstraints, certificate: &Certificate) -> Option<usize> {
    let names = certificate.subject_alt_names().map_or(0, <[_]>::len);
    let names = names + certificate.subject().rdns().iter().map(Vec::len).sum::<usize>() + 1;
    names.checked_mul(constraints.permitted.len() + constraints.excluded.len())
}

/// emailAddress attributes of the subject stand in for absent alternative names.
fn mail_addresses(certificate: &Certificate) -> impl Iterator<Item = GeneralName> {
    const EMAIL_ADDRESS: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 9, 1]);
    let attributes = certificate.subject().rdns().iter().flatten();
    attributes
        .filter(|attribute| attribute.oid == EMAIL_ADDRESS)
        .filter_map(|attribute| attribute.text.clone().map(GeneralName::Email))
}

/// The common name counts as an address or a DNS name if there is no alternative name of that kind.
fn common_name(certificate: &Certificate, names: &[GeneralName], settings: &Settings) -> Option<GeneralName> {
    let attribute = certificate.subject().common_name_attribute()?;
    let name = attribute.java_text(settings.version.feature)?;
    let wildcards = settings.wildcard_meets_excluded;
    if let Ok(address) = name.parse::<IpAddr>() {
        let has = names.iter().any(|name| matches!(name, GeneralName::Ip(_)));
        return (!has).then_some(GeneralName::Ip(address));
    }
    let has = names.iter().any(|name| matches!(name, GeneralName::Dns(_)));
    let plain = if wildcards { name.replace('*', "z") } else { name.clone() };
    let label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let valid = plain.split('.').all(label);
    (!has && valid).then_some(GeneralName::Dns(name))
}

/// What differs between releases.
#[derive(Debug, Clone, Copy)]
struct Rules {
    wildcards: bool,
    leading_dot: bool,
    /// Whether an address is compared with as many octets of it as the constraint has.
    short_masks: bool,
}

/// What the JDK's own code falls over.
#[derive(Debug, PartialEq, Eq)]
enum Stumble {
    /// A DNS constraint without a character: releases that know leading dots look for one
    /// (StringIndexOutOfBoundsException in DNSName.constrains).
    EmptyBase,
    /// A kind of name that it does not compare, in its words.
    NotCompared(&'static str),
}

impl Rules {
    fn permits(self, constraints: &NameConstraints, name: &GeneralName) -> Result<bool, Stumble> {
        for subtree in &constraints.excluded {
            let covered = self.wildcards && covered_by_wildcard(subtree, name);
            if covered || self.relation(subtree, name)? == Relation::Inside {
                return Ok(false);
            }
        }
        let mut same_kind = false;
        for subtree in &constraints.permitted {
            match self.relation(subtree, name)? {
                Relation::Inside => return Ok(true),
                Relation::Outside => same_kind = true,
                Relation::Different => {}
            }
        }
        Ok(!same_kind)
    }

    fn relation(self, subtree: &Subtree, name: &GeneralName) -> Result<Relation, Stumble> {
        let inside = match (subtree, name) {
            (Subtree::Dns(base), GeneralName::Dns(name)) => {
                if self.leading_dot && base.is_empty() && !name.is_empty() {
                    return Err(Stumble::EmptyBase);
                }
                dns(base, name, self.leading_dot)
            }
            (Subtree::Ip(base, mask), GeneralName::Ip(address)) => {
                ip(*base, *mask, *address, self.short_masks)
            }
            (Subtree::Email(base), GeneralName::Email(address)) => email(base, address),
            (Subtree::Uri(base), GeneralName::Uri(uri)) => {
                uri_host(uri).is_some_and(|host| self::uri(base, &host))
            }
            (Subtree::Directory(base), GeneralName::Directory(name)) => {
                Canonical::of(name).is_within(&Canonical::of(base))
            }
            (Subtree::RegisteredId(base), GeneralName::RegisteredId(id)) if base == id => true,
            (Subtree::RegisteredId(_), GeneralName::RegisteredId(_)) => {
                return Err(Stumble::NotCompared("Narrowing and widening are not supported for OIDNames"));
            }
            (Subtree::Other { kind: 0 }, GeneralName::Other { kind: 0, .. }) => {
                let what = "Narrowing, widening, and matching are not supported for OtherName.";
                return Err(Stumble::NotCompared(what));
            }
            (Subtree::Other { kind: 5 }, GeneralName::Other { kind: 5, .. }) => {
                let what = "Narrowing, widening, and matching of names not supported for EDIPartyName";
                return Err(Stumble::NotCompared(what));
            }
            (Subtree::Other { kind: 3 }, GeneralName::Other { kind: 3, .. }) => {
                let what = "Narrowing, widening, and match are not supported for X400Address.";
                return Err(Stumble::NotCompared(what));
            }
            _ => return Ok(Relation::Different),
        };
        Ok(if inside { Relation::Inside } else { Relation::Outside })
    }
}

/// JDK 17.0.21: a wildcard that covers an excluded name is excluded (DNSName.constrains with matchWildcard).
fn covered_by_wildcard(subtree: &Subtree, name: &GeneralName) -> bool {
    let wildcards = Wildcards { any_label: true, public_ca: false };
    matches!((subtree, name), (Subtree::Dns(base), GeneralName::Dns(name))
        if name.contains('*') && host::matches(base, name, wildcards))
}

/// `DNSName.constrains`: equal, or ending in the base at a label boundary; a dot may lead the base in newer releases.
fn dns(base: &str, name: &str, leading_dot: bool) -> bool {
    let (base, name) = (base.to_lowercase(), name.to_lowercase());
    match name.strip_suffix(base.as_str()) {
        Some("") => true,
        Some(before) => before.ends_with('.') != (leading_dot && base.starts_with('.')),
        None => false,
    }
}

/// `IPAddressName.constrains`. Releases before 21 (17: before 17.0.21) hold an IPv4 constraint against the first octets of an IPv6 address.
fn ip(base: IpAddr, mask: IpAddr, address: IpAddr, short: bool) -> bool {
    match (base, mask, address) {
        (IpAddr::V4(base), IpAddr::V4(mask), IpAddr::V6(address)) if short => {
            let [a, b, c, d, ..] = address.octets();
            std::net::Ipv4Addr::new(a, b, c, d) & mask == base
        }
        (IpAddr::V4(base), IpAddr::V4(mask), IpAddr::V4(address)) => address & mask == base,
        (IpAddr::V6(base), IpAddr::V6(mask), IpAddr::V6(address)) => address & mask == base,
        _ => false,
    }
}

/// `RFC822Name.constrains`: a mailbox equals, a domain with a dot holds all below, a host holds its mailboxes.
fn email(base: &str, address: &str) -> bool {
    let (base, address) = (base.to_lowercase(), address.to_lowercase());
    match address.strip_suffix(base.as_str()) {
        Some("") => true,
        Some(_) if base.contains('@') => false,
        Some(before) => base.starts_with('.') || before.ends_with('@'),
        None => false,
    }
}

/// `URIName.constrains`: a host equals, a domain with a dot in front holds what is below it.
fn uri(base: &str, host: &str) -> bool {
    let (base, host) = (base.to_lowercase(), host.to_lowercase());
    base == host || base.starts_with('.') && host.len() > base.len() && host.ends_with(&base)
}

/// The host of a URI with an authority (RFC 3986 section 3.2).
fn uri_host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host.split_once(']')?.0 } else { host.split(':').next()? };
    Some(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_hold_what_java_says() {
        for (base, name, inside) in [
            ("corp.test", "corp.test", true),
            ("corp.test", "scim.corp.test", true),
            ("corp.test", "scim.mycorp.test", false),
            (".corp.test", "scim.corp.test", true),
            (".corp.test", "corp.test", false),
            ("Corp.Test", "SCIM.corp.test", true),
        ] {
            assert_eq!(dns(base, name, true), inside, "{base} {name}");
        }
        assert!(email("corp.test", "a@corp.test") && !email("corp.test", "a@x.corp.test"));
        assert!(email(".corp.test", "a@x.corp.test") && !email("a@corp.test", "ba@corp.test"));
        assert!(uri(".corp.test", "x.corp.test") && !uri("corp.test", "x.corp.test"));
        assert_eq!(uri_host("https://u@Scim.corp.test:8443/x").as_deref(), Some("Scim.corp.test"));
    }

    #[test]
    fn kinds_do_not_mix_and_excluded_wins() {
        let constraints = NameConstraints {
            permitted: vec![Subtree::Dns("corp.test".to_owned())],
            excluded: vec![Subtree::Dns("secret.corp.test".to_owned())],
        };
        let rules = Rules { wildcards: false, leading_dot: true, short_masks: false };
        let permits =
            |rules: Rules, name: &str| rules.permits(&constraints, &GeneralName::Dns(name.to_owned()));
        assert_eq!(permits(rules, "a.corp.test"), Ok(true));
        assert_eq!(permits(rules, "a.secret.corp.test"), Ok(false));
        assert_eq!(permits(rules, "a.other.test"), Ok(false));
        assert_eq!(rules.permits(&constraints, &GeneralName::Ip([127, 0, 0, 1].into())), Ok(true));
        assert_eq!(permits(rules, "*.corp.test"), Ok(true));
        assert_eq!(permits(Rules { wildcards: true, ..rules }, "*.corp.test"), Ok(false));
    }
}
