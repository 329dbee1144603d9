//! Reading: bounded, only of files, and knowing where a path really ends.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::PathError;

/// As many symbolic links as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// Where a path ends after symbolic links: the file that a write replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The target: its folder without links, and its name.
    pub path: PathBuf,
    /// Whether the path's last part is a symbolic link: the target is shared with whoever else points there.
    pub is_link: bool,
    /// How many names the file has; more than one means that a rename parts it from the others. 0 if there is none.
    pub links: u64,
    /// Whether there is a file. A dangling link leads to none.
    pub exists: bool,
}

/// Reads a whole file of at most `limit` octets.
///
/// # Errors
/// [`PathError`]; folders, devices, pipes and sockets are refused without being opened.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, PathError> {
    let fail = |source| PathError::from_io(path, "reading", source);
    refuse_other_kinds(path, &fs::metadata(path).map_err(fail)?)?;
    let file = open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    refuse_other_kinds(path, &metadata)?;
    read_open(path, file, &metadata, limit)
}

/// Reads what `file` still holds, at most `limit` octets.
pub(super) fn read_open(
    path: &Path,
    file: File,
    metadata: &Metadata,
    limit: u64,
) -> Result<Vec<u8>, PathError> {
    let expected = metadata.len().min(limit);
    let mut octets = Vec::with_capacity(usize::try_from(expected).unwrap_or(0).saturating_add(1));
    file.take(limit.saturating_add(1))
        .read_to_end(&mut octets)
        .map_err(|source| PathError::from_io(path, "reading", source))?;
    if u64::try_from(octets.len()).unwrap_or(u64::MAX) > limit {
        return Err(PathError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(octets)
}

/// Follows the links of `path` to the file that stands behind it, or would.
///
/// # Errors
/// [`PathError`] if the folder is missing, the links lead in a circle, or the target is not a file.
pub fn resolve(path: &Path) -> Result<Resolved, PathError> {
    let mut at = path.to_owned();
    for followed in 0..=MAX_LINKS {
        let metadata = match fs::symlink_metadata(&at) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Resolved {
                    path: in_real_folder(&at)?,
                    is_link: followed > 0,
                    links: 0,
                    exists: false,
                });
            }
            Err(error) => return Err(PathError::from_io(path, "looking it up", error)),
        };
        if !metadata.is_symlink() {
            refuse_other_kinds(path, &metadata)?;
            let links = link_count(&metadata);
            return Ok(Resolved { path: in_real_folder(&at)?, is_link: followed > 0, links, exists: true });
        }
        let target =
            fs::read_link(&at).map_err(|error| PathError::from_io(path, "following a link", error))?;
        at = folder(&at).join(target);
    }
    Err(PathError::LinkLoop { path: path.to_owned() })
}

/// The files right inside a folder, by name; links to files count, hidden files do not.
///
/// # Errors
/// [`PathError`] if the folder cannot be read.
pub fn files_in(path: &Path) -> Result<Vec<PathBuf>, PathError> {
    entries(path, Metadata::is_file)
}

/// The folders right inside a folder, by name; hidden ones do not count.
///
/// # Errors
/// [`PathError`] if the folder cannot be read.
pub fn folders_in(path: &Path) -> Result<Vec<PathBuf>, PathError> {
    entries(path, Metadata::is_dir)
}

fn entries(path: &Path, wanted: fn(&Metadata) -> bool) -> Result<Vec<PathBuf>, PathError> {
    let fail = |source| PathError::from_io(path, "reading the folder", source);
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && fs::metadata(entry.path()).is_ok_and(|metadata| wanted(&metadata)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The folder of a path; `.` for a bare name.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The last part of a path as text to build a neighbour's name from.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Refuses what is not a plain file.
pub(super) fn refuse_other_kinds(path: &Path, metadata: &Metadata) -> Result<(), PathError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(PathError::NotAFile { path: path.to_owned(), kind: kind(metadata) })
}

fn in_real_folder(path: &Path) -> Result<PathBuf, PathError> {
    let Some(name) = path.file_name() else {
        return Err(PathError::NotAFile { path: path.to_owned(), kind: "a folder" });
    };
    let folder = fs::canonicalize(folder(path))
        .map_err(|source| PathError::in_folder(path, "looking up its folder", source))?;
    Ok(folder.join(name))
}

/// Opens for reading without waiting for anyone: a pipe put there after the look cannot make this hang.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn link_count(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn link_count(_: &Metadata) -> u64 {
    1
}

#[cfg(unix)]
fn kind(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = metadata.file_type();
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
fn kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() { "a folder" } else { "a device" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, b"12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert!(matches!(read(&file, 4), Err(PathError::TooLarge { limit: 4, .. })));
        assert!(matches!(read(&folder.path().join("b"), 5), Err(PathError::NotFound { .. })));
        assert!(matches!(read(&file.join("c"), 5), Err(PathError::NotAFolder { .. })));
        assert!(matches!(read(folder.path(), 5), Err(PathError::NotAFile { kind: "a folder", .. })));
        assert!(matches!(read(Path::new("/dev/zero"), 5), Err(PathError::NotAFile { kind: "a device", .. })));
    }

    #[test]
    fn a_folder_tells_its_files_from_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["b", "a", ".hidden"] {
            fs::write(at(name), "").unwrap();
        }
        fs::create_dir(at("inner")).unwrap();
        std::os::unix::fs::symlink("a", at("link")).unwrap();
        assert_eq!(files_in(folder.path()).unwrap(), [at("a"), at("b"), at("link")]);
        assert_eq!(folders_in(folder.path()).unwrap(), [at("inner")]);
        assert!(matches!(files_in(&at("a")), Err(PathError::NotAFolder { .. })));
    }

    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        assert!(matches!(read(&pipe, 5), Err(PathError::NotAFile { kind: "a pipe", .. })));
    }

    #[test]
    fn links_lead_to_the_file_that_a_write_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, root.join(name)).unwrap();
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/store"), b"").unwrap();
        fs::hard_link(root.join("sub/store"), root.join("other")).unwrap();
        link("sub/../hop", "link");
        link("sub/store", "hop");
        link("sub/missing", "dangling");
        link("circle", "circle");
        link("nowhere/store", "lost");
        assert_eq!(
            resolve(&root.join("link")).unwrap(),
            Resolved { path: root.join("sub/store"), is_link: true, links: 2, exists: true }
        );
        assert_eq!(
            resolve(&root.join("dangling")).unwrap(),
            Resolved { path: root.join("sub/missing"), is_link: true, links: 0, exists: false }
        );
        assert!(matches!(resolve(&root.join("circle")), Err(PathError::LinkLoop { .. })));
        assert!(matches!(resolve(&root.join("lost")), Err(PathError::FolderMissing { .. })));
        assert!(matches!(resolve(&root), Err(PathError::NotAFile { .. })));
    }
}
