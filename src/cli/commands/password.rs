//! `trustmend password STORE`.

use std::path::PathBuf;

use clap::Args;

use super::super::args::{StorePassword, WRITTEN_KEYSTORE, Writing};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::{Context, password, write};
use crate::import;
use crate::secret::Password;

/// Give a store another password.
///
/// What the old one protects, the new one does: the integrity check, encrypted parts, and keys that open with the store's
/// password. A key with a password of its own is refused, since Tomcat and others expect one password for both. Entries, dates and
/// algorithms stay. The backup keeps the old password. Programs that read the store need the new one too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend password trust.p12 --new-password-file new.txt
  trustmend password trust.jks --store-password-env OLD --new-password-env NEW
  trustmend password trust.p12 --dry-run")]
pub(crate) struct ChangePassword {
    #[arg(help = WRITTEN_KEYSTORE)]
    store: String,
    /// Read the new password from the first line of FILE [default: a person is asked, twice].
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_env")]
    new_password_file: Option<PathBuf>,
    /// Read the new password from the environment variable VAR.
    #[arg(long, value_name = "VAR")]
    new_password_env: Option<String>,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    password: StorePassword,
}

pub(crate) fn run(arguments: &ChangePassword, context: &Context) -> Result<Exit, CliError> {
    let mut destination = write::existing(&arguments.store, &arguments.password)?;
    let new = new_password(arguments, context)?;
    password::check_new(&new, &context.ui)?;
    arguments.writing.prepare(&mut destination, context)?;
    let dry_run = arguments.writing.dry_run;
    let applied = write::with_password(&mut destination, context, |destination| {
        import::change_password(destination, &new, context.now, dry_run)
    })?;
    let exit = arguments.writing.report("password", &arguments.store, &applied, Why::default(), context)?;
    if applied.changed && !dry_run {
        context.ui.note("programs that are told this store's password need the new one");
    }
    Ok(exit)
}

fn new_password(arguments: &ChangePassword, context: &Context) -> Result<Password, CliError> {
    match (&arguments.new_password_file, &arguments.new_password_env) {
        (Some(file), _) => password::from_file(file),
        (None, Some(variable)) => password::from_env(variable),
        (None, None) => password::prompt_twice(&context.ui, "New password: ")?.ok_or_else(|| {
            CliError::usage("no new password was given")
                .hint("say --new-password-file FILE or --new-password-env VAR")
        }),
    }
}
