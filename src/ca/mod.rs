//! The development authority and the leaves it signs.
//!
//! An authority that a developer's machine trusts can vouch for any name, okta.com among them, to whoever gets its key.
//! So an authority here is limited to names that are nobody else's (RFC 5280 section 4.2.1.10), and since Java does not
//! look at the limits of a trust anchor, the limits stand in an intermediate: the root signs that one certificate and
//! its key is forgotten before anything is written. What is kept can only ever sign within the limits.
//!
//! Certificates are written with [`crate::der`]: issuer names are copied octet for octet, and the keys and signatures
//! that ring does not know (P-521, deliberately weak ones) need no second way.

mod authority;
mod csr;
mod error;
mod extension;
mod fault;
mod issued;
mod key;
mod leaf;
mod limits;
mod name;
mod renewal;
mod template;
mod weak;

pub use authority::{Authority, NewAuthority, names_our_authority};
pub use csr::SigningRequest;
pub use error::CaError;
pub(crate) use error::Typed;
pub use fault::Fault;
pub use issued::{IssueNote, Issued, Signed};
pub use key::{KeyKind, SigningKey};
pub use leaf::{CommonName, MAX_NAMES, Purpose, Request, Validity, self_signed};
pub use limits::{default_limits, limits_with, permits};
pub use name::{LeafName, NameError, NameNote, NameProblem};
pub use renewal::Renewal;
