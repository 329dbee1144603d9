//! The commands around stores, judged by Java's own view of the result and by openssl.

use std::collections::BTreeSet;

use serde_json::Value;
use trustmend::digest::Fingerprint;

use crate::store_support::{Case, View, certificate, java, password, testdata};
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program::Outcome;
use crate::support::run::{command, trustmend};
use crate::support::scratch::Scratch;

/// A copy of a fixture.
fn copy(home: &Scratch, fixture: &str, name: &str) -> String {
    home.write(name, std::fs::read(testdata(fixture)).unwrap());
    home.at(name)
}

/// What every JDK sees in the file: all the same.
#[track_caller]
fn seen_by_java(home: &Scratch, name: &str) -> View {
    let bytes = home.read(name);
    // PKCS12 keeps no date of a certificate; Java answers the present.
    let dated = !bytes.starts_with(&[0x30]);
    let case = Case { name: name.to_owned(), bytes, password: Some(password("changeit")) };
    let view = |jvm: &Jvm| {
        let mut view = java(jvm, std::slice::from_ref(&case)).remove(0).result.unwrap();
        let certificates = view.entries.values_mut().filter(|entry| entry.kind == "trusted-certificate");
        certificates.filter(|_| !dated).for_each(|entry| entry.created = None);
        view
    };
    let mut views: Vec<View> = Jvm::all().iter().map(view).collect();
    views.dedup();
    assert_eq!(views.len(), 1, "the JDKs see the same: {views:?}");
    views.remove(0)
}

fn sha256(name: &str) -> String {
    certificate(name).sha256().hex()
}

/// The error's code of a command that failed with this exit code.
#[track_caller]
fn refused(home: &Scratch, arguments: &[&str], code: i32) -> (String, String) {
    let outcome = trustmend(home, &[arguments, &["--json"]].concat());
    assert_eq!(outcome.code, code, "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    let error = &outcome.json()["error"];
    (error["code"].as_str().unwrap().to_owned(), format!("{error}"))
}

fn texts<'d>(list: &'d Value, field: &str) -> Vec<&'d str> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn a_fingerprint_removes_every_alias_and_nothing_else() {
    for fixture in ["jks/keytool17.jks", "jceks/keytool17.jceks", "pkcs12/keytool17.p12"] {
        let home = Scratch::new();
        let store = copy(&home, fixture, "store");
        let root = testdata("certificates/root.pem").to_str().unwrap().to_owned();
        let again = ["-importcert", "-noprompt", "-alias", "again", "-file", &root, "-keystore", &store];
        let type_of = if fixture.starts_with("jceks") { "JCEKS" } else { "PKCS12" };
        let jvm = Jvm::with_keytool().next().unwrap();
        jvm.keytool(&[&again[..], &["-storepass", "changeit", "-storetype", type_of]].concat()).success();
        let (old, before) = (home.read("store"), seen_by_java(&home, "store"));

        let arguments = ["remove", &store, "--fingerprint", &sha256("root"), "--json"];
        let planned = trustmend(&home, &[&arguments[..], &["--dry-run"]].concat()).success().json();
        assert_eq!(home.read("store"), old, "a dry run writes nothing");
        let outcome = trustmend(&home, &[&arguments[..], &["--detailed-exitcode"]].concat());
        assert_eq!(outcome.code, 10, "{}", outcome.stdout);
        let document = outcome.json();
        assert_eq!(document["steps"], planned["steps"]);
        let aliases: BTreeSet<_> = texts(&document["steps"], "alias").into_iter().collect();
        assert_eq!(aliases, BTreeSet::from(["again", "corp-root"]), "{fixture}");
        assert_eq!(document["store"]["sha256_after"], Fingerprint::of(&home.read("store")).hex());
        assert_eq!(std::fs::read(document["backup"].as_str().unwrap()).unwrap(), old);

        let mut expected = before;
        expected.entries.retain(|alias, _| !aliases.contains(alias.as_str()));
        expected.anchors.remove(&sha256("root"));
        assert_eq!(seen_by_java(&home, "store"), expected, "{fixture}");
    }
}

