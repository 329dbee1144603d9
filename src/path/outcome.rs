//! What any client makes of a chain, in one form: for a table of clients side by side.

use super::java;
use super::java::Verdict;
use crate::cert::Certificate;
use crate::digest::Fingerprint;

/// A client's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the client goes on.
    pub verdict: Verdict,
    /// What it prints when it does not: its own words, one line.
    pub error: Option<String>,
    /// The certificate that the words are about, where they are about one.
    pub certificate: Option<Fingerprint>,
    /// The path it takes, leaf to anchor, where it tells.
    pub path: Option<Vec<Certificate>>,
}

impl Outcome {
    pub(super) fn refused(error: String, certificate: Option<&Certificate>) -> Self {
        let certificate = certificate.map(Certificate::sha256);
        Self { verdict: Verdict::Refused, error: Some(error), certificate, path: None }
    }

    pub(super) fn undecided(why: String) -> Self {
        Self { verdict: Verdict::Undecided { why }, error: None, certificate: None, path: None }
    }

    pub(super) fn trusted(path: Option<Vec<Certificate>>) -> Self {
        Self { verdict: Verdict::Trusted, error: None, certificate: None, path }
    }

    /// Whether the client goes on.
    pub fn is_trusted(&self) -> bool {
        self.verdict == Verdict::Trusted
    }
}

impl From<&java::Judgement> for Outcome {
    fn from(judgement: &java::Judgement) -> Self {
        Self {
            verdict: judgement.verdict.clone(),
            error: judgement.predicted.as_ref().map(|predicted| predicted.exception.clone()),
            certificate: judgement.rejection.as_ref().and_then(|rejection| rejection.certificate),
            path: judgement.path.clone().filter(|_| judgement.verdict == Verdict::Trusted),
        }
    }
}
