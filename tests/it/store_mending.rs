//! Keys in conversions, entries that Java ignores made visible, files written where they stand: judged by every JDK.

use std::os::unix::fs::PermissionsExt as _;

use crate::store_support::{Case, JavaView, certificate, java, leaf_key, password, testdata};
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program::{self, Outcome};
use crate::support::run::{command, trustmend, trustmend_with};
use crate::support::scratch::Scratch;

fn copy(home: &Scratch, fixture: &str, name: &str) -> String {
    home.write(name, std::fs::read(testdata(fixture)).unwrap());
    home.at(name)
}

/// What every JDK sees in each of the files, which have this password.
fn seen(home: &Scratch, names: &[String], with: &str) -> Vec<(String, JavaView)> {
    let case =
        |name: &String| Case { name: name.clone(), bytes: home.read(name), password: Some(password(with)) };
    let cases: Vec<_> = names.iter().map(case).collect();
    Jvm::all().iter().flat_map(|jvm| names.iter().cloned().zip(java(jvm, &cases))).collect()
}

/// Every JDK opens the key `server` of the stores with their password, and sees its chain.
#[track_caller]
fn every_jdk_opens_the_key(home: &Scratch, names: &[&str], with: &str) {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let (_, chain) = leaf_key();
    let chain: Vec<_> = chain.iter().map(|certificate| certificate.sha256().hex()).collect();
    for (name, view) in seen(home, &names, with) {
        assert_eq!(view.opened_keys, 1, "{name}");
        let server = view.result.unwrap().entries.remove("server").unwrap();
        assert_eq!((server.kind.as_str(), &server.chain[..1]), ("private-key", &chain[..1]), "{name}");
    }
}

#[test]
fn keys_go_through_every_format_and_come_out_the_same() {
    let home = Scratch::new();
    let store = copy(&home, "jks/keytool17.jks", "0.jks");
    let convert = |from: &str, to: &str| {
        let common = ["--keys", "--store-password-env", "OLD", "--new-password-env", "NEW"];
        let env = [("OLD", if from == store { "changeit" } else { "another one" }), ("NEW", "another one")];
        trustmend_with(&home, &[&["convert", from, to][..], &common].concat(), &env, b"").success();
        let mode = std::fs::metadata(to).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "a file with keys is its owner's alone");
    };
    let mut last = store.clone();
    let names = ["1.p12", "2.jceks", "3.jks", "4.p12"];
    for name in names {
        convert(&last, &home.at(name));
        last = home.at(name);
    }
    every_jdk_opens_the_key(&home, &names, "another one");
    let out =
        ["pkcs12", "-in", &last, "-nocerts", "-nodes", "-passin", "pass:another one", "-out", "key.pem"];
    let key = home.at("key.pem");
    openssl(&[&out[..8], &[key.as_str()]].concat()).success();
    let der = home.at("key.der");
    openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", &key, "-outform", "DER", "-out", &der]).success();
    assert_eq!(home.read("key.der"), leaf_key().0.der());
}

#[test]
fn a_key_that_cannot_be_taken_over_is_named_and_nothing_is_written() {
    let home = Scratch::new();
    let own = copy(&home, "pkcs12/other-key-password.p12", "own.p12");
    let refused = trustmend(&home, &["convert", &own, "new.jks", "--keys"]);
    assert_eq!(refused.code, 5, "{}", refused.stderr);
    assert!(refused.stderr.contains("server: its key has another password"), "{}", refused.stderr);
    let given = ["convert", &own, "new.jks", "--keys", "--key-password-env", "KEY"];
    trustmend_with(&home, &given, &[("KEY", "another")], b"").success();
    every_jdk_opens_the_key(&home, &["new.jks"], "changeit");
    let pem = trustmend(&home, &["convert", "new.jks", "new.pem", "--keys"]);
    assert!(pem.code == 5 && pem.stderr.contains("a pem store holds no private keys"), "{}", pem.stderr);
    assert!(!home.path().join("new.pem").exists());
}

/// Fixture, the hidden entry (its certificate where the alias is made up), and what Java sees when that is repaired.
const HIDDEN: [(&str, &str, &[&str]); 5] = [
    ("jks/mixed-case.jks", "CorpRoot", &["corproot", "other"]),
    ("pkcs12/ignored-bags.p12", "stray", &["corp-root", "stray"]),
    ("pkcs12/ignored-bags.p12", "nested", &["corp-root", "nested"]),
    ("pkcs12/name-utf8.p12", "corp-root", &["corp-root"]),
    ("pkcs12/openssl-nokeys.p12", "store test root", &["store test root"]),
];

