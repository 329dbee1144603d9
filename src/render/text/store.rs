//! Stores for people: the entries, and what a write did.

use time::OffsetDateTime;

use super::certificate::{count, validity};
use super::style::{self, paint};
use crate::audit::Flaw;
use crate::cert::Certificate;
use crate::finding::Severity;
use crate::import::{Action, Applied, Backup};
use crate::manifest::Drift;
use crate::render::escape::visible;
use crate::store::{Difference, Entry, Store};

/// The entries of a store that were asked for, two lines each; `certificates` adds every fact of every certificate.
pub fn listing(
    place: &str,
    store: &Store,
    shown: &[&Entry],
    now: OffsetDateTime,
    certificates: bool,
) -> String {
    let anchors = store.anchors().count();
    let entries = count(store.entries.len(), "entry", "entries");
    let some =
        if shown.len() < store.entries.len() { format!(", {} shown", shown.len()) } else { String::new() };
    let mut text = format!(
        "{}: {}, {entries}, {anchors} trusted by Java{some}\n",
        paint(style::BOLD, visible(place).trim_end_matches(':')),
        protection(store)
    );
    for entry in shown {
        text.push_str(&self::entry(entry, now, certificates));
    }
    for problem in &store.problems {
        let whose = problem.alias.as_ref().map(|alias| format!("{}: ", visible(alias))).unwrap_or_default();
        let message = visible(&problem.message);
        text.push_str(&format!("{} {whose}{message}\n", paint(style::WARNING, "problem:")));
    }
    text
}

/// The entries as a table: alias, kind, whether Java trusts it, date, expiry, SHA-256, subject. The columns are as wide as
/// what stands in them; spaces within an alias are written as `\u{20}`, so that a field is a word. The subject is last and
/// may have spaces.
pub fn table(shown: &[&Entry]) -> String {
    const HEADINGS: [&str; 7] = ["ALIAS", "KIND", "TRUSTED", "CREATED", "EXPIRES", "SHA256", "SUBJECT"];
    let rows = shown.iter().map(|entry| row(entry));
    let rows: Vec<[String; 7]> = std::iter::once(HEADINGS.map(str::to_owned)).chain(rows).collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..HEADINGS.len()).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(entry: &Entry) -> [String; 7] {
    let first = entry.certificates.first();
    let none = || "-".to_owned();
    [
        visible(entry.alias.as_str()).replace(' ', "\\u{20}"),
        entry.kind.name().to_owned(),
        if entry.anchor_for_java { "yes" } else { "no" }.to_owned(),
        entry.created.map_or_else(none, |at| at.date().to_string()),
        first.map_or_else(none, |certificate| certificate.not_after().date().to_string()),
        first.map_or_else(none, |certificate| certificate.sha256().hex()),
        first.map_or_else(none, |certificate| visible(&certificate.subject().to_string())),
    ]
}

/// `JKS store`, `PKCS12 store without a password`, with the algorithms where there are any.
fn protection(store: &Store) -> String {
    let format = store.format.name();
    let protection = &store.protection;
    let hidden = protection.encryption.iter().chain(&protection.keys);
    let mut words: Vec<String> = hidden.map(ToString::to_string).collect();
    words.extend(protection.integrity.iter().map(ToString::to_string));
    words.dedup();
    if words.is_empty() {
        format!("{format}, no password")
    } else {
        format!("{format} ({})", words.join("; "))
    }
}

fn entry(entry: &Entry, now: OffsetDateTime, certificates: bool) -> String {
    let alias = paint(style::BOLD, &visible(entry.alias.as_str()));
    let created = entry.created.map(|at| format!(", {}", at.date())).unwrap_or_default();
    let unseen = match (entry.anchor_for_java, entry.certificates.is_empty()) {
        (false, false) => format!(", {}", paint(style::WARNING, "not trusted by Java")),
        _ => String::new(),
    };
    let mut text = format!("{alias}  {}{created}{unseen}\n", entry.kind.name());
    for certificate in &entry.certificates {
        let subject = super::certificate::subject(certificate);
        text.push_str(&format!("    {subject}; {}\n", validity(certificate, now)));
        if certificates {
            text.push_str(&super::certificate::facts(certificate, now, 8));
        }
    }
    for note in &entry.notes {
        text.push_str(&format!("    {} {}\n", paint(style::WARNING, "note:"), visible(note)));
    }
    text
}

