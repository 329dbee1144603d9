//! Running JVMs, from what Linux tells of them in `/proc`. Nothing is asked of the JVM itself.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::choice::{Choice, Runtime, choose};
use super::command_line::{CommandLine, Reader, Variables};
use super::error::AgentError;
use super::tree::Tree;
use super::trouble::{self, Trouble};
use crate::fs::{self, PathError};

/// Most of one file of /proc that is read, in octets: a JVM has some thousand mappings.
const MAX_FILE: u64 = 16 << 20;
/// Most processes looked at.
const MAX_PROCESSES: usize = 50_000;

/// A running JVM.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The file system it lives in.
    pub tree: Tree,
    /// Its runtime.
    pub runtime: Runtime,
    /// What it was started with.
    pub line: CommandLine,
    /// Its working folder.
    pub folder: PathBuf,
    /// Paths on its command line, which tell the product; nothing else of it is kept.
    pub paths: Vec<PathBuf>,
    /// The service it belongs to, by its control group.
    pub service: Option<String>,
}

impl Process {
    /// The store it reads.
    pub fn store(&self) -> Option<Choice> {
        choose(&self.tree, &self.runtime, &self.line, &self.folder, &self.runtime.home)
    }

    /// What is wrong with it, the worst first.
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut found = Vec::new();
        trouble::of_options(&self.line, &mut found);
        if let Some(store) = self.store() {
            trouble::of_store(&store, &self.line.options(), &mut found);
        }
        found.sort_by_key(|trouble| std::cmp::Reverse(trouble.weight));
        found
    }

    /// Looks at one process. `proc` is the folder /proc.
    ///
    /// # Errors
    /// [`AgentError`] if there is none, it is not a JVM, or this user may not look.
    pub fn read(proc: &Path, pid: u32) -> Result<Self, AgentError> {
        let folder = proc.join(pid.to_string());
        if !proc.join("self").exists() && !folder.exists() {
            return Err(if proc.is_dir() { AgentError::NoProcess { pid } } else { AgentError::NoProc });
        }
        let failed = |error: &PathError| match error {
            PathError::Denied { .. } => AgentError::NotPermitted { pid },
            _ => AgentError::NoProcess { pid },
        };
        let octets = |name: &str| fs::read(&folder.join(name), MAX_FILE).map_err(|error| failed(&error));
        let link = |name: &str| {
            std::fs::read_link(folder.join(name)).map_err(|error| match error.kind() {
                ErrorKind::PermissionDenied => AgentError::NotPermitted { pid },
                _ => AgentError::NoProcess { pid },
            })
        };
        let arguments = strings(&octets("cmdline")?);
        let program = arguments.first().map(String::as_str).unwrap_or_default();
        let maps = match octets("maps") {
            Ok(maps) => String::from_utf8_lossy(&maps).into_owned(),
            // Who is not even a JVM by name is none of ours, whoever it belongs to.
            Err(AgentError::NotPermitted { .. }) if !is_launcher(program) => {
                return Err(AgentError::NotJava { pid, program: base(program) });
            }
            Err(error) => return Err(error),
        };
        let Some(home) = home_in(&maps) else {
            return Err(AgentError::NotJava { pid, program: base(program) });
        };
        let (root, exe, cwd) = (link("root")?, link("exe")?, link("cwd")?);
        let tree = tree_of(proc, &folder, &root);
        let inside = |path: PathBuf| match path.strip_prefix(&root) {
            Ok(rest) if root != Path::new("/") => Path::new("/").join(rest),
            _ => path,
        };
        let (home, cwd) = (inside(home), inside(cwd));
        let runtime = Runtime::at(&tree, &home).ok_or(AgentError::NoRuntime { home })?;
        let reader = Reader {
            tree: &tree,
            folder: &cwd,
            feature: runtime.feature(),
            is_launcher: is_launcher(&exe.to_string_lossy()),
        };
        let rest = arguments.get(1..).unwrap_or_default();
        let line = CommandLine::read(rest, &variables(&octets("environ")?), &reader);
        let paths = paths(&arguments, &cwd);
        let service = octets("cgroup").ok().and_then(|octets| service(&String::from_utf8_lossy(&octets)));
        Ok(Self { pid, tree, runtime, line, folder: cwd, paths, service })
    }

    /// Every JVM that this user may look at, and the numbers of those it may not.
    pub fn all(proc: &Path) -> (Vec<Self>, Vec<u32>) {
        let entries = std::fs::read_dir(proc).into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mut numbers: Vec<u32> = numbers.take(MAX_PROCESSES).collect();
        numbers.sort_unstable();
        let (mut found, mut closed) = (Vec::new(), Vec::new());
        for pid in numbers {
            match Self::read(proc, pid) {
                Ok(process) => found.push(process),
                Err(AgentError::NotPermitted { .. }) => closed.push(pid),
                Err(_) => {}
            }
        }
        (found, closed)
    }
}

