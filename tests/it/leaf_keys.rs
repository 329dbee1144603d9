//! Leaves with every kind of key: what `openssl s_client` and a stock client of rustls make of a server that has nothing
//! else, and what is said beforehand, of the server and of its chain as a file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use trustmend::net::legacy::Offer;

use crate::support::openssl::{Server, openssl, openssl_with};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// Name and `openssl genpkey` options of every kind of key.
const KINDS: [(&str, &[&str]); 12] = [
    ("rsa1024", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
    ("rsa2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("pss", &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("p224", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp224r1"]),
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"]),
    ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp384r1"]),
    ("p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp521r1"]),
    ("k256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
    ("brainpool", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"]),
    ("ed25519", &["-algorithm", "ED25519"]),
    ("ed448", &["-algorithm", "ED448"]),
    ("dsa", &["-paramfile", "dsa.params"]),
];

/// `openssl dsaparam 2048`, which takes its time.
const DSA: &str = "-----BEGIN DSA PARAMETERS-----
MIICKAKCAQEA1tAZ1JqVpT/ggbjvZqBkoBvJs4Kj8RIOc1qondMU4Hx5mzpwGbtE
b4ulDXlMOv83LPPJ98tl/D6wQ4PMNXj/GFFkLvzgLiCwCSSJWWRq+j+Om8CeIivd
2wM7Va8rjtDs7ODGAKkZxgKJX+gi+M/RhNFAoiDUsQGY252eZMFIMHe4R2pQ2a0x
g3imXTNwhDupgTYqwE6iKy0+MTV/2zRzJ1F4Jediw96B3uxhDO4XAa+UZEtntA9E
O73aQ+xD9+yTKayX0Rt+XU9ScANfRuuIBup8cheWEPbrmn7Nrn1IQ8Mk6ehSr8L2
b1QFM07RVqFVQSL5Qv0Zs+CCXrGlEOtCowIdANFvU3N3TbIgc2eCTm92CEF6TxaX
OkyGgWFJ1ucCggEAZOlkGaNV82Ja/J4v1WI7zXtR0ltm01pgZPTYICbxgrCZsRsD
KOXsCUROk3KPwFHeXpvK8HFV+N1u3LmJ2xMuiltDBWKp/gkrW1iGXsOG5AI4veLB
cQ1rEFfkEdd5OyKszTjxMWutsUMq4SlnmZ7bniNadTt3XoddJ7H+weL4ND6yIa+N
XR39ZtT4LbIJf7OAOzl7mBJZPwOR4crQ64iakfDwvk79s2lOXTlSMDSACx1A2bXs
UbZm2U8hiwu+7zLug4Ewb3AOsVP301ieB80L9vTC177apkTLFoXx+Bz9T8pcefXR
fbods4ume5OJMAEtwXJDMltTjMRGX66aZmLGcg==
-----END DSA PARAMETERS-----
";

/// Keys and chains in `home`: `KIND.key`, `KIND.pem`, under `root.pem`.
fn write(home: &Scratch) {
    home.write("dsa.params", DSA);
    let root =
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=Corp Root"];
    let (key, root_file) = (home.at("root.key"), home.at("root.pem"));
    openssl(&[&["req", "-x509", "-days", "30", "-keyout", &key, "-out", &root_file], &root[..]].concat())
        .success();
    for (kind, options) in KINDS {
        let (file, leaf) = (home.at(&format!("{kind}.key")), home.at(&format!("{kind}.pem")));
        let options: Vec<String> =
            options.iter().map(|word| word.replace("dsa.params", &home.at("dsa.params"))).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        openssl(&[&["genpkey", "-out", &file], &options[..]].concat()).success();
        let words = ["req", "-x509", "-days", "20", "-key", &file, "-CA", &root_file, "-CAkey", &key];
        let names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        let rest = ["-addext", "basicConstraints=CA:FALSE", "-out", &leaf];
        openssl(&[&words[..], &names, &rest].concat()).success();
    }
}

/// The error of a client of rustls with ring's defaults.
fn real_rustls(home: &Scratch, port: u16) -> Option<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(home.at("root.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut wire = TcpStream::connect(("127.0.0.1", port)).unwrap();
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut wire) {
            return Some(error.to_string());
        }
    }
    let _ = wire.flush();
    None
}

