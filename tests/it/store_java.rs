//! Stores as Java sees them, on every JDK of this machine: the fixtures, and what becomes of them by edits.

use trustmend::secret::Password;
use trustmend::store::{self, Edit, StoreError};

use crate::store_support::{
    Case, View, add, certificate, fixtures, java, leaf_key, now, ours, password, testdata,
};
use crate::support::jvm::Jvm;

/// Whether a JDK before 25 refuses what later ones read: a PKCS12 password beyond ASCII.
fn too_old(case: &Case, jvm: &Jvm) -> bool {
    let ascii = case.password.as_ref().is_none_or(|password| password.text().is_ascii());
    !ascii && case.name.starts_with("pkcs12/") && jvm.major() < 25
}

/// Java's view without what depends on the moment and what Java cannot reach itself.
fn comparable(mut java: View, ours: &View) -> View {
    java.entries.retain(|_, seen| seen.kind != "none");
    for (alias, seen) in &mut java.entries {
        if ours.entries.get(alias).is_some_and(|ours| ours.created.is_none()) {
            seen.created = None;
        }
    }
    java
}

/// What is different in what Java sees, if anything.
fn difference(case: &Case, java: Result<View, String>, jvm: &Jvm) -> Option<String> {
    let context =
        format!("{} with {:?} on {}", case.name, case.password.as_ref().map(Password::text), jvm.version);
    match (java, ours(case)) {
        (Err(_), Some(_)) if too_old(case, jvm) => None,
        (Ok(java), Some(ours)) => {
            let java = comparable(java, &ours);
            (java != ours).then(|| format!("{context}:\n  Java {java:?}\n  ours {ours:?}"))
        }
        (Err(_), None) => None,
        (Ok(java), None) => {
            let decoded = store::decode(&case.bytes, case.password.as_ref());
            Some(format!("{context}: Java reads it: {java:?}\n  ours {decoded:?}"))
        }
        (Err(why), Some(_)) => Some(format!("{context}: Java refuses it: {why}")),
    }
}

