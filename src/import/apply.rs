//! Carrying a plan out: lock, read again, plan on what was read, back up, replace whole, read back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

use super::check;
use super::step::{Plan, PlanError};
use crate::digest::Fingerprint;
use crate::fs::{self, PathError, Replace};
use crate::secret::Password;
use crate::store::{self, Edit, Format, Store, StoreError};

/// Largest store read: the platform's own take 170 KiB.
const MAX_STORE: u64 = 64 << 20;

/// Permissions of a new trust store: it holds no secret, and the agent runs as another user.
const NEW_STORE_MODE: u32 = 0o644;

/// The store to write, and how.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The file; links are followed.
    pub path: PathBuf,
    /// Its password.
    pub password: Password,
    /// The format of a store that does not exist yet; `None` if it must exist.
    pub new_format: Option<&'static dyn Format>,
    /// Whether a store that does not exist yet is made without a password (PKCS12 only), as the JDK ships its own.
    pub new_password_less: bool,
    /// How long to wait for another writer.
    pub lock_wait: Duration,
    /// Whether the file is written where it stands, because its folder cannot be written: not atomic.
    pub in_place: bool,
    /// Where the backup goes: beside the store when not given.
    pub backup_dir: Option<PathBuf>,
    /// How many backups are kept; none is made when 0.
    pub backups: usize,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The plan that was carried out.
    pub plan: Plan,
    /// SHA-256 of the file before; `None` if it did not exist.
    pub sha256_before: Option<Fingerprint>,
    /// SHA-256 of the file after.
    pub sha256_after: Option<Fingerprint>,
    /// Entries before; `None` if the store could not be read.
    pub entries_before: Option<usize>,
    /// Entries after.
    pub entries_after: usize,
    /// The format's name.
    pub format: &'static str,
    /// Where the old file is kept.
    pub backup: Option<PathBuf>,
    /// Whether the file was written.
    pub changed: bool,
}

/// Why a plan was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(PathError),
    /// The store cannot be locked.
    #[error("{}: cannot be locked", path.display())]
    Lock {
        /// Which store.
        path: PathBuf,
        /// Why not.
        source: PathError,
    },
    /// The store cannot be understood, or not be edited.
    #[error("{}: {source}", path.display())]
    Store {
        /// Which store.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// What was asked for cannot be planned on this store.
    #[error(transparent)]
    Plan(PlanError),
    /// The new store cannot be written.
    #[error(transparent)]
    Write(PathError),
    /// The store is not the one that the plan was made on.
    #[error("{}: the store is not the one that the plan was made on", path.display())]
    Stale {
        /// Which store.
        path: PathBuf,
    },
    /// The new store would not be what was planned; it was not written.
    #[error("{}: the new store was not written: {what}", path.display())]
    Differs {
        /// Which store.
        path: PathBuf,
        /// What differs.
        what: String,
    },
}

/// Permissions of a new store with private keys.
const NEW_KEY_STORE_MODE: u32 = 0o600;

/// Plans on the store as it is under the lock and writes the result. With `dry_run`, plans without lock and writes
/// nothing.
///
/// # Errors
/// [`ApplyError`]; the old store is intact.
pub fn change(
    destination: &Destination,
    now: OffsetDateTime,
    dry_run: bool,
    planner: &dyn Fn(&Store) -> Result<Plan, PlanError>,
) -> Result<Applied, ApplyError> {
    change_of(destination, None, now, dry_run, planner)
}

/// The same, only if the store is the one named: its SHA-256, or `None` inside if there was none.
///
/// # Errors
/// [`ApplyError`], [`ApplyError::Stale`] among them; the old store is intact.
pub fn change_of(
    destination: &Destination,
    expected: Option<Option<Fingerprint>>,
    now: OffsetDateTime,
    dry_run: bool,
    planner: &dyn Fn(&Store) -> Result<Plan, PlanError>,
) -> Result<Applied, ApplyError> {
    let target = fs::resolve(&destination.path).map_err(ApplyError::Read)?.path;
    let hold = lock(destination, &target, dry_run)?;
    let there = octets(&target)?;
    let before = there.as_deref().map(Fingerprint::of);
    if expected.is_some_and(|expected| expected != before) {
        return Err(ApplyError::Stale { path: target });
    }
    let octets = there.map_or_else(|| empty(destination, &target), Ok)?;
    let broken = |source| ApplyError::Store { path: target.clone(), source };
    let opened = store::open(&octets, Some(&destination.password)).map_err(broken)?;
    let current = opened.store();
    let plan = planner(&current).map_err(ApplyError::Plan)?;
    let entries = current.entries.len();
    let mut applied = Applied {
        sha256_before: before,
        sha256_after: before,
        entries_before: Some(entries),
        entries_after: entries,
        format: current.format.name(),
        backup: None,
        changed: !plan.edits.is_empty() && !plan.is_refused(),
        plan,
    };
    if !applied.changed {
        return Ok(applied);
    }
    let edited = opened.edit(&applied.plan.edits).map_err(broken)?;
    // What a PEM bundle without blocks is: no reader takes an empty file for a store.
    if edited.is_empty() {
        return Err(broken(StoreError::Unsupported {
            what: "a PEM bundle that holds nothing".to_owned(),
            instead: "delete the file, or import another certificate first".to_owned(),
        }));
    }
    let store = store::decode(&edited, Some(&destination.password)).map_err(broken)?;
    // The new octets must read as planned before they go anywhere near the file.
    check::as_planned(&current, &applied.plan.edits, &store)
        .map_err(|what| ApplyError::Differs { path: target.clone(), what })?;
    applied.sha256_after = Some(Fingerprint::of(&edited));
    applied.entries_after = store.entries.len();
    if let Some(hold) = hold {
        write(destination, &hold, &edited, now, &mut applied)?;
    }
    Ok(applied)
}

