//! Replacing a file whole.

use std::fs::{self, File};
use std::path::Path;

use super::read::{read_open, refuse_other_kinds, resolve};
use super::{PathError, attributes, draft};
use crate::digest::Fingerprint;
use draft::Draft;

/// What a replacement relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replace {
    /// SHA-256 of the content that the new one was made from; `None` if there was no file. If it is not so any more,
    /// nothing is written.
    pub expected: Option<Fingerprint>,
    /// The mode of the file if it is new; one that is replaced keeps its own.
    pub mode: u32,
}

/// Puts `octets` in place of what `path` holds, or makes the file. Links are followed to their target.
///
/// The new file is complete, has the old one's owner, mode and extended attributes, and is on the disk and read back
/// before one rename gives it the name; whoever opens the path meets the old content or the new. A hard link to the old
/// file keeps the old content. The lock is the caller's (see [`super::lock()`]).
///
/// # Errors
/// [`PathError`]; the old file is then in place, whole, and no temporary file is left. [`PathError::Changed`] if it is
/// not the file that was read before. Only [`PathError::Unsynced`] says that the new content is there already.
pub fn replace(path: &Path, octets: &[u8], how: &Replace) -> Result<(), PathError> {
    let target = resolve(path)?.path;
    let mut draft = Draft::new(&target, octets)?;
    let Some(expected) = how.expected else {
        attributes::set_mode(&target, draft.file(), how.mode)?;
        draft.sync_and_verify(octets)?;
        draft.create().map_err(changed_if_there)?;
        return draft::sync_folder(&target);
    };
    let old = open_old(&target)?;
    let metadata = old.metadata().map_err(|source| PathError::from_io(&target, "reading", source))?;
    attributes::copy(&target, &old, &metadata, draft.file())?;
    draft.sync_and_verify(octets)?;
    refuse_if_changed(&target, expected)?;
    let new = draft.overwrite()?;
    draft::sync_folder(&target)?;
    refuse_if_renamed(&target, &new)
}

/// A file that appeared where there was none is a change like any other.
fn changed_if_there(error: PathError) -> PathError {
    match error {
        PathError::Exists { path } => PathError::Changed { path },
        other => other,
    }
}

fn open_old(target: &Path) -> Result<File, PathError> {
    let old = File::open(target).map_err(|source| changed_if_gone(target, source))?;
    let metadata = old.metadata().map_err(|source| PathError::from_io(target, "reading", source))?;
    refuse_other_kinds(target, &metadata)?;
    Ok(old)
}

/// The last look before the rename: still the octets that the new content was made from?
fn refuse_if_changed(target: &Path, expected: Fingerprint) -> Result<(), PathError> {
    let file = open_old(target)?;
    let metadata = file.metadata().map_err(|source| PathError::from_io(target, "reading", source))?;
    let limit = metadata.len();
    match read_open(target, file, &metadata, limit) {
        Ok(octets) if Fingerprint::of(&octets) == expected => Ok(()),
        Ok(_) | Err(PathError::TooLarge { .. }) => Err(PathError::Changed { path: target.to_owned() }),
        Err(other) => Err(other),
    }
}

/// The first look after it: is the file that was verified the one that has the name?
fn refuse_if_renamed(target: &Path, new: &File) -> Result<(), PathError> {
    let unseen = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => PathError::Changed { path: target.to_owned() },
        _ => PathError::Unsynced { path: target.to_owned(), source },
    };
    let named = fs::symlink_metadata(target).map_err(unseen)?;
    let ours = new.metadata().map_err(unseen)?;
    if attributes::same_file(&named, &ours) {
        return Ok(());
    }
    Err(PathError::Changed { path: target.to_owned() })
}

fn changed_if_gone(target: &Path, source: std::io::Error) -> PathError {
    match PathError::from_io(target, "reading", source) {
        PathError::NotFound { path } => PathError::Changed { path },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn after(old: &[u8]) -> Replace {
        Replace { expected: Some(Fingerprint::of(old)), mode: 0o644 }
    }

    #[test]
    fn a_replaced_file_keeps_its_mode_its_attributes_and_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (store, link) = (folder.path().join("store"), folder.path().join("link"));
        fs::write(&store, b"old").unwrap();
        fs::set_permissions(&store, fs::Permissions::from_mode(0o640)).unwrap();
        xattr::set(&store, "user.note", b"kept").unwrap();
        std::os::unix::fs::symlink("store", &link).unwrap();
        replace(&link, b"new", &after(b"old")).unwrap();
        assert_eq!(fs::read(&store).unwrap(), b"new");
        assert_eq!(fs::metadata(&store).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(xattr::get(&store, "user.note").unwrap().unwrap(), b"kept");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["link", "store"]);
    }

    #[test]
    fn what_changed_in_the_meantime_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        fs::write(&store, b"theirs").unwrap();
        assert!(matches!(replace(&store, b"ours", &after(b"old")), Err(PathError::Changed { .. })));
        let absent = Replace { expected: None, mode: 0o600 };
        assert!(matches!(replace(&store, b"ours", &absent), Err(PathError::Changed { .. })));
        assert_eq!(fs::read(&store).unwrap(), b"theirs");
        fs::remove_file(&store).unwrap();
        assert!(matches!(replace(&store, b"ours", &after(b"old")), Err(PathError::Changed { .. })));
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_new_file_has_the_mode_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        replace(&store, b"new", &Replace { expected: None, mode: 0o664 }).unwrap();
        assert_eq!(fs::metadata(&store).unwrap().mode() & 0o7777, 0o664);
        assert_eq!(names(folder.path()), ["store"]);
        let lost = folder.path().join("missing/store");
        let absent = Replace { expected: None, mode: 0o600 };
        assert!(matches!(replace(&lost, b"new", &absent), Err(PathError::FolderMissing { .. })));
    }
}
