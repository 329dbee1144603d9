//! Which servers are reached directly although there is a proxy: the variable NO_PROXY.

use std::net::IpAddr;

use super::{Endpoint, Host, Proxy};

/// The servers that NO_PROXY exempts. No standard has it; the forms are those that curl and Go both take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoProxy(Vec<Exemption>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Exemption {
    /// `*`.
    All,
    /// A name with what is below it, or an address; perhaps of one port alone.
    Host(Host, Option<u16>),
    /// `10.0.0.0/8`.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Reads names (`corp.test` or `.corp.test`, both with what is below), addresses, networks and `*`, separated by commas
    /// or spaces; a name or address may have a port. What is none of these exempts nothing, as everywhere.
    pub fn parse(text: &str) -> Self {
        let words = text.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        Self(words.filter_map(exemption).collect())
    }

    /// Whether this server is to be reached directly. A loopback address is, as in Java and Go, unless the proxy is on this
    /// machine too: elsewhere it would mean the proxy itself.
    pub fn exempts(&self, endpoint: &Endpoint, proxy: &Proxy) -> bool {
        let local = is_loopback(&endpoint.host) && !is_loopback(&proxy.host);
        local || self.0.iter().any(|exemption| exemption.covers(endpoint))
    }
}

impl Exemption {
    fn covers(&self, endpoint: &Endpoint) -> bool {
        match (self, &endpoint.host) {
            (Self::All, _) => true,
            (Self::Network(network, bits), Host::Ip(address)) => is_within(*address, *network, *bits),
            (Self::Network(..), Host::Dns(_)) => false,
            (Self::Host(host, port), of) => {
                port.is_none_or(|port| port == endpoint.port) && is_at_or_below(of, host)
            }
        }
    }
}

fn exemption(word: &str) -> Option<Exemption> {
    if word == "*" {
        return Some(Exemption::All);
    }
    if let Some((network, bits)) = word.split_once('/') {
        return Some(Exemption::Network(network.parse().ok()?, bits.parse().ok()?));
    }
    let name = word.strip_prefix("*.").or_else(|| word.strip_prefix('.')).unwrap_or(word);
    if let Ok(host) = Host::parse(name) {
        return Some(Exemption::Host(host, None));
    }
    let (_, port) = name.rsplit_once(':')?;
    let server = Endpoint::parse(name).ok()?;
    Some(Exemption::Host(server.host, Some(port.parse().ok()?)))
}

fn is_at_or_below(host: &Host, of: &Host) -> bool {
    match (host.dns_name(), of.dns_name()) {
        (Some(name), Some(above)) => {
            name.strip_suffix(above).is_some_and(|front| front.is_empty() || front.ends_with('.'))
        }
        _ => host == of,
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        width.checked_sub(bits).is_some_and(|rest| a.checked_shr(rest) == b.checked_shr(rest))
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ip(address) => address.is_loopback(),
        Host::Dns(_) => host.dns_name() == Some("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_no_proxy_are_understood() {
        let proxy = Proxy::parse("http://proxy.corp.test:3128").unwrap();
        for (list, server, exempt) in [
            ("", "scim.corp.test", false),
            ("*", "scim.corp.test", true),
            ("other.test, corp.test", "scim.corp.test", true),
            (".corp.test", "corp.test", true),
            ("*.corp.test", "scim.corp.test", true),
            ("corp.test", "notcorp.test", false),
            ("CORP.test", "scim.Corp.TEST", true),
            ("scim.corp.test:8443", "scim.corp.test:8443", true),
            ("scim.corp.test:8443", "scim.corp.test:443", false),
            ("10.1.2.3", "10.1.2.3:8443", true),
            ("10.0.0.0/8", "10.1.2.3:8443", true),
            ("10.0.0.0/8", "11.1.2.3:8443", false),
            ("0.0.0.0/0", "11.1.2.3:8443", true),
            ("10.0.0.0/99", "10.1.2.3:8443", false),
            ("2001:db8::/32", "[2001:db8:1::1]:443", true),
            ("::/0", "[2001:db8:1::1]:443", true),
            ("", "127.0.0.1:8443", true),
            ("", "localhost:8443", true),
            ("not a name,%%,/", "scim.corp.test", false),
        ] {
            let server = Endpoint::parse(server).unwrap();
            assert_eq!(NoProxy::parse(list).exempts(&server, &proxy), exempt, "{list:?} {server}");
        }
        let beside = Proxy::parse("127.0.0.1:3128").unwrap();
        let local = Endpoint::parse("127.0.0.1:8443").unwrap();
        assert!(!NoProxy::default().exempts(&local, &beside));
    }
}
