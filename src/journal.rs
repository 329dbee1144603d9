//! The audit log: who changed which store, when and why, a line of JSON each, each bound to the one before.
//!
//! A line ends in `"hash":".."}`: SHA-256 of the line without that member. Its `prev` is the hash of the line before, so
//! that no line can be changed, left out or put in without the next one telling. That lines were cut off at the end shows
//! only against a hash kept elsewhere, which is why the copy in syslog carries it.

use serde::{Deserialize, Serialize};

use crate::digest::Fingerprint;

/// The `prev` of the first line.
const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Longest line written or read.
pub const MAX_LINE: usize = 1 << 20;

/// One change of one store.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Record {
    /// Its number, counted from 1.
    pub seq: u64,
    /// When.
    pub time: String,
    /// On which machine.
    pub host: String,
    /// Who, as the system calls them.
    pub who: Who,
    /// The command.
    pub command: String,
    /// The file that changed.
    pub path: String,
    /// SHA-256 of the file before; `None` if there was none.
    pub sha256_before: Option<String>,
    /// SHA-256 of the file after.
    pub sha256_after: Option<String>,
    /// What changed.
    pub changes: Vec<ChangeLine>,
    /// Why, as far as anyone said.
    pub reason: Option<String>,
    /// The manifest or plan it comes from.
    pub manifest: Option<String>,
    /// The program and its version.
    pub tool: String,
    /// The hash of the line before.
    pub prev: String,
}

/// Who made a change.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Who {
    /// The effective user.
    pub uid: Option<u32>,
    /// The user that called sudo.
    pub sudo_user: Option<String>,
    /// The user that logged in, whoever they became since.
    pub login_uid: Option<u32>,
}

/// One entry that changed.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct ChangeLine {
    /// `add`, `remove`, `replace`, `rename`.
    pub action: String,
    /// The entry's alias.
    pub alias: String,
    /// SHA-256 of its certificate.
    pub sha256: Option<String>,
    /// The certificate's subject.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// Why a log is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A line that is not a record.
    #[error("line {line}: not a record: {message}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A line that was changed.
    #[error("line {line}: the record was changed after it was written")]
    Altered {
        /// The line.
        line: usize,
    },
    /// A line that does not follow the one before.
    #[error("line {line}: records are missing, or were put in, before it")]
    Broken {
        /// The line.
        line: usize,
    },
    /// The log does not hold the record whose hash was kept elsewhere.
    #[error("no record has the hash {hash}: the end of the log was cut off, or it is another log")]
    HeadMissing {
        /// The hash.
        hash: String,
    },
    /// A record that is longer than any should be.
    #[error("the record is too long")]
    TooLong,
}

/// What a whole log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The records in order.
    pub records: Vec<Record>,
    /// The hash of the last one.
    pub head: String,
}

/// The line for `record` behind `last`, the last line of the log; its number and `prev` are set here.
///
/// # Errors
/// [`JournalError`] if the last line is no whole record: nothing is written behind what cannot be vouched for.
pub fn line(last: Option<&str>, mut record: Record) -> Result<String, JournalError> {
    let (seq, prev) = match last {
        None => (1, FIRST.to_owned()),
        Some(text) => {
            let (record, hash) = read(text, 0)?;
            (record.seq.saturating_add(1), hash)
        }
    };
    record.seq = seq;
    record.prev = prev;
    let text = serde_json::to_string(&record)
        .map_err(|error| JournalError::Line { line: 0, message: error.to_string() })?;
    if text.len() > MAX_LINE / 2 {
        return Err(JournalError::TooLong);
    }
    let hash = Fingerprint::of(text.as_bytes()).hex();
    let open = text.strip_suffix('}').unwrap_or(&text);
    Ok(format!("{open},\"hash\":\"{hash}\"}}\n"))
}

/// The hash a line carries.
pub fn hash_of(line: &str) -> Option<&str> {
    line.trim_end().strip_suffix("\"}")?.rsplit_once(",\"hash\":\"").map(|(_, hash)| hash)
}