/// What `openssl s_client` says: the error of the chain, or of the handshake without file and line.
fn real_openssl(home: &Scratch, port: u16) -> Option<String> {
    let (address, roots) = (format!("127.0.0.1:{port}"), home.at("root.pem"));
    let run = openssl_with(
        &[
            "s_client",
            "-connect",
            &address,
            "-servername",
            "localhost",
            "-verify_hostname",
            "localhost",
            "-CAfile",
            &roots,
            "-no-CApath",
            "-no-CAstore",
            "-verify_return_error",
            "-ign_eof",
            "-brief",
        ],
        b"GET / HTTP/1.0\r\n\r\n",
    );
    if run.stderr.contains("CONNECTION ESTABLISHED") {
        return None;
    }
    let verify = run.stderr.lines().find_map(|line| line.split_once("verify error:num="));
    let error = run.stderr.lines().find_map(|line| line.split_once("error:0A"));
    Some(match (verify, error) {
        (Some((_, verify)), _) => verify.replace(':', " at 0 depth lookup: "),
        (None, Some((_, error))) => {
            let fields: Vec<&str> = error.split(':').collect();
            format!("error:0A{}:SSL routines::{}", fields[0], fields[3]).replace("ssl/tls", "sslv3")
        }
        (None, None) => run.text(),
    })
}

fn target(home: &Scratch, words: &[&str], client: &str) -> Value {
    let store = ["--store", "root.pem", "--no-fetch", "--json", "--client", client];
    let words = [&["diagnose"], words, &store[..]].concat();
    trustmend(home, &words).json()["targets"][0].clone()
}

#[test]
fn a_key_that_a_client_has_no_use_for_is_refused() {
    let home = Scratch::new();
    write(&home);
    let (mut differences, mut refused) = (String::new(), 0);
    for (kind, _) in KINDS {
        let (leaf, key) = (home.at(&format!("{kind}.pem")), home.at(&format!("{kind}.key")));
        let groups = "X25519:P-256:P-384:P-521:P-224:secp256k1:brainpoolP256r1";
        let server =
            Server::start(&["-cert", &leaf, "-key", &key, "-cipher", "ALL:@SECLEVEL=0", "-groups", groups]);
        let url = format!("localhost:{}", server.port);
        for client in ["webpki", "openssl"] {
            let real = match client {
                "webpki" => real_rustls(&home, server.port),
                _ => {
                    real_openssl(&home, server.port).map(|text| text.trim_start_matches("error ").to_owned())
                }
            };
            refused += usize::from(real.is_some());
            for words in [&[url.as_str()][..], &[&leaf, "--host", "localhost"]] {
                let ours = target(&home, words, client);
                let text = ours["predicted_error"].as_str();
                let text = text.map(|text| text.trim_start_matches("error ").to_owned());
                let expected = if real.is_some() { "untrusted" } else { "trusted" };
                let findings = ours["findings"].as_array().unwrap();
                let told = findings.iter().any(|finding| {
                    finding["severity"] == "error" && finding["remedies"][0]["who"] == "server-owner"
                });
                if text != real || ours["verdict"] != expected || told != real.is_some() {
                    let _ =
                        writeln!(differences, "{kind} {client} {words:?}\n  real {real:?}\n  ours {ours:#}");
                }
            }
        }
    }
    assert!(differences.is_empty() && refused == 13, "{refused}\n{differences}");
}

