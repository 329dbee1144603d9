//! What people read when something is refused: what to do next is something that can be done.

use std::process::Command;

use crate::net_support::Pki;
use crate::store_support::testdata;
use crate::support::fleet::authority;
use crate::support::jre;
use crate::support::jvm::Jvm;
use crate::support::openssl::Server;
use crate::support::program;
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

#[test]
fn a_pipe_is_no_store_and_is_not_called_one() {
    let home = Scratch::new();
    let mut mkfifo = Command::new("mkfifo");
    mkfifo.arg(home.at("pipe"));
    program::run(mkfifo, b"", "coreutils").success();
    for place in ["pipe", "/dev/null", "-"] {
        let refused = trustmend(&home, &["list", place]);
        assert_ne!(refused.code, 0, "{place}");
        let hints: Vec<_> = refused.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
        assert!(
            hints.len() == 1 && hints[0].contains("file") && !hints[0].contains("with `-`"),
            "{place}: {hints:?}"
        );
    }
}

#[test]
fn a_store_whose_password_cannot_be_changed_is_no_damaged_one() {
    let home = Scratch::new();
    home.write("new", "another one\n");
    let (key, mut secret) = (home.at("key.p12"), home.at("secret.jceks"));
    std::fs::copy(testdata("pkcs12/other-key-password.p12"), &key).unwrap();
    std::fs::copy(testdata("jceks/keytool17.jceks"), &secret).unwrap();
    let change = |store: &str| trustmend(&home, &["password", store, "--new-password-file", "new"]).stderr;
    let said = change(&key);
    assert!(said.contains("\"server\"") && said.contains("--keys --key-password-file"), "{said}");
    authority(&home, "ca");
    for store in [std::mem::take(&mut secret), home.at("ca.pem")] {
        let said = change(&store);
        assert!(
            said.contains("is not supported; ") && !said.contains("a store that can be written"),
            "{said}"
        );
        assert!(!said.contains("restore it"), "{said}");
    }
    // A PEM file takes no key, whatever is said.
    for more in [&["--allow-loss"][..], &["--allow-loss", "--keys"]] {
        let convert = [&["convert", &key, "out.pem", "--dry-run", "--json"], more].concat();
        let steps = trustmend(&home, &convert).json()["steps"].to_string();
        assert!(steps.contains("a pem store holds no private keys") && !steps.contains("--keys"), "{steps}");
    }
}

#[test]
fn a_file_that_is_there_is_refused_by_every_command_and_times_are_rfc_3339() {
    let (home, pki) = (Scratch::new(), Pki::new());
    pki.write(home.path());
    let server = Server::start(&["-cert", &home.at("leaf.pem"), "-key", &home.at("key.pem")]);
    let url = format!("https://localhost:{}/", server.port);
    trustmend(&home, &["inspect", &url, "--save", "seen.json"]).success();
    let diagnose = [
        "diagnose",
        &url,
        "--store",
        "root.pem",
        "--no-fetch",
        "--extra",
        "chain.pem",
        "--write-bundle",
        "seen.json",
    ];
    for words in [&["inspect", &url, "--save", "seen.json"][..], &diagnose] {
        let refused = trustmend(&home, words);
        assert_eq!(refused.code, 5, "{words:?}: {}", refused.text());
        assert!(refused.stderr.contains("this file exists already"), "{}", refused.stderr);
    }
    for command in
        [&["inspect", "seen.json"][..], &["diagnose", "seen.json", "--store", "root.pem", "--no-fetch"]]
    {
        let text = trustmend(&home, command).text();
        let seen = text
            .lines()
            .find_map(|line| line.split("as seen on ").nth(1))
            .unwrap_or_else(|| panic!("{text}"));
        let time = time::OffsetDateTime::parse(seen.trim(), &time::format_description::well_known::Rfc3339);
        assert!(time.is_ok(), "{seen}");
    }
}

#[test]
fn a_link_is_refused_once_and_flags_that_nobody_typed_are_not_shown() {
    let home = Scratch::new();
    authority(&home, "ca");
    trustmend(&home, &["import", "ca.pem", "--store", "real.jks"]).success();
    std::os::unix::fs::symlink("real.jks", home.path().join("link.jks")).unwrap();
    let refused = trustmend(&home, &["remove", "link.jks", "corp-ca"]);
    assert_eq!((refused.code, refused.stderr.matches("is a link: ").count()), (5, 1), "{}", refused.stderr);
    let done = trustmend(&home, &["remove", "link.jks", "corp-ca", "--yes"]).success();
    assert_eq!(done.stderr.matches("is a link: ").count(), 1, "{}", done.stderr);

    // The variable counts, and is no flag.
    let log = home.at("log.jsonl");
    let with_log = [("TRUSTMEND_AUDIT_LOG", log.as_str())];
    let usage = trustmend_with(&home, &["import", "ca.pem"], &with_log, b"");
    assert!(usage.code == 2 && !usage.stderr.contains("audit-log"), "{}", usage.stderr);
    trustmend_with(&home, &["import", "ca.pem", "--store", "real.jks"], &with_log, b"").success();
    assert_eq!(home.read("log.jsonl").iter().filter(|octet| **octet == b'\n').count(), 1);

    let usage = trustmend(&home, &["import", "ca.pem", "--store", "real.jks", "--in-place"]).stderr;
    assert!(usage.contains("--backup-dir") && usage.contains("--no-backup"), "{usage}");
    for kept in [&["--no-backup"][..], &["--backup-dir", "kept"]] {
        std::fs::create_dir_all(home.path().join("kept")).unwrap();
        let import = ["import", "ca.pem", "--store", "real.jks", "--in-place", "--dry-run"];
        trustmend(&home, &[&import, kept].concat()).success();
    }
}

#[test]
fn the_manual_names_its_command_and_what_it_needs_first() {
    let home = Scratch::new();
    assert_eq!(trustmend(&home, &["man"]).code, 2);
    assert_eq!(home.names(), Vec::<String>::new());
    let pages = trustmend::cli::manual();
    let import = pages.iter().find(|(name, _)| name == "trustmend-import.1").unwrap();
    let page = String::from_utf8(import.1.clone()).unwrap().replace('\\', "");
    assert!(page.contains(".SH NAME\ntrustmend-import - Add "), "{page}");
    let synopsis = page.split(".SH SYNOPSIS\n").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(synopsis, "fBtrustmend importfR <SOURCE>... --store <STORE> [OPTIONS]");
}

#[test]
fn a_java_that_is_not_known_is_judged_only_where_it_is() {
    let home = Scratch::new();
    authority(&home, "ca");
    let refused = trustmend(&home, &["diagnose", "ca.pem", "--java-version", "99", "--store", "mozilla:"]);
    assert!(refused.code == 2 && refused.stderr.contains("known are 8 to 25"), "{}", refused.stderr);
    let newer = home.path().join("jdk-99");
    jre::told(Jvm::all().last().unwrap(), &newer);
    home.write("jdk-99/release", "JAVA_VERSION=\"99.0.1\"\n");
    let store = format!("java:{}", newer.display());
    let judged = trustmend(&home, &["diagnose", "ca.pem", "--store", &store, "--no-fetch"]);
    assert!(judged.code == 1 && judged.stdout.contains("judged as Java 99.0.1"), "{}", judged.text());
}
