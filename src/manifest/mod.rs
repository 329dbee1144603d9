//! Declared trust: what stores should hold, written down in a TOML file, and the plans that make them hold it.
//!
//! All of it is pure. [`Manifest::parse`] reads the file, [`Declared::resolve`] binds each declaration to the certificates
//! that its pins name, [`plan()`] compares with a store, [`Provenance`] is the side file that tells whose an entry is,
//! [`Change`] is a plan that one person makes and another applies.

mod change;
mod declared;
mod error;
mod foreign;
mod plan;
mod provenance;
mod schema;

pub use change::{Added, Change, ChangedStore, Removed};
pub use declared::Wanted;
pub use error::ManifestError;
pub use foreign::{Foreign, foreign};
pub use plan::{Drift, DriftKind, drift, plan};
pub use provenance::{Managed, Provenance};
pub use schema::{
    CheckKind, Declared, Inline, Keystore, Manifest, Mode, Probe, Service, ServiceManager, State, StoreSpec,
};
