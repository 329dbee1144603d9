//! Known products and running JVMs: which of them are here, which trust store each really reads, and why.
//!
//! Products are data: a TOML file each, in `profiles/`, and a user's own. Nothing is run and nothing is asked of a JVM: files
//! are read, and what Linux tells in `/proc`. Files of products hold secrets; only options and the settings that a
//! profile names are taken out of them.

mod choice;
mod command_line;
mod config;
mod discover;
mod error;
mod process;
mod profile;
mod service;
mod sight;
mod tree;
mod trouble;
mod words;

pub use choice::{Choice, Runtime, Why};
pub use command_line::{CommandLine, Origin, Word};
pub use config::Syntax;
pub use discover::{Agent, discover, place};
pub use error::AgentError;
pub use process::Process;
pub use profile::{ConfigFile, Kind, MAX_PROFILE, Profile, ProfileError, Setting, Trap, built_in};
pub use service::{Served, served};
pub use tree::Tree;
pub use trouble::{PAGES, Trouble, Weight};
