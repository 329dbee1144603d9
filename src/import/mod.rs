//! What changes in a store: which certificates come, under which alias, what goes, and doing it safely.
//!
//! Plans are pure: from a store and what is asked for to steps ([`plan()`] for imports, [`Removal`], [`Renaming`]). [`change()`]
//! locks, reads the store again, plans on what it read, backs up, replaces the file whole and reads it back. [`restore()`]
//! does the same with what a backup holds.

mod alias;
mod apply;
mod candidate;
mod check;
mod choice;
mod conversion;
mod password;
mod plan;
mod removal;
mod renaming;
mod repair;
mod restore;
mod step;

pub use alias::{AliasTemplate, AliasTemplateError};
pub use apply::{Applied, ApplyError, Destination, change, change_of, create};
pub use candidate::{Candidate, Origin, Pick, PickError, pick};
pub use choice::{entries_with, entry_called};
pub use conversion::{Keys, conversion};
pub use password::change_password;
pub use plan::{Request, plan, plans};
pub use removal::Removal;
pub use renaming::Renaming;
pub use repair::Repair;
pub use restore::{Backup, backups, restore};
pub use step::{Action, Plan, PlanError, Step};
