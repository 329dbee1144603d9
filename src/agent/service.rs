//! Services: what runs for one, and what its unit or script would start. No program is asked.

use std::path::{Path, PathBuf};

use super::choice::{Choice, Runtime, choose};
use super::command_line::{CommandLine, Reader, Variables};
use super::config::{self, Setting, Syntax};
use super::error::AgentError;
use super::process::Process;
use super::tree::Tree;
use super::words;

/// Where units are, those that count first (systemd.unit(5)).
const UNITS: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/run/systemd/generator.late",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Where scripts of System V are.
const SCRIPTS: &[&str] = &["/etc/init.d", "/etc/rc.d/init.d"];

/// What a service's JVM reads.
#[derive(Debug, Clone)]
pub struct Served {
    /// The process, if it runs.
    pub pid: Option<u32>,
    /// Its runtime.
    pub runtime: Runtime,
    /// What it is started with.
    pub line: CommandLine,
    /// The store.
    pub store: Choice,
}

/// What the JVM of a service reads, or would read if it were started.
///
/// # Errors
/// [`AgentError`] if there is no such service, it has several JVMs or none, or this user may not look.
pub fn served(tree: &Tree, proc: &Path, name: &str) -> Result<Served, AgentError> {
    let name = name.strip_suffix(".service").unwrap_or(name);
    if let Some(process) = running(tree, proc, name)? {
        let what = format!("service {name}");
        let store = process.store().ok_or(AgentError::NoFile { what })?;
        return Ok(Served { pid: Some(process.pid), runtime: process.runtime, line: process.line, store });
    }
    let unit = unit(tree, name);
    if unit.is_empty() && script(tree, name).is_none() {
        return Err(AgentError::NoService { name: name.to_owned() });
    }
    unstarted(tree, name, &unit)
}

/// The JVM that runs for a service: by its control group, else by its pid file.
fn running(tree: &Tree, proc: &Path, name: &str) -> Result<Option<Process>, AgentError> {
    if let Some(pid) = pid_file(tree, name) {
        match Process::read(proc, pid) {
            // A wrapper's own; its JVM is in the same control group.
            Err(AgentError::NotJava { .. } | AgentError::NoProcess { .. } | AgentError::NoProc) => {}
            other => return other.map(Some),
        }
    }
    let (processes, closed) = Process::all(proc);
    let of_it = |service: Option<&str>| service == Some(name);
    let mut mine: Vec<Process> =
        processes.into_iter().filter(|process| of_it(process.service.as_deref())).collect();
    let store = |process: &Process| process.store().map(|store| store.on_disk);
    if mine.iter().any(|process| store(process) != mine.first().and_then(store)) {
        let pids = mine.iter().map(|process| process.pid).collect();
        return Err(AgentError::Several { name: name.to_owned(), pids });
    }
    let hidden = closed.into_iter().find(|pid| {
        let cgroup = crate::fs::read(&proc.join(pid.to_string()).join("cgroup"), 1 << 16);
        cgroup
            .is_ok_and(|octets| of_it(super::process::service(&String::from_utf8_lossy(&octets)).as_deref()))
    });
    match (mine.pop(), hidden) {
        (None, Some(pid)) => Err(AgentError::NotPermitted { pid }),
        (process, _) => Ok(process),
    }
}

/// The process number in a service's pid file: its unit's, its script's, or the usual one.
fn pid_file(tree: &Tree, name: &str) -> Option<u32> {
    let unit = unit(tree, name).into_iter().rfind(|setting| setting.name == "PIDFile");
    let script = script(tree, name).and_then(|text| {
        let line =
            text.lines().find_map(|line| line.trim_start_matches('#').trim().strip_prefix("pidfile:"))?;
        Some(line.trim().to_owned())
    });
    let told = unit.map(|setting| setting.value).into_iter().chain(script);
    let usual =
        [format!("/run/{name}.pid"), format!("/run/{name}/{name}.pid"), format!("/var/run/{name}.pid")];
    told.chain(usual)
        .find_map(|path| tree.text(Path::new(&path)).ok()?.split_whitespace().next()?.parse().ok())
}

/// The settings of a unit and what is put over it, in the order in which they count.
fn unit(tree: &Tree, name: &str) -> Vec<Setting> {
    let file = |folder: &&&str| tree.is_file(&Path::new(folder).join(format!("{name}.service")));
    let mut files: Vec<PathBuf> = Vec::new();
    files.extend(UNITS.iter().find(file).map(|folder| Path::new(folder).join(format!("{name}.service"))));
    for folder in UNITS.iter().rev() {
        files.extend(tree.glob(&format!("{folder}/{name}.service.d/*.conf")));
    }
    let texts = files.iter().filter_map(|file| tree.text(file).ok());
    texts.flat_map(|text| config::settings(Syntax::Systemd, &text)).collect()
}

fn script(tree: &Tree, name: &str) -> Option<String> {
    SCRIPTS.iter().find_map(|folder| tree.text(&Path::new(folder).join(name)).ok())
}

