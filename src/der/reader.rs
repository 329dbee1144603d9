//! The reader: one element at a time, each with the octets it stood in.

use std::borrow::Cow;

use super::{Oid, tag};

/// How deep elements of indefinite length may nest; JDK 17 stops at 30.
pub const MAX_DEPTH: usize = 32;

/// Why octets are not what the reader was asked for. `offset` counts from the start of the outermost input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DerError {
    /// The input ends inside an element.
    #[error("the data ends inside an element at offset {offset}")]
    Truncated {
        /// Where the element begins.
        offset: usize,
    },
    /// Another element than the one expected.
    #[error("expected {expected} at offset {offset}, found tag 0x{found:02x}")]
    UnexpectedTag {
        /// What should be here, in the words of its specification.
        expected: &'static str,
        /// The identifier octet found.
        found: u8,
        /// Where.
        offset: usize,
    },
    /// The input ends where an element should begin.
    #[error("expected {expected} at offset {offset}, found the end")]
    Missing {
        /// What should be here.
        expected: &'static str,
        /// Where.
        offset: usize,
    },
    /// A length of more than four octets, or an indefinite one on a primitive element.
    #[error("a length that no certificate store can have at offset {offset}")]
    Length {
        /// Where the element begins.
        offset: usize,
    },
    /// Octets behind the last element.
    #[error("unexpected data behind {what} at offset {offset}")]
    TrailingData {
        /// What should have been the last.
        what: &'static str,
        /// Where the data begins.
        offset: usize,
    },
    /// Nesting beyond [`MAX_DEPTH`].
    #[error("elements nest too deep at offset {offset}")]
    TooDeep {
        /// Where.
        offset: usize,
    },
    /// Not an object identifier.
    #[error("damaged object identifier at offset {offset}")]
    Oid {
        /// Where.
        offset: usize,
    },
    /// An INTEGER that is empty, negative or larger than its place allows.
    #[error("a number out of range at offset {offset}")]
    Integer {
        /// Where.
        offset: usize,
    },
}

