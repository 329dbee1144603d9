//! Declared trust on real stores: what keytool sees after `sync`, that nothing is touched that need not be, and that every
//! failure is told before anything is written.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use serde_json::Value;

use crate::support::fleet::{authority, fingerprint, keytool_sees};
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program::{self, Outcome};
use crate::support::run::{command, trustmend, trustmend_with};
use crate::support::scratch::Scratch;
use crate::support::strace;

/// The names and octets of a folder's files, with their times.
fn everything(home: &Scratch) -> BTreeMap<String, (Vec<u8>, i64, i64, u64)> {
    let one = |name: String| {
        let metadata = home.path().join(&name).metadata().unwrap();
        let octets = if metadata.is_file() { home.read(&name) } else { Vec::new() };
        (name, (octets, metadata.mtime(), metadata.mtime_nsec(), metadata.ino()))
    };
    home.names().into_iter().map(one).collect()
}

fn certificate(file: &str, sha256: &str, more: &str) -> String {
    format!("[[certificate]]\nfile = \"{file}\"\nsha256 = \"{sha256}\"\nreason = \"CHG-4711\"\n{more}\n")
}

fn manifest(home: &Scratch, parts: &[&str]) {
    home.write("m.toml", format!("version = 1\n{}", parts.join("\n")));
    std::fs::set_permissions(home.path().join("m.toml"), PermissionsExt::from_mode(0o644)).unwrap();
}

fn code(outcome: &Outcome) -> (i32, Value) {
    (outcome.code, outcome.json()["error"]["code"].clone())
}

const KEYSTORE: &str = "[[store]]\nname = \"agent\"\nstore = \"trust.jks\"\n";

#[test]
fn a_store_becomes_as_declared_once_and_is_then_left_alone() {
    let home = Scratch::new();
    let [first, renewed, foreign] = ["first", "renewed", "foreign"].map(|name| authority(&home, name));
    let cacerts = Jvm::with_keytool().next().unwrap().cacerts();
    std::fs::copy(cacerts, home.path().join("trust.jks")).unwrap();
    let jvm = Jvm::with_keytool().next().unwrap();
    let (store, file) = (home.at("trust.jks"), home.at("foreign.pem"));
    let import = [
        "-importcert",
        "-noprompt",
        "-keystore",
        &store,
        "-storepass",
        "changeit",
        "-alias",
        "theirs",
        "-file",
    ];
    jvm.keytool(&[&import[..], &[&file]].concat()).success();
    let before = keytool_sees(&store);
    let exact = format!("{KEYSTORE}mode = \"exact\"\nalias = \"corp-{{cn}}\"\n");
    let new = "[[store]]\nname = \"new\"\nstore = \"new.p12\"\nformat = \"pkcs12\"\n";
    manifest(&home, &[&certificate("first.pem", &first, ""), &exact, new]);

    let untouched = everything(&home);
    let dry = trustmend(&home, &["sync", "m.toml", "--dry-run", "--detailed-exitcode", "--json"]);
    assert_eq!((dry.code, everything(&home) == untouched), (10, true), "{}", dry.text());
    let done = trustmend(&home, &["sync", "m.toml", "--detailed-exitcode", "--json"]);
    assert_eq!(done.code, 10, "{}", done.text());
    let (dry, done) = (dry.json(), done.json());
    for key in ["steps", "diff", "name", "ok", "changed"] {
        assert_eq!(dry["stores"][0][key], done["stores"][0][key], "{key}");
    }
    assert_eq!(done["restart_required"], true);
    let mut expected = before.clone();
    expected.insert("corp-corp-first".to_owned(), first.clone());
    assert_eq!(keytool_sees(&store), expected);
    assert_eq!(
        keytool_sees(&home.at("new.p12")).into_values().collect::<Vec<_>>(),
        std::slice::from_ref(&first)
    );

    let kept = everything(&home);
    let again = trustmend(&home, &["sync", "m.toml", "--detailed-exitcode", "--json"]).success().json();
    assert!(again["changed"] == false && everything(&home) == kept, "{again}");

    manifest(&home, &[&certificate("renewed.pem", &renewed, ""), &exact, new]);
    trustmend(&home, &["sync", "m.toml"]).success();
    let mut expected = before;
    expected.insert("corp-corp-renewed".to_owned(), renewed.clone());
    assert_eq!(expected.get("theirs"), Some(&foreign), "what others added stays");
    assert_eq!(keytool_sees(&store), expected);
    let both = keytool_sees(&home.at("new.p12")).into_values().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(both, [first, renewed].into(), "additive");
}

