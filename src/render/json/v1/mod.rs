//! Version 1 of the documents. Fields are only ever added. Fingerprints are lower-case hex without colons, times are
//! RFC 3339 in UTC.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

mod agents;
mod certificate;
mod diagnosis;
mod store;
mod sync;

pub use agents::{Agents, Jvm, JvmStore, Product, Trouble};
pub use certificate::Certificate;
pub use diagnosis::{Client, Diagnosis, Finding, Inspection, Observed, Remedy, StapledOcsp, StoreRef};
pub use store::{
    Audited, Backups, Compared, Entry, Exported, Listed, Listing, Problem, Step, Written, WrittenStore,
};

pub use sync::{
    Diff, Foreign, KeystoreDone, Log, Planned, Probed, ServiceDone, Synced, SyncedStore, TrustLine,
};

/// The name of a command's document: `trustmend/v1/<command>`.
pub fn schema(command: &str) -> String {
    format!("trustmend/v1/{command}")
}

/// A time as RFC 3339 in UTC, or as seconds where the year is beyond that format.
pub fn time(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_else(|_| at.unix_timestamp().to_string())
}

/// The `error` member of a document.
#[derive(Debug, Clone, Serialize)]
pub struct Error {
    /// What kind of failure, for scripts.
    pub code: String,
    /// What failed, for people.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

/// A whole document: `schema` and `ok` first, then the result's own members, then `error`.
#[derive(Debug, Serialize)]
pub struct Document<R: Serialize> {
    schema: String,
    ok: bool,
    #[serde(flatten)]
    result: Option<R>,
    error: Option<Error>,
}

impl<R: Serialize> Document<R> {
    /// Of a command that has its result; `ok` tells whether the answer is yes.
    pub fn of(command: &str, ok: bool, result: R) -> Self {
        Self { schema: schema(command), ok, result: Some(result), error: None }
    }

