//! `trustmend audit STORE`.

use std::path::{Path, PathBuf};

use clap::Args;
use time::Duration;

use super::super::args::{READ_STORE, StorePassword};
use super::super::assemble::{MAX_FILE, Opened};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::fleet::load;
use super::super::monitor::{Form, Monitoring};
use super::super::{Context, assemble};
use crate::audit::{self, Flaw};
use crate::finding::Severity;
use crate::fs;
use crate::journal;
use crate::manifest::{self, Drift, DriftKind};
use crate::render::json::v1;
use crate::render::nagios::Level;
use crate::render::prometheus::Metrics;
use crate::render::text;
use crate::store::Alias;

/// Tell what is wrong in a store itself: expired and expiring certificates, weak keys, duplicates, leaves that are trusted,
/// entries that Java cannot see or ignores; with --against also how it differs from a manifest.
///
/// The exit code is 1 when there are errors, or certificates that are declared and not trusted, or the other way round;
/// warnings alone give 0. Nothing is changed. With --log the audit log is checked instead: whether a record was changed, left
/// out or put in.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:
  trustmend audit java:
  trustmend audit trust.p12 --days 90 --json
  trustmend audit java: --against /etc/trustmend/trust.toml --format nagios -w 30 -c 10
  trustmend audit java: --format prometheus --out /var/lib/node_exporter/trustmend.prom
  trustmend audit --log /var/log/trustmend/audit.jsonl",
    mut_arg("format", Monitoring::without_a_page)
)]
pub(crate) struct Audit {
    #[arg(help = READ_STORE)]
    #[arg(required_unless_present = "log")]
    store: Option<String>,
    /// Warn of what expires within so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u32,
    /// Compare the store with what this manifest declares for it.
    #[arg(long, value_name = "MANIFEST")]
    against: Option<PathBuf>,
    /// Judge only the entries that `sync` put there, by the store's side file: not the public authorities that a runtime
    /// brings along. How the whole store differs from a manifest is told all the same.
    #[arg(long)]
    managed: bool,
    /// Check this audit log instead of a store.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "against"])]
    log: Option<PathBuf>,
    /// A hash that was kept elsewhere, as in syslog: a record of the log must have it.
    #[arg(long, value_name = "HASH", requires = "log")]
    log_head: Option<String>,
    #[command(flatten)]
    pub(crate) monitoring: Monitoring,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &Audit, context: &Context) -> Result<Exit, CliError> {
    match (&arguments.log, &arguments.store) {
        (Some(path), _) => log(path, arguments, context),
        (None, Some(store)) => match audited(arguments, store, context) {
            Err(error) => failed(arguments, store, error, context),
            answer => answer,
        },
        (None, None) => Err(CliError::usage("a store is needed")),
    }
}

fn audited(arguments: &Audit, store: &str, context: &Context) -> Result<Exit, CliError> {
    let declared = arguments.against.as_deref().map(load::load).transpose()?;
    let opened = assemble::open(store, &arguments.password, context)?;
    let soon = Duration::days(i64::from(arguments.days));
    let managed = arguments.managed.then(|| managed(&opened)).transpose()?;
    let mut flaws = audit::audit(&opened.store, context.now, soon);
    if let Some(managed) = &managed {
        let is_ours = |flaw: &Flaw| flaw.alias.as_ref().is_none_or(|alias| managed.contains(alias));
        flaws.retain(is_ours);
    }
    let compared = declared.as_ref().map(|loaded| drift(loaded, &opened)).transpose()?;
    let (drift, foreign) = compared.unzip();
    let matters = |drift: &Drift| matters(drift.kind);
    let is_good = flaws.iter().all(|flaw| flaw.severity != Severity::Error)
        && !drift.as_deref().unwrap_or_default().iter().any(matters);
    let path = opened.path.as_ref().map_or_else(|| opened.text.clone(), |path| path.display().to_string());
    let monitoring = &arguments.monitoring;
    match monitoring.format {
        _ if context.ui.json() => {
            let audited = v1::Audited::new(&opened.text, &opened.store, &flaws, drift.as_deref(), foreign);
            monitoring.document(&v1::Document::of("audit", is_good, audited), context)?;
        }
        Form::Prometheus => {
            let mut metrics = Metrics::default();
            metrics.store(&path, &opened.store, &flaws, drift.as_deref(), context.now);
            metrics.made(context.now);
            monitoring.text(&metrics.text(), context)?;
        }
        Form::Nagios => return plugin(arguments, &opened, &Judged { flaws, drift, managed }, context),
        Form::Text | Form::Json | Form::Html => {
            let drift = drift.as_deref().map(text::store::drift).unwrap_or_default();
            let audit = text::store::audit(&opened.shown(), &opened.store, &flaws);
            let foreign = foreign.as_ref().map(text::sync::foreign).unwrap_or_default();
            monitoring.text(&format!("{audit}{drift}{foreign}"), context)?;
        }
    }
    Ok(if is_good { Exit::Done } else { Exit::No })
}

/// Whether clients trust other certificates than was declared.
fn matters(kind: DriftKind) -> bool {
    matches!(kind, DriftKind::Missing | DriftKind::Unwanted)
}