#[test]
fn failures_are_the_same_in_a_dry_run_and_stop_no_other_store() {
    let home = Scratch::new();
    let [ca, other] = ["ca", "other"].map(|name| authority(&home, name));
    home.write("pw", "not the password\n");
    trustmend(&home, &["import", "other.pem", "--store", "locked.jks"]).success();
    let locked = "[[store]]\nstore = \"locked.jks\"\npassword-file = \"pw\"\n";
    let good = "[[store]]\nstore = \"good.jks\"\nformat = \"jks\"\n";
    manifest(&home, &[&certificate("ca.pem", &ca, ""), locked, good]);
    let octets = home.read("locked.jks");
    let dry = trustmend(&home, &["sync", "m.toml", "--dry-run", "--json"]);
    let run = trustmend(&home, &["sync", "m.toml", "--json"]);
    assert_eq!((code(&dry), code(&run)), ((4, "store-unreadable".into()), (4, "store-unreadable".into())));
    assert_eq!(dry.json()["stores"][0]["error"], run.json()["stores"][0]["error"]);
    assert_eq!(home.read("locked.jks"), octets);
    assert_eq!(
        keytool_sees(&home.at("good.jks")).into_values().collect::<Vec<_>>(),
        std::slice::from_ref(&ca)
    );

    // Distrust that did not happen is a failure too.
    let gone = certificate("other.pem", &other, "state = \"absent\"");
    manifest(&home, &[&gone, locked]);
    assert_eq!(code(&trustmend(&home, &["sync", "m.toml", "--json"])).0, 4);

    manifest(&home, &[&certificate("ca.pem", &other, ""), good]);
    let wrong = trustmend(&home, &["sync", "m.toml", "--json"]);
    assert_eq!(code(&wrong), (5, "fingerprint-mismatch".into()));
    home.write("both.pem", [home.read("ca.pem"), home.read("other.pem")].concat());
    manifest(&home, &[&certificate("both.pem", &ca, ""), good]);
    assert_eq!(code(&trustmend(&home, &["sync", "m.toml", "--json"])), (5, "fingerprint-mismatch".into()));
    manifest(&home, &["[[store]]\nstore = \"a\"\nmod = 1\n"]);
    let typo = trustmend(&home, &["sync", "m.toml", "--json"]);
    assert_eq!(code(&typo), (2, "manifest-invalid".into()));
    assert!(typo.stdout.contains("line 4"), "{}", typo.stdout);
    std::fs::set_permissions(home.path().join("m.toml"), PermissionsExt::from_mode(0o646)).unwrap();
    assert_eq!(code(&trustmend(&home, &["sync", "m.toml", "--json"])), (5, "manifest-open".into()));
}

