//! What a file has besides its content: owner, mode, access lists, security label.
//!
//! A rename brings a new file with new attributes; a store that its service can no longer read is as lost as a damaged
//! one. So the new file gets all of them before it takes the old one's name, and what cannot be kept is an error.

use std::fs::{File, Metadata};
use std::path::Path;

use super::PathError;

/// Gives `new` what `old` has: owner, group, extended attributes, mode, in the order in which one does not undo the
/// other (chown clears mode bits, an access list sets some).
#[cfg(unix)]
pub(super) fn copy(path: &Path, old: &File, metadata: &Metadata, new: &File) -> Result<(), PathError> {
    let fail = |source| PathError::from_io(path, "setting the new file's mode", source);
    copy_owner(path, metadata, new)?;
    copy_xattrs(path, old, new)?;
    new.set_permissions(metadata.permissions()).map_err(fail)
}

#[cfg(not(unix))]
pub(super) fn copy(path: &Path, _: &File, metadata: &Metadata, new: &File) -> Result<(), PathError> {
    let fail = |source| PathError::from_io(path, "setting the new file's mode", source);
    new.set_permissions(metadata.permissions()).map_err(fail)
}

/// Sets the mode of a new file, whatever the umask says.
#[cfg(unix)]
pub(super) fn set_mode(path: &Path, new: &File, mode: u32) -> Result<(), PathError> {
    use std::os::unix::fs::PermissionsExt as _;
    new.set_permissions(std::fs::Permissions::from_mode(mode & 0o7777))
        .map_err(|source| PathError::from_io(path, "setting the new file's mode", source))
}

#[cfg(not(unix))]
pub(super) fn set_mode(_: &Path, _: &File, _: u32) -> Result<(), PathError> {
    Ok(())
}

/// Whether two open files or names are one file.
#[cfg(unix)]
pub(super) fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub(super) fn same_file(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len()
}

#[cfg(unix)]
fn copy_owner(path: &Path, old: &Metadata, new: &File) -> Result<(), PathError> {
    use std::os::unix::fs::MetadataExt as _;
    let (uid, gid) = (old.uid(), old.gid());
    let now = new.metadata().map_err(|source| PathError::from_io(path, "looking at the new file", source))?;
    if (now.uid(), now.gid()) == (uid, gid) {
        return Ok(());
    }
    let owner = (now.uid() != uid).then_some(uid);
    std::os::unix::fs::fchown(new, owner, Some(gid)).map_err(|source| match source.kind() {
        std::io::ErrorKind::PermissionDenied => PathError::ForeignOwner { path: path.to_owned(), uid, gid },
        _ => PathError::from_io(path, "setting the new file's owner", source),
    })
}

/// The access list of POSIX.1e; a folder's default list may have given the new file one that the old has not.
#[cfg(unix)]
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Kept by the kernel itself, per file (ima(7), evm).
#[cfg(unix)]
const MEASURED: [&str; 2] = ["security.ima", "security.evm"];

#[cfg(unix)]
fn copy_xattrs(path: &Path, old: &File, new: &File) -> Result<(), PathError> {
    use xattr::FileExt as _;
    let Ok(names) = old.list_xattr() else {
        return Ok(()); // a file system without them
    };
    let names: Vec<_> = names.collect();
    let fail = |name: &std::ffi::OsStr, source| PathError::Attribute {
        path: path.to_owned(),
        attribute: name.to_string_lossy().into_owned(),
        source,
    };
    if !names.iter().any(|name| name == ACCESS_LIST) && matches!(new.get_xattr(ACCESS_LIST), Ok(Some(_))) {
        new.remove_xattr(ACCESS_LIST).map_err(|source| fail(ACCESS_LIST.as_ref(), source))?;
    }
    for name in names.iter().filter(|name| !MEASURED.iter().any(|measured| name == measured)) {
        let Some(value) = old.get_xattr(name).map_err(|source| fail(name, source))? else { continue };
        let same = matches!(new.get_xattr(name), Ok(Some(present)) if present == value);
        if !same {
            new.set_xattr(name, &value).map_err(|source| fail(name, source))?;
        }
    }
    Ok(())
}
