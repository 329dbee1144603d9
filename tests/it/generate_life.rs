//! The life of an authority and of its leaves: made, renewed, trusted, taken back, removed.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use trustmend::digest::Fingerprint;

use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program::{self, Outcome};
use crate::support::run::{command, trustmend};
use crate::support::scratch::Scratch;

/// Fingerprints of the trust anchors in a store, as keytool lists them.
fn anchors(home: &Scratch, store: &str) -> usize {
    let jvm = Jvm::with_keytool().next().unwrap();
    let listed = jvm.keytool(&["-list", "-keystore", &home.at(store), "-storepass", "changeit"]);
    listed.text().matches("trustedCertEntry").count()
}

#[test]
fn if_needed_does_only_what_is_needed() {
    let home = Scratch::new();
    let ensure = ["generate", "a.test", "--if-needed", "--out", "a", "--keystore", "a.p12", "--json"];
    let run = |more: &[&str]| trustmend(&home, &[&ensure[..], more].concat()).success().json();
    assert_eq!(run(&[])["status"], "created");
    let (made, store) = (home.read("a/cert.pem"), home.read("a.p12"));
    let again = run(&[]);
    assert_eq!((&again["status"], &again["files"]["key"]), (&"unchanged".into(), &"a/key.pem".into()));
    assert!(home.read("a/cert.pem") == made && home.read("a.p12") == store);
    let renewed = run(&["--renew-before", "400"]);
    assert_eq!(renewed["status"], "renewed", "{renewed}");
    assert_ne!(home.read("a/cert.pem"), made);
    let replaced = run(&["--key", "p384"]);
    assert_eq!(
        (&replaced["status"], &replaced["reason"]),
        (&"replaced".into(), &"its key is of another kind".into())
    );
    std::fs::remove_file(home.path().join("a.p12")).unwrap();
    assert_eq!(run(&["--key", "p384"])["reason"], "the keystore does not hold it");

    let renew = trustmend(&home, &["generate", "--renew", "a", "--json"]).success().json();
    assert_eq!(renew["status"], "renewed");
    let certificate = &renew["certificate"];
    assert_eq!((&certificate["san"][0], &certificate["key"]["bits"]), (&"dns:a.test".into(), &384.into()));

    let (key, cert) = (home.at("b/key.pem"), home.at("b/cert.pem"));
    std::fs::create_dir(home.path().join("b")).unwrap();
    let foreign = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=b.test", "-keyout", &key];
    openssl(&[&foreign[..], &["-out", &cert]].concat()).success();
    let refused = trustmend(&home, &["generate", "b.test", "--if-needed", "--out", "b"]);
    assert!(refused.code == 5 && refused.stderr.contains("was not made here"), "{}", refused.stderr);
}

#[test]
fn what_was_trusted_is_listed_rotated_and_taken_back() {
    let home = Scratch::new();
    let trust = ["--trust", "one.jks", "--trust", "two.p12", "--trust", "nss:nssdb", "--trust", "gone/x.jks"];
    let made = trustmend(&home, &[&["generate", "a.test", "--json"][..], &trust].concat());
    assert_ne!(made.code, 0, "a store that failed is told of");
    let trusted = &made.json()["trusted"];
    let ok = |index: usize| trusted[index]["ok"].as_bool().unwrap();
    assert_eq!(((0..3).all(ok), ok(3)), (true, false), "{trusted}");
    assert_eq!((anchors(&home, "one.jks"), anchors(&home, "two.p12")), (1, 1));
    let database = |home: &Scratch| {
        let mut certutil = Command::new("certutil");
        certutil.args(["-L", "-d", &format!("sql:{}", home.at("nssdb"))]);
        program::run(certutil, b"", "libnss3-tools").success().stdout.matches("C,,").count()
    };
    assert_eq!(database(&home), 1);

    let list = trustmend(&home, &["generate", "--list", "--json"]).success().json();
    let one = &list["authorities"][0];
    let places = one["trusted_by"].as_array().unwrap();
    assert!(places.len() == 3 && one["not_after"].is_string(), "{list}");
    let rotated = trustmend(&home, &["generate", "--rotate", "--json"]).success().json();
    assert_eq!(rotated["status"], "rotated");
    let new = trustmend(&home, &["generate", "--list", "--json"]).success().json();
    assert_ne!(new["authorities"][0]["sha256"], one["sha256"]);
    assert_eq!((anchors(&home, "one.jks"), database(&home)), (1, 1));
    let stale = verdict(&home, "a.test/ca.pem", "a.test");
    assert!(stale.success().stdout.ends_with(": OK\n"));
    assert_ne!(verdict(&home, ".local/share/trustmend/ca/ca.pem", "a.test").code, 0);

    trustmend(&home, &["generate", "--untrust"]).success();
    assert_eq!((anchors(&home, "one.jks"), anchors(&home, "two.p12"), database(&home)), (0, 0, 0));
    trustmend(&home, &["generate", "--remove-ca"]).success();
    let none = trustmend(&home, &["generate", "--list"]).success();
    assert!(none.stdout.starts_with("no authority"), "{}", none.stdout);
    assert_eq!(trustmend(&home, &["generate", "--remove-ca"]).code, 4);
}

