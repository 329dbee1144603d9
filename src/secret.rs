//! Passwords: wiped when dropped, never shown, and in each encoding a store format hashes.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

/// A password of a store or a key. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password Java ships its `cacerts` with.
    pub const DEFAULT: &'static str = "changeit";

    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Reads the first line of a password file: UTF-8, without the line's end (LF or CRLF) and without a byte order
    /// mark, as keytool's `:file` does. `None` if the octets are not UTF-8.
    pub fn from_first_line(mut octets: Vec<u8>) -> Option<Self> {
        let line = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let password = str::from_utf8(line).ok().map(|text| Self::new(text.to_owned()));
        octets.zeroize();
        password
    }

    /// The default password, `changeit`.
    pub fn changeit() -> Self {
        Self::new(Self::DEFAULT.to_owned())
    }

    /// A new one of 120 random bits, in letters and digits that are not mistaken for each other; `None` if the system
    /// gives no random numbers.
    pub fn random() -> Option<Self> {
        use ring::rand::SecureRandom as _;
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut octets = Zeroizing::new([0_u8; 24]);
        ring::rand::SystemRandom::new().fill(octets.as_mut_slice()).ok()?;
        let letter = |octet: &u8| LETTERS.get(usize::from(octet % 32)).copied().map(char::from);
        octets.iter().map(letter).collect::<Option<String>>().map(Self::new)
    }

    /// The text itself.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// UTF-8, as PBES2 hashes it (JDK 25 and OpenSSL; JDK 17 takes printable ASCII only).
    pub fn utf8(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// UTF-16, big-endian, without a terminator: what JKS and JCEKS hash (JavaKeyStore.java).
    pub fn utf16be(&self) -> Zeroizing<Vec<u8>> {
        let mut octets = Zeroizing::new(Vec::with_capacity(self.0.len() * 2 + 2));
        for unit in self.0.encode_utf16() {
            octets.extend_from_slice(&unit.to_be_bytes());
        }
        octets
    }

    /// UTF-16, big-endian, with two zero octets behind: the BMPString of RFC 7292 appendix B.1, which the PKCS #12
    /// key derivation hashes.
    pub fn utf16be_terminated(&self) -> Zeroizing<Vec<u8>> {
        let mut octets = self.utf16be();
        octets.extend_from_slice(&[0, 0]);
        octets
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let password = Password::new("pé𝄞".to_owned());
        assert_eq!(*password.utf16be(), [0, 0x70, 0, 0xE9, 0xD8, 0x34, 0xDD, 0x1E]);
        assert!(password.utf16be_terminated().ends_with(&[0xDD, 0x1E, 0, 0]));
        assert_eq!(format!("{password:?}"), "Password(..)");
    }

    #[test]
    fn password_files_give_their_first_line() {
        for file in ["secret", "secret\n", "secret\r\nmore\n", "\u{feff}secret\n"] {
            let password = Password::from_first_line(file.as_bytes().to_vec());
            assert_eq!(password, Some(Password::new("secret".to_owned())), "{file:?}");
        }
        assert_eq!(Password::from_first_line(vec![0xFF]), None);
    }
}
