//! What the flags and the environment say about connecting holds for every command that connects.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ServerConnection, StreamOwned};

use crate::net_support::{Log, OpensslServer, Pki, https, listen, openssl, reply};
use crate::support::jvm::Jvm;
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

/// A PKI with its files in a scratch folder.
fn pki() -> (Pki, Scratch) {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    (pki, home)
}

/// Reads a head, octet by octet.
fn head(stream: &mut impl std::io::Read) -> String {
    let (mut head, mut octet) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).is_ok_and(|count| count == 1) {
        head.extend_from_slice(&octet);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A proxy that leads every tunnel to `server` on this machine, and what it was asked.
pub(crate) fn proxy(server: u16) -> (u16, Log) {
    let log = Log::default();
    let heads = Arc::clone(&log);
    let port = listen(move |mut stream| {
        heads.lock().unwrap().push(head(&mut stream));
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let mut onward = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
        let (mut from, mut to) = (onward.try_clone().unwrap(), stream.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut stream, &mut onward);
    });
    (port, log)
}

#[test]
fn an_answer_that_drips_ends_with_the_timeout() {
    let (pki, home) = pki();
    let config = Arc::new(pki.server(pki.chain()));
    let port = listen(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        head(&mut stream);
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while sent.is_ok() {
            std::thread::sleep(Duration::from_millis(200));
            sent = stream.write_all(b" ").and_then(|()| stream.flush());
        }
    });
    let url = format!("https://127.0.0.1:{port}/scim/v2/");
    let begin = Instant::now();
    let outcome = trustmend(&home, &["check", &url, "--store", "root.pem", "--timeout", "2", "--json"]);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(outcome.code, 3, "{}", outcome.text());
    let steps = outcome.json()["steps"].clone();
    let connection = steps.as_array().unwrap().iter().find(|step| step["name"] == "connection").unwrap();
    assert_eq!(connection["code"], "scim-answer-late", "{steps}");
}

#[test]
fn every_command_goes_through_the_proxy_that_is_named() {
    let (pki, home) = pki();
    let (server, _) = https(pki.server(pki.chain()), |_| reply("404 Not Found", "text/plain", ""));
    let (port, log) = proxy(server);
    let url = "https://scim.corp.test:8443/scim/v2/";
    let address = format!("http://127.0.0.1:{port}");
    let commands: [(&[&str], i32); 4] = [
        (&["inspect", url], 0),
        (&["diagnose", url, "--store", "root.jks"], 0),
        (&["import", url, "--store", "new.jks"], 5),
        (&["check", url, "--store", "root.pem"], 1),
    ];
    let asked = || std::mem::take(&mut *log.lock().unwrap());
    for (arguments, code) in commands {
        let named = trustmend(&home, &[arguments, &["--proxy", &address]].concat());
        assert_eq!(named.code, code, "{arguments:?}: {}", named.text());
        let heads = asked();
        let tunnel = "CONNECT scim.corp.test:8443 HTTP/1.1\r\n";
        assert!(!heads.is_empty() && heads.iter().all(|head| head.starts_with(tunnel)), "{heads:?}");
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            let environment = [(variable, address.as_str()), ("NO_PROXY", "other.test")];
            let outcome = trustmend_with(&home, arguments, &environment, b"");
            assert_eq!(outcome.code, code, "{arguments:?}: {}", outcome.text());
            assert!(outcome.stderr.contains(&format!("127.0.0.1:{port}, as {variable} says")), "{outcome:?}");
            assert!(!asked().is_empty(), "{arguments:?} {variable}");
        }
    }
    let arguments = ["inspect", url, "--timeout", "5"];
    let environment = [("HTTPS_PROXY", address.as_str()), ("NO_PROXY", "localhost,.corp.test")];
    assert_eq!(trustmend_with(&home, &arguments, &environment, b"").code, 3);
    let direct = [&arguments[..], &["--proxy", "none"]].concat();
    assert_eq!(trustmend_with(&home, &direct, &environment[..1], b"").code, 3);
    assert!(asked().is_empty(), "both go directly");
    let resolve = format!("scim.corp.test:{server}:127.0.0.1");
    let url = format!("https://scim.corp.test:{server}");
    let given = ["inspect", &url, "--resolve", &resolve];
    trustmend_with(&home, &given, &environment[..1], b"").success();
    assert!(asked().is_empty(), "an address that is given is used");
    let bad = trustmend(&home, &["inspect", &url, "--proxy", "socks5://user:s3cret@127.0.0.1:1"]);
    assert!(bad.code == 2 && !bad.text().contains("s3cret"), "{}", bad.text());
}

