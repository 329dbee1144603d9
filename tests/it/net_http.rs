//! The GET: sent to a judged peer only, every framing read, every length bounded.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use trustmend::cert::Certificate;
use trustmend::net::http::{Field, MAX_BODY, Reach, Response, fetch, get};
use trustmend::net::{Host, NetError, Options, PeerJudge};
use trustmend::secret::Password;

use crate::net_support::{OpensslServer, Pki, endpoint, https, impatient, listen, reply};

/// A judge that trusts chains with this intermediate for this host.
pub(crate) fn trusting(pki: &Pki) -> PeerJudge {
    let intermediate = Certificate::from_der(pki.intermediate.der()).unwrap();
    Arc::new(move |chain: &[Certificate], host: &Host| {
        let known = chain.contains(&intermediate) && host.to_string() == "127.0.0.1";
        if known { Ok(()) } else { Err(format!("no path for {host}")) }
    })
}

fn bearer() -> Field {
    Field::new("Authorization", Password::new("Bearer s3cret".to_owned())).unwrap()
}

fn answer(octets: &'static [u8]) -> Result<Response, NetError> {
    let pki = Pki::new();
    let (port, _) = https(pki.server(pki.chain()), move |_| octets.to_vec());
    get(&endpoint(&format!("https://127.0.0.1:{port}/")), &[], &impatient(), &trusting(&pki))
}

#[test]
fn an_untrusted_peer_gets_no_credential() {
    let pki = Pki::new();
    let (port, log) = https(pki.server(pki.chain()), |_| reply("200 OK", "text/plain", "hello"));
    let target = endpoint(&format!("https://127.0.0.1:{port}/a?b=c"));

    let stranger = trusting(&Pki::new());
    let error = get(&target, &[bearer()], &Options::default(), &stranger).unwrap_err();
    assert!(
        matches!(&error, NetError::Untrusted { reason, .. } if reason == "no path for 127.0.0.1"),
        "{error:?}"
    );
    let response = get(&target, &[bearer()], &Options::default(), &trusting(&pki)).unwrap();
    assert_eq!((response.status, response.body.as_slice(), response.complete), (200, &b"hello"[..], true));

    let heads: Vec<_> = log.lock().unwrap().iter().filter(|head| !head.is_empty()).cloned().collect();
    let expected = format!(
        "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer s3cret\r\n\
         Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(heads, [expected], "one request: the one to the trusted peer");
}

#[test]
fn a_peer_without_the_leafs_key_gets_no_credential() {
    // The chain of another server, which anybody can copy, and a key of its own.
    let (pki, thief) = (Pki::new(), Pki::new());
    let mut stolen = thief.server(thief.chain());
    let key = rustls::crypto::ring::sign::any_supported_type(&thief.key()).unwrap();
    stolen.cert_resolver = Arc::new(Stolen(Arc::new(rustls::sign::CertifiedKey::new(pki.chain(), key))));
    let (port, log) = https(stolen, |_| reply("200 OK", "text/plain", "hello"));
    let target = endpoint(&format!("https://127.0.0.1:{port}/"));
    let error = get(&target, &[bearer()], &Options::default(), &trusting(&pki)).unwrap_err();
    assert!(matches!(error, NetError::Protocol { .. }), "{error:?}");
    assert!(log.lock().unwrap().iter().all(String::is_empty));

    let seen = trustmend::net::observe(&target, &Options::default()).unwrap();
    assert_eq!(seen.chain.len(), 2);
    assert!(!seen.handshake_signature.unwrap().is_valid());
}

#[derive(Debug)]
struct Stolen(Arc<rustls::sign::CertifiedKey>);

impl rustls::server::ResolvesServerCert for Stolen {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[test]
fn every_framing_of_a_body_is_read() {
    for octets in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.0 200\r\n\r\nhello",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello",
    ] {
        let response = answer(octets).unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, &b"hello"[..]));
        assert!(response.complete, "{}", octets.escape_ascii());
    }
    for octets in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
    ] {
        let response = answer(octets).unwrap();
        assert_eq!((response.body.as_slice(), response.complete), (&b"hello"[..], false));
    }
    let response = answer(b"HTTP/1.1 204 No Content\r\nDate: Mon\r\n\r\n").unwrap();
    assert_eq!((response.body.len(), response.field("date")), (0, Some("Mon")));
}