/// What is asked in OpenSSL's name is what it would offer itself.
#[test]
fn the_suites_of_openssl_are_its_own() {
    let listed = openssl(&["ciphers", "-s", "-stdname"]).success().stdout;
    let theirs: BTreeSet<String> =
        listed.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
    let ours: BTreeSet<String> = Offer::openssl().suites.iter().map(ToString::to_string).collect();
    assert_eq!(ours, theirs);
}

/// One suite at a time: OpenSSL goes on or not, and so it is said.
#[test]
fn a_server_of_one_suite_is_met_as_openssl_meets_it() {
    let home = Scratch::new();
    write(&home);
    let (leaf, key) = (home.at("rsa2048.pem"), home.at("rsa2048.key"));
    let mut refused = 0;
    for suite in
        ["AES128-SHA", "CAMELLIA128-SHA", "AES128-CCM", "ECDHE-ARIA128-GCM-SHA256", "DHE-RSA-AES128-SHA"]
    {
        let suite = format!("{suite}:@SECLEVEL=0");
        let server = Server::start(&["-cert", &leaf, "-key", &key, "-tls1_2", "-cipher", &suite]);
        let real = real_openssl(&home, server.port);
        let ours = target(&home, &[&format!("localhost:{}", server.port)], "openssl");
        let expected = if real.is_some() { "untrusted" } else { "trusted" };
        assert_eq!(ours["verdict"], expected, "{suite}: {real:?} {ours:#}");
        let told = ours["findings"].to_string().contains("cipher-suites-none");
        assert_eq!(told, real.is_some(), "{suite}: {ours:#}");
        refused += usize::from(real.is_some());
    }
    assert_eq!(refused, 3);
}

/// A server that answers, though with nothing that anybody takes, is not out of reach: what it offers is said.
#[test]
fn suites_of_the_past_are_named() {
    let home = Scratch::new();
    write(&home);
    let (leaf, key) = (home.at("rsa2048.pem"), home.at("rsa2048.key"));
    for (suite, name) in [
        ("NULL-SHA256", "TLS_RSA_WITH_NULL_SHA256"),
        ("NULL-MD5", "TLS_RSA_WITH_NULL_MD5"),
        ("AECDH-AES128-SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
    ] {
        let suite = format!("{suite}:@SECLEVEL=0");
        let server = Server::start(&["-cert", &leaf, "-key", &key, "-tls1_2", "-cipher", &suite]);
        assert!(real_openssl(&home, server.port).is_some() && real_rustls(&home, server.port).is_some());
        let source = format!("localhost:{}", server.port);
        trustmend(&home, &["import", "root.pem", "--store", "root.jks"]);
        for (client, store) in [("java", "root.jks"), ("openssl", "root.pem"), ("webpki", "root.pem")] {
            let run =
                trustmend(&home, &["diagnose", &source, "--store", store, "--client", client, "--json"]);
            let seen = run.json()["targets"][0].clone();
            assert_eq!((run.code, &seen["verdict"]), (1, &"untrusted".into()), "{suite} {client} {seen:#}");
            let mut findings = seen["findings"].as_array().unwrap().iter();
            let found = findings.find(|finding| finding["code"] == "cipher-suites-none").unwrap();
            assert!(found["detail"].as_str().unwrap().contains(name), "{found}");
        }
        let text = trustmend(&home, &["diagnose", &source, "--store", "root.jks"]).stdout;
        assert!(text.contains(name) && !text.contains("UNREACHABLE"), "{text}");
    }
    // Whoever takes none of them either is out of reach no less.
    let refuser = Server::start(&[
        "-cert",
        &leaf,
        "-key",
        &key,
        "-verify_return_error",
        "-tls1_2",
        "-cipher",
        "PSK-AES128-GCM-SHA256",
    ]);
    let run = trustmend(&home, &["diagnose", &format!("localhost:{}", refuser.port), "--store", "root.jks"]);
    assert_eq!(run.code, 3, "{}", run.text());
}