#[test]
fn an_absent_certificate_goes_under_every_alias_and_a_leaf_needs_a_word() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    let jvm = Jvm::with_keytool().next().unwrap();
    for alias in ["one", "two"] {
        let (store, file) = (home.at("trust.jks"), home.at("ca.pem"));
        let import =
            ["-importcert", "-noprompt", "-keystore", &store, "-storepass", "changeit", "-alias", alias];
        jvm.keytool(&[&import[..], &["-file", &file]].concat()).success();
    }
    let absent =
        format!("[[certificate]]\nsha256 = \"{ca}\"\nreason = \"compromised\"\nstate = \"absent\"\n");
    manifest(&home, &[&absent, KEYSTORE]);
    let drift = trustmend(&home, &["audit", "trust.jks", "--against", "m.toml", "--json"]);
    assert_eq!((drift.code, &drift.json()["drift"][1]["kind"]), (1, &Value::from("unwanted-present")));
    trustmend(&home, &["sync", "m.toml"]).success();
    assert_eq!(keytool_sees(&home.at("trust.jks")), BTreeMap::new());

    openssl(&[
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=leaf.test",
        "-keyout",
        &home.at("leaf.key"),
        "-out",
        &home.at("leaf.csr"),
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        &home.at("leaf.csr"),
        "-CA",
        &home.at("ca.pem"),
        "-CAkey",
        &home.at("ca.key"),
        "-days",
        "30",
        "-out",
        &home.at("leaf.pem"),
    ]);
    let leaf = fingerprint(&home.read("leaf.pem"));
    manifest(&home, &[&certificate("leaf.pem", &leaf, ""), KEYSTORE]);
    assert_eq!(code(&trustmend(&home, &["sync", "m.toml", "--json"])), (5, "policy".into()));
    manifest(&home, &[&certificate("leaf.pem", &leaf, "allow = [\"leaf\"]"), KEYSTORE]);
    trustmend(&home, &["sync", "m.toml"]).success();
    assert_eq!(keytool_sees(&home.at("trust.jks")).len(), 1);
    assert_eq!(trustmend(&home, &["audit", "trust.jks", "--against", "m.toml"]).code, 0);
}

#[test]
fn a_plan_does_what_was_approved_or_nothing() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    authority(&home, "other");
    trustmend(&home, &["import", "other.pem", "--store", "trust.jks"]).success();
    manifest(&home, &[&certificate("ca.pem", &ca, ""), KEYSTORE]);
    let plan = trustmend(&home, &["plan", "m.toml", "-o", "plan.json", "--json"]).success().json();
    let sha256 = plan["sha256"].as_str().unwrap();
    let apply = |sha256: &str| {
        trustmend(
            &home,
            &["sync", "--plan", "plan.json", "--plan-sha256", sha256, "--json", "--detailed-exitcode"],
        )
    };
    assert_eq!(code(&apply(&ca)), (5, "plan-mismatch".into()));
    // It needs neither manifest nor certificates.
    for name in ["m.toml", "ca.pem"] {
        std::fs::remove_file(home.path().join(name)).unwrap();
    }
    let original = home.read("trust.jks");
    trustmend(&home, &["rename", "trust.jks", "corp-other", "theirs"]).success();
    let renamed = home.read("trust.jks");
    assert_eq!(code(&apply(sha256)), (5, "store-changed".into()));
    assert_eq!(home.read("trust.jks"), renamed);
    home.write("trust.jks", original);
    assert_eq!(apply(sha256).code, 10);
    assert!(keytool_sees(&home.at("trust.jks")).values().any(|seen| *seen == ca));
    assert_eq!(code(&apply(sha256)), (5, "store-changed".into()), "a plan is carried out once");
    let again = trustmend(&home, &["plan", "/no/such.toml", "-o", "p"]);
    assert_eq!(again.code, 4);
}

