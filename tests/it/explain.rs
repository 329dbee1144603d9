//! A line of a log is explained by what the server and the store show now.

use std::io::Write as _;

use serde_json::Value;

use crate::net_support::{Pki, listen};
use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::Server;
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

const LINE: &str = "PKIX path building failed: unable to find valid certification path to requested target";

fn statuses(document: &Value) -> Vec<(&str, &str)> {
    let causes = document["causes"].as_array().unwrap();
    causes.iter().map(|cause| (cause["code"].as_str().unwrap(), cause["status"].as_str().unwrap())).collect()
}

#[test]
fn a_jvms_own_log_is_narrowed_down_to_the_fault() {
    let (home, pki) = (Scratch::new(), Pki::new());
    pki.write(home.path());
    let (leaf, key, store) = (home.at("leaf.pem"), home.at("key.pem"), home.at("trust.jks"));
    let server = Server::start(&["-cert", &leaf, "-key", &key]);
    trustmend(&home, &["import", "root.pem", "--store", &store]).success();
    let [url, plain] = ["https", "tls"].map(|scheme| format!("{scheme}://localhost:{}", server.port));
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    for jvm in Jvm::all() {
        let log = java::run(jvm, "HttpsGet", &[&trust], &[&url]).stdout;
        let look =
            ["--server", &plain, "--store", &store, "--java-version", &jvm.version, "--no-fetch", "--json"];
        let words = [&["explain", "-"][..], &look].concat();
        let document = trustmend_with(&home, &words, &[], log.as_bytes()).success().json();
        let found: Vec<_> =
            statuses(&document).into_iter().filter(|(_, status)| *status != "ruled-out").collect();
        assert_eq!(found, [("chain-intermediate-missing", "found")], "Java {}: {log}", jvm.version);
        assert_eq!(document["predicted_error"].as_str(), log.lines().next(), "Java {}", jvm.version);
        assert_eq!(document["also"], Value::Array(Vec::new()));
    }

    // Of the store alone, only what is the store's can be told.
    let document = trustmend(&home, &["explain", LINE, "--store", &store, "--json"]).success().json();
    assert!(statuses(&document).contains(&("store-missing", "ruled-out")));
    assert!(statuses(&document).contains(&("root-untrusted", "open")));
    assert!(document.get("predicted_error").is_none());
    let document = trustmend(&home, &["explain", LINE, "--store", "no-such.jks", "--json"]).success().json();
    assert!(statuses(&document).contains(&("store-missing", "found")), "{document}");

    // The fault is mended, and the log is old.
    trustmend(&home, &["import", "chain.pem", "--store", &store]).success();
    let words = ["explain", LINE, "--server", &plain, "--store", &store];
    let text = trustmend(&home, &words).success().stdout;
    assert!(text.contains("now Java accepts this server") && !text.contains("FOUND"), "{text}");
    let silent =
        trustmend(&home, &["explain", LINE, "--server", "127.0.0.1:1", "--store", &store]).success().stdout;
    assert!(silent.contains("found besides: server-unreachable") && silent.contains("  open "), "{silent}");
}

/// One log about four servers with four faults, one of them told twice.
#[test]
fn a_jvms_log_of_several_servers_is_explained_fault_by_fault() {
    let (home, pki) = (Scratch::new(), Pki::new());
    pki.write(home.path());
    let other =
        pem::encode(&pem::Pem::new("CERTIFICATE", pki.leaf_for(vec!["other.test".to_owned()]).to_vec()));
    home.write("other.pem", other);
    let [leaf, key, other, whole, store] =
        ["leaf.pem", "key.pem", "other.pem", "fullchain.pem", "trust.jks"].map(|name| home.at(name));
    trustmend(&home, &["import", "root.pem", "--store", &store]).success();
    let (incomplete, misnamed, demanding) = (
        Server::start(&["-cert", &leaf, "-key", &key]),
        Server::start(&["-cert", &other, "-key", &key, "-cert_chain", &whole]),
        Server::start(&["-cert", &leaf, "-key", &key, "-cert_chain", &whole, "-Verify", "1"]),
    );
    let plain = listen(|mut stream| drop(stream.write_all(b"220 mail.corp.test ready\r\n")));
    let url = |port: u16| format!("https://localhost:{port}/");
    let asked = [incomplete.port, misnamed.port, plain, demanding.port, incomplete.port].map(url);
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    for jvm in Jvm::all() {
        let log = java::run(jvm, "LogOf", &[&trust], &asked).success().stderr;
        let document =
            trustmend_with(&home, &["explain", "-", "--json"], &[], log.as_bytes()).success().json();
        let faults = document["faults"].as_array().unwrap();
        let told: Vec<_> = faults
            .iter()
            .map(|fault| (fault["causes"][0].as_str().unwrap(), fault["times"].as_u64().unwrap()))
            .collect();
        let expected = [
            ("root-untrusted", 2),
            ("client-certificate-required", 1),
            ("server-not-tls", 1),
            ("name-mismatch", 1),
        ];
        assert_eq!(told, expected, "Java {}: {log}", jvm.version);
        let codes: Vec<_> =
            document["causes"].as_array().unwrap().iter().map(|cause| &cause["code"]).collect();
        assert!(expected.iter().all(|(code, _)| codes.iter().any(|known| *known == code)), "{codes:?}");
        let text = trustmend_with(&home, &["explain", "-"], &[], log.as_bytes()).success().stdout;
        assert!(text.starts_with("4 different faults, the newest first\n"), "{text}");
        assert_eq!(text.matches("can mean:").count(), 4, "{text}");
    }
}

#[test]
fn lines_of_stores_and_of_clients_are_known() {
    let home = Scratch::new();
    let explained =
        |line: &str| trustmend(&home, &["explain", line, "--json"]).success().json()["causes"].clone();
    for (line, code) in [
        ("java.io.IOException: Keystore was tampered with, or password was incorrect", "store-unreadable"),
        ("java.io.IOException: keystore password was incorrect", "store-unreadable"),
        ("java.io.IOException: Invalid keystore format", "store-unreadable"),
        (
            "javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
            "protocol-client-restricted",
        ),
        (
            "java.security.cert.CertificateException: Certificates do not conform to algorithm constraints",
            "java-algorithm-disabled",
        ),
        ("java.security.UnrecoverableKeyException: Cannot recover key", "key-unrecoverable"),
        ("error:0A00010B:SSL routines::wrong version number", "server-not-tls"),
    ] {
        assert_eq!(explained(line)[0]["code"], code, "{line}");
    }
    // In the words of a real one: a wrong password, and no store.
    home.write("not.jks", [7; 100]);
    trustmend(&home, &["convert", "mozilla:", "trust.jks"]).success();
    trustmend(&home, &["convert", "mozilla:", "trust.p12"]).success();
    let jvm = Jvm::with_keytool().last().unwrap();
    for (store, kind) in [("trust.jks", "JKS"), ("trust.p12", "PKCS12"), ("not.jks", "JKS")] {
        let list = ["-list", "-keystore", &home.at(store), "-storetype", kind, "-storepass", "not this"];
        let said = jvm.keytool(&list);
        assert_ne!(said.code, 0, "{said:?}");
        assert_eq!(explained(&said.text())[0]["code"], "store-unreadable", "{}", said.text());
    }
    let unknown = trustmend(&home, &["explain", "\u{14}noise\u{1b}[31m"]).stderr;
    assert!(unknown.contains("\"\\u{14}noise\\u{1b}[31m\" is neither"), "{unknown}");
}
