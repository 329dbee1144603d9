//! What every command that writes a store does: where to, what may stop it, what is said about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Context;
use super::args::{NewStore, Protection, StorePassword, Writing};
use super::assemble;
use super::error::CliError;
use super::exit::Exit;
use super::journal::Why;
use super::password::{self, Given};
use crate::fs::{self, PathError};
use crate::import::{self, Applied, ApplyError, Destination, Plan, PlanError};
use crate::render::json::v1;
use crate::render::text;
use crate::secret::Password;
use crate::store::{self, Format, Store, StoreError};

/// How long to wait for another writer of the same store.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// How many backups of a store are kept unless told.
pub(crate) const BACKUPS: usize = 10;

/// A STORE to be written that may be new. A new one's format is the one named, else the one its file's ending stands for,
/// else JKS, which every Java reads.
pub(crate) fn destination(
    text: &str,
    flags: &StorePassword,
    format: Option<&str>,
) -> Result<Destination, CliError> {
    let mut destination = existing(text, flags)?;
    destination.new_format = Some(new_format(&destination.path, format)?);
    Ok(destination)
}

/// A STORE to be written that must be there.
pub(crate) fn existing(text: &str, flags: &StorePassword) -> Result<Destination, CliError> {
    let (path, given) = assemble::writable_with(text, flags)?;
    Ok(at(path, None, given))
}

/// A file that is to become a store.
pub(crate) fn new_file(
    path: &Path,
    format: &'static dyn Format,
    flags: &StorePassword,
) -> Result<Destination, CliError> {
    Ok(at(path.to_owned(), Some(format), password::given(flags)?))
}

fn at(path: PathBuf, new_format: Option<&'static dyn Format>, given: Given) -> Destination {
    Destination {
        path,
        password: given.password,
        new_format,
        new_password_less: false,
        lock_wait: LOCK_WAIT,
        in_place: false,
        backup_dir: None,
        backups: BACKUPS,
    }
}

impl NewStore {
    /// What a new store gets, beside its format.
    pub(crate) fn prepare(&self, destination: &mut Destination, context: &Context) -> Result<(), CliError> {
        let format = destination.new_format.map(Format::name).unwrap_or_default();
        if self.protection == Protection::None && format != "pkcs12" {
            return Err(CliError::usage(format!("a new {format} store has no choice of --protection"))
                .hint("only PKCS12 has: say --format pkcs12, or leave --protection out"));
        }
        destination.new_password_less = self.protection == Protection::None;
        if format != "pem" && !destination.new_password_less && !destination.path.exists() {
            password::warn_of_new(&destination.password, &context.ui);
        }
        Ok(())
    }
}

/// The format of a new store.
pub(crate) fn new_format(path: &Path, format: Option<&str>) -> Result<&'static dyn Format, CliError> {
    if let Some(name) = format {
        return store::format(name).ok_or_else(|| CliError::usage(format!("{name} is not a store's format")));
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let by_ending = store::format_for_extension(&extension.to_ascii_lowercase());
    by_ending.or_else(|| store::format("jks")).ok_or_else(|| CliError::usage("no format for a new store"))
}

impl Writing {
    /// What the flags say about the backup, and the question that a shared store needs.
    pub(crate) fn prepare(&self, destination: &mut Destination, context: &Context) -> Result<(), CliError> {
        if !self.dry_run {
            self.logging.check()?;
        }
        destination.in_place = self.in_place;
        destination.backup_dir.clone_from(&self.backup_dir);
        if self.no_backup {
            destination.backups = 0;
        }
        self.shared(&destination.path, context)
    }

    /// A store that is reached through a link belongs to others too: said, and asked where a person can answer.
    fn shared(&self, path: &Path, context: &Context) -> Result<(), CliError> {
        let resolved = fs::resolve(path).map_err(|error| assemble::path_error(&error))?;
        if resolved.links > 1 {
            let others = resolved.links - 1;
            context.ui.note(&format!(
                "note: {} has {others} more name(s) on this disk, which will go on naming the old content",
                path.display()
            ));
        }
        if !resolved.is_link || self.dry_run {
            return Ok(());
        }
        let (link, target) = (path.display(), resolved.path.display());
        let text =
            format!("{link} is a link: the store written is {target}, which other programs may read too");
        // Where nobody can be asked, the refusal says it.
        if self.yes || context.ui.is_interactive() {
            context.ui.note(&format!("note: {text}"));
        }
        if self.yes || context.ui.confirm("Write it?") {
            return Ok(());
        }
        Err(CliError::new(Exit::Refused, "store-shared", text).hint("say --yes, or name the store itself"))
    }

