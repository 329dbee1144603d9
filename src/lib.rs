//! Makes a TLS client trust the right certificates, and tells why it does not.
//!
//! The rooms, lowest floor first; a room uses only rooms on lower floors (see ARCHITECTURE.md):
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`der`] [`pem`] [`digest`] [`secret`] [`fs`] |
//! | 1 | [`cert`] [`journal`] |
//! | 2 | [`net`] [`path`] [`store`] [`ca`] |
//! | 3 | [`finding`] [`import`] [`agent`] [`scim`] |
//! | 4 | [`audit`] [`manifest`] |
//! | 5 | [`render`] |
//! | 6 | [`cli`] |

pub mod agent;
pub mod audit;
pub mod ca;
pub mod cert;
pub mod cli;
pub mod der;
pub mod digest;
pub mod finding;
pub mod fs;
pub mod import;
pub mod journal;
pub mod manifest;
pub mod net;
pub mod path;
pub mod pem;
pub mod render;
pub mod scim;
pub mod secret;
pub mod store;