#[test]
fn every_write_is_recorded_and_the_record_cannot_be_changed_unseen() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    let other = authority(&home, "other");
    manifest(&home, &[&certificate("ca.pem", &ca, ""), KEYSTORE]);
    let log = ["--audit-log", "audit.jsonl"];
    let socket = UnixDatagram::bind(home.path().join("syslog")).unwrap();
    let syslog = format!("--syslog={}", home.at("syslog"));
    trustmend(&home, &[&["import", "other.pem", "--store", "trust.jks", &syslog][..], &log].concat())
        .success();
    let mut message = [0_u8; 4096];
    let length = socket.recv(&mut message).unwrap();
    let message = String::from_utf8_lossy(&message[..length]).into_owned();
    trustmend(&home, &[&["sync", "m.toml"][..], &log].concat()).success();
    trustmend(&home, &[&["sync", "m.toml"][..], &log].concat()).success();
    trustmend(&home, &[&["remove", "trust.jks", "--fingerprint", &other][..], &log].concat()).success();
    trustmend(&home, &[&["remove", "trust.jks", "--fingerprint", &ca, "--dry-run"][..], &log].concat())
        .success();
    let text = String::from_utf8(home.read("audit.jsonl")).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let commands: Vec<_> = records.iter().map(|record| record["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["import", "sync", "remove"], "unchanged and dry runs write no record");
    let [import, sync, remove] = [0, 1, 2].map(|index| &records[index]);
    assert!(message.starts_with("<86>") && message.contains(import["hash"].as_str().unwrap()), "{message}");
    assert_eq!(sync["changes"][0]["sha256"], ca.as_str());
    assert_eq!(sync["changes"][0]["reason"], "CHG-4711");
    assert_eq!(sync["sha256_before"], import["sha256_after"]);
    assert_eq!(sync["sha256_after"], remove["sha256_before"]);
    assert_eq!(remove["sha256_after"], trustmend::digest::Fingerprint::of(&home.read("trust.jks")).hex());
    assert_eq!(sync["who"]["uid"], home.path().metadata().unwrap().uid());

    let head = import["hash"].as_str().unwrap();
    let verify = ["audit", "--log", "audit.jsonl", "--log-head", head, "--json"];
    assert_eq!(trustmend(&home, &verify).success().json()["records"], 3);
    home.write("audit.jsonl", text.replace("CHG-4711", "CHG-4712"));
    assert_eq!(code(&trustmend(&home, &verify)), (1, "log-altered".into()));
    home.write("audit.jsonl", text.lines().skip(1).collect::<Vec<_>>().join("\n"));
    assert_eq!(trustmend(&home, &verify).code, 1);
    home.write("audit.jsonl", "not a record\n");
    let unrecorded =
        trustmend(&home, &[&["import", "ca.pem", "--store", "new.jks", "--json"][..], &log].concat());
    assert_eq!(code(&unrecorded), (6, "audit-log".into()));
    assert!(!home.path().join("new.jks").exists(), "better nothing than unrecorded");
}

#[test]
fn a_declared_keystore_is_made_once_and_again_for_other_names() {
    let home = Scratch::new();
    let declare = |names: &str| {
        let keystore = format!(
            "[[keystore]]\npath = \"server.p12\"\nca-dir = \"ca\"\nalias = \"scim\"\nnames = {names}\n"
        );
        manifest(&home, &[&keystore]);
    };
    let sync = |more: &[&str]| {
        let words = ["sync", "m.toml", "--detailed-exitcode", "--json", "--audit-log", "audit.jsonl"];
        trustmend(&home, &[&words[..], more].concat())
    };
    declare("[\"localhost\", \"::1\"]");
    assert_eq!((sync(&["--dry-run"]).code, home.path().join("server.p12").exists()), (10, false));
    let made = sync(&[]);
    assert_eq!(
        (made.code, &made.json()["keystores"][0]["changed"]),
        (10, &Value::from(true)),
        "{}",
        made.text()
    );
    let password = String::from_utf8(home.read("server.p12.password")).unwrap();
    let listed = |store: &str| {
        let jvm = Jvm::with_keytool().next().unwrap();
        jvm.keytool(&["-list", "-v", "-keystore", store, "-storepass", password.trim()]).success().stdout
    };
    let seen = listed(&home.at("server.p12"));
    assert!(seen.contains("PrivateKeyEntry") && seen.contains("DNSName: localhost"), "{seen}");
    let kept = home.read("server.p12");
    assert!(sync(&[]).code == 0 && home.read("server.p12") == kept);
    declare("[\"scim.test\"]");
    assert_eq!(sync(&[]).code, 10);
    assert_ne!(home.read("server.p12"), kept);
    let log = String::from_utf8(home.read("audit.jsonl")).unwrap();
    let records: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = records.iter().map(|one| (&one["changes"][0]["action"], &one["reason"])).collect();
    assert_eq!(
        told,
        [(&"add".into(), &"there is none".into()), (&"replace".into(), &"it is for other names".into())]
    );
    let sha256 = trustmend::digest::Fingerprint::of(&home.read("server.p12")).hex();
    assert_eq!(
        (&records[1]["sha256_before"], &records[1]["sha256_after"]),
        (&records[0]["sha256_after"], &sha256.into())
    );
    home.write("server.p12", "somebody's");
    let refused = sync(&[]);
    assert!(refused.code != 0 && home.read("server.p12") == b"somebody's", "{}", refused.text());
    assert_eq!(trustmend(&home, &["plan", "m.toml", "-o", "plan"]).code, 2);
}

/// A service that reads its store when it starts, as a JVM does, and keeps what it read in `seen`.
const SERVICE: &str = r#"#!/bin/sh
# service.sh FOLDER start|stop|status
set -eu
cd "$1"
echo "$2" >>calls
case $2 in
start) [ ! -e broken ] || { echo "no start today" >&2; exit 1; }; cp trust.jks seen; touch running ;;
stop) rm -f running ;;
status) [ -e running ] ;;
esac
"#;

