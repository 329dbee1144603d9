//! The house keeps its own rules: floors, sizes, absences (ARCHITECTURE.md).

use std::fs;
use std::path::{Path, PathBuf};

/// Who stands where. A room imports only rooms on lower floors.
const FLOORS: [(&str, u8); 21] = [
    ("cli", 6),
    ("render", 5),
    ("manifest", 4),
    ("audit", 4),
    ("finding", 3),
    ("import", 3),
    ("agent", 3),
    ("scim", 3),
    ("path", 2),
    ("store", 2),
    ("ca", 2),
    ("net", 2),
    ("cert", 1),
    ("fs", 1),
    ("journal", 1),
    ("der", 0),
    ("pem", 0),
    ("digest", 0),
    ("secret", 0),
    ("lib", 9),
    ("main", 9),
];

/// Lines a file may have before its tests begin.
const MAX_LINES: usize = 500;

fn source_files() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 20, "the sources were found");
    files
}

/// The room a file belongs to: the first folder or file name under src.
fn room(path: &Path) -> String {
    let relative = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(room: &str) -> u8 {
    let known = FLOORS.iter().find(|(name, _)| *name == room);
    known.unwrap_or_else(|| panic!("{room} is a new room: give it a floor here and in ARCHITECTURE.md")).1
}

/// The code of a file without comments and without its test module.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rooms named after `crate::`, in single imports and in groups.
fn imports(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut fresh = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    c if depth == 0 && fresh && (c.is_alphanumeric() || c == '_') => word.push(c),
                    ':' if depth == 0 && fresh => {
                        rooms.push(std::mem::take(&mut word));
                        fresh = false;
                    }
                    _ => {}
                }
            }
        } else {
            rooms.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    rooms
}

#[test]
fn rooms_import_only_lower_floors() {
    let mut broken = Vec::new();
    for (path, text) in source_files() {
        let own = room(&path);
        for import in imports(&code(&text)) {
            if import != own && floor(&import) >= floor(&own) {
                broken.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_import_finder_sees_groups_and_single_imports() {
    let code = "use crate::{der::{Oid, tag}, fs::read};\nlet x = crate::pem::scan();";
    assert_eq!(imports(code), ["der", "fs", "pem"]);
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = source_files()
        .iter()
        .map(|(path, text)| (path, text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn no_module_is_named_after_nothing() {
    for (path, _) in source_files() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            !["util", "utils", "common", "helpers", "manager", "misc"].contains(&name.as_str()),
            "{name}"
        );
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in source_files() {
        assert!(
            text.starts_with("//! ") || text.starts_with("#![doc"),
            "{} has no opening sentence",
            path.display()
        );
    }
}

/// Only these open the doors that clippy.toml keeps shut; the attribute makes each visible at the top of its file.
#[test]
fn doors_are_opened_in_their_rooms_only() {
    for (path, text) in source_files() {
        if code(&text).contains("disallowed_methods") {
            let room = room(&path);
            assert!(
                ["fs", "net", "cli", "store"].contains(&room.as_str()),
                "{} opens a door",
                path.display()
            );
        }
    }
}

/// The stated minimum Rust version holds for every dependency; clippy's `incompatible_msrv` holds it for our own code.
#[test]
fn no_dependency_needs_a_newer_rust_than_stated() {
    let version = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let own = version(env!("CARGO_PKG_RUST_VERSION"));
    let mut rustc = std::process::Command::new("rustc");
    rustc.arg("-vV");
    let told = crate::support::program::run(rustc, b"", "rustc").success().stdout;
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut metadata = std::process::Command::new(env!("CARGO"));
    metadata.args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host]);
    metadata.current_dir(env!("CARGO_MANIFEST_DIR"));
    let metadata = crate::support::program::run(metadata, b"", "cargo").success().json();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "cargo listed the dependencies");
    for package in packages {
        if let Some(needed) = package["rust_version"].as_str() {
            assert!(version(needed) <= own, "{} needs Rust {needed}", package["name"]);
        }
    }
}
