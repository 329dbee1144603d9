//! `trustmend list STORE`.

use clap::Args;
use time::Duration;

use super::super::args::{NoStorePassword, READ_STORE, StorePassword};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble};
use crate::digest::Fingerprint;
use crate::render::json::v1;
use crate::render::text;
use crate::store::Entry;

/// List the entries of a store, and which of them Java trusts.
///
/// With -v every certificate is shown in full. Entries that Java cannot see or ignores are marked, with the reason. With
/// --alias or --fingerprint the exit code is 1 when there is no such entry.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend list /opt/agent/jre/lib/security/cacerts
  trustmend list java: --expiring 30
  trustmend list java: --alias corp --pem
  trustmend list java: --wide
  trustmend list mozilla: --json")]
pub(crate) struct List {
    #[arg(help = READ_STORE)]
    store: String,
    /// Only entries whose alias contains TEXT, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    alias: Option<String>,
    /// Only entries of the certificate with this SHA-256 fingerprint. May be given several times.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Vec<String>,
    /// Only entries with a certificate that has expired or expires within DAYS.
    #[arg(long, value_name = "DAYS")]
    expiring: Option<u32>,
    /// Print the certificates in PEM, the alias of each in a comment above it.
    #[arg(long)]
    pem: bool,
    /// One line for each entry, in columns, for grep and awk.
    #[arg(long, conflicts_with = "pem")]
    wide: bool,
    #[command(flatten)]
    password: StorePassword,
    #[command(flatten)]
    no_password: NoStorePassword,
}

pub(crate) fn run(arguments: &List, context: &Context) -> Result<Exit, CliError> {
    let fingerprints = assemble::fingerprints(&arguments.fingerprint)?;
    let opened = assemble::open(&arguments.store, &arguments.no_password.with(&arguments.password), context)?;
    let fits = |entry: &&Entry| fits(arguments, &fingerprints, entry, context);
    let entries: Vec<&Entry> = opened.store.entries.iter().filter(fits).collect();
    let named = arguments.alias.is_some() || !fingerprints.is_empty();
    let is_there = !named || !entries.is_empty();
    if context.ui.json() {
        let listing = v1::Listing::new(&opened.text, &opened.store, &entries);
        context.ui.document(&v1::Document::of("list", is_there, listing))?;
    } else if arguments.pem {
        let certificates =
            entries.iter().flat_map(|entry| entry.certificates.iter().map(|c| (entry.alias.as_str(), c)));
        context.ui.result(&text::store::pem(&certificates.collect::<Vec<_>>()))?;
    } else if arguments.wide {
        context.ui.result(&text::store::table(&entries))?;
    } else {
        let shown = opened.shown();
        let listing =
            text::store::listing(&shown, &opened.store, &entries, context.now, context.ui.verbose());
        context.ui.result(&listing)?;
    }
    Ok(if is_there { Exit::Done } else { Exit::No })
}

fn fits(arguments: &List, fingerprints: &[Fingerprint], entry: &Entry, context: &Context) -> bool {
    let called = |text: &String| entry.alias.as_str().to_lowercase().contains(&text.to_lowercase());
    let until = |days: u32| context.now + Duration::days(i64::from(days));
    let expiring =
        |days: u32| entry.certificates.iter().any(|certificate| certificate.not_after() <= until(days));
    let first = entry.certificates.first().map(|certificate| certificate.sha256());
    arguments.alias.as_ref().is_none_or(called)
        && (fingerprints.is_empty() || first.is_some_and(|first| fingerprints.contains(&first)))
        && arguments.expiring.is_none_or(expiring)
}
