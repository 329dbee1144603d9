//! Object identifiers, comparable without allocation and writable as constants.

use std::fmt;

use super::reader::DerError;

/// Longest identifier kept, in content octets: the longest in use here, UUID-based ones, take 20.
const MAX_OCTETS: usize = 63;

/// An OBJECT IDENTIFIER, kept as its content octets (X.690 section 8.19).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid {
    length: u8,
    octets: [u8; MAX_OCTETS],
}

impl Oid {
    /// From its arcs, at compile time: `Oid::new(&[1, 2, 840, 113549, 1, 7, 1])`.
    ///
    /// # Panics
    /// With fewer than two arcs or with more than fit, which a `const` shows when it is compiled.
    #[expect(clippy::indexing_slicing, reason = "const fn has no iterators; bounds fail at compile time")]
    #[expect(clippy::cast_possible_truncation, reason = "const fn has no TryFrom; both values are below 128")]
    pub const fn new(arcs: &[u64]) -> Self {
        let mut octets = [0; MAX_OCTETS];
        let mut length = 0;
        let mut index = 1;
        while index < arcs.len() {
            let arc = if index == 1 { arcs[0] * 40 + arcs[1] } else { arcs[index] };
            let mut groups = 1;
            while groups < 10 && arc >> (7 * groups) != 0 {
                groups += 1;
            }
            while groups > 0 {
                groups -= 1;
                let more = if groups > 0 { 0x80 } else { 0 };
                octets[length] = ((arc >> (7 * groups)) & 0x7F) as u8 | more;
                length += 1;
            }
            index += 1;
        }
        assert!(length > 0, "an object identifier has at least two arcs");
        Self { length: length as u8, octets }
    }

    /// From content octets.
    ///
    /// # Errors
    /// [`DerError::Oid`] if the octets are empty, end inside an arc, or are more than 63.
    pub fn from_content(content: &[u8], offset: usize) -> Result<Self, DerError> {
        let mut octets = [0; MAX_OCTETS];
        let kept = octets.get_mut(..content.len()).ok_or(DerError::Oid { offset })?;
        kept.copy_from_slice(content);
        if content.last().is_none_or(|last| last & 0x80 != 0) {
            return Err(DerError::Oid { offset });
        }
        Ok(Self { length: u8::try_from(content.len()).map_err(|_| DerError::Oid { offset })?, octets })
    }

    /// From dotted text such as `1.3.6.1.5.5.7.3.1`; `None` if it is not an identifier.
    pub fn parse(text: &str) -> Option<Self> {
        let arcs: Vec<u64> = text.split('.').map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
        let small = arcs.len() >= 2 && arcs.len() <= 20 && arcs.iter().all(|arc| *arc < 1 << 48);
        let rooted = matches!((arcs.first(), arcs.get(1)), (Some(0 | 1), Some(0..40)) | (Some(2), Some(_)));
        (small && rooted && arcs.len() * 7 <= MAX_OCTETS).then(|| Self::new(&arcs))
    }

    /// The content octets, without tag and length.
    pub fn content(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arc: u128 = 0;
        let mut first = true;
        for octet in self.content() {
            arc = arc.wrapping_shl(7) | u128::from(octet & 0x7F);
            if octet & 0x80 != 0 {
                continue;
            }
            if first {
                let root = (arc / 40).min(2);
                write!(f, "{root}.{}", arc - root * 40)?;
                first = false;
            } else {
                write!(f, ".{arc}")?;
            }
            arc = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_content_and_text_agree() {
        let data = Oid::new(&[1, 2, 840, 113_549, 1, 7, 1]);
        assert_eq!(data.content(), [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]);
        assert_eq!(data.to_string(), "1.2.840.113549.1.7.1");
        assert_eq!(Oid::parse("1.2.840.113549.1.7.1"), Some(data));
        assert_eq!(Oid::new(&[2, 16, 840, 1]).to_string(), "2.16.840.1");
        assert_eq!(Oid::new(&[2, 999]).to_string(), "2.999");
        assert_eq!(Oid::from_content(data.content(), 0), Ok(data));
    }

    #[test]
    fn damaged_identifiers_are_refused() {
        for content in [&[][..], &[0x2A, 0x86], &[1; 64]] {
            assert!(Oid::from_content(content, 7).is_err(), "{content:?}");
        }
        for text in ["", "1", "3.1", "1.40", "1..2", "1.2.x"] {
            assert_eq!(Oid::parse(text), None, "{text}");
        }
    }
}
