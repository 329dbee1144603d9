//! The presented chain is had from every server that shows one, and every other server is told apart.

use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use trustmend::cert::Certificate;
use trustmend::cert::verify::Outcome;
use trustmend::net::{ClientAuth, NetError, Options, Phase, Prefix, Protocol, Proxy, Resolve, observe};

use crate::net_support::{OpensslServer, Pki, endpoint, impatient, listen, openssl};

#[test]
fn openssl_shows_its_chain_in_each_version() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    for (flag, version) in [("-tls1_2", Protocol::Tls12), ("-tls1_3", Protocol::Tls13)] {
        let server = OpensslServer::start(folder.path(), &[flag, "-alpn", "http/1.1"]);
        let options = Options { alpn: vec!["http/1.1".to_owned()], ..Options::default() };
        let seen = observe(&endpoint(&format!("localhost:{}", server.port)), &options).unwrap();
        assert_eq!(seen.protocol, Some(version));
        let chain: Vec<_> = seen.chain.iter().map(|presented| presented.der.as_slice()).collect();
        assert_eq!(chain, [&pki.leaf.der()[..], &pki.intermediate.der()[..]]);
        assert_eq!(seen.certificates().len(), 2);
        assert!(seen.failure.is_none() && seen.client_auth.is_none());
        assert!(seen.handshake_signature.unwrap().is_valid());
        assert_eq!(seen.alpn.as_deref(), Some("http/1.1"));
        assert_eq!(seen.sni, None, "Java asks for no name without a dot");
        let suite = seen.cipher_suite.unwrap().to_string();
        assert!(suite.starts_with("TLS_") && suite.contains("AES_256_GCM"), "{suite}");
    }
}

#[test]
fn the_handshakes_signature_is_checked_for_every_kind_of_key() {
    let folder = tempfile::tempdir().unwrap();
    for (key, bits) in [
        ("rsa:1024", "RSA 1024"),
        ("ec -pkeyopt ec_paramgen_curve:P-521", "EC P-521"),
        ("ed25519", "Ed25519"),
        ("rsa-pss -pkeyopt rsa_keygen_bits:2048", "RSASSA-PSS 2048"),
    ] {
        let request =
            format!("req -x509 -newkey {key} -nodes -keyout key.pem -out leaf.pem -subj /CN=localhost");
        openssl(folder.path(), &request);
        std::fs::copy(folder.path().join("leaf.pem"), folder.path().join("chain.pem")).unwrap();
        for version in ["-tls1_2", "-tls1_3"] {
            let server = OpensslServer::start(folder.path(), &[version, "-cipher", "ALL:@SECLEVEL=0"]);
            let target = endpoint(&format!("127.0.0.1:{}", server.port));
            let seen = observe(&target, &Options::default()).unwrap();
            assert_eq!(seen.certificates()[0].public_key().to_string(), bits);
            if (bits, version) == ("RSASSA-PSS 2048", "-tls1_2") {
                continue; // which rustls does not take; see net_java for what a JVM makes of it
            }
            assert_eq!(seen.handshake_signature, Some(Outcome::Valid), "{bits} {version}");
        }
    }
}

#[test]
fn a_server_that_knows_only_p_521_is_met_in_its_group() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    let server = OpensslServer::start(folder.path(), &["-groups", "P-521", "-tls1_3"]);
    let seen = observe(&endpoint(&format!("127.0.0.1:{}", server.port)), &Options::default()).unwrap();
    assert!(seen.failure.is_none() && seen.handshake_signature == Some(Outcome::Valid), "{seen:?}");
    assert_eq!(seen.group.as_deref(), Some("secp521r1"));
}

