//! What is wrong, whose it is, and what mends it.
//!
//! [`Evidence`] is plain data that others gathered; a [`Rule`] looks at it and gives [`Finding`]s. A rule has a code
//! that never changes, a page of help, and no I/O. [`RULES`] is the list, in the order reports show it.

mod evidence;
mod log;
mod pages;
mod remedy;
mod rules;

pub use evidence::{
    Clocks, Evidence, Failure, Member, OtherRoute, Place, StoreFacts, Target, Unreadable, Unseen,
};
pub use log::{Cause, Likelihood, Told, told};
pub use pages::{PAGES, Page, page};
pub use rules::RULES;

use crate::digest::Fingerprint;

/// How much a finding matters to the client in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Some other client refuses, or this one will soon.
    Warning,
    /// This client refuses.
    Error,
}

impl Severity {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever runs the server.
    ServerOwner,
    /// Whoever may write the client's trust store.
    StoreAdmin,
    /// Whoever may change how the client is started.
    ClientAdmin,
}

impl Who {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerOwner => "server-owner",
            Self::StoreAdmin => "store-admin",
            Self::ClientAdmin => "client-admin",
        }
    }
}

/// What mends a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Who does it.
    pub who: Who,
    /// What, in a sentence.
    pub text: String,
    /// The command that does it, as arguments.
    pub command: Option<Vec<String>>,
}

/// One fault found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code.
    pub code: &'static str,
    /// How much it matters here.
    pub severity: Severity,
    /// The certificate it is about.
    pub certificate: Option<Fingerprint>,
    /// One line.
    pub title: String,
    /// What exactly, with names and dates. Not escaped for a terminal.
    pub detail: String,
    /// What mends it, best first.
    pub remedies: Vec<Remedy>,
}

/// One kind of fault.
pub struct Rule {
    /// kebab-case, permanent.
    pub code: &'static str,
    /// How much it matters to a client that refuses because of it.
    pub severity: Severity,
    /// The page that `explain` prints: its first line is the title, without the full stop.
    pub help: &'static str,
    /// Looks at the evidence.
    pub check: fn(&Evidence, &Self) -> Vec<Finding>,
}

impl Rule {
    /// The help page's first line.
    pub fn title(&self) -> &'static str {
        self.help.lines().next().unwrap_or_default().trim_end_matches('.')
    }

    /// Its page.
    pub fn page(&self) -> Page {
        Page { code: self.code, help: self.help }
    }

    /// A finding of this rule, with no remedy yet.
    pub fn finding(&self, certificate: Option<Fingerprint>, detail: impl Into<String>) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            certificate,
            title: self.title().to_owned(),
            detail: detail.into(),
            remedies: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.code)
    }
}

/// Every finding of every rule, errors first, then in the order of [`RULES`].
pub fn examine(evidence: &Evidence) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.check)(evidence, rule)).collect();
    for finding in &mut findings {
        // An error is what this client refuses for: when it accepts, a fault is somebody else's or tomorrow's.
        if evidence.is_trusted() && finding.severity == Severity::Error {
            finding.severity = Severity::Warning;
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// The rule of a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code == code)
}
