//! The keystores that `generate` adds keys to, whoever made them, and where their passwords come from.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use trustmend::der::{Reader, tag};

use crate::store_support::{Case, fixtures, java};
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program::{self, Outcome};
use crate::support::run::{command, trustmend, trustmend_with};
use crate::support::scratch::Scratch;

/// Types lines at a terminal, each when the text before it was asked for, and prints what the terminal showed.
const TYPIST: &str = r"
import os, pty, sys, termios, time
questions = sys.argv[1].split('|')
answers = sys.stdin.read().splitlines()
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
for question, answer in zip(questions, answers):
    while question.encode() not in shown:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break
    # The question stands there a moment before the echo is off; no person is that fast.
    until = time.monotonic() + 20
    while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < until:
        time.sleep(0.001)
    os.write(terminal, answer.encode() + b'\n')
    _, _, shown = shown.partition(question.encode())
try:
    while more := os.read(terminal, 4096):
        shown += more
except OSError:
    pass
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

/// Runs trustmend at a terminal, and answers these questions of it.
fn at_a_terminal(home: &Scratch, arguments: &[&str], dialogue: &[(&str, &str)]) -> Outcome {
    let questions: Vec<_> = dialogue.iter().map(|(question, _)| *question).collect();
    let answers: String = dialogue.iter().map(|(_, answer)| format!("{answer}\n")).collect();
    let inner = command(home, arguments);
    let mut python = Command::new("python3");
    python.args(["-c", TYPIST, &questions.join("|")]).arg(inner.get_program()).args(inner.get_args());
    python.current_dir(home.path()).env_clear();
    python.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    program::run(python, answers.as_bytes(), "python3")
}

/// The ContentInfos of a PKCS12 file's AuthenticatedSafe, if it is in DER.
fn contents(pfx: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Reader::new(pfx).required(tag::SEQUENCE, "a PFX").ok()?.children();
    fields.required(tag::INTEGER, "a version").ok()?;
    let mut info = fields.required(tag::SEQUENCE, "the authSafe").ok()?.children();
    info.required(tag::OID, "its type").ok()?;
    let octets = info.optional(0xA0).ok()??.children().required(tag::OCTET_STRING, "its octets").ok()?;
    let mut safe =
        Reader::new(octets.content()).required(tag::SEQUENCE, "an AuthenticatedSafe").ok()?.children();
    let mut found = Vec::new();
    while let Ok(Some(one)) = safe.optional(tag::SEQUENCE) {
        found.push(one.whole());
    }
    Some(found)
}

/// What of a store has to stay octet for octet: in JKS and JCEKS all entries, in PKCS12 each ContentInfo.
fn untouchable(store: &[u8]) -> Vec<&[u8]> {
    match store {
        [0xFE | 0xCE, ..] => vec![&store[12..store.len() - 20]],
        _ => contents(store).unwrap_or_default(),
    }
}

fn has(whole: &[u8], part: &[u8]) -> bool {
    part.is_empty() || whole.windows(part.len()).any(|window| window == part)
}