#[test]
fn entries_that_java_ignores_are_shown_and_repaired_when_named() {
    let home = Scratch::new();
    let mut names = Vec::new();
    for (number, (fixture, hidden, _)) in HIDDEN.iter().enumerate() {
        let name = format!("store{number}");
        let store = copy(&home, fixture, &name);
        let old = home.read(&name);
        let hidden = match *hidden {
            "nested" => alias_of(&home, &store, "other"),
            alias => alias.to_owned(),
        };
        let shown = trustmend(&home, &["repair", &store]).success();
        assert!(shown.stdout.contains(&hidden.to_lowercase()), "{fixture}: {}", shown.stdout);
        assert!(shown.stderr.contains("nothing was repaired"), "{}", shown.stderr);
        assert_eq!(home.read(&name), old, "{fixture}");
        trustmend(&home, &["repair", &store, &hidden]).success();
        names.push(name);
    }
    for (name, view) in seen(&home, &names, "changeit") {
        let number = names.iter().position(|other| *other == name).unwrap();
        let (fixture, hidden, wanted) = HIDDEN[number];
        let view = view.result.unwrap();
        let seen: Vec<_> = view.entries.keys().map(String::as_str).collect();
        assert_eq!((seen.as_slice(), view.anchors.len()), (wanted, seen.len()), "{fixture}: {hidden}");
    }
    for (name, (fixture, hidden, _)) in names.iter().zip(HIDDEN) {
        let command = ["repair", name, &hidden.to_lowercase(), "--json"];
        let again = trustmend(&home, &command).success().json();
        assert_eq!(again["changed"], false, "{fixture}: {again}");
    }
}

/// The alias of the entry that holds a certificate, as it is listed.
fn alias_of(home: &Scratch, store: &str, name: &str) -> String {
    let listed = trustmend(home, &["list", store, "--json"]).success().json();
    let sha256 = certificate(name).sha256().hex();
    let holds = |entry: &&serde_json::Value| entry["certificates"][0]["sha256"] == sha256;
    let entry = listed["entries"].as_array().unwrap().iter().find(holds).unwrap();
    entry["alias"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_in_the_clear_is_encrypted_and_duplicates_get_aliases_of_their_own() {
    let home = Scratch::new();
    let store = copy(&home, "pkcs12/ignored-bags.p12", "store.p12");
    trustmend(&home, &["repair", &store, "plain-key"]).success();
    let plain = leaf_key().0;
    let octets = home.read("store.p12");
    assert!(!octets.windows(plain.der().len()).any(|window| window == plain.der()));
    let mut names = vec!["store.p12".to_owned()];
    for fixture in ["jks/duplicates.jks", "pkcs12/duplicates.p12"] {
        let name = fixture.replace('/', "-");
        let store = copy(&home, fixture, &name);
        trustmend(&home, &["repair", &store, "--all"]).success();
        names.push(name);
    }
    for (name, view) in seen(&home, &names, "changeit") {
        let (keys, view) = (view.opened_keys, view.result.unwrap());
        if name == "store.p12" {
            assert_eq!((keys, view.entries["plain-key"].kind.as_str()), (1, "private-key"));
            continue;
        }
        let entries = trustmend(&home, &["list", &name, "--json"]).success().json();
        let entries = entries["entries"].as_array().unwrap().len();
        assert_eq!((view.entries.len(), view.anchors.len()), (entries, entries), "{name}");
    }
}

/// The command of a user who may write the file and not its folder; root gives that right up first.
fn confined(home: &Scratch, arguments: &[&str]) -> Outcome {
    let inner = command(home, arguments);
    if !rustix::process::geteuid().is_root() {
        return program::run(inner, b"", "nothing: it is this project's own");
    }
    let mut outer = std::process::Command::new("setpriv");
    outer.args(["--bounding-set=-dac_override", "--inh-caps=-dac_override"]);
    outer.arg(inner.get_program()).args(inner.get_args()).current_dir(home.path()).env_clear();
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    program::run(outer, b"", "setpriv of util-linux")
}

#[test]
fn a_file_in_a_closed_folder_is_written_where_it_stands_only_when_told_so() {
    let home = Scratch::new();
    let store = copy(&home, "jks/keytool17.jks", "closed/store.jks");
    std::fs::create_dir(home.path().join("kept")).unwrap();
    let old = home.read("closed/store.jks");
    let closed = home.path().join("closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    let third = testdata("certificates/third.pem").to_str().unwrap().to_owned();
    let import = ["import", &third, "--store", &store, "--alias", "third"];

    let refused = confined(&home, &import);
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(refused.stderr.contains("--in-place --backup-dir FOLDER"), "{}", refused.stderr);
    assert_eq!(home.read("closed/store.jks"), old);
    let told = [&import[..], &["--in-place", "--backup-dir", "kept", "--json"]].concat();
    let done = confined(&home, &told).success().json();
    assert_eq!(std::fs::read(home.path().join(done["backup"].as_str().unwrap())).unwrap(), old);
    let third = certificate("third").sha256().hex();
    for (_, view) in seen(&home, &["closed/store.jks".to_owned()], "changeit") {
        assert!(view.result.unwrap().anchors.contains(&third));
    }
    let back = ["remove", &store, "third", "--in-place", "--backup-dir", "kept"];
    confined(&home, &back).success();
    assert_eq!(home.read("closed/store.jks"), old, "shorter again, and the same octets");
    let usage = confined(&home, &[&import[..], &["--in-place"]].concat());
    assert_eq!(usage.code, 2, "without a place for the backup: {}", usage.stderr);
}
