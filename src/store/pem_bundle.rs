//! PEM bundles: certificates one behind the other, with any text between, which stays.
//!
//! PEM knows no aliases. An entry added here has its alias in a comment line above it, `# alias: NAME`, which every
//! reader of bundles skips; any other entry goes by its certificate's name.

use std::collections::HashMap;
use std::ops::Range;

use time::OffsetDateTime;

use super::model::Problem;
use super::trust_settings::{self, TrustSettings};
use super::{Alias, Document, Entry, EntryKind, Format, NewKey, Pkcs8, Protection, StoreError};
use crate::cert::Certificate;
use crate::pem::{self, Scan};
use crate::secret::Password;

const NAME: &str = "pem";
/// What a new bundle begins with, so that it can be told from any other empty file.
const HEADER: &[u8] = b"# Trusted certificates (PEM)\n";
const ALIAS_COMMENT: &str = "# alias: ";
const UTF16: &str = "it is in UTF-16, which OpenSSL does not read; convert it to UTF-8 first";
const NOT_PLAIN: &str = "a block in it is indented or stands within a line, as in YAML, JSON or mail; only plain PEM files \
                         are written";

/// A PEM bundle.
#[derive(Debug)]
pub(super) struct PemBundle;

impl Format for PemBundle {
    fn name(&self) -> &'static str {
        NAME
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["pem", "crt", "cer"]
    }

    fn holds_keys(&self) -> bool {
        false
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(HEADER) || pem::sniff(bytes)
    }

    fn open<'a>(
        &self,
        bytes: &'a [u8],
        _password: Option<&Password>,
    ) -> Result<Box<dyn Document + 'a>, StoreError> {
        Ok(Box::new(read(bytes)?))
    }

    fn empty(&self, _password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        Ok(HEADER.to_vec())
    }

    fn alias(&self, text: &str) -> Result<Alias, StoreError> {
        if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
            let reason = "it must be one line without blanks at its ends";
            return Err(StoreError::AliasInvalid { format: NAME, alias: text.to_owned(), reason });
        }
        Ok(Alias::new(text))
    }

    fn same_alias(&self, one: &Alias, other: &Alias) -> bool {
        one == other
    }
}

/// The certificate a block holds, if its label says that it does: plain, or with OpenSSL's trust settings behind it.
pub(super) fn certificate(label: &str, der: &[u8]) -> Option<Result<(Certificate, TrustSettings), String>> {
    let split = match label {
        "CERTIFICATE" | "X509 CERTIFICATE" => Ok((der, TrustSettings::default())),
        "TRUSTED CERTIFICATE" => trust_settings::split(der).map_err(|error| error.to_string()),
        _ => return None,
    };
    Some(split.and_then(|(octets, settings)| {
        let certificate = Certificate::from_der(octets).map_err(|error| error.to_string())?;
        Ok((certificate, settings))
    }))
}

/// Whether a block of this label holds a private key.
pub(super) fn is_private_key(label: &str) -> bool {
    label.ends_with("PRIVATE KEY")
}

/// A bundle taken apart: stretches that cover it end to end.
struct Bundle {
    stretches: Vec<Stretch>,
    problems: Vec<Problem>,
    line_end: &'static str,
    /// Why it is not written to.
    read_only: Option<&'static str>,
    /// The first block that cannot be read. A file with such a block is not written to: readers stop there, or take what
    /// follows for another block.
    damaged: Option<pem::Problem>,
}

/// A stretch of the file: text, or a block with the alias line above it and its line end.
struct Stretch {
    octets: Vec<u8>,
    entry: Option<Entry>,
}

fn read(bytes: &[u8]) -> Result<Bundle, StoreError> {
    let scan = scan(bytes)?;
    let mut problems: Vec<_> = scan.problems.iter().map(damage).collect();
    let mut stretches = Vec::new();
    let mut names = HashMap::new();
    let mut done = 0;
    let mut read_only = scan.utf16.then_some(UTF16);
    let mut push = |range: Range<usize>, entry| {
        if !range.is_empty() {
            stretches.push(Stretch { octets: scan.octets(&range).to_vec(), entry });
        }
    };
    for (range, label, der) in scan.blocks() {
        let (start, alias) = beginning(&scan, done, range.start).unwrap_or_else(|| {
            read_only.get_or_insert(NOT_PLAIN);
            (range.start, None)
        });
        let end = ending(&scan, range.end);
        let (entry, problem) = entry(label, der, alias, &mut names);
        problems.extend(problem.map(|problem| problem.at(range.start)));
        push(done..start, None);
        push(start..end, Some(entry));
        done = end;
    }
    push(done..scan.text.len(), None);
    lend_line_ends(&mut stretches);
    let first_line = scan.text.split_inclusive(|octet| *octet == b'\n').next();
    let crlf = first_line.is_some_and(|line| line.ends_with(b"\r\n"));
    let line_end = if crlf { "\r\n" } else { "\n" };
    let damaged = scan.problems.first().cloned();
    Ok(Bundle { stretches, problems, line_end, read_only, damaged })
}

