//! Why a certificate was not made.

use std::fmt;
use std::path::PathBuf;

use time::OffsetDateTime;

use super::Fault;
use crate::fs::PathError;

/// What somebody typed, as an error shows it: quoted, and cut where it is longer than anything that could be meant.
pub(crate) struct Typed<'a>(pub(crate) &'a str);

/// Characters shown of it.
const MAX_SHOWN: usize = 72;

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MAX_SHOWN).and_then(|(end, _)| self.0.get(..end)) {
            Some(begin) => write!(f, "{begin:?}... ({} characters)", self.0.chars().count()),
            None => write!(f, "{:?}", self.0),
        }
    }
}

/// Why a certificate, a key or an authority was not made, read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaError {
    /// A server's certificate without a name is of no use.
    #[error("no name is given that the certificate could be for")]
    NoNames,
    /// More names than any client wants to read.
    #[error("{count} names are too many for one certificate, {limit} are allowed")]
    TooManyNames {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Too long for a TLS handshake message as Java takes it (jdk.tls.maxHandshakeMessageSize, 32,768).
    #[error("the certificate and its chain have {octets} octets, and Java takes {limit} in a handshake")]
    TooLong {
        /// How long they would be.
        octets: usize,
        /// What fits.
        limit: usize,
    },
    /// The authority may not vouch for it.
    #[error("the authority {authority} is limited, and {name} lies outside its limits: {permitted}")]
    OutsideLimits {
        /// Its name.
        authority: String,
        /// The name asked for.
        name: String,
        /// What it may vouch for.
        permitted: String,
    },
    /// The text names neither a domain nor an address nor a network.
    #[error("{} is neither a domain nor an address nor a network: {reason}", Typed(text))]
    Limit {
        /// As typed.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// Its life is over, or has not begun.
    #[error("the authority {authority} is not valid any more: it ended {}", not_after.date())]
    AuthorityExpired {
        /// Its name.
        authority: String,
        /// When it ends.
        not_after: OffsetDateTime,
    },
    /// A life that is empty or that no calendar holds.
    #[error("a certificate is valid for 1 to {limit} days, not for {days}")]
    Days {
        /// As asked for.
        days: u32,
        /// The most.
        limit: u32,
    },
    /// A name for an authority that a certificate cannot hold (ub-common-name, RFC 5280 appendix A.1).
    #[error("the authority's name has to have 1 to 64 characters")]
    AuthorityName,
    /// RFC 5280 section 4.1.2.4: an issuer has a name.
    #[error("a self-signed certificate needs a common name of 1 to 64 characters")]
    SubjectEmpty,
    /// The text names no kind of key.
    #[error("{} is no kind of key: p256, p384, p521, ed25519, rsa2048, rsa3072 and rsa4096 are", Typed(text))]
    KeyKind {
        /// As typed.
        text: String,
    },
    /// The text names no fault.
    #[error("{} is no fault: {} are", Typed(text), Fault::ALL.map(Fault::name).join(", "))]
    Fault {
        /// As typed.
        text: String,
    },
    /// Octets that are not a request for a certificate, or one that is not granted.
    #[error("this certificate request is refused: {reason}")]
    SigningRequest {
        /// What is wrong with it.
        reason: String,
    },
    /// Octets that are not a private key this program can sign with.
    #[error("the private key cannot be used: {reason}")]
    Key {
        /// What is wrong with it.
        reason: String,
    },
    /// The system gave no random numbers, or the arithmetic failed on them.
    #[error("no key could be made: {reason}")]
    Generation {
        /// What failed.
        reason: String,
    },
    /// Nothing is kept there.
    #[error("{}: there is no authority", path.display())]
    NoAuthority {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the authority is not what was written.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Path(#[from] PathError),
}
