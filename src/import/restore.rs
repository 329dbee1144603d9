//! Backups of a store, and going back to one.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::apply::{self, Applied, ApplyError, Destination};
use super::step::{Action, Plan, PlanError, Step};
use crate::digest::Fingerprint;
use crate::fs;
use crate::store::{self, Entry, EntryKind, Store, StoreError};

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
/// What is there now is kept as a backup. The backup must be a store that the password opens; a file that is none of this
/// store's backups may take its place only if nothing but certificates goes, unless `allow_loss`.
///
/// # Errors
/// [`ApplyError`]; the present store is intact.
pub fn restore(
    destination: &Destination,
    from: Option<&Path>,
    now: OffsetDateTime,
    dry_run: bool,
    allow_loss: bool,
) -> Result<Applied, ApplyError> {
    let target = fs::resolve(&destination.path).map_err(ApplyError::Read)?.path;
    let hold = apply::lock(destination, &target, dry_run)?;
    let backups =
        || fs::backups(&destination.path, destination.backup_dir.as_deref()).map_err(ApplyError::Read);
    let none = || ApplyError::Plan(PlanError::NoBackup { store: target.clone() });
    let (from, is_backup) = match from {
        Some(from) => (from.to_owned(), backups()?.iter().any(|backup| is_same(backup, from))),
        None => (backups()?.into_iter().next_back().ok_or_else(none)?, true),
    };
    let octets = apply::existing(&from)?;
    let kept = store::decode(&octets, Some(&destination.password))
        .map_err(|source| ApplyError::Store { path: from.clone(), source })?;
    let current = apply::octets(&target)?;
    let present = current.as_deref().map(|octets| store::decode(octets, Some(&destination.password)));
    let present = present.and_then(Result::ok);
    if !is_backup
        && !allow_loss
        && let Some(why) = objection(present.as_ref(), &kept)
    {
        return Err(ApplyError::Plan(PlanError::NotABackup { file: from, why }));
    }
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

fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole(one) == whole(other)
}

/// What would be lost with a file in the store's place, in words that follow its name.
fn objection(present: Option<&Store>, kept: &Store) -> Option<String> {
    if kept.entries.iter().all(|entry| entry.certificates.is_empty()) {
        return Some("holds no certificate".to_owned());
    }
    let present = present?;
    let (old, new) = (present.format.name(), kept.format.name());
    if old != new {
        return Some(format!("is a {new} store, and this one is {old}"));
    }
    let keys = [EntryKind::PrivateKey, EntryKind::SecretKey];
    let lost = present.entries.iter().filter(|entry| keys.contains(&entry.kind));
    let lost = lost.filter(|entry| !kept.entries.iter().any(|other| same(other, entry))).count();
    (lost > 0).then(|| format!("lacks {lost} of the keys that are in this store"))
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
