//! How a store is protected: another password, none at all, and what many imports cost whoever opens it.

use crate::store_support::{Case, View, certificate, java, password, testdata};
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

const NEW: &str = "a new one, longer";

/// What every JDK sees in the file with this password, or that it refuses the password.
fn views(home: &Scratch, name: &str, with: Option<&str>) -> Vec<Option<View>> {
    let case = Case { name: name.to_owned(), bytes: home.read(name), password: with.map(password) };
    let view = |jvm: &Jvm| java(jvm, std::slice::from_ref(&case)).remove(0).result.ok();
    Jvm::all().iter().map(view).collect()
}

fn aliases(view: &View) -> Vec<&str> {
    view.entries.keys().map(String::as_str).collect()
}

#[test]
fn after_another_password_java_opens_with_the_new_one_and_not_with_the_old() {
    for fixture in ["jks/keytool17.jks", "pkcs12/keytool17.p12", "pkcs12/java8.p12"] {
        let home = Scratch::new();
        home.write("store", std::fs::read(testdata(fixture)).unwrap());
        let (store, old) = (home.at("store"), home.read("store"));
        let command = ["password", &store, "--new-password-env", "NEW", "--json"];
        let run = |more: &[&str]| trustmend_with(&home, &[&command[..], more].concat(), &[("NEW", NEW)], b"");

        let planned = run(&["--dry-run"]).success().json();
        assert_eq!((home.read("store"), &planned["changed"]), (old.clone(), &true.into()), "{fixture}");
        let outcome = run(&["--detailed-exitcode"]);
        assert_eq!(outcome.code, 10, "{}", outcome.stderr);
        let shown = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!shown.contains(NEW) && !shown.contains("changeit\""), "{shown}");
        assert_eq!(std::fs::read(outcome.json()["backup"].as_str().unwrap()).unwrap(), old);

        let before = Case { name: fixture.to_owned(), bytes: old, password: Some(password("changeit")) };
        for (jvm, after) in Jvm::all().iter().zip(views(&home, "store", Some(NEW))) {
            let before = java(jvm, std::slice::from_ref(&before)).remove(0).result.unwrap();
            let after = after.unwrap_or_else(|| panic!("{jvm:?} opens {fixture}"));
            assert_eq!((aliases(&after), &after.anchors), (aliases(&before), &before.anchors), "{fixture}");
        }
        assert!(views(&home, "store", Some("changeit")).iter().all(Option::is_none), "{fixture}");
    }
}

#[test]
fn a_password_that_cannot_be_given_is_one_line_and_the_store_stays() {
    let home = Scratch::new();
    home.write("plain.p12", std::fs::read(testdata("pkcs12/passwordless.p12")).unwrap());
    home.write("own.p12", std::fs::read(testdata("pkcs12/other-key-password.p12")).unwrap());
    home.write("store.jks", std::fs::read(testdata("jks/keytool17.jks")).unwrap());
    let (plain, own, jks) = (home.at("plain.p12"), home.at("own.p12"), home.at("store.jks"));
    for (store, new, code, words) in [
        (&plain, NEW, 4, "a password for a store that has none"),
        (&own, NEW, 4, "does not open with the store's password"),
        (&jks, "short", 5, "the new password is too short"),
    ] {
        let old = std::fs::read(store).unwrap();
        let command = ["password", store, "--new-password-env", "NEW"];
        let outcome = trustmend_with(&home, &command, &[("NEW", new)], b"");
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
        assert_eq!(std::fs::read(store).unwrap(), old);
    }
    let outcome = trustmend(&home, &["password", &jks]);
    assert_eq!(outcome.code, 2, "nobody is asked where nobody can answer: {}", outcome.stderr);
}

