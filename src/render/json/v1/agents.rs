//! `agents` in JSON.

use serde::Serialize;

use crate::agent::{self, Agent, Choice, Kind, Process, Tree};

/// Result of `agents`.
#[derive(Debug, Serialize)]
pub struct Agents {
    /// The folder the file system begins at; `null` for this machine's own.
    pub root: Option<String>,
    /// The products that are here.
    pub agents: Vec<Product>,
    /// The JVMs that run.
    pub processes: Vec<Jvm>,
    /// Processes of other users, which could not be looked at.
    pub unreadable_processes: Vec<u32>,
}

/// A product.
#[derive(Debug, Serialize)]
pub struct Product {
    name: String,
    place: String,
    title: String,
    kind: &'static str,
    prefix: String,
    java_home: Option<String>,
    java_version: Option<String>,
    store: Option<JvmStore>,
    drop_folder: Option<String>,
    seen_running: bool,
    running: Vec<u32>,
    services: Vec<String>,
    owner: Option<String>,
    logs: Vec<String>,
    pinned_hosts: Vec<String>,
    default_password: Option<String>,
    upgrade: Option<String>,
    notes: Vec<String>,
    findings: Vec<Trouble>,
}

/// A store that a JVM reads.
#[derive(Debug, Serialize)]
pub struct JvmStore {
    place: String,
    file: String,
    reason: &'static str,
    why: String,
    exists: bool,
    link_target: Option<String>,
    shadows: Option<String>,
    #[serde(rename = "type")]
    store_type: Option<String>,
    password_given: bool,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub struct Trouble {
    code: &'static str,
    severity: &'static str,
    file: Option<String>,
    line: Option<usize>,
    detail: String,
}

/// A running JVM.
#[derive(Debug, Serialize)]
pub struct Jvm {
    pid: u32,
    java_home: String,
    java_version: Option<String>,
    service: Option<String>,
    root: Option<String>,
    store: Option<JvmStore>,
    findings: Vec<Trouble>,
}

impl Agents {
    /// Of what was found.
    pub fn new(tree: &Tree, agents: &[Agent<'_>], processes: &[Process], unreadable: &[u32]) -> Self {
        Self {
            root: tree.root().map(|root| root.display().to_string()),
            agents: agents.iter().map(|agent| Product::new(agent, agents)).collect(),
            processes: processes.iter().map(Jvm::from).collect(),
            unreadable_processes: unreadable.to_vec(),
        }
    }
}

impl Product {
    fn new(agent: &Agent<'_>, all: &[Agent<'_>]) -> Self {
        let profile = agent.profile;
        let runtime = agent.runtime.as_ref();
        Self {
            name: profile.name.clone(),
            place: agent::place(agent, all),
            title: profile.title.clone(),
            kind: match profile.kind {
                Kind::Java => "java",
                Kind::Folder => "folder",
                Kind::NotJava => "not-java",
            },
            prefix: agent.prefix.display().to_string(),
            java_home: runtime.map(|runtime| runtime.home.display().to_string()),
            java_version: runtime.and_then(|runtime| runtime.version).map(|version| version.to_string()),
            store: agent.store.as_ref().map(JvmStore::from),
            drop_folder: agent.drop_folder.as_ref().map(|folder| folder.display().to_string()),
            seen_running: agent.is_seen,
            running: agent.running.clone(),
            services: profile.services.clone(),
            owner: profile.owner.clone(),
            logs: profile.logs.iter().map(|log| agent.prefix.join(log).display().to_string()).collect(),
            pinned_hosts: profile.pinned.clone(),
            default_password: profile.password.clone(),
            upgrade: profile.upgrade.clone(),
            notes: profile.notes.clone(),
            findings: agent.troubles.iter().map(Trouble::from).collect(),
        }
    }
}

impl From<&Choice> for JvmStore {
    fn from(choice: &Choice) -> Self {
        Self {
            place: choice.path.display().to_string(),
            file: choice.on_disk.display().to_string(),
            reason: choice.why.name(),
            why: choice.why.to_string(),
            exists: choice.exists,
            link_target: choice.shared.as_ref().map(|path| path.display().to_string()),
            shadows: choice.shadowed.as_ref().map(|path| path.display().to_string()),
            store_type: choice.store_type.clone(),
            password_given: choice.has_password,
        }
    }
}

impl From<&agent::Trouble> for Trouble {
    fn from(trouble: &agent::Trouble) -> Self {
        Self {
            code: trouble.code,
            severity: trouble.weight.name(),
            file: trouble.file.as_ref().map(|file| file.display().to_string()),
            line: trouble.line,
            detail: trouble.detail.clone(),
        }
    }
}

impl From<&Process> for Jvm {
    fn from(process: &Process) -> Self {
        Self {
            pid: process.pid,
            java_home: process.runtime.home.display().to_string(),
            java_version: process.runtime.version.map(|version| version.to_string()),
            service: process.service.clone(),
            root: process.tree.root().map(|root| root.display().to_string()),
            store: process.store().as_ref().map(JvmStore::from),
            findings: process.troubles().iter().map(Trouble::from).collect(),
        }
    }
}
