//! A ClientHello (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2).

use ring::agreement::{self, EphemeralPrivateKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::offer::{Offer, TLS13_SUITES};
use crate::net::{NetError, Protocol};

/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746): some servers insist on it.
const RENEGOTIATION: u16 = 0x00FF;

/// The record that holds the hello for an offer, at this version of it.
pub(super) fn client_hello(
    offer: &Offer,
    version: Protocol,
    sni: Option<&str>,
    alpn: &[String],
) -> Result<Vec<u8>, NetError> {
    let mut random = [0; 32];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| no_random_numbers())?;
    let tls13 = offer.has_tls13();
    let suites = offer.suites.iter().map(|suite| suite.0);
    let suites = suites.filter(|suite| tls13 || !TLS13_SUITES.contains(suite));
    let mut body = version.min(Protocol::Tls12).wire().to_be_bytes().to_vec();
    body.extend(random);
    body.push(0); // no session to resume
    body.extend(counted16(&numbers(suites.chain([RENEGOTIATION]))));
    body.extend([1, 0]); // no compression
    // SSL 3.0 knows no extensions, and servers of that age choke on them.
    if version > Protocol::Ssl3 {
        body.extend(counted16(&extensions(offer, version, sni, alpn)?));
    }
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let message = [&[1], length.get(1..).unwrap_or_default(), &body].concat();
    // The record's version is the lowest that all servers take (RFC 8446 appendix D).
    let record_version = version.min(Protocol::Tls10).wire().to_be_bytes();
    Ok([&[22][..], &record_version, &counted16(&message)].concat())
}

fn extensions(
    offer: &Offer,
    version: Protocol,
    sni: Option<&str>,
    alpn: &[String],
) -> Result<Vec<u8>, NetError> {
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
        extension(13, &counted16(&numbers(offer.schemes.iter().copied())));
        if let Some(schemes) = &offer.certificate_schemes {
            extension(50, &counted16(&numbers(schemes.iter().copied())));
        }
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
        let listed = numbers(offer.versions.iter().map(|listed| listed.wire()));
        extension(43, &[&[u8::try_from(listed.len()).unwrap_or(u8::MAX)], listed.as_slice()].concat());
    }
    if offer.has_tls13() {
        extension(45, &[1, 1]); // psk_dhe_ke
        extension(51, &counted16(&key_shares(&offer.groups)?));
    }
    Ok(all)
}

/// A share for every group that can be had; a server that wants another asks for it, which shows its choice as well.
fn key_shares(groups: &[u16]) -> Result<Vec<u8>, NetError> {
    let known = [(29, &agreement::X25519), (23, &agreement::ECDH_P256), (24, &agreement::ECDH_P384)];
    let mut shares = Vec::new();
    for (group, algorithm) in known.into_iter().filter(|(group, _)| groups.contains(group)) {
        let key = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new());
        let public = key.and_then(|key| key.compute_public_key()).map_err(|_| no_random_numbers())?;
        shares.extend(group.to_be_bytes());
        shares.extend(counted16(public.as_ref()));
    }
    Ok(shares)
}

fn no_random_numbers() -> NetError {
    NetError::Unusable { what: "the system gives no random numbers".to_owned() }
}

fn numbers(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// Octets behind their count. Everything put in here is far below 64 KiB: a name has 254 octets at most.
fn counted16(octets: &[u8]) -> Vec<u8> {
    let count = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    [&count.to_be_bytes()[..], octets.get(..usize::from(count)).unwrap_or_default()].concat()
}