/// One element: identifier, length and content.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    tag: u8,
    offset: usize,
    whole: &'a [u8],
    content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The identifier octet. For tag numbers above 30 only the leading octet.
    pub fn tag(&self) -> u8 {
        self.tag
    }

    /// Where the element begins, counted from the start of the outermost input.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Where its content begins, counted likewise.
    pub fn content_offset(&self) -> usize {
        let header = self.content.as_ptr().addr() - self.whole.as_ptr().addr();
        self.offset + header
    }

    /// The element as it stood in the input, header (and, for an indefinite length, end marker) included.
    pub fn whole(&self) -> &'a [u8] {
        self.whole
    }

    /// The content octets alone.
    pub fn content(&self) -> &'a [u8] {
        self.content
    }

    /// A reader over the content.
    pub fn children(&self) -> Reader<'a> {
        Reader::at(self.content, self.content_offset())
    }

    /// The element itself if it has this tag.
    ///
    /// # Errors
    /// [`DerError::UnexpectedTag`] naming `expected`.
    pub fn expect(self, tag: u8, expected: &'static str) -> Result<Self, DerError> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(DerError::UnexpectedTag { expected, found: self.tag, offset: self.offset })
        }
    }

    /// The value of an OCTET STRING; the pieces of a constructed one (BER) are joined.
    ///
    /// # Errors
    /// [`DerError::UnexpectedTag`] for anything else, [`DerError::TooDeep`] for pieces in pieces beyond the limit.
    pub fn octets(&self, expected: &'static str) -> Result<Cow<'a, [u8]>, DerError> {
        match self.tag {
            tag::OCTET_STRING => Ok(Cow::Borrowed(self.content)),
            tag::OCTET_STRING_CONSTRUCTED => self.joined(expected),
            found => Err(DerError::UnexpectedTag { expected, found, offset: self.offset }),
        }
    }

    /// The content of a string that may come in pieces: primitive as it is, constructed joined. The caller has
    /// looked at the tag (`[0] IMPLICIT OCTET STRING` has many).
    ///
    /// # Errors
    /// As [`Element::octets`].
    pub fn joined(&self, expected: &'static str) -> Result<Cow<'a, [u8]>, DerError> {
        if self.tag & 0x20 == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::new();
        join(self, expected, 0, &mut joined)?;
        Ok(Cow::Owned(joined))
    }

    /// The value of an OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// [`DerError::UnexpectedTag`] or [`DerError::Oid`].
    pub fn oid(&self, expected: &'static str) -> Result<Oid, DerError> {
        self.expect(tag::OID, expected)?;
        Oid::from_content(self.content, self.offset)
    }

    /// The value of a small, non-negative INTEGER.
    ///
    /// # Errors
    /// [`DerError::UnexpectedTag`], or [`DerError::Integer`] if it is negative or does not fit 32 bits.
    pub fn unsigned(&self, expected: &'static str) -> Result<u32, DerError> {
        self.expect(tag::INTEGER, expected)?;
        let error = DerError::Integer { offset: self.offset };
        match self.content {
            [] => Err(error),
            [first, ..] if first & 0x80 != 0 => Err(error),
            digits => digits.iter().try_fold(0_u32, |value, octet| {
                (value >> 24 == 0).then_some(value << 8 | u32::from(*octet)).ok_or_else(|| error.clone())
            }),
        }
    }
}

fn join(
    element: &Element<'_>,
    expected: &'static str,
    depth: usize,
    to: &mut Vec<u8>,
) -> Result<(), DerError> {
    if depth > MAX_DEPTH {
        return Err(DerError::TooDeep { offset: element.offset });
    }
    let mut pieces = element.children();
    while let Some(piece) = pieces.next()? {
        match piece.tag {
            tag::OCTET_STRING => to.extend_from_slice(piece.content),
            tag::OCTET_STRING_CONSTRUCTED => join(&piece, expected, depth + 1, to)?,
            found => return Err(DerError::UnexpectedTag { expected, found, offset: piece.offset }),
        }
    }
    Ok(())
}

/// Reads elements one behind the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Over `input`, offsets counted from its start.
    pub fn new(input: &'a [u8]) -> Self {
        Self::at(input, 0)
    }

    /// Over `input`, which begins at `offset` of something larger.
    pub fn at(input: &'a [u8], offset: usize) -> Self {
        Self { rest: input, offset }
    }

    /// Where the next element would begin.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What is not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element, or `None` at the end.
    ///
    /// # Errors
    /// [`DerError::Truncated`], [`DerError::Length`] or [`DerError::TooDeep`].
    #[expect(clippy::should_implement_trait, reason = "fallible: `while let Some(e) = r.next()?`")]
    pub fn next(&mut self) -> Result<Option<Element<'a>>, DerError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let element = element(self.rest, self.offset, 0)?;
        self.rest = self.rest.get(element.whole.len()..).unwrap_or_default();
        self.offset += element.whole.len();
        Ok(Some(element))
    }

    /// The next element, which must have this tag.
    ///
    /// # Errors
    /// [`DerError::Missing`] or [`DerError::UnexpectedTag`] naming `expected`, or as [`Reader::next`].
    pub fn required(&mut self, tag: u8, expected: &'static str) -> Result<Element<'a>, DerError> {
        self.any(expected)?.expect(tag, expected)
    }

    /// The next element, whatever its tag.
    ///
    /// # Errors
    /// [`DerError::Missing`] naming `expected`, or as [`Reader::next`].
    pub fn any(&mut self, expected: &'static str) -> Result<Element<'a>, DerError> {
        let offset = self.offset;
        self.next()?.ok_or(DerError::Missing { expected, offset })
    }

    /// The next element if it has this tag; nothing is read otherwise.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.next() } else { Ok(None) }
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    /// [`DerError::TrailingData`].
    pub fn finish(&self, what: &'static str) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerError::TrailingData { what, offset: self.offset }) }
    }
}

/// Splits the first element off `input`.
fn element(input: &[u8], offset: usize, depth: usize) -> Result<Element<'_>, DerError> {
    if depth > MAX_DEPTH {
        return Err(DerError::TooDeep { offset });
    }
    let truncated = DerError::Truncated { offset };
    let tag = *input.first().ok_or_else(|| truncated.clone())?;
    let mut header = 1;
    if tag & 0x1F == 0x1F {
        // High tag number form: nothing here uses it, but it may stand where it is only carried along.
        let number = input.iter().skip(1).take(5).position(|octet| octet & 0x80 == 0);
        header += number.ok_or_else(|| truncated.clone())? + 1;
    }
    let first = *input.get(header).ok_or_else(|| truncated.clone())?;
    header += 1;
    let length = match first {
        0..0x80 => usize::from(first),
        0x80 if tag & 0x20 != 0 => return indefinite(input, offset, header, depth),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7F);
            let digits = input.get(header..header + count).ok_or_else(|| truncated.clone())?;
            header += count;
            digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit))
        }
        _ => return Err(DerError::Length { offset }),
    };
    let end = header.checked_add(length).ok_or(DerError::Length { offset })?;
    let whole = input.get(..end).ok_or_else(|| truncated.clone())?;
    let content = whole.get(header..).ok_or(truncated)?;
    Ok(Element { tag, offset, whole, content })
}

