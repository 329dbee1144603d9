//! The connectivity check, step by step: what a provisioning agent's own test would meet, told apart.
//!
//! Only the safe requests of SCIM are made: the service provider configuration, and the first user (of whom only the
//! count is kept). The requests are those of Okta's "Test Connector Configuration" and "Test API Credentials". No
//! redirect is followed, and neither the credential nor anybody's data comes out.

mod answer;
mod auth;
mod ladder;

use std::fmt;
use std::time::Duration;

pub use auth::Auth;
pub use ladder::run;

use crate::net::http::{self, Field, Response};
use crate::net::{Endpoint, NetError, Options, PeerJudge};

/// How long Okta's agent waits for an answer.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// SCIM 1.1, `/ServiceProviderConfigs`.
    V1_1,
    /// SCIM 2.0 (RFC 7644), `/ServiceProviderConfig`.
    V2_0,
}

/// Which versions to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Versions {
    /// This one.
    One(Version),
    /// Either: the server shows which.
    Both,
}

/// The version Okta's agent would speak to this path: by `/v1` or `/v2` in it and nothing else. With neither the
/// agent speaks 1.1.
pub fn version_for(path: &str) -> Option<Version> {
    let path = path.split('?').next().unwrap_or_default();
    path.split('/').find_map(|segment| match segment {
        "v1" => Some(Version::V1_1),
        "v2" => Some(Version::V2_0),
        _ => None,
    })
}

/// What to check.
#[derive(Debug, Clone)]
pub struct Check {
    /// The base URL.
    pub base: Endpoint,
    /// Which versions to ask for.
    pub versions: Versions,
    /// The credential.
    pub auth: Auth,
}

/// Who carries a GET to the server and the answer back. The credential is among the fields: a transport sends them to
/// a trusted peer or not at all.
pub trait Transport {
    /// Asks for the endpoint's path.
    ///
    /// # Errors
    /// [`NetError`] when no answer came.
    fn get(&mut self, endpoint: &Endpoint, fields: &[Field]) -> Result<Response, NetError>;
}

/// The transport over the wire: each request is one judged connection.
pub struct Wire {
    /// How to get there; [`Options::total`] is the time one answer may take.
    pub options: Options,
    /// Who decides about the peer.
    pub judge: PeerJudge,
}

impl Transport for Wire {
    fn get(&mut self, endpoint: &Endpoint, fields: &[Field]) -> Result<Response, NetError> {
        http::get(endpoint, fields, &self.options, &self.judge)
    }
}

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As it should be.
    Pass,
    /// It works, and may not for everybody.
    Warn,
    /// It does not work.
    Fail,
    /// Not looked at.
    Skipped,
}

/// One step of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which: `base-url`, `credential`, `connection`, `config`, `users`, `auth`.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found and what to do, one line. Text of the server's is quoted in it, escaped.
    pub detail: String,
    /// The code of what was found.
    pub code: Option<&'static str>,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Every step in order.
    pub steps: Vec<Step>,
    /// The version the server showed.
    pub version: Option<Version>,
    /// How many users it says it has.
    pub users: Option<u64>,
    /// The `Date` field of its first answer (RFC 9110 section 6.6.1), as sent.
    pub date: Option<String>,
    /// Whether no step failed.
    pub ok: bool,
}

impl Version {
    /// The path of its configuration, below the base URL.
    pub fn config_path(self) -> &'static str {
        match self {
            Self::V1_1 => "ServiceProviderConfigs",
            Self::V2_0 => "ServiceProviderConfig",
        }
    }

    /// The media type Okta asks for.
    fn accept(self) -> &'static str {
        match self {
            Self::V1_1 => "application/json",
            Self::V2_0 => "application/scim+json",
        }
    }
}

impl Versions {
    fn list(self) -> &'static [Version] {
        match self {
            Self::One(Version::V1_1) => &[Version::V1_1],
            Self::One(Version::V2_0) => &[Version::V2_0],
            Self::Both => &[Version::V2_0, Version::V1_1],
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_1 => "SCIM 1.1",
            Self::V2_0 => "SCIM 2.0",
        })
    }
}
