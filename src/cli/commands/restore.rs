//! `trustmend restore STORE`.

use std::path::PathBuf;

use clap::Args;

use super::super::args::{StorePassword, WRITTEN_STORE, Writing};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::{Context, write};
use crate::import;
use crate::render::json::v1;
use crate::render::text;

/// Go back to a backup of a store, the newest unless one is named.
///
/// Every command that writes a store keeps the old one as NAME.TIME.bak. Going back keeps the present store the same way, so
/// that a second `restore` undoes the first. It also works when the store is damaged or gone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend restore /opt/agent/jre/lib/security/cacerts --list
  trustmend restore trust.jks --dry-run
  trustmend restore trust.jks --from trust.jks.20261123T143000Z.bak")]
pub(crate) struct Restore {
    #[arg(help = WRITTEN_STORE)]
    store: String,
    /// Show the backups, the newest first, and do nothing.
    #[arg(long, conflicts_with = "from")]
    list: bool,
    /// The backup to go back to.
    #[arg(long, value_name = "BACKUP")]
    from: Option<PathBuf>,
    /// Take a file that is no backup of this store though it is of another format, holds no certificate or lacks keys.
    #[arg(long, requires = "from")]
    allow_loss: bool,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &Restore, context: &Context) -> Result<Exit, CliError> {
    let mut destination = write::existing(&arguments.store, &arguments.password)?;
    if arguments.list {
        destination.backup_dir.clone_from(&arguments.writing.backup_dir);
        let backups = import::backups(&destination);
        let backups = backups.map_err(|error| write::failed(&error, &destination))?;
        if context.ui.json() {
            context.ui.document(&v1::Document::of("restore", true, v1::Backups::new(&backups)))?;
        } else {
            context.ui.result(&text::store::backups(&backups))?;
        }
        return Ok(Exit::Done);
    }
    arguments.writing.prepare(&mut destination, context)?;
    let applied = write::with_password(&mut destination, context, |destination| {
        let from = arguments.from.as_deref();
        import::restore(destination, from, context.now, arguments.writing.dry_run, arguments.allow_loss)
    })?;
    arguments.writing.report("restore", &arguments.store, &applied, Why::default(), context)
}
