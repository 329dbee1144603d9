//! What is wrong with the store itself is said, in the words of the JVM that meets it.

use serde_json::Value;

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// A server with a self-signed certificate that is also in the file `certificate.pem`.
fn server(home: &Scratch) -> Server {
    let (key, certificate) = (home.at("key.pem"), home.at("certificate.pem"));
    let make = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
    ];
    let names = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
    openssl(&[&make[..], &names, &["-keyout", &key, "-out", &certificate]].concat()).success();
    Server::start(&["-cert", &certificate, "-key", &key])
}

fn target(home: &Scratch, port: u16, store: &str, more: &[&str]) -> Value {
    let url = format!("tls://localhost:{port}/");
    let outcome = trustmend(home, &[&["diagnose", &url, "--store", store, "--json"], more].concat());
    outcome.json()["targets"][0].clone()
}

fn codes(target: &Value) -> Vec<&str> {
    target["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// What each JVM prints with this store and no password equals what is predicted for it.
#[track_caller]
fn as_every_jvm_says(home: &Scratch, port: u16, store: &str, code: &str) {
    let url = format!("https://localhost:{port}/");
    for jvm in Jvm::all() {
        let option = format!("-Djavax.net.ssl.trustStore={store}");
        let printed = java::run(jvm, "HttpsGet", &[&option], &[&url]).stdout;
        let target = target(home, port, store, &["--java-version", &jvm.version]);
        assert_eq!(
            target["predicted_error"].as_str(),
            printed.lines().next(),
            "{store}, Java {}",
            jvm.version
        );
        assert_eq!(target["verdict"], "untrusted", "{store}");
        assert!(codes(&target).contains(&code), "{store}: {:?}", codes(&target));
    }
}

#[test]
fn stores_that_java_cannot_load_are_told_before_any_certificate() {
    let home = Scratch::new();
    let server = server(&home);
    let jceks = home.at("trust.jceks");
    let jvm = Jvm::with_keytool().next().unwrap();
    let certificate = home.at("certificate.pem");
    let import = ["-importcert", "-noprompt", "-alias", "a", "-file", &certificate, "-storepass", "changeit"];
    jvm.keytool(&[&import[..], &["-keystore", &jceks, "-storetype", "JCEKS"]].concat()).success();
    home.write("cut.jks", [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 1, 0]);
    home.write("empty.jks", "");
    for store in ["certificate.pem", "trust.jceks", "cut.jks", "empty.jks"] {
        as_every_jvm_says(&home, server.port, &home.at(store), "store-unreadable");
    }
    as_every_jvm_says(&home, server.port, &home.at("no-such.jks"), "store-missing");
}

/// A store that Java cannot read is told alone where nothing else is known to be wrong; what is known to be wrong stays.
#[test]
fn what_is_in_a_pem_file_is_enough_once_it_is_converted() {
    let home = Scratch::new();
    let server = server(&home);
    let foreign = Scratch::new();
    self::server(&foreign);
    home.write("other.pem", foreign.read("certificate.pem"));
    home.write("cut.jks", [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 1, 0]);
    home.write("empty.jks", "");
    for store in ["certificate.pem", "cut.jks", "empty.jks"] {
        let seen = target(&home, server.port, store, &[]);
        assert_eq!(
            (codes(&seen), &seen["verdict"]),
            (vec!["store-unreadable"], &"untrusted".into()),
            "{store}"
        );
    }
    let seen = target(&home, server.port, "other.pem", &[]);
    assert!(
        ["store-unreadable", "leaf-self-signed"].iter().all(|code| codes(&seen).contains(code)),
        "{seen}"
    );

    let seen = target(&home, server.port, "certificate.pem", &[]);
    let command = seen["findings"][0]["remedies"][0]["command"].as_array().unwrap();
    let words: Vec<&str> = command.iter().skip(1).map(|word| word.as_str().unwrap()).collect();
    trustmend(&home, &words).success();
    let converted = home.at(words.last().unwrap());
    assert_eq!(target(&home, server.port, &converted, &[])["verdict"], "trusted");
    let (jvm, url) = (Jvm::with_keytool().next().unwrap(), format!("https://localhost:{}/", server.port));
    let option = format!("-Djavax.net.ssl.trustStore={converted}");
    assert!(java::run(jvm, "HttpsGet", &[&option], &[&url]).stdout.starts_with("200"));
}

#[test]
fn an_encrypted_pkcs12_is_empty_without_its_password() {
    let home = Scratch::new();
    let server = server(&home);
    let certificate = home.at("certificate.pem");
    let store = home.at("trust.p12");
    trustmend(&home, &["import", &certificate, "--store", &store]).success();
    let seen = target(&home, server.port, &store, &[]);
    assert_eq!((&seen["verdict"], codes(&seen)), (&Value::from("trusted"), vec!["store-password-needed"]));

    // A JRE opens its own cacerts without a password, whatever the options say.
    let cacerts = home.write("jre/lib/security/cacerts", home.read("trust.p12")).display().to_string();
    let seen = target(&home, server.port, &cacerts, &[]);
    let url = format!("https://localhost:{}/", server.port);
    let jvm = Jvm::all().iter().max_by_key(|jvm| jvm.major()).unwrap();
    let printed =
        java::run(jvm, "HttpsGet", &[&format!("-Djavax.net.ssl.trustStore={cacerts}")], &[&url]).stdout;
    let predicted = target(&home, server.port, &cacerts, &["--java-version", &jvm.version]);
    assert_eq!(predicted["predicted_error"].as_str(), printed.lines().next());
    assert_eq!(seen["verdict"], "untrusted");
    assert!(codes(&seen).contains(&"store-empty-for-java"), "{:?}", codes(&seen));
}

#[test]
fn a_password_that_was_only_tried_is_said_so() {
    let home = Scratch::new();
    server(&home);
    let (certificate, store) = (home.at("certificate.pem"), home.at("trust.jks"));
    trustmend(&home, &["import", &certificate, "--store", &store]).success();
    let listed = trustmend(&home, &["list", &store]).success();
    assert!(listed.stderr.contains("changeit was tried"), "{}", listed.stderr);
    home.write("pw", "changeit\n");
    let listed = trustmend(&home, &["list", &store, "--store-password-file", "pw"]).success();
    assert_eq!(listed.stderr, "");
}

#[test]
fn an_answer_keeps_its_exit_code_when_nobody_reads_it() {
    let home = Scratch::new();
    server(&home);
    let (binary, certificate) = (env!("CARGO_BIN_EXE_trustmend"), home.at("certificate.pem"));
    let script = format!(
        "{binary} diagnose {certificate} --host other.test --store mozilla: | true; exit ${{PIPESTATUS[0]}}"
    );
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &script]).current_dir(home.path());
    let outcome = crate::support::program::run(command, b"", "bash");
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
}

#[test]
fn another_name_of_the_store_is_told_of() {
    let home = Scratch::new();
    server(&home);
    let certificate = home.at("certificate.pem");
    trustmend(&home, &["import", &certificate, "--store", &home.at("first.jks")]).success();
    std::fs::hard_link(home.at("first.jks"), home.at("second.jks")).unwrap();
    let other = home.at("other.pem");
    let make = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=Other",
    ];
    openssl(&[&make[..], &["-keyout", &home.at("other.key"), "-out", &other]].concat()).success();
    let old = home.read("second.jks");
    let told = trustmend(&home, &["import", &other, "--store", &home.at("first.jks")]).success();
    assert!(told.stderr.contains("1 more name(s) on this disk"), "{}", told.stderr);
    assert_eq!(home.read("second.jks"), old);
}