/// The pieces of a PEM file, unless not one of its blocks can be read.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan<'_>, StoreError> {
    let scan = pem::scan(bytes);
    match scan.problems.first() {
        Some(problem) if scan.blocks().next().is_none() => Err(damaged(problem)),
        _ => Ok(scan),
    }
}

/// A block that cannot be read, beside others that can.
pub(super) fn damage(problem: &pem::Problem) -> Problem {
    Problem::new(format!("line {}: {}", problem.line, problem.message)).at(problem.offset)
}

fn damaged(problem: &pem::Problem) -> StoreError {
    let what = format!("line {}: {}", problem.line, problem.message);
    StoreError::Damaged { format: NAME, what, offset: problem.offset }
}

/// Where the stretch of a block begins, and its alias: at its line, or at the alias line above that. `None` if the block
/// does not begin its line.
fn beginning(scan: &Scan<'_>, done: usize, block: usize) -> Option<(usize, Option<String>)> {
    let above = scan.octets(&(done..block));
    if matches!(above, [] | [0xEF, 0xBB, 0xBF]) {
        return Some((block, None));
    }
    if !above.ends_with(b"\n") {
        return None;
    }
    let line = last_line(above);
    let alias = str::from_utf8(line).ok().and_then(|line| line.strip_prefix(ALIAS_COMMENT));
    match alias.map(str::trim_end).filter(|alias| !alias.is_empty()) {
        Some(alias) => Some((block - line.len(), Some(alias.to_owned()))),
        None => Some((block, None)),
    }
}

/// The last line of `text`, which ends in a line end.
fn last_line(text: &[u8]) -> &[u8] {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    body.iter().rposition(|octet| *octet == b'\n').map_or(text, |at| text.get(at + 1..).unwrap_or_default())
}

/// Where the stretch of a block ends: behind its line, if nothing but blanks is left on it.
fn ending(scan: &Scan<'_>, end: usize) -> usize {
    let behind = scan.octets(&(end..scan.text.len()));
    let blanks = behind.iter().take_while(|octet| matches!(octet, b' ' | b'\t' | b'\r')).count();
    match behind.get(blanks) {
        Some(b'\n') => end + blanks + 1,
        Some(_) => end,
        None => end + blanks,
    }
}

/// In a file without a last line end, line ends stand between the blocks at its end: each belongs to the block behind it,
/// because an addition had to make it, and taking the block away takes it away again.
fn lend_line_ends(mut stretches: &mut [Stretch]) {
    while let [rest @ .., last] = stretches {
        let Some(before) = rest.last_mut() else { return };
        if last.entry.is_none() || last.octets.ends_with(b"\n") {
            return;
        }
        let length =
            if before.octets.ends_with(b"\r\n") { 2 } else { usize::from(before.octets.ends_with(b"\n")) };
        let line_end = before.octets.split_off(before.octets.len() - length);
        last.octets.splice(..0, line_end);
        stretches = rest;
    }
}

fn entry(
    label: &str,
    der: &[u8],
    alias: Option<String>,
    names: &mut HashMap<String, u32>,
) -> (Entry, Option<Problem>) {
    let certificate = certificate(label, der);
    let kind = match &certificate {
        Some(Ok(_)) => EntryKind::TrustedCertificate,
        None if is_private_key(label) => EntryKind::PrivateKey,
        _ => EntryKind::Opaque,
    };
    let name = match &certificate {
        Some(Ok((certificate, settings))) => settings.alias.clone().unwrap_or_else(|| certificate.label()),
        _ => label.to_lowercase().replace(' ', "-"),
    };
    let mut entry = Entry::new(alias.unwrap_or_else(|| unique(name, names)), kind);
    let problem = match certificate {
        Some(Ok((certificate, settings))) => {
            entry.certificates.push(certificate);
            entry.anchor_for_java = settings.trusted_for_servers();
            entry.notes.extend(settings.note());
            None
        }
        Some(Err(error)) => Some(Problem::of(&entry.alias, error)),
        None => {
            entry.notes.push(format!("a {label} block, which readers of certificate bundles skip"));
            None
        }
    };
    (entry, problem)
}

/// `name`, with `-2`, `-3`, .. behind it where it stood before.
pub(super) fn unique(name: String, names: &mut HashMap<String, u32>) -> String {
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 { name } else { format!("{name}-{count}") }
}

