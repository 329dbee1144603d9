//! What `sync` does not do, and says so: one file under two names, what others put into a store, checks that are not tried.

use serde_json::Value;

use crate::support::fleet::authority;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

fn manifest(home: &Scratch, file: &str, sha256: &str, rest: &str) {
    let certificate =
        format!("[[certificate]]\nfile = \"{file}.pem\"\nsha256 = \"{sha256}\"\nreason = \"CHG-1\"\n");
    home.write("m.toml", format!("version = 1\n{certificate}{rest}"));
}

#[test]
fn two_stores_that_are_one_file_are_refused_before_anything_is_done() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    let store = |name: &str, path: &str| {
        format!("[[store]]\nname = \"{name}\"\nstore = \"{path}\"\nformat = \"jks\"\n")
    };
    home.write("folder/x", "");
    std::os::unix::fs::symlink("folder", home.path().join("link")).unwrap();
    for other in ["./trust.jks", "link/../trust.jks"] {
        let stores = store("first", "trust.jks") + &store("second", other);
        let keystore = "[[keystore]]\npath = \"server.p12\"\nnames = [\"localhost\"]\nca-dir = \"ca\"\n";
        manifest(&home, "ca", &ca, &(stores + keystore));
        for words in
            [&["sync", "m.toml", "--dry-run"][..], &["sync", "m.toml"], &["plan", "m.toml", "-o", "p"]]
        {
            if words[0] == "plan" {
                let text = String::from_utf8(home.read("m.toml")).unwrap();
                home.write("m.toml", text.replace(keystore, ""));
            }
            let refused = trustmend(&home, &[words, &["--json"]].concat());
            let error = refused.json()["error"].clone();
            assert_eq!((refused.code, &error["code"]), (2, &"manifest-invalid".into()), "{}", refused.text());
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("\"first\" and \"second\"") && message.contains("trust.jks"),
                "{message}"
            );
            for name in ["trust.jks", "server.p12", "ca", "p"] {
                assert!(!home.path().join(name).exists(), "{words:?} made {name}");
            }
        }
    }
}

#[test]
fn mode_exact_names_what_it_leaves() {
    let home = Scratch::new();
    let [ca, foreign] = ["ca", "foreign"].map(|name| authority(&home, name));
    trustmend(&home, &["convert", "mozilla:", "trust.jks"]).success();
    trustmend(&home, &["import", "foreign.pem", "--store", "trust.jks", "--alias", "theirs"]).success();
    let store = |mode: &str| format!("[[store]]\nstore = \"trust.jks\"\nmode = \"{mode}\"\n");
    let audit = ["audit", "trust.jks", "--against", "m.toml"];
    let json = |words: &[&str]| trustmend(&home, &[words, &["--json"]].concat()).json();
    manifest(&home, "ca", &ca, &store("exact"));
    let dry = trustmend(&home, &["sync", "m.toml", "--dry-run"]).success().stdout;
    let done = json(&["sync", "m.toml"])["stores"][0]["foreign"].clone();
    let named = |foreign: &Value| {
        let entries = foreign["entries"].as_array().unwrap().iter();
        entries.map(|one| (one["alias"].clone(), one["sha256"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(named(&done), [("theirs".into(), foreign.clone().into())]);
    let roots = done["public_roots"].as_u64().unwrap();
    assert!(roots > 100, "{done}");
    let said = trustmend(&home, &audit).text();
    for text in [&dry, &said] {
        assert!(text.contains(&format!("{foreign}  theirs  CN=Corp foreign")), "{text}");
        assert!(text.contains(&format!("and {roots} of Mozilla's roots")), "{text}");
    }
    let audited = json(&audit);
    assert_eq!(
        (&audited["foreign"], audited["drift"].as_array().map(Vec::len)),
        (&done, Some(0)),
        "{audited}"
    );
    // Additive promises nothing of the kind.
    manifest(&home, "ca", &ca, &store("additive"));
    assert!(!trustmend(&home, &audit).text().contains("theirs"));
    assert_eq!(named(&json(&["sync", "m.toml"])["stores"][0]["foreign"]), []);
}

#[test]
fn a_check_that_no_service_was_started_for_is_tried_once_and_none_where_nothing_changed() {
    let home = Scratch::new();
    let [ca, other] = ["ca", "other"].map(|name| authority(&home, name));
    let checks = "[[check]]\nurl = \"https://127.0.0.1:1/\"\n\
        [[check]]\ncommand = [\"sh\", \"-c\", \"echo tried >> tries; exit 7\"]\n";
    let stores = ["one", "two"].map(|name| format!("[[store]]\nstore = \"{name}.jks\"\nformat = \"jks\"\n"));
    let tries = || String::from_utf8(home.read("tries")).unwrap().lines().count();
    manifest(&home, "ca", &ca, &(stores.concat() + checks));

    let dry = trustmend(&home, &["sync", "m.toml", "--dry-run"]).success().stdout;
    assert!(dry.contains("check https://127.0.0.1:1/: not tried: this is a dry run"), "{dry}");
    let failed = trustmend(&home, &["sync", "m.toml", "--json"]);
    assert_eq!((failed.code, tries()), (1, 1), "{}", failed.text());
    let failed = failed.json();
    let answers: Vec<_> = failed["checks"].as_array().unwrap().iter().map(|one| one["ok"] == true).collect();
    assert_eq!(answers, [false, false, false], "one for each store, and the command: {failed}");
    assert_eq!(failed["checks_not_tried"], Value::Array(Vec::new()));

    let same = trustmend(&home, &["sync", "m.toml"]).success().stdout;
    assert!(same.contains("check https://127.0.0.1:1/: not tried: no store was changed"), "{same}");
    let same = trustmend(&home, &["sync", "m.toml", "--json"]).success().json();
    assert_eq!((same["checks_not_tried"].as_array().unwrap().len(), tries()), (2, 1), "{same}");

    // Who wants to wait says so.
    let patient = checks.replace("exit 7", "test $(wc -l < tries) -ge 4") + "wait-seconds = 60\n";
    manifest(
        &home,
        "other",
        &other,
        &(stores.concat() + &patient.replacen("[[check]]\nurl", "[[check]]\nwait-seconds = 0\nurl", 1)),
    );
    let waited = trustmend(&home, &["sync", "m.toml", "--json"]).json();
    let last = waited["checks"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["ok"], tries()), (&true.into(), 4), "{waited}");
}
