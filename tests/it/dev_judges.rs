//! What others say of the certificates that `generate` makes: OpenSSL, GnuTLS, a linter; who can read its keys; what it
//! says of input that cannot be.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use trustmend::ca::KeyKind;

use crate::support::openssl::openssl;
use crate::support::program;
use crate::support::run::{command, trustmend};
use crate::support::scratch::Scratch;
use crate::support::strace;

/// What the linter says of every certificate here and is no fault of theirs: it holds each DNS name against RFC 1034's
/// syntax for a host of two labels or more. RFC 6125 (6.4.3) has wildcards, RFC 5280 (4.2.1.10) lets a constraint be a
/// single label, as `localhost` also is in a leaf.
const REVIEWED: [&str; 6] = ["*.dev.test", "localhost", "test", "local", "internal", "home.arpa"];

/// The findings of severity ERROR and above, without those reviewed.
fn lint(path: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.cache/pkilint/bin");
    let mut command = Command::new(folder.join("lint_pkix_cert"));
    command.args(["lint", "-s", "ERROR", path]);
    let said = program::run(command, b"", "pkilint (tests/setup.d/dev_certs.sh does)");
    assert!(said.stderr.is_empty(), "{}", said.stderr);
    let findings = said.stdout.lines().filter(|line| line.starts_with(' '));
    let reviewed = |line: &&str| {
        line.contains("pkix.invalid_domain_name_syntax")
            && REVIEWED.iter().any(|name| line.ends_with(&format!("\"{name}\"")))
    };
    findings.filter(|line| !reviewed(line)).map(str::to_owned).collect()
}

#[test]
fn every_certificate_satisfies_openssl_gnutls_and_the_linter() {
    let home = Scratch::new();
    let names = ["scim.corp.test", "*.dev.test", "m\u{fc}ller.test", "localhost", "10.0.0.5", "::1"];
    let ways: &[(&str, &[&str])] = &[
        ("client", &["--client"]),
        ("both", &["--client", "--client"]),
        ("nameless", &["--no-common-name"]),
        ("self-signed", &["--self-signed"]),
        ("ephemeral", &["--ephemeral-ca"]),
        ("long", &["--days", "3650"]),
    ];
    let kinds = KeyKind::ALL.map(|kind| (kind.name(), vec!["--key", kind.name()]));
    let ways = kinds.into_iter().chain(ways.iter().map(|(name, flags)| (*name, flags.to_vec())));
    let mut linted = Vec::new();
    for (folder, flags) in ways {
        trustmend(&home, &[&["generate", "--out", folder][..], &names, &flags].concat()).success();
        let at = |name: &str| home.at(&format!("{folder}/{name}"));
        let (leaf, chain, ca) = (at("cert.pem"), at("fullchain.pem"), at("ca.pem"));
        let strict = ["verify", "-x509_strict", "-CAfile", &ca, "-untrusted", &chain];
        openssl(&[&strict[..], &[&leaf]].concat()).success();
        let mut certtool = Command::new("certtool");
        certtool.args([
            "--verify",
            "--verify-profile",
            "medium",
            "--load-ca-certificate",
            &ca,
            "--infile",
            &chain,
        ]);
        let said = program::run(certtool, b"", "gnutls-bin");
        // As Java wants it, a leaf that vouches for itself is no CA, and GnuTLS trusts CAs only: the one reviewed exception.
        let expected = match folder {
            "self-signed" => "The certificate issuer is not a CA.",
            _ => "Chain verification output: Verified.",
        };
        assert!(said.stdout.contains(expected), "{folder}: {}", said.text());
        linted.push(leaf);
    }
    linted.extend(["p256/ca.pem", "p256/intermediate.pem", "ephemeral/ca.pem"].map(|name| home.at(name)));
    let threads: Vec<_> = linted.chunks(linted.len().div_ceil(2)).map(<[String]>::to_vec).collect();
    let check = |paths: Vec<String>| {
        for path in paths {
            assert_eq!(lint(&path), Vec::<String>::new(), "{path}");
        }
    };
    std::thread::scope(|scope| threads.into_iter().for_each(|paths| drop(scope.spawn(move || check(paths)))));
}

/// The linter does find what is wrong: a test that only ever passes would prove nothing.
#[test]
fn the_linter_finds_a_fault() {
    let home = Scratch::new();
    let make =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/"];
    let names =
        ["-addext", "subjectAltName=DNS:a_b.test", "-keyout", &home.at("key"), "-out", &home.at("bad.pem")];
    openssl(&[&make[..], &names].concat()).success();
    assert_ne!(lint(&home.at("bad.pem")), Vec::<String>::new());
}

