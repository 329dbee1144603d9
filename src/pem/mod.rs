//! PEM files: blocks, and the text between them, octet for octet.
//!
//! The pieces of a [`Scan`] lie end to end and cover the whole input, so that a file can be changed at one place and
//! kept everywhere else. Reading is tolerant, because these files are mailed, pasted and edited: a byte order mark,
//! CRLF, indentation, blanks behind the BEGIN line, base64 on one line, text around and between, `\n` written out as
//! in JSON, missing padding. What is damaged is named with its line; the blocks around it are still read.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Longest label taken for one: RFC 7468 names none above 20 characters.
const MAX_LABEL: usize = 64;

/// Most blocks taken from one file, readable or not.
const MAX_BLOCKS: usize = 20_000;

/// What a PEM file holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scan<'a> {
    /// The text the ranges count in: the input itself, or its UTF-8 form if it came as UTF-16.
    pub text: Cow<'a, [u8]>,
    /// Whether the input was UTF-16 (Windows PowerShell's `>` writes it).
    pub utf16: bool,
    /// Text and blocks in order, end to end.
    pub pieces: Vec<Piece>,
    /// Blocks that could not be read; their octets are part of a text piece.
    pub problems: Vec<Problem>,
}

/// A stretch of a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it stands in [`Scan::text`]. A block's begins with `-----BEGIN` and ends behind the last dash.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Anything that is not a readable block.
    Text,
    /// A readable block.
    Block {
        /// The words between `BEGIN` and the dashes.
        label: String,
        /// The decoded octets.
        der: Vec<u8>,
        /// Whether a `Proc-Type: 4,ENCRYPTED` header says that the octets are encrypted (RFC 1421 section 4.6.1.1).
        encrypted: bool,
    },
}

/// A block that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the block begins, in [`Scan::text`].
    pub offset: usize,
    /// The line it begins on, the first being 1.
    pub line: usize,
    /// What is wrong, in a lowercase phrase.
    pub message: String,
}

impl Scan<'_> {
    /// The readable blocks: where, label, octets.
    pub fn blocks(&self) -> impl Iterator<Item = (&Range<usize>, &str, &[u8])> {
        self.pieces.iter().filter_map(|piece| match &piece.kind {
            Kind::Block { label, der, .. } => Some((&piece.range, label.as_str(), der.as_slice())),
            Kind::Text => None,
        })
    }

    /// The octets of a piece.
    pub fn octets(&self, range: &Range<usize>) -> &[u8] {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Whether there is anything in `bytes` that looks like the beginning of a block.
pub fn sniff(bytes: &[u8]) -> bool {
    let (text, _) = text(bytes);
    begin(&text, 0).is_some()
}

/// Reads a PEM file. Never fails: an input without any block is one piece of text.
pub fn scan(bytes: &[u8]) -> Scan<'_> {
    let (text, utf16) = text(bytes);
    let mut pieces = Vec::new();
    let mut problems = Vec::new();
    let mut lines = Lines { text: &text, offset: 0, line: 1 };
    let mut done = 0;
    let mut from = 0;
    let mut blocks = 0;
    while let Some(begin) = begin(&text, from) {
        if blocks == MAX_BLOCKS {
            let message = format!("more than {MAX_BLOCKS} blocks, of which the rest is not read");
            problems.push(Problem { offset: begin.start, line: lines.at(begin.start), message });
            break;
        }
        blocks += 1;
        match block(&text, &begin) {
            Ok((end, kind)) => {
                if done < begin.start {
                    pieces.push(Piece { range: done..begin.start, kind: Kind::Text });
                }
                pieces.push(Piece { range: begin.start..end, kind });
                (done, from) = (end, end);
            }
            Err(damage) => {
                from = damage.resume;
                let line = lines.at(begin.start);
                problems.push(Problem { offset: begin.start, line, message: damage.message });
            }
        }
    }
    if done < text.len() {
        pieces.push(Piece { range: done..text.len(), kind: Kind::Text });
    }
    Scan { text, utf16, pieces, problems }
}