#[test]
fn what_was_named_and_is_not_there_changes_nothing() {
    let home = Scratch::new();
    let store = copy(&home, "jks/keytool17.jks", "store.jks");
    let old = home.read("store.jks");
    let absent = sha256("third");
    for arguments in [
        &["corp-root", "corp-rot"][..],
        &["corp-root", "--fingerprint", &absent],
        &["corp-root", "--subject", "no such subject"],
    ] {
        let (code, message) = refused(&home, &[&["remove", &store], arguments].concat(), 1);
        assert_eq!(code, "entry-missing", "{message}");
    }
    let (_, message) = refused(&home, &["remove", &store, "corp"], 1);
    assert!(message.contains("corp-root"), "what is alike is offered: {message}");
    assert_eq!(refused(&home, &["remove", &store], 2).0, "usage");
    assert_eq!(refused(&home, &["remove", &home.at("none.jks"), "a"], 4).0, "store-missing");
    assert_eq!(refused(&home, &["rename", &home.at("none.jks"), "a", "b"], 4).0, "store-missing");
    home.write("secret/pw", "not it\n");
    let wrong = ["remove", &store, "corp-root", "--store-password-file", "secret/pw"];
    assert_eq!(refused(&home, &wrong, 4).0, "store-unreadable");
    std::fs::remove_dir_all(home.path().join("secret")).unwrap();
    let nothing = trustmend(&home, &["remove", &store, "--expired", "--json"]).success().json();
    assert_eq!((&nothing["changed"], &nothing["backup"]), (&Value::Bool(false), &Value::Null));
    assert_eq!((home.read("store.jks"), home.names()), (old, vec!["store.jks".to_owned()]));
}

