//! The Java installations of this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::program::{self, Outcome};

const PACKAGE: &str = "openjdk-17-jdk-headless";

/// One Java installation.
#[derive(Debug)]
pub(crate) struct Jvm {
    /// Its folder, without links.
    pub(crate) home: PathBuf,
    /// What its file `release` says: `17.0.21`, `25.0.3`.
    pub(crate) version: String,
}

impl Jvm {
    /// Every installation under /usr/lib/jvm, and those that TRUSTMEND_TEST_JVMS names (separated by colons), each
    /// once, by rising version.
    #[track_caller]
    pub(crate) fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Jvm>> = OnceLock::new();
        let all = ALL.get_or_init(find);
        assert!(!all.is_empty(), "no Java under /usr/lib/jvm; install {PACKAGE} (tests/setup.sh does)");
        all
    }

    /// Those that bring keytool along, as JDKs and most runtimes do.
    #[track_caller]
    pub(crate) fn with_keytool() -> impl Iterator<Item = &'static Self> {
        let mut found = Self::all().iter().filter(|jvm| jvm.has("keytool")).peekable();
        assert!(found.peek().is_some(), "no keytool under /usr/lib/jvm; install {PACKAGE}");
        found
    }

    /// The one that compiles: the oldest with a compiler, so that its classes run on all that are newer.
    #[track_caller]
    pub(crate) fn compiler() -> &'static Self {
        let found = Self::all().iter().find(|jvm| jvm.has("javac"));
        found
            .unwrap_or_else(|| panic!("no javac under /usr/lib/jvm; install {PACKAGE} (tests/setup.sh does)"))
    }

    /// The first number of the version: 8, 11, 17.
    pub(crate) fn major(&self) -> u32 {
        let version = self.version.strip_prefix("1.").unwrap_or(&self.version);
        version.split(['.', '_', '+', '-']).next().unwrap().parse().unwrap()
    }

    /// The trust store it ships with.
    pub(crate) fn cacerts(&self) -> PathBuf {
        let inner = self.home.join("jre/lib/security/cacerts"); // a JDK 8 keeps its runtime in a folder of its own
        if inner.exists() { inner } else { self.home.join("lib/security/cacerts") }
    }

    /// One of its programs, with messages in English.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.home.join("bin").join(name));
        command.env("JAVA_HOME", &self.home).env_remove("JAVA_TOOL_OPTIONS").env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs its keytool.
    #[track_caller]
    pub(crate) fn keytool(&self, args: &[&str]) -> Outcome {
        let mut command = self.program("keytool");
        command.args(["-J-XX:TieredStopAtLevel=1", "-J-Duser.language=en"]).args(args);
        program::run(command, b"", PACKAGE)
    }

    fn has(&self, program: &str) -> bool {
        self.home.join("bin").join(program).exists()
    }
}

fn find() -> Vec<Jvm> {
    let named = std::env::var_os("TRUSTMEND_TEST_JVMS").unwrap_or_default();
    let named = std::env::split_paths(&named).collect::<Vec<_>>();
    let installed = std::fs::read_dir("/usr/lib/jvm").into_iter().flatten();
    let installed = installed.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found = BTreeMap::new();
    for home in installed.chain(named).filter_map(|path| std::fs::canonicalize(path).ok()) {
        if home.join("bin/java").exists()
            && let Some(version) = version(&home)
        {
            found.insert(home.clone(), Jvm { home, version });
        }
    }
    let mut all: Vec<_> = found.into_values().collect();
    all.sort_by_key(Jvm::major);
    all
}

/// `JAVA_VERSION="17.0.21"` in the file `release`.
fn version(home: &Path) -> Option<String> {
    let release = std::fs::read_to_string(home.join("release")).ok()?;
    let line = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    Some(line.trim_matches('"').to_owned())
}