/// Reads a whole log and follows its chain. `head` is a hash that was kept elsewhere.
///
/// # Errors
/// [`JournalError`] with the first line that is not as it was written.
pub fn verify(text: &str, head: Option<&str>) -> Result<Verified, JournalError> {
    let mut verified = Verified { records: Vec::new(), head: FIRST.to_owned() };
    let mut has_head = head.is_none();
    for (index, text) in text.split_inclusive('\n').enumerate() {
        let line = index + 1;
        let whole = text
            .strip_suffix('\n')
            .ok_or_else(|| JournalError::Line { line, message: "its end is missing".to_owned() })?;
        let (record, hash) = read(whole, line)?;
        let expected = u64::try_from(line).unwrap_or(u64::MAX);
        if record.prev != verified.head || record.seq != expected {
            return Err(JournalError::Broken { line });
        }
        has_head |= head.is_some_and(|head| head.eq_ignore_ascii_case(&hash));
        verified.head = hash;
        verified.records.push(record);
    }
    if !has_head {
        return Err(JournalError::HeadMissing { hash: head.unwrap_or_default().to_owned() });
    }
    Ok(verified)
}

/// One line: its record and its hash, which must fit.
fn read(text: &str, line: usize) -> Result<(Record, String), JournalError> {
    let wrong = |message: &str| JournalError::Line { line, message: message.to_owned() };
    if text.len() > MAX_LINE {
        return Err(wrong("it is too long"));
    }
    let (open, hash) = text
        .strip_suffix("\"}")
        .and_then(|text| text.rsplit_once(",\"hash\":\""))
        .ok_or_else(|| wrong("it has no hash"))?;
    let hashed = format!("{open}}}");
    if Fingerprint::of(hashed.as_bytes()).hex() != hash {
        return Err(JournalError::Altered { line });
    }
    let record = serde_json::from_str(&hashed).map_err(|error| wrong(&error.to_string()))?;
    Ok((record, hash.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(command: &str) -> Record {
        Record {
            seq: 0,
            time: "2026-01-01T00:00:00Z".to_owned(),
            host: "h".to_owned(),
            who: Who::default(),
            command: command.to_owned(),
            path: "/s\",\"hash\":\"".to_owned(),
            sha256_before: None,
            sha256_after: None,
            changes: Vec::new(),
            reason: None,
            manifest: None,
            tool: "t".to_owned(),
            prev: String::new(),
        }
    }

    fn log() -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for command in ["import", "sync", "remove"] {
            let last = lines.last().map(|line| line.trim_end());
            let next = line(last, record(command)).unwrap();
            lines.push(next);
        }
        lines
    }

    #[test]
    fn a_whole_log_is_vouched_for() {
        let lines = log();
        let verified = verify(&lines.concat(), hash_of(&lines[1])).unwrap();
        assert_eq!(verified.records.len(), 3);
        assert_eq!(Some(verified.head.as_str()), hash_of(&lines[2]));
        assert_eq!(verify("", None).unwrap().records, []);
    }

    #[test]
    fn every_change_of_it_shows() {
        let lines = log();
        let altered = lines.concat().replace("\"sync\"", "\"import\"");
        assert_eq!(verify(&altered, None), Err(JournalError::Altered { line: 2 }));
        let without = format!("{}{}", lines[0], lines[2]);
        assert_eq!(verify(&without, None), Err(JournalError::Broken { line: 2 }));
        assert_eq!(verify(&lines[1..].concat(), None), Err(JournalError::Broken { line: 1 }));
        let cut = lines[..2].concat();
        assert!(verify(&cut, None).is_ok());
        let head = hash_of(&lines[2]);
        assert!(matches!(verify(&cut, head), Err(JournalError::HeadMissing { .. })));
        let torn = &lines.concat()[..lines.concat().len() - 5];
        assert!(matches!(verify(torn, None), Err(JournalError::Line { line: 3, .. })));
        assert!(line(Some("garbage"), record("x")).is_err());
    }
}
