//! What is told of files that are no stores, damaged ones, and files that only hold certificates.

use trustmend::der::{self, Oid};
use trustmend::digest::Fingerprint;
use trustmend::store::{self, Edit, EntryKind, StoreError};

use crate::store_support::{add, certificate, fixtures, password, testdata};

fn read(name: &str) -> Vec<u8> {
    std::fs::read(testdata(name)).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    store::decode(bytes, Some(&password("changeit"))).expect_err("refused").to_string()
}

#[test]
fn every_reason_to_refuse_a_file_has_its_own_words() {
    for (bytes, words) in [
        (Vec::new(), "the file is empty"),
        (b"hello\n".to_vec(), "not a certificate store: neither JKS, JCEKS, PKCS12 nor PEM"),
        (
            read("jks/empty.jks")[..20].to_vec(),
            "the jks store is cut off: it ends inside the digest at offset 12",
        ),
        (
            read("jks/keytool17.jks")[..100].to_vec(),
            "the jks store is cut off: it ends inside a certificate at offset 46",
        ),
        (
            read("pkcs12/trust.p12")[..100].to_vec(),
            "the pkcs12 store is cut off: it ends inside the PFX at offset 100",
        ),
        (
            read("jks/non-ascii-password.jks"),
            "the password is wrong, or the file was changed by something that did not know it",
        ),
        (read("pkcs12/mac-null-password.p12"), "the password is wrong"),
        (
            read("pkcs12/iterations-5000001.p12"),
            "5000001 iterations for the integrity check are more than the 5000000 accepted",
        ),
        (
            b"\0\0\0\x02\0\0\0\x14salt".to_vec(),
            "a Bouncy Castle store (BKS or UBER) is not supported; convert it with keytool -importkeystore \
             -deststoretype PKCS12 and the Bouncy Castle provider",
        ),
        (
            read("certificates/root.der"),
            "a bare certificate or PKCS7 file as a store is not supported; name it as the source, and a JKS, PKCS12 or \
             PEM file as the store",
        ),
    ] {
        assert_eq!(refusal(&bytes), words);
    }
}

#[test]
fn edits_that_cannot_be_made_are_refused_by_name() {
    let jks = read("jks/keytool17.jks");
    let changeit = password("changeit");
    let third = certificate("third");
    let edit = |edit: Edit| store::edit(&jks, &[edit], Some(&changeit)).expect_err("refused").to_string();
    assert_eq!(edit(add("Corp-Root", &third)), "alias \"corp-root\" already exists");
    assert!(edit(add(&"x".repeat(70_000), &third)).ends_with("it is longer than 65,535 octets"));
    let alias = || "nobody".into();
    assert_eq!(edit(Edit::Remove { alias: alias(), certificate: None }), "no entry has the alias \"nobody\"");
    let server = Edit::ReplaceTrusted {
        alias: "server".into(),
        certificate: third.clone(),
        created: crate::store_support::now(),
    };
    assert_eq!(edit(server), "the entry \"server\" is not a trusted certificate");
    let without = store::edit(&jks, &[add("third", &third)], None).expect_err("refused").to_string();
    assert_eq!(without, "writing a JKS or JCEKS store needs the store's password");
    let encrypted =
        store::edit(&read("pkcs12/trust.p12"), &[add("third", &third)], None).expect_err("refused");
    assert!(matches!(encrypted, StoreError::PasswordNeeded { .. }), "{encrypted}");
    let passwordless = store::edit(&read("pkcs12/passwordless.p12"), &[add("third", &third)], None).unwrap();
    assert_eq!(store::decode(&passwordless, None).unwrap().protection.name(), "none");
}

#[test]
fn of_entries_with_one_alias_the_fingerprint_names_one() {
    let bytes = read("pkcs12/duplicates.p12");
    let changeit = password("changeit");
    let remove = |alias: &str, certificate: Option<Fingerprint>| {
        let edit = Edit::Remove { alias: alias.into(), certificate };
        store::edit(&bytes, &[edit], Some(&changeit)).map(|bytes| {
            let store = store::decode(&bytes, Some(&changeit)).unwrap();
            store.entries.iter().map(|entry| entry.alias.to_string()).collect::<Vec<_>>()
        })
    };
    assert_eq!(remove("CORP", None).unwrap(), ["Corp", "corp"]);
    assert_eq!(
        remove("cORP", None).unwrap_err().to_string(),
        "3 entries have the alias \"cORP\"; name one by its fingerprint"
    );
    assert_eq!(remove("cORP", Some(certificate("root").sha256())).unwrap(), ["Corp", "CORP"]);
}

