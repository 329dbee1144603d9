//! `trustmend sync MANIFEST`.

use std::path::PathBuf;

use clap::Args;

use super::super::Context;
use super::super::args::Writing;
use super::super::assemble::{self, MAX_FILE};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::fleet::job::{self, Job};
use super::super::fleet::transaction::{Done, Transaction};
use super::super::fleet::{keystore, load};
use crate::digest::Fingerprint;
use crate::fs;
use crate::manifest::{Change, Probe, Service};
use crate::render::json::v1;
use crate::render::text;

/// Make stores hold what a manifest declares, after agent upgrades too.
///
/// The manifest is a TOML file: certificates, each pinned by its SHA-256 and with a reason, present or absent; the stores;
/// the services that read them; URLs to try afterwards. Nothing is prompted for. A store that is as declared is not touched;
/// a store that fails does not stop the others. What was added is kept in STORE.trustmend.json beside the store, so that in
/// mode "exact" only that is removed again. With --restart the services are stopped, the stores written, the services started
/// and waited for, the URLs tried, and everything put back if that is not well. The URLs are tried after a change only; where
/// nothing changed, it is said that they were not.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 as declared, 10 changed (--detailed-exitcode), 1 a check failed, 6 rolled back; those of `trustmend --help`

A manifest:
  version = 1
  [[certificate]]
  file = \"corp-root.pem\"          # or pem = '''...'''
  sha256 = \"AB:CD:...\"            # a list for a file with several
  reason = \"CHG-4711: SCIM server of HR\"
  # state = \"absent\", alias = \"corp-{sha256:8}\", allow = [\"leaf\"], stores = [\"agent\"]
  [[store]]
  name = \"agent\"
  store = \"/opt/agent/jre/lib/security/cacerts\"
  # mode = \"exact\"                 # removes what sync once added and nobody declares any more
  # format = \"pkcs12\"              # the store is made if it is not there: jks, jceks, pkcs12 or pem
  # password-file = \"f\"            # or password-env = \"VAR\"; else changeit is tried
  # alias = \"{cn}\"                 # how aliases are made
  services = [\"agent\"]
  [[service]]
  name = \"agent\"                  # manager = \"systemd\", \"sysv\", \"none\", or \"command\" with start, stop, status
  unit = \"OktaProvisioningAgent\"
  [[keystore]]                      # a development certificate
  path = \"scim.p12\"              # names = [\"localhost\"], ca-dir, alias, password-file, renew-days = 30
  [[check]]
  url = \"https://scim.corp.test:8443/\"   # kind = \"scim\", or command = [\"program\", \"argument\"]
  # wait-seconds = 60              # how long it may take; if not given, that long after a restart, else it is tried once

Examples:
  trustmend sync /etc/trustmend/trust.toml --dry-run
  trustmend sync /etc/trustmend/trust.toml --restart --detailed-exitcode
  trustmend sync --plan change.json --plan-sha256 SHA256"
)]
pub(crate) struct Sync {
    /// The manifest.
    #[arg(required_unless_present = "plan", conflicts_with = "plan")]
    manifest: Option<PathBuf>,
    /// Carry out a plan that `trustmend plan` made instead.
    #[arg(long, value_name = "FILE", requires = "plan_sha256")]
    plan: Option<PathBuf>,
    /// The SHA-256 of that plan, as whoever approved it was told.
    #[arg(long, value_name = "SHA256", requires = "plan")]
    plan_sha256: Option<String>,
    /// Stop the services, write, start them, wait, try, and put everything back if that is not well.
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    writing: Writing,
}

pub(crate) fn run(arguments: &Sync, context: &Context) -> Result<Exit, CliError> {
    match (&arguments.manifest, &arguments.plan) {
        (Some(manifest), _) => {
            let loaded = load::load(manifest)?;
            let jobs: Vec<Job> =
                loaded.manifest.stores.iter().map(|spec| Job::declared(&loaded, spec)).collect();
            job::distinct(&jobs, manifest)?;
            let origin = format!("{} sha256:{}", loaded.path.display(), loaded.sha256.hex());
            let keystores = keystore::keystores(&loaded, &arguments.writing, &origin, context);
            let around = (&loaded.manifest.services[..], &loaded.manifest.probes[..]);
            carry_out(arguments, (jobs, keystores), around, origin, context)
        }
        (None, Some(plan)) => {
            let change = approved(plan, arguments.plan_sha256.as_deref().unwrap_or_default())?;
            let origin = format!("{} by {} from {}", plan.display(), change.by, change.manifest);
            let jobs: Vec<Job> = change.stores.into_iter().map(Job::approved).collect();
            job::distinct(&jobs, plan)?;
            let around = (&change.services[..], &change.checks[..]);
            carry_out(arguments, (jobs, Vec::new()), around, origin, context)
        }
        (None, None) => Err(CliError::usage("a manifest is needed")),
    }
}