/// Makes a new store with what a plan adds, whatever else it refuses. A file that is there stays.
///
/// # Errors
/// [`ApplyError`]; no file was made.
pub fn create(destination: &Destination, plan: Plan, dry_run: bool) -> Result<Applied, ApplyError> {
    let path = &destination.path;
    if octets(path)?.is_some() {
        return Err(ApplyError::Write(PathError::Exists { path: path.clone() }));
    }
    let broken = |source| ApplyError::Store { path: path.clone(), source };
    let password = Some(&destination.password);
    let empty = empty(destination, path)?;
    let opened = store::open(&empty, password).map_err(broken)?;
    let before = opened.store();
    let new = opened.edit(&plan.edits).map_err(broken)?;
    let after = store::decode(&new, password).map_err(broken)?;
    check::as_planned(&before, &plan.edits, &after)
        .map_err(|what| ApplyError::Differs { path: path.clone(), what })?;
    if !dry_run {
        let is_key = |edit: &Edit| matches!(edit, Edit::AddKey { .. });
        let mode = if plan.edits.iter().any(is_key) { NEW_KEY_STORE_MODE } else { NEW_STORE_MODE };
        fs::create_new(path, &new, mode).map_err(ApplyError::Write)?;
    }
    Ok(Applied {
        plan,
        sha256_before: None,
        sha256_after: Some(Fingerprint::of(&new)),
        entries_before: Some(0),
        entries_after: after.entries.len(),
        format: after.format.name(),
        backup: None,
        changed: true,
    })
}

/// A store that nobody else writes meanwhile.
pub(super) struct Hold {
    target: PathBuf,
    lock: HoldBy,
}

enum HoldBy {
    /// To be replaced.
    Neighbour { _lock: fs::Lock },
    /// To be written where it stands.
    Itself(fs::InPlace),
}

/// The lock of a store that is to be written; none for a dry run.
pub(super) fn lock(
    destination: &Destination,
    target: &Path,
    dry_run: bool,
) -> Result<Option<Hold>, ApplyError> {
    if dry_run {
        return Ok(None);
    }
    let wait = destination.lock_wait;
    let lock = match destination.in_place {
        true => fs::InPlace::open(target, wait).map(HoldBy::Itself),
        false => fs::lock(target, wait).map(|lock| HoldBy::Neighbour { _lock: lock }),
    };
    let lock = lock.map_err(|source| ApplyError::Lock { path: target.to_owned(), source })?;
    Ok(Some(Hold { target: target.to_owned(), lock }))
}

/// The octets of a store, if there is one.
pub(super) fn octets(target: &Path) -> Result<Option<Vec<u8>>, ApplyError> {
    match fs::read(target, MAX_STORE) {
        Ok(octets) => Ok(Some(octets)),
        Err(PathError::NotFound { .. }) => Ok(None),
        Err(error) => Err(ApplyError::Read(error)),
    }
}

/// The octets of a store that must be there.
pub(super) fn existing(path: &Path) -> Result<Vec<u8>, ApplyError> {
    fs::read(path, MAX_STORE).map_err(ApplyError::Read)
}

/// A new store without entries, where one may be made.
fn empty(destination: &Destination, target: &Path) -> Result<Vec<u8>, ApplyError> {
    let missing = || ApplyError::Read(PathError::NotFound { path: target.to_owned() });
    let format = destination.new_format.ok_or_else(missing)?;
    let password = (!destination.new_password_less).then_some(&destination.password);
    store::empty(format, password).map_err(|source| ApplyError::Store { path: target.to_owned(), source })
}

/// Keeps the old file, then puts the new octets in its place.
pub(super) fn write(
    destination: &Destination,
    hold: &Hold,
    edited: &[u8],
    now: OffsetDateTime,
    applied: &mut Applied,
) -> Result<(), ApplyError> {
    if applied.sha256_before.is_some() && destination.backups > 0 {
        let stamp = now.format(format_description!("[year][month][day]T[hour][minute][second]Z"));
        let stamp = stamp.unwrap_or_else(|_| now.unix_timestamp().to_string());
        let folder = destination.backup_dir.as_deref();
        let keep = if destination.in_place { fs::backup_copy } else { fs::backup };
        let backup = keep(&hold.target, folder, &stamp, destination.backups).map_err(ApplyError::Write)?;
        applied.backup = Some(backup);
    }
    let how = Replace { expected: applied.sha256_before, mode: NEW_STORE_MODE };
    let written = match (&hold.lock, applied.sha256_before) {
        (HoldBy::Itself(file), Some(before)) => file.write(edited, before),
        _ => fs::replace(&hold.target, edited, &how),
    };
    written.map_err(|error| {
        let stays = !matches!(error, PathError::Unsynced { .. } | PathError::Torn { .. });
        // The backup of a file that stays is only a second name for it.
        if let Some(backup) = applied.backup.take_if(|_| stays) {
            let _ = fs::remove_file(&backup);
        }
        ApplyError::Write(error)
    })
}
