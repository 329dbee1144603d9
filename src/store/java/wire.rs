//! The octets of JKS and JCEKS files: big-endian numbers, counted octets, Java's modified UTF-8.
//!
//! java.io.DataInputStream is the specification. Lengths come from the file and are bounded by what is left of it.

use std::ops::Range;

use crate::store::StoreError;

/// Reads from the front of a file, and knows where it is.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
    format: &'static str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], format: &'static str) -> Self {
        Self { bytes, offset: 0, format }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    /// The octets of the file in `range`.
    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    pub(super) fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], StoreError> {
        let taken = self.rest().get(..length).ok_or(StoreError::Truncated {
            format: self.format,
            what,
            offset: self.offset,
        })?;
        self.offset += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], StoreError> {
        let octets = self.take(N, what)?;
        Ok(octets.try_into().unwrap_or([0; N]))
    }

    pub(super) fn u16(&mut self, what: &'static str) -> Result<u16, StoreError> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, StoreError> {
        self.array(what).map(u32::from_be_bytes)
    }

    pub(super) fn i64(&mut self, what: &'static str) -> Result<i64, StoreError> {
        self.array(what).map(i64::from_be_bytes)
    }

    /// A `u32` length and as many octets.
    pub(super) fn counted(&mut self, what: &'static str) -> Result<&'a [u8], StoreError> {
        let length = self.u32(what)?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX), what)
    }

    /// `DataInputStream.readUTF`: a `u16` length and as many octets of modified UTF-8.
    pub(super) fn utf(&mut self, what: &'static str) -> Result<Utf, StoreError> {
        let length = self.u16(what)?;
        self.take(usize::from(length), what).map(decode_utf)
    }

    pub(super) fn damaged(&self, offset: usize, what: impl Into<String>) -> StoreError {
        StoreError::Damaged { format: self.format, what: what.into(), offset }
    }
}

/// A string of Java's.
pub(super) struct Utf {
    /// The text; what is not text is replaced.
    pub(super) text: String,
    /// Whether Java reads it at all.
    pub(super) valid: bool,
}

/// Modified UTF-8: U+0000 in two octets, characters beyond U+FFFF as two surrogates of three octets each
/// (java.io.DataInput). Java stops at anything else, four-octet sequences included.
fn decode_utf(octets: &[u8]) -> Utf {
    if octets.is_ascii() {
        return Utf { text: String::from_utf8_lossy(octets).into_owned(), valid: true };
    }
    match units(octets) {
        Some(units) => Utf { text: String::from_utf16_lossy(&units), valid: true },
        None => Utf { text: String::from_utf8_lossy(octets).into_owned(), valid: false },
    }
}

fn units(octets: &[u8]) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(octets.len());
    let mut rest = octets;
    let low = |octet: u8| (octet & 0xC0 == 0x80).then_some(u16::from(octet & 0x3F));
    while let Some((first, behind)) = rest.split_first() {
        let (unit, behind) = match (first >> 4, behind) {
            (0..=7, behind) => (u16::from(*first), behind),
            (12 | 13, [second, behind @ ..]) => (u16::from(first & 0x1F) << 6 | low(*second)?, behind),
            (14, [second, third, behind @ ..]) => {
                (u16::from(first & 0x0F) << 12 | low(*second)? << 6 | low(*third)?, behind)
            }
            _ => return None,
        };
        units.push(unit);
        rest = behind;
    }
    Some(units)
}

/// `DataOutputStream.writeUTF`; `None` if it takes more than 65,535 octets.
pub(super) fn encode_utf(text: &str) -> Option<Vec<u8>> {
    let mut octets = vec![0, 0];
    for unit in text.encode_utf16() {
        let [high, low] = unit.to_be_bytes();
        match unit {
            0x01..=0x7F => octets.push(low),
            0..=0x7FF => octets.extend([0xC0 | high << 2 | low >> 6, 0x80 | low & 0x3F]),
            _ => octets.extend([0xE0 | high >> 4, 0x80 | high << 2 & 0x3C | low >> 6, 0x80 | low & 0x3F]),
        }
    }
    let length = u16::try_from(octets.len() - 2).ok()?;
    octets.splice(..2, length.to_be_bytes());
    Some(octets)
}

/// A `u32` length and the octets.
pub(super) fn counted(octets: &[u8]) -> Vec<u8> {
    // Certificates and keys are bounded far below 4 GiB where they are read.
    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), octets].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> Utf {
        Cursor::new(octets, "jks").utf("an alias").unwrap()
    }

    #[test]
    fn strings_are_written_as_java_writes_them_and_read_back() {
        for (text, octets) in [
            ("corp-ca", &b"\0\x07corp-ca"[..]),
            ("", b"\0\0"),
            ("a\0b", b"\0\x04a\xC0\x80b"),
            ("é€", b"\0\x05\xC3\xA9\xE2\x82\xAC"),
            ("𝄞", b"\0\x06\xED\xA0\xB4\xED\xB4\x9E"),
        ] {
            assert_eq!(encode_utf(text).as_deref(), Some(octets), "{text:?}");
            let utf = read(octets);
            assert!(utf.valid && utf.text == text, "{text:?}");
        }
        assert_eq!(encode_utf(&"x".repeat(65_536)), None);
    }

    #[test]
    fn strings_java_cannot_read_are_marked() {
        for octets in [&b"\0\x04\xF0\x9D\x84\x9E"[..], b"\0\x01\xC3", b"\0\x02\xC3\x41", b"\0\x01\x80"] {
            assert!(!read(octets).valid, "{octets:02x?}");
        }
        assert!(Cursor::new(b"\0\x05abc", "jks").utf("an alias").is_err());
    }
}
