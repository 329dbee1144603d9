//! The real binary under pressure: hundreds of imports at once, imports killed anywhere, disks that fail. No certificate
//! is lost, and the store is the old one or the new one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, SerialNumber};
use trustmend::cert::Certificate;
use trustmend::pem;
use trustmend::store::{self, Alias};

use crate::store_support::{password, testdata};
use crate::support::program::{self, Outcome};
use crate::support::run;
use crate::support::scratch::Scratch;
use crate::support::strace;

/// Calls that reach a file or its folder.
const FILE_CALLS: &str = "trace=open,openat,read,write,statx,newfstatat,readlink,flock,getdents64,flistxattr,fgetxattr,\
                          fsetxattr,fchmod,fchown,fsync,lseek,linkat,renameat,rename,unlink,close";

/// Those that change something.
const WRITING: [&str; 9] =
    ["open", "openat", "write", "fchmod", "fsync", "linkat", "renameat", "unlink", "flock"];

/// CA certificates `0.pem`, `1.pem`, ..; two and two have the same name, so that their aliases collide.
fn authorities(scratch: &Scratch, count: u64) {
    let key = KeyPair::generate().unwrap();
    for number in 0..count {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.serial_number = Some(SerialNumber::from(number + 1));
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, format!("Corp CA {}", number / 2));
        let certificate = parameters.self_signed(&key).unwrap();
        scratch.write(&format!("{number}.pem"), pem::encode("CERTIFICATE", certificate.der()));
    }
}

fn arguments<'a>(certificate: &'a str, store: &'a str) -> [&'a str; 6] {
    ["import", certificate, "--store", store, "--no-backup", "-q"]
}

