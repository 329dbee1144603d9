//! RSA signatures.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};

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
    let padding = Pkcs1v15Sign { hash_len: Some(length), prefix: prefix.into() };
    outcome(key.verify(padding, &digest, signature).is_ok())
}

/// RSASSA-PSS (RFC 8017 section 8.1), MGF1 over the same hash.
pub(super) fn pss(key: &PublicKey, hash: Hash, salt: usize, message: &[u8], signature: &[u8]) -> Outcome {
    let key = match public_key(key) {
        Ok(key) => key,
        Err(outcome) => return outcome,
    };
    let digest = hash.digest(message);
    let verdict = match hash {
        Hash::Md5 => key.verify(Pss::<md5::Md5>::new_with_salt(salt), &digest, signature),
        Hash::Sha1 => key.verify(Pss::<sha1::Sha1>::new_with_salt(salt), &digest, signature),
        Hash::Sha224 => key.verify(Pss::<sha2::Sha224>::new_with_salt(salt), &digest, signature),
        Hash::Sha256 => key.verify(Pss::<sha2::Sha256>::new_with_salt(salt), &digest, signature),
        Hash::Sha384 => key.verify(Pss::<sha2::Sha384>::new_with_salt(salt), &digest, signature),
        Hash::Sha512 => key.verify(Pss::<sha2::Sha512>::new_with_salt(salt), &digest, signature),
    };
    outcome(verdict.is_ok())
}

/// The fast path. What ring refuses may still be good: its bounds are narrower than Java's.
fn ring_accepts(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let parameters: &RsaParameters = match hash {
        Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        Hash::Md5 | Hash::Sha1 | Hash::Sha224 => return false,
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
        Hash::Sha512 => {
            (64, &[0x30, 0x51, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40])
        }
    }
}