/// What openssl says of FOLDER/fullchain.pem against a root.
fn verdict(home: &Scratch, root: &str, folder: &str) -> Outcome {
    let chain = home.at(&format!("{folder}/fullchain.pem"));
    openssl(&["verify", "-x509_strict", "-CAfile", &home.at(root), "-untrusted", &chain, &chain])
}

#[test]
fn several_authorities_and_one_that_leaves_no_key() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "a.test", "--ca", "first", "--no-common-name"]).success();
    trustmend(&home, &["generate", "b.test", "--ca", "second"]).success();
    let data = home.path().join(".local/share/trustmend/authorities");
    for name in ["first", "second"] {
        let mode = |path: &str| std::fs::metadata(data.join(name).join(path)).unwrap().permissions().mode();
        assert_eq!((mode(".") & 0o777, mode("authority.pem") & 0o777), (0o700, 0o600));
    }
    let listed = trustmend(&home, &["generate", "--list", "--json"]).success().json();
    let names: Vec<_> = listed["authorities"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["first", "second"]);
    assert!(verdict(&home, "a.test/ca.pem", "a.test").stdout.ends_with(": OK\n"));
    assert_ne!(verdict(&home, "b.test/ca.pem", "a.test").code, 0);
    assert_eq!(trustmend(&home, &["generate", "a.test", "--ca", "../x"]).code, 2);

    let fresh = Scratch::new();
    trustmend(&fresh, &["generate", "c.test", "--ephemeral-ca"]).success();
    assert!(verdict(&fresh, "c.test/ca.pem", "c.test").stdout.ends_with(": OK\n"));
    assert_eq!(fresh.names(), ["c.test"]);
    let mut certtool = Command::new("certtool");
    let chain = [fresh.read("c.test/fullchain.pem"), fresh.read("c.test/ca.pem")].concat();
    certtool.args(["--verify-chain"]);
    let said = program::run(certtool, &chain, "gnutls-bin").success();
    assert!(said.stdout.contains("Chain verification output: Verified."), "{}", said.stdout);
}

/// update-ca-certificates itself, over copies of the folders that it writes, which only a mount namespace shows.
#[test]
fn the_platform_trusts_and_forgets() {
    let home = Scratch::new();
    let script = "set -eu
        mkdir certs local
        cp -a /etc/ssl/certs/. certs/
        mount --bind certs /etc/ssl/certs
        mount --bind local /usr/local/share/ca-certificates
        mount -t tmpfs none /etc/ca-certificates/update.d
        \"$0\" generate scim.corp.test --trust os: --json >made.json
        openssl verify -CApath /etc/ssl/certs -untrusted scim.corp.test/fullchain.pem scim.corp.test/fullchain.pem
        \"$0\" generate --untrust --json >untrusted.json
        ! openssl verify -CApath /etc/ssl/certs -untrusted scim.corp.test/fullchain.pem scim.corp.test/fullchain.pem 2>/dev/null
        ls local | wc -l";
    let before = std::fs::read_dir("/etc/ssl/certs").unwrap().count();
    let inner = command(&home, &[]);
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(inner.get_program());
    unshare.current_dir(home.path()).env("HOME", home.path()).env_remove("SSL_CERT_FILE");
    let said = program::run(unshare, b"", "util-linux, and run as root").success();
    assert!(said.stdout.contains("scim.corp.test/fullchain.pem: OK"), "{}", said.text());
    assert_eq!(said.stdout.lines().last().map(str::trim), Some("0"), "{}", said.text());
    let json = |name: &str| serde_json::from_slice::<serde_json::Value>(&home.read(name)).unwrap();
    assert_eq!(json("made.json")["trusted"][0]["message"], "add");
    assert_eq!(json("untrusted.json")["stores"][0]["message"], "removed");
    assert_eq!(std::fs::read_dir("/etc/ssl/certs").unwrap().count(), before, "the machine's own");
}