/// A plan that is the one that was approved.
fn approved(plan: &std::path::Path, sha256: &str) -> Result<Change, CliError> {
    let sha256 =
        Fingerprint::parse(sha256).map_err(|error| CliError::usage(format!("--plan-sha256: {error}")))?;
    let octets = fs::read(plan, MAX_FILE).map_err(|error| assemble::path_error(&error))?;
    if Fingerprint::of(&octets) != sha256 {
        let message = format!("{}: this is not the plan that was approved", plan.display());
        return Err(CliError::new(Exit::Refused, "plan-mismatch", message)
            .hint(format!("its SHA-256 is {}", Fingerprint::of(&octets).hex())));
    }
    Change::parse(&octets)
        .map_err(|error| CliError::new(Exit::Usage, "plan-invalid", format!("{}: {error}", plan.display())))
}

fn carry_out(
    arguments: &Sync,
    (jobs, keystores): (Vec<Job>, Vec<v1::KeystoreDone>),
    (services, probes): (&[Service], &[Probe]),
    origin: String,
    context: &Context,
) -> Result<Exit, CliError> {
    let writing = &arguments.writing;
    let manifest = arguments.manifest.as_ref().or(arguments.plan.as_ref());
    let transaction = Transaction { jobs, services, probes, writing, restart: arguments.restart, origin };
    let mut done = transaction.run(context)?;
    let is_good = matches!(done.exit, Exit::Done | Exit::Changed);
    if is_good && keystores.iter().any(|keystore| keystore.error.is_some()) {
        done.exit = Exit::Write;
    } else if keystores.iter().any(|keystore| keystore.changed) {
        done.changed = true;
        if done.exit == Exit::Done && writing.detailed_exitcode {
            done.exit = Exit::Changed;
        }
    }
    let exit = done.exit;
    let manifest = manifest.map(|path| path.display().to_string()).unwrap_or_default();
    show(manifest, writing.dry_run, (done, keystores), context)?;
    Ok(exit)
}

fn show(
    manifest: String,
    dry_run: bool,
    (done, keystores): (Done, Vec<v1::KeystoreDone>),
    context: &Context,
) -> Result<(), CliError> {
    let is_good = matches!(done.exit, Exit::Done | Exit::Changed);
    let restarted = done.services.iter().any(|service| service.outcome == "restarted");
    let of_keystore = keystores.iter().find_map(|keystore| keystore.error.clone());
    let error = first_error(&done, of_keystore);
    let synced = v1::Synced {
        manifest,
        changed: done.changed,
        dry_run,
        restart_required: done.changed && !dry_run && !restarted,
        stores: done.stores,
        keystores,
        services: done.services,
        checks: done.checks,
        checks_not_tried: done.checks_not_tried,
        rolled_back: done.rolled_back,
    };
    if context.ui.json() {
        let document = v1::Document::of("sync", is_good, synced);
        let document = match error {
            Some(error) => document.with_error(error),
            None => document,
        };
        return context.ui.document(&document);
    }
    context.ui.result(&text::sync::synced(&synced))?;
    if synced.restart_required {
        context.ui.note("restart the programs that read these stores: a JVM reads its store once");
    }
    Ok(())
}

/// What a script shows of all that failed.
fn first_error(done: &Done, of_keystore: Option<v1::Error>) -> Option<v1::Error> {
    if matches!(done.exit, Exit::Done | Exit::Changed) {
        return None;
    }
    let of_store = done.stores.iter().find_map(|store| store.error.clone());
    let check = done.checks.iter().find(|check| !check.ok);
    let check = check.map(|check| format!("{}: {}", check.target, check.detail.clone().unwrap_or_default()));
    let service = done.services.iter().find(|service| service.outcome == "failed");
    let service = service.map(|one| format!("{}: {}", one.name, one.detail.clone().unwrap_or_default()));
    let failed = service.or(check).unwrap_or_default();
    let code = if done.rolled_back { "rolled-back" } else { "check-failed" };
    let error = || v1::Error { code: code.to_owned(), message: failed, hints: Vec::new() };
    Some(of_store.or(of_keystore).unwrap_or_else(error))
}
