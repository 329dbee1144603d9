//! Addresses as people write them and as the JDK takes them for such (sun.net.util.IPAddressUtil).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address a host is, if it is one: in brackets, with a zone, or with fewer numbers than usual.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    let host = inside(host);
    v4(host).map(IpAddr::V4).or_else(|| v6(host).map(IpAddr::V6))
}

/// Without brackets.
pub(super) fn inside(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// One to four decimal numbers, of which the last fills what is left.
fn v4(text: &str) -> Option<Ipv4Addr> {
    if text.len() > 15 {
        return None;
    }
    let (before, last) = text.rsplit_once('.').map_or(("", text), |(before, last)| (before, last));
    let number = |digits: &str| {
        let decimal = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        decimal.then(|| digits.parse::<u64>().ok())?
    };
    let octets = before.split('.').filter(|_| !before.is_empty());
    let octets: Vec<u64> = octets.map(number).collect::<Option<_>>()?;
    let left = 4_usize.checked_sub(octets.len()).filter(|left| *left > 0)?;
    let last = number(last).filter(|last| *last < 1 << (left * 8))?;
    let first = octets.iter().try_fold(0_u64, |all, octet| (*octet < 256).then_some(all << 8 | octet))?;
    u32::try_from(first << (left * 8) | last).ok().map(Ipv4Addr::from)
}

/// A zone does not tell addresses apart here.
fn v6(text: &str) -> Option<Ipv6Addr> {
    let (address, zone) = text.split_once('%').unwrap_or((text, "1"));
    address.parse().ok().filter(|_| !zone.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JVMs' own answers are in testdata/cases/rare-java.tsv.
    #[test]
    fn what_is_an_address() {
        let loopback = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for text in ["127.0.0.1", "127.1", "127.0.1", "2130706433", "127.0.0.01"] {
            assert_eq!(address(text), loopback, "{text}");
        }
        for text in ["::1", "[::1]", "0:0:0:0:0:0:0:1", "::1%lo", "::0.0.0.1"] {
            assert_eq!(address(text), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)), "{text}");
        }
        for text in [
            "",
            "a.b",
            "127.0.0.256",
            "127.0.0.1.",
            "1.2.3.4.5",
            "256.1",
            "4294967296",
            "1..2",
            "0x7f.1",
            ":::1",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
