//! The manifest and the files it names.

use std::path::{Path, PathBuf};

use super::super::args::StorePassword;
use super::super::assemble::{self, MAX_FILE};
use super::super::error::CliError;
use super::super::exit::Exit;
use crate::digest::Fingerprint;
use crate::fs;
use crate::manifest::{Inline, Manifest, ManifestError, Provenance, StoreSpec, Wanted};

/// A manifest with everything it names.
pub(crate) struct Loaded {
    pub(crate) manifest: Manifest,
    /// Every certificate declared.
    pub(crate) wanted: Vec<Wanted>,
    /// The file, as typed.
    pub(crate) path: PathBuf,
    /// SHA-256 of it.
    pub(crate) sha256: Fingerprint,
    /// The folder that its paths are relative to.
    folder: PathBuf,
}

/// Reads a manifest and the files it names; one fault in them and nothing is done anywhere.
pub(crate) fn load(path: &Path) -> Result<Loaded, CliError> {
    let octets = fs::read(path, MAX_FILE).map_err(|error| unreadable(assemble::path_error(&error)))?;
    refuse_open(path)?;
    let text = std::str::from_utf8(&octets)
        .map_err(|_| unreadable(CliError::new(Exit::Store, "", format!("{}: not UTF-8", path.display()))))?;
    let manifest = Manifest::parse(text).map_err(|error| fault(path, &error))?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute.parent().unwrap_or_else(|| Path::new("/")).to_owned();
    let mut wanted = Vec::new();
    for declared in &manifest.certificates {
        let octets = match &declared.origin {
            Inline::Pem(text) => Some(text.clone().into_bytes()),
            Inline::File(file) => {
                let read = fs::read(&folder.join(file), MAX_FILE);
                let named = |error| {
                    let mut failure = unreadable(assemble::path_error(&error));
                    failure.message =
                        format!("{}: line {}: {}", path.display(), declared.line, failure.message);
                    failure
                };
                Some(read.map_err(named)?)
            }
            Inline::None => None,
        };
        wanted.extend(declared.resolve(octets.as_deref()).map_err(|error| fault(path, &error))?);
    }
    Ok(Loaded { manifest, wanted, path: path.to_owned(), sha256: Fingerprint::of(&octets), folder })
}

impl Loaded {
    /// What is declared for one store.
    pub(crate) fn wanted_for(&self, store: &str) -> Vec<Wanted> {
        self.wanted.iter().filter(|wanted| wanted.is_for(store)).cloned().collect()
    }

    /// A path of the manifest.
    pub(crate) fn at(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// Where the password of a store is.
    pub(crate) fn password(&self, spec: &StoreSpec) -> StorePassword {
        let file = spec.password_file.as_ref().map(|file| self.at(file));
        StorePassword {
            store_password_file: file,
            store_password_env: spec.password_env.clone(),
            none: false,
        }
    }
}

/// The words for a manifest that cannot be used.
pub(crate) fn fault(path: &Path, error: &ManifestError) -> CliError {
    let (exit, code) = match error.is_mismatch() {
        true => (Exit::Refused, "fingerprint-mismatch"),
        false => (Exit::Usage, "manifest-invalid"),
    };
    let failure = CliError::new(exit, code, format!("{}: {error}", path.display()));
    match error {
        ManifestError::NotPinned { .. } => {
            failure.hint("compare it with one from its owner, and add it to sha256 if it is right")
        }
        ManifestError::PinUnused { .. } => {
            failure.hint("the file holds other certificates than were approved")
        }
        _ => failure,
    }
}

fn unreadable(mut failure: CliError) -> CliError {
    failure.code = "manifest-unreadable".to_owned();
    failure
}

/// Whoever can write a manifest decides whom every client trusts, and what is run.
fn refuse_open(path: &Path) -> Result<(), CliError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o002 != 0) {
            let message = format!("{}: everybody can write this file", path.display());
            return Err(CliError::new(Exit::Refused, "manifest-open", message)
                .hint(format!("chmod o-w {}", path.display())));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The side file of a store.
pub(crate) fn side_file(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".trustmend.json");
    PathBuf::from(name)
}

/// What the side file of a store says, and its octets; nothing if there is none.
pub(crate) fn provenance(store: &Path) -> Result<(Provenance, Option<Vec<u8>>), CliError> {
    let path = side_file(store);
    match fs::read(&path, MAX_FILE) {
        Ok(octets) => {
            let provenance = Provenance::parse(&octets).map_err(|error| {
                CliError::new(Exit::Store, "provenance-unreadable", format!("{}: {error}", path.display()))
                    .hint("move it away: entries added until now are then nobody's, and stay")
            })?;
            Ok((provenance, Some(octets)))
        }
        Err(fs::PathError::NotFound { .. } | fs::PathError::FolderMissing { .. }) => {
            Ok((Provenance::default(), None))
        }
        Err(error) => Err(assemble::path_error(&error)),
    }
}