#[test]
fn a_keystore_that_is_made_is_recorded() {
    let home = Scratch::new();
    let generate = |more: &[&str]| {
        let words = ["generate", "localhost", "--ca-dir", "ca", "--out", "out", "--audit-log", "audit.jsonl"];
        trustmend(&home, &[&words[..], more].concat()).success();
        let hash = Fingerprint::of(&home.read("server.p12")).hex();
        let text = String::from_utf8(home.read("audit.jsonl")).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert!(!text.contains("PRIVATE") && !text.contains("password"), "{text}");
        assert_eq!(
            (&last["command"], &last["sha256_after"]),
            (&"generate".into(), &hash.clone().into()),
            "{last}"
        );
        let change = &last["changes"][0];
        (last["sha256_before"].clone(), change["action"].clone(), change["alias"].clone(), hash)
    };
    let (before, action, alias, first) = generate(&["--keystore", "server.p12", "--alias", "scim"]);
    assert_eq!((before, action, alias), (serde_json::Value::Null, "add".into(), "scim".into()));
    let (before, action, _, second) = generate(&["--keystore", "server.p12", "--alias", "scim", "--force"]);
    assert_eq!((before, action), (first.into(), "replace".into()));
    let (before, action, alias, _) =
        generate(&["--into-keystore", "server.p12", "--alias", "more", "--force"]);
    assert_eq!((before, action, alias), (second.into(), "add".into(), "more".into()));
    let log = ["audit", "--log", "audit.jsonl", "--json"];
    assert_eq!(trustmend(&home, &log).success().json()["records"], 3);

    // Both keys have the authority's certificate: without the one, the other's chain is whole.
    let password = ["--store-password-file", "server.p12.password"];
    trustmend(&home, &[&["remove", "server.p12", "scim", "--keys"][..], &password].concat()).success();
    let list = [&["list", "server.p12", "--json"][..], &password].concat();
    let listed = trustmend(&home, &list).success().json();
    let entries = listed["entries"].as_array().unwrap();
    assert_eq!((entries.len(), &entries[0]["alias"]), (1, &"more".into()), "{listed}");
    assert_eq!(entries[0]["certificates"].as_array().unwrap().len(), 2, "{listed}");
}

/// What a person does next, and only that.
#[test]
fn what_to_do_next_is_said() {
    let home = Scratch::new();
    let alone = trustmend(&home, &["generate", "a.test"]).success();
    assert!(alone.stdout.ends_with("trustmend import a.test/ca.pem --store STORE\n"), "{}", alone.stdout);
    let trusting = trustmend(&home, &["generate", "b.test", "--trust", "t.p12"]).success();
    assert!(!trusting.stdout.contains("Clients have to trust"), "{}", trusting.stdout);
    let again = trustmend(&home, &["generate", "a.test"]);
    assert!(again.code == 5 && again.stderr.contains("--if-needed keeps it"), "{}", again.stderr);
    let keystore = ["generate", "c.test", "--keystore", "t.p12"];
    let taken = trustmend(&home, &keystore);
    assert!(taken.code == 5 && taken.stderr.contains("--into-keystore instead"), "{}", taken.stderr);
    // Certificates count in seconds: which of two is newer shows in the next one.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let rotated = trustmend(&home, &["generate", "--rotate"]).success();
    assert!(rotated.stderr.contains("--renew FOLDER"), "{}", rotated.stderr);
    // A store that trusts the new authority, and a server that still presents what the old one signed.
    trustmend(&home, &["generate", "d.test"]).success();
    trustmend(&home, &["import", "d.test/ca.pem", "--store", "new.jks"]).success();
    let old = ["diagnose", "a.test/fullchain.pem", "--host", "a.test", "--store", "new.jks"];
    let judged = trustmend(&home, &old);
    let words = "signed with an older key of that CA";
    assert!(judged.code == 1 && judged.stdout.contains(words), "{}", judged.stdout);
    let renewed = trustmend(&home, &["generate", "--renew", "a.test"]).success();
    assert!(renewed.stderr.contains("a keystore with the old certificate keeps it"), "{}", renewed.stderr);
    assert_eq!(trustmend(&home, &old).code, 0);
    trustmend(&home, &["generate", "--untrust"]).success();
    let nothing = trustmend(&home, &["generate", "--untrust"]).success();
    assert!(nothing.stderr.contains("--trust put it nowhere"), "{}", nothing.stderr);
}
