//! `trustmend convert STORE NEWSTORE`.

use std::path::PathBuf;

use clap::Args;

use super::super::args::{NewStore, READ_STORE, StorePassword};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::{Logging, Why};
use super::super::{Context, assemble, password, write};
use crate::fs;
use crate::import::{self, Action};
use crate::render::json::v1;
use crate::render::text;
use crate::store::{self, EntryKind};

/// Write what Java trusts in a store into a new store of another format.
///
/// Trusted certificates are taken over, with their aliases and, where the format keeps them, their dates; private keys only
/// with --keys. What the new store would not hold is listed, and nothing is written, unless --allow-loss says that this is
/// right. A file that is there is never overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend convert trust.jks trust.p12
  trustmend convert tomcat.jks tomcat.p12 --keys
  trustmend convert java: bundle.pem --allow-loss")]
pub(crate) struct Convert {
    #[arg(help = READ_STORE)]
    store: String,
    /// The new file.
    #[arg(value_name = "NEWSTORE")]
    new: PathBuf,
    /// Its format [default: by the file's ending (.jks, .jceks, .p12, .pfx, .pkcs12, .pem, .crt, .cer), else jks].
    #[arg(long, value_name = "FORMAT", value_parser = ["jks", "jceks", "pkcs12", "pem"])]
    format: Option<String>,
    #[command(flatten)]
    protection: NewStore,
    /// Take private keys over too, each protected by the new store's password; the new file is for its owner alone.
    #[arg(long)]
    keys: bool,
    /// Leave out what the new store would not hold.
    #[arg(long)]
    allow_loss: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Exit with 10 instead of 0 when the new store was written.
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    logging: Logging,
    #[command(flatten)]
    password: StorePassword,
    /// Read the new store's password from the first line of FILE [default: the old store's].
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_env")]
    new_password_file: Option<PathBuf>,
    /// Read the new store's password from the environment variable VAR.
    #[arg(long, value_name = "VAR")]
    new_password_env: Option<String>,
    /// Read the password of the old store's keys from the first line of FILE; the old store's own is tried too.
    #[arg(long, value_name = "FILE", requires = "keys", conflicts_with = "key_password_env")]
    key_password_file: Option<PathBuf>,
    /// Read the password of the old store's keys from the environment variable VAR.
    #[arg(long, value_name = "VAR", requires = "keys")]
    key_password_env: Option<String>,
}

impl Convert {
    /// The private keys of the old store, opened.
    fn private_keys(&self, opened: &assemble::Opened) -> Result<import::Keys, CliError> {
        let mut keys = import::Keys::new();
        let Some(path) = opened.path.as_deref().filter(|_| self.keys) else { return Ok(keys) };
        let given = password::given(&self.password)?;
        let own = password::given(&self.password.or_else(&self.key_password_file, &self.key_password_env))?;
        let octets = fs::read(path, assemble::MAX_FILE).map_err(|error| assemble::path_error(&error))?;
        let store = store::open(&octets, Some(&given.password));
        let store = store.map_err(|error| assemble::store_error(path, &error, &given))?;
        for (index, entry) in store.store().entries.iter().enumerate() {
            if entry.kind != EntryKind::PrivateKey {
                continue;
            }
            let mut key = store.key(index, &own.password);
            if matches!(key, Ok(None)) {
                key = store.key(index, &given.password);
            }
            let none = || "its key has another password: give it with --key-password-file".to_owned();
            keys.insert(index, key.map_err(|error| error.to_string()).and_then(|key| key.ok_or_else(none)));
        }
        Ok(keys)
    }
}

pub(crate) fn run(arguments: &Convert, context: &Context) -> Result<Exit, CliError> {
    let opened = assemble::open_whole(&arguments.store, &arguments.password, context)?;
    let format = write::new_format(&arguments.new, arguments.format.as_deref())?;
    let flags = arguments.password.or_else(&arguments.new_password_file, &arguments.new_password_env);
    let mut destination = write::new_file(&arguments.new, format, &flags)?;
    arguments.protection.prepare(&mut destination, context)?;
    let plan = import::conversion(&opened.store, &arguments.private_keys(&opened)?, format, context.now);
    let lost = |step: &&import::Step| step.action == Action::Refuse;
    if !arguments.allow_loss && plan.is_refused() {
        let lost: Vec<_> = plan.steps.iter().filter(lost).collect();
        let message = format!("{} of {} entries would be lost", lost.len(), opened.store.entries.len());
        let mut error = CliError::new(Exit::Refused, "loss", message);
        error.hints.extend(lost.iter().take(10).map(|step| format!("{}: {}", step.alias, step.reason)));
        return Err(error.hint("if that is right: --allow-loss"));
    }
    if let Some(problem) = opened.store.problems.first() {
        context.ui.warn(&format!("{}: {}", opened.text, problem.message));
    }
    let applied = import::create(&destination, plan, arguments.dry_run);
    let applied = applied.map_err(|error| write::failed(&error, &destination))?;
    let place = arguments.new.display().to_string();
    if !arguments.dry_run {
        arguments.logging.record("convert", &arguments.new, &applied, Why::default(), context);
    }
    if context.ui.json() {
        let written = v1::Written::new(&place, &applied, arguments.dry_run);
        context.ui.document(&v1::Document::of("convert", true, written))?;
    } else {
        context.ui.result(&text::store::written(&place, &applied, arguments.dry_run))?;
    }
    Ok(if arguments.detailed_exitcode && applied.changed { Exit::Changed } else { Exit::Done })
}
