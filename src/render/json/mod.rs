//! JSON as scripts get it: versioned, append-only.

pub mod v1;
