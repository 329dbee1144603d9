//! A store's password changed: the new one opens everything and the old one nothing, for every JDK and for OpenSSL.

use std::path::Path;
use std::process::Command;

use trustmend::store::{self, Edit};

use crate::store_support::{Case, JavaView, View, fixtures, java, password, testdata};
use crate::support::jvm::Jvm;
use crate::support::program;

/// Why the password of a fixture cannot be changed. The keys that craft.py makes up open with no password.
const REFUSED: [(&str, &str); 14] = [
    ("jceks/keytool17.jceks", "another password for the secret key \"secret\" is not supported; use keytool"),
    ("pkcs12/anchor-named-as-key.p12", LOCKED),
    ("pkcs12/chain-through-trusted.p12", LOCKED),
    (
        "pkcs12/ignored-bags.p12",
        "another password for \"Other Root\", of a kind that Java does not write, is not",
    ),
    ("pkcs12/key-by-id-and-name.p12", LOCKED),
    ("pkcs12/key-by-id-twice.p12", LOCKED),
    ("pkcs12/key-by-name.p12", LOCKED),
    ("pkcs12/key-named-as-anchor.p12", "the key \"corp-root\" does not open"),
    ("pkcs12/key-without-id-last.p12", LOCKED),
    ("pkcs12/key-without-id.p12", LOCKED),
    ("pkcs12/other-key-password.p12", LOCKED),
    ("pkcs12/passwordless.p12", "a password for a store that has none is not supported; convert it"),
    ("pkcs12/two-keys-one-id.p12", "the key \"lost\" does not open"),
    ("pkcs12/unnamed.p12", "a password for a store that has none is not supported; convert it"),
];

const LOCKED: &str = "the key \"server\" does not open with the store's password: it has one of its own";

const NEW: &str = "something longer";

/// What can be opened, before and after the change.
fn changed() -> Vec<(Case, Case)> {
    let mut cases = fixtures();
    let jceks = cases.iter().find(|case| case.name == "jceks/keytool17.jceks").unwrap().clone();
    let remove = Edit::Remove { alias: "secret".into(), certificate: None };
    let bytes = store::edit(&jceks.bytes, &[remove], jceks.password.as_ref()).unwrap();
    cases.push(Case { name: "jceks without its secret key".to_owned(), bytes, ..jceks });
    let (new, mut changed, mut refused) = (password(NEW), Vec::new(), 0);
    for case in cases {
        let Some(old) = case.password.as_ref().filter(|old| store::decode(&case.bytes, Some(old)).is_ok())
        else {
            continue;
        };
        let reason = REFUSED.iter().find(|(name, _)| *name == case.name);
        match (store::change_password(&case.bytes, old, &new), reason) {
            (Ok(bytes), None) => {
                let after = Case { bytes, password: Some(new.clone()), ..case.clone() };
                changed.push((case, after));
            }
            (Err(error), Some((_, words))) => {
                assert!(error.to_string().starts_with(words), "{}: {error}", case.name);
                refused += 1;
            }
            (outcome, reason) => {
                panic!("{}: {:?}, where {reason:?}", case.name, outcome.map(|bytes| bytes.len()))
            }
        }
    }
    assert!(refused == REFUSED.len() && changed.len() > 35, "{refused} refused, {} changed", changed.len());
    changed
}

/// As read here, PBMAC1 and the like included: the same entries, algorithms and iterations, and no octet of a salt.
#[test]
fn a_new_password_changes_nothing_else() {
    for (before, after) in changed() {
        let [old, new] =
            [&before, &after].map(|case| store::decode(&case.bytes, case.password.as_ref()).unwrap());
        assert_eq!(format!("{:?}", old.entries), format!("{:?}", new.entries), "{}", before.name);
        assert_eq!(old.protection, new.protection, "{}", before.name);
        // Only a private key is behind the password: the rest is read without.
        let keys_only = new.protection.integrity.is_none() && new.protection.encryption.is_empty();
        assert_eq!(
            store::decode(&after.bytes, before.password.as_ref()).is_ok(),
            keys_only,
            "{}",
            before.name
        );
        assert!(
            store::change_password(&after.bytes, before.password.as_ref().unwrap(), &password("x")).is_err()
        );
    }
}

/// Java's view, keys that it opened counted; without the dates that PKCS12 does not keep.
fn comparable(view: JavaView, case: &Case) -> Result<(View, usize), String> {
    let mut seen = view.result?;
    if case.name.starts_with("pkcs12/") {
        seen.entries.values_mut().for_each(|entry| entry.created = None);
    }
    Ok((seen, view.opened_keys))
}

#[test]
fn every_jdk_opens_entries_and_keys_with_the_new_password_only() {
    let (before, after): (Vec<_>, Vec<_>) = changed().into_iter().unzip();
    let with_old =
        |(before, after): (&Case, &Case)| Case { password: before.password.clone(), ..after.clone() };
    let locked: Vec<_> = before.iter().zip(&after).map(with_old).collect();
    for jvm in Jvm::all() {
        let (mut opened, mut keys) = (0, 0);
        let views = java(jvm, &before).into_iter().zip(java(jvm, &after)).zip(java(jvm, &locked));
        for (case, ((old, new), locked)) in before.iter().zip(views) {
            let context = format!("{} on {}", case.name, jvm.version);
            // What a JDK does not read before it may read after: a password in ASCII.
            let Ok(old) = comparable(old, case) else { continue };
            let new = comparable(new, case).unwrap_or_else(|why| panic!("{context}: {why}"));
            assert_eq!(old, new, "{context}");
            // Where only keys are protected, the rest opens with any password.
            let shut = locked.result.is_err()
                || (case.name == "pkcs12/openssl-nomac.p12" && locked.opened_keys == 0);
            assert!(shut, "{context}: the old password still opens it");
            opened += 1;
            keys += new.1;
        }
        assert!(opened > 30 && keys > 10, "{}: {opened} stores, {keys} keys", jvm.version);
    }
}

/// Certificates and keys that OpenSSL takes out of a store; `None` if it refuses it.
fn openssl(path: &Path, case: &Case, password: &str) -> Option<(usize, usize)> {
    std::fs::write(path, &case.bytes).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs12", "-legacy", "-nodes", "-passin", &format!("pass:{password}"), "-in"]).arg(path);
    let outcome = program::run(openssl, b"", "openssl");
    let count = |what: &str| outcome.stdout.matches(what).count();
    (outcome.code == 0).then(|| (count("BEGIN CERTIFICATE"), count("BEGIN PRIVATE KEY")))
}

#[test]
fn openssl_opens_certificates_and_keys_with_the_new_password_only() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("store.p12");
    let (mut opened, mut keys) = (0, 0);
    for (before, after) in changed().into_iter().filter(|(case, _)| case.name.starts_with("pkcs12/")) {
        let old = before.password.as_ref().unwrap().text();
        let Some(found) = openssl(&path, &before, old) else { continue };
        assert_eq!(openssl(&path, &after, NEW), Some(found), "{}", before.name);
        assert_eq!(openssl(&path, &after, old), None, "{}: the old password still opens it", before.name);
        opened += 1;
        keys += found.1;
    }
    assert!(opened > 25 && keys > 8, "{opened} stores, {keys} keys");
}

#[test]
fn what_has_no_password_gets_none() {
    let bundle = std::fs::read(testdata("pem/bundle.pem")).unwrap();
    let error = store::change_password(&bundle, &password("changeit"), &password(NEW)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a password for a PEM bundle is not supported; convert it to a PKCS12 store"
    );
}