    /// Records what was done to the store at `place`, and says it, or what would be done.
    pub(crate) fn report(
        &self,
        command: &str,
        place: &str,
        applied: &Applied,
        why: Why<'_>,
        context: &Context,
    ) -> Result<Exit, CliError> {
        if applied.changed && !self.dry_run {
            let path = assemble::writable(place)?;
            self.logging.record(command, &path, applied, why, context);
        }
        let unseen = assemble::unseen(place);
        if context.ui.json() {
            let mut written = v1::Written::new(place, applied, self.dry_run);
            written.warnings.extend(unseen);
            context.ui.document(&v1::Document::of(command, true, written))?;
        } else {
            context.ui.result(&text::store::written(place, applied, self.dry_run))?;
            if applied.changed && !self.dry_run {
                context.ui.note("restart the programs that read this store: a JVM reads it once");
            }
            if let Some(unseen) = unseen {
                context.ui.warn(&unseen);
            }
        }
        let changed = applied.changed && self.detailed_exitcode;
        Ok(if changed { Exit::Changed } else { Exit::Done })
    }
}

/// Carries a change out, with the words for what can go wrong. When the default password does not open the store, a person
/// is asked once.
pub(crate) fn change(
    destination: &mut Destination,
    context: &Context,
    dry_run: bool,
    planner: &dyn Fn(&Store) -> Result<Plan, PlanError>,
) -> Result<Applied, CliError> {
    with_password(destination, context, |destination| {
        import::change(destination, context.now, dry_run, planner)
    })
}

/// Does something with a store; when the default password does not open it, asks a person and does it once more.
pub(crate) fn with_password<T>(
    destination: &mut Destination,
    context: &Context,
    action: impl Fn(&Destination) -> Result<T, ApplyError>,
) -> Result<T, CliError> {
    let is_default = destination.password == Password::changeit();
    let mut result = action(destination);
    if let Err(ApplyError::Store { path, source: StoreError::WrongPassword { .. } }) = &result
        && is_default
        && let Some(typed) = password::prompt(&context.ui, &path.display().to_string())
    {
        destination.password = typed;
        result = action(destination);
    }
    result.map_err(|error| failed(&error, destination))
}

/// The words for a store that was not written.
pub(crate) fn failed(error: &ApplyError, destination: &Destination) -> CliError {
    match error {
        // Another writer is in the way, or the folder cannot be written at all.
        ApplyError::Lock { source: PathError::Locked { .. }, .. } => {
            CliError::from_source(Exit::Store, "store-locked", error)
                .hint("another program is writing this store; run again when it has ended")
        }
        ApplyError::Lock { source, .. } => {
            let failure = CliError::from_source(Exit::Write, "write", error).hint(source.hint());
            match !destination.in_place && fs::is_writable(&destination.path) {
                true => failure.hint(
                    "the file itself can be written: --in-place --backup-dir FOLDER does it where it stands, which a crash \
                     can cut short",
                ),
                false => failure,
            }
        }
        ApplyError::Read(error) => assemble::path_error(error),
        ApplyError::Store { path, source } => {
            let is_default = destination.password == Password::changeit();
            let given = Given { is_default, ..Given::named(destination.password.clone()) };
            assemble::store_error(path, source, &given)
        }
        ApplyError::Stale { .. } => CliError::from_source(Exit::Refused, "store-changed", error)
            .hint("make a new plan, and have that one approved"),
        ApplyError::Plan(error) => not_planned(error, &destination.path.display().to_string()),
        ApplyError::Write(error) => not_made(error),
        error => CliError::from_source(Exit::Write, "write", error),
    }
}

/// The words for a file that was not made: one that is there already is left alone, which is no failure of the disk.
pub(crate) fn not_made(error: &PathError) -> CliError {
    match error {
        PathError::Exists { .. } => CliError::from_source(Exit::Refused, "file-exists", error),
        _ => CliError::from_source(Exit::Write, "write", error),
    }
    .hint(error.hint())
}

/// The words for what cannot be planned: what is not there is a no, what should not be done is refused.
pub(crate) fn not_planned(error: &PlanError, place: &str) -> CliError {
    let (exit, code) = match error {
        PlanError::NoEntry { .. } => (Exit::No, "entry-missing"),
        PlanError::NoBackup { .. } => (Exit::No, "backup-missing"),
        PlanError::NotABackup { .. } => (Exit::Refused, "not-a-backup"),
        PlanError::Ambiguous { .. } => (Exit::Refused, "alias-ambiguous"),
        PlanError::Key { .. } => (Exit::Refused, "entry-is-key"),
        _ => (Exit::Refused, "alias-refused"),
    };
    let mut failure = CliError::from_source(exit, code, error);
    match error {
        PlanError::NoEntry { similar, .. } => {
            failure.message = format!("{place}: {}", failure.message);
            failure.hints.extend(similar.iter().map(|alias| format!("there is {alias:?}")));
            failure.hint(format!("`trustmend list {place}` shows the entries"))
        }
        PlanError::Ambiguous { fingerprints, .. } => {
            let one = fingerprints.iter().flatten().map(|one| format!("--fingerprint {}", one.hex()));
            failure.hints.extend(one);
            failure
        }
        PlanError::Key { .. } => failure.hint("if it may be lost: --keys"),
        PlanError::NotABackup { .. } => {
            failure.hint("`--list` shows its backups; if this file is right all the same: --allow-loss")
        }
        PlanError::NoBackup { .. } => {
            failure.hint("name one with --from FILE, or its folder with --backup-dir")
        }
        _ => failure.hint("choose another alias"),
    }
}
