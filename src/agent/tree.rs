//! A file system seen from its own root: this machine's, a mounted image's, or a container's through `/proc/N/root`.
//!
//! Links are followed inside the root, as a program that lives there would: an absolute one begins at that root, and
//! `..` does not lead out of it.

use std::path::{Component, Path, PathBuf};

use crate::fs::{self, PathError};

/// As many symbolic links as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;
/// Most names looked at in one folder.
const MAX_NAMES: usize = 10_000;
/// Most paths that one pattern stands for.
const MAX_MATCHES: usize = 1_000;
/// Largest configuration file read, in octets.
const MAX_TEXT: u64 = 1 << 20;

/// A file system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    root: Option<PathBuf>,
}

impl Tree {
    /// This machine's.
    pub fn here() -> Self {
        Self { root: None }
    }

    /// The one below a folder.
    pub fn below(root: &Path) -> Self {
        Self { root: (root != Path::new("/")).then(|| root.to_owned()) }
    }

    /// The folder it begins at, if it is not this machine's own.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// A path of the tree without links, as far as it is there.
    pub fn real(&self, path: &Path) -> PathBuf {
        let Some(root) = &self.root else {
            return std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        };
        let mut todo: Vec<PathBuf> = parts(path);
        let (mut done, mut links) = (PathBuf::from("/"), 0);
        while let Some(part) = todo.pop() {
            if part == Path::new("..") {
                done.pop();
                continue;
            }
            let next = done.join(&part);
            let on_disk = root.join(next.strip_prefix("/").unwrap_or(&next));
            match std::fs::read_link(&on_disk) {
                Ok(target) if links < MAX_LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        done = PathBuf::from("/");
                    }
                    todo.extend(parts(&target));
                }
                _ => done = next,
            }
        }
        done
    }

    /// Where a path of the tree is for this program. The links of its folder are followed, that of the file itself is
    /// not: who writes it should be told of it.
    pub fn on_disk(&self, path: &Path) -> PathBuf {
        let Some(root) = &self.root else { return path.to_owned() };
        let real = match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => {
                let near = self.real(folder).join(name);
                // A link inside a root is followed here: by itself it would lead into this machine's own files.
                if std::fs::read_link(below(root, &near)).is_ok() { self.real(path) } else { near }
            }
            _ => self.real(path),
        };
        below(root, &real)
    }

    fn at(&self, path: &Path) -> PathBuf {
        match &self.root {
            Some(root) => below(root, &self.real(path)),
            None => path.to_owned(),
        }
    }

    /// Whether there is a file.
    pub fn is_file(&self, path: &Path) -> bool {
        self.at(path).is_file()
    }

    /// Whether there is a folder.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.at(path).is_dir()
    }

    /// Whether there is anything.
    pub fn exists(&self, path: &Path) -> bool {
        self.at(path).exists()
    }

    /// A small file as text.
    ///
    /// # Errors
    /// [`PathError`], with the path on this machine.
    pub fn text(&self, path: &Path) -> Result<String, PathError> {
        let octets = fs::read(&self.at(path), MAX_TEXT)?;
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }

    /// The names in a folder, sorted; none if it cannot be read.
    pub fn names(&self, folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(self.at(folder)).into_iter().flatten().take(MAX_NAMES).flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The paths that a pattern stands for and that are there; `*` is any text within one name. A drive (`C:/`) is the
    /// tree's root, except on Windows itself.
    pub fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        let (mut found, rest) = start(pattern, self.root.is_some());
        for part in rest.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for folder in found {
                if part.contains('*') {
                    let names = self.names(&folder).into_iter();
                    next.extend(names.filter(|name| fits(part, name)).map(|name| folder.join(name)));
                } else {
                    next.push(folder.join(part));
                }
                if next.len() >= MAX_MATCHES {
                    break;
                }
            }
            found = next;
        }
        found.retain(|path| self.exists(path));
        found
    }
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// The parts of a path, last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::ParentDir => Some(PathBuf::from("..")),
        _ => None,
    };
    path.components().rev().filter_map(part).collect()
}

fn start(pattern: &str, has_root: bool) -> (Vec<PathBuf>, &str) {
    let drive = pattern.get(1..3) == Some(":/");
    match (drive, pattern.get(..3), pattern.get(3..)) {
        (true, Some(drive), Some(rest)) if cfg!(windows) && !has_root => (vec![PathBuf::from(drive)], rest),
        (true, _, Some(rest)) => (vec![PathBuf::from("/")], rest),
        _ => (vec![PathBuf::from("/")], pattern),
    }
}

/// Whether a name is one that a pattern with `*` stands for. A hidden one only if the pattern says so.
fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let mut rest = name;
    let mut pieces = pattern.split('*').peekable();
    let first = pieces.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out files to be found")]

    use super::*;

    #[test]
    fn patterns_stand_for_names() {
        for (pattern, name, yes) in [
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "ac", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
            ("*", ".hidden", false),
            (".g*", ".gradle", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(fits(pattern, name), yes, "{pattern} {name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_inside_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["opt/agent-1", "etc/pki"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        std::fs::write(root.join("etc/pki/cacerts"), "x").unwrap();
        let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, root.join(name)).unwrap();
        link("/etc/pki/cacerts", "opt/agent-1/cacerts");
        link("agent-1", "opt/agent");
        link("../../../../../../etc/pki", "opt/out");
        link("/etc/passwd", "opt/passwd");
        link("loop", "opt/loop");
        let tree = Tree::below(root);
        assert_eq!(tree.real(Path::new("/opt/agent/cacerts")), Path::new("/etc/pki/cacerts"));
        assert_eq!(tree.on_disk(Path::new("/opt/agent/cacerts")), root.join("etc/pki/cacerts"));
        assert_eq!(tree.text(Path::new("/opt/out/cacerts")).unwrap(), "x");
        assert!(!tree.exists(Path::new("/opt/passwd")), "this machine's file is not the tree's");
        assert!(!tree.exists(Path::new("/opt/loop/x")));
        assert_eq!(tree.glob("/opt/agent-*/cacerts"), [PathBuf::from("/opt/agent-1/cacerts")]);
        assert_eq!(tree.glob("C:/etc/*"), [PathBuf::from("/etc/pki")]);
    }
}
