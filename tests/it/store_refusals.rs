//! What a store's owner would regret is refused or said, and what is then offered works.

use crate::store_support::testdata;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

fn copy(home: &Scratch, fixture: &str, name: &str) -> Vec<u8> {
    std::fs::copy(testdata(fixture), home.path().join(name)).unwrap();
    home.read(name)
}

#[test]
fn a_file_that_is_no_backup_takes_a_stores_place_only_where_nothing_is_lost() {
    let home = Scratch::new();
    let old = copy(&home, "pkcs12/other-key-password.p12", "s.p12");
    copy(&home, "pkcs12/keytool17.p12", "fewer.p12");
    copy(&home, "jks/keytool17.jks", "other.jks");
    std::fs::copy(testdata("certificates/root.pem"), home.path().join("root.pem")).unwrap();
    openssl(&["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", &home.at("key.pem")]).success();
    for (file, why) in [
        ("key.pem", "holds no certificate"),
        ("root.pem", "is a pem store, and this one is pkcs12"),
        ("other.jks", "is a jks store, and this one is pkcs12"),
        ("fewer.p12", "lacks 1 of the keys that are in this store"),
    ] {
        let refused = trustmend(&home, &["restore", "s.p12", "--from", file]);
        assert_eq!(refused.code, 5, "{file}: {}", refused.text());
        let words = format!("{file}: it is no backup of this store and {why}");
        assert!(refused.stderr.contains(&words), "{}", refused.stderr);
        assert_eq!(home.read("s.p12"), old);
    }
    trustmend(&home, &["restore", "s.p12", "--from", "fewer.p12", "--allow-loss"]).success();
    assert_eq!(home.read("s.p12"), home.read("fewer.p12"));
    trustmend(&home, &["restore", "s.p12"]).success();
    assert_eq!(home.read("s.p12"), old, "its own backup needs no flag");
}

#[test]
fn keys_under_two_passwords_are_taken_over_at_once() {
    let home = Scratch::new();
    let jvm = Jvm::with_keytool().next().unwrap();
    for (alias, password) in [("own", "another"), ("same", "changeit")] {
        let key = ["-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", "CN=x", "-keypass", password];
        let store = ["-keystore", &home.at("two.jks"), "-storetype", "JKS", "-storepass", "changeit"];
        jvm.keytool(&[&key[..], &store].concat()).success();
    }
    let convert = ["convert", "two.jks", "two.p12", "--keys", "--key-password-env", "KEY"];
    trustmend_with(&home, &convert, &[("KEY", "another")], b"").success();
    for alias in ["own", "same"] {
        let request =
            ["-certreq", "-alias", alias, "-keystore", &home.at("two.p12"), "-storepass", "changeit"];
        jvm.keytool(&request).success();
    }
}

#[test]
fn a_password_that_older_javas_do_not_take_is_said_when_a_store_is_made() {
    let home = Scratch::new();
    let root = testdata("certificates/root.pem");
    let root = root.to_str().unwrap();
    for (store, is_said) in [("new.p12", true), ("new.jks", true), ("new.pem", false)] {
        let import = ["import", root, "--store", store, "--store-password-env", "NEW"];
        let said = trustmend_with(&home, &import, &[("NEW", "pässwörd")], b"").success();
        assert_eq!(said.stderr.contains("not plain ASCII"), is_said, "{store}: {}", said.stderr);
        let again = trustmend_with(&home, &import, &[("NEW", "pässwörd")], b"").success();
        assert!(!again.stderr.contains("not plain ASCII"), "{store} is there: {}", again.stderr);
    }
    let convert = ["convert", "new.pem", "other.p12", "--new-password-env", "NEW"];
    let said = trustmend_with(&home, &convert, &[("NEW", "pässwörd")], b"").success();
    assert!(said.stderr.contains("not plain ASCII"), "{}", said.stderr);
}

#[test]
fn a_bundle_is_not_emptied_and_one_without_certificates_is_no_trust_store() {
    let home = Scratch::new();
    std::fs::copy(testdata("certificates/root.pem"), home.path().join("one.pem")).unwrap();
    let old = home.read("one.pem");
    let listed = trustmend(&home, &["list", "one.pem", "--json"]).success().json();
    let alias = listed["entries"][0]["alias"].as_str().unwrap();
    let refused = trustmend(&home, &["remove", "one.pem", alias]);
    assert_eq!(refused.code, 4, "{}", refused.text());
    assert!(refused.stderr.contains("delete the file"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("cut short"), "{}", refused.stderr);
    assert_eq!(home.read("one.pem"), old);
    openssl(&["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", &home.at("key.pem")]).success();
    let audited = trustmend(&home, &["audit", "key.pem"]);
    assert_eq!(audited.code, 1, "{}", audited.text());
    assert!(audited.stdout.contains("store-empty-for-java"), "{}", audited.stdout);
}

/// The command that a finding gives is refused by nothing that was known when it was given.
#[test]
fn the_remedy_for_a_weak_certificate_says_that_it_is_weak() {
    let home = Scratch::new();
    let made = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=localhost", "-keyout"];
    let names = ["-addext", "subjectAltName=DNS:localhost"];
    let files = [&home.at("key.pem"), "-out", &home.at("cert.pem")];
    openssl(&[&made[..], &files, &names].concat()).success();
    let serve =
        ["-cert", &home.at("cert.pem"), "-key", &home.at("key.pem"), "-cipher", "DEFAULT:@SECLEVEL=0"];
    let server = Server::start(&serve);
    let url = format!("https://localhost:{}", server.port);
    let root = testdata("certificates/root.pem");
    trustmend(&home, &["import", root.to_str().unwrap(), "--store", "s.jks"]).success();
    let judged = trustmend(&home, &["diagnose", &url, "--store", "s.jks", "--json"]).json();
    let findings = judged["targets"][0]["findings"].as_array().unwrap().clone();
    let remedies = findings.iter().flat_map(|finding| finding["remedies"].as_array().unwrap().clone());
    let commands = remedies.filter_map(|remedy| remedy["command"].as_array().cloned());
    let mut imports = commands.filter(|command| command[1] == "import");
    let import = imports.next().unwrap_or_else(|| panic!("{judged}"));
    let words: Vec<&str> = import.iter().skip(1).map(|word| word.as_str().unwrap()).collect();
    assert!(words.ends_with(&["--allow", "weak", "--reason", "WHY"]), "{words:?}");
    trustmend(&home, &words).success();
    let listed = trustmend(&home, &["list", "s.jks", "--json"]).success().json();
    assert_eq!(listed["entries"].as_array().unwrap().len(), 2, "{listed}");
}