#[test]
fn a_required_client_certificate_is_told_from_a_wished_one() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    let required = "(certificate_required) Received fatal alert: certificate_required";
    let failure = "(handshake_failure) Received fatal alert: handshake_failure";
    for (version, wish, java) in [
        ("-tls1_3", "-Verify", Some(required)),
        ("-tls1_2", "-Verify", Some(failure)),
        ("-tls1_3", "-verify", None),
        ("-tls1_2", "-verify", None),
    ] {
        let arguments = [version, wish, "3", "-CAfile", "root.pem"];
        let server = OpensslServer::start(folder.path(), &arguments);
        let target = endpoint(&format!("127.0.0.1:{}", server.port));
        let seen = observe(&target, &Options::default()).unwrap();
        let request = seen.client_auth.unwrap();
        assert_eq!(seen.chain.len(), 2, "{version} {wish}");
        let root = Certificate::from_der(pki.root.der()).unwrap();
        assert_eq!(request.authorities, [root.subject().der()], "{version} {wish}");
        assert_eq!(request.required, Some(java.is_some()), "{version} {wish}");
        let failure = seen.failure;
        let text = failure.as_ref().and_then(|failure| failure.java_text(Prefix::Alert));
        let expected = java.map(|text| format!("javax.net.ssl.SSLHandshakeException: {text}"));
        assert_eq!(text, expected, "{version} {wish}");
        if let Some(failure) = failure {
            assert_eq!(failure.code(), "client-certificate-required");
        }

        let (certificate, key) = pki.client();
        let chain = [&certificate.der()[..], &pki.intermediate.der()[..]];
        let client_auth = Some(ClientAuth::new(&chain, &key.serialize_der()).unwrap());
        let seen = observe(&target, &Options { client_auth, ..Options::default() }).unwrap();
        assert!(seen.failure.is_none(), "{version} {wish}: {:?}", seen.failure);
    }
}

#[test]
fn a_long_chain_and_octets_that_are_no_certificate_are_kept() {
    let pki = Pki::new();
    let mut chain = pki.chain();
    chain.resize(11, pki.intermediate.der().clone());
    chain.push(b"no certificate".to_vec().into());
    let (port, _) = crate::net_support::https(pki.server(chain), |_| Vec::new());
    let seen = observe(&endpoint(&format!("127.0.0.1:{port}")), &Options::default()).unwrap();
    assert_eq!((seen.chain.len(), seen.certificates().len()), (12, 11));
    assert!(seen.chain[11].certificate.is_err());
    assert_eq!(seen.chain[11].der, b"no certificate");
}

#[test]
fn what_is_not_tls_is_quoted() {
    for (banner, shown) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP/1.1 400 Bad Request\\r\\n\\r\\n"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH-2.0-OpenSSH_9.2p1\\r\\n"),
        (b"\x1b[31mred\x00\xff garbage", "\\x1b[31mred\\x00\\xff garbage"),
        (b"\x16\x09\x01 nearly TLS", "\\x16\\t\\x01 nearly TLS"),
    ] {
        let port = listen(move |mut stream| {
            let _ = stream.write_all(banner);
            let _ = stream.read(&mut [0; 4096]);
        });
        let error = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient()).unwrap_err();
        assert_eq!(error.code(), "server-not-tls");
        assert!(error.to_string().contains(shown), "{error}");
        let text = "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message";
        assert_eq!(error.java_text(Prefix::Alert).as_deref(), Some(text));
    }
}