/// Every store of testdata that Java opens, of every maker and format: the key is added, then renewed, and Java sees all that
/// it saw before.
#[test]
fn a_keystore_of_any_maker_gets_the_key_and_keeps_the_rest() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "first.test", "--out", "first"]).success();
    let jvm = Jvm::all().last().unwrap();
    let cases = fixtures();
    let seen = java(jvm, &cases);
    let (mut before, mut added, mut renewed) = (Vec::new(), Vec::new(), Vec::new());
    for (case, view) in cases.iter().zip(seen) {
        let Ok(view) = view.result else { continue };
        let name = case.name.replace('/', "-");
        home.write(&name, &case.bytes);
        let password = case.password.as_ref().unwrap();
        let into = ["generate", "scim.corp.test", "--out", "made", "--into-keystore", &name, "--force"];
        let with = ["--alias", "trustmend-added", "--keystore-password-env", "PASSWORD", "-q"];
        let add = || {
            let environment = [("PASSWORD", password.text())];
            trustmend_with(&home, &[&into[..], &with].concat(), &environment, b"")
        };
        let said = add();
        assert_eq!(said.code, 0, "{}: {}", case.name, said.text());
        let once = home.read(&name);
        // What follows the digest of a JKS file is read by nobody.
        let parts = if case.name.ends_with("trailing.jks") { Vec::new() } else { untouchable(&case.bytes) };
        for part in parts {
            assert!(has(&once, part), "{}: {} octets are not what they were", case.name, part.len());
        }
        added.push(Case { bytes: once, ..case.clone() });
        add().success();
        renewed.push(Case { bytes: home.read(&name), ..case.clone() });
        before.push(view);
    }
    assert!(before.len() > 30, "only {} stores were opened", before.len());
    for after in [&added, &renewed] {
        for ((case, old), new) in after.iter().zip(&before).zip(java(jvm, after)) {
            let mut new = new.result.unwrap_or_else(|error| panic!("{}: {error}", case.name));
            let ours = new.entries.remove("trustmend-added");
            let ours = ours.unwrap_or_else(|| panic!("{}: the key is not there", case.name));
            assert_eq!((ours.kind.as_str(), ours.chain.len()), ("private-key", 2), "{}", case.name);
            let plain = |view: &crate::store_support::View| {
                // The formats that keep no date answer the present.
                let entries = view.entries.iter();
                entries
                    .map(|(alias, one)| (alias.clone(), one.kind.clone(), one.chain.clone()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(plain(&new), plain(old), "{}", case.name);
        }
    }
    let (first, second) = (&added[0].bytes, &renewed[0].bytes);
    assert_ne!(first, second, "the key was made anew");
}

/// keytool of each JDK lists, exports and imports a keystore in use with the key in it.
#[test]
fn every_keytool_lists_exports_and_imports_what_was_added() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "first.test", "--out", "first"]).success();
    home.write("password", "changeit\n");
    let maker = Jvm::with_keytool().next().unwrap();
    for format in ["JKS", "JCEKS", "PKCS12"] {
        let store = home.at(format);
        let make =
            ["-genkeypair", "-alias", "other", "-keyalg", "EC", "-dname", "CN=other", "-storetype", format];
        let with = ["-keystore", &store, "-storepass", "changeit"];
        maker.keytool(&[&make[..], &with].concat()).success();
        let into = ["generate", "scim.corp.test", "--into-keystore", format, "--alias", "scim"];
        let out = format!("{format}.out");
        let more = ["--out", &out, "--keystore-password-file", "password"];
        trustmend(&home, &[&into[..], &more].concat()).success();
        let renew = ["generate", "--renew", &out, "--into-keystore", format, "--alias", "scim"];
        trustmend(&home, &[&renew[..], &["--keystore-password-file", "password"]].concat()).success();
        let leaf = home.read(&format!("{format}.out/cert.pem"));
        std::thread::scope(|scope| {
            for jvm in Jvm::with_keytool() {
                let (with, leaf, store, home) = (&with, &leaf, &store, &home);
                scope.spawn(move || {
                    let typed = [&with[..], &["-storetype", format]].concat();
                    let listed = jvm.keytool(&[&["-list"][..], &typed].concat()).success().stdout;
                    assert_eq!(listed.matches("PrivateKeyEntry").count(), 2, "{format}: {listed}");
                    let export = [&["-exportcert", "-rfc", "-alias", "scim"][..], &typed].concat();
                    let export = jvm.keytool(&export).success().stdout;
                    let plain = |text: &str| text.replace(['\r', '\n'], "");
                    assert_eq!(plain(&export), plain(str::from_utf8(leaf).unwrap()), "{format}");
                    let copy = home.at(&format!("{format}-{}.p12", jvm.version));
                    let from =
                        ["-importkeystore", "-noprompt", "-srckeystore", store, "-srcstoretype", format];
                    let from = [&from[..], &["-srcstorepass", "changeit", "-destkeystore", &copy]].concat();
                    let to = ["-deststorepass", "changeit", "-deststoretype", "PKCS12"];
                    jvm.keytool(&[&from[..], &to].concat()).success();
                    let key = ["pkcs12", "-in", &copy, "-passin", "pass:changeit", "-nodes"];
                    let said = openssl(&key).success().stdout;
                    assert_eq!(said.matches("BEGIN PRIVATE KEY").count(), 2, "{format}");
                });
            }
        });
    }
}

