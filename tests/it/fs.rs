//! Files under pressure: many writers, killed writers, full and read-only disks. The old file stays, whole.
//!
//! What has to happen in a process of its own is done by this test binary started once more, with [`child`] as its only
//! test.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use trustmend::digest::Fingerprint;
use trustmend::fs::{PathError, Replace, create_new, lock, read, replace};

use crate::support::program::{self, Outcome};
use crate::support::scratch::Scratch;
use crate::support::strace;

const LONG: Duration = Duration::from_secs(60);

/// Puts `new` in place of `old`, as `import` does.
fn put(path: &Path, old: &[u8], new: &[u8]) -> Result<(), PathError> {
    replace(path, new, &Replace { expected: Some(Fingerprint::of(old)), mode: 0o644 })
}

/// Not a test: what the other processes do. `JOB` is the job and its arguments, one per line.
#[test]
#[ignore = "the other tests of this file start it as a process of its own"]
fn child() {
    let job = std::env::var("JOB").unwrap();
    let job: Vec<_> = job.lines().collect();
    let path = Path::new(job[1]);
    match job[0] {
        "count" => {
            for _ in 0..job[2].parse().unwrap() {
                let _held = lock(path, LONG).unwrap();
                let old = read(path, 100).unwrap();
                let count: u32 = std::str::from_utf8(&old).unwrap().parse().unwrap();
                put(path, &old, (count + 1).to_string().as_bytes()).unwrap();
            }
        }
        "hold" => {
            let held = lock(path, LONG).unwrap();
            std::fs::write(path, "held").unwrap();
            std::thread::sleep(LONG);
            drop(held);
        }
        "alternate" => {
            let (mut old, mut new) = (vec![b'a'; 100_000], vec![b'b'; 200_000]);
            loop {
                let _held = lock(path, LONG).unwrap();
                put(path, &old, &new).unwrap();
                std::mem::swap(&mut old, &mut new);
            }
        }
        "replace" => say(put(path, &read(path, 1 << 20).unwrap(), &vec![b'n'; job[2].parse().unwrap()])),
        "lock" => say(lock(path, Duration::ZERO).map(drop)),
        "create" => {
            rustix::process::umask(rustix::fs::Mode::empty());
            say(create_new(path, b"secret", 0o600));
        }
        other => panic!("no job {other}"),
    }
}

fn say(result: Result<(), PathError>) {
    match result {
        Ok(()) => eprintln!("said: done"),
        Err(error) => eprintln!("said: {error} ({})", error.hint()),
    }
}

fn command(prefix: &[&str], job: &[&str]) -> Command {
    let executable = std::env::current_exe().unwrap();
    let mut words = prefix.iter().copied().chain([executable.to_str().unwrap()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "fs::child", "--ignored", "--nocapture"]);
    command.env("JOB", job.join("\n"));
    command
}

/// Starts a process that does the job.
fn start(job: &[&str]) -> Child {
    command(&[], job).stdout(Stdio::null()).spawn().unwrap()
}

/// What a process that does the job has to say, run through the command in front (`unshare`, `setpriv`).
fn said(prefix: &[&str], job: &[&str]) -> String {
    let outcome: Outcome = program::run(command(prefix, job), b"", "util-linux").success();
    outcome.stderr.lines().find_map(|line| line.strip_prefix("said: ")).unwrap().to_owned()
}

#[test]
fn eight_processes_lose_no_step() {
    let scratch = Scratch::new();
    scratch.write("store", "0");
    let path = scratch.at("store");
    let children: Vec<_> = (0..8).map(|_| start(&["count", &path, "25"])).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!((scratch.read("store").as_slice(), scratch.names()), (&b"200"[..], vec!["store".to_owned()]));
}

