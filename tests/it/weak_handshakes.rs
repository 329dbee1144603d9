//! Certificates that the TLS layer refuses before the trust manager sees them, or that a server cannot even serve: what an
//! application sees in a real handshake of TLS 1.2 and of whatever is newest.

use crate::ca_servers::{PASSWORD, Servers};
use crate::store_verdicts::{all_jvms, told_each};
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::{java, program};

/// How `openssl genpkey` makes a key.
type Key = &'static [&'static str];

const RSA: Key = &["RSA", "rsa_keygen_bits:2048"];

/// A leaf: its key and what its signature is over; the issuing authority's likewise.
const ROWS: &[(&str, Key, &str, Key, &str)] = &[
    ("good", RSA, "sha256", RSA, "sha256"),
    ("leaf md5", RSA, "md5", RSA, "sha256"),
    ("leaf sha1", RSA, "sha1", RSA, "sha256"),
    ("leaf sha224", RSA, "sha224", RSA, "sha256"),
    ("leaf sha512/256", RSA, "sha512-256", RSA, "sha256"),
    ("leaf sha3", RSA, "sha3-256", RSA, "sha256"),
    ("leaf rsa512", &["RSA", "rsa_keygen_bits:512"], "sha256", RSA, "sha256"),
    ("leaf rsa1024", &["RSA", "rsa_keygen_bits:1024"], "sha256", RSA, "sha256"),
    ("leaf rsa512 md5", &["RSA", "rsa_keygen_bits:512"], "md5", RSA, "sha256"),
    ("int md5", RSA, "sha256", RSA, "md5"),
    ("int rsa512", RSA, "sha256", &["RSA", "rsa_keygen_bits:512"], "sha256"),
    ("leaf p521", &["EC", "ec_paramgen_curve:P-521"], "sha256", RSA, "sha256"),
    ("leaf secp256k1", &["EC", "ec_paramgen_curve:secp256k1"], "sha256", RSA, "sha256"),
    ("leaf brainpool", &["EC", "ec_paramgen_curve:brainpoolP384r1"], "sha256", RSA, "sha256"),
    ("int brainpool", RSA, "sha384", &["EC", "ec_paramgen_curve:brainpoolP384r1"], "sha256"),
    ("int p521", RSA, "sha512", &["EC", "ec_paramgen_curve:P-521"], "sha256"),
    ("leaf ed25519", &["ED25519"], "sha256", RSA, "sha256"),
];

/// The rows that a Java server serves as well: it looks for a fitting certificate behind its ServerHello.
const BY_JAVA: [&str; 3] = ["good", "leaf md5", "leaf ed25519"];

/// A certificate NAME.pem for a key, which is made once for all certificates of this kind.
fn issue(home: &Scratch, name: &str, (key, kind): (Key, &str), digest: &str, issuer: Option<(&str, &str)>) {
    let key_file = home.at(&format!("{}.key", key_name(key, kind)));
    if !std::path::Path::new(&key_file).exists() {
        let options: Vec<&str> = key.iter().skip(1).flat_map(|option| ["-pkeyopt", option]).collect();
        openssl(&[&["genpkey", "-algorithm", key[0], "-out", &key_file], &options[..]].concat()).success();
    }
    let extensions = match kind {
        "leaf" => "subjectAltName=DNS:localhost\n",
        _ => "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n",
    };
    let extensions = home.write(&format!("{name}.ext"), extensions).display().to_string();
    let (csr, pem) = (home.at(&format!("{name}.csr")), home.at(&format!("{name}.pem")));
    openssl(&["req", "-new", "-key", &key_file, "-subj", &format!("/CN={name}"), "-out", &csr]).success();
    let digest = format!("-{digest}");
    let mut words =
        vec!["x509", "-req", "-days", "30", &digest, "-in", &csr, "-out", &pem, "-extfile", &extensions];
    let authority =
        issuer.map(|(name, key)| (home.at(&format!("{name}.pem")), home.at(&format!("{key}.key"))));
    match &authority {
        Some((ca, key)) => words.extend(["-CA", ca, "-CAkey", key, "-CAcreateserial"]),
        None => words.extend(["-signkey", &key_file]),
    }
    openssl(&words).success();
}