/// A file that only its owner can read, of random letters, when no password is given; else the file's, the environment's, or
/// what a person types, who is asked without an echo.
#[test]
fn a_password_comes_from_a_file_the_environment_a_person_or_chance() {
    let home = Scratch::new();
    home.write("password", "of a file\r\nsecond line\n");
    let opens = |store: &str, password: &str| {
        let pass = format!("pass:{password}");
        let read = ["pkcs12", "-in", &home.at(store), "-passin", &pass, "-nodes", "-nocerts"];
        assert!(openssl(&read).success().stdout.contains("PRIVATE KEY"), "{store}");
    };
    let generate = |store: &str, more: &[&str]| {
        let make = ["generate", "a.test", "--keystore", store, "--out", &format!("{store}.d")];
        let made = [&make[..], more].concat();
        made.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let run = |words: &[String], environment: &[(&str, &str)]| {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        trustmend_with(&home, &words, environment, b"")
    };
    run(&generate("random.p12", &[]), &[]).success();
    let random = String::from_utf8(home.read("random.p12.password")).unwrap();
    assert!(random.trim_end().len() >= 20, "{random}");
    let mode = std::fs::metadata(home.path().join("random.p12.password")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    opens("random.p12", random.trim_end());
    run(&generate("file.p12", &["--keystore-password-file", "password"]), &[]).success();
    opens("file.p12", "of a file");
    run(&generate("env.p12", &["--keystore-password-env", "SECRET"]), &[("SECRET", "of the air")]).success();
    opens("env.p12", "of the air");
    let short = run(&generate("short.p12", &["--keystore-password-env", "SECRET"]), &[("SECRET", "")]);
    assert!(short.code == 5 && short.stderr.contains("too short"), "{}", short.text());

    let typed = generate("typed.p12", &["--ask-keystore-password"]);
    let typed: Vec<_> = typed.iter().map(String::as_str).collect();
    let nobody = trustmend(&home, &typed);
    assert!(nobody.code == 2 && nobody.stderr.contains("nobody to ask"), "{}", nobody.text());
    let (new, again) = ("New password of typed.p12: ", "Once more: ");
    let differ = at_a_terminal(&home, &typed, &[(new, "of a person"), (again, "of a parson")]);
    assert!(differ.code == 2 && differ.stdout.contains("the two passwords differ"), "{}", differ.text());
    assert!(!home.path().join("typed.p12").exists() && !home.path().join("typed.p12.d").exists());
    let said = at_a_terminal(&home, &typed, &[(new, "of a person"), (again, "of a person")]).success();
    assert!(!said.stdout.contains("of a person"), "{}", said.stdout);
    opens("typed.p12", "of a person");
    for name in ["file.p12.password", "env.p12.password", "typed.p12.password"] {
        assert!(!home.path().join(name).exists(), "{name}: only a random one is written");
    }

    // Into a keystore whose password nobody named: a person is asked.
    let into = ["generate", "b.test", "--into-keystore", "typed.p12", "--alias", "more"];
    let refused = trustmend(&home, &into);
    assert!(refused.code == 4 && refused.stderr.contains("--keystore-password-file"), "{}", refused.text());
    let said = at_a_terminal(&home, &into, &[("Password of typed.p12: ", "of a person")]).success();
    assert!(!said.stdout.contains("of a person"), "{}", said.stdout);
    let listed = trustmend_with(
        &home,
        &["list", "typed.p12", "--store-password-env", "SECRET", "--json"],
        &[("SECRET", "of a person")],
        b"",
    );
    assert_eq!(listed.success().json()["entries"].as_array().unwrap().len(), 2);
}
