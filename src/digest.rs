//! Fingerprints of certificates and files, and the one way each is spelled.
//!
//! People see `AB:CD:..` (upper case, colons); machines see `abcd..` (lower case, no colons); every parser takes
//! either.

use std::fmt;

use sha2::Digest as _;

/// SHA-256 of a certificate's DER encoding, or of a file: 32 octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// SHA-1 of a certificate's DER encoding: 20 octets, only ever shown beside [`Fingerprint`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha1Fingerprint([u8; 20]);

impl Fingerprint {
    /// Hashes `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The 32 octets.
    pub fn octets(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hexadecimal without colons: the spelling of JSON.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads 64 hexadecimal digits, either case, with or without colons or spaces between octets, with or without
    /// a leading `sha256:`.
    ///
    /// # Errors
    /// [`FingerprintError`] says what is wrong with the text: its length, or the first character that is not a digit.
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        // `sha256 Fingerprint=AB:CD..` is how openssl prints one.
        let trimmed = text.rsplit('=').next().unwrap_or(text).trim();
        let digits = match trimmed.get(..7) {
            Some(prefix) if prefix.eq_ignore_ascii_case("sha256:") => trimmed.get(7..).unwrap_or_default(),
            _ => trimmed,
        };
        let mut octets = [0_u8; 32];
        let mut count = 0;
        for c in digits.chars().filter(|c| !matches!(c, ':' | ' ')) {
            let digit = c.to_digit(16).ok_or(FingerprintError::NotHexadecimal { found: c })?;
            if let Some(octet) = octets.get_mut(count / 2) {
                *octet = *octet << 4 | u8::try_from(digit).unwrap_or(0);
            }
            count += 1;
        }
        if count != 64 {
            return Err(FingerprintError::Length { digits: count });
        }
        Ok(Self(octets))
    }
}

impl Sha1Fingerprint {
    /// Hashes `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha1::Sha1::digest(bytes).into())
    }

    /// Lower-case hexadecimal without colons: the spelling of JSON.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&colons(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Display for Sha1Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&colons(&self.0))
    }
}

impl fmt::Debug for Sha1Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Why a text is not a SHA-256 fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerprintError {
    /// Not 64 hexadecimal digits. 40 digits are a SHA-1 fingerprint, which is not taken as proof of anything.
    #[error("a SHA-256 fingerprint has 64 hexadecimal digits, this text has {digits}")]
    Length {
        /// How many digits there are.
        digits: usize,
    },
    /// A character that is neither a digit nor a separator.
    #[error("a SHA-256 fingerprint holds hexadecimal digits, colons and spaces, not {found:?}")]
    NotHexadecimal {
        /// The character.
        found: char,
    },
}

/// Lower-case hexadecimal without separators.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        text.push(digit(octet >> 4));
        text.push(digit(octet & 15));
        text
    })
}

/// Upper-case hexadecimal with a colon between octets.
pub fn colons(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 3);
    for (index, octet) in octets.iter().enumerate() {
        if index > 0 {
            text.push(':');
        }
        text.push(digit(octet >> 4).to_ascii_uppercase());
        text.push(digit(octet & 15).to_ascii_uppercase());
    }
    text
}

fn digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_spelling_is_read_back() {
        let fingerprint = Fingerprint::of(b"abc");
        assert_eq!(fingerprint.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(fingerprint.to_string().starts_with("BA:78:16:BF"));
        for text in [
            fingerprint.hex(),
            fingerprint.to_string(),
            format!("sha256:{fingerprint}"),
            format!("sha256 Fingerprint={fingerprint}"),
        ] {
            assert_eq!(Fingerprint::parse(&text), Ok(fingerprint));
        }
    }

    #[test]
    fn bad_texts_are_told_apart() {
        assert_eq!(Fingerprint::parse("abcd"), Err(FingerprintError::Length { digits: 4 }));
        assert_eq!(Fingerprint::parse("abxd"), Err(FingerprintError::NotHexadecimal { found: 'x' }));
        assert_eq!(Fingerprint::parse(&"0".repeat(65)), Err(FingerprintError::Length { digits: 65 }));
    }
}