/// An element of indefinite length (BER): its children up to the end marker `00 00`.
fn indefinite(input: &[u8], offset: usize, header: usize, depth: usize) -> Result<Element<'_>, DerError> {
    let tag = input.first().copied().unwrap_or_default();
    let truncated = DerError::Truncated { offset };
    let mut end = header;
    loop {
        let rest = input.get(end..).ok_or_else(|| truncated.clone())?;
        if rest.starts_with(&[0, 0]) {
            let content = input.get(header..end).ok_or_else(|| truncated.clone())?;
            let whole = input.get(..end + 2).ok_or(truncated)?;
            return Ok(Element { tag, offset, whole, content });
        }
        end += element(rest, offset + end, depth + 1)?.whole.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_kept() {
        let input = [0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xAA, 0x05, 0x00];
        let mut reader = Reader::new(&input);
        let sequence = reader.required(tag::SEQUENCE, "a sequence").unwrap();
        assert_eq!(sequence.whole(), &input[..8]);
        let mut children = sequence.children();
        assert_eq!(children.any("a number").unwrap().unsigned("a number"), Ok(5));
        let octets = children.any("octets").unwrap();
        assert_eq!((octets.offset(), octets.content_offset(), octets.content()), (5, 7, &[0xAA][..]));
        assert_eq!(children.finish("the sequence"), Ok(()));
        assert_eq!(reader.finish("it"), Err(DerError::TrailingData { what: "it", offset: 8 }));
    }

    #[test]
    fn indefinite_lengths_and_strings_in_pieces() {
        let input = [0x24, 0x80, 0x04, 0x02, 1, 2, 0x24, 0x80, 0x04, 0x01, 3, 0, 0, 0, 0, 0x05, 0x00];
        let mut reader = Reader::new(&input);
        let string = reader.any("octets").unwrap();
        assert_eq!(string.octets("octets").unwrap().as_ref(), [1, 2, 3]);
        assert_eq!(string.whole().len(), 15);
        assert_eq!(reader.any("null").unwrap().tag(), tag::NULL);
    }

    #[test]
    fn hostile_lengths_are_refused() {
        for input in [
            &[0x30][..],
            &[0x30, 0x05, 0x00],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x30, 0x85, 0, 0, 0, 0, 1],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x30, 0x80, 0x02, 0x01, 0x01],
            &[0x1F, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
            &[0x30, 0x80].repeat(1000),
        ] {
            assert!(Reader::new(input).next().is_err(), "{input:02x?}");
        }
    }

    #[test]
    fn numbers_have_a_range() {
        let number = |content: &[u8]| {
            let input = [&[0x02, u8::try_from(content.len()).unwrap()], content].concat();
            Reader::new(&input).any("n").unwrap().unsigned("n")
        };
        assert_eq!(number(&[0, 0xFF, 0xFF, 0xFF, 0xFF]), Ok(u32::MAX));
        assert!(number(&[]).is_err() && number(&[0x80]).is_err() && number(&[1, 0, 0, 0, 0]).is_err());
    }
}
