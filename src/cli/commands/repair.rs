//! `trustmend repair STORE`.

use clap::Args;

use super::super::args::{StorePassword, WRITTEN_KEYSTORE, Writing};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::{Context, assemble, write};
use crate::import::Repair as Repairs;

/// Make Java see entries that it ignores or cannot reach.
///
/// Such entries come from other programs: an alias in upper case in a JKS store, two entries of one alias, a PKCS12 certificate
/// without the mark that it is trusted (openssl makes those), a name in another encoding, a key that is not encrypted, a safe
/// inside a safe. Repairing a certificate makes Java trust it, so nothing is repaired that was not named; without names, and
/// without --all, this only shows what could be repaired.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend repair trust.p12
  trustmend repair trust.p12 corp-root
  trustmend repair trust.jks --all --dry-run")]
pub(crate) struct Repair {
    #[arg(help = WRITTEN_KEYSTORE)]
    store: String,
    /// Aliases of the entries to repair.
    aliases: Vec<String>,
    /// Every entry of the certificate with this SHA-256 fingerprint. May be given several times.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Vec<String>,
    /// Every entry that can be repaired.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &Repair, context: &Context) -> Result<Exit, CliError> {
    let shows_only = arguments.aliases.is_empty() && arguments.fingerprint.is_empty() && !arguments.all;
    let repair = Repairs {
        aliases: arguments.aliases.clone(),
        fingerprints: assemble::fingerprints(&arguments.fingerprint)?,
        all: arguments.all || shows_only,
    };
    let mut writing = arguments.writing.clone();
    writing.dry_run |= shows_only;
    let mut destination = write::existing(&arguments.store, &arguments.password)?;
    writing.prepare(&mut destination, context)?;
    let applied = write::change(&mut destination, context, writing.dry_run, &|store| repair.plan(store))?;
    let exit = writing.report("repair", &arguments.store, &applied, Why::default(), context)?;
    if shows_only && applied.changed {
        context.ui.note("nothing was repaired: name the entries, or say --all");
    }
    Ok(exit)
}