fn start(scratch: &Scratch, number: u64, store: &str) -> Child {
    let mut command = run::command(scratch, &arguments(&format!("{number}.pem"), store));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// The anchors of a store: their aliases, each with the fingerprint under it.
fn trusted(scratch: &Scratch, name: &str) -> BTreeMap<String, String> {
    let store = store::decode(&scratch.read(name), Some(&password("changeit"))).unwrap();
    let pair = |(alias, certificate): (&Alias, &Certificate)| (alias.java_key(), certificate.sha256().hex());
    let trusted: BTreeMap<_, _> = store.anchors().map(pair).collect();
    let different: BTreeSet<_> = trusted.values().collect();
    assert_eq!(different.len(), store.anchors().count(), "{name}: different certificates, different aliases");
    trusted
}

#[test]
fn of_imports_at_once_every_certificate_arrives() {
    for (fixture, name, count) in [("jks/empty.jks", "s.jks", 200), ("pkcs12/mac-only.p12", "s.p12", 40)] {
        let scratch = Scratch::new();
        authorities(&scratch, count);
        scratch.write(name, std::fs::read(testdata(fixture)).unwrap());
        let before = trusted(&scratch, name).len();
        let children: Vec<_> = (0..count).map(|number| start(&scratch, number, name)).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let after = trusted(&scratch, name);
        assert_eq!(after.len(), before + usize::try_from(count).unwrap(), "{name}: {after:?}");
        let others = scratch.names().into_iter().filter(|name| !name.ends_with(".pem"));
        assert_eq!(others.collect::<Vec<_>>(), [name], "no lock and no draft is left");
    }
}

/// A store with one certificate, and a second one to import.
struct Site {
    scratch: Scratch,
    old: Vec<u8>,
}

impl Site {
    fn new() -> Self {
        let scratch = Scratch::new();
        authorities(&scratch, 4);
        scratch.write("s.jks", std::fs::read(testdata("jks/empty.jks")).unwrap());
        let path = scratch.at("s.jks");
        run::trustmend(&scratch, &arguments("0.pem", &path)).success();
        let old = scratch.read("s.jks");
        Self { scratch, old }
    }

    fn store(&self) -> String {
        self.scratch.at("s.jks")
    }

    /// Whether the store is the new one; it has to be that or the old one.
    #[track_caller]
    fn is_new(&self, context: &str) -> bool {
        if self.scratch.read("s.jks") == self.old {
            return false;
        }
        let aliases: Vec<_> = trusted(&self.scratch, "s.jks").into_keys().collect();
        assert_eq!(aliases, ["corp-ca-0", "corp-ca-1"], "{context}");
        true
    }

    /// The next import finds nothing in its way and leaves nothing behind.
    #[track_caller]
    fn goes_on(&self, context: &str) {
        let before = trusted(&self.scratch, "s.jks").len();
        let next = run::trustmend(&self.scratch, &arguments("3.pem", &self.store()));
        assert_eq!(next.code, 0, "{context}: {}", next.stderr);
        assert_eq!(trusted(&self.scratch, "s.jks").len(), before + 1, "{context}");
        let left = self.scratch.names();
        assert_eq!(left, ["0.pem", "1.pem", "2.pem", "3.pem", "s.jks"], "{context}");
    }

    fn reset(&self) {
        self.scratch.write("s.jks", &self.old);
    }

    /// Imports the second certificate under strace.
    fn traced(&self, what: &str, log: &str) -> Outcome {
        let certificate = self.scratch.at("2.pem");
        let import = run::command(&self.scratch, &arguments(&certificate, &self.store()));
        program::run(strace::under(log, what, &import), b"", "strace")
    }

    /// The file calls of an import from the first that names a file of this folder on: call and turn.
    fn calls(&self) -> Vec<(String, usize)> {
        let logs = Scratch::new();
        self.traced(FILE_CALLS, &logs.at("calls")).success();
        self.reset();
        let log = String::from_utf8(logs.read("calls")).unwrap();
        let folder = self.scratch.path().to_str().unwrap();
        let (mut turns, mut calls, mut ours) = (HashMap::new(), Vec::new(), false);
        for line in log.lines() {
            // Behind the number of the process.
            let call = line.split_whitespace().nth(1).unwrap_or_default();
            let Some((call, _)) = call.split_once('(') else { continue };
            let turn = turns.entry(call.to_owned()).or_insert(0);
            *turn += 1;
            ours |= line.contains(folder);
            let prints = call == "write" && line.contains("write(1, ");
            if ours && !prints {
                calls.push((call.to_owned(), *turn));
            }
        }
        assert!(calls.len() > 40, "{log}");
        calls
    }
}

/// Killed at a thousand moments spread over its whole run.
#[test]
fn a_thousand_killed_imports_leave_the_old_store_or_the_new_one() {
    let halves: Vec<_> = (0..2).map(|half| std::thread::spawn(move || killed(half, 500))).collect();
    for half in halves {
        half.join().unwrap();
    }
}

fn killed(half: u64, wanted: usize) {
    let site = Site::new();
    let begun = Instant::now();
    let mut whole = start(&site.scratch, 2, "s.jks");
    assert!(whole.wait().unwrap().success());
    let most = u64::try_from(begun.elapsed().as_micros()).unwrap().max(2_000);
    site.reset();
    let (mut kills, mut round) = (0, 0_u64);
    while kills < wanted {
        round += 1;
        assert!(
            round < 20_000,
            "only {kills} of {round} imports were still running when they were to be killed"
        );
        let mut import = start(&site.scratch, 2, "s.jks");
        // A fraction that never repeats: the golden ratio's.
        let moment = (round * 2 + half) * 618_034 % 1_000_000 * most / 1_000_000;
        std::thread::sleep(Duration::from_micros(moment));
        import.kill().unwrap();
        kills += usize::from(import.wait().unwrap().code().is_none());
        let context = format!("killed after {moment} microseconds");
        site.is_new(&context);
        if round % 25 == 0 {
            site.goes_on(&context);
        }
        site.reset();
    }
}

/// Killed at each call that changes something.
#[test]
fn an_import_killed_at_a_call_leaves_the_old_store_or_the_new_one() {
    let site = Site::new();
    let (mut old, mut new) = (0, 0);
    for (call, turn) in site.calls() {
        if !WRITING.contains(&call.as_str()) {
            continue;
        }
        let context = format!("killed at {call} {turn}");
        let outcome = site.traced(&format!("inject={call}:signal=KILL:when={turn}"), "/dev/null");
        assert_eq!(outcome.code, -1, "{context}: {outcome:?}");
        if site.is_new(&context) {
            new += 1
        } else {
            old += 1
        }
        site.goes_on(&context);
        site.reset();
    }
    assert!(old >= 8 && new >= 2, "old {old}, new {new}");
}

/// Each file call fails in each way a disk has.
#[test]
fn an_import_that_meets_a_failing_disk_says_where_and_leaves_the_store() {
    let site = Site::new();
    let calls = site.calls();
    let mut refusals = 0;
    for error in ["ENOSPC", "EACCES", "EROFS", "EDQUOT", "EINTR"] {
        for (call, turn) in calls.iter().filter(|(call, _)| call != "close") {
            let context = format!("{error} from {call} {turn}");
            let outcome = site.traced(&format!("inject={call}:error={error}:when={turn}"), "/dev/null");
            refusals += usize::from(refused(&site, &outcome, &context));
            site.goes_on(&context);
            site.reset();
        }
    }
    assert!(refusals > 100, "only {refusals} calls mattered");
}

/// Whether it failed; then with one line that names the file, and the store as it was unless that line says otherwise.
fn refused(site: &Site, outcome: &Outcome, context: &str) -> bool {
    let new = site.is_new(context);
    if outcome.code == 0 {
        assert!(new, "{context}: done, and nothing changed");
        return false;
    }
    assert!([4, 6].contains(&outcome.code), "{context}: {outcome:?}");
    let line = outcome.stderr.lines().next().unwrap_or_default();
    let folder = site.scratch.path().to_str().unwrap();
    assert!(line.starts_with("error: ") && line.contains(folder), "{context}: {}", outcome.stderr);
    assert_eq!(new, line.contains("the new content is in place"), "{context}: {line}");
    true
}