/// The file system of a process: another one than ours in a container or a changed root.
fn tree_of(proc: &Path, folder: &Path, root: &Path) -> Tree {
    let namespace = |folder: &Path| std::fs::read_link(folder.join("ns/mnt")).ok();
    let (own, its) = (namespace(&proc.join("self")), namespace(folder));
    let is_ours = root == Path::new("/") && (own == its || own.is_none() || its.is_none());
    if is_ours { Tree::here() } else { Tree::below(&folder.join("root")) }
}

/// The runtime whose libjvm.so is mapped: what the JVM itself calls java.home (hotspot os_linux.cpp
/// `init_system_properties_values`).
fn home_in(maps: &str) -> Option<PathBuf> {
    let library = maps.lines().find_map(|line| {
        let path = line.get(line.find('/')?..)?;
        let path = path.strip_suffix(" (deleted)").unwrap_or(path);
        path.ends_with("/libjvm.so").then(|| Path::new(path))
    })?;
    // lib/server/libjvm.so, in Java 8 lib/amd64/server/libjvm.so.
    let mut folders = library.ancestors().skip(1);
    folders.find(|folder| folder.file_name().is_some_and(|name| name == "lib"))?.parent().map(Path::to_owned)
}

fn is_launcher(program: &str) -> bool {
    matches!(base(program).trim_end_matches(" (deleted)"), "java" | "javaw")
}

fn base(program: &str) -> String {
    let name = program.rsplit('/').next().unwrap_or_default();
    name.chars().take(64).collect()
}

fn strings(octets: &[u8]) -> Vec<String> {
    let octets = octets.strip_suffix(&[0]).unwrap_or(octets);
    octets.split(|octet| *octet == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The variables that hold options; no other is looked at.
fn variables(environ: &[u8]) -> Variables {
    let of = |name: &str| {
        let mut entries = environ.split(|octet| *octet == 0);
        let value = entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        value.map(|value| String::from_utf8_lossy(value).into_owned())
    };
    Variables {
        java_tool_options: of("JAVA_TOOL_OPTIONS"),
        jdk_java_options: of("JDK_JAVA_OPTIONS"),
        java_options: of("_JAVA_OPTIONS"),
    }
}

/// What looks like a path on a command line: whole words, values behind `=`, parts of a class path.
fn paths(arguments: &[String], folder: &Path) -> Vec<PathBuf> {
    let words = arguments.iter().take(1000).flat_map(|word| word.split(['=', ':', ',']));
    let words = words.filter(|word| word.contains('/') || word.ends_with(".jar"));
    words.take(5000).map(|word| folder.join(word)).collect()
}

/// The unit of a control group: `0::/system.slice/name.service`.
pub(super) fn service(cgroup: &str) -> Option<String> {
    let mut parts = cgroup.lines().flat_map(|line| line.split('/'));
    parts.find_map(|part| part.strip_suffix(".service")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_that_of_the_mapped_library() {
        let map = |path: &str| {
            format!("7f0-7f1 r-xp 00000000 08:01 1  /lib/x.so\n7f1-7f2 r-xp 0 08:01 2   {path}\n")
        };
        let home = |path: &str| home_in(&map(path));
        assert_eq!(home("/opt/a b/jre/lib/server/libjvm.so"), Some("/opt/a b/jre".into()));
        assert_eq!(home("/opt/jre/lib/amd64/server/libjvm.so (deleted)"), Some("/opt/jre".into()));
        assert_eq!(home("/usr/lib/libother.so"), None);
    }

    #[test]
    fn only_variables_with_options_are_taken() {
        let found = variables(b"SECRET=x\0JAVA_TOOL_OPTIONS=-Da=b\0_JAVA_OPTIONS=-Dc=d\0");
        assert_eq!(found.java_tool_options.as_deref(), Some("-Da=b"));
        assert_eq!((found.java_options.as_deref(), found.jdk_java_options), (Some("-Dc=d"), None));
    }

    #[test]
    fn the_service_is_the_units() {
        assert_eq!(service("0::/system.slice/okta.service\n").as_deref(), Some("okta"));
        assert_eq!(service("1:name=systemd:/user.slice\n"), None);
    }
}
