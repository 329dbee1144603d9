//! The Java programs of tests/it/java, compiled once and run on any JVM.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use trustmend::digest::Fingerprint;

use super::jvm::Jvm;
use super::program::{self, Outcome};
use super::scratch::Scratch;

/// Runs `tests/it/java/NAME.java` on `jvm`.
#[track_caller]
pub(crate) fn run(jvm: &Jvm, name: &str, options: &[&str], args: &[&str]) -> Outcome {
    program::run(command(jvm, name, options, args), b"", "a Java runtime")
}

/// The command, for programs that serve until they are killed.
#[track_caller]
pub(crate) fn command(jvm: &Jvm, name: &str, options: &[&str], args: &[&str]) -> Command {
    let mut command = jvm.program("java");
    command.args(["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Duser.language=en"]).args(options);
    command.arg("-cp").arg(classes(name)).arg(name).args(args);
    command
}

/// The command for a program that needs these jars, which are of Java 17 at most.
#[track_caller]
pub(crate) fn command_with(jvm: &Jvm, name: &str, jars: &[PathBuf], args: &[&str]) -> Command {
    let mut command = jvm.program("java");
    command.args(["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Duser.language=en"]);
    let path = jars.iter().cloned().chain([compiled(name, jars, 17)]);
    command.arg("-cp").arg(std::env::join_paths(path).unwrap()).arg(name).args(args);
    command
}

/// The option that makes a JVM resolve these names, and only these, as a hosts file does.
pub(crate) fn hosts(scratch: &Scratch, names: &[(&str, &str)]) -> String {
    let lines: String = names.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
    format!("-Djdk.net.hosts.file={}", scratch.write("hosts", lines).display())
}

/// The folder of the compiled classes, by the content of the source: compiled again only when that changes.
pub(crate) fn classes(name: &str) -> PathBuf {
    compiled(name, &[], 11)
}

fn compiled(name: &str, jars: &[PathBuf], release: u32) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/java").join(format!("{name}.java"));
    let text = std::fs::read(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("java");
    let compiled = folder.join(format!("{name}-{}", &Fingerprint::of(&text).hex()[..16]));
    if !compiled.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let fresh = tempfile::tempdir_in(&folder).unwrap();
        let jvm = Jvm::compiler();
        let mut javac = jvm.program("javac");
        let release = jvm.major().min(release).to_string();
        javac.args(["--release", &release, "-d"]).arg(fresh.path()).arg(&source);
        javac.arg("-cp").arg(std::env::join_paths(jars).unwrap());
        program::run(javac, b"", "openjdk-17-jdk-headless").success();
        // Another test process may have been faster; then its classes are as good.
        let _ = std::fs::rename(fresh.path(), &compiled);
    }
    compiled
}
