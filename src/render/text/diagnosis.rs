//! A verdict for people.

use super::certificate::count;
use super::chain;
use super::style::{self, paint};
use crate::finding::{Evidence, Finding};
use crate::path::java::Verdict;
use crate::render::escape::visible;

/// Who judged, with what.
#[derive(Debug, Clone)]
pub struct Judge {
    /// Such as `Java 17.0.21`.
    pub client: String,
    /// Why that one, if it was not said.
    pub assumed: Option<String>,
    /// The words in front of what it prints.
    pub prints: &'static str,
    /// The store, with its format.
    pub store: String,
    /// Other clients' answers, if they are asked for.
    pub columns: Vec<Column>,
}

/// One client's answer, in a table of several.
#[derive(Debug, Clone)]
pub struct Column {
    /// Such as `OpenSSL 3`.
    pub client: String,
    /// `trusted`, `untrusted` or `undecided`.
    pub verdict: &'static str,
    /// What it prints, or why nothing was decided.
    pub error: Option<String>,
}

/// Verdict, what Java prints, the chain, the findings.
pub fn report(
    title: &str,
    judge: &Judge,
    evidence: &Evidence,
    predicted: Option<(&str, &[String])>,
    findings: &[Finding],
) -> String {
    let anchors = count(evidence.store.anchors.len(), "trust anchor", "trust anchors");
    let mut text = format!("{}\n", paint(style::BOLD, &visible(title)));
    let assumed = judge.assumed.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let (client, store) = (visible(&judge.client), visible(&judge.store));
    text.push_str(&format!("judged as {client}{assumed} with {store}, {anchors}\n\n"));
    let (mood, words) = verdict(evidence, &judge.columns);
    let style = match mood {
        Mood::Good => style::GOOD,
        Mood::Bad => style::ERROR,
        Mood::Open => style::WARNING,
    };
    text.push_str(&format!("{}\n", paint(style, &visible(&words))));
    if let Some((exception, causes)) = predicted {
        text.push_str(&format!("  {}:\n", judge.prints));
        text.push_str(&format!("    {}\n", visible(exception)));
        for cause in causes {
            text.push_str(&format!("    Caused by: {}\n", visible(cause)));
        }
    }
    text.push_str(&table(&judge.columns));
    if !evidence.presented.is_empty() {
        let path = evidence.judgement.as_ref().and_then(|judgement| judgement.path.as_deref());
        text.push_str(&format!("\n{}", chain::tree(&evidence.presented, &evidence.arrangement, path)));
    }
    if !findings.is_empty() {
        text.push_str(&format!("\n{}", super::finding::list(findings)));
    }
    text
}

/// Who accepts, who refuses, why.
fn table(columns: &[Column]) -> String {
    let width = |text: &dyn Fn(&Column) -> usize| columns.iter().map(text).max().unwrap_or(0);
    let client_width = width(&|column| column.client.chars().count());
    let mut text = if columns.is_empty() {
        String::new()
    } else {
        "\nClients with this store, side by side\n".to_owned()
    };
    for Column { client, verdict, error } in columns {
        let style = match *verdict {
            "trusted" => style::GOOD,
            "untrusted" => style::ERROR,
            _ => style::WARNING,
        };
        let why = error.as_ref().map(|error| format!("  {}", visible(error))).unwrap_or_default();
        text.push_str(&format!("  {:client_width$}  {}{why}\n", visible(client), paint(style, verdict)));
    }
    text
}

/// How a verdict feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// A yes.
    Good,
    /// A no.
    Bad,
    /// Neither.
    Open,
}

/// The verdict in a word or two.
pub fn verdict(evidence: &Evidence, columns: &[Column]) -> (Mood, String) {
    let trusting = columns.iter().filter(|column| column.verdict == "trusted").count();
    if !columns.is_empty() && evidence.judgement.is_some() && evidence.failure.is_none() {
        return match trusting {
            0 => (Mood::Bad, "UNTRUSTED by every client".to_owned()),
            all if all == columns.len() => (Mood::Good, "TRUSTED by every client".to_owned()),
            some => (Mood::Bad, format!("TRUSTED by {some} of {} clients", columns.len())),
        };
    }
    let (mood, words) = match (&evidence.judgement, &evidence.failure) {
        (None, Some(_)) => (Mood::Bad, "UNREACHABLE"),
        (Some(judgement), failure) => match (&judgement.verdict, failure) {
            (Verdict::Trusted, None) => (Mood::Good, "TRUSTED"),
            (Verdict::Trusted, Some(_)) => (Mood::Bad, "TRUSTED, BUT THE HANDSHAKE FAILS"),
            (Verdict::Refused, _) => (Mood::Bad, "UNTRUSTED"),
            (Verdict::Undecided { why }, _) => return (Mood::Open, format!("UNDECIDED: {why}")),
        },
        (None, None) => (Mood::Open, "UNDECIDED"),
    };
    (mood, words.to_owned())
}