fn with_service(home: &Scratch, ca: &str, check: &str) {
    home.write("service.sh", SERVICE);
    let argv = |verb: &str| {
        format!("{verb} = [\"sh\", \"{}\", \"{}\", \"{verb}\"]", home.at("service.sh"), home.path().display())
    };
    let service = format!(
        "[[service]]\nname = \"s\"\nmanager = \"command\"\nwait-seconds = 5\n{}\n{}\n{}\n",
        argv("start"),
        argv("stop"),
        argv("status")
    );
    let store = format!("{KEYSTORE}services = [\"s\"]\n");
    manifest(home, &[&certificate("ca.pem", ca, ""), &store, &service, check]);
}

fn calls(home: &Scratch) -> String {
    let calls = String::from_utf8(home.read("calls")).unwrap();
    home.write("calls", "");
    calls.split_whitespace().filter(|call| *call != "status").collect::<Vec<_>>().join(" ")
}

#[test]
fn a_restart_stops_writes_starts_and_goes_back_when_it_is_not_well() {
    let home = Scratch::new();
    let [ca, _] = ["ca", "other"].map(|name| authority(&home, name));
    trustmend(&home, &["import", "other.pem", "--store", "trust.jks", "--no-backup"]).success();
    home.write("running", "");
    let old = home.read("trust.jks");
    let sync =
        |more: &[&str]| trustmend(&home, &[&["sync", "m.toml", "--restart", "--json"][..], more].concat());

    // A failed check.
    with_service(&home, &ca, "[[check]]\ncommand = [\"sh\", \"-c\", \"exit 7\"]\nwait-seconds = 0\n");
    let log = home.at("log");
    let back = sync(&["--audit-log", &log]);
    assert_eq!(code(&back), (6, "rolled-back".into()), "{}", back.text());
    assert_eq!(
        (back.json()["rolled_back"].clone(), back.json()["changed"].clone()),
        (true.into(), false.into())
    );
    assert_eq!(
        (home.read("trust.jks") == old, home.read("seen") == old),
        (true, true),
        "and the service reads the old one"
    );
    assert_eq!(calls(&home), "stop start stop start");
    assert!(!home.path().join("trust.jks.trustmend.json").exists());
    let records = String::from_utf8(home.read("log")).unwrap();
    assert!(records.contains("\"command\":\"sync-rollback\"") && records.lines().count() == 2, "{records}");

    // A service that does not start again.
    with_service(&home, &ca, "");
    home.write("broken", "");
    let back = sync(&[]);
    assert_eq!(code(&back), (6, "rolled-back".into()));
    assert!(home.read("trust.jks") == old && back.stdout.contains("no start today"), "{}", back.text());
    std::fs::remove_file(home.path().join("broken")).unwrap();

    // All well; then nothing to do, and the service is left alone.
    home.write("running", "");
    calls(&home);
    let done = sync(&["--detailed-exitcode"]);
    assert_eq!((done.code, calls(&home).as_str()), (10, "stop start"), "{}", done.text());
    assert_eq!(done.json()["services"][0]["outcome"], "restarted");
    assert_eq!(home.read("seen"), home.read("trust.jks"));
    assert_eq!((sync(&[]).code, calls(&home).as_str()), (0, ""));

    // One that was stopped stays so.
    std::fs::remove_file(home.path().join("running")).unwrap();
    trustmend(&home, &["remove", "trust.jks", "--fingerprint", &ca]).success();
    let done = sync(&[]).success().json();
    assert_eq!((done["services"][0]["outcome"].clone(), calls(&home).as_str()), ("left-stopped".into(), ""));
    assert!(Path::new(&home.at("trust.jks.trustmend.json")).exists());
}

