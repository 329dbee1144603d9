//! A draft: the new content of a file, complete and on the disk before anyone sees it under the file's name.
//!
//! On Linux the draft has no name at all while it is written (O_TMPFILE, open(2)), so that neither a kill nor a power
//! cut leaves a part of a store or of a private key behind. Elsewhere, and on file systems without such files, it is a
//! hidden neighbour that is removed on every error.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::PathError;
use super::read::{folder, name};

/// Random characters at the end of a hidden neighbour's name; the lock's ends in four letters.
const RANDOM: usize = 8;

/// Octets of the target's name that go into it.
const MAX_NAME: usize = 220;

/// New content for `target`, readable by nobody else until its attributes are set.
pub(super) struct Draft {
    target: PathBuf,
    file: File,
    /// The hidden neighbour, if the draft has a name; removed when dropped.
    neighbour: Option<TempPath>,
}

impl Draft {
    /// A draft in the folder of `target`, holding `octets`, with mode 0600.
    pub(super) fn new(target: &Path, octets: &[u8]) -> Result<Self, PathError> {
        let fail = |source| PathError::in_folder(target, "writing a new file beside it", source);
        let (mut file, neighbour) = match unnamed(folder(target)) {
            Some(file) => (file, None),
            None => {
                let prefix = prefix(target);
                let named = builder(&prefix).tempfile_in(folder(target));
                let (file, neighbour) = named.map_err(fail)?.into_parts();
                (file, Some(neighbour))
            }
        };
        file.write_all(octets).map_err(fail)?;
        Ok(Self { target: target.to_owned(), file, neighbour })
    }

    /// The open file, to set its attributes.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Waits until the content is on the disk, and compares what can be read with what was meant.
    pub(super) fn sync_and_verify(&mut self, octets: &[u8]) -> Result<(), PathError> {
        let fail = |source| PathError::from_io(&self.target, "syncing the new file", source);
        self.file.sync_all().map_err(fail)?;
        self.file.rewind().map_err(fail)?;
        let mut written = Vec::with_capacity(octets.len().saturating_add(1));
        self.file.read_to_end(&mut written).map_err(fail)?;
        if written != octets {
            return Err(PathError::NotWritten { path: self.target.clone() });
        }
        Ok(())
    }

    /// Gives the draft the target's name, in place of the file that has it now.
    pub(super) fn overwrite(self) -> Result<File, PathError> {
        let fail = |source| PathError::in_folder(&self.target, "renaming the new file", source);
        let neighbour = match self.neighbour {
            Some(neighbour) => neighbour,
            None => {
                let prefix = prefix(&self.target);
                let named =
                    builder(&prefix).make_in(folder(&self.target), |path| link_unnamed(&self.file, path));
                named.map_err(fail)?.into_temp_path()
            }
        };
        neighbour.persist(&self.target).map_err(|error| fail(error.error))?;
        Ok(self.file)
    }

    /// Gives the draft the target's name, which no file may have yet.
    pub(super) fn create(self) -> Result<File, PathError> {
        let fail = |source| PathError::in_folder(&self.target, "naming the new file", source);
        match self.neighbour {
            Some(neighbour) => {
                neighbour.persist_noclobber(&self.target).map_err(|error| fail(error.error))?
            }
            None => link_unnamed(&self.file, &self.target).map_err(fail)?,
        }
        Ok(self.file)
    }
}

/// Waits until the folder's names are on the disk. Some file systems have nothing to do there and say so (EINVAL).
pub(super) fn sync_folder(target: &Path) -> Result<(), PathError> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder(target)).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(|source| PathError::Unsynced { path: target.to_owned(), source }),
    }
}

/// Removes the drafts of `target` that nobody will finish: a writer that was killed between naming one and renaming it.
/// Only for whoever holds the lock.
pub(super) fn sweep(target: &Path) {
    let prefix = prefix(target);
    for entry in fs::read_dir(folder(target)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(&prefix));
        if random.is_some_and(|random| random.len() == RANDOM) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn builder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).rand_bytes(RANDOM);
    builder
}

/// What a hidden neighbour's name begins with; cut, for names near the 255 octets that file systems take.
fn prefix(target: &Path) -> String {
    let mut name = name(target);
    while name.len() > MAX_NAME {
        name.pop();
    }
    format!(".{name}.trustmend-")
}

/// An open file without a name, if this system has them and can name them later (through /proc, linkat(2)).
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    if !Path::new("/proc/self/fd").exists() {
        return None;
    }
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn link_unnamed(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    let (here, follow) = (rustix::fs::CWD, rustix::fs::AtFlags::SYMLINK_FOLLOW);
    Ok(rustix::fs::linkat(here, open, here, path, follow)?)
}

#[cfg(not(target_os = "linux"))]
fn link_unnamed(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