#[test]
fn silence_trickles_and_floods_cost_the_deadline_and_no_more() {
    let silent = listen(|stream| {
        std::thread::sleep(Duration::from_secs(5));
        drop(stream);
    });
    let trickle = listen(|mut stream| {
        // A handshake record of 16384 octets, one octet at a time.
        for octet in [22, 3, 3, 0x40, 0, 2, 0, 0x3F, 0xFC].into_iter().chain(std::iter::repeat_n(0, 500)) {
            if stream.write_all(&[octet]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    for port in [silent, trickle] {
        let begin = Instant::now();
        let error = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient()).unwrap_err();
        assert!(matches!(error, NetError::TimedOut { phase: Phase::Handshake, .. }), "{error:?}");
        assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    }
    let empty_records = listen(|mut stream| while stream.write_all(&[22, 3, 3, 0, 0]).is_ok() {});
    let flood = listen(|mut stream| {
        // A Certificate of 16 MB less one octet, which a length of three octets can announce.
        let _ = stream.write_all(&[22, 3, 3, 0x40, 0, 11, 0xFF, 0xFF, 0xFF]);
        while stream.write_all(&[0; 16_380]).and_then(|()| stream.write_all(&[22, 3, 3, 0x3F, 0xFC])).is_ok()
        {
        }
    });
    for port in [empty_records, flood] {
        let error = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient()).unwrap_err();
        assert_eq!(error.code(), "handshake-failed", "before the deadline: {error:?}");
    }
}

#[test]
fn no_way_there_is_told_apart() {
    let free = 1; // tcpmux, which nobody runs
    let closes = listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    let resets = listen(drop);
    for (port, code, java) in [
        (free, "server-unreachable", "java.net.ConnectException: Connection refused"),
        (
            closes,
            "handshake-closed",
            "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
        ),
    ] {
        let error = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient()).unwrap_err();
        assert_eq!((error.code(), error.java_text(Prefix::Alert).as_deref()), (code, Some(java)));
    }
    let error = observe(&endpoint(&format!("127.0.0.1:{resets}")), &impatient()).unwrap_err();
    assert!(matches!(error, NetError::Closed { phase: Phase::Handshake, .. }), "{error:?}");
    let error = observe(&endpoint("no-such-host.invalid:443"), &impatient()).unwrap_err();
    let text = "java.net.UnknownHostException: no-such-host.invalid";
    assert_eq!(error.java_text(Prefix::Alert).as_deref(), Some(text));
}

#[test]
fn an_old_server_is_told_by_the_version_it_chooses() {
    // A ServerHello of TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA, as servers of that age answer.
    let port = listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let hello = [&[2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0, 0x2F, 0]].concat();
        let _ = stream.write_all(&[&[22, 3, 1, 0, 42][..], &hello].concat());
        let _ = stream.read(&mut [0; 4096]);
    });
    let error = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient()).unwrap_err();
    assert_eq!(error.code(), "protocol-too-old", "{error:?}");
    let text = "javax.net.ssl.SSLHandshakeException: (protocol_version) The server selected protocol version \
                TLS10 is not accepted by client preferences [TLS13, TLS12]";
    assert_eq!(error.java_text(Prefix::Alert).as_deref(), Some(text));
}

#[test]
fn given_addresses_are_tried_in_turn() {
    let pki = Pki::new();
    let (port, _) = crate::net_support::https(pki.server(pki.chain()), |_| Vec::new());
    let resolve = |address: &str| Resolve::parse(&format!("scim.corp.test:{port}:{address}")).unwrap();
    let options = Options { resolve: vec![resolve("127.0.0.2"), resolve("127.0.0.1")], ..Options::default() };
    let seen = observe(&endpoint(&format!("https://scim.corp.test:{port}/")), &options).unwrap();
    assert_eq!(seen.address.to_string(), format!("127.0.0.1:{port}"));
    assert_eq!(seen.sni.as_deref(), Some("scim.corp.test"));
}

#[test]
fn a_proxy_opens_a_tunnel_or_its_refusal_is_quoted() {
    let pki = Pki::new();
    let (server, _) = crate::net_support::https(pki.server(pki.chain()), |_| Vec::new());
    let proxy = listen(move |mut stream| {
        let mut head = Vec::new();
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).is_ok_and(|count| count == 1) {
            head.extend_from_slice(&octet);
        }
        let head = String::from_utf8(head).unwrap();
        if !head.starts_with("CONNECT scim.corp.test:8443 HTTP/1.1\r\n") {
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        } else if !head.contains("Proxy-Authorization: Basic dXNlcjpwdw==\r\n") {
            let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        } else {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").unwrap();
            let mut onward = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
            let (mut from, mut to) = (onward.try_clone().unwrap(), stream.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            let _ = std::io::copy(&mut stream, &mut onward);
        }
    });
    let through = |user_info: &str| Options {
        proxy: Some(Proxy::parse(&format!("http://{user_info}127.0.0.1:{proxy}")).unwrap()),
        ..impatient()
    };
    let target = endpoint("https://scim.corp.test:8443/");
    assert_eq!(observe(&target, &through("user:pw@")).unwrap().chain.len(), 2);
    for (target, status_line) in [
        (&target, "HTTP/1.1 407 Proxy Authentication Required"),
        (&endpoint("https://other.test/"), "HTTP/1.1 403 Forbidden"),
    ] {
        let error = observe(target, &through("")).unwrap_err();
        let text =
            format!("java.io.IOException: Unable to tunnel through proxy. Proxy returns \"{status_line}\"");
        assert_eq!(error.java_text(Prefix::Alert), Some(text));
    }
}
