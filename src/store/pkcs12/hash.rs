//! Hashes, and the two ways PKCS #12 makes keys of passwords with them.

use hmac::Hmac;
use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use zeroize::Zeroizing;

use crate::der::Oid;

/// Octets made of a password.
pub(super) type Key = Zeroizing<Vec<u8>>;

/// A hash under its names, and what is done with it.
pub(super) struct Hash {
    pub(super) name: &'static str,
    /// The hash itself.
    pub(super) digest: Oid,
    /// HMAC with it.
    pub(super) hmac: Oid,
    derive: fn(&Derivation<'_>, usize) -> Key,
    authenticate: fn(&[u8], &[u8]) -> Vec<u8>,
    pbkdf2: fn(&[u8], &[u8], u32, &mut [u8]),
}

/// What a key is derived from.
pub(super) struct Derivation<'a> {
    /// BMPString octets with their terminator (RFC 7292 appendix B.1), or nothing for the null password.
    pub(super) password: &'a [u8],
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
    pub(super) purpose: Purpose,
}

/// The diversifier of RFC 7292 appendix B.3.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

impl Hash {
    pub(super) fn by_digest(oid: &Oid) -> Option<&'static Self> {
        HASHES.iter().find(|hash| hash.digest == *oid)
    }

    pub(super) fn by_hmac(oid: &Oid) -> Option<&'static Self> {
        HASHES.iter().find(|hash| hash.hmac == *oid)
    }

    /// Whether Java has a MAC and a key derivation with it.
    pub(super) fn java_knows(&self) -> bool {
        self.name != "MD5"
    }

    /// The derivation of RFC 7292 appendix B.2.
    pub(super) fn derive(&self, from: &Derivation<'_>, length: usize) -> Key {
        (self.derive)(from, length)
    }

    /// HMAC.
    pub(super) fn authenticate(&self, key: &[u8], data: &[u8]) -> Vec<u8> {
        (self.authenticate)(key, data)
    }

    /// PBKDF2 (RFC 8018 section 5.2) with HMAC.
    pub(super) fn pbkdf2(&self, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> Key {
        let mut key = Zeroizing::new(vec![0; length]);
        (self.pbkdf2)(password, salt, iterations, &mut key);
        key
    }
}

/// RFC 7292 appendix B.2; the numbers are its steps. `block` is v, the hash's input block in octets.
fn derive<D: Digest>(from: &Derivation<'_>, length: usize, block: usize) -> Key {
    let repeated = |octets: &[u8]| -> Vec<u8> {
        let length = octets.len().div_ceil(block) * block;
        octets.iter().copied().cycle().take(length).collect()
    };
    // 1 to 4
    let diversifier = vec![from.purpose as u8; block];
    let mut input = Zeroizing::new(repeated(from.salt));
    input.extend_from_slice(&Zeroizing::new(repeated(from.password)));
    let mut key = Zeroizing::new(Vec::with_capacity(length));
    loop {
        // 6A
        let mut hash = D::new().chain_update(&diversifier).chain_update(&*input).finalize();
        for _ in 1..from.iterations {
            hash = D::digest(&hash);
        }
        let missing = length - key.len();
        key.extend(hash.iter().take(missing));
        if key.len() == length {
            return key;
        }
        // 6B, 6C: every block of the input grows by the repeated hash and one.
        for chunk in input.chunks_mut(block) {
            let addend: Vec<u8> = hash.iter().copied().cycle().take(block).collect();
            let mut carry = 1_u16;
            for (octet, addend) in chunk.iter_mut().zip(addend).rev() {
                let [high, low] = (u16::from(*octet) + u16::from(addend) + carry).to_be_bytes();
                *octet = low;
                carry = u16::from(high);
            }
        }
    }
}

fn authenticate<M: hmac::Mac + hmac::KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
    let Ok(mac) = <M as hmac::KeyInit>::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(data).finalize().into_bytes().to_vec()
}

/// OIDs: RFC 8018 appendix B.1, RFC 5754; input blocks: FIPS 180-4.
static HASHES: [Hash; 8] = [
    Hash {
        name: "SHA-256",
        digest: Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 1]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 9]),
        derive: |from, length| derive::<Sha256>(from, length, 64),
        authenticate: authenticate::<Hmac<Sha256>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha256>,
    },
    Hash {
        name: "SHA-1",
        digest: Oid::new(&[1, 3, 14, 3, 2, 26]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 7]),
        derive: |from, length| derive::<Sha1>(from, length, 64),
        authenticate: authenticate::<Hmac<Sha1>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha1>,
    },
    Hash {
        name: "SHA-512",
        digest: Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 3]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 11]),
        derive: |from, length| derive::<Sha512>(from, length, 128),
        authenticate: authenticate::<Hmac<Sha512>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha512>,
    },
    Hash {
        name: "SHA-384",
        digest: Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 2]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 10]),
        derive: |from, length| derive::<Sha384>(from, length, 128),
        authenticate: authenticate::<Hmac<Sha384>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha384>,
    },
    Hash {
        name: "SHA-224",
        digest: Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 4]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 8]),
        derive: |from, length| derive::<Sha224>(from, length, 64),
        authenticate: authenticate::<Hmac<Sha224>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha224>,
    },
    Hash {
        name: "SHA-512/256",
        digest: Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 6]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 13]),
        derive: |from, length| derive::<Sha512_256>(from, length, 128),
        authenticate: authenticate::<Hmac<Sha512_256>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha512_256>,
    },
    Hash {
        name: "SHA-512/224",
        digest: Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 5]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 12]),
        derive: |from, length| derive::<Sha512_224>(from, length, 128),
        authenticate: authenticate::<Hmac<Sha512_224>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Sha512_224>,
    },
    Hash {
        name: "MD5",
        digest: Oid::new(&[1, 2, 840, 113_549, 2, 5]),
        hmac: Oid::new(&[1, 2, 840, 113_549, 2, 6]),
        derive: |from, length| derive::<Md5>(from, length, 64),
        authenticate: authenticate::<Hmac<Md5>>,
        pbkdf2: pbkdf2::pbkdf2_hmac::<Md5>,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;
    use crate::secret::Password;

    /// Vectors that OpenSSL's test suite and Bouncy Castle share (test/evp_extra_test, PKCS12Test).
    #[test]
    fn keys_are_derived_as_elsewhere() {
        let password = Password::new("smeg".to_owned()).utf16be_terminated();
        let salt = [0x0A, 0x58, 0xCF, 0x64, 0x53, 0x0D, 0x82, 0x3F];
        let sha1 = Hash::by_digest(&Oid::new(&[1, 3, 14, 3, 2, 26])).unwrap();
        let derive = |purpose, length| {
            let from = Derivation { password: &password, salt: &salt, iterations: 1, purpose };
            hex(&sha1.derive(&from, length))
        };
        assert_eq!(derive(Purpose::Key, 24), "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
        let salt = [0x64, 0x2B, 0x99, 0xAB, 0x44, 0xFB, 0x4B, 0x1F];
        let from = Derivation { password: &password, salt: &salt, iterations: 1, purpose: Purpose::Key };
        assert_eq!(hex(&sha1.derive(&from, 24)), "f3a95fec48d7711e985cfe67908c5ab79fa3d7c5caa5d966");
    }
}
