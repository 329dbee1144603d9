//! `trustmend rename STORE OLD NEW`.

use clap::Args;

use super::super::args::{StorePassword, WRITTEN_STORE, Writing};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::{Context, assemble, write};
use crate::import::Renaming;

/// Give an entry another alias; nothing else about it changes.
///
/// This repairs an entry that Java cannot reach because its alias has upper-case letters, or shares its alias with another.
/// An alias that another entry has is refused.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend rename trust.jks CorpRoot corproot
  trustmend rename trust.p12 corp corp-2 --fingerprint SHA256")]
pub(crate) struct Rename {
    #[arg(help = WRITTEN_STORE)]
    store: String,
    /// The alias it has.
    old: String,
    /// The alias it gets.
    new: String,
    /// The SHA-256 fingerprint of the entry's certificate, where several have the alias.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &Rename, context: &Context) -> Result<Exit, CliError> {
    let renaming = Renaming {
        from: arguments.old.clone(),
        fingerprint: assemble::fingerprints(arguments.fingerprint.as_slice())?.first().copied(),
        to: arguments.new.clone(),
    };
    let mut destination = write::existing(&arguments.store, &arguments.password)?;
    arguments.writing.prepare(&mut destination, context)?;
    let applied =
        write::change(&mut destination, context, arguments.writing.dry_run, &|store| renaming.plan(store))?;
    arguments.writing.report("rename", &arguments.store, &applied, Why::default(), context)
}
