//! Backups: the file as it was, under `NAME.STAMP.bak`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::read::{folder, name, resolve};
use super::{PathError, attributes, draft};
use draft::Draft;

/// How many other programs may take the next name in the meantime.
const MAX_TRIES: u32 = 1000;

/// Keeps what `path` holds now as `NAME.STAMP.bak` in `dir`, else beside the file. `stamp` is a time as in
/// `20260921T143000Z`; the second backup of a second has `-2` behind it. A name is not given twice.
///
/// Of more than `keep` backups the first stays, which is the file as it was before this program came, or somebody's own,
/// and the newest stay; those between go.
///
/// Beside the file the backup is a second name of it: exact, with all attributes, and made at no cost, because
/// [`super::replace()`] gives the first name to another file. If that fails, remove the backup: it is then only a
/// second name for a file that others write in place. Elsewhere, or if the file has other names already, through which
/// others would write to the backup too, it is a copy that nobody can read who could not read the original.
///
/// # Errors
/// [`PathError`]; a backup that could not be made is not there in part.
pub fn backup(path: &Path, dir: Option<&Path>, stamp: &str, keep: usize) -> Result<PathBuf, PathError> {
    let links = resolve(path)?.links;
    keep_by(path, dir, stamp, keep, if links > 1 { copy_to } else { second_name })
}

/// The same, always as a copy: for a file that is to be written where it stands, through all its names.
///
/// # Errors
/// As [`backup`].
pub fn backup_copy(path: &Path, dir: Option<&Path>, stamp: &str, keep: usize) -> Result<PathBuf, PathError> {
    keep_by(path, dir, stamp, keep, copy_to)
}

fn keep_by(
    path: &Path,
    dir: Option<&Path>,
    stamp: &str,
    keep: usize,
    put: fn(&Path, &Path) -> Result<(), PathError>,
) -> Result<PathBuf, PathError> {
    let target = resolve(path)?.path;
    let at = dir.unwrap_or_else(|| folder(&target));
    let made = first_free(&target, at, stamp, put)?;
    let backups = backups(path, dir)?;
    let surplus = backups.len().saturating_sub(keep.max(2));
    for old in backups.iter().skip(1).take(surplus).filter(|old| **old != made) {
        super::remove_file(old)?;
    }
    Ok(made)
}

/// Puts the backup under the first name behind those of its second. The newest of a second stays until there is one of a
/// later second, so no number comes twice.
fn first_free(
    target: &Path,
    at: &Path,
    stamp: &str,
    put: fn(&Path, &Path) -> Result<(), PathError>,
) -> Result<PathBuf, PathError> {
    let numbered = numbered(target, at)?;
    let last = numbered.iter().filter(|(other, ..)| other == stamp).map(|(_, count, _)| *count).max();
    let next = last.unwrap_or(0).saturating_add(1);
    let mut taken = at.to_owned();
    for count in next..next.saturating_add(MAX_TRIES) {
        let suffix = if count == 1 { String::new() } else { format!("-{count}") };
        let copy = at.join(format!("{}.{stamp}{suffix}.bak", name(target)));
        match put(target, &copy) {
            Err(PathError::Exists { path }) => taken = path,
            result => return result.map(|()| copy),
        }
    }
    Err(PathError::Exists { path: taken })
}

/// The backups of the file that `path` leads to, the oldest first.
///
/// # Errors
/// [`PathError`] if the folder cannot be read.
pub fn backups(path: &Path, dir: Option<&Path>) -> Result<Vec<PathBuf>, PathError> {
    let target = resolve(path)?.path;
    let at = dir.unwrap_or_else(|| folder(&target));
    Ok(numbered(&target, at)?.into_iter().map(|(.., path)| path).collect())
}

/// The backups of `target` in `at`: time, number within that second, path; in that order. Only files count.
fn numbered(target: &Path, at: &Path) -> Result<Vec<(String, u32, PathBuf)>, PathError> {
    let fail = |source| PathError::from_io(at, "reading the folder", source);
    let prefix = format!("{}.", name(target));
    let mut found = Vec::new();
    for entry in fs::read_dir(at).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let stamp = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".bak"));
        let parts = stamp.and_then(parts).filter(|_| entry.file_type().is_ok_and(|kind| kind.is_file()));
        found.extend(parts.map(|(stamp, count)| (stamp.to_owned(), count, entry.path())));
    }
    found.sort();
    Ok(found)
}

/// `20260921T143000Z` or `20260921T143000Z-2`, taken apart.
fn parts(text: &str) -> Option<(&str, u32)> {
    let (stamp, count) = match text.split_once('-') {
        Some((stamp, count)) => (stamp, count.parse().ok().filter(|count| *count > 1)?),
        None => (text, 1),
    };
    let (day, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|c| c.is_ascii_digit());
    (digits(day, 8) && digits(time, 6)).then_some((stamp, count))
}