#[test]
fn a_killed_holder_blocks_nobody() {
    let scratch = Scratch::new();
    let path = scratch.write("store", "");
    let mut holder = start(&["hold", path.to_str().unwrap()]);
    let start = Instant::now();
    while scratch.read("store") != b"held" {
        assert!(start.elapsed() < LONG, "the holder did not start");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(matches!(lock(&path, Duration::from_millis(20)), Err(PathError::Locked { .. })));
    holder.kill().unwrap();
    holder.wait().unwrap();
    drop(lock(&path, Duration::ZERO).unwrap());
    assert_eq!(scratch.names(), ["store"]);
}

#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new_one() {
    let scratch = Scratch::new();
    let path = scratch.at("store");
    let mut seen = [0, 0];
    for round in 0..60 {
        scratch.write("store", vec![b'a'; 100_000]);
        let mut writer = start(&["alternate", &path]);
        // A slow disk must not make every kill fall into the same write: each second round waits for the second one.
        for passing in [100_000, 200_000].iter().take(1 + round % 2) {
            while std::fs::metadata(&path).unwrap().len() == *passing {
                std::thread::yield_now();
            }
        }
        std::thread::sleep(Duration::from_micros(round as u64 * 137 % 5000));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let content = scratch.read("store");
        let whole = [vec![b'a'; 100_000], vec![b'b'; 200_000]];
        let which = whole.iter().position(|whole| *whole == content);
        seen[which.unwrap_or_else(|| panic!("{} octets after a kill", content.len()))] += 1;
    }
    drop(lock(Path::new(&path), Duration::ZERO).unwrap());
    assert_eq!(scratch.names(), ["store"], "the next holder sweeps");
    assert!(seen.iter().all(|count| *count > 0), "the kills came at one point only: {seen:?}");
}

/// Every call that changes something, failed in each way and cut off by a kill, with a draft that has no name and with
/// one that has (`open` refuses O_TMPFILE then). strace does it.
#[test]
fn whatever_call_fails_the_old_file_or_the_new_one_is_there() {
    let mut refusals = 0;
    for named in [false, true] {
        for call in ["fchown", "fsetxattr", "fchmod", "fsync", "linkat", "renameat"] {
            for how in
                ["error=ENOSPC", "error=EDQUOT", "error=EACCES", "error=EROFS", "error=EIO", "signal=KILL"]
            {
                for turn in 1..=2 {
                    refusals += injected(named, &format!("inject={call}:{how}:when={turn}"));
                }
            }
        }
    }
    assert!(refusals >= 66, "only {refusals} of the injections met a call");
}

/// Replaces a file while strace makes calls fail; 1 if that was refused or cut off.
fn injected(named: bool, injection: &str) -> u32 {
    let scratch = Scratch::new();
    let path = scratch.write("store", "old");
    xattr::set(&path, "user.note", b"kept").unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(1234), Some(4321)).unwrap();
    }
    let nameless: &[&str] = if named { &["-e", "inject=open:error=EOPNOTSUPP"] } else { &[] };
    let trace = strace::words("/dev/null", injection);
    let job = ["replace", path.to_str().unwrap(), "6"];
    let outcome = program::run(command(&[&trace[..], nameless].concat(), &job), b"", "strace");
    let said = outcome.stderr.lines().find_map(|line| line.strip_prefix("said: "));
    let content = scratch.read("store");
    let (is_old, is_new) = (content == b"old", content == b"nnnnnn");
    match said {
        Some("done") => assert!(is_new, "{injection}"),
        Some(said) => {
            assert!(said.starts_with(&format!("{}: ", path.display())), "{injection}: {said}");
            assert_eq!(is_new, said.contains("the new content is in place"), "{injection}: {said}");
            assert!(is_old || is_new, "{injection}: {content:?}");
        }
        None => {
            assert!(injection.contains("KILL") && (is_old || is_new), "{injection}: {outcome:?}");
            drop(lock(&path, Duration::ZERO).unwrap());
        }
    }
    assert_eq!(scratch.names(), ["store"], "{injection}");
    u32::from(said != Some("done"))
}