#[test]
fn writers_at_once_lose_nothing() {
    let home = Scratch::new();
    trustmend(&home, &["convert", "mozilla:", "store.jks"]).success();
    let document = trustmend(&home, &["list", "store.jks", "--json"]).success().json();
    let aliases: Vec<String> =
        texts(&document["entries"], "alias").iter().map(|alias| (*alias).to_owned()).collect();
    let (gone, renamed) = (&aliases[..6], &aliases[6..12]);
    let new: Vec<String> = (0..renamed.len()).map(|number| format!("renamed-{number}")).collect();
    let removals = gone.iter().map(|alias| vec!["remove", "store.jks", alias]);
    let renamings = renamed.iter().zip(&new).map(|(old, new)| vec!["rename", "store.jks", old, new]);
    let start = |arguments: Vec<&str>| {
        let mut command = command(&home, &arguments);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let children: Vec<_> = removals.chain(renamings).map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let expected: BTreeSet<String> = aliases[12..].iter().chain(&new).cloned().collect();
    assert_eq!(seen_by_java(&home, "store.jks").entries.into_keys().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn keys_go_only_when_that_was_said() {
    for fixture in ["jks/keytool17.jks", "jceks/keytool17.jceks", "pkcs12/keytool17.p12"] {
        let home = Scratch::new();
        let store = copy(&home, fixture, "store");
        let before = seen_by_java(&home, "store");
        assert_eq!(refused(&home, &["remove", &store, "server"], 5).0, "entry-is-key");
        assert_eq!(refused(&home, &["remove", &store, "--subject", "store.test"], 5).0, "entry-is-key");
        assert_eq!(seen_by_java(&home, "store"), before);
        trustmend(&home, &["remove", &store, "server", "--keys"]).success();
        let mut expected = before;
        let key = expected.entries.remove("server").unwrap();
        expected.anchors.remove(&key.chain[0]);
        assert_eq!(seen_by_java(&home, "store"), expected, "{fixture}");
    }
}

#[test]
fn a_new_name_makes_java_see_an_entry() {
    let home = Scratch::new();
    let store = copy(&home, "jks/mixed-case.jks", "store.jks");
    let before = seen_by_java(&home, "store.jks");
    assert_eq!(refused(&home, &["rename", &store, "CorpRoot", "Other"], 5).0, "alias-refused");
    assert_eq!(refused(&home, &["rename", &store, "CorpRoot", "a [jdk]"], 5).0, "alias-refused");
    let document = trustmend(&home, &["rename", &store, "CorpRoot", "CorpRoot", "--json"]).success().json();
    let step = &document["steps"][0];
    assert_eq!((&step["action"], &step["alias"]), (&Value::from("rename"), &Value::from("corproot")));
    let after = seen_by_java(&home, "store.jks");
    assert!(!before.anchors.contains(&sha256("root")) && after.anchors.contains(&sha256("root")));
    assert_eq!(after.entries["other"], before.entries["other"]);
    let again = trustmend(&home, &["rename", &store, "corproot", "corproot", "--json"]).success().json();
    assert_eq!(
        (&again["changed"], &again["steps"][0]["action"]),
        (&Value::Bool(false), &Value::from("keep"))
    );
}

#[test]
fn an_alias_that_several_entries_have_needs_a_fingerprint() {
    let home = Scratch::new();
    let store = copy(&home, "jks/duplicates.jks", "store.jks");
    let (code, message) = refused(&home, &["rename", &store, "corp", "other"], 5);
    assert_eq!(code, "alias-ambiguous");
    assert!(message.contains(&sha256("other")) && message.contains(&sha256("root")), "{message}");
    trustmend(&home, &["rename", &store, "corp", "other", "--fingerprint", &sha256("other")]).success();
    assert!(seen_by_java(&home, "store.jks").anchors.contains(&sha256("other")));
    // keytool cannot name this one at all.
    trustmend(&home, &["remove", &store, "Corp"]).success();
    let anchors = BTreeSet::from([sha256("other"), sha256("root")]);
    assert_eq!(seen_by_java(&home, "store.jks").anchors, anchors);
}

#[test]
fn going_back_gives_the_old_file_and_keeps_the_present_one() {
    let home = Scratch::new();
    let store = copy(&home, "pkcs12/keytool17.p12", "store.p12");
    assert_eq!(refused(&home, &["restore", &store], 1).0, "backup-missing");
    let first = home.read("store.p12");
    trustmend(&home, &["remove", &store, "corp-root"]).success();
    let second = home.read("store.p12");
    trustmend(&home, &["import", testdata("certificates/third.pem").to_str().unwrap(), "--store", &store])
        .success();
    let third = home.read("store.p12");

    // All within a second: the order of the backups is the order of the writes all the same.
    let document = trustmend(&home, &["restore", &store, "--list", "--json"]).success().json();
    let hashes = [&second, &first].map(|octets| Fingerprint::of(octets).hex());
    assert_eq!(texts(&document["backups"], "sha256"), hashes);
    let oldest = document["backups"][1]["file"].as_str().unwrap();

    let planned = trustmend(&home, &["restore", &store, "--dry-run", "--json"]).success().json();
    assert_eq!(planned["steps"].as_array().unwrap().len(), 1, "{planned}");
    assert_eq!(home.read("store.p12"), third);
    trustmend(&home, &["restore", &store]).success();
    assert_eq!(home.read("store.p12"), second);
    trustmend(&home, &["restore", &store]).success();
    assert_eq!(home.read("store.p12"), third, "the second restore undoes the first");
    trustmend(&home, &["restore", &store, "--from", oldest]).success();
    assert_eq!(home.read("store.p12"), first);

    // A store that a killed writer emptied, and one that is gone.
    for damage in [Some(&b""[..]), None] {
        match damage {
            Some(octets) => drop(home.write("store.p12", octets)),
            None => std::fs::remove_file(&store).unwrap(),
        }
        let document = trustmend(&home, &["restore", &store, "--from", oldest, "--json"]).success().json();
        assert_eq!(home.read("store.p12"), first);
        assert_eq!(document["backup"].is_string(), damage.is_some(), "{document}");
    }
    home.write("garbage", "not a store");
    assert_eq!(refused(&home, &["restore", &store, "--from", "garbage"], 4).0, "store-unreadable");
    assert_eq!(home.read("store.p12"), first);
}

#[test]
fn exports_are_read_by_openssl_and_hold_no_key() {
    let home = Scratch::new();
    let store = copy(&home, "jks/keytool17.jks", "store.jks");
    let all = trustmend(&home, &["export", &store, "--all"]).success().stdout;
    assert_eq!(all.matches("BEGIN CERTIFICATE").count(), 4, "each certificate once");
    assert!(!all.contains("PRIVATE"), "{all}");
    let trusted = trustmend(&home, &["export", &store, "--json"]).success().json();
    let trusted: BTreeSet<_> =
        texts(&trusted["certificates"], "sha256").iter().map(|hex| (*hex).to_owned()).collect();
    assert_eq!(trusted, seen_by_java(&home, "store.jks").anchors, "by default what Java trusts");

    let chain = ["export", &store, "--alias", "server", "--format", "pkcs7", "-o", "chain.p7b"];
    trustmend(&home, &chain).success();
    let printed =
        openssl(&["pkcs7", "-print_certs", "-noout", "-in", &home.at("chain.p7b")]).success().stdout;
    assert_eq!(printed.matches("subject=").count(), 3, "{printed}");
    let inspected = trustmend(&home, &["inspect", "chain.p7b"]).success().stdout;
    assert!(inspected.contains("store.test"), "{inspected}");

    let one = ["export", &store, "--fingerprint", &sha256("other"), "--format", "der", "-o", "other.der"];
    trustmend(&home, &one).success();
    assert_eq!(home.read("other.der"), certificate("other").der());
    assert_eq!(refused(&home, &one, 5).0, "file-exists");
    trustmend(&home, &[&one[..], &["--force"]].concat()).success();
    assert_eq!(refused(&home, &["export", &store, "--format", "der", "-o", "two.der"], 2).0, "usage");
    assert_eq!(
        refused(&home, &["export", &store, "--alias", "none", "-o", "none.pem"], 1).0,
        "entry-missing"
    );
    assert!(!home.path().join("two.der").exists() && !home.path().join("none.pem").exists());

    let stray = copy(&home, "pkcs12/ignored-bags.p12", "stray.p12");
    let trusted = trustmend(&home, &["export", &stray]).success().stdout;
    assert_eq!(trusted.matches("BEGIN CERTIFICATE").count(), 1, "an export widens no trust");
}

#[test]
fn stores_are_compared_by_what_they_hold() {
    let home = Scratch::new();
    let store = copy(&home, "jks/mixed-case.jks", "one.jks");
    let repaired = copy(&home, "jks/mixed-case.jks", "two.jks");
    let differ = |one: &str, other: &str| -> (i32, Value) {
        let outcome: Outcome = trustmend(&home, &["diff", one, other, "--json"]);
        (outcome.code, outcome.json())
    };
    assert_eq!(differ(&store, &repaired).0, 0);
    trustmend(&home, &["rename", &repaired, "CorpRoot", "corproot"]).success();
    let (code, document) = differ(&store, &repaired);
    assert_eq!((code, &document["same"], &document["common"]), (1, &Value::Bool(false), &Value::from(1)));
    assert_eq!(document["trust_differs"][0][1]["alias"], "corproot", "{document}");
    // The format does not count, nor does the alias.
    let converted = trustmend(&home, &["convert", &repaired, "three.p12", "--detailed-exitcode"]);
    assert_eq!(converted.code, 10, "{}", converted.text());
    trustmend(&home, &["rename", "three.p12", "other", "another"]).success();
    assert_eq!(differ(&repaired, "three.p12").0, 0);
    trustmend(&home, &["remove", "three.p12", "another"]).success();
    let (code, document) = differ(&repaired, "three.p12");
    assert_eq!((code, texts(&document["only_first"], "alias")), (1, vec!["other"]));
    assert_eq!(document["only_second"], Value::Array(Vec::new()));
    assert_eq!(refused(&home, &["diff", &store, "none.jks"], 4).0, "store-missing");
}

/// Codes and aliases of what `audit` finds.
fn flaws(home: &Scratch, store: &str, code: i32) -> BTreeSet<(String, String)> {
    let outcome = trustmend(home, &["audit", store, "--json"]);
    assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
    let document = outcome.json();
    let findings = document["findings"].as_array().unwrap();
    let pair = |finding: &Value| {
        let alias = finding["alias"].as_str().unwrap_or_default();
        (finding["code"].as_str().unwrap().to_owned(), alias.to_owned())
    };
    let found: BTreeSet<_> = findings.iter().map(pair).collect();
    for (code, _) in &found {
        let page = trustmend(home, &["explain", code]).success().stdout;
        assert!(page.contains(code.as_str()), "{page}");
    }
    found
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(code, alias)| ((*code).to_owned(), (*alias).to_owned())).collect()
}

#[test]
fn an_audit_names_each_flaw() {
    let home = Scratch::new();
    let store = home.at("store.jks");
    let good = testdata("certificates/root.pem");
    trustmend(&home, &["import", good.to_str().unwrap(), "--store", &store, "--alias", "good"]).success();
    assert_eq!(flaws(&home, &store, 0), pairs(&[]));
    let (ca, allow) =
        (home.at("ca"), ["--allow", "leaf", "--allow", "expired", "--allow", "weak", "--reason", "test"]);
    for bad in ["expired", "weak-key", "sha1"] {
        let made = ["generate", "scim.corp.test", "--bad", bad, "--ca-dir", &ca, "--out", bad, "--json"];
        let made = trustmend(&home, &made).success().json();
        let file = made["files"]["certificate"].as_str().unwrap();
        let import = ["import", file, "--store", &store, "--alias", bad, "--pick", "leaf"];
        trustmend(&home, &[&import[..], &allow].concat()).success();
    }
    let (key, soon) = (home.at("key.pem"), home.at("soon.pem"));
    let request =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "20"];
    let usage = ["-subj", "/CN=soon", "-addext", "keyUsage=critical,digitalSignature"];
    openssl(&[&request[..], &usage, &["-keyout", &key, "-out", &soon]].concat()).success();
    let import = ["import", &soon, "--store", &store, "--allow", "non-ca", "--reason", "test"];
    trustmend(&home, &import).success();
    let found = pairs(&[
        ("anchor-expired", "expired"),
        ("leaf-trusted", "expired"),
        ("key-weak", "weak-key"),
        ("leaf-trusted", "weak-key"),
        ("signature-weak", "sha1"),
        ("leaf-trusted", "sha1"),
        ("key-usage-wrong", "soon"),
        ("anchor-expiring", "soon"),
    ]);
    assert_eq!(flaws(&home, &store, 1), found);

    let trusted = copy(&home, "jks/mixed-case.jks", "case.jks");
    assert_eq!(flaws(&home, &trusted, 1), pairs(&[("entry-invisible", "CorpRoot")]));
    let keys = copy(&home, "jks/keytool17.jks", "keys.jks");
    assert_eq!(flaws(&home, &keys, 0), pairs(&[("key-in-trust-store", "server")]));
    let bags = flaws(&home, &copy(&home, "pkcs12/ignored-bags.p12", "bags.p12"), 0);
    assert_eq!(bags.iter().filter(|(code, _)| code == "entry-ignored").count(), 5, "{bags:?}");
    let twice = home.at("twice.pem");
    home.write("twice.pem", [std::fs::read(&good).unwrap(), std::fs::read(&good).unwrap()].concat());
    assert_eq!(
        flaws(&home, &twice, 0).into_iter().map(|(code, _)| code).collect::<Vec<_>>(),
        ["entry-duplicate"]
    );
    let empty = copy(&home, "jks/empty.jks", "empty.jks");
    assert_eq!(flaws(&home, &empty, 1), pairs(&[("store-empty-for-java", "")]));
    let refused = flaws(&home, &copy(&home, "jks/undecodable.jks", "refused.jks"), 1);
    let damaged = refused.iter().find(|(code, _)| code == "store-refused");
    let (_, alias) = damaged.unwrap_or_else(|| panic!("{refused:?}"));
    // What the finding advises makes Java load the store again.
    trustmend(&home, &["remove", "refused.jks", alias]).success();
    assert!(!seen_by_java(&home, "refused.jks").anchors.is_empty());
}

#[test]
fn expired_certificates_go_at_once() {
    let home = Scratch::new();
    let store = copy(&home, "jks/keytool17.jks", "store.jks");
    let before = seen_by_java(&home, "store.jks");
    let made = ["generate", "old.corp.test", "--bad", "expired", "--ca-dir", "ca", "--out", "out", "--json"];
    let made = trustmend(&home, &made).success().json();
    let file = made["files"]["certificate"].as_str().unwrap();
    let allow = ["--allow", "leaf", "--allow", "expired", "--reason", "test", "--pick", "leaf"];
    trustmend(&home, &[&["import", file, "--store", &store, "--alias", "old"], &allow[..]].concat())
        .success();
    let listed = trustmend(&home, &["list", &store, "--expiring", "30", "--json"]).success().json();
    assert_eq!(texts(&listed["entries"], "alias"), ["old"]);
    let document = trustmend(&home, &["remove", &store, "--expired", "--json"]).success().json();
    assert_eq!(texts(&document["steps"], "alias"), ["old"]);
    assert_eq!(seen_by_java(&home, "store.jks"), before);
}

#[test]
fn a_conversion_loses_nothing_silently() {
    let home = Scratch::new();
    let store = copy(&home, "jks/keytool17.jks", "store.jks");
    let (code, message) = refused(&home, &["convert", &store, "new.p12"], 5);
    assert!(code == "loss" && message.contains("server: a private key; --keys takes it over"), "{message}");
    assert!(!home.path().join("new.p12").exists());
    trustmend(&home, &["convert", &store, "new.p12", "--allow-loss"]).success();
    let (mut old, new) = (seen_by_java(&home, "store.jks"), seen_by_java(&home, "new.p12"));
    let key = old.entries.remove("server").unwrap();
    old.anchors.remove(&key.chain[0]);
    assert_eq!(new.anchors, old.anchors);
    assert_eq!(new.entries.keys().collect::<Vec<_>>(), old.entries.keys().collect::<Vec<_>>());
    assert_eq!(refused(&home, &["convert", &store, "new.p12", "--allow-loss"], 5).0, "file-exists");

    // An entry that Java does not see does not become trusted by a conversion.
    let hidden = copy(&home, "jks/mixed-case.jks", "hidden.jks");
    assert_eq!(refused(&home, &["convert", &hidden, "hidden.p12"], 5).0, "loss");
    home.write("pw", "another password\n");
    let protect = ["convert", "new.p12", "third.jks", "--new-password-file", "pw"];
    trustmend(&home, &protect).success();
    let opened = ["diff", "new.p12", "third.jks", "--second-password-file", "pw"];
    trustmend(&home, &opened).success();
    trustmend(&home, &["convert", "third.jks", "fourth.pem", "--store-password-file", "pw"]).success();
    trustmend(&home, &["diff", "fourth.pem", "new.p12"]).success();
}

#[test]
fn a_listing_shows_what_was_asked_for() {
    let home = Scratch::new();
    let store = copy(&home, "jceks/keytool17.jceks", "store.jceks");
    let listed = |arguments: &[&str], code: i32| -> Value {
        let outcome = trustmend(&home, &[&["list", &store, "--json"], arguments].concat());
        assert_eq!(outcome.code, code, "{arguments:?}");
        outcome.json()
    };
    let document = listed(&["--alias", "ROOT"], 0);
    assert_eq!(
        (texts(&document["entries"], "alias"), &document["store"]["entries"]),
        (vec!["corp-root"], &4.into())
    );
    assert_eq!(texts(&listed(&["--fingerprint", &sha256("leaf")], 0)["entries"], "alias"), ["server"]);
    assert_eq!(listed(&["--alias", "none"], 1)["ok"], false);
    assert_eq!(listed(&["--fingerprint", &sha256("third")], 1)["entries"], Value::Array(Vec::new()));
    assert_eq!(listed(&["--expiring", "30"], 0)["entries"], Value::Array(Vec::new()));
    let pem = trustmend(&home, &["list", &store, "--alias", "corp-root", "--pem"]).success().stdout;
    home.write("one.pem", &pem);
    let printed =
        openssl(&["x509", "-noout", "-fingerprint", "-sha256", "-in", &home.at("one.pem")]).success();
    assert!(printed.stdout.contains(&certificate("root").sha256().to_string()), "{}", printed.stdout);
}

#[test]
fn a_named_alias_gets_the_certificate_even_if_another_has_it_too() {
    let home = Scratch::new();
    let store = home.at("store.jks");
    let file = |name: &str| testdata(&format!("certificates/{name}.pem")).to_str().unwrap().to_owned();
    let import = |name: &str, alias: &str, more: &[&str]| {
        let (file, arguments) = (file(name), ["--store", &store, "--alias", alias, "--json"]);
        trustmend(&home, &[&["import", &file][..], &arguments, more].concat()).success().json()
    };
    import("root", "old", &[]);
    import("third", "corp", &[]);
    assert_eq!(import("root", "corp", &[])["steps"][0]["action"], "keep");
    assert_eq!(import("root", "corp", &["--replace"])["steps"][0]["action"], "replace");
    assert_eq!(import("root", "corp", &["--replace"])["steps"][0]["action"], "keep");
    let view = seen_by_java(&home, "store.jks");
    assert_eq!(view.entries["corp"].chain, [sha256("root")]);
    assert_eq!(view.anchors, BTreeSet::from([sha256("root")]));
}