/// A hard link where that is possible, else a copy.
fn second_name(target: &Path, copy: &Path) -> Result<(), PathError> {
    match fs::hard_link(target, copy) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(PathError::Exists { path: copy.to_owned() })
        }
        Err(_) => copy_to(target, copy),
    }
}

/// A copy with the attributes of the original; one that cannot have its owner stays private to who made it.
fn copy_to(target: &Path, copy: &Path) -> Result<(), PathError> {
    let fail = |source| PathError::from_io(target, "reading", source);
    let original = File::open(target).map_err(fail)?;
    let metadata = original.metadata().map_err(fail)?;
    let limit = metadata.len();
    let octets = super::read(target, limit)?;
    let mut draft = Draft::new(copy, &octets)?;
    match attributes::copy(target, &original, &metadata, draft.file()) {
        Ok(()) => {}
        Err(PathError::ForeignOwner { .. } | PathError::Attribute { .. }) => {
            attributes::set_mode(copy, draft.file(), 0o600)?;
        }
        Err(other) => return Err(other),
    }
    draft.sync_and_verify(&octets)?;
    draft.create()?;
    draft::sync_folder(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Fingerprint;
    use crate::fs::{Replace, replace};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    #[test]
    fn the_old_file_itself_becomes_the_backup() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        fs::write(&store, b"old").unwrap();
        let inode = fs::metadata(&store).unwrap().ino();
        let kept = backup(&store, None, "20260921T143000Z", 5).unwrap();
        replace(&store, b"new", &Replace { expected: Some(Fingerprint::of(b"old")), mode: 0 }).unwrap();
        assert_eq!(kept.file_name().unwrap(), "store.20260921T143000Z.bak");
        assert_eq!(
            (fs::read(&kept).unwrap().as_slice(), fs::metadata(&kept).unwrap().ino()),
            (&b"old"[..], inode)
        );
        assert_eq!(fs::metadata(&kept).unwrap().nlink(), 1);
    }

    #[test]
    fn a_copy_elsewhere_is_no_more_open_than_the_original() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        let store = folder.path().join("store");
        fs::write(&store, b"old").unwrap();
        fs::set_permissions(&store, fs::Permissions::from_mode(0o640)).unwrap();
        let kept = backup(&store, Some(elsewhere.path()), "20260921T143000Z", 5).unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"old");
        assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o7777, 0o640);
    }

    #[test]
    fn the_first_and_the_newest_stay_and_no_name_comes_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        fs::write(&store, b"0").unwrap();
        let own = folder.path().join("store.20200101T000000Z.bak");
        fs::write(&own, b"by hand").unwrap();
        let mut made = std::collections::HashSet::new();
        for round in 1..=25 {
            let old = fs::read(&store).unwrap();
            let kept = backup(&store, None, "20260102T000000Z", 4).unwrap();
            assert_eq!(name(&kept).ends_with(&format!("-{round}.bak")), round > 1);
            assert!(made.insert(kept), "round {round}");
            let how = Replace { expected: Some(Fingerprint::of(&old)), mode: 0 };
            replace(&store, round.to_string().as_bytes(), &how).unwrap();
        }
        let left: Vec<_> =
            backups(&store, None).unwrap().iter().map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(left, [&b"by hand"[..], b"22", b"23", b"24"]);
    }

    #[test]
    fn a_file_of_several_names_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let [store, other] = ["store", "other"].map(|name| folder.path().join(name));
        fs::write(&store, b"old").unwrap();
        fs::hard_link(&store, &other).unwrap();
        let kept = backup(&store, None, "20260921T143000Z", 5).unwrap();
        fs::write(&other, b"in place").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"old");
        assert_eq!((resolve(&store).unwrap().links, resolve(&kept).unwrap().links), (2, 1));
    }

    #[test]
    fn other_peoples_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        for name in ["store", "store.old.bak", "store2.20200101T000000Z.bak"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        for stamp in ["20260101T000000Z", "20260102T000000Z", "20260102T000000Z", "20260103T000000Z"] {
            backup(&store, None, stamp, 2).unwrap();
        }
        let left: Vec<_> = backups(&store, None).unwrap();
        let left: Vec<_> = left.iter().map(|path| name(path)).collect();
        assert_eq!(left, ["store.20260101T000000Z.bak", "store.20260103T000000Z.bak"]);
        assert!(folder.path().join("store.old.bak").exists());
        assert!(folder.path().join("store2.20200101T000000Z.bak").exists());
    }
}