#[test]
fn entries_java_does_not_see_say_why() {
    for (name, alias, words) in [
        ("jks/mixed-case.jks", "CorpRoot", "alias is not in lower case"),
        ("jks/duplicates.jks", "corp", "a later one has the same alias"),
        ("pkcs12/duplicates.p12", "CORP", "a later one has the same alias"),
        ("pkcs12/openssl-nokeys.p12", "Store Test Root", "no trustedKeyUsage attribute"),
        ("pkcs12/ignored-bags.p12", "plain-key", "a private key that is not encrypted"),
        ("pkcs12/ignored-bags.p12", "unnamed-1-3", "a revocation list"),
        ("pkcs12/ignored-bags.p12", "unnamed-1-4", "bags of kind 1.2.840.113549.1.12.10.1.99"),
        ("pkcs12/ignored-bags.p12", "Other Root", "a safe inside a safe"),
        ("pkcs12/two-keys-one-id.p12", "unnamed-1-3", "it has no localKeyID"),
        ("pem/with-key.pem", "private-key", "readers of certificate bundles skip"),
    ] {
        let store = store::decode(&read(name), Some(&password("changeit"))).unwrap();
        let entry = store.entries.iter().find(|entry| entry.alias.as_str() == alias);
        let entry = entry.unwrap_or_else(|| panic!("{name}: {alias} is not among {:?}", store.entries));
        assert!(
            !entry.anchor_for_java && entry.notes.iter().any(|note| note.contains(words)),
            "{name}: {entry:?}"
        );
    }
}

/// Cut anywhere, a store is refused or read; nothing panics, and no edit of it either.
#[test]
fn every_prefix_of_a_store_is_answered() {
    let third = certificate("third");
    for case in fixtures() {
        // Where a password costs nothing to try.
        let cheap = case.password.clone().filter(|_| !case.name.starts_with("pkcs12/"));
        for end in 0..case.bytes.len() {
            let prefix = &case.bytes[..end];
            let whole = store::decode(prefix, cheap.as_ref()).is_ok();
            assert!(!whole || case.name.contains("trailing"), "{} cut at {end} is read", case.name);
            let _ = store::edit(prefix, &[add("third", &third)], cheap.as_ref());
        }
    }
}

#[test]
fn certificates_come_out_of_any_file() {
    let [root, other, leaf, intermediate] = ["root", "other", "leaf", "intermediate"].map(certificate);
    for (name, format, expected, key, problems) in [
        ("source/utf16.pem", "pem", vec![&root], false, 0),
        ("source/two.der", "der", vec![&root, &other], false, 0),
        ("source/garbage.der", "der", vec![&root], false, 1),
        ("source/mail.txt", "pem", vec![&root, &other], false, 0),
        ("source/config.json", "pem", vec![&root], false, 0),
        ("source/trusted.pem", "pem", vec![&root], false, 0),
        ("source/chain.p7b", "pkcs7", vec![&leaf, &intermediate, &root], false, 0),
        ("source/chain.p7b.pem", "pem", vec![&leaf, &intermediate, &root], false, 0),
        ("certificates/leaf.pk8", "der", vec![], true, 0),
        ("pem/with-key.pem", "pem", vec![&leaf], true, 0),
        ("pem/one-damaged.pem", "pem", vec![&root, &leaf], false, 1),
        ("pkcs12/openssl-extra.p12", "pkcs12", vec![&other, &leaf], true, 0),
        ("jks/version1.jks", "jks", vec![&root, &other], false, 0),
    ] {
        let found = store::source::certificates(&read(name), Some(&password("changeit"))).unwrap();
        assert_eq!(found.format, format, "{name}");
        let mut certificates: Vec<_> = found.certificates.iter().map(|found| &found.certificate).collect();
        // A PKCS7 file holds a set.
        if format == "pkcs7" || name.contains("p7b") {
            certificates.sort_by_key(|certificate| expected.iter().position(|other| other == certificate));
        }
        assert_eq!(certificates, expected, "{name}");
        assert_eq!(
            (found.private_key_present, found.problems.len()),
            (key, problems),
            "{name}: {:?}",
            found.problems
        );
    }
    let none = store::source::certificates(b"hello", None).unwrap_err();
    assert!(matches!(none, StoreError::NotAStore));
}

