//! Stores written here, read by keytool and OpenSSL; stores written by keytool after that, read here.

use std::path::Path;
use std::process::Command;

use trustmend::store::{self, Edit};

use crate::store_support::{add, certificate, fixtures, leaf_key, now, ours, password, testdata};
use crate::support::jvm::Jvm;
use crate::support::program;

fn certificates_openssl_reads(path: &Path, password: &str) -> Option<usize> {
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs12", "-legacy", "-nokeys", "-passin", &format!("pass:{password}"), "-in"]).arg(path);
    let outcome = program::run(openssl, b"", "openssl");
    (outcome.code == 0).then(|| outcome.stdout.matches("BEGIN CERTIFICATE").count())
}

#[test]
fn openssl_reads_one_certificate_more() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("store.p12");
    let third = certificate("third");
    let mut read = 0;
    for case in fixtures().into_iter().filter(|case| case.name.starts_with("pkcs12/")) {
        let Some(password) = case.password.as_ref().filter(|_| ours(&case).is_some()) else { continue };
        std::fs::write(&path, &case.bytes).unwrap();
        let Some(before) = certificates_openssl_reads(&path, password.text()) else { continue };
        let added = store::edit(&case.bytes, &[add("added", &third)], Some(password)).unwrap();
        std::fs::write(&path, added).unwrap();
        let after = certificates_openssl_reads(&path, password.text());
        assert_eq!(after, Some(before + 1), "{}", case.name);
        read += 1;
    }
    assert!(read > 25, "OpenSSL read {read} fixtures only");
}

/// Another implementation in Rust, which takes what it reads strictly.
#[test]
fn p12_keystore_reads_a_key_its_chain_and_a_trusted_certificate() {
    use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
    let changeit = password("changeit");
    let (key, chain) = leaf_key();
    let add_key =
        Edit::AddKey { alias: "server".into(), key: key.clone(), chain: chain.clone(), created: now() };
    for name in ["pkcs12/empty.p12", "pkcs12/java8.p12"] {
        let bytes = std::fs::read(testdata(name)).unwrap();
        let edits = [add_key.clone(), add("third", &certificate("third"))];
        let bytes = store::edit(&bytes, &edits, Some(&changeit)).unwrap();
        let read = KeyStore::from_pkcs12(&bytes, "changeit", Pkcs12ImportPolicy::Strict).unwrap();
        let (alias, found) = read.private_key_chain().unwrap();
        assert_eq!((alias, found.key().as_der()), ("server", key.der()), "{name}");
        assert!(found.certs().iter().map(|c| c.as_der()).eq(chain.iter().map(|c| c.der())), "{name}");
        assert!(matches!(read.entry("third"), Some(KeyStoreEntry::Certificate(_))), "{name}");
    }
}

/// keytool of each JDK lists the new entry beside the old ones, and goes on from there.
#[test]
fn keytool_lists_and_extends_what_was_written_here() {
    let scratch = tempfile::tempdir().unwrap();
    let changeit = password("changeit");
    let third = certificate("third");
    let mut stores = vec![];
    for name in [
        "jks/keytool17.jks",
        "jceks/keytool17.jceks",
        "pkcs12/keytool17.p12",
        "pkcs12/java8.p12",
        "pkcs12/passwordless.p12",
        "pkcs12/empty.p12",
    ] {
        stores.push((name.to_owned(), std::fs::read(testdata(name)).unwrap()));
    }
    for (format, password) in [("jks", Some(&changeit)), ("pkcs12", Some(&changeit)), ("pkcs12", None)] {
        let new = store::empty(store::format(format).unwrap(), password).unwrap();
        stores.push((format!("new {format}"), new));
    }
    for (number, (name, bytes)) in stores.iter().enumerate() {
        let edited = store::edit(bytes, &[add("added here", &third)], Some(&changeit)).unwrap();
        let kind = if name.contains("jceks") { "JCEKS" } else { "PKCS12" };
        let entries = store::decode(&edited, Some(&changeit)).unwrap().entries.len();
        for jvm in Jvm::with_keytool() {
            let path = scratch.path().join(number.to_string());
            std::fs::write(&path, &edited).unwrap();
            let common = ["-keystore", path.to_str().unwrap(), "-storepass", "changeit", "-storetype", kind];
            let text = jvm.keytool(&[&["-list"], &common[..]].concat()).success().text();
            assert!(text.contains("added here, "), "{name}: {text}");
            let word = if entries == 1 { "entry" } else { "entries" };
            assert!(text.contains(&format!("contains {entries} {word}")), "{name}: {text}");
            let file = testdata("certificates/intermediate.pem");
            let import = ["-importcert", "-noprompt", "-alias", "later", "-file", file.to_str().unwrap()];
            jvm.keytool(&[&import[..], &common[..]].concat()).success();
            let after = store::decode(&std::fs::read(&path).unwrap(), Some(&changeit)).unwrap();
            assert_eq!(after.entries.len(), entries + 1, "{name}");
        }
    }
}
