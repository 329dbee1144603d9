//! The clients that `diagnose` judges for: Java, OpenSSL, webpki, or all of them side by side.

use clap::ValueEnum;

use super::assemble::ClientStore;
use super::assess::{Assessment, by_other};
use super::client::JavaClient;
use crate::path::java::{Judgement, Settings, Verdict, Version};
use crate::path::{Outcome, Rules};
use crate::render::json::v1;
use crate::render::text::diagnosis::Column;

/// Java releases in the table, each with its newest update known.
const RELEASES: [u32; 5] = [8, 11, 17, 21, 25];

/// Forgets what stops Java alone from reading a store, if Java's verdict is not asked for.
pub(crate) fn read_by(kind: Kind, store: &mut ClientStore) {
    if kind.rules() == Rules::Java {
        return;
    }
    if store.store.is_some() {
        store.facts.unreadable = None;
        store.facts.needs_password = false;
    }
    // What Java reads instead of a store is its own affair.
    if let Some(own) = store.facts.own_anchors.take() {
        store.facts.anchors = own;
    }
    if store.facts.is_missing {
        store.facts.anchors.clear();
    }
}

/// Whose verdict is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Kind {
    /// The JVM of the store, or of --java-version.
    #[default]
    Java,
    /// OpenSSL 3's own verification with its defaults at security level 2, as Python and `openssl s_client` do it (curl accepts partial chains besides).
    Openssl,
    /// Rustls with webpki.
    Webpki,
    /// All of these, and every long-term release of Java.
    All,
}

impl Kind {
    /// By whose rules findings are made.
    pub(crate) fn rules(self) -> Rules {
        match self {
            Self::Java | Self::All => Rules::Java,
            Self::Openssl => Rules::OpenSsl,
            Self::Webpki => Rules::Webpki,
        }
    }
}

/// One client's answer.
pub(crate) struct Answer {
    /// `OpenSSL 3`.
    label: String,
    /// `openssl-3`, `java-17.0.9`.
    short: String,
    outcome: Outcome,
}

/// The answers of the clients asked for; none when Java alone is, which the assessment itself answers, or when there is
/// no chain.
pub(crate) fn answers(kind: Kind, seen: &Assessment, java: &JavaClient) -> Vec<Answer> {
    let evidence = &seen.evidence;
    let Some(judgement) = evidence.judgement.as_ref().filter(|_| kind != Kind::Java) else {
        return Vec::new();
    };
    if kind != Kind::All {
        return vec![own(kind, seen, judgement)];
    }
    let mut answers = Vec::new();
    let mut add = |label: &str, short: &str, outcome: Outcome| {
        answers.push(Answer { label: label.to_owned(), short: short.to_owned(), outcome });
    };
    let mut outcome = Outcome::from(judgement);
    outcome.error = seen.predicted.as_ref().map(|(text, _)| text.clone());
    let refuses = seen.evidence.failure.is_some() && outcome.is_trusted();
    let outcome = if refuses { failed(seen, outcome.error) } else { outcome };
    add(&java.label(), &format!("java-{}", java.settings.version), outcome);
    let version = java.settings.version;
    for newest in RELEASES.map(Version::newest).iter().filter(|newest| **newest != version) {
        let settings = Settings::of(newest);
        let label = (format!("Java {newest}"), format!("java-{newest}"));
        add(&label.0, &label.1, seen.of_release(java, &settings));
    }
    for (rules, (label, short)) in [(Rules::OpenSsl, OPENSSL), (Rules::Webpki, WEBPKI)] {
        add(label, short, seen.of_other(rules, by_other(seen, java, rules)));
    }
    answers
}

/// What people and scripts call them.
const OPENSSL: (&str, &str) = ("OpenSSL 3", "openssl-3");
const WEBPKI: (&str, &str) = ("rustls (webpki)", "webpki");

/// The answer of the one client that `seen` is about.
fn own(kind: Kind, seen: &Assessment, judgement: &Judgement) -> Answer {
    let (label, short) = if kind == Kind::Openssl { OPENSSL } else { WEBPKI };
    let mut outcome = Outcome::from(judgement);
    outcome.error = seen.predicted.as_ref().map(|(text, _)| text.clone());
    if seen.evidence.failure.is_some() && outcome.is_trusted() {
        outcome = failed(seen, None);
    }
    Answer { label: label.to_owned(), short: short.to_owned(), outcome }
}

fn failed(seen: &Assessment, error: Option<String>) -> Outcome {
    let message = seen.evidence.failure.as_ref().map(|failure| failure.message.clone());
    Outcome { verdict: Verdict::Refused, error: error.or(message), certificate: None, path: None }
}

/// Whether every one of them goes on.
pub(crate) fn all_trust(answers: &[Answer]) -> bool {
    answers.iter().all(|answer| answer.outcome.is_trusted())
}

/// Whether nobody refuses, and somebody's answer is not known.
pub(crate) fn is_open(judgement: &Judgement, answers: &[Answer]) -> bool {
    let own = std::iter::once(&judgement.verdict).filter(|_| answers.is_empty());
    let verdicts: Vec<&Verdict> = own.chain(answers.iter().map(|answer| &answer.outcome.verdict)).collect();
    verdicts.iter().any(|verdict| matches!(verdict, Verdict::Undecided { .. }))
        && !verdicts.contains(&&Verdict::Refused)
}

impl Answer {
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn short(&self) -> &str {
        &self.short
    }

    pub(crate) fn json(&self) -> v1::Client {
        let path = self.outcome.path.as_ref();
        v1::Client {
            client: self.short.clone(),
            verdict: word(&self.outcome.verdict),
            error: self.error(),
            path: path.map(|path| path.iter().map(|one| one.sha256().hex()).collect()),
        }
    }

    pub(crate) fn column(&self) -> Column {
        Column { client: self.label.clone(), verdict: word(&self.outcome.verdict), error: self.error() }
    }

    fn error(&self) -> Option<String> {
        match &self.outcome.verdict {
            Verdict::Undecided { why } => Some(why.clone()),
            _ => self.outcome.error.clone(),
        }
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Trusted => "trusted",
        Verdict::Refused => "untrusted",
        Verdict::Undecided { .. } => "undecided",
    }
}