#[test]
fn a_new_store_without_a_password_is_read_by_java_without_one() {
    let home = Scratch::new();
    let (store, copy) = (home.at("new.p12"), home.at("copy.p12"));
    let file = |name: &str| testdata(&format!("certificates/{name}.pem")).to_str().unwrap().to_owned();
    for name in ["root", "third"] {
        trustmend(
            &home,
            &["import", &file(name), "--store", &store, "--protection", "none", "--alias", name],
        )
        .success();
    }
    trustmend(&home, &["import", &file("root"), "--store", &home.at("closed.p12"), "--alias", "root"])
        .success();
    trustmend(&home, &["convert", &home.at("closed.p12"), &copy, "--protection", "none"]).success();
    for (name, entries) in [("new.p12", 2), ("copy.p12", 1)] {
        for view in views(&home, name, None) {
            assert_eq!(view.unwrap().anchors.len(), entries, "{name}");
        }
    }
    // With a password, a JVM that is told none sees nothing.
    assert!(views(&home, "closed.p12", None).into_iter().all(|view| view.unwrap().anchors.is_empty()));
    let refused = trustmend(&home, &["convert", &store, &home.at("new.jks"), "--protection", "none"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(!home.path().join("new.jks").exists());
}

/// Each encrypted safe costs a key derivation at every opening, so additions end up in one.
#[test]
fn many_imports_do_not_make_many_encrypted_safes() {
    const IMPORTS: usize = 20;
    let home = Scratch::new();
    let store = home.at("store.p12");
    home.write("store.p12", std::fs::read(testdata("pkcs12/keytool17.p12")).unwrap());
    for number in 0..IMPORTS {
        let (key, file) = (home.at(&format!("{number}.key")), home.at(&format!("{number}.pem")));
        let request = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {key} -out {file} -subj /CN=CA-{number} -days 30"
        );
        openssl(&request.split(' ').collect::<Vec<_>>()).success();
        trustmend(&home, &["import", &file, "--store", &store]).success();
    }
    let info = openssl(&["pkcs12", "-info", "-nokeys", "-passin", "pass:changeit", "-in", &store]);
    let safes = info.success().stderr.matches("PKCS7 Encrypted data").count();
    assert!((2..=10).contains(&safes), "{safes} encrypted safes");
    for view in views(&home, "store.p12", Some("changeit")) {
        let view = view.unwrap();
        let added = view.entries.keys().filter(|alias| alias.starts_with("ca-")).count();
        assert_eq!(added, IMPORTS, "{:?}", view.entries.keys());
    }
}

#[test]
fn a_store_that_java_alone_refuses_can_be_changed_and_changed_back() {
    let home = Scratch::new();
    let (store, old) = (home.at("store.p12"), std::fs::read(testdata("pkcs12/pbmac1.p12")).unwrap());
    home.write("store.p12", old.clone());
    let third = testdata("certificates/third.pem").to_str().unwrap().to_owned();
    trustmend(&home, &["import", &third, "--store", &store, "--alias", "third"]).success();
    let listed = trustmend(&home, &["list", &store, "--json"]).success().json();
    assert_eq!(listed["entries"].as_array().unwrap().len(), 2);
    assert!(listed["problems"][0]["message"].as_str().unwrap().contains("PBMAC1"), "{listed}");
    trustmend(&home, &["remove", &store, "third"]).success();
    assert_eq!(home.read("store.p12"), old);
}

#[test]
fn a_wide_list_is_one_line_for_each_entry() {
    let home = Scratch::new();
    home.write("store.jks", std::fs::read(testdata("jks/keytool17.jks")).unwrap());
    let listed = trustmend(&home, &["list", &home.at("store.jks"), "--wide"]).success();
    let rows: Vec<Vec<&str>> = listed.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["ALIAS", "KIND", "TRUSTED", "CREATED", "EXPIRES", "SHA256", "SUBJECT"]);
    let root = rows.iter().find(|row| row[0] == "corp-root").unwrap();
    assert_eq!((root[1], root[2]), ("trusted-certificate", "yes"));
    assert_eq!(root[5], certificate("root").sha256().hex());
    let entries = trustmend(&home, &["list", &home.at("store.jks"), "--json"]).success().json();
    assert_eq!(rows.len(), entries["entries"].as_array().unwrap().len() + 1);
}