/// A block: BEGIN line, base64 in lines of 64 columns, END line, each ended by LF.
pub fn encode(label: &str, der: &[u8]) -> String {
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = behind;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The input as UTF-8, or as it is where it is no UTF-16.
fn text(bytes: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] | [b'-', 0, b'-', 0, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] | [0, b'-', 0, b'-', ..] => u16::from_be_bytes,
        _ => return (Cow::Borrowed(bytes), false),
    };
    let units = bytes.chunks_exact(2).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    (Cow::Owned(text.into_bytes()), true)
}

/// A BEGIN line: where it starts, where its dashes end, its label.
struct Begin {
    start: usize,
    end: usize,
    label: String,
}

/// Why a block could not be read, and where the search for the next one goes on.
struct Damage {
    message: String,
    resume: usize,
}

fn begin(text: &[u8], from: usize) -> Option<Begin> {
    let mut from = from;
    loop {
        let start = find(text, from, b"-----BEGIN ")?;
        if let Some((label, end)) = label(text, start + b"-----BEGIN ".len()) {
            return Some(Begin { start, end, label });
        }
        from = start + 1;
    }
}

/// The label that begins at `from`, and the end of the dashes behind it.
fn label(text: &[u8], from: usize) -> Option<(String, usize)> {
    let rest = text.get(from..)?;
    let length = rest.iter().take(MAX_LABEL + 1).position(|octet| *octet == b'-')?;
    let label = rest.get(..length)?;
    let dashes = rest.get(length..)?.starts_with(b"-----");
    let printable = label.iter().all(|octet| matches!(octet, b' '..=b'~'));
    (dashes && printable && !label.is_empty())
        .then(|| (String::from_utf8_lossy(label).trim().to_owned(), from + length + 5))
}

fn block(text: &[u8], begin: &Begin) -> Result<(usize, Kind), Damage> {
    let label = &begin.label;
    let damage = |resume, message| Err(Damage { message, resume });
    let Some(dashes) = find(text, begin.end, b"-----") else {
        return damage(text.len(), format!("the {label} block has no END line"));
    };
    if !text.get(dashes..).is_some_and(|rest| rest.starts_with(b"-----END ")) {
        return damage(dashes, format!("the {label} block has no END line before the next block"));
    }
    let Some((end_label, end)) = self::label(text, dashes + b"-----END ".len()) else {
        return damage(dashes + 5, format!("the {label} block has a damaged END line"));
    };
    if end_label != *label {
        return damage(end, format!("the {label} block ends as {end_label:?}"));
    }
    let (headers, body) = headers(text.get(begin.end..dashes).unwrap_or_default());
    match decode(body) {
        Ok(der) => {
            let encrypted = find(headers, 0, b"ENCRYPTED").is_some();
            Ok((end, Kind::Block { label: label.clone(), der, encrypted }))
        }
        Err(message) => damage(end, format!("the {label} block {message}")),
    }
}

/// Splits RFC 1421 headers off: everything up to the blank line, if the first line has a colon.
fn headers(body: &[u8]) -> (&[u8], &[u8]) {
    let start = body.iter().position(|octet| !octet.is_ascii_whitespace()).unwrap_or(body.len());
    let content = body.get(start..).unwrap_or_default();
    let first = content.split(|octet| *octet == b'\n').next().unwrap_or_default();
    if !first.contains(&b':') {
        return (&[], body);
    }
    let blank = find(content, 0, b"\n\n").or_else(|| find(content, 0, b"\n\r\n"));
    content.split_at_checked(blank.unwrap_or(content.len())).unwrap_or((content, &[]))
}

fn decode(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut base64 = Vec::with_capacity(body.len());
    for line in body.split(u8::is_ascii_whitespace) {
        base64.extend_from_slice(line);
    }
    if base64.contains(&b'\\') {
        base64 = without_escapes(&base64);
    }
    if base64.is_empty() {
        return Err("is empty".to_owned());
    }
    LENIENT.decode(&base64).map_err(|error| {
        let known =
            |octet: &&u8| matches!(octet, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=');
        match base64.iter().find(|octet| !known(octet)) {
            Some(octet) => format!("holds {:?}, which is not base64", char::from(*octet)),
            None => format!("is not base64: {error}").to_lowercase(),
        }
    })
}

/// Line ends written out, `\n` and `\r`, are no part of the base64.
fn without_escapes(base64: &[u8]) -> Vec<u8> {
    let mut rest = base64;
    let mut plain = Vec::with_capacity(base64.len());
    while let Some((first, behind)) = rest.split_first() {
        rest = match rest {
            [b'\\', b'n' | b'r', behind @ ..] => behind,
            _ => {
                plain.push(*first);
                behind
            }
        };
    }
    plain
}

/// Where `needle` stands in `text` at or behind `from`.
fn find(text: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        at += rest.iter().position(|octet| *octet == first)?;
        if text.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

/// Counts lines forward, so that many problems in one file stay cheap.
struct Lines<'a> {
    text: &'a [u8],
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, offset: usize) -> usize {
        let between = self.text.get(self.offset..offset).unwrap_or_default();
        self.line += between.iter().filter(|octet| **octet == b'\n').count();
        self.offset = offset;
        self.line
    }
}