fn key_name(key: Key, kind: &str) -> String {
    format!("{kind}-{}", key.concat().replace(':', "-"))
}

/// A server by OpenSSL for each row, and by the newest JVM for some.
fn servers(home: &Scratch) -> (Vec<Server>, Servers, Vec<(&'static str, String)>) {
    issue(home, "root", (RSA, "root"), "sha256", None);
    let (mut servers, mut ports, mut stores) = (Vec::new(), Vec::new(), Vec::new());
    for (number, &(row, leaf, leaf_digest, int, int_digest)) in ROWS.iter().enumerate() {
        let (name, above) = (format!("leaf{number}"), format!("int{number}"));
        issue(home, &above, (int, "int"), int_digest, Some(("root", &key_name(RSA, "root"))));
        issue(home, &name, (leaf, "leaf"), leaf_digest, Some((&above, &key_name(int, "int"))));
        let key = home.at(&format!("{}.key", key_name(leaf, "leaf")));
        let [certificate, chain] = [&name, &above].map(|name| home.at(&format!("{name}.pem")));
        let files = ["-cert", &certificate, "-key", &key, "-cert_chain", &chain];
        servers.push(Server::start(&[&files[..], &["-cipher", "ALL:@SECLEVEL=0"]].concat()));
        ports.push((row, servers[number].port.to_string()));
        if BY_JAVA.contains(&row) {
            let store = home.at(&format!("{name}.p12"));
            let password = format!("pass:{PASSWORD}");
            let export = ["pkcs12", "-export", "-passout", &password, "-in", &certificate, "-inkey", &key];
            openssl(&[&export[..], &["-certfile", &chain, "-out", &store]].concat()).success();
            stores.push((store, "PKCS12"));
        }
    }
    let java = Servers::start(&stores);
    ports.extend(BY_JAVA.iter().zip(&java.ports).map(|(row, (port, _))| (*row, port.to_string())));
    (servers, java, ports)
}

#[test]
fn weak_chains_are_refused_as_predicted() {
    let home = Scratch::new();
    let (_openssl, _java, servers) = servers(&home);
    let store = home.at("trust.jks");
    trustmend(&home, &["import", &home.at("root.pem"), "--store", &store]).success();
    let anchor = home.at("root.pem");
    let arguments: Vec<&str> = servers.iter().flat_map(|(_, port)| [anchor.as_str(), port]).collect();
    let urls: Vec<String> = servers.iter().map(|(_, port)| format!("tls://localhost:{port}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let (mut differences, mut unasked) = (Vec::new(), 0);
    for jvm in all_jvms() {
        for option in ["-Djdk.tls.client.protocols=TLSv1.2", "-Dunrelated=1"] {
            let printed = printed(&jvm, option, &arguments);
            let java = format!("--java-option={option}");
            let words = ["--store", &store, "--java-version", &jvm.version, &java, "--json"];
            let told = told_each(&trustmend(&home, &[&["diagnose"], &urls[..], &words].concat()));
            assert_eq!((printed.len(), told.len()), (servers.len(), servers.len()));
            for (((row, _), answer), (ours, found)) in servers.iter().zip(printed).zip(told) {
                let is_unasked = found.iter().any(|(code, _)| code == "signature-schemes-none");
                unasked += usize::from(is_unasked);
                // The server of the JDK hangs up in place of an alert, now with a reset and now without.
                let silent = ["handshake_failure", "terminated the handshake", "Connection reset"];
                let is_silent = silent.iter().any(|text| answer.contains(text));
                let is_same = ours == answer || is_silent && is_unasked && !answer.contains("failure");
                if !is_same || is_unasked != is_silent {
                    let name = format!("{row} {option}, Java {}", jvm.version);
                    differences.push(format!("{name}\n  java {answer}\n  we   {ours}\n  {found:?}"));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
    assert!(unasked > 0);
}

fn printed(jvm: &Jvm, option: &str, arguments: &[&str]) -> Vec<String> {
    let command = java::command(jvm, "Handshake", &[option], arguments);
    let outcome = program::run(command, b"", "a Java runtime").success();
    outcome.stdout.lines().map(str::to_owned).collect()
}