#[test]
fn the_roots_of_mozilla_and_of_the_system_are_read_only_stores() {
    for store in [store::place::mozilla(), store::place::os()] {
        assert!(store.anchors().count() > 100, "{:?}: {:?}", store.format, store.problems);
        assert!(store.entries.iter().all(|entry| entry.kind == EntryKind::TrustedCertificate));
        assert!(matches!(store.format.empty(None), Err(StoreError::ReadOnly { .. })));
    }
}

#[test]
fn a_java_runtime_reads_jssecacerts_before_cacerts() {
    let scratch = tempfile::tempdir().unwrap();
    let home = scratch.path();
    assert_eq!(store::place::of_java_home(home), None);
    for inner in ["lib/security", "jre/lib/security"] {
        let folder = home.join(inner);
        std::fs::create_dir_all(&folder).unwrap();
        let [cacerts, own] = ["cacerts", "jssecacerts"].map(|name| folder.join(name));
        std::fs::write(&cacerts, "").unwrap();
        let found = store::place::of_java_home(home).unwrap();
        assert_eq!((found.path, found.shadowed), (cacerts.clone(), None));
        std::fs::write(&own, "").unwrap();
        let found = store::place::of_java_home(home).unwrap();
        assert_eq!((found.path, found.shadowed), (own, Some(cacerts)));
    }
}

/// As many entries as a file of some megabytes can hold: quadratic work would take minutes.
#[test]
fn crowded_stores_are_read_in_seconds() {
    let started = std::time::Instant::now();
    // Version 1, and certificates of no octets: 18 octets an entry.
    let entry = [&2_u32.to_be_bytes()[..], &[0; 2], &[0; 8], &[0; 4]].concat();
    let header = [0xFEED_FEED, 1, 200_000_u32].map(u32::to_be_bytes).concat();
    let jks = [header, entry.repeat(200_000), vec![0; 20]].concat();
    let error = store::decode(&jks, None).unwrap_err().to_string();
    assert!(error.starts_with("a store of more than 20000 entries is not supported"), "{error}");
    let header = [0xFEED_FEED, 1, 20_000_u32].map(u32::to_be_bytes).concat();
    let jks = [header, entry.repeat(20_000), vec![0; 20]].concat();
    assert_eq!(store::decode(&jks, None).unwrap().entries.len(), 20_000);
    let pkcs12 = |count| {
        let bag = |kind: u64, value: &[u8]| {
            let oid = der::oid(&Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, kind]));
            let id = der::set(&[der::octet_string(b"another")]);
            let id = der::sequence(&[der::oid(&Oid::new(&[1, 2, 840, 113_549, 1, 9, 21])), id]);
            der::sequence(&[oid, der::explicit(0, value), der::set(&[id])])
        };
        let x509 = der::oid(&Oid::new(&[1, 2, 840, 113_549, 1, 9, 22, 1]));
        let root = der::explicit(0, &der::octet_string(certificate("root").der()));
        let bags = [bag(2, &der::null()).repeat(count), bag(3, &der::sequence(&[x509, root])).repeat(count)]
            .concat();
        let data = |octets: &[u8]| {
            let oid = der::oid(&Oid::new(&[1, 2, 840, 113_549, 1, 7, 1]));
            der::sequence(&[oid, der::explicit(0, &der::octet_string(octets))])
        };
        let safes = data(&der::sequence(&[data(&der::sequence(&[bags]))]));
        der::sequence(&[der::integer(3), safes])
    };
    let store = store::decode(&pkcs12(1_000), None).unwrap();
    // All keys have the one certificate, and the others are left over.
    assert_eq!(store.entries.len(), 1_000 + 999);
    let error = store::decode(&pkcs12(10_001), None).unwrap_err();
    assert!(error.to_string().starts_with("a store of more than 20000 entries is not supported"), "{error}");
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
