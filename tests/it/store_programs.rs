//! Stores written here, read by keytool and OpenSSL; stores written by keytool after that, read here.

use std::path::{Path, PathBuf};
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

/// A file and its password.
type Given = (PathBuf, String);

/// Every fixture that the program reads has one certificate more for it after one was added here. `count` tells how many
/// certificates it reads in each file, if it reads it. How many fixtures it read.
fn reads_one_more(name: &str, count: &dyn Fn(&[Given]) -> Vec<Option<usize>>) -> usize {
    let scratch = tempfile::tempdir().unwrap();
    let third = certificate("third");
    let (mut names, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for (number, case) in fixtures().iter().filter(|case| case.name.starts_with("pkcs12/")).enumerate() {
        let Some(password) = case.password.as_ref().filter(|_| ours(case).is_some()) else { continue };
        let [old, new] = ["old", "new"].map(|kind| scratch.path().join(format!("{number}-{kind}.p12")));
        std::fs::write(&old, &case.bytes).unwrap();
        let added = store::edit(&case.bytes, &[add("added", &third)], Some(password)).unwrap();
        std::fs::write(&new, added).unwrap();
        names.push(case.name.clone());
        before.push((old, password.text().to_owned()));
        after.push((new, password.text().to_owned()));
    }
    let (before, after) = (count(&before), count(&after));
    let read: Vec<_> = (0..names.len()).filter(|index| before[*index].is_some()).collect();
    for index in &read {
        let one_more = before[*index].map(|count| count + 1);
        assert_eq!(after[*index], one_more, "{name}: {}", names[*index]);
    }
    read.len()
}

#[test]
fn openssl_reads_one_certificate_more() {
    let count = |files: &[Given]| {
        files.iter().map(|(path, password)| certificates_openssl_reads(path, password)).collect()
    };
    let read = reads_one_more("openssl", &count);
    assert!(read > 25, "OpenSSL read {read} fixtures only");
}

/// The library behind many scripts, strict where OpenSSL's command is not: it wants every key's certificate.
#[test]
fn python_reads_one_certificate_more() {
    let read = reads_one_more("python", &certificates_python_reads);
    assert!(read > 30, "Python's cryptography read {read} fixtures only");

    // It checks a PBMAC1 too, which no JDK does yet.
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("store.p12");
    let bytes = std::fs::read(testdata("pkcs12/pbmac1.p12")).unwrap();
    let edited = store::edit(&bytes, &[add("added", &certificate("third"))], Some(&password("changeit")));
    std::fs::write(&path, edited.unwrap()).unwrap();
    let files = ["changeit", "another"].map(|password| (path.clone(), password.to_owned()));
    assert_eq!(certificates_python_reads(&files), [Some(2), None]);
}

fn certificates_python_reads(files: &[Given]) -> Vec<Option<usize>> {
    const READER: &str = "import sys
from cryptography.hazmat.primitives.serialization import pkcs12
for line in sys.stdin.read().splitlines():
    path, password = line.split('\t')
    try:
        store = pkcs12.load_pkcs12(open(path, 'rb').read(), password.encode() or None)
        print((store.cert is not None) + len(store.additional_certs))
    except ValueError:
        print('-')";
    let mut python =
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.cache/stores/bin/python"));
    python.args(["-X", "utf8", "-c", READER]);
    let input: String =
        files.iter().map(|(path, password)| format!("{}\t{password}\n", path.display())).collect();
    let outcome = program::run(python, input.as_bytes(), "tests/setup.d/stores.sh").success();
    let counts: Vec<_> = outcome.stdout.lines().map(|line| line.parse().ok()).collect();
    assert_eq!(counts.len(), files.len());
    counts
}

/// What Firefox and Chromium import with.
#[test]
fn nss_reads_one_certificate_more() {
    let database = tempfile::tempdir().unwrap();
    let database = format!("sql:{}", database.path().display());
    let mut make = Command::new("certutil");
    make.args(["-N", "--empty-password", "-d", &database]);
    program::run(make, b"", "libnss3-tools").success();
    let count = |(path, password): &Given| {
        let mut list = Command::new("pk12util");
        list.arg("-l").arg(path).args(["-W", password, "-d", &database]);
        let outcome = program::run(list, b"", "libnss3-tools");
        let is_certificate = |line: &&str| line.starts_with("Certificate");
        (outcome.code == 0).then(|| outcome.stdout.lines().filter(is_certificate).count())
    };
    let read = reads_one_more("nss", &|files| files.iter().map(count).collect());
    assert!(read > 25, "NSS read {read} fixtures only");
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
