//! What came of a request: the leaf, its chain, its key.

use std::fmt;

use time::OffsetDateTime;

use super::SigningKey;
use crate::cert::Certificate;
use crate::pem;

/// A leaf, and what goes with it besides its key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Signed {
    /// The leaf.
    pub certificate: Certificate,
    /// What the server sends behind it: the intermediates, the nearest first, without the root.
    pub chain: Vec<Certificate>,
    /// Intermediates that the server keeps to itself, on request ([`super::Fault::MissingIntermediate`]).
    pub withheld: Vec<Certificate>,
    /// What clients have to trust; `None` for a leaf that is self-signed and so its own.
    pub root: Option<Certificate>,
    /// What is to be said about it.
    pub notes: Vec<IssueNote>,
}

impl Signed {
    /// What clients have to trust: the root, or the leaf itself.
    pub fn anchor(&self) -> &Certificate {
        self.root.as_ref().unwrap_or(&self.certificate)
    }

    /// The leaf and the chain: what a server sends, and what a key entry of a keystore holds.
    pub fn full_chain(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(&self.chain)
    }

    /// [`Signed::full_chain`] as PEM.
    pub fn full_chain_pem(&self) -> String {
        self.full_chain().map(certificate_pem).collect()
    }
}

/// A leaf and its new key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The leaf and what goes with it.
    pub signed: Signed,
    /// Its key.
    pub key: SigningKey,
}

/// Something to say about a leaf that was made nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueNote {
    /// It ends with its authority, earlier than asked for.
    ShortenedTo(OffsetDateTime),
    /// Longer than Apple's platforms accept from any authority.
    LongLife {
        /// How many days.
        days: i64,
    },
    /// Not every client takes this kind of key.
    Key(&'static str),
}

impl fmt::Display for IssueNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortenedTo(end) => write!(f, "it ends with its authority, on {}", end.date()),
            Self::LongLife { days } => write!(f, "{days} days: Apple's platforms accept 825 at most"),
            Self::Key(caution) => f.write_str(caution),
        }
    }
}

/// A certificate as PEM.
pub(super) fn certificate_pem(certificate: &Certificate) -> String {
    pem::encode("CERTIFICATE", certificate.der())
}