/// A client's certificate and key, in every form of file.
fn client_files(pki: &Pki, home: &Scratch) {
    let (certificate, key) = pki.client();
    let block = |label: &str, der: &[u8]| pem::encode(&pem::Pem::new(label, der));
    let chain = block("CERTIFICATE", certificate.der()) + &block("CERTIFICATE", pki.intermediate.der());
    home.write("client.pem", &chain);
    home.write("both.pem", chain + &block("PRIVATE KEY", &key.serialize_der()));
    home.write("pkcs8.der", key.serialize_der());
    openssl(home.path(), "pkcs12 -export -in both.pem -passout pass:changeit -out client.p12");
    openssl(home.path(), "ec -in both.pem -out sec1.pem");
    openssl(home.path(), "pkey -in both.pem -aes256 -passout pass:changeit -out locked.pem");
    let sec1 = String::from_utf8(home.read("sec1.pem")).unwrap();
    assert!(sec1.contains("BEGIN EC PRIVATE KEY"), "{sec1}");

    openssl(home.path(), "pkcs12 -export -in both.pem -passout pass:s3cret -out secret.p12");
    home.write("password", "s3cret\n");
    home.write("wrong", "other\n");
    let imported = ["-importkeystore", "-srckeystore", &home.at("client.p12"), "-srcstorepass", "changeit"];
    let into =
        ["-destkeystore", &home.at("client.jks"), "-deststoretype", "JKS", "-deststorepass", "changeit"];
    Jvm::compiler().keytool(&[&imported[..], &into].concat()).success();
}

#[test]
fn a_client_certificate_is_presented_in_every_form_of_its_key() {
    let (pki, home) = pki();
    client_files(&pki, &home);
    let arguments = ["-Verify", "2", "-verify_return_error", "-CAfile", "root.pem"];
    for version in ["-tls1_2", "-tls1_3"] {
        let server = OpensslServer::start(home.path(), &[&arguments[..], &[version]].concat());
        let url = format!("https://127.0.0.1:{}", server.port);
        let diagnose = ["diagnose", &url, "--store", "root.jks"];
        let without = trustmend(&home, &diagnose);
        assert_eq!(without.code, 1, "{}", without.text());
        assert!(without.stdout.contains("client-certificate-required"), "{}", without.stdout);
        for flags in [
            &["--client-cert", "both.pem"][..],
            &["--client-cert", "client.pem", "--client-key", "sec1.pem"],
            &["--client-cert", "client.pem", "--client-key", "pkcs8.der"],
            &["--client-cert", "client.p12"],
            &["--client-cert", "client.jks"],
            &["--client-cert", "secret.p12", "--client-password-file", "password"],
        ] {
            trustmend(&home, &[&diagnose[..], flags].concat()).success();
        }
        for (key, words) in
            [("locked.pem", "encrypted"), ("key.pem", "cannot be used"), ("root.pem", "no private key")]
        {
            let flags = ["--client-cert", "client.pem", "--client-key", key];
            let outcome = trustmend(&home, &[&diagnose[..], &flags].concat());
            assert_eq!(outcome.code, 4, "{}", outcome.text());
            assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
        }
    }
}

