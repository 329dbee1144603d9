//! RSA signatures.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign};

use super::hash::Hash;
use super::{Outcome, outcome};
use crate::cert::PublicKey;
use crate::der::{Reader, tag};

/// Modulus sizes checked, in bits: the JDK's own bounds (sun.security.rsa.RSAKeyFactory MIN_MODLEN, MAX_MODLEN).
const SIZES: std::ops::RangeInclusive<usize> = 512..=16_384;

/// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
pub(super) fn pkcs1(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> Outcome {
    if ring_accepts(key, hash, message, signature) {
        return Outcome::Valid;
    }
    let (key, digest) = match public_key(key) {
        Ok(key) => (key, hash.digest(message)),
        Err(outcome) => return outcome,
    };
    let (length, prefix) = digest_info(hash);
    let holds = |prefix: &[u8]| {
        let padding = Pkcs1v15Sign { hash_len: Some(length), prefix: prefix.into() };
        key.verify(padding, &digest, signature).is_ok()
    };
    outcome(holds(prefix) || holds(&without_null(prefix)))
}

/// What stands in the block of a signature behind the padding (RFC 8017 section 9.2): a DigestInfo, if all is well. `None`
/// where there is no such block.
pub(super) fn digest_info_of(key: &PublicKey, signature: &[u8]) -> Option<Vec<u8>> {
    let (bits, key) = (key.bits, public_key(key).ok()?);
    let number = BoxedUint::from_be_slice(signature, key.n().bits_precision()).ok()?;
    let block = Some(number).filter(|number| number < key.n().as_ref())?;
    let block = rsa::hazmat::rsa_encrypt(&key, &block).ok()?.to_be_bytes();
    let block = block.get(block.len().checked_sub(bits.div_ceil(8))?..)?;
    let behind = block.strip_prefix(&[0, 1])?;
    let filler = behind.iter().take_while(|octet| **octet == 0xFF).count();
    let (0, content) = behind.get(filler..)?.split_first().filter(|_| filler > 7)? else { return None };
    Some(content.to_vec())
}

/// The same where the hash's identifier has no parameters, which is as good (RFC 8017 section 9.2 note 1, appendix A.2.4).
fn without_null(prefix: &[u8]) -> Vec<u8> {
    let mut prefix = prefix.to_vec();
    let length = prefix.len();
    prefix.drain(length.saturating_sub(4)..length.saturating_sub(2));
    for place in [1, 3] {
        if let Some(length) = prefix.get_mut(place) {
            *length = length.saturating_sub(2);
        }
    }
    prefix
}

/// EMSA-PSS (RFC 8017 section 9.1): the hash of the message, the hash of the mask, the length of the salt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoding {
    pub(super) hash: Hash,
    pub(super) mgf: Hash,
    pub(super) salt: usize,
}

/// RSASSA-PSS (RFC 8017 section 8.1.2).
pub(super) fn pss(key: &PublicKey, encoding: Encoding, message: &[u8], signature: &[u8]) -> Outcome {
    let bits = key.bits;
    let key = match public_key(key) {
        Ok(key) => key,
        Err(outcome) => return outcome,
    };
    if signature.len() != bits.div_ceil(8) {
        return Outcome::Invalid;
    }
    let number = BoxedUint::from_be_slice(signature, key.n().bits_precision()).ok();
    let Some(number) = number.filter(|number| number < key.n().as_ref()) else { return Outcome::Invalid };
    let Ok(encoded) = rsa::hazmat::rsa_encrypt(&key, &number) else { return Outcome::Invalid };
    let encoded = encoded.to_be_bytes();
    // One bit less than the modulus, and not one set in front of that.
    let length = bits.saturating_sub(1).div_ceil(8);
    let (before, encoded) = encoded.split_at(encoded.len().saturating_sub(length));
    let spare = length * 8 - bits.saturating_sub(1);
    outcome(
        before.iter().all(|octet| *octet == 0)
            && encoding.holds(&encoding.hash.digest(message), encoded, spare),
    )
}