/// Files with too little padding are common; JDK and OpenSSL read them.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;

    /// One block holding 1, 2, 3 and the text around it.
    fn only_block(text: &[u8]) -> (String, Vec<u8>) {
        let scan = scan(text);
        assert_eq!(scan.problems, [], "{}", String::from_utf8_lossy(text));
        let (_, label, der) = scan.blocks().next().expect("a block");
        (label.to_owned(), der.to_vec())
    }

    #[test]
    fn pasted_mailed_and_edited_files_are_read() {
        let utf16: Vec<u8> = "\u{feff}-----BEGIN X-----\r\nAQID\r\n-----END X-----\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for text in [
            &b"-----BEGIN X-----\nAQID\n-----END X-----\n"[..],
            b"\xEF\xBB\xBF-----BEGIN X-----\r\nAQID\r\n-----END X-----\r\n",
            b"subject=CN=x\n  -----BEGIN X----- \t\n  AQ\n  ID\n  -----END X-----",
            b"-----BEGIN X-----AQID-----END X-----",
            b"{\"ca\":\"-----BEGIN X-----\\nAQID\\r\\n-----END X-----\\n\"}",
            b"-----BEGIN X-----\nProc-Type: 4,CLEAR\nNote: a\n\nAQID\n-----END X-----\n",
            &utf16,
        ] {
            assert_eq!(only_block(text), ("X".to_owned(), vec![1, 2, 3]));
        }
    }

    #[test]
    fn damage_is_named_and_the_rest_is_read() {
        let text = b"a\n-----BEGIN X-----\nAQ!D\n-----END X-----\n-----BEGIN X-----\nAQID\n\
            -----BEGIN X-----\nAQID\n-----END X----------BEGIN Y-----\nAQID\n-----END X-----\n-----BEGIN Z-----\nAQ";
        let scan = scan(text);
        assert_eq!(scan.blocks().count(), 1);
        let problems: Vec<_> = scan.problems.iter().map(|p| (p.line, p.message.as_str())).collect();
        assert_eq!(
            problems,
            [
                (2, "the X block holds '!', which is not base64"),
                (5, "the X block has no END line before the next block"),
                (9, "the Y block ends as \"X\""),
                (12, "the Z block has no END line"),
            ]
        );
    }

    #[test]
    fn encrypted_keys_are_told_from_plain_ones() {
        let text =
            b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID\n\
            -----END RSA PRIVATE KEY-----\n";
        let scan = scan(text);
        assert!(
            matches!(&scan.pieces[0].kind, Kind::Block { encrypted: true, der, .. } if *der == [1, 2, 3])
        );
    }

    proptest::proptest! {
        #[test]
        fn pieces_cover_any_input_end_to_end(text in "(-----(BEGIN|END) [XY]-----|AQID|\n|=| |\\\\n|é)*") {
            let scan = scan(text.as_bytes());
            let joined: Vec<u8> = scan.pieces.iter().flat_map(|piece| scan.octets(&piece.range)).copied().collect();
            proptest::prop_assert_eq!(joined, text.as_bytes());
        }

        #[test]
        fn what_is_encoded_is_read_back(der in proptest::collection::vec(proptest::num::u8::ANY, 1..300)) {
            let text = encode("CERTIFICATE", &der);
            proptest::prop_assert!(text.lines().all(|line| line.len() <= 64));
            proptest::prop_assert_eq!(only_block(text.as_bytes()), ("CERTIFICATE".to_owned(), der));
        }
    }
}
