//! The main job on the real thing: a Tomcat, a Java client of every JVM found, keytool of every JDK found.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::tomcat::Tomcat;

const HOST: &str = "scim.corp.test";

/// The machine's own trust store, which every JDK of Debian reads.
fn real_cacerts() -> std::path::PathBuf {
    Jvm::all()
        .iter()
        .map(Jvm::cacerts)
        .find(|path| path.exists())
        .expect("a JDK with cacerts: ca-certificates-java")
}

/// A server certificate with keystore for Tomcat, made by `generate`.
fn keystore(home: &Scratch, format: &str, more: &[&str]) -> String {
    let (keystore, ca, out) = (home.at(&format!("server.{format}")), home.at("ca"), home.at("leaf"));
    let made = ["generate", HOST, "127.0.0.1", "--out", &out, "--keystore", &keystore];
    let authority: &[&str] = if more.contains(&"--self-signed") { &[] } else { &["--ca-dir", &ca] };
    let format = ["--format", format, "--alias", "tomcat", "--keystore-password-file", "pw", "--force"];
    home.write("pw", "changeit\n");
    trustmend(home, &[&made[..], &format, authority, more].concat()).success();
    keystore
}

struct Site {
    port: u16,
    url: String,
    hosts: String,
    resolve: String,
    _tomcat: Tomcat,
}

fn tomcat(home: &Scratch, keystore: &str, kind: &str) -> Site {
    let jvm = Jvm::with_keytool().next().unwrap();
    let tomcat = Tomcat::with_keystore(jvm, keystore, kind, "changeit", "tomcat");
    let port = tomcat.port;
    Site {
        port,
        url: format!("https://{HOST}:{port}/hello.txt"),
        hosts: java::hosts(home, &[(HOST, "127.0.0.1")]),
        resolve: format!("{HOST}:{port}:127.0.0.1"),
        _tomcat: tomcat,
    }
}

/// What a Java client prints, line by line; `200` first when it succeeds.
fn java_client(jvm: &Jvm, site: &Site, store: &str) -> Vec<String> {
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let password = "-Djavax.net.ssl.trustStorePassword=changeit";
    let outcome = java::run(jvm, "HttpsGet", &[&site.hosts, &trust, password], &[&site.url]);
    outcome.stdout.lines().map(str::to_owned).collect()
}