#[test]
fn a_full_disk_and_a_read_only_one_leave_the_old_file() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path().join("disk")).unwrap();
    let path = scratch.at("disk/store");
    let disk = |then: &str| {
        let mount = format!("mount -t tmpfs -o size=64k tmpfs {}", scratch.at("disk"));
        let before = format!("{mount} && printf old > {path} && chmod 640 {path} && {then}");
        let after = format!("printf 'left: '; ls -A {}; printf 'kept: '; cat {path}", scratch.at("disk"));
        let script = format!("{before} && \"$@\" && ({after}) >&2");
        let words = ["unshare", "-rm", "sh", "-ec", &script, "sh"];
        program::run(command(&words, &["replace", &path, "1000000"]), b"", "util-linux").success().stderr
    };
    let full = disk("true");
    assert!(full.contains("/disk/store: no space left on the device"), "{full}");
    let read_only = disk(&format!("mount -o remount,ro {}", scratch.at("disk")));
    assert!(read_only.contains("/disk/store: the file system is read-only"), "{read_only}");
    for outcome in [full, read_only] {
        assert!(outcome.contains("left: store\nkept: old"), "{outcome}");
    }
}

/// Root passes every permission, so the process that has to be refused gives that up first.
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let scratch = Scratch::new();
    scratch.write("closed/store", "old");
    let folder = scratch.path().join("closed");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let path = scratch.at("closed/store");
    let plain = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"];
    let prefix = if rustix::process::geteuid().is_root() { &plain[..] } else { &[] };
    let refused = said(prefix, &["replace", &path, "10"]);
    assert!(
        refused.starts_with(&format!("{path}: permission denied (writing a new file beside it)")),
        "{refused}"
    );
    assert!(refused.contains("run as the user who owns the file and its folder"), "{refused}");
    let locked = said(prefix, &["lock", &path]);
    assert!(locked.contains("/closed/.store.trustmend-lock: permission denied (locking)"), "{locked}");
    assert_eq!(scratch.read("closed/store"), b"old");
}

/// Only root can have a file of somebody else's in its folder, and give up the right to hand files over.
#[test]
fn a_file_of_another_user_keeps_its_owner_or_is_not_replaced() {
    if !rustix::process::geteuid().is_root() {
        assert!(std::env::var_os("CI").is_none(), "this can only be shown as root");
        return;
    }
    let scratch = Scratch::new();
    let path = scratch.write("store", "old");
    std::os::unix::fs::chown(&path, Some(1234), Some(4321)).unwrap();
    let prefix = ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"];
    let refused = said(&prefix, &["replace", path.to_str().unwrap(), "10"]);
    assert!(refused.contains("it belongs to user 1234 and group 4321"), "{refused}");
    assert_eq!((scratch.read("store").as_slice(), scratch.names().len()), (&b"old"[..], 1));
    put(&path, b"old", b"new").unwrap();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (1234, 4321));
}

#[test]
fn access_lists_are_kept_and_the_folders_default_is_not_added() {
    let scratch = Scratch::new();
    let path = scratch.write("store", "old");
    let acl = |args: &[&str]| {
        let mut command = Command::new(args[0]);
        command.args(&args[1..]).current_dir(scratch.path());
        program::run(command, b"", "acl").success().stdout
    };
    acl(&["setfacl", "-d", "-m", "u:1234:rw", "."]);
    put(&path, b"old", b"new").unwrap();
    assert!(!acl(&["getfacl", "-n", "store"]).contains("1234"), "the old file had no access list");
    acl(&["setfacl", "-m", "u:4321:r", "store"]);
    let before = acl(&["getfacl", "-n", "store"]);
    put(&path, b"new", b"newer").unwrap();
    assert_eq!(acl(&["getfacl", "-n", "store"]), before);
}

/// The system calls themselves: nothing is ever created with a wider mode than the owner's, whatever the umask says.
#[test]
fn a_private_file_is_private_from_the_first_call_on() {
    for how in ["trace=open,openat,creat,chmod,fchmod,fchmodat", "inject=open:error=EOPNOTSUPP"] {
        let scratch = Scratch::new();
        let (path, calls) = (scratch.at("key"), scratch.at("calls"));
        let trace = strace::words(&calls, how);
        assert_eq!(said(&trace, &["create", &path]), "done");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        let calls = String::from_utf8(scratch.read("calls")).unwrap();
        let makes =
            |call: &&str| call.contains("O_CREAT") || call.contains("O_TMPFILE") || call.contains("chmod");
        let made: Vec<_> = calls.lines().filter(|line| !line.contains("EOPNOTSUPP")).filter(makes).collect();
        assert!(made.len() >= 2, "{calls}");
        for call in made {
            assert!(call.contains("0600)"), "{call}");
        }
    }
}