/// How a store differs from what the manifest declares for it, and what else is trusted in it: for the file it is, whatever it
/// is called.
fn drift(loaded: &load::Loaded, opened: &Opened) -> Result<(Vec<Drift>, v1::Foreign), CliError> {
    let file = |text: &str| {
        let path = assemble::writable(text).ok()?;
        Some(fs::resolve(&path).ok()?.path)
    };
    let own = opened.path.as_ref().and_then(|path| Some(fs::resolve(path).ok()?.path));
    let own =
        own.ok_or_else(|| CliError::usage(format!("{} is no file that a manifest can name", opened.text)))?;
    let spec = loaded.manifest.stores.iter().find(|spec| file(&spec.store).as_ref() == Some(&own));
    let spec = spec.ok_or_else(|| {
        let message = format!("{} declares nothing for {}", loaded.path.display(), own.display());
        CliError::new(Exit::Usage, "store-undeclared", message)
    })?;
    let (provenance, _) = load::provenance(&own)?;
    let wanted = loaded.wanted_for(&spec.name);
    let foreign = manifest::foreign(&opened.store, spec, &wanted, &provenance);
    Ok((manifest::drift(&opened.store, &wanted, &provenance), foreign.into()))
}

/// The aliases of what this program put there.
fn managed(opened: &Opened) -> Result<Vec<String>, CliError> {
    let path = opened.path.as_ref().ok_or_else(|| {
        CliError::usage(format!("{} is no file: nothing in it was put there by sync", opened.text))
    })?;
    let path = fs::resolve(path).map_err(|error| assemble::path_error(&error))?.path;
    let (provenance, _) = load::provenance(&path)?;
    let ours = opened.store.entries.iter().filter(|entry| provenance.manages(entry, &opened.store));
    Ok(ours.map(|entry| entry.alias.to_string()).collect())
}

/// What was found in a store.
struct Judged {
    flaws: Vec<Flaw>,
    drift: Option<Vec<Drift>>,
    /// The aliases that alone are judged, if not all are.
    managed: Option<Vec<String>>,
}

/// The answer of a plugin: the nearest end of a validity, and what is wrong.
fn plugin(arguments: &Audit, opened: &Opened, judged: &Judged, context: &Context) -> Result<Exit, CliError> {
    let Judged { flaws, drift, managed } = judged;
    let thresholds = arguments.monitoring.thresholds();
    let is_judged = |alias: &Alias| {
        managed.as_ref().is_none_or(|managed| managed.iter().any(|one| one == alias.as_str()))
    };
    let anchors =
        opened.store.anchors().filter(|(alias, _)| is_judged(alias)).map(|(_, certificate)| certificate);
    let first = anchors.min_by_key(|certificate| certificate.not_after());
    let days = first.map_or(0, |certificate| (certificate.not_after() - context.now).whole_days());
    let errors = flaws.iter().filter(|flaw| flaw.severity == Severity::Error).count();
    let drift = drift.as_deref().unwrap_or_default();
    let different = drift.iter().filter(|drift| matters(drift.kind)).count();
    let mut level = if errors + different > 0 { Level::Critical } else { thresholds.level(days) };
    if drift.len() > different {
        level = level.max(Level::Warning);
    }
    let count = managed.as_ref().map_or(opened.store.entries.len(), Vec::len);
    let what = if managed.is_some() { "managed entries" } else { "entries" };
    let mut words = vec![format!("{}: {count} {what}", opened.text)];
    words.extend(drift.iter().take(3).map(|drift| format!("{} {}", drift.kind.name(), drift.subject)));
    let worst = flaws.iter().filter(|flaw| flaw.severity == Severity::Error).take(3);
    words.extend(worst.map(|flaw| format!("{} {}", flaw.code, flaw.alias.as_deref().unwrap_or_default())));
    if managed.is_some() && first.is_none() {
        words.push("nothing that sync put there is in it".to_owned());
    }
    if let Some(certificate) = first {
        words.push(format!("{} expires in {days} days", certificate.label()));
    }
    let data = [thresholds.days(days), format!("'errors'={errors}"), format!("'drift'={}", drift.len())];
    arguments.monitoring.nagios(level, &words.join(", "), &data, context)
}

/// A store that cannot be read is an answer too where a monitoring system asks.
fn failed(arguments: &Audit, store: &str, error: CliError, context: &Context) -> Result<Exit, CliError> {
    match arguments.monitoring.format {
        _ if context.ui.json() => Err(error),
        Form::Prometheus if error.exit == Exit::Store => {
            let path = assemble::writable(store)
                .map_or_else(|_| store.to_owned(), |path| path.display().to_string());
            let mut metrics = Metrics::default();
            metrics.unreadable(&path);
            metrics.made(context.now);
            arguments.monitoring.text(&metrics.text(), context)?;
            Err(error)
        }
        Form::Nagios => arguments.monitoring.nagios(Level::Unknown, &error.message, &[], context),
        _ => Err(error),
    }
}

/// Follows the chain of an audit log.
fn log(path: &Path, arguments: &Audit, context: &Context) -> Result<Exit, CliError> {
    let octets = fs::read(path, MAX_FILE).map_err(|error| assemble::path_error(&error))?;
    let text = String::from_utf8_lossy(&octets);
    let verified = journal::verify(&text, arguments.log_head.as_deref()).map_err(|error| {
        CliError::new(Exit::No, "log-altered", format!("{}: {error}", path.display()))
            .hint("compare it with the hashes in the system's log or a backup")
    })?;
    let path = path.display().to_string();
    if context.ui.json() {
        let log = v1::Log { log: path, records: verified.records.len(), head: verified.head };
        arguments.monitoring.document(&v1::Document::of("audit", true, log), context)?;
    } else {
        let path = crate::render::escape::visible(&path);
        let (records, head) = (verified.records.len(), verified.head);
        arguments
            .monitoring
            .text(&format!("{path}: whole, {records} records, the last has {head}\n"), context)?;
    }
    Ok(Exit::Done)
}
