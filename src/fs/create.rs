//! New files and folders, with their mode from the first instant.

use std::fs::{self, DirBuilder};
use std::path::Path;

use super::{PathError, attributes, draft};
use draft::Draft;

/// Makes a file that does not exist yet, with exactly this mode, whatever the umask says. No other program ever sees it
/// in part or with a wider mode.
///
/// # Errors
/// [`PathError::Exists`] if there is one, also a dangling link; nothing is left behind on any error.
pub fn create_new(path: &Path, octets: &[u8], mode: u32) -> Result<(), PathError> {
    let mut draft = Draft::new(path, octets)?;
    attributes::set_mode(path, draft.file(), mode)?;
    draft.sync_and_verify(octets)?;
    draft.create()?;
    draft::sync_folder(path)
}

/// The same without waiting for the disk, which takes most of the time: for what is made again as easily after a power
/// cut.
///
/// # Errors
/// As [`create_new`].
pub fn create_unsynced(path: &Path, octets: &[u8], mode: u32) -> Result<(), PathError> {
    let draft = Draft::new(path, octets)?;
    attributes::set_mode(path, draft.file(), mode)?;
    draft.create().map(drop)
}

/// Makes a file with exactly this mode in place of whatever file has the name: nothing of the old one stays, neither its
/// mode nor its owner. A link is itself replaced, its target is not touched. [`super::replace()`] is for files that others
/// own and read.
///
/// # Errors
/// [`PathError`]; what was there is then still there.
pub fn create_over(path: &Path, octets: &[u8], mode: u32) -> Result<(), PathError> {
    let mut draft = Draft::new(path, octets)?;
    attributes::set_mode(path, draft.file(), mode)?;
    draft.sync_and_verify(octets)?;
    draft.overwrite()?;
    draft::sync_folder(path)
}

/// Makes a folder, and those above it, that others may read but never write, whatever the umask: who can write the folder
/// of a key can put another in its place. One that exists stays as it is.
///
/// # Errors
/// [`PathError`].
pub fn create_dir(path: &Path) -> Result<(), PathError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.create(path).map_err(|source| PathError::from_io(path, "creating the folder", source))
}

/// Makes a folder, and those above it, that only this user can enter. One that exists stays as it is, but is refused if
/// others can write it.
///
/// # Errors
/// [`PathError`], [`PathError::FolderOpen`] among them.
pub fn create_private_dir(path: &Path) -> Result<(), PathError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| PathError::from_io(path, "creating the folder", source))?;
    let metadata =
        fs::metadata(path).map_err(|source| PathError::from_io(path, "creating the folder", source))?;
    if others_can_write(&metadata) {
        return Err(PathError::FolderOpen { path: path.to_owned() });
    }
    Ok(())
}

/// Removes a file.
///
/// # Errors
/// [`PathError`], also if there is none.
pub fn remove_file(path: &Path) -> Result<(), PathError> {
    fs::remove_file(path).map_err(|source| PathError::from_io(path, "removing it", source))
}

/// Removes a folder that is empty.
///
/// # Errors
/// [`PathError`], also if there is something in it.
pub fn remove_empty_dir(path: &Path) -> Result<(), PathError> {
    fs::remove_dir(path).map_err(|source| PathError::from_io(path, "removing the folder", source))
}

#[cfg(unix)]
fn others_can_write(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o022 != 0
}

#[cfg(not(unix))]
fn others_can_write(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    #[test]
    fn a_new_file_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        create_new(&key, b"secret", 0o600).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().mode() & 0o7777, 0o600);
        assert!(matches!(create_new(&key, b"other", 0o600), Err(PathError::Exists { .. })));
        std::os::unix::fs::symlink("elsewhere", folder.path().join("link")).unwrap();
        let through_a_link = create_new(&folder.path().join("link"), b"other", 0o600);
        assert!(matches!(through_a_link, Err(PathError::Exists { .. })));
        assert!(matches!(create_unsynced(&key, b"other", 0o600), Err(PathError::Exists { .. })));
        assert_eq!(fs::read(&key).unwrap(), b"secret");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
        let certificate = folder.path().join("certificate");
        create_unsynced(&certificate, b"public", 0o644).unwrap();
        assert_eq!(fs::metadata(&certificate).unwrap().mode() & 0o7777, 0o644);
        assert_eq!(fs::read(&certificate).unwrap(), b"public");
    }

    #[test]
    fn what_is_made_over_a_file_keeps_nothing_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let (key, precious) = (folder.path().join("key"), folder.path().join("precious"));
        fs::write(&precious, b"precious").unwrap();
        fs::set_permissions(&precious, fs::Permissions::from_mode(0o666)).unwrap();
        fs::hard_link(&precious, &key).unwrap();
        create_over(&key, b"secret", 0o600).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().mode() & 0o7777, 0o600);
        fs::remove_file(&key).unwrap();
        std::os::unix::fs::symlink("precious", &key).unwrap();
        create_over(&key, b"secret", 0o600).unwrap();
        assert!(!fs::symlink_metadata(&key).unwrap().is_symlink());
        assert_eq!(fs::read(&key).unwrap(), b"secret");
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
        assert!(create_over(folder.path(), b"secret", 0o600).is_err());
    }

    #[test]
    fn private_folders_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        create_private_dir(&inner).unwrap();
        assert_eq!(fs::metadata(&inner).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(folder.path().join("a")).unwrap().mode() & 0o777, 0o700);
        create_private_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(matches!(create_private_dir(&inner), Err(PathError::FolderOpen { .. })));
    }
}
