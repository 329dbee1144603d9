//! Certificates that could be imported, and choosing among them.

use std::path::PathBuf;

use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::path::Recommendation;

/// Where a certificate came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A server sent it: nobody vouches for it yet.
    Wire,
    /// The user's own file.
    File(PathBuf),
}

/// A certificate that could be imported.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// It.
    pub certificate: Certificate,
    /// Where it came from.
    pub origin: Origin,
}

/// Which candidates to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// What makes the client accept the server with the least trust; of files alone, every CA certificate.
    Recommended,
    /// Self-issued CA certificates.
    Root,
    /// Every CA certificate.
    Issuers,
    /// The first certificate of each source that is not a CA, or is the only one.
    Leaf,
    /// All.
    All,
    /// By number, counted from 1 in the order shown.
    Numbers(Vec<usize>),
    /// By fingerprint.
    Fingerprint(Fingerprint),
}

/// Why nothing could be picked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickError {
    /// Not a choice.
    #[error(
        "{text:?} is not a choice: recommended, root, issuers, leaf, all, numbers such as 1,3, or a SHA-256 fingerprint"
    )]
    Unknown {
        /// What was given.
        text: String,
    },
    /// A number beyond the candidates.
    #[error("there is no certificate number {number}: there are {count}")]
    OutOfRange {
        /// The number.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// No candidate has it.
    #[error("none of the {count} certificates has the fingerprint {fingerprint}")]
    NoSuchFingerprint {
        /// What was asked for.
        fingerprint: Fingerprint,
        /// How many there are.
        count: usize,
    },
    /// Nothing fits the choice.
    #[error("{what}")]
    Nothing {
        /// Why, in a sentence.
        what: String,
    },
}

impl std::str::FromStr for Pick {
    type Err = PickError;

    fn from_str(text: &str) -> Result<Self, PickError> {
        let numbers = || text.split(',').map(|number| number.trim().parse().ok()).collect::<Option<Vec<_>>>();
        Ok(match text {
            "recommended" => Self::Recommended,
            "root" => Self::Root,
            "issuers" => Self::Issuers,
            "leaf" => Self::Leaf,
            "all" => Self::All,
            _ => match (Fingerprint::parse(text), numbers()) {
                (Ok(fingerprint), _) => Self::Fingerprint(fingerprint),
                (_, Some(numbers)) => Self::Numbers(numbers),
                _ => return Err(PickError::Unknown { text: text.to_owned() }),
            },
        })
    }
}

/// The candidates of a choice, each certificate once. `recommendation` is what the verdict advises, where a server was
/// asked.
///
/// # Errors
/// [`PickError`] when nothing fits.
pub fn pick(
    candidates: &[Candidate],
    choice: &Pick,
    recommendation: Option<&Recommendation>,
) -> Result<Vec<Candidate>, PickError> {
    let such = |keep: &dyn Fn(&Certificate) -> bool| {
        candidates.iter().filter(|candidate| keep(&candidate.certificate)).cloned().collect::<Vec<_>>()
    };
    let picked = match choice {
        Pick::Recommended => recommended(candidates, recommendation)?,
        Pick::Root => such(&|certificate| certificate.is_ca() && certificate.is_self_issued()),
        Pick::Issuers => such(&Certificate::is_ca),
        Pick::Leaf => leaves(candidates),
        Pick::All => candidates.to_vec(),
        Pick::Numbers(numbers) => numbered(candidates, numbers)?,
        Pick::Fingerprint(fingerprint) => {
            let found = such(&|certificate| certificate.sha256() == *fingerprint);
            if found.is_empty() {
                let (fingerprint, count) = (*fingerprint, candidates.len());
                return Err(PickError::NoSuchFingerprint { fingerprint, count });
            }
            found
        }
    };
    if picked.is_empty() {
        let kind = match choice {
            Pick::Root => "root certificate",
            Pick::Issuers | Pick::Recommended => "CA certificate",
            Pick::Leaf => "leaf certificate",
            _ => "certificate",
        };
        return Err(PickError::Nothing { what: format!("there is no {kind} among the certificates") });
    }
    Ok(once(picked))
}

fn recommended(
    candidates: &[Candidate],
    recommendation: Option<&Recommendation>,
) -> Result<Vec<Candidate>, PickError> {
    let Some(recommendation) = recommendation else { return Ok(of_files(candidates)) };
    match recommendation {
        Recommendation::Import { certificates, .. } => {
            let advised = |candidate: &&Candidate| certificates.contains(&candidate.certificate);
            Ok(candidates.iter().filter(advised).cloned().collect())
        }
        Recommendation::Nothing { why } => Err(PickError::Nothing { what: why.clone() }),
    }
}

/// Of files alone: the CA certificates; if there is none, self-signed certificates, which vouch for themselves only.
fn of_files(candidates: &[Candidate]) -> Vec<Candidate> {
    let such = |keep: fn(&Certificate) -> bool| {
        candidates.iter().filter(|candidate| keep(&candidate.certificate)).cloned().collect::<Vec<_>>()
    };
    let issuers = such(|certificate| certificate.is_ca() || certificate.version() < 3);
    if issuers.is_empty() { such(Certificate::is_self_issued) } else { issuers }
}

fn leaves(candidates: &[Candidate]) -> Vec<Candidate> {
    let leaf =
        candidates.iter().find(|candidate| !candidate.certificate.is_ca()).or_else(|| candidates.first());
    leaf.cloned().into_iter().collect()
}

fn numbered(candidates: &[Candidate], numbers: &[usize]) -> Result<Vec<Candidate>, PickError> {
    let one = |number: &usize| {
        let found = number.checked_sub(1).and_then(|index| candidates.get(index));
        found.cloned().ok_or(PickError::OutOfRange { number: *number, count: candidates.len() })
    };
    numbers.iter().map(one).collect()
}

fn once(picked: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::with_capacity(picked.len());
    let mut seen = std::collections::HashSet::new();
    for candidate in picked {
        if seen.insert(candidate.certificate.sha256()) {
            kept.push(candidate);
        }
    }
    kept
}