/// Every file that holds a secret is created for its owner alone and is never opened to others, even if the umask lets it
/// be; no folder lets others write; and what strace saw of standard output and error holds no key.
#[test]
fn no_umask_opens_a_key_to_others() {
    let home = Scratch::new();
    let log = home.at("calls");
    let generate = ["generate", "scim.corp.test", "--out", "made", "--keystore", "k.jks", "--verbose"];
    let traced = strace::under(
        &log,
        "trace=open,openat,creat,mkdir,chmod,fchmod,fchmodat,write,linkat,rename",
        &command(&home, &generate),
    );
    let mut open = Command::new("sh");
    open.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(traced.get_program()).args(traced.get_args());
    open.env_clear().current_dir(home.path());
    open.envs(traced.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let said = program::run(open, b"", "strace").success();
    assert!(!said.text().contains("PRIVATE KEY"), "{}", said.text());
    let calls = String::from_utf8(home.read("calls")).unwrap();
    assert!(calls.contains("BEGIN PRIVATE KEY"), "the writing of keys was not seen: {calls}");
    let mut secrets = 0;
    let mut created = "";
    for line in calls.lines() {
        let makes = line.contains("O_CREAT") || line.contains("O_TMPFILE");
        if line.contains(" open") && makes && !line.contains("= -1") {
            created = line;
        }
        if line.contains("write(") && (line.contains("PRIVATE KEY") || line.contains("\\376\\355\\376\\355"))
        {
            secrets += 1;
            assert!(created.contains(", 0600)"), "a secret was written to what {created} made");
        }
        assert!(!line.contains("mkdir(") || line.contains(", 0700)") || line.contains(", 0755)"), "{line}");
    }
    assert_eq!(secrets, 3, "the authority's key, the leaf's, the keystore: {calls}");
    let mode = |name: &str| std::fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o7777;
    let authority = ".local/share/trustmend/ca/authority.pem";
    for secret in ["made/key.pem", "k.jks", "k.jks.password", authority] {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
    assert_eq!(mode("made"), 0o755);
}

/// Killed at any write, sync or link, it leaves no file with a key but the ones it was to make, complete.
#[test]
fn killed_at_any_moment_it_leaves_no_key_elsewhere() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "first.test", "--out", "first"]).success();
    let generate = ["generate", "scim.corp.test", "--out", "made", "--keystore", "k.p12"];
    let mut killed = 0;
    for call in ["write", "linkat", "fchmod", "fsync"] {
        for turn in 1..=9 {
            let how = format!("inject={call}:signal=KILL:when={turn}");
            let log = home.at("calls");
            let said = program::run(strace::under(&log, &how, &command(&home, &generate)), b"", "strace");
            killed += usize::from(said.code != 0);
            let found = files(home.path());
            for path in
                found.iter().filter(|path| !path.starts_with("first/") && !path.starts_with(".local/"))
            {
                let expected = [
                    "made/cert.pem",
                    "made/fullchain.pem",
                    "made/ca.pem",
                    "made/intermediate.pem",
                    "made/key.pem",
                ];
                let beside = ["k.p12", "k.p12.password", "calls"];
                let is_lock = path.ends_with(".trustmend-lock");
                assert!(
                    expected.contains(&path.as_str()) || beside.contains(&path.as_str()) || is_lock,
                    "{call} {turn} left {path}"
                );
            }
            if found.iter().any(|path| path == "made/key.pem") {
                openssl(&["pkey", "-in", &home.at("made/key.pem"), "-noout"]).success();
            }
            for gone in ["k.p12", "k.p12.password"] {
                let _ = std::fs::remove_file(home.path().join(gone));
            }
            let _ = std::fs::remove_dir_all(home.path().join("made"));
        }
    }
    assert!(killed > 10, "only {killed} were killed");
}

/// The files below a folder, by their paths from there.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn what_cannot_be_is_one_line_and_nothing_written() {
    let home = Scratch::new();
    let label = format!("{}.test", "a".repeat(300));
    let long = format!("{}test", "a23456789.".repeat(30));
    for name in [label.as_str(), &long, "", "a..b", "*", "a.*.test", "sp ace.test", "a\nb.test", "10.0.0.256"]
    {
        let said = trustmend(&home, &["generate", "--out", "made", "--", name]);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{name:?}: {}", said.stderr);
        let errors = said.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{name:?}: {}", said.stderr);
        assert!(said.stderr.contains("is not a name for a certificate: "), "{name:?}: {}", said.stderr);
        assert!(said.stderr.lines().all(|line| line.len() < 200), "{name:?}: {}", said.stderr);
    }
    let many: Vec<_> = (0..10_000).map(|number| format!("h{number}.test")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let said = trustmend(&home, &[&["generate", "--out", "made"][..], &many].concat());
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.starts_with("error: 10000 names are too many for one certificate"),
        "{}",
        said.stderr
    );
    let long = "a".repeat(5000);
    for flag in ["--key", "--permit", "--ca"] {
        let said = trustmend(&home, &["generate", "a.test", "--out", "made", flag, &long]);
        let lines = said.stderr.lines().all(|line| line.len() < 250);
        assert!(
            said.code == 2 && lines && said.stderr.contains("(5000 characters)"),
            "{flag}: {}",
            said.stderr
        );
    }
    for days in ["0", "4000000"] {
        assert_eq!(trustmend(&home, &["generate", "a.test", "--out", "made", "--days", days]).code, 2);
    }
    assert!(!home.path().join("made").exists());
}

/// A file system with room for one file of two: mounted where only the program sees it.
#[test]
fn a_full_disk_and_a_read_only_folder_leave_nothing() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "first.test", "--out", "first"]).success();
    let script = "mkdir full && mount -t tmpfs -o size=8k none full &&
        \"$0\" generate a.test --out full/x/y --keystore full/k.p12; echo \"code $?\"; find full -mindepth 1
        mount -o remount,ro full; \"$0\" generate a.test --out full/x/y; echo \"code $?\"; find full -mindepth 1";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", script]);
    unshare.arg(command(&home, &[]).get_program()).current_dir(home.path()).env("HOME", home.path());
    let said = program::run(unshare, b"", "util-linux, and run as root").success();
    assert_eq!(said.stdout, "code 6\ncode 6\n", "{}", said.stderr);
    assert!(said.stderr.contains("no space left on the device"), "{}", said.stderr);
    assert!(said.stderr.to_lowercase().contains("read-only"), "{}", said.stderr);
    assert_eq!(said.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{}", said.stderr);
}
