//! Another password for a store.

use time::OffsetDateTime;

use super::apply::{self, Applied, ApplyError, Destination};
use super::step::Plan;
use crate::digest::Fingerprint;
use crate::fs;
use crate::secret::Password;
use crate::store::{self, Store};

/// Closes the store with `new` instead of the destination's password: its integrity check, its encrypted parts and its keys.
/// Its entries stay as they are, which is checked before anything is written. The old password goes on opening the
/// backup.
///
/// # Errors
/// [`ApplyError`]; the old store is intact.
pub fn change_password(
    destination: &Destination,
    new: &Password,
    now: OffsetDateTime,
    dry_run: bool,
) -> Result<Applied, ApplyError> {
    let target = fs::resolve(&destination.path).map_err(ApplyError::Read)?.path;
    let hold = apply::lock(destination, &target, dry_run)?;
    let octets = apply::existing(&target)?;
    let broken = |source| ApplyError::Store { path: target.clone(), source };
    let before = store::decode(&octets, Some(&destination.password)).map_err(broken)?;
    let changed = destination.password != *new;
    let closed = match changed {
        true => store::change_password(&octets, &destination.password, new).map_err(broken)?,
        false => octets.clone(),
    };
    let after = store::decode(&closed, Some(new)).map_err(broken)?;
    if !same_entries(&before, &after) {
        let what = "its entries would not be the same under the new password".to_owned();
        return Err(ApplyError::Differs { path: target, what });
    }
    let mut applied = Applied {
        plan: Plan::default(),
        sha256_before: Some(Fingerprint::of(&octets)),
        sha256_after: Some(Fingerprint::of(&closed)),
        entries_before: Some(before.entries.len()),
        entries_after: after.entries.len(),
        format: after.format.name(),
        backup: None,
        changed,
    };
    if let Some(hold) = hold.filter(|_| changed) {
        apply::write(destination, &hold, &closed, now, &mut applied)?;
    }
    Ok(applied)
}

fn same_entries(before: &Store, after: &Store) -> bool {
    let pairs = before.entries.iter().zip(&after.entries);
    before.entries.len() == after.entries.len()
        && pairs.into_iter().all(|(old, new)| {
            old.alias == new.alias
                && old.kind == new.kind
                && old.certificates == new.certificates
                && old.created == new.created
        })
}
