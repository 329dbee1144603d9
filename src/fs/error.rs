//! What can go wrong with a file, told apart as far as a person would act differently.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a file could not be read, locked or written. The text says what failed; [`PathError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Nothing has this name.
    #[error("{}: no such file", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The folder the file should lie in does not exist.
    #[error("{}: its folder does not exist", path.display())]
    FolderMissing {
        /// The file.
        path: PathBuf,
    },
    /// Something on the way to the file is not a folder.
    #[error("{}: a part of this path is a file, not a folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A folder, a device, a pipe or a socket.
    #[error("{}: this is {kind}, not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is: `a folder`, `a pipe`, ..
        kind: &'static str,
    },
    /// Already there, and not to be overwritten.
    #[error("{}: this file exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Symbolic links that lead nowhere in the end.
    #[error("{}: too many symbolic links, they lead in a circle", path.display())]
    LinkLoop {
        /// The path.
        path: PathBuf,
    },
    /// This user may not.
    #[error("{}: permission denied ({doing})", path.display())]
    Denied {
        /// The file.
        path: PathBuf,
        /// What was attempted: `reading`, `writing the folder`, ..
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file system is mounted read-only.
    #[error("{}: the file system is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// No space left, or no inode.
    #[error("{}: no space left on the device ({doing})", path.display())]
    NoSpace {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
    },
    /// The user's quota is used up.
    #[error("{}: the disk quota is used up ({doing})", path.display())]
    Quota {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
    },
    /// Longer than this process may make a file (`ulimit -f`).
    #[error("{}: the process may not write a file of this size ({doing})", path.display())]
    SizeLimit {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
    },
    /// Larger than anything this program takes for what it was asked to read.
    #[error("{}: larger than the {limit} octets that are read at most", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound in octets.
        limit: u64,
    },
    /// Another writer did not let go in time.
    #[error("{}: another program has been writing it for {} s", path.display(), waited.as_secs_f32())]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long this program waited.
        waited: Duration,
    },
    /// Not the content that was read before.
    #[error("{}: another program changed it in the meantime", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Written by this user, the file would change its owner.
    #[error("{}: it belongs to user {uid} and group {gid}, and this user cannot keep it so", path.display())]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// An extended attribute (an access list, a security label) that cannot be kept.
    #[error("{}: its attribute {attribute} cannot be kept", path.display())]
    Attribute {
        /// The file.
        path: PathBuf,
        /// The attribute's name.
        attribute: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A folder for private keys that others can write.
    #[error("{}: other users can write this folder", path.display())]
    FolderOpen {
        /// The folder.
        path: PathBuf,
    },
    /// What was written is not what can be read.
    #[error("{}: the storage gives back other octets than were written", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
    },
    /// A write in place failed, and the old content could not be put back.
    #[error("{}: it was written in part, and the old content could not be put back", path.display())]
    Torn {
        /// The file.
        path: PathBuf,
    },
    /// The new content has the name, and the system could not say that it stays so: a power cut might take it back.
    #[error("{}: the new content is in place, but the system could not confirm that it is on the disk", path.display())]
    Unsynced {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Anything else.
    #[error("{}: {doing} failed", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl PathError {
    /// Sorts what the system said about `path` while `doing` something with it.
    pub(super) fn from_io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::IsADirectory => Self::NotAFile { path, kind: "a folder" },
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path, doing, source },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull => Self::NoSpace { path, doing },
            io::ErrorKind::QuotaExceeded => Self::Quota { path, doing },
            io::ErrorKind::FileTooLarge => Self::SizeLimit { path, doing },
            _ if is_link_loop(&source) => Self::LinkLoop { path },
            _ => Self::Io { path, doing, source },
        }
    }

    /// The same, where the missing thing can only be the folder around `path`.
    pub(super) fn in_folder(path: &Path, doing: &'static str, source: io::Error) -> Self {
        match Self::from_io(path, doing, source) {
            Self::NotFound { path } => Self::FolderMissing { path },
            other => other,
        }
    }

    /// The file it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound { path }
            | Self::FolderMissing { path }
            | Self::NotAFolder { path }
            | Self::NotAFile { path, .. }
            | Self::Exists { path }
            | Self::LinkLoop { path }
            | Self::Denied { path, .. }
            | Self::ReadOnly { path }
            | Self::NoSpace { path, .. }
            | Self::Quota { path, .. }
            | Self::SizeLimit { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Locked { path, .. }
            | Self::Changed { path }
            | Self::ForeignOwner { path, .. }
            | Self::Attribute { path, .. }
            | Self::FolderOpen { path }
            | Self::NotWritten { path }
            | Self::Torn { path }
            | Self::Unsynced { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// What to do about it, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "check the spelling of the path",
            Self::FolderMissing { .. } => "create the folder first, or check the spelling of the path",
            Self::NotAFolder { .. } | Self::LinkLoop { .. } => "check the path with `ls -l`",
            Self::NotAFile { kind: "a folder", .. } => "name a file in it",
            Self::NotAFile { .. } => "name a file: copy what it gives into one first",
            Self::Exists { .. } => "choose another name, or move the file away",
            Self::Denied { .. } => "run as the user who owns the file and its folder",
            Self::ReadOnly { .. } => {
                "remount the file system for writing, or use a copy of the file elsewhere"
            }
            Self::NoSpace { .. } | Self::Quota { .. } => "make room and run again; nothing was changed",
            Self::SizeLimit { .. } => "raise the limit (`ulimit -f`) and run again; nothing was changed",
            Self::TooLarge { .. } => "check that this is the file that was meant",
            Self::Locked { .. } => "wait for the other program to end, then run again; nothing was changed",
            Self::Changed { .. } => "run again, to see the file as it is now; nothing was overwritten",
            Self::ForeignOwner { .. } => "run as that user, or as root; nothing was changed",
            Self::Attribute { .. } => "run as root, or remove the attribute first; nothing was changed",
            Self::FolderOpen { .. } => "take the permission away with `chmod go-w`, or name another folder",
            Self::NotWritten { .. } => "check the disk; the old file was left in place",
            Self::Torn { .. } => {
                "put the backup in its place: trustmend restore STORE --in-place --backup-dir FOLDER"
            }
            Self::Unsynced { .. } => {
                "check the disk; until it is synced, a power cut can bring the old content back"
            }
            Self::Io { .. } => "the system's own words are the cause",
        }
    }
}

#[cfg(unix)]
fn is_link_loop(source: &io::Error) -> bool {
    source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_link_loop(_: &io::Error) -> bool {
    false
}
