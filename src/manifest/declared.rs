//! A declaration bound to the certificates that its pins name.

use std::path::PathBuf;

use super::{Declared, Inline, ManifestError, State};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::import::AliasTemplate;
use crate::path::Allow;
use crate::store::source;

/// One certificate that should be in stores, or in none.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// The certificate; an absent one need not be known.
    pub certificate: Option<Certificate>,
    /// Whether it should be trusted.
    pub state: State,
    /// Why.
    pub reason: String,
    /// Its alias.
    pub alias: Option<AliasTemplate>,
    /// Objections that were thought about.
    pub allow: Vec<Allow>,
    /// Names of the stores it is for; all if empty.
    pub stores: Vec<String>,
    /// The file it came from.
    pub file: Option<PathBuf>,
}

impl Declared {
    /// The certificates declared, out of the octets of their file or the manifest's own text. Each needs its pin, each pin
    /// its certificate.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn resolve(&self, octets: Option<&[u8]>) -> Result<Vec<Wanted>, ManifestError> {
        let line = self.line;
        let Some(octets) = octets else {
            return Ok(self.pins.iter().map(|pin| self.wanted(*pin, None)).collect());
        };
        let found = source::certificates(octets, None)
            .map_err(|error| ManifestError::NoCertificate { line, message: error.to_string() })?;
        if let Some(problem) = found.problems.first() {
            return Err(ManifestError::NoCertificate { line, message: problem.message.clone() });
        }
        if found.private_key_present {
            let message = "the file holds a private key, which has no place beside a manifest".to_owned();
            return Err(ManifestError::Line { line, message });
        }
        let mut wanted: Vec<Wanted> = Vec::new();
        for certificate in found.certificates.into_iter().map(|found| found.certificate) {
            let sha256 = certificate.sha256();
            if !self.pins.contains(&sha256) {
                let subject = certificate.subject().to_string();
                return Err(ManifestError::NotPinned { line, subject, found: sha256 });
            }
            if !wanted.iter().any(|other| other.sha256 == sha256) {
                wanted.push(self.wanted(sha256, Some(certificate)));
            }
        }
        let unused = self.pins.iter().find(|pin| !wanted.iter().any(|wanted| wanted.sha256 == **pin));
        unused.map_or(Ok(wanted), |pin| Err(ManifestError::PinUnused { line, pin: *pin }))
    }

    fn wanted(&self, sha256: Fingerprint, certificate: Option<Certificate>) -> Wanted {
        Wanted {
            sha256,
            certificate,
            state: self.state,
            reason: self.reason.clone(),
            alias: self.alias.clone(),
            allow: self.allow.clone(),
            stores: self.stores.clone(),
            file: match &self.origin {
                Inline::File(path) => Some(path.clone()),
                Inline::Pem(_) | Inline::None => None,
            },
        }
    }
}

impl Wanted {
    /// Whether it is declared for this store.
    pub fn is_for(&self, store: &str) -> bool {
        self.stores.is_empty() || self.stores.iter().any(|name| name == store)
    }
}
