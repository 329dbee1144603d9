//! From a presented chain to a trust anchor, as Java does it; and what OpenSSL and webpki make of the same.
//!
//! Pure: certificates, settings and the time come in, verdicts and faults go out.

mod arrange;
mod candidate;
mod effort;
mod faults;
mod interception;
pub mod java;
mod leaf_key;
pub mod openssl;
mod outcome;
mod policy;
mod recommend;
mod shape;
pub mod webpki;

use std::fmt;
use std::net::IpAddr;

pub use arrange::{Arrangement, Issuer, Missing, Role, arrange};
pub use candidate::{Bundle, bundle};
pub use faults::{Fault, FaultKind, Stale, faults, faults_of};
pub use interception::{interceptor, is_pinned};
pub use leaf_key::{faults_by, judge_of};
pub use outcome::Outcome;
pub use policy::{Allow, Objection, objections};
pub use recommend::{Recommendation, recommend};

use crate::cert::Certificate;

/// Whose rules a chain is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// A JVM's.
    #[default]
    Java,
    /// OpenSSL 3's.
    OpenSsl,
    /// Those of rustls with webpki.
    Webpki,
}

/// What a client calls the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerName {
    /// A host name, in ASCII (`xn--` where it is not).
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// An address that is written in another form than the usual: Java's messages show it as it was written.
    Written {
        /// The address.
        address: IpAddr,
        /// What was written, without brackets.
        text: String,
    },
}

impl PeerName {
    /// An address, and how it was written.
    pub fn address(address: IpAddr, written: &str) -> Self {
        if address.to_string() == written {
            Self::Ip(address)
        } else {
            Self::Written { address, text: written.to_owned() }
        }
    }
}

/// The name as Java prints it in messages.
impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
            Self::Written { text, .. } => f.write_str(text),
        }
    }
}

/// A certificate that a store makes a client trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// The alias it stands under, where the store has aliases.
    pub alias: Option<String>,
}
