//! `agent:NAME`, `pid:N` and `service:NAME`: from a product, a process or a service to the store its JVM reads.

#![expect(
    clippy::disallowed_methods,
    reason = "XDG_CONFIG_HOME says where a user's profiles are; only cli reads the environment"
)]

use std::path::{Path, PathBuf};

use super::assemble::{self, StorePlace};
use super::error::CliError;
use super::exit::Exit;
use crate::agent::{
    self, Agent, AgentError, Choice, CommandLine, Kind, MAX_PROFILE, Process, Profile, Runtime, Tree, Why,
};
use crate::fs;
use crate::path::java::Options;

/// Profiles for everybody on this machine.
const SHARED: &str = "/etc/trustmend/profiles.d";
/// Where Linux tells of processes.
pub(crate) const PROC: &str = "/proc";

/// The store that a JVM reads, and what it was started with.
#[derive(Debug)]
pub(crate) struct JvmStore {
    /// The file.
    pub(crate) path: PathBuf,
    /// The runtime's folder, if it is known.
    pub(crate) java_home: Option<PathBuf>,
    /// Its options.
    pub(crate) options: Options,
    /// Why this file.
    pub(crate) why: Why,
    /// A `cacerts` that is passed over for it.
    pub(crate) shadowed: Option<PathBuf>,
}

impl JvmStore {
    /// Whether the JVM opens it as its options tell; a product opens its own with a password of its own.
    pub(crate) fn is_jvms(&self) -> bool {
        !matches!(self.why, Why::Product | Why::Configuration { .. })
    }

    fn new(tree: &Tree, choice: &Choice, runtime: Option<&Runtime>, line: &CommandLine) -> Self {
        let java_home = runtime.map(|runtime| tree.on_disk(&runtime.home));
        Self {
            path: choice.on_disk.clone(),
            java_home,
            options: line.options(),
            why: choice.why.clone(),
            shadowed: choice.shadowed.clone(),
        }
    }
}

/// The store of a STORE that names a JVM; `None` for any other.
pub(crate) fn jvm_store(place: &StorePlace) -> Result<Option<JvmStore>, CliError> {
    match place {
        StorePlace::Agent(name) => of_agent(name).map(Some),
        StorePlace::Pid(pid) => of_process(*pid).map(Some),
        StorePlace::Service(name) => of_service(name).map(Some),
        _ => Ok(None),
    }
}

fn of_process(pid: u32) -> Result<JvmStore, CliError> {
    let process = Process::read(Path::new(PROC), pid).map_err(|error| not_found(&error))?;
    let what = format!("process {pid}");
    let choice = process.store().ok_or_else(|| not_found(&AgentError::NoFile { what }))?;
    Ok(JvmStore::new(&process.tree, &choice, Some(&process.runtime), &process.line))
}

fn of_service(name: &str) -> Result<JvmStore, CliError> {
    let tree = Tree::here();
    match agent::served(&tree, Path::new(PROC), name) {
        Ok(served) => {
            let process = served.pid.and_then(|pid| Process::read(Path::new(PROC), pid).ok());
            let tree = process.map_or(tree, |process| process.tree);
            Ok(JvmStore::new(&tree, &served.store, Some(&served.runtime), &served.line))
        }
        // A product's own script starts it, which a profile knows.
        Err(error @ (AgentError::NotRunning { .. } | AgentError::NoService { .. })) => {
            let plain = name.strip_suffix(".service").unwrap_or(name);
            let mut known = profiles()?;
            known.retain(|profile| profile.services.iter().any(|service| service == plain));
            let processes = Process::all(Path::new(PROC)).0;
            match agent::discover(&known, &tree, &processes).as_slice() {
                [] => Err(not_found(&error)),
                found => only(found).and_then(|agent| store_of(agent, &tree)),
            }
        }
        Err(error) => Err(not_found(&error)),
    }
}

/// `NAME`, or `NAME@FOLDER` where it is installed more than once.
fn of_agent(text: &str) -> Result<JvmStore, CliError> {
    let (name, folder) = text.split_once('@').map_or((text, None), |(name, folder)| (name, Some(folder)));
    let profiles = profiles()?;
    let Some(profile) = profiles.iter().find(|profile| profile.is_called(name)) else {
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        return Err(CliError::usage(format!("no product is called {name:?}"))
            .hint(format!("known are: {}", names.join(", "))));
    };
    let (tree, processes) = (Tree::here(), Process::all(Path::new(PROC)).0);
    let mut profile = profile.clone();
    // A folder that is named need not be where the profile looks.
    let folder = folder.map(|folder| std::fs::canonicalize(folder).unwrap_or_else(|_| PathBuf::from(folder)));
    profile.prefixes.extend(folder.as_ref().map(|folder| folder.display().to_string()));
    let mut found = agent::discover(std::slice::from_ref(&profile), &tree, &processes);
    found.retain(|agent| folder.as_ref().is_none_or(|folder| tree.real(&agent.prefix) == *folder));
    if found.is_empty() {
        let place = folder.map_or_else(|| "here".to_owned(), |folder| format!("in {}", folder.display()));
        let message = format!("{} is not installed {place}, as far as its profile tells", profile.title);
        return Err(CliError::new(Exit::Store, "agent-missing", message)
            .hint("`trustmend agents` lists what is; or name its store, or java:/path/to/its/jre"));
    }
    store_of(only(&found)?, &tree)
}