impl Bundle {
    /// The place in `stretches` of an entry.
    fn position(&self, index: usize) -> Option<usize> {
        let mut entries = self.stretches.iter().enumerate().filter(|(_, stretch)| stretch.entry.is_some());
        entries.nth(index).map(|(position, _)| position)
    }

    fn changeable(&self) -> Result<(), StoreError> {
        if let Some(problem) = &self.damaged {
            return Err(damaged(problem));
        }
        self.read_only.map_or(Ok(()), |reason| Err(StoreError::ReadOnly { format: NAME, reason }))
    }

    /// The lines of an entry, every one ended.
    fn lines(&self, alias: &Alias, certificate: &Certificate) -> String {
        let block = pem::encode("CERTIFICATE", certificate.der());
        format!("{ALIAS_COMMENT}{alias}\n{block}").replace('\n', self.line_end)
    }
}

impl Document for Bundle {
    fn entries(&self) -> Vec<Entry> {
        self.stretches.iter().filter_map(|stretch| stretch.entry.clone()).collect()
    }

    fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }

    fn protection(&self) -> Protection {
        Protection::default()
    }

    fn add_trusted(
        &mut self,
        alias: &Alias,
        certificate: &Certificate,
        _created: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.changeable()?;
        let mut lines = self.lines(alias, certificate);
        let last = self.stretches.last().map(|stretch| stretch.octets.as_slice());
        if last.is_some_and(|last| !last.ends_with(b"\n")) {
            let unended = lines.strip_suffix(self.line_end).unwrap_or(&lines);
            lines = format!("{}{unended}", self.line_end);
        }
        let entry = trusted(alias, certificate);
        self.stretches.push(Stretch { octets: lines.into_bytes(), entry: Some(entry) });
        Ok(())
    }

    fn replace(
        &mut self,
        index: usize,
        certificate: &Certificate,
        _created: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.changeable()?;
        let block = pem::encode("CERTIFICATE", certificate.der()).replace('\n', self.line_end);
        let Some(stretch) = self.position(index).and_then(|at| self.stretches.get_mut(at)) else {
            return Ok(());
        };
        let Some(range) = block_range(&stretch.octets) else { return Ok(()) };
        stretch.octets.splice(range, block.trim_end().bytes());
        if let Some(entry) = &mut stretch.entry {
            *entry = trusted(&entry.alias, certificate);
        }
        Ok(())
    }

    fn remove(&mut self, index: usize) -> Result<(), StoreError> {
        self.changeable()?;
        if let Some(position) = self.position(index) {
            self.stretches.remove(position);
        }
        Ok(())
    }

    fn rename(&mut self, index: usize, to: &Alias) -> Result<(), StoreError> {
        self.changeable()?;
        let line = format!("{ALIAS_COMMENT}{to}{}", self.line_end);
        let Some(stretch) = self.position(index).and_then(|at| self.stretches.get_mut(at)) else {
            return Ok(());
        };
        let old =
            stretch.octets.windows(ALIAS_COMMENT.len()).position(|part| part == ALIAS_COMMENT.as_bytes());
        let block = block_range(&stretch.octets).map_or(0, |range| range.start);
        let line_end = stretch.octets.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        let start = old.filter(|old| *old < block).unwrap_or_else(|| line_end.min(block));
        stretch.octets.splice(start..block, line.bytes());
        if let Some(entry) = &mut stretch.entry {
            entry.alias = to.clone();
        }
        Ok(())
    }

    fn add_key(&mut self, _new: NewKey<'_>, _password: &Password) -> Result<(), StoreError> {
        Err(StoreError::Unsupported {
            what: "adding a private key to a PEM bundle".to_owned(),
            instead: "keep the key in a file of its own".to_owned(),
        })
    }

    fn key(&self, _index: usize, _password: &Password) -> Result<Option<Pkcs8>, StoreError> {
        Ok(None)
    }

    fn change_password(&mut self, _old: &Password, _new: &Password) -> Result<(), StoreError> {
        Err(StoreError::Unsupported {
            what: "a password for a PEM bundle".to_owned(),
            instead: "convert it to a PKCS12 store".to_owned(),
        })
    }

    fn encode(&self, _password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        Ok(self.stretches.iter().flat_map(|stretch| &stretch.octets).copied().collect())
    }
}

fn trusted(alias: &Alias, certificate: &Certificate) -> Entry {
    let mut entry = Entry::new(alias.as_str(), EntryKind::TrustedCertificate);
    entry.certificates.push(certificate.clone());
    entry.anchor_for_java = true;
    entry
}

/// Where the block stands in a stretch.
fn block_range(octets: &[u8]) -> Option<Range<usize>> {
    pem::scan(octets).blocks().next().map(|(range, ..)| range.clone())
}
