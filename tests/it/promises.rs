//! What scripts rely on: one JSON document whatever happens, its schema name, exit codes, the manual.

use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

/// Commands with arguments that fail, and how they fail.
const FAILING: &[(&[&str], i32)] = &[
    (&["inspect", "127.0.0.1:1"], 3),
    (&["inspect", "/no/such/file.pem"], 4),
    (&["diagnose", "127.0.0.1:1", "--store", "mozilla:"], 3),
    (&["diagnose", "https://user:secret@h.test/", "--store", "mozilla:"], 2),
    (&["import", "/no/such/file.pem", "--store", "s.jks"], 4),
    (&["import", "https://127.0.0.1:1", "--store", "mozilla:"], 5),
    (&["list", "/no/such/store"], 4),
    (&["list", "agent:okta"], 2),
    (&["export", "/no/such/store"], 4),
    (&["remove", "/no/such/store", "alias"], 4),
    (&["remove", "mozilla:", "alias"], 5),
    (&["rename", "/no/such/store", "old", "new"], 4),
    (&["restore", "/no/such/store"], 4),
    (&["audit", "/no/such/store"], 4),
    (&["diff", "/no/such/store", "mozilla:"], 4),
    (&["convert", "/no/such/store", "new.p12"], 4),
    (&["sync", "/no/such/manifest.toml"], 4),
    (&["plan", "/no/such/manifest.toml", "-o", "plan.json"], 4),
    (&["audit", "--log", "/no/such/log"], 4),
    (&["generate", "not a name"], 2),
    (&["generate", "--csr", "a.csr", "--server-config", "nginx"], 2),
    (&["generate", "--renew", "server.crt"], 2),
    (&["generate", "--rotate", "--ca", "nobody"], 4),
    (&["check", "http://127.0.0.1:1/", "--store", "mozilla:"], 2),
    (&["check", "https://127.0.0.1:1/", "--store", "mozilla:"], 3),
    (&["explain", "no-such-code"], 2),
    (&["completions", "no-such-shell"], 2),
    (&["man", "--out", "/proc/no/such/folder"], 6),
    (&["list"], 2),
];

#[test]
fn failures_are_one_json_document_with_the_promised_exit_code() {
    let home = Scratch::new();
    for (arguments, code) in FAILING {
        let outcome = trustmend(&home, &[arguments, &["--json"][..]].concat());
        assert_eq!(outcome.code, *code, "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
        let document = outcome.json();
        assert_eq!(document["schema"], format!("trustmend/v1/{}", arguments[0]), "{arguments:?}");
        assert_eq!(document["ok"], false, "{arguments:?}");
        let error = &document["error"];
        let told = error["message"].as_str().is_some_and(|message| !message.is_empty());
        // Targets and steps carry their errors each.
        let itemised = document["targets"].is_array() || document["steps"].is_array();
        assert!(told || itemised, "{arguments:?}: {document}");
        assert_eq!(outcome.stderr, "", "{arguments:?} says it twice");
    }
}

#[test]
fn failures_are_one_line_and_a_hint_for_people() {
    let home = Scratch::new();
    for (arguments, code) in FAILING {
        let outcome = trustmend(&home, arguments);
        assert_eq!(outcome.code, *code, "{arguments:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        assert!(!outcome.text().contains("secret"), "{arguments:?} repeats a password: {}", outcome.text());
    }
}

#[test]
fn answers_carry_their_schema() {
    let home = Scratch::new();
    let out = home.at("man");
    let ca = home.at("ca");
    let generated = home.at("leaf");
    for arguments in [
        &["list", "mozilla:"][..],
        &["audit", "mozilla:"],
        &["export", "mozilla:"],
        &["diff", "mozilla:", "mozilla:"],
        &["convert", "mozilla:", "converted.jks"],
        &["rename", "converted.jks", "isrg root x1", "isrg"],
        &["remove", "converted.jks", "isrg"],
        &["restore", "converted.jks"],
        &["explain"],
        &["explain", "leaf-expired"],
        &["completions", "bash"],
        &["man", "--out", &out],
        &["generate", "localhost", "--ca-dir", &ca, "--out", &generated],
        &["demo"],
    ] {
        let document = trustmend(&home, &[arguments, &["--json"]].concat()).success().json();
        assert_eq!(document["schema"], format!("trustmend/v1/{}", arguments[0]));
        assert_eq!(document["ok"], true, "{arguments:?}");
        assert!(document["error"].is_null(), "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure_to_tell_of() {
    let home = Scratch::new();
    let script =
        format!("{} list mozilla: -v | head -1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_trustmend"));
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &script]).current_dir(home.path());
    let outcome = crate::support::program::run(command, b"", "bash").success();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let home = Scratch::new();
    home.write("store.jks", "");
    let outcome = trustmend_with(&home, &["list", "store.jks"], &[], b"yes\nyes\n");
    assert_eq!(outcome.code, 4);
    assert!(outcome.stderr.contains("the file is empty"), "{}", outcome.stderr);
}

#[test]
fn the_manual_is_fresh() {
    let pages = trustmend::cli::manual();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for (name, text) in &pages {
        let kept = std::fs::read(folder.join(name)).unwrap_or_default();
        assert!(kept == *text, "man/{name} is stale: run `make man`");
    }
    let kept = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(kept, pages.len(), "man/ holds pages of commands that are gone");
}

#[test]
fn every_command_shows_its_exit_codes_or_leads_to_them() {
    let home = Scratch::new();
    let help = trustmend(&home, &["--help"]).success();
    assert!(help.stdout.contains("70  a bug in trustmend"), "{}", help.stdout);
}