/// The one product that is meant.
fn only<'a, 'p>(found: &'a [Agent<'p>]) -> Result<&'a Agent<'p>, CliError> {
    match found {
        [agent] => Ok(agent),
        several => {
            let title = several.first().map_or("it", |agent| agent.profile.title.as_str());
            let failure = CliError::usage(format!("{title} is installed more than once"));
            let place =
                |agent: &Agent<'_>| format!("agent:{}@{}", agent.profile.name, agent.prefix.display());
            Err(several.iter().map(place).fold(failure, CliError::hint))
        }
    }
}

fn store_of(agent: &Agent<'_>, tree: &Tree) -> Result<JvmStore, CliError> {
    let title = &agent.profile.title;
    match (agent.profile.kind, &agent.store) {
        (Kind::NotJava, _) => {
            let message = format!("{title} does not read a Java store");
            let failure = CliError::new(Exit::Store, "trust-not-java", message);
            Err(agent.profile.notes.iter().fold(failure, |failure, note| failure.hint(note.clone())))
        }
        (Kind::Folder, _) => {
            let folder = agent.drop_folder.as_deref().unwrap_or(&agent.prefix).display();
            let message = format!("{title} reads certificates from {folder}, not a store");
            Err(CliError::new(Exit::Store, "trust-in-folder", message)
                .hint(format!("put the authority's certificate there as a PEM file, then restart {title}")))
        }
        (Kind::Java, Some(_)) if agent.is_ambiguous() => {
            let message = format!("the running JVMs of {title} do not read the same store");
            let failure = CliError::new(Exit::Store, "process-stores-differ", message);
            Err(agent
                .running
                .iter()
                .map(|pid| format!("name one of them: pid:{pid}"))
                .fold(failure, CliError::hint))
        }
        (Kind::Java, Some(choice)) => Ok(JvmStore::new(tree, choice, agent.runtime.as_ref(), &agent.line)),
        (Kind::Java, None) => {
            let message =
                format!("{}: there is no Java runtime where {title} has one", agent.prefix.display());
            Err(CliError::new(Exit::Store, "runtime-missing", message)
                .hint("name its store, or java:/path/to/its/jre"))
        }
    }
}

/// The words for a process or a service that leads to no store.
fn not_found(error: &AgentError) -> CliError {
    let code = match error {
        AgentError::Several { .. } => "process-stores-differ",
        _ => "process-unreadable",
    };
    let failure = CliError::from_source(Exit::Store, code, error);
    failure.hint(match error {
        AgentError::NotPermitted { .. } => "run it as that user or as root, or name the store's file",
        AgentError::Several { .. } => "name one of them",
        AgentError::NoFile { .. } => "it takes its trust from the platform, or from its own code",
        AgentError::NotRunning { .. } => "start it, or name the store's file",
        _ => "`trustmend agents` lists the JVMs that run here",
    })
}

/// The built-in profiles, with those of this machine and of this user in place of, or beside, them.
pub(crate) fn profiles() -> Result<Vec<Profile>, CliError> {
    let wrong = |error: agent::ProfileError| {
        CliError::new(Exit::Usage, "profile-invalid", error.to_string())
            .hint("mend it or move it away; `trustmend agents --help` tells what belongs in it")
    };
    let mut known = agent::built_in().map_err(wrong)?;
    let own = config_folder().map(|folder| folder.join("trustmend/profiles.d"));
    for folder in [Some(PathBuf::from(SHARED)), own].into_iter().flatten() {
        for file in fs::files_in(&folder).unwrap_or_default() {
            if file.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let octets = fs::read(&file, MAX_PROFILE).map_err(|error| assemble::path_error(&error))?;
            let text = String::from_utf8_lossy(&octets);
            let profile = Profile::parse(&file.display().to_string(), &text).map_err(wrong)?;
            known.retain(|one| one.name != profile.name);
            known.insert(0, profile);
        }
    }
    Ok(known)
}

fn config_folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| assemble::home().map(|home| home.join(".config")))
}