/// Every JVM fails with exactly the text that `diagnose` predicts for it; gives the last document.
#[track_caller]
fn refused_as_predicted(home: &Scratch, site: &Site, store: &str) -> Value {
    let mut last = Value::Null;
    for jvm in Jvm::all() {
        let printed = java_client(jvm, site, store);
        let arguments = ["diagnose", &site.url, "--resolve", &site.resolve, "--store", store, "--json"];
        let outcome = trustmend(home, &[&arguments[..], &["--java-version", &jvm.version]].concat());
        assert_eq!(outcome.code, 1, "{}{}", outcome.stdout, outcome.stderr);
        let target = outcome.json()["targets"][0].clone();
        assert_eq!(target["verdict"], "untrusted");
        assert_eq!(
            target["predicted_error"].as_str(),
            printed.first().map(String::as_str),
            "Java {}",
            jvm.version
        );
        let causes: Vec<&str> =
            target["predicted_causes"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
        assert_eq!(causes, printed[1..], "Java {}", jvm.version);
        last = target;
    }
    last
}

#[track_caller]
fn accepted(home: &Scratch, site: &Site, store: &str) {
    for jvm in Jvm::all() {
        assert_eq!(
            java_client(jvm, site, store).first().map(String::as_str),
            Some("200"),
            "Java {}",
            jvm.version
        );
    }
    let arguments = ["diagnose", &site.url, "--resolve", &site.resolve, "--store", store, "--json"];
    let document = trustmend(home, &arguments).success().json();
    assert_eq!(document["targets"][0]["verdict"], "trusted");
    assert!(document["targets"][0]["predicted_error"].is_null());
}

fn codes(target: &Value) -> Vec<&str> {
    target["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// Aliases as keytool lists them.
fn keytool_aliases(jvm: &Jvm, store: &str) -> BTreeSet<String> {
    let listing = jvm.keytool(&["-list", "-keystore", store, "-storepass", "changeit"]).success().stdout;
    let entries = listing.lines().filter(|line| line.contains(", trustedCertEntry,"));
    entries.map(|line| line.split(", ").next().unwrap().to_owned()).collect()
}

#[test]
fn a_missing_intermediate_is_diagnosed_mended_and_proved() {
    let home = Scratch::new();
    let keystore = keystore(&home, "pkcs12", &["--bad", "missing-intermediate"]);
    let site = tomcat(&home, &keystore, "PKCS12");
    let store = home.at("cacerts");
    std::fs::copy(real_cacerts(), &store).unwrap();
    let before: Vec<_> = Jvm::with_keytool().map(|jvm| keytool_aliases(jvm, &store)).collect();

    let target = refused_as_predicted(&home, &site, &store);
    assert_eq!(target["findings"][0]["code"], "chain-intermediate-missing", "{target}");

    let import =
        ["import", &home.at("leaf/intermediate.pem"), "--store", &store, "--alias", "Corp-CA", "--json"];
    let document = trustmend(&home, &import).success().json();
    assert_eq!(
        (&document["changed"], &document["steps"][0]["alias"]),
        (&Value::Bool(true), &Value::from("corp-ca"))
    );
    accepted(&home, &site, &store);
    for (jvm, mut aliases) in Jvm::with_keytool().zip(before) {
        assert!(aliases.len() > 100, "keytool listed the store");
        aliases.insert("corp-ca".to_owned());
        assert_eq!(keytool_aliases(jvm, &store), aliases, "{}", jvm.version);
    }

    let octets = home.read("cacerts");
    let files = home.names();
    let again = trustmend(&home, &import).success().json();
    assert_eq!(
        (&again["changed"], &again["steps"][0]["action"]),
        (&Value::Bool(false), &Value::from("keep"))
    );
    assert_eq!(
        (home.read("cacerts"), home.names()),
        (octets, files),
        "nothing changes, not one octet, no new file"
    );
}

#[test]
fn an_unknown_private_root_is_imported_from_the_wire_by_its_fingerprint() {
    let home = Scratch::new();
    let keystore = keystore(&home, "jks", &["--send-root"]);
    let site = tomcat(&home, &keystore, "JKS");
    let store = home.at("trust.p12");
    let jvm = Jvm::with_keytool().next().unwrap();
    let import = ["-importkeystore", "-noprompt", "-srckeystore"];
    let cacerts = real_cacerts();
    let rest = [
        "-srcstorepass",
        "changeit",
        "-destkeystore",
        &store,
        "-deststoretype",
        "PKCS12",
        "-deststorepass",
        "changeit",
    ];
    jvm.keytool(&[&import[..], &[cacerts.to_str().unwrap()], &rest].concat()).success();

    let target = refused_as_predicted(&home, &site, &store);
    assert!(codes(&target).contains(&"root-untrusted"), "{target}");
    let root = target["presented"].as_array().unwrap().last().unwrap()["sha256"].as_str().unwrap().to_owned();
    let command = target["findings"][0]["remedies"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|r| r["command"].as_array())
        .unwrap();
    assert!(command.iter().any(|word| word == root.as_str()), "the command names the root: {command:?}");

    let refused = trustmend(&home, &["import", &site.url, "--resolve", &site.resolve, "--store", &store]);
    assert_eq!(refused.code, 5, "nothing off the wire is trusted unasked: {}", refused.stderr);
    let wrong = "00".repeat(32);
    let import = |fingerprint: &str| {
        trustmend(
            &home,
            &[
                "import",
                &site.url,
                "--resolve",
                &site.resolve,
                "--store",
                &store,
                "--fingerprint",
                fingerprint,
            ],
        )
    };
    assert_eq!(import(&wrong).code, 5);
    import(&root).success();
    accepted(&home, &site, &store);
}

#[test]
fn a_self_signed_certificate_is_imported_into_a_new_jks_and_pem_store() {
    let home = Scratch::new();
    let keystore = keystore(&home, "pkcs12", &["--self-signed"]);
    let site = tomcat(&home, &keystore, "PKCS12");
    let store = home.at("cacerts");
    std::fs::copy(real_cacerts(), &store).unwrap();
    let target = refused_as_predicted(&home, &site, &store);
    assert!(codes(&target).contains(&"leaf-self-signed"), "{target}");

    let leaf = target["presented"][0]["sha256"].as_str().unwrap();
    for store in ["new.jks", "new.p12", "new.pem"] {
        let import = ["import", &site.url, "--resolve", &site.resolve, "--fingerprint", leaf, "--store"];
        trustmend(&home, &[&import[..], &[&home.at(store)]].concat()).success();
    }
    accepted(&home, &site, &home.at("new.jks"));
    accepted(&home, &site, &home.at("new.p12"));
    let address = format!("127.0.0.1:{}", site.port);
    let client = ["s_client", "-connect", &address, "-servername", HOST, "-verify_return_error", "-CAfile"];
    let proof = openssl(&[&client[..], &[&home.at("new.pem")]].concat()).success();
    assert!(proof.stdout.contains("Verify return code: 0 (ok)"), "{}", proof.stdout);
}

#[test]
fn a_name_that_writes_to_the_terminal_cannot() {
    let home = Scratch::new();
    let hostile = "evil\u{1b}[2J\u{202e}live\nOK trusted\u{9b}31m";
    let (key, certificate) = (home.at("key.pem"), home.at("certificate.pem"));
    let config = home.write(
        "openssl.cnf",
        format!(
            "[req]\nprompt=no\ndistinguished_name=dn\nutf8=yes\nstring_mask=utf8only\n[dn]\nO=x\nCN={}\n",
            hostile.replace('\n', "\\n")
        ),
    );
    let subject =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-config", config.to_str().unwrap(), "-utf8"];
    openssl(&[&subject[..], &["-keyout", &key, "-out", &certificate]].concat()).success();
    let server = Server::start(&["-cert", &certificate, "-key", &key]);
    let address = format!("127.0.0.1:{}", server.port);
    let store = home.at("trust.jks");
    for arguments in [
        &["inspect", &address][..],
        &["inspect", &certificate],
        &["diagnose", &address, "--store", "mozilla:"],
        &["import", &certificate, "--store", &store],
        &["list", &store, "-v"],
    ] {
        let outcome = trustmend(&home, &[arguments, &["--color", "never"]].concat());
        let shown = outcome.text();
        assert!(shown.contains("evil\\u{1b}"), "{arguments:?} does not show the name: {shown}");
        let invisible = |c: &char| c.is_control() && *c != '\n' || matches!(*c, '\u{202e}' | '\u{9b}');
        assert_eq!(shown.chars().find(invisible), None, "{arguments:?}");
        assert!(
            !shown.lines().any(|line| line.starts_with("OK trusted")),
            "{arguments:?} shows a forged line"
        );
    }
}

#[test]
fn two_imports_at_once_lose_nothing() {
    let home = Scratch::new();
    let store = home.at("cacerts");
    std::fs::copy(real_cacerts(), &store).unwrap();
    let count = |store: &str| {
        trustmend(&home, &["list", store, "--json"]).success().json()["store"]["entries"].as_u64().unwrap()
    };
    let before = count(&store);
    let certificates: Vec<String> = (0..8).map(|number| authority(&home, number)).collect();
    std::thread::scope(|scope| {
        for certificate in &certificates {
            scope.spawn(|| trustmend(&home, &["import", certificate, "--store", &store]).success());
        }
    });
    assert_eq!(count(&store), before + 8);
    let jvm = Jvm::with_keytool().next().unwrap();
    assert_eq!(keytool_aliases(jvm, &store).iter().filter(|alias| alias.starts_with("import-ca")).count(), 8);
}

/// A self-signed CA certificate in a file.
fn authority(home: &Scratch, number: usize) -> String {
    let (key, certificate) = (home.at(&format!("k{number}.pem")), home.at(&format!("c{number}.pem")));
    let subject = format!("/CN=Import CA {number}");
    let make =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", &subject];
    openssl(&[&make[..], &["-keyout", &key, "-out", &certificate]].concat()).success();
    certificate
}

#[test]
fn a_store_that_cannot_be_read_is_left_alone_and_said_so() {
    let home = Scratch::new();
    let certificate = authority(&home, 1);
    let jvm = Jvm::with_keytool().next().unwrap();
    let other = home.at("other.p12");
    let make = [
        "-importcert",
        "-noprompt",
        "-alias",
        "a",
        "-file",
        &certificate,
        "-keystore",
        &other,
        "-storepass",
        "different",
    ];
    jvm.keytool(&make).success();
    let cacerts = std::fs::read(real_cacerts()).unwrap();
    let password = home.write("wrong", "not-it\n");
    let password = ["--store-password-file", password.to_str().unwrap()];
    let stores: [(&str, Vec<u8>, &[&str], &str); 6] = [
        ("other.p12", home.read("other.p12"), &[], "password"),
        ("cacerts", cacerts.clone(), &password, "password"),
        ("truncated", cacerts[..cacerts.len() / 2].to_vec(), &[], "cut off"),
        ("empty", Vec::new(), &[], "empty"),
        ("text", b"not a store at all".to_vec(), &[], "not a certificate store"),
        ("cut.p12", home.read("other.p12")[..300].to_vec(), &[], "cut off"),
    ];
    for (name, octets, flags, told) in stores {
        let store = home.write(name, &octets).display().to_string();
        for arguments in [&["import", &certificate, "--store", &store][..], &["list", &store]] {
            let outcome = trustmend(&home, &[arguments, flags].concat());
            assert_eq!(outcome.code, 4, "{name}: {}", outcome.stderr);
            let first = outcome.stderr.lines().next().unwrap();
            assert!(first.contains(&store) && first.contains(told), "{name}: {first}");
            assert!(outcome.stderr.contains("hint:"), "{name}: {}", outcome.stderr);
            assert_eq!(home.read(name), octets, "{name} was touched");
        }
    }
}

#[test]
fn a_tomcat_starts_with_every_keystore_and_key_kind() {
    let home = Scratch::new();
    let jvm = Jvm::with_keytool().next().unwrap();
    for (format, kind, key) in
        [("jks", "JKS", "p256"), ("pkcs12", "PKCS12", "rsa2048"), ("pkcs12", "PKCS12", "p384")]
    {
        let keystore = keystore(&home, format, &["--key", key]);
        let tomcat = Tomcat::with_keystore(jvm, &keystore, kind, "changeit", "tomcat");
        let address = format!("127.0.0.1:{}", tomcat.port);
        let client =
            ["s_client", "-connect", &address, "-servername", HOST, "-verify_return_error", "-CAfile"];
        openssl(&[&client[..], &[&home.at("leaf/ca.pem")]].concat()).success();
        assert!(Path::new(&keystore).exists());
    }
}

#[test]
fn the_demonstration_needs_no_network() {
    let home = Scratch::new();
    let demo = format!("ip link set lo up && exec {} demo", env!("CARGO_BIN_EXE_trustmend"));
    let mut alone = std::process::Command::new("unshare");
    // A namespace of its own, where the only interface there is leads back here; as root or as a user who maps to it.
    alone.args(["--map-root-user", "--net", "sh", "-c", &demo]).env("TMPDIR", home.path());
    let outcome = crate::support::program::run(alone, b"", "util-linux and iproute2").success();
    assert!(
        outcome.stdout.contains("UNTRUSTED") && outcome.stdout.contains("TRUSTED\n"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("SCIM 2.0; 1 user; OK"), "{}", outcome.stdout);
    assert_eq!(home.names(), Vec::<String>::new(), "the scratch folder is gone");
}