impl Encoding {
    /// EMSA-PSS-VERIFY (RFC 8017 section 9.1.2); `spare` bits in front must be 0.
    fn holds(self, digest: &[u8], encoded: &[u8], spare: usize) -> bool {
        let Some((0xBC, encoded)) = encoded.split_last() else { return false };
        let Some(length) = encoded.len().checked_sub(digest.len()) else { return false };
        let (masked, hashed) = encoded.split_at(length);
        let Some(padding) = length.checked_sub(self.salt + 1) else { return false };
        let first = u8::MAX.checked_shr(u32::try_from(spare).unwrap_or(8)).unwrap_or(0);
        if masked.first().is_some_and(|octet| octet & !first != 0) {
            return false;
        }
        let mut block: Vec<u8> =
            masked.iter().zip(mask(self.mgf, hashed, length)).map(|(octet, mask)| octet ^ mask).collect();
        if let Some(octet) = block.first_mut() {
            *octet &= first;
        }
        let (zeros, rest) = block.split_at(padding);
        let Some((1, salt)) = rest.split_first() else { return false };
        zeros.iter().all(|octet| *octet == 0) && self.hash.digest(&[&[0; 8], digest, salt].concat()) == hashed
    }
}

/// MGF1 (RFC 8017 appendix B.2.1).
fn mask(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length);
    for counter in 0_u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend(hash.digest(&[seed, &counter.to_be_bytes()].concat()));
    }
    mask
}

/// The fast path. What ring refuses may still be good: its bounds are narrower than Java's.
fn ring_accepts(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let parameters: &RsaParameters = match hash {
        Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        _ => return false,
    };
    UnparsedPublicKey::new(parameters, &key.octets).verify(message, signature).is_ok()
}

/// RSAPublicKey (RFC 8017 appendix A.1.1).
fn public_key(key: &PublicKey) -> Result<rsa::PublicKey, Outcome> {
    let unsupported = || Outcome::Unsupported { what: format!("an RSA key of {} bits", key.bits) };
    if !SIZES.contains(&key.bits) {
        return Err(unsupported());
    }
    let number = |fields: &mut Reader<'_>| {
        let digits = fields.required(tag::INTEGER, "a number").ok()?.content();
        let first = digits.iter().position(|digit| *digit != 0)?;
        Some(BoxedUint::from_be_slice_vartime(digits.get(first..)?))
    };
    let fields = Reader::new(&key.octets).required(tag::SEQUENCE, "an RSA key");
    let mut fields = fields.map_err(|_| unsupported())?.children();
    let modulus = number(&mut fields).ok_or_else(unsupported)?;
    let exponent = number(&mut fields).ok_or_else(unsupported)?;
    rsa::PublicKey::new_with_size_limits(modulus, exponent, SIZES).map_err(|_| unsupported())
}

/// The length of a digest, and what DigestInfo puts before it (RFC 8017 section 9.2 note 1).
fn digest_info(hash: Hash) -> (usize, &'static [u8]) {
    match hash {
        Hash::Md5 => {
            (16, &[0x30, 0x20, 0x30, 0x0C, 6, 8, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 5, 5, 0, 4, 0x10])
        }
        Hash::Sha1 => (20, &[0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 0x14]),
        Hash::Sha224 => {
            (28, &[0x30, 0x2D, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4, 5, 0, 4, 0x1C])
        }
        Hash::Sha256 => {
            (32, &[0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20])
        }
        Hash::Sha384 => {
            (48, &[0x30, 0x41, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30])
        }
        Hash::Sha512T224 => {
            (28, &[0x30, 0x2D, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 5, 5, 0, 4, 0x1C])
        }
        Hash::Sha512T256 => {
            (32, &[0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 6, 5, 0, 4, 0x20])
        }
        Hash::Sha3_224 => {
            (28, &[0x30, 0x2D, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 7, 5, 0, 4, 0x1C])
        }
        Hash::Sha3_256 => {
            (32, &[0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8, 5, 0, 4, 0x20])
        }
        Hash::Sha3_384 => {
            (48, &[0x30, 0x41, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 9, 5, 0, 4, 0x30])
        }
        Hash::Sha3_512 => {
            (64, &[0x30, 0x51, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 10, 5, 0, 4, 0x40])
        }
        Hash::Sha512 => {
            (64, &[0x30, 0x51, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40])
        }
    }
}
