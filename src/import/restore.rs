//! Backups of a store, and going back to one.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::apply::{self, Applied, ApplyError, Destination};
use super::step::{Action, Plan, PlanError, Step};
use crate::digest::Fingerprint;
use crate::fs;
use crate::store::{self, Entry, Store, StoreError};

/// A backup of a store.
#[derive(Debug)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of it.
    pub sha256: Fingerprint,
    /// What it holds, or why it cannot be read.
    pub store: Result<Store, StoreError>,
}

/// The backups of a store, the newest first.
///
/// # Errors
/// [`ApplyError::Read`] if the folder or one of them cannot be read.
pub fn backups(destination: &Destination) -> Result<Vec<Backup>, ApplyError> {
    let folder = destination.backup_dir.as_deref();
    let mut paths = fs::backups(&destination.path, folder).map_err(ApplyError::Read)?;
    paths.reverse();
    let open = |path: PathBuf| {
        let octets = apply::existing(&path)?;
        let store = store::decode(&octets, Some(&destination.password));
        Ok(Backup { sha256: Fingerprint::of(&octets), path, store })
    };
    paths.into_iter().map(open).collect()
}

/// Puts what `from` holds, else what the newest backup holds, in the place of the store, which may be damaged or gone.
/// What is there now is kept as a backup. The backup must be a store that the password opens.
///
/// # Errors
/// [`ApplyError`]; the present store is intact.
pub fn restore(
    destination: &Destination,
    from: Option<&Path>,
    now: OffsetDateTime,
    dry_run: bool,
) -> Result<Applied, ApplyError> {
    let target = fs::resolve(&destination.path).map_err(ApplyError::Read)?.path;
    let hold = apply::lock(destination, &target, dry_run)?;
    let from = match from {
        Some(from) => from.to_owned(),
        None => newest(destination, &target)?,
    };
    let octets = apply::existing(&from)?;
    let kept = store::decode(&octets, Some(&destination.password))
        .map_err(|source| ApplyError::Store { path: from.clone(), source })?;
    let current = apply::octets(&target)?;
    let present = current.as_deref().map(|octets| store::decode(octets, Some(&destination.password)));
    let present = present.and_then(Result::ok);
    let before = current.as_deref().map(Fingerprint::of);
    let after = Fingerprint::of(&octets);
    let mut applied = Applied {
        plan: Plan { steps: steps(present.as_ref(), &kept), edits: Vec::new() },
        sha256_before: before,
        sha256_after: Some(after),
        entries_before: present.map(|store| store.entries.len()),
        entries_after: kept.entries.len(),
        format: kept.format.name(),
        backup: None,
        changed: before != Some(after),
    };
    if let Some(hold) = hold.filter(|_| applied.changed) {
        apply::write(destination, &hold, &octets, now, &mut applied)?;
    }
    Ok(applied)
}

fn newest(destination: &Destination, target: &Path) -> Result<PathBuf, ApplyError> {
    let found =
        fs::backups(&destination.path, destination.backup_dir.as_deref()).map_err(ApplyError::Read)?;
    let none = || ApplyError::Plan(PlanError::NoBackup { store: target.to_owned() });
    found.into_iter().next_back().ok_or_else(none)
}

/// What comes back and what goes.
fn steps(present: Option<&Store>, kept: &Store) -> Vec<Step> {
    let present = present.map(|store| store.entries.as_slice()).unwrap_or_default();
    let missing_in = |others: &[Entry], entry: &Entry| !others.iter().any(|other| same(other, entry));
    let gone = present.iter().filter(|entry| missing_in(&kept.entries, entry));
    let gone = gone.map(|entry| Step::on(entry, Action::Remove, "not in the backup"));
    let back = kept.entries.iter().filter(|entry| missing_in(present, entry));
    gone.chain(back.map(|entry| Step::on(entry, Action::Add, "in the backup"))).collect()
}

fn same(one: &Entry, other: &Entry) -> bool {
    one.alias == other.alias && one.kind == other.kind && one.certificates == other.certificates
}
