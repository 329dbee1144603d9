//! One writer at a time, by agreement: an advisory lock on a hidden file beside the store.
//!
//! The store itself cannot carry the lock, because a rename gives its name to another file. The system lets go when the
//! holder ends, however it ends, so a killed holder blocks nobody.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::read::{folder, name, refuse_other_kinds, resolve};
use super::{PathError, attributes, draft};

/// Pauses between two attempts: short at first, since a write takes milliseconds.
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// A held lock; dropped, it is let go and its file removed.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// The hidden file that carries the lock.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Lock {
    /// Removes the name while the lock is held: whoever waits on this file finds, once it has the lock, that the name
    /// no longer leads there, and tries again.
    fn drop(&mut self) {
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

/// Takes the lock of the file that `path` leads to, waiting at most `wait`. Whoever has it knows that nobody else is
/// writing, so it also removes the drafts that killed writers left behind.
///
/// # Errors
/// [`PathError::Locked`] when the time is up; any other if the hidden file cannot be made.
pub fn lock(path: &Path, wait: Duration) -> Result<Lock, PathError> {
    let target = resolve(path)?.path;
    let side = folder(&target).join(format!(".{}.trustmend-lock", name(&target)));
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(lock) = attempt(&target, &side)? {
            draft::sweep(&target);
            return Ok(lock);
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(PathError::Locked { path: target, waited: wait });
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One attempt: `None` if another holds the lock, or removed the file that was just locked.
fn attempt(target: &Path, side: &Path) -> Result<Option<Lock>, PathError> {
    let fail = |source| PathError::in_folder(side, "locking", source);
    let file = open(side).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    refuse_other_kinds(side, &metadata)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(PathError::from_io(target, "locking", source)),
    }
    match fs::symlink_metadata(side) {
        Ok(named) if attributes::same_file(&named, &metadata) => {
            Ok(Some(Lock { file, path: side.to_owned() }))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fail(error)),
    }
}

fn open(side: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options.open(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits_and_a_link_is_the_same_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (store, link) = (folder.path().join("store"), folder.path().join("link"));
        std::os::unix::fs::symlink("store", &link).unwrap();
        let held = lock(&store, Duration::ZERO).unwrap();
        let refused = lock(&link, Duration::from_millis(5));
        assert!(matches!(refused, Err(PathError::Locked { .. })), "{refused:?}");
        let waiting = std::thread::spawn(move || lock(&link, Duration::from_secs(5)).map(drop));
        drop(held);
        waiting.join().unwrap().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the link is left");
    }

    #[test]
    fn many_threads_lose_no_step() {
        let folder = tempfile::tempdir().unwrap();
        let counter = folder.path().join("counter");
        fs::write(&counter, "0").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _held = lock(&counter, Duration::from_secs(30)).unwrap();
                        let count: u32 = fs::read_to_string(&counter).unwrap().parse().unwrap();
                        fs::write(&counter, (count + 1).to_string()).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&counter).unwrap(), "400");
    }
}
