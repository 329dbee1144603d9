//! Files: read within bounds, replaced whole, locked, backed up.
//!
//! A trust store is read by programs that do not ask first, so a write here is never seen half done: the new content is
//! complete, synced and read back under another name before one rename puts it in place, and every failure before that
//! rename leaves the old file as it was. `keytool` truncates the live file instead, and a full disk or a kill takes the
//! store with it.

#![expect(clippy::disallowed_methods, reason = "this is the room that writes files")]

mod append;
mod attributes;
mod backup;
mod create;
mod draft;
mod error;
mod in_place;
mod lock;
mod read;
mod replace;
mod scratch;

pub use append::append_line;
pub use backup::{backup, backup_copy, backups};
pub use create::{
    create_dir, create_new, create_over, create_private_dir, create_unsynced, remove_empty_dir, remove_file,
};
pub use error::PathError;
pub use in_place::{InPlace, is_writable};
pub use lock::{Lock, lock};
pub use read::{Resolved, files_in, folders_in, read, resolve};
pub use replace::{Replace, replace};
pub use scratch::Scratch;
