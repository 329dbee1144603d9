//! Encodings as the JDK's strict decoder reads them, and the exceptions with which it refuses (sun.security.util.DerInputStream,
//! DerValue). JDK 11 has other words than later releases, and looks in another order.

use crate::der::tag;

/// The first release with the decoder of today.
const DECODER_OF_TODAY: u32 = 16;

/// One value: the identifier octet and the content.
pub(crate) type Value<'a> = (u8, &'a [u8]);

/// Octets yet to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strict<'a> {
    rest: &'a [u8],
    old: bool,
}

/// Why not: the exception's message.
pub(super) type Refusal = String;

impl<'a> Strict<'a> {
    /// Reads `octets` as a runtime of this feature release does.
    pub(crate) fn new(octets: &'a [u8], feature: u32) -> Self {
        Self { rest: octets, old: feature < DECODER_OF_TODAY }
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn words<T>(&self, old: &str, new: &str) -> Result<T, Refusal> {
        Err(if self.old { old } else { new }.to_owned())
    }

    /// The values of a SEQUENCE.
    pub(crate) fn sequence(&mut self) -> Result<Vec<Value<'a>>, Refusal> {
        if self.rest.len() < 2 {
            return self.words("Encoding bytes too short", "Too short");
        }
        if self.old && self.rest.get(1) == Some(&0x80) {
            return self.words("Indefinite length BER encoding found", "");
        }
        if self.old && self.rest.first() != Some(&tag::SEQUENCE) {
            return self.words("Sequence tag error", "");
        }
        let (found, content) = self.value()?;
        if found != tag::SEQUENCE {
            return self.words("", "Not the correct tag");
        }
        let mut inner = Self { rest: content, ..*self };
        let mut values = Vec::new();
        while !inner.rest.is_empty() {
            values.push(inner.value()?);
        }
        Ok(values)
    }

    /// The next value.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Refusal> {
        let [tag, first, rest @ ..] = self.rest else {
            return self.words("Short read of DER length", "Too short");
        };
        let (length, rest) = self.length(*first, rest)?;
        let Some((content, rest)) = rest.split_at_checked(length) else {
            return self.words("insufficient data", "not enough content");
        };
        self.rest = rest;
        Ok((*tag, content))
    }

    fn length(&self, first: u8, rest: &'a [u8]) -> Result<(usize, &'a [u8]), Refusal> {
        let octets = usize::from(first & 0x7F);
        match (first, octets) {
            (..0x80, _) => return Ok((octets, rest)),
            (_, 0) => {
                return self.words(
                    "Indefinite length BER encoding found",
                    "Indefinite length encoding not supported with DER",
                );
            }
            (_, 5..) => {
                let old = format!("DerInputStream.getLength(): lengthTag={octets}, too big.");
                return self.words(&old, "Invalid lenByte");
            }
            _ => {}
        }
        let Some((digits, rest)) = rest.split_at_checked(octets) else {
            return self.words("insufficient data", "not enough content");
        };
        let fault = match digits {
            [0, ..] => "Redundant length bytes found",
            [first, _, _, _] if *first > 0x7F => "Invalid length bytes",
            [only] if *only < 0x80 => "Should use short form for length",
            _ => {
                let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
                return Ok((length, rest));
            }
        };
        self.words(&format!("DerInputStream.getLength(): {fault}"), fault)
    }

    /// The content of an INTEGER, which may be taken for a number above zero whatever its sign (getPositiveBigInteger).
    pub(crate) fn number(&self, value: Value<'a>) -> Result<&'a [u8], Refusal> {
        match value {
            (tag::INTEGER, []) => Err("Invalid encoding: zero length Int value".to_owned()),
            (tag::INTEGER, [0, next, ..]) if next & 0x80 == 0 => {
                Err("Invalid encoding: redundant leading 0s".to_owned())
            }
            (tag::INTEGER, digits) => Ok(digits),
            (other, _) if self.old => Err(format!("DerValue.getBigInteger, not an int {other}")),
            (other, _) => Err(format!("DerValue.getBigIntegerInternal, not expected {other}")),
        }
    }
}

/// The exception with a message of this decoder's.
pub(crate) fn exception(message: &str) -> String {
    let class = if message == "not enough content" { "java.io.EOFException" } else { "java.io.IOException" };
    format!("{class}: {message}")
}

/// What is wrong with the octets of an object identifier (sun.security.util.ObjectIdentifier.check).
pub(super) fn oid(content: &[u8]) -> Result<(), Refusal> {
    const BAD: &str = "ObjectIdentifier() -- Invalid DER encoding";
    if content.last().is_none_or(|last| last & 0x80 != 0) {
        return Err(format!("{BAD}, not ended"));
    }
    let begins = |index: usize| index == 0 || content.get(index - 1).is_some_and(|before| before & 0x80 == 0);
    let useless = content.iter().enumerate().any(|(index, octet)| *octet == 0x80 && begins(index));
    if useless { Err(format!("{BAD}, useless extra octet detected")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JVMs' own answers are in testdata/cases/rare-java.tsv.
    #[test]
    fn lengths_are_the_shortest_there_are() {
        let read = |octets: &[u8], feature| {
            let mut strict = Strict::new(octets, feature);
            strict.value().map(|(tag, content)| (tag, content.len(), strict.rest().len()))
        };
        assert_eq!(read(&[4, 1, 7, 9], 17), Ok((4, 1, 1)));
        assert_eq!(read(&[4, 0x81, 1, 7], 17), Err("Should use short form for length".to_owned()));
        assert_eq!(read(&[4, 0x82, 0, 0x80], 17), Err("Redundant length bytes found".to_owned()));
        assert_eq!(read(&[4, 0x84, 0xFF, 0, 0, 0], 17), Err("Invalid length bytes".to_owned()));
        assert_eq!(read(&[4, 0xFF], 17), Err("Invalid lenByte".to_owned()));
        assert_eq!(read(&[4, 2, 7], 11), Err("insufficient data".to_owned()));
        assert_eq!(exception(&read(&[4, 2, 7], 17).unwrap_err()), "java.io.EOFException: not enough content");
    }
}