#[test]
fn a_keystore_that_does_not_serve_says_why() {
    let (pki, home) = pki();
    client_files(&pki, &home);
    let imported = ["-importkeystore", "-srckeystore", &home.at("client.p12"), "-srcstorepass", "changeit"];
    let two =
        ["-destkeystore", &home.at("two.p12"), "-deststorepass", "changeit", "-srcalias", "1", "-destalias"];
    for alias in ["one", "two"] {
        Jvm::compiler().keytool(&[&imported[..], &two, &[alias]].concat()).success();
    }
    for (flags, words) in [
        (&["--client-cert", "secret.p12"][..], "the password changeit was tried"),
        (&["--client-cert", "secret.p12", "--client-password-file", "wrong"], "password"),
        (&["--client-cert", "two.p12"], "holds 2 private keys, one, two"),
        (&["--client-cert", "client.p12", "--client-key", "sec1.pem"], "holds its key itself"),
        (&["--client-cert", "root.jks"], "no private key"),
    ] {
        let outcome = trustmend(&home, &[&["inspect", "127.0.0.1:1"], flags].concat());
        assert_eq!(outcome.code, 4, "{flags:?}: {}", outcome.text());
        assert!(outcome.stderr.contains(words), "{flags:?}: {}", outcome.stderr);
        assert!(!outcome.text().contains("s3cret"), "{flags:?}: {}", outcome.text());
    }
}

#[test]
fn a_handshake_that_ends_before_an_answer_has_one_exit_code() {
    let home = Scratch::new();
    Pki::new().write(home.path());
    for alert in [40, 112, 80] {
        let port = listen(move |mut stream| {
            let mut hello = [0; 5];
            if stream.read_exact(&mut hello).is_ok() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, alert]);
            }
        });
        let url = format!("https://127.0.0.1:{port}/scim/v2/");
        for arguments in [
            &["inspect", &url][..],
            &["diagnose", &url, "--store", "root.pem"],
            &["import", &url, "--store", "new.jks"],
            &["check", &url, "--store", "root.pem"],
        ] {
            let outcome = trustmend(&home, arguments);
            assert_eq!(outcome.code, 3, "{alert}: {arguments:?}: {}", outcome.text());
        }
    }
}

#[test]
fn credentials_are_neither_sent_empty_nor_repeated() {
    let (pki, home) = pki();
    let (port, log) = https(pki.server(pki.chain()), |_| reply("404 Not Found", "text/plain", ""));
    home.write("empty", "\n");
    let url = format!("https://127.0.0.1:{port}/scim/v2/");
    let with_query = format!("https://127.0.0.1:{port}/scim/v2/?token=t0k-4711");
    let check = |url: &str, flags: &[&str]| {
        let arguments = [&["check", url, "--store", "root.pem"][..], flags].concat();
        trustmend_with(&home, &arguments, &[("EMP", ""), ("TOK", "t0k-4711")], b"")
    };
    for (flags, words) in [
        (&["--auth", "bearer", "--auth-env", "EMP"][..], "is empty"),
        (&["--auth", "header:X-Key", "--auth-env", "EMP"], "is empty"),
        (&["--auth", "bearer", "--auth-file", "empty"], "is empty"),
        (&["--auth", "t0k-4711"], "none of"),
        (&["--auth", "header:t0k-4711 x", "--auth-env", "TOK"], "name of a header field"),
    ] {
        let outcome = check(&url, flags);
        assert_eq!(outcome.code, 2, "{flags:?}: {}", outcome.text());
        assert!(outcome.stderr.contains(words), "{flags:?}: {}", outcome.stderr);
        assert!(!outcome.text().contains("t0k-4711"), "{flags:?}: {}", outcome.text());
    }
    assert!(log.lock().unwrap().is_empty(), "nothing was sent");
    for flags in [&[][..], &["--json"]] {
        let outcome = check(&with_query, flags);
        assert_eq!(outcome.code, 1, "{}", outcome.text());
        assert!(outcome.stdout.contains("scim-base-url-query"), "{}", outcome.stdout);
        assert!(!outcome.text().contains("t0k-4711"), "{}", outcome.text());
    }
}
