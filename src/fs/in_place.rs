//! Writing a file where it stands, for one whose folder this user cannot write.
//!
//! Nothing about this is atomic: who reads the file meanwhile sees a mixture, and a crash leaves one. [`super::replace()`] is
//! what to use wherever the folder allows it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::read::refuse_other_kinds;
use super::{PathError, attributes};
use crate::digest::Fingerprint;

const PAUSE: Duration = Duration::from_millis(10);

/// A file opened for writing where it stands, with an advisory lock on it.
#[derive(Debug)]
pub struct InPlace {
    file: File,
    path: PathBuf,
}

/// Whether this user can write the file itself, whatever its folder allows. Nothing is changed.
pub fn is_writable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
        && OpenOptions::new().write(true).open(path).is_ok()
}

impl InPlace {
    /// Opens and locks the file at `path`, which is no link, waiting at most `wait` for another writer.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn open(path: &Path, wait: Duration) -> Result<Self, PathError> {
        let fail = |source| PathError::from_io(path, "opening it for writing", source);
        refuse_other_kinds(path, &fs::symlink_metadata(path).map_err(fail)?)?;
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(fail)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file, path: path.to_owned() }),
                Err(TryLockError::Error(source)) => return Err(PathError::from_io(path, "locking", source)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                    return Err(PathError::Locked { path: path.to_owned(), waited: wait });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Writes `octets` over the content, whose SHA-256 must be `expected`, waits until they are on the disk, and reads them
    /// back. What cannot be written whole is put back as it was.
    ///
    /// # Errors
    /// [`PathError`]; the old content is there, unless it is [`PathError::Torn`].
    pub fn write(&self, octets: &[u8], expected: Fingerprint) -> Result<(), PathError> {
        let fail = |source| PathError::from_io(&self.path, "writing it in place", source);
        let old = self.content().map_err(fail)?;
        if Fingerprint::of(&old) != expected || !self.is_named().map_err(fail)? {
            return Err(PathError::Changed { path: self.path.clone() });
        }
        let written = self.put(octets).map_err(fail).and_then(|()| self.verify(octets));
        let Err(error) = written else { return Ok(()) };
        match self.put(&old).and_then(|()| self.content()) {
            Ok(content) if content == old => Err(error),
            _ => Err(PathError::Torn { path: self.path.clone() }),
        }
    }

    fn verify(&self, octets: &[u8]) -> Result<(), PathError> {
        match self.content() {
            Ok(content) if content == octets => Ok(()),
            _ => Err(PathError::NotWritten { path: self.path.clone() }),
        }
    }

    /// Room first: growing the file is what a full disk refuses, and then nothing is overwritten yet.
    fn put(&self, octets: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        let old = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if let Some(tail) = octets.get(old..) {
            file.seek(io::SeekFrom::End(0))?;
            file.write_all(tail)?;
            file.sync_all()?;
        }
        file.rewind()?;
        file.write_all(octets.get(..old).unwrap_or(octets))?;
        file.set_len(u64::try_from(octets.len()).unwrap_or(u64::MAX))?;
        file.sync_all()
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        let mut file = &self.file;
        file.rewind()?;
        let mut octets = Vec::new();
        file.read_to_end(&mut octets)?;
        Ok(octets)
    }

    /// Whether the path still leads to this file.
    fn is_named(&self) -> io::Result<bool> {
        Ok(attributes::same_file(&fs::symlink_metadata(&self.path)?, &self.file.metadata()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_and_shorter_content_takes_the_place_of_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        fs::write(&path, b"old").unwrap();
        let held = InPlace::open(&path, Duration::ZERO).unwrap();
        let second = InPlace::open(&path, Duration::ZERO).map(|_| ());
        assert!(matches!(second, Err(PathError::Locked { .. })), "{second:?}");
        held.write(b"longer", Fingerprint::of(b"old")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"longer");
        held.write(b"no", Fingerprint::of(b"longer")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"no");
        let stale = held.write(b"mine", Fingerprint::of(b"old"));
        assert!(matches!(stale, Err(PathError::Changed { .. })), "{stale:?}");
        assert_eq!(fs::read(&path).unwrap(), b"no");
    }

    #[test]
    fn a_file_that_lost_its_name_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["store", "other"].map(|name| folder.path().join(name));
        fs::write(&path, b"old").unwrap();
        fs::write(&other, b"new").unwrap();
        let held = InPlace::open(&path, Duration::ZERO).unwrap();
        fs::rename(&other, &path).unwrap();
        let lost = held.write(b"mine", Fingerprint::of(b"old"));
        assert!(matches!(lost, Err(PathError::Changed { .. })), "{lost:?}");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