/// What a service would start, if its unit starts a JVM by itself.
fn unstarted(tree: &Tree, name: &str, unit: &[Setting]) -> Result<Served, AgentError> {
    let not_running = || AgentError::NotRunning { name: name.to_owned() };
    let environment = environment(tree, unit);
    let value =
        |key: &str| environment.iter().rfind(|(known, _)| known == key).map(|(_, value)| value.as_str());
    let start = unit.iter().rfind(|setting| setting.name == "ExecStart" && !setting.value.is_empty());
    let text = start
        .map(|setting| setting.value.trim_start_matches(['-', '@', ':', '+', '!']))
        .ok_or_else(not_running)?;
    let arguments = expanded(text, &value);
    let (program, rest) = arguments.split_first().ok_or_else(not_running)?;
    let program = tree.real(Path::new(program));
    let is_java = program.file_name().is_some_and(|name| name == "java");
    let home = program.parent().and_then(Path::parent).filter(|_| is_java).ok_or_else(not_running)?;
    let runtime = Runtime::at(tree, home).ok_or_else(|| AgentError::NoRuntime { home: home.to_owned() })?;
    let folder = unit.iter().rfind(|setting| setting.name == "WorkingDirectory");
    let folder = PathBuf::from(folder.map_or("/", |setting| setting.value.trim_start_matches('-')));
    let reader = Reader { tree, folder: &folder, feature: runtime.feature(), is_launcher: true };
    let variables = Variables {
        java_tool_options: value("JAVA_TOOL_OPTIONS").map(str::to_owned),
        jdk_java_options: value("JDK_JAVA_OPTIONS").map(str::to_owned),
        java_options: value("_JAVA_OPTIONS").map(str::to_owned),
    };
    let line = CommandLine::read(rest, &variables, &reader);
    let what = format!("service {name}");
    let store = choose(tree, &runtime, &line, &folder, &runtime.home).ok_or(AgentError::NoFile { what })?;
    Ok(Served { pid: None, runtime, line, store })
}

/// The variables of a unit: its own, then those of its files, as systemd.exec(5) has it.
fn environment(tree: &Tree, unit: &[Setting]) -> Vec<(String, String)> {
    let is_own = |setting: &&Setting| !is_directive(&setting.name);
    let own = unit.iter().filter(is_own).map(|setting| (setting.name.clone(), setting.value.clone()));
    let files = unit.iter().filter(|setting| setting.name == "EnvironmentFile");
    let texts = files.filter_map(|file| tree.text(Path::new(file.value.trim_start_matches('-'))).ok());
    let of_files = texts.flat_map(|text| config::settings(Syntax::Shell, &text));
    own.chain(of_files.map(|setting| (setting.name, setting.value))).collect()
}

/// Whether a name is a directive's and not a variable's: `ExecStart`, against `JAVA_OPTS` and `java_opts`.
fn is_directive(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().any(|c| c.is_ascii_lowercase())
}

/// The words of a command: `${NAME}` is one, `$NAME` alone as many as it has.
fn expanded<'v>(text: &str, value: &dyn Fn(&str) -> Option<&'v str>) -> Vec<String> {
    let mut found = Vec::new();
    for word in words::of_shell(text).words {
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match word.strip_prefix('$').filter(|name| is_name(name)) {
            Some(name) => found.extend(words::of_shell(value(name).unwrap_or_default()).words),
            None => {
                let mut whole = word.clone();
                while let Some((before, rest)) = whole.split_once("${") {
                    let Some((name, after)) = rest.split_once('}') else { break };
                    whole = format!("{before}{}{after}", value(name).unwrap_or_default());
                }
                found.push(whole);
            }
        }
    }
    found
}

/// Absolute paths in a service's unit or script, which lead to the product's folder wherever it was put.
pub(super) fn paths(tree: &Tree, name: &str) -> Vec<PathBuf> {
    let unit = unit(tree, name).into_iter().map(|setting| setting.value);
    let texts = unit.chain(script(tree, name));
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ';' | ':' | '$' | '(' | ')');
    let mut found = Vec::new();
    for text in texts {
        let words = text.split(is_end).filter(|word| word.starts_with('/') && word.len() > 2);
        // The folder itself may be named, so one more part is put behind it.
        found.extend(words.take(1000).map(|word| Path::new(word).join("x")));
    }
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out files to be found")]

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_unit_tells_what_it_would_start() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("opt/jre/lib/security/cacerts", "x");
        put("opt/jre/bin/java", "");
        put("opt/jre/release", "JAVA_VERSION=\"17.0.9\"\n");
        put("etc/trust.jks", "x");
        put("etc/default/a", "JAVA_OPTS='-Xmx1g -Djavax.net.ssl.trustStore=/etc/trust.jks'\n");
        let unit = "[Service]\nEnvironmentFile=-/etc/default/a\nExecStart=/opt/jre/bin/java $JAVA_OPTS -jar ${X}/a.jar\n";
        put("lib/systemd/system/a.service", unit);
        let tree = Tree::below(folder.path());
        let proc = folder.path().join("proc");
        let found = served(&tree, &proc, "a.service").unwrap();
        assert_eq!((found.pid, found.store.path), (None, PathBuf::from("/etc/trust.jks")));
        put(
            "etc/systemd/system/a.service.d/over.conf",
            "[Service]\nExecStart=\nExecStart=/opt/jre/bin/java -jar x\n",
        );
        assert_eq!(served(&tree, &proc, "a").unwrap().store.path, Path::new("/opt/jre/lib/security/cacerts"));
        put("lib/systemd/system/b.service", "[Service]\nExecStart=/opt/b/start.sh\n");
        assert!(matches!(served(&tree, &proc, "b"), Err(AgentError::NotRunning { .. })));
        assert!(matches!(served(&tree, &proc, "c"), Err(AgentError::NoService { .. })));
    }
}
