//! A folder that is removed again.

use std::path::Path;

use tempfile::TempDir;

use super::PathError;

/// A new folder in the system's temporary folder that only this user can enter. It is removed when dropped.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes one; its name begins with `prefix`.
    ///
    /// # Errors
    /// [`PathError`] about the temporary folder.
    pub fn new(prefix: &str) -> Result<Self, PathError> {
        let made = tempfile::Builder::new().prefix(&format!("{prefix}-")).tempdir();
        made.map(Self)
            .map_err(|source| PathError::from_io(&std::env::temp_dir(), "creating a folder in it", source))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves it where it is.
    pub fn keep(self) {
        let _ = self.0.keep();
    }

    /// Removes it with everything in it.
    ///
    /// # Errors
    /// [`PathError`] if something stays.
    pub fn remove(self) -> Result<(), PathError> {
        let path = self.path().to_owned();
        self.0.close().map_err(|source| PathError::from_io(&path, "removing the folder", source))
    }
}
