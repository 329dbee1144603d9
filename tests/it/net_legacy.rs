//! Servers that rustls has nothing in common with show their chain all the same.

use trustmend::net::{Means, NetError, Options, Prefix, Protocol, Sni, observe};

use crate::net_support::{OpensslServer, Pki, RsaFiles, endpoint};

/// Everything OpenSSL still has.
const ANYTHING: &str = "ALL:@SECLEVEL=0";

#[test]
fn every_server_rustls_refuses_shows_its_chain() {
    let folder = tempfile::tempdir().unwrap();
    let chain = RsaFiles::write(folder.path());
    for (arguments, version, suite, java) in [
        (
            &["-tls1", "-cipher", ANYTHING][..],
            Protocol::Tls10,
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "protocol_version",
        ),
        (
            &["-tls1_1", "-cipher", ANYTHING],
            Protocol::Tls11,
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "protocol_version",
        ),
        (
            &["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
            Protocol::Tls12,
            "TLS_RSA_WITH_AES_256_GCM_SHA384",
            "handshake_failure",
        ),
        (
            &["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"],
            Protocol::Tls12,
            "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            "handshake_failure",
        ),
        (
            &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"],
            Protocol::Tls12,
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
            "handshake_failure",
        ),
        (
            &["-tls1_2", "-groups", "X448", "-cipher", "ECDHE"],
            Protocol::Tls12,
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "handshake_failure",
        ),
    ] {
        let server = OpensslServer::start(folder.path(), arguments);
        let target = endpoint(&format!("127.0.0.1:{}", server.port));
        let seen = observe(&target, &Options::default()).unwrap();
        let shown: Vec<_> = seen.chain.iter().map(|presented| presented.der.clone()).collect();
        assert_eq!(shown, chain, "{arguments:?}");
        assert_eq!((seen.means, seen.protocol), (Means::FirstFlight, Some(version)), "{arguments:?}");
        assert_eq!(seen.cipher_suite.unwrap().to_string(), suite, "{arguments:?}");
        let text = seen.failure.unwrap().java_text(Prefix::None);
        let expected = format!("javax.net.ssl.SSLHandshakeException: Received fatal alert: {java}");
        assert_eq!(text, Some(expected), "{arguments:?}");
    }
}

#[test]
fn an_old_server_names_the_authorities_it_accepts() {
    let folder = tempfile::tempdir().unwrap();
    RsaFiles::write(folder.path());
    for version in ["-tls1", "-tls1_1"] {
        let arguments = [version, "-cipher", ANYTHING, "-Verify", "3", "-CAfile", "chain.pem"];
        let server = OpensslServer::start(folder.path(), &arguments);
        let target = endpoint(&format!("127.0.0.1:{}", server.port));
        let seen = observe(&target, &Options::default()).unwrap();
        let subject = seen.chain[1].certificate.as_ref().unwrap().subject().clone();
        assert_eq!(seen.client_auth.unwrap().names(), [subject], "{version}");
    }
}

#[test]
fn a_server_that_refuses_the_name_is_asked_without_it() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    let name =
        ["-servername", "scim.corp.test", "-servername_fatal", "-cert2", "leaf.pem", "-key2", "key.pem"];
    let server = OpensslServer::start(folder.path(), &name);
    let options = Options { sni: Sni::Name("other.test".to_owned()), ..Options::default() };
    let seen = observe(&endpoint(&format!("127.0.0.1:{}", server.port)), &options).unwrap();
    assert_eq!((seen.chain.len(), seen.means, seen.sni), (2, Means::Handshake, None));
    let failure = seen.failure.unwrap();
    assert_eq!(failure.code(), "sni-dependent");
    let text =
        "javax.net.ssl.SSLHandshakeException: (unrecognized_name) Received fatal alert: unrecognized_name";
    assert_eq!(failure.java_text(Prefix::Alert).as_deref(), Some(text));
}

#[test]
fn no_damage_to_a_flight_costs_more_than_an_error() {
    use std::io::{Read as _, Write as _};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    let message = |kind: u8, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind], &length[1..], body].concat()
    };
    let certificate = Pki::new().leaf.der().to_vec();
    let length = u32::try_from(certificate.len()).unwrap().to_be_bytes();
    let entry = [&length[1..], &certificate].concat();
    let list = [&u32::try_from(entry.len()).unwrap().to_be_bytes()[1..], &entry].concat();
    let hello = [&[3, 3][..], &[7; 32], &[0, 0xC0, 0x2B, 0]].concat();
    let messages = [message(2, &hello), message(11, &list), message(14, &[])].concat();
    let length = u16::try_from(messages.len()).unwrap().to_be_bytes();
    let flight = [&[22, 3, 3][..], &length, &messages].concat();

    // Each header octet (record, ServerHello, Certificate, list, entry) overwritten; then the flight cut short.
    let headers = (0..11).chain(43..60).flat_map(|at| [0, 0x7F, 0xFF].map(|to| (at, to)));
    let mut damaged: Vec<Vec<u8>> = vec![flight.clone()];
    damaged.extend(headers.map(|(at, to)| [&flight[..at], &[to], &flight[at + 1..]].concat()));
    damaged.extend((0..flight.len()).step_by(20).map(|end| flight[..end].to_vec()));
    for (index, octets) in damaged.iter().enumerate() {
        let (octets, connections) = (octets.clone(), std::sync::Arc::new(AtomicUsize::new(0)));
        let counted = std::sync::Arc::clone(&connections);
        let port = crate::net_support::listen(move |mut stream| {
            counted.fetch_add(1, Ordering::Relaxed);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&octets);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read(&mut [0; 4096]);
        });
        let begin = Instant::now();
        let seen = observe(&endpoint(&format!("127.0.0.1:{port}")), &crate::net_support::impatient());
        assert!(begin.elapsed() < std::time::Duration::from_secs(8), "{index}");
        assert!(connections.load(Ordering::Relaxed) <= 5, "{index}");
        match seen {
            Ok(seen) => assert_eq!(seen.chain.len(), 1, "{index}"),
            Err(error) => assert!(index > 0, "{error:?}"),
        }
    }
    assert!(damaged.len() > 100);
}

#[test]
fn a_version_intolerant_server_is_asked_in_its_own_version() {
    use std::io::{Read as _, Write as _};
    // Hangs up on any hello of more than TLS 1.0, as some did; else answers with a chain of one.
    let port = crate::net_support::listen(|mut stream| {
        let mut record = [0; 4096];
        let count = stream.read(&mut record).unwrap_or(0);
        if count > 10 && record[10] <= 1 {
            let hello = [&[2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0, 0x2F, 0]].concat();
            let chain = [11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0x30, 0];
            let flight = [&hello[..], &chain, &[14, 0, 0, 0]].concat();
            let length = u8::try_from(flight.len()).unwrap();
            let _ = stream.write_all(&[&[22, 3, 1, 0, length][..], &flight].concat());
            let _ = stream.read(&mut record);
        }
    });
    let seen = observe(&endpoint(&format!("127.0.0.1:{port}")), &Options::default()).unwrap();
    assert_eq!((seen.protocol, seen.chain[0].der.as_slice()), (Some(Protocol::Tls10), &[0x30, 0][..]));
    assert!(matches!(seen.failure, Some(NetError::Closed { .. })));
}