/// What stands in for systemctl and service: it keeps how it was called, and answers as the real one does.
const MANAGER: &str = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$HOME/managed\"\n";

#[test]
fn systemd_and_sysv_are_told_in_their_own_words() {
    for (manager, calls) in [
        (
            "systemd",
            "systemctl is-active --quiet agent.unit\nsystemctl stop agent.unit\nsystemctl start agent.unit\n\
                     systemctl is-active --quiet agent.unit\n",
        ),
        (
            "sysv",
            "service agent.unit status\nservice agent.unit stop\nservice agent.unit start\n\
                  service agent.unit status\n",
        ),
        ("none", ""),
    ] {
        let home = Scratch::new();
        let ca = authority(&home, "ca");
        for name in ["bin/systemctl", "bin/service"] {
            let program = home.write(name, MANAGER);
            std::fs::set_permissions(program, PermissionsExt::from_mode(0o755)).unwrap();
        }
        home.write("managed", "");
        let service = format!("[[service]]\nname = \"s\"\nunit = \"agent.unit\"\nmanager = \"{manager}\"\n");
        let store = format!("{KEYSTORE}format = \"jks\"\nservices = [\"s\"]\n");
        manifest(&home, &[&certificate("ca.pem", &ca, ""), &store, &service]);
        let path = format!("{}:/usr/bin:/bin", home.at("bin"));
        let done = trustmend_with(&home, &["sync", "m.toml", "--restart", "--json"], &[("PATH", &path)], b"");
        let done = done.success().json();
        assert_eq!(String::from_utf8(home.read("managed")).unwrap(), calls);
        let outcome = if manager == "none" { "restart-required" } else { "restarted" };
        assert_eq!(done["services"][0]["outcome"], outcome);
        assert_eq!(done["restart_required"], manager == "none");
    }
}

/// A module that calls keytool and openssl for each certificate starts programs by the dozen; one run of ours is one process
/// and one write, for eight changes as for one.
#[test]
fn eight_changes_are_one_process_and_one_write() {
    let home = Scratch::new();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let declared: Vec<String> = names
        .iter()
        .map(|name| {
            let sha256 = authority(&home, name);
            certificate(&format!("{name}.pem"), &sha256, "")
        })
        .collect();
    let parts: Vec<&str> =
        declared.iter().map(String::as_str).chain([KEYSTORE, "format = \"jks\""]).collect();
    manifest(&home, &parts);
    authority(&home, "z");
    trustmend(&home, &["import", "z.pem", "--store", "trust.jks"]).success();
    let command = command(&home, &["sync", "m.toml", "--json"]);
    let calls = "trace=execve,rename,renameat,renameat2";
    let traced = program::run(strace::under(&home.at("calls"), calls, &command), b"", "strace").success();
    assert_eq!(keytool_sees(&home.at("trust.jks")).len(), 9, "{}", traced.text());
    let calls = String::from_utf8(home.read("calls")).unwrap();
    let count = |what: &str| calls.lines().filter(|line| line.contains(what)).count();
    let succeeded = |line: &&str| line.contains("execve(") && line.ends_with("= 0");
    assert_eq!(calls.lines().filter(succeeded).count(), 1, "{calls}");
    assert_eq!(count("trust.jks\")"), 1, "{calls}");
}