    /// The same with an error beside the (partial) result.
    pub fn with_error(mut self, error: Error) -> Self {
        self.ok = false;
        self.error = Some(error);
        self
    }
}

impl Document<serde_json::Map<String, serde_json::Value>> {
    /// Of a command that failed before it had anything to say.
    pub fn failed(command: &str, error: Error) -> Self {
        Self { schema: schema(command), ok: false, result: None, error: Some(error) }
    }
}

/// Result of `completions`.
#[derive(Debug, Serialize)]
pub struct Script {
    /// The script's text.
    pub script: String,
}

/// Result of a command that writes files.
#[derive(Debug, Serialize)]
pub struct Files {
    /// Their paths.
    pub files: Vec<String>,
}

/// Result of `explain`.
#[derive(Debug, Serialize)]
pub struct Explanation {
    causes: Vec<Cause>,
    /// The lines they stand behind, the newest first; absent for a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<Told>>,
    /// What else was found; absent unless a server or a store was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    also: Option<Vec<&'static str>>,
    /// What Java would print now; absent unless a server was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    predicted_error: Option<Option<String>>,
}

/// A fault that a log tells of.
#[derive(Debug, Serialize)]
pub struct Told {
    /// The line that says most, where it was told last.
    pub line: String,
    /// How often it was told.
    pub times: usize,
    /// The codes that can stand behind it, the most likely first.
    pub causes: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Cause {
    code: &'static str,
    likelihood: &'static str,
    /// `found`, `ruled-out` or `open`; absent unless a server or a store was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    text: &'static str,
    next: Vec<Vec<String>>,
}

impl Explanation {
    /// Of these pages, each with how likely it is and the command that tells.
    pub fn of(causes: &[(crate::finding::Page, &'static str)], next: &[String]) -> Self {
        let next: Vec<Vec<String>> = if next.is_empty() { Vec::new() } else { vec![next.to_vec()] };
        let cause = |(page, likelihood): &(crate::finding::Page, &'static str)| Cause {
            code: page.code,
            likelihood,
            status: None,
            text: page.help,
            next: next.clone(),
        };
        let causes = causes.iter().map(cause).collect();
        Self { causes, faults: None, also: None, predicted_error: None }
    }

    /// The same with the lines of a log they stand behind.
    pub fn told(self, faults: Vec<Told>) -> Self {
        Self { faults: Some(faults), ..self }
    }

    /// The same after a look: how each cause stands, in their order, what else was found, and what Java would print now, if a server was asked.
    pub fn looked(
        mut self,
        statuses: &[&'static str],
        also: Vec<&'static str>,
        predicted_error: Option<Option<String>>,
    ) -> Self {
        for (cause, status) in self.causes.iter_mut().zip(statuses) {
            cause.status = Some(status);
        }
        Self { also: Some(also), predicted_error, ..self }
    }
}

/// Result of `generate`.
#[derive(Debug, Serialize)]
pub struct Generated {
    /// `created`, `renewed`, `replaced` or `unchanged`.
    pub status: String,
    /// Why it was renewed or replaced.
    pub reason: Option<String>,
    /// The leaf.
    pub certificate: Certificate,
    /// What was written: `certificate`, `chain`, `key`, `ca`, `intermediate`.
    pub files: std::collections::BTreeMap<String, String>,
    /// The keystore.
    pub keystore: Option<String>,
    /// The file with the keystore's random password.
    pub password_file: Option<String>,
    /// The lines for the server.
    pub server_config: Option<String>,
    /// How each `--trust` went.
    pub trusted: Vec<Trusted>,
}

/// How it went with one store that was to trust, or to trust no more.
#[derive(Debug, Clone, Serialize)]
pub struct Trusted {
    /// The store.
    pub store: String,
    /// Whether it was done.
    pub ok: bool,
    /// What was done, or why not.
    pub message: String,
}

/// Result of `generate --rotate`, `--untrust` and `--remove-ca`.
#[derive(Debug, Serialize)]
pub struct AuthorityChanged {
    /// `rotated`, `untrusted` or `removed`.
    pub status: String,
    /// The authority's folder.
    pub folder: String,
    /// How it went with each store.
    pub stores: Vec<Trusted>,
}

/// Result of `generate --list`.
#[derive(Debug, Serialize)]
pub struct Authorities {
    /// The authorities.
    pub authorities: Vec<ListedAuthority>,
}

/// One authority.
#[derive(Debug, Serialize)]
pub struct ListedAuthority {
    /// Its name: that of its folder.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// The kind of its key.
    pub key: Option<String>,
    /// When it ends.
    pub not_after: Option<String>,
    /// Its root's fingerprint.
    pub sha256: Option<String>,
    /// Where its root was installed.
    pub trusted_by: Vec<String>,
    /// Why it cannot be read.
    pub error: Option<String>,
}

/// Result of `check`.
#[derive(Debug, Serialize)]
pub struct Checked {
    target: String,
    store: String,
    scim: Option<String>,
    users: Option<u64>,
    steps: Vec<CheckStep>,
}

#[derive(Debug, Serialize)]
struct CheckStep {
    name: &'static str,
    outcome: &'static str,
    code: Option<&'static str>,
    detail: String,
}

impl Checked {
    /// Of a check of `target` with the store at `place`.
    pub fn new(target: &str, place: &str, report: &crate::scim::Report) -> Self {
        let outcome = |outcome| match outcome {
            crate::scim::Outcome::Pass => "pass",
            crate::scim::Outcome::Warn => "warn",
            crate::scim::Outcome::Fail => "fail",
            crate::scim::Outcome::Skipped => "skipped",
        };
        let step = |step: &crate::scim::Step| CheckStep {
            name: step.name,
            outcome: outcome(step.outcome),
            code: step.code,
            detail: step.detail.clone(),
        };
        Self {
            target: target.to_owned(),
            store: place.to_owned(),
            scim: report.version.map(|version| version.to_string()),
            users: report.users,
            steps: report.steps.iter().map(step).collect(),
        }
    }
}

/// Result of `demo`.
#[derive(Debug, Serialize)]
pub struct Demonstration {
    /// The commands, in order.
    pub steps: Vec<DemoStep>,
    /// The scratch folder, if it was kept.
    pub folder: Option<String>,
}

/// One command of the demonstration.
#[derive(Debug, Serialize)]
pub struct DemoStep {
    /// What it shows.
    pub text: String,
    /// The command as typed.
    pub command: Vec<String>,
    /// Its exit code.
    pub exit: u8,
    /// The document it printed.
    pub document: Option<serde_json::Value>,
}