/// What a command did to a store, or would do.
pub fn written(place: &str, applied: &Applied, dry_run: bool) -> String {
    let mut text = String::new();
    for step in &applied.plan.steps {
        let (mark, words) = match (step.action, dry_run) {
            (Action::Add, false) => (style::GOOD, "added"),
            (Action::Add, true) => (style::GOOD, "would add"),
            (Action::Replace, false) => (style::GOOD, "replaced"),
            (Action::Replace, true) => (style::GOOD, "would replace"),
            (Action::Remove, false) => (style::GOOD, "removed"),
            (Action::Remove, true) => (style::GOOD, "would remove"),
            (Action::Rename, false) => (style::GOOD, "renamed"),
            (Action::Rename, true) => (style::GOOD, "would rename"),
            (Action::Keep, _) => (style::DIM, "unchanged"),
            (Action::Refuse, _) => (style::ERROR, "refused"),
        };
        let (alias, subject) = (visible(&step.alias), visible(&step.subject));
        text.push_str(&format!("{} {alias}  {subject}\n", paint(mark, words)));
        if let Some(fingerprint) = step.fingerprint {
            text.push_str(&format!("    SHA-256 {fingerprint}\n"));
        }
        text.push_str(&format!("    {}\n", visible(&step.reason)));
    }
    let entries = |number| count(number, "entry", "entries");
    let before = applied.entries_before.map_or_else(|| "unreadable".to_owned(), entries);
    let after = applied.entries_after;
    let place = visible(place);
    if applied.changed {
        text.push_str(&format!("{place}: {before} before, {after} after\n"));
    } else {
        text.push_str(&format!("{place}: unchanged, {before}\n"));
    }
    if let Some(backup) = &applied.backup {
        text.push_str(&format!("backup: {}\n", visible(&backup.display().to_string())));
    }
    text
}

/// The backups of a store, the newest first.
pub fn backups(backups: &[Backup]) -> String {
    if backups.is_empty() {
        return "no backups\n".to_owned();
    }
    let one = |backup: &Backup| {
        let path = paint(style::BOLD, &visible(&backup.path.display().to_string()));
        let holds = match &backup.store {
            Ok(store) => count(store.entries.len(), "entry", "entries"),
            Err(error) => paint(style::WARNING, &visible(&error.to_string())),
        };
        format!("{path}  {holds}\n    SHA-256 {}\n", backup.sha256)
    };
    backups.iter().map(one).collect()
}

/// Certificates in PEM, with the alias of each in a comment above it, which readers skip.
pub fn pem(certificates: &[(&str, &Certificate)]) -> String {
    let block = |(alias, certificate): &(&str, &Certificate)| {
        // A comment is one line, whatever the alias holds.
        let alias: String = alias.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("# alias: {}\n{}", alias.trim(), crate::pem::encode("CERTIFICATE", certificate.der()))
    };
    certificates.iter().map(block).collect()
}

/// What is wrong in a store.
pub fn audit(place: &str, store: &Store, flaws: &[Flaw]) -> String {
    let errors = flaws.iter().filter(|flaw| flaw.severity == Severity::Error).count();
    let warnings = flaws.len() - errors;
    let mut text = format!(
        "{}: {}, {}, {}\n",
        paint(style::BOLD, &visible(place)),
        count(store.entries.len(), "entry", "entries"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings")
    );
    for flaw in flaws {
        let mark = if flaw.severity == Severity::Error { style::ERROR } else { style::WARNING };
        let whose = flaw.alias.as_ref().map(|alias| format!("{}: ", visible(alias))).unwrap_or_default();
        let severity = paint(mark, flaw.severity.name());
        text.push_str(&format!("{severity} {}: {whose}{}\n", flaw.code, visible(&flaw.detail)));
        if let Some(subject) = &flaw.subject {
            text.push_str(&format!("    {}\n", visible(subject)));
        }
        if !flaw.remedy.is_empty() {
            text.push_str(&format!("    {} {}\n", paint(style::HINT, "then:"), flaw.remedy));
        }
    }
    text
}

/// How a store differs from its manifest.
pub fn drift(drift: &[Drift]) -> String {
    if drift.is_empty() {
        return "as declared\n".to_owned();
    }
    let one = |drift: &Drift| {
        let words = paint(style::WARNING, "drift");
        let (subject, detail) = (visible(&drift.subject), visible(&drift.detail));
        format!("{words} {}: {}  {subject}\n    {detail}\n", drift.kind.name(), drift.sha256.hex())
    };
    drift.iter().map(one).collect()
}

/// How two stores differ.
pub fn difference(first: &str, second: &str, difference: &Difference<'_>) -> String {
    let mut text = String::new();
    for (mark, style, entries) in
        [("-", style::ERROR, &difference.left), ("+", style::GOOD, &difference.right)]
    {
        for entry in entries {
            text.push_str(&format!("{} {}\n", paint(style, mark), held(entry)));
        }
    }
    for (one, other) in &difference.trust {
        let place = visible(if one.anchor_for_java { first } else { second });
        let only = paint(style::WARNING, &format!("trusted by Java only in {place}"));
        text.push_str(&format!("! {} / {}: {only}\n", held(one), visible(other.alias.as_str())));
    }
    let common = count(difference.common, "certificate", "certificates");
    let (first, second) = (visible(first), visible(second));
    text.push_str(&format!("- only in {first}, + only in {second}; {common} in both\n"));
    text
}

fn held(entry: &Entry) -> String {
    let subject = entry.certificates.first().map(|certificate| {
        format!("  {}\n    SHA-256 {}", super::certificate::subject(certificate), certificate.sha256())
    });
    format!("{}  {}{}", visible(entry.alias.as_str()), entry.kind.name(), subject.unwrap_or_default())
}
