//! What `sync`, `plan` and `audit --against` share: the manifest with its files, one job for each store, the services and
//! checks around them.

pub(crate) mod job;
pub(crate) mod keystore;
pub(crate) mod load;
pub(crate) mod probe;
pub(crate) mod service;
pub(crate) mod transaction;
