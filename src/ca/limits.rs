//! What a development authority may vouch for: names that are nobody else's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::CaError;
use super::name::domain;
use crate::cert::{GeneralName, NameConstraints, Subtree};

/// Domains that no public authority certifies: RFC 6761 (localhost, test), RFC 6762 (local), ICANN's reservation of
/// 2024 (internal), RFC 8375 (home.arpa).
const DOMAINS: [&str; 5] = ["localhost", "test", "local", "internal", "home.arpa"];

/// Networks that reach nobody else: loopback, RFC 1918, link-local, RFC 4193.
const V4: [(Ipv4Addr, u8); 5] = [
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
];
const V6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0xFC00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 0), 10),
];

/// localhost, .test, .local, .internal, .home.arpa and the private networks.
pub fn default_limits() -> NameConstraints {
    let domains = DOMAINS.iter().map(|domain| Subtree::Dns((*domain).to_owned()));
    let v4 = V4.iter().map(|(network, bits)| subtree((*network).into(), *bits));
    let v6 = V6.iter().map(|(network, bits)| subtree((*network).into(), *bits));
    NameConstraints { permitted: domains.chain(v4).chain(v6).collect(), excluded: Vec::new() }
}

/// [`default_limits`] and what the user names besides: domains (`corp.example`, with all below it), addresses, networks
/// (`203.0.113.0/24`).
///
/// # Errors
/// [`CaError::Limit`] for anything else; also for a top-level domain, which would lift the limits.
pub fn limits_with(more: &[String]) -> Result<NameConstraints, CaError> {
    let mut limits = default_limits();
    for text in more {
        let subtree = parse(text).map_err(|reason| CaError::Limit { text: text.clone(), reason })?;
        if !limits.permitted.contains(&subtree) {
            limits.permitted.push(subtree);
        }
    }
    Ok(limits)
}

/// Whether an authority with these limits may vouch for `name`. A kind of name that is not limited is permitted.
pub fn permits(limits: &NameConstraints, name: &GeneralName) -> bool {
    let of_its_kind = |subtree: &&Subtree| {
        matches!(
            (subtree, name),
            (Subtree::Dns(_), GeneralName::Dns(_)) | (Subtree::Ip(..), GeneralName::Ip(_))
        )
    };
    let mut permitted = limits.permitted.iter().filter(of_its_kind).peekable();
    let allowed = permitted.peek().is_none() || permitted.any(|subtree| within(subtree, name));
    allowed && !limits.excluded.iter().any(|subtree| within(subtree, name))
}

/// A limit as people write it: `test`, `10.0.0.0/8`.
pub(super) fn shown(subtree: &Subtree) -> String {
    match subtree {
        Subtree::Dns(domain) => domain.clone(),
        Subtree::Ip(network, IpAddr::V4(mask)) => format!("{network}/{}", mask.to_bits().leading_ones()),
        Subtree::Ip(network, IpAddr::V6(mask)) => format!("{network}/{}", mask.to_bits().leading_ones()),
        other => other.to_string(),
    }
}

fn within(subtree: &Subtree, name: &GeneralName) -> bool {
    match (subtree, name) {
        (Subtree::Dns(domain), GeneralName::Dns(name)) => {
            let name = name.strip_prefix("*.").unwrap_or(name);
            let rest = name.strip_suffix(domain.as_str());
            domain.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
        (Subtree::Ip(IpAddr::V4(network), IpAddr::V4(mask)), GeneralName::Ip(IpAddr::V4(address))) => {
            network.to_bits() & mask.to_bits() == address.to_bits() & mask.to_bits()
        }
        (Subtree::Ip(IpAddr::V6(network), IpAddr::V6(mask)), GeneralName::Ip(IpAddr::V6(address))) => {
            network.to_bits() & mask.to_bits() == address.to_bits() & mask.to_bits()
        }
        _ => false,
    }
}

fn parse(text: &str) -> Result<Subtree, String> {
    let text = text.trim();
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    if let Ok(address) = address.parse::<IpAddr>() {
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(width), |bits| bits.parse().ok().filter(|bits| *bits <= width));
        return match bits {
            Some(0) | None => Err(format!("a network's length is 1 to {width}")),
            Some(bits) => Ok(subtree(address, bits)),
        };
    }
    let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
    let name = domain(name).map_err(|problem| problem.to_string())?;
    if !name.contains('.') {
        return Err("a whole top-level domain would lift the limits".to_owned());
    }
    Ok(Subtree::Dns(name))
}

/// The network that `address` lies in, and its mask.
fn subtree(address: IpAddr, bits: u8) -> Subtree {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            let network = Ipv4Addr::from_bits(address.to_bits() & mask);
            Subtree::Ip(network.into(), Ipv4Addr::from_bits(mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            let network = Ipv6Addr::from_bits(address.to_bits() & mask);
            Subtree::Ip(network.into(), Ipv6Addr::from_bits(mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::LeafName;

    #[test]
    fn private_names_are_within_the_limits_and_public_ones_are_not() {
        let limits = limits_with(&["corp.example".to_owned(), "203.0.113.7/24".to_owned()]).unwrap();
        for (name, expected) in [
            ("localhost", true),
            ("scim.corp.test", true),
            ("*.corp.test", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("::1", true),
            ("::2", false),
            ("fd12::1", true),
            ("2001:db8::1", false),
            ("corp.example", true),
            ("a.corp.example", true),
            ("notcorp.example", false),
            ("203.0.113.200", true),
            ("203.0.114.1", false),
            ("okta.com", false),
            ("attest", false),
        ] {
            assert_eq!(permits(&limits, &LeafName::parse(name).unwrap().name), expected, "{name}");
        }
    }

    #[test]
    fn limits_are_shown_as_people_write_them() {
        let shown: Vec<_> = default_limits().permitted.iter().map(shown).collect();
        assert_eq!(
            shown.join(" "),
            "localhost test local internal home.arpa 127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 \
             169.254.0.0/16 ::1/128 fc00::/7 fe80::/10"
        );
    }

    #[test]
    fn what_would_lift_the_limits_is_refused() {
        for text in ["com", ".com", "0.0.0.0/0", "::/0", "10.0.0.0/33", "", "a..b"] {
            assert!(matches!(limits_with(&[text.to_owned()]), Err(CaError::Limit { .. })), "{text}");
        }
    }
}
