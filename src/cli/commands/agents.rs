//! `trustmend agents`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, agents};
use crate::agent::{self, Process, Tree, Weight};
use crate::render::json::v1;
use crate::render::text;

/// Known products and running JVMs on this machine: which trust store each really reads, why, and what is wrong with it.
///
/// Looks for products by their profiles, and at every JVM that runs, in /proc. A running JVM shows what counts: its options,
/// then jssecacerts, then cacerts. Nothing is run, nothing is asked of a JVM, and no secret of a configuration file is shown.
/// The exit code is 1 when something is wrong that breaks connections.
///
/// A profile of your own is a TOML file in ~/.config/trustmend/profiles.d or /etc/trustmend/profiles.d; one of the same name
/// replaces the built-in one. Its keys: name, title, prefixes (folders it may be in, with *), marks (what is in its folder),
/// homes (its runtimes, best first), and, where they are known, stores, services, logs, owner, password, pinned, upgrade,
/// notes, own-marks (marks that no other product has), is-runtime (its folder is itself a runtime), and an array of tables
/// named config: file, syntax (shell, systemd, properties, options), options, stores, homes, unless (another file that counts
/// instead).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend agents
  trustmend agents -v
  trustmend agents --root /mnt/image --json
  trustmend list agent:okta-provisioning-agent
  trustmend diagnose https://scim.corp.test:8443 --store pid:4711
  trustmend import ca.pem --store service:OktaProvisioningAgent")]
pub(crate) struct Agents {
    /// Look in the file system below this folder, an image or a mounted disk; processes are not looked at then.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Only products of this name. May be given several times.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

pub(crate) fn run(arguments: &Agents, context: &Context) -> Result<Exit, CliError> {
    let mut profiles = agents::profiles()?;
    if let Some(name) = arguments.names.iter().find(|name| !profiles.iter().any(|one| one.is_called(name))) {
        return Err(CliError::usage(format!("no product is called {name:?}")));
    }
    if !arguments.names.is_empty() {
        profiles.retain(|profile| arguments.names.iter().any(|name| profile.is_called(name)));
    }
    let tree = match &arguments.root {
        Some(root) if !root.is_dir() => {
            return Err(CliError::usage(format!("{}: this is not a folder", root.display())));
        }
        Some(root) => Tree::below(root),
        None => Tree::here(),
    };
    let (processes, unreadable) = match tree.root() {
        Some(_) => (Vec::new(), Vec::new()),
        None => Process::all(Path::new(agents::PROC)),
    };
    let found = agent::discover(&profiles, &tree, &processes);
    let shown = if arguments.names.is_empty() { processes.as_slice() } else { &[] };
    if !unreadable.is_empty() {
        let count = unreadable.len();
        context.ui.note(&format!(
            "note: {count} JVM(s) of other users cannot be looked at; run it as root for those"
        ));
    }
    let is_broken = |trouble: &agent::Trouble| trouble.weight == Weight::Error;
    let broken = found.iter().any(|agent| agent.troubles.iter().any(is_broken))
        || shown.iter().any(|process| process.troubles().iter().any(is_broken));
    if context.ui.json() {
        let result = v1::Agents::new(&tree, &found, shown, &unreadable);
        context.ui.document(&v1::Document::of("agents", !broken, result))?;
    } else {
        context.ui.result(&text::agents::report(&found, shown, context.ui.verbose()))?;
    }
    Ok(if broken { Exit::No } else { Exit::Done })
}
