//! `trustmend audit STORE`.

use clap::Args;
use time::Duration;

use super::super::args::StorePassword;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble};
use crate::audit;
use crate::finding::Severity;
use crate::render::json::v1;
use crate::render::text;

/// Tell what is wrong in a store itself: expired and expiring certificates, weak keys, duplicates, leaves that are trusted,
/// entries that Java cannot see or ignores.
///
/// The exit code is 1 when there are errors; warnings alone give 0. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend audit java:
  trustmend audit trust.p12 --days 90 --json")]
pub(crate) struct Audit {
    /// A file (JKS, JCEKS, PKCS12, PEM), java: or java:/path/to/jre, os:, mozilla:
    store: String,
    /// Warn of what expires within so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u32,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &Audit, context: &Context) -> Result<Exit, CliError> {
    let opened = assemble::open(&arguments.store, &arguments.password, context)?;
    let flaws = audit::audit(&opened.store, context.now, Duration::days(i64::from(arguments.days)));
    let is_good = flaws.iter().all(|flaw| flaw.severity != Severity::Error);
    if context.ui.json() {
        let audited = v1::Audited::new(&opened.text, &opened.store, &flaws);
        context.ui.document(&v1::Document::of("audit", is_good, audited))?;
    } else {
        context.ui.result(&text::store::audit(&opened.shown(), &opened.store, &flaws))?;
    }
    Ok(if is_good { Exit::Done } else { Exit::No })
}
