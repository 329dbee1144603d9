//! A ClientHello up to TLS 1.2 (RFC 5246 section 7.4.1.2).

use ring::rand::{SecureRandom as _, SystemRandom};

use super::Offer;
use crate::net::{NetError, Protocol};

/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746): some servers insist on it.
const RENEGOTIATION: u16 = 0x00FF;

/// The suites of TLS 1.3, which mean nothing here.
const TLS13_SUITES: std::ops::Range<u16> = 0x1300..0x1400;

/// signature_algorithms: RFC 8446 section 4.2.3, and before it the pairs of RFC 5246 down to MD5 and DSA.
const SCHEMES: [u16; 24] = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501,
    0x0601, 0x0303, 0x0301, 0x0402, 0x0502, 0x0602, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101,
];

/// The record that holds the hello for an offer, at this version of it.
pub(super) fn client_hello(
    offer: &Offer,
    version: Protocol,
    sni: Option<&str>,
    alpn: &[String],
) -> Result<Vec<u8>, NetError> {
    let mut random = [0; 32];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| NetError::Unusable { what: "the system gives no random numbers".to_owned() })?;
    let suites = offer.suites.iter().map(|suite| suite.0).filter(|suite| !TLS13_SUITES.contains(suite));
    let mut body = version.wire().to_be_bytes().to_vec();
    body.extend(random);
    body.push(0); // no session to resume
    body.extend(counted16(&numbers(suites.chain([RENEGOTIATION]))));
    body.extend([1, 0]); // no compression
    // SSL 3.0 knows no extensions, and servers of that age choke on them.
    if version > Protocol::Ssl3 {
        body.extend(counted16(&extensions(offer, version, sni, alpn)));
    }
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let message = [&[1], length.get(1..).unwrap_or_default(), &body].concat();
    // The record's version is the lowest that all servers take (RFC 8446 appendix D).
    let record_version = version.min(Protocol::Tls10).wire().to_be_bytes();
    Ok([&[22][..], &record_version, &counted16(&message)].concat())
}

fn extensions(offer: &Offer, version: Protocol, sni: Option<&str>, alpn: &[String]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut extension = |number: u16, content: &[u8]| {
        all.extend(number.to_be_bytes());
        all.extend(counted16(content));
    };
    if let Some(name) = sni {
        extension(0, &counted16(&[&[0][..], &counted16(name.as_bytes())].concat()));
    }
    extension(5, &[1, 0, 0, 0, 0]); // status_request: an OCSP response may be stapled
    extension(10, &counted16(&numbers(offer.groups.iter().copied())));
    extension(11, &[1, 0]); // uncompressed points
    if version >= Protocol::Tls12 {
        extension(13, &counted16(&numbers(SCHEMES)));
    }
    if !alpn.is_empty() {
        let names = alpn.iter().flat_map(|name| {
            let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
            [&[length], name.as_bytes().get(..usize::from(length)).unwrap_or_default()].concat()
        });
        extension(16, &counted16(&names.collect::<Vec<_>>()));
    }
    extension(23, &[]); // extended_master_secret
    if offer.lists_versions {
        // Not TLS 1.3: its key shares are not sent here.
        let clear = offer.versions.iter().filter(|listed| **listed <= version).map(|listed| listed.wire());
        let listed = numbers(clear);
        extension(43, &[&[u8::try_from(listed.len()).unwrap_or(u8::MAX)], listed.as_slice()].concat());
    }
    all
}

fn numbers(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// Octets behind their count. Everything put in here is far below 64 KiB: a name has 254 octets at most.
fn counted16(octets: &[u8]) -> Vec<u8> {
    let count = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    [&count.to_be_bytes()[..], octets.get(..usize::from(count)).unwrap_or_default()].concat()
}
