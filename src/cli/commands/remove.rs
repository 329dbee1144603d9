//! `trustmend remove STORE ALIAS...`.

use clap::Args;

use super::super::args::{StorePassword, WRITTEN_STORE, Writing};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::{Context, assemble, write};
use crate::import::Removal;

/// Remove entries from a store, all in one write, losing nothing else.
///
/// A fingerprint removes every entry of that certificate, whatever its alias. When something that was named is not there,
/// nothing is removed and the exit code is 1; that nothing has expired is no failure. Private and secret keys go only with
/// --keys. The store is locked, replaced whole and read back; the old one is kept beside it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend remove /opt/agent/jre/lib/security/cacerts corp-ca-2019
  trustmend remove trust.p12 --fingerprint SHA256
  trustmend remove java: --expired --dry-run")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["aliases", "fingerprint", "subject", "expired"]))]
pub(crate) struct Remove {
    #[arg(help = WRITTEN_STORE)]
    store: String,
    /// Aliases of entries.
    #[arg(value_name = "ALIAS")]
    aliases: Vec<String>,
    /// Every entry of the certificate with this SHA-256 fingerprint. May be given several times.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Vec<String>,
    /// Every entry whose subject contains TEXT, in upper or lower case. May be given several times.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    subject: Vec<String>,
    /// Every trusted certificate that has expired.
    #[arg(long)]
    expired: bool,
    /// Let private and secret keys go too: nobody can import them again.
    #[arg(long)]
    keys: bool,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &Remove, context: &Context) -> Result<Exit, CliError> {
    let removal = Removal {
        aliases: arguments.aliases.clone(),
        fingerprints: assemble::fingerprints(&arguments.fingerprint)?,
        subjects: arguments.subject.clone(),
        expired: arguments.expired,
        keys: arguments.keys,
    };
    let mut destination = write::existing(&arguments.store, &arguments.password)?;
    arguments.writing.prepare(&mut destination, context)?;
    let applied = write::change(&mut destination, context, arguments.writing.dry_run, &|store| {
        removal.plan(store, context.now)
    })?;
    arguments.writing.report("remove", &arguments.store, &applied, Why::default(), context)
}
