//! Lines behind lines: a log that is only ever added to.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use super::read::{folder, refuse_other_kinds};
use super::{PathError, lock};

/// Adds one line to a file, which is made if it is not there, with its folder. `line` is given the last line, without its
/// end, and makes the next one; nobody else adds one in the meantime. Lines are at most `longest` octets.
///
/// # Errors
/// [`PathError`] if the file cannot be read or written; inside, what `line` refused with.
pub fn append_line<E>(
    path: &Path,
    mode: u32,
    wait: Duration,
    longest: usize,
    line: impl FnOnce(Option<&str>) -> Result<String, E>,
) -> Result<Result<(), E>, PathError> {
    if !folder(path).exists() {
        super::create_dir(folder(path))?;
    }
    let _lock = lock(path, wait)?;
    let fail = |source| PathError::from_io(path, "adding to it", source);
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(mode).custom_flags(flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    refuse_other_kinds(path, &metadata)?;
    let window = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(2);
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(window))).map_err(fail)?;
    let mut tail = Vec::new();
    (&file).take(window).read_to_end(&mut tail).map_err(fail)?;
    let text = String::from_utf8_lossy(&tail);
    // A line without its end is what a crash left; it is the last line, and not whole.
    let whole = text.strip_suffix('\n').unwrap_or(&text);
    let last = whole.rsplit('\n').next().filter(|last| !last.is_empty());
    let next = match line(last) {
        Ok(next) => next,
        Err(error) => return Ok(Err(error)),
    };
    file.write_all(next.as_bytes()).and_then(|()| file.sync_data()).map_err(fail)?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_one_behind_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("new/log");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let next = |last: Option<&str>| {
                            let number = last.map_or(0, |last| last.parse::<u32>().unwrap());
                            Ok::<_, ()>(format!("{}\n", number + 1))
                        };
                        append_line(&log, 0o640, Duration::from_secs(30), 100, next).unwrap().unwrap();
                    }
                });
            }
        });
        let text = std::fs::read_to_string(&log).unwrap();
        let numbers: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
        let refused = append_line(&log, 0o640, Duration::ZERO, 100, |last| Err(last.unwrap().to_owned()));
        assert_eq!(refused.unwrap(), Err("40".to_owned()));
        std::os::unix::fs::symlink(&log, folder.path().join("link")).unwrap();
        let link = folder.path().join("link");
        assert!(append_line(&link, 0o640, Duration::ZERO, 100, |_| Ok::<_, ()>("x\n".to_owned())).is_err());
    }
}