#[test]
fn what_anybody_may_have_is_fetched_without_tls() {
    let port = listen(|mut stream| {
        let mut head = [0; 1024];
        let count = stream.read(&mut head).unwrap();
        let answer: &[u8] = match head[..count].starts_with(b"GET /ca.der HTTP/1.1\r\nHost: 127.0.0.1:") {
            true => b"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-cert\r\n\r\n\x30\x00",
            false => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        };
        let _ = stream.write_all(answer);
    });
    let response = fetch(&format!("http://127.0.0.1:{port}/ca.der"), &impatient(), Reach::Anywhere).unwrap();
    assert_eq!((response.status, response.body.as_slice(), response.complete), (200, &[0x30, 0][..], true));
    assert_eq!(
        fetch(&format!("HTTP://127.0.0.1:{port}/x"), &impatient(), Reach::Anywhere).unwrap().status,
        404
    );
    for url in ["https://127.0.0.1/", "ldap://127.0.0.1/", "127.0.0.1", "http://"] {
        let error = fetch(url, &impatient(), Reach::Anywhere).unwrap_err();
        assert!(matches!(error, NetError::Unusable { .. }), "{error:?}");
    }
    let silent = listen(|stream| {
        std::thread::sleep(Duration::from_secs(4));
        drop(stream);
    });
    let error = fetch(&format!("http://127.0.0.1:{silent}/"), &impatient(), Reach::Anywhere).unwrap_err();
    assert!(matches!(error, NetError::TimedOut { .. }), "{error:?}");
}

#[test]
fn what_is_not_http_or_out_of_bounds_is_refused() {
    for (octets, words) in [
        (&b"220 mail.test ESMTP\r\n\r\n"[..], "220 mail.test"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "transfer coding"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunks"),
        (b"HTTP/1.1 200 OK\r\nA: b", "inside its head"),
    ] {
        let error = answer(octets).unwrap_err();
        assert_eq!(error.code(), "server-not-http");
        assert!(error.to_string().contains(words), "{error}");
    }
    let endless = |head: &'static str, fill: &'static str| {
        let pki = Pki::new();
        let body = [head, &fill.repeat(2 * MAX_BODY / fill.len())].concat();
        let (port, _) = https(pki.server(pki.chain()), move |_| body.clone().into_bytes());
        get(&endpoint(&format!("https://127.0.0.1:{port}/")), &[], &Options::default(), &trusting(&pki))
    };
    let error = endless("HTTP/1.1 200 OK\r\n", "a: b\r\n").unwrap_err();
    assert_eq!(error.code(), "server-not-http", "{error:?}");
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"] {
        let response = endless(head, "0123456789abcdef").unwrap();
        assert_eq!((response.body.len(), response.complete), (MAX_BODY, false));
    }
}

#[test]
fn a_client_certificate_is_presented_and_its_lack_is_told() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments = [version, "-Verify", "3", "-CAfile", "root.pem", "-www"];
        let server = OpensslServer::start(folder.path(), &arguments);
        let target = endpoint(&format!("https://127.0.0.1:{}/", server.port));
        let error = get(&target, &[], &Options::default(), &trusting(&pki)).unwrap_err();
        assert_eq!(error.code(), "client-certificate-required", "{error:?}");

        let (certificate, key) = pki.client();
        let chain = [&certificate.der()[..], &pki.intermediate.der()[..]];
        let client_auth = trustmend::net::ClientAuth::new(&chain, &key.serialize_der()).unwrap();
        let options = Options { client_auth: Some(client_auth), ..Options::default() };
        let page = get(&target, &[], &options, &trusting(&pki)).unwrap();
        let page = String::from_utf8(page.body).unwrap();
        assert!(page.contains("Client certificate") && page.contains("agent"), "{version}: {page}");
    }
}
