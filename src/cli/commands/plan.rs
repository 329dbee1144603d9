//! `trustmend plan MANIFEST -o FILE`.

use std::path::PathBuf;

use clap::Args;
use time::format_description::well_known::Rfc3339;

use super::super::args::Writing;
use super::super::assemble;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::fleet::job::{self, Job};
use super::super::fleet::load;
use super::super::fleet::transaction::{Seen, Transaction, shown};
use super::super::{Context, journal};
use crate::digest::Fingerprint;
use crate::fs;
use crate::manifest::Change;
use crate::render::json::v1;
use crate::render::text;

/// The mode of a plan: it holds no secret.
const MODE: u32 = 0o644;

/// Write down what `sync` would do, for somebody else to approve and carry out.
///
/// The plan holds the certificates themselves and the SHA-256 of each store, so it does what was approved or nothing: on a
/// store that changed since it is refused. Tell the SHA-256 that is printed to whoever runs `sync --plan` by another way than
/// the plan itself. Any store that cannot be planned on ends it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend plan /etc/trustmend/trust.toml -o change.json
  trustmend sync --plan change.json --plan-sha256 SHA256")]
pub(crate) struct Plan {
    /// The manifest.
    manifest: PathBuf,
    /// The file to write; it must not be there yet.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Also for stores that are reached through a link.
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(arguments: &Plan, context: &Context) -> Result<Exit, CliError> {
    let loaded = load::load(&arguments.manifest)?;
    if !loaded.manifest.keystores.is_empty() {
        let message = "a plan holds no keys, so keystores cannot be part of one";
        return Err(CliError::usage(message).hint("declare them in a manifest of their own"));
    }
    let jobs: Vec<Job> = loaded.manifest.stores.iter().map(|spec| Job::declared(&loaded, spec)).collect();
    job::distinct(&jobs, &arguments.manifest)?;
    let writing = Writing { dry_run: true, yes: arguments.yes, ..Writing::default() };
    let services = &loaded.manifest.services;
    let probes = &loaded.manifest.probes;
    let origin = String::new();
    let transaction = Transaction { jobs, services, probes, writing: &writing, restart: false, origin };
    let created = context.now.format(&Rfc3339).unwrap_or_default();
    let who = journal::who();
    let uid = who.uid.map_or_else(|| "unknown".to_owned(), |uid| uid.to_string());
    let by = format!("{} on {}", who.sudo_user.unwrap_or_else(|| format!("uid {uid}")), journal::host());
    let mut change = Change::new(created, by, loaded.path.display().to_string(), loaded.sha256);
    let mut stores = Vec::new();
    for (job, planned) in transaction.jobs.iter().zip(transaction.plan(context)) {
        let planned = planned?;
        if planned.applied.changed {
            change.stores.push(job.to_approve(&planned));
        }
        let seen = Seen { error: None, dry_run: true, rolled_back: false };
        stores.push(shown(job, Some(&planned), None, seen));
    }
    change.services = services.clone();
    change.checks = probes.clone();
    let changed = !change.stores.is_empty();
    let octets = change.text().into_bytes();
    fs::create_new(&arguments.out, &octets, MODE).map_err(|error| match error {
        fs::PathError::Exists { .. } => {
            CliError::from_source(Exit::Refused, "file-exists", &error).hint("name another file with -o")
        }
        error => {
            let mut failure = assemble::path_error(&error);
            failure.exit = Exit::Write;
            failure
        }
    })?;
    let sha256 = Fingerprint::of(&octets).hex();
    let plan = arguments.out.display().to_string();
    if context.ui.json() {
        let planned = v1::Planned { plan, sha256, changed, stores };
        context.ui.document(&v1::Document::of("plan", true, planned))?;
    } else {
        let stores = text::sync::stores(&stores, true);
        context.ui.result(&format!("{stores}{}  {sha256}\n", crate::render::escape::visible(&plan)))?;
    }
    Ok(Exit::Done)
}
