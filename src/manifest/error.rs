//! What can be wrong with a manifest or the files beside it.

use crate::digest::Fingerprint;

/// Why a manifest cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not TOML, an unknown key, a value of the wrong type.
    #[error("line {line}: {message}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The octets of a declaration hold no certificate.
    #[error("line {line}: there is no certificate in it: {message}")]
    NoCertificate {
        /// The line of the declaration.
        line: usize,
        /// Why not.
        message: String,
    },
    /// A certificate that no pin names.
    #[error("line {line}: {subject} has the fingerprint {found}, which no pin names")]
    NotPinned {
        /// The line of the declaration.
        line: usize,
        /// The certificate's subject.
        subject: String,
        /// Its fingerprint.
        found: Fingerprint,
    },
    /// A pin that no certificate has.
    #[error("line {line}: no certificate has the pinned fingerprint {pin}")]
    PinUnused {
        /// The line of the declaration.
        line: usize,
        /// The pin.
        pin: Fingerprint,
    },
    /// A side file or plan file that is not one.
    #[error("{message}")]
    Side {
        /// What is wrong.
        message: String,
    },
}

impl ManifestError {
    /// Whether a fingerprint is not the one that was written down.
    pub fn is_mismatch(&self) -> bool {
        matches!(self, Self::NotPinned { .. } | Self::PinUnused { .. })
    }
}