fn assert_none(differences: &[String]) {
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn entries_and_anchors_are_those_java_sees() {
    let mut cases = Vec::new();
    for fixture in fixtures().into_iter() {
        cases.push(Case { password: None, ..fixture.clone() });
        cases.push(Case { password: Some(password("not this one")), ..fixture.clone() });
        cases.push(fixture);
    }
    let mut differences = Vec::new();
    for jvm in Jvm::all() {
        let views = java(jvm, &cases);
        differences
            .extend(cases.iter().zip(views).filter_map(|(case, view)| difference(case, view.result, jvm)));
    }
    assert_none(&differences);
}

#[test]
fn an_import_adds_one_anchor_and_its_removal_gives_the_file_back() {
    let third = certificate("third");
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for case in fixtures().into_iter().filter(|case| ours(case).is_some()) {
        let remove = Edit::Remove { alias: "added".into(), certificate: None };
        let added = store::edit(&case.bytes, &[add("added", &third)], case.password.as_ref())
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let removed = store::edit(&added, &[remove], case.password.as_ref()).unwrap();
        if case.name != "pkcs12/ber.p12" {
            assert!(removed == case.bytes, "{}: the removal leaves other octets", case.name);
        }
        after.push(Case { bytes: added, ..case.clone() });
        before.push(case);
    }
    let mut differences = Vec::new();
    for jvm in Jvm::all() {
        let views = java(jvm, &before).into_iter().zip(java(jvm, &after));
        for ((before, case), (old, new)) in before.iter().zip(&after).zip(views) {
            let (Ok(mut old), Ok(new)) = (old.result, new.result) else {
                assert!(too_old(case, jvm), "{}", case.name);
                continue;
            };
            differences.extend(difference(case, Ok(new.clone()), jvm));
            old.anchors.insert(third.sha256().hex());
            assert_eq!(old.anchors, new.anchors, "{} on {}", before.name, jvm.version);
            assert_eq!(old.entries.len() + 1, new.entries.len(), "{} on {}", before.name, jvm.version);
        }
    }
    assert_none(&differences);
}

/// Every entry of every fixture, renamed and removed: the rest stays as it was.
#[test]
fn a_rename_moves_one_entry_and_a_removal_drops_one() {
    let mut after = Vec::new();
    for case in fixtures() {
        let Some(before) = ours(&case) else { continue };
        let entries = store::decode(&case.bytes, case.password.as_ref()).unwrap().entries;
        for entry in entries {
            let certificate = entry.certificates.first().map(|certificate| certificate.sha256());
            let (alias, key) = (entry.alias.clone(), entry.alias.java_key());
            let rename = Edit::Rename { alias: alias.clone(), certificate, to: "renamed".into() };
            let remove = Edit::Remove { alias, certificate };
            let edited = |edit| match store::edit(&case.bytes, &[edit], case.password.as_ref()) {
                Ok(bytes) => Some(Case { bytes, ..case.clone() }),
                // A key in the clear, and a certificate of the same name.
                Err(StoreError::AliasAmbiguous { .. }) if certificate.is_none() => None,
                Err(error) => panic!("{} {key}: {error}", case.name),
            };
            let Some((renamed, removed)) = edited(rename).zip(edited(remove)) else { continue };
            // Where entries hide each other, serve another's chain, or are named by Java, more than one changes.
            let plain =
                !["duplicates", "unnamed", "two-keys", "mixed-case", "through-trusted", "named-as", "key-by"]
                    .iter()
                    .any(|name| case.name.contains(name));
            if plain && let Some(seen) = before.entries.get(&key) {
                let mut expected = before.clone();
                expected.entries.remove(&key);
                assert_eq!(ours(&removed).unwrap().entries, expected.entries, "{} {key}", case.name);
                expected.entries.insert("renamed".to_owned(), seen.clone());
                assert_eq!(ours(&renamed).unwrap().entries, expected.entries, "{} {key}", case.name);
            }
            after.extend([renamed, removed]);
        }
    }
    let mut differences = Vec::new();
    for jvm in Jvm::all() {
        let views = java(jvm, &after);
        differences
            .extend(after.iter().zip(views).filter_map(|(case, view)| difference(case, view.result, jvm)));
    }
    assert_none(&differences);
}

#[test]
fn a_replaced_certificate_is_what_java_then_trusts() {
    let third = certificate("third");
    let mut after = Vec::new();
    let trusts = |case: &Case| ours(case).is_some_and(|view| view.entries.contains_key("corp-root"));
    // In that one, the name belongs to a hidden key first.
    let fixtures = fixtures().into_iter().filter(|case| case.name != "pkcs12/key-named-as-anchor.p12");
    for case in fixtures.filter(trusts) {
        let alias = "corp-root".into();
        let replace = Edit::ReplaceTrusted { alias, certificate: third.clone(), created: now() };
        let bytes = store::edit(&case.bytes, &[replace], case.password.as_ref()).unwrap();
        let case = Case { bytes, ..case };
        assert_eq!(ours(&case).unwrap().entries["corp-root"].chain, [third.sha256().hex()], "{}", case.name);
        after.push(case);
    }
    assert!(after.len() > 20, "only {} fixtures", after.len());
    let mut differences = Vec::new();
    for jvm in Jvm::all() {
        let views = java(jvm, &after);
        differences
            .extend(after.iter().zip(views).filter_map(|(case, view)| difference(case, view.result, jvm)));
    }
    assert_none(&differences);
}

/// What `generate` hands to a server: a key, its chain, and a trusted certificate beside it.
#[test]
fn a_key_with_its_chain_opens_on_every_jdk() {
    let (key, chain) = leaf_key();
    let changeit = Some(password("changeit"));
    let add_key = Edit::AddKey { alias: "added".into(), key, chain: chain.clone(), created: now() };
    let [jks, pkcs12] = ["jks", "pkcs12"].map(|name| store::format(name).unwrap());
    let mut stores = vec![
        ("new jks".to_owned(), store::empty(jks, changeit.as_ref()).unwrap()),
        ("new pkcs12".to_owned(), store::empty(pkcs12, changeit.as_ref()).unwrap()),
        ("new password-less pkcs12".to_owned(), store::empty(pkcs12, None).unwrap()),
    ];
    for name in [
        "jks/keytool17.jks",
        "jks/version1.jks",
        "pkcs12/keytool17.p12",
        "pkcs12/java8.p12",
        "pkcs12/passwordless.p12",
        "pkcs12/openssl-unnamed.p12",
        "pkcs12/mac-only.p12",
        "pkcs12/rc4.p12",
    ] {
        stores.push((name.to_owned(), std::fs::read(testdata(name)).unwrap()));
    }
    let mut cases = Vec::new();
    for (name, bytes) in stores {
        let edits = [add_key.clone(), add("third", &certificate("third"))];
        let bytes = store::edit(&bytes, &edits, changeit.as_ref()).unwrap_or_else(|e| panic!("{name}: {e}"));
        cases.push(Case { name, bytes, password: changeit.clone() });
    }
    let fingerprints: Vec<_> = chain.iter().map(|certificate| certificate.sha256().hex()).collect();
    for jvm in Jvm::all() {
        for (case, view) in cases.iter().zip(java(jvm, &cases)) {
            let opened = view.opened_keys;
            let java = view.result.unwrap_or_else(|why| panic!("{}: {why}", case.name));
            assert_none(&difference(case, Ok(java.clone()), jvm).into_iter().collect::<Vec<_>>());
            let seen = &java.entries["added"];
            assert_eq!((seen.kind.as_str(), &seen.chain), ("private-key", &fingerprints), "{}", case.name);
            let keys = java.entries.values().filter(|seen| seen.kind == "private-key").count();
            assert_eq!(opened, keys, "{}: every key opens with the store's password", case.name);
        }
    }
}
