//! Signatures on elliptic curves.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm,
};

use super::hash::Hash;
use super::{Outcome, outcome};
use crate::cert::{PublicKey, curve_name};
use crate::der::{self as writer, Oid, Reader, tag};

const P224: Oid = Oid::new(&[1, 3, 132, 0, 33]);
const P256: Oid = Oid::new(&[1, 2, 840, 10_045, 3, 1, 7]);
const P384: Oid = Oid::new(&[1, 3, 132, 0, 34]);
const P521: Oid = Oid::new(&[1, 3, 132, 0, 35]);
const SECP256K1: Oid = Oid::new(&[1, 3, 132, 0, 10]);
const BRAINPOOL_P256: Oid = Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 7]);
const BRAINPOOL_P384: Oid = Oid::new(&[1, 3, 36, 3, 3, 2, 8, 1, 1, 11]);

/// Ed25519 (RFC 8410).
pub(super) fn ed25519(key: &PublicKey, message: &[u8], signature: &[u8]) -> Outcome {
    outcome(UnparsedPublicKey::new(&ED25519, &key.octets).verify(message, signature).is_ok())
}

/// Ed448 (RFC 8410), without a context.
pub(super) fn ed448(key: &PublicKey, message: &[u8], signature: &[u8]) -> Outcome {
    let checked = || {
        let key = ed448_goldilocks::VerifyingKey::from_bytes(key.octets.as_ref().try_into().ok()?).ok()?;
        let signature = ed448_goldilocks::Signature::from_slice(signature).ok()?;
        Some(key.verify_raw(&signature, message).is_ok())
    };
    outcome(checked().unwrap_or(false))
}

/// ECDSA with any hash on any curve of these seven (RFC 5758 section 3.2).
pub(super) fn ecdsa(
    key: &PublicKey,
    curve: Option<Oid>,
    hash: Hash,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    let Some(curve) = curve else {
        return Outcome::Unsupported { what: "ECDSA with explicit curve parameters".to_owned() };
    };
    if let Some(algorithm) = ring_algorithm(curve, hash) {
        return outcome(UnparsedPublicKey::new(algorithm, &key.octets).verify(message, signature).is_ok());
    }
    let digest = hash.digest(message);
    let Some((r, s)) = numbers(signature) else { return Outcome::Invalid };
    let verdict = match curve {
        P224 => p224(key, &digest, r, s),
        P256 => p256(key, &digest, r, s),
        P384 => p384(key, &digest, r, s),
        P521 => p521(key, &digest, r, s),
        SECP256K1 => secp256k1(key, &digest, r, s),
        BRAINPOOL_P256 => brainpool256(key, &digest, r, s),
        BRAINPOOL_P384 => brainpool384(key, &digest, r, s),
        other => return Outcome::Unsupported { what: format!("ECDSA on {}", curve_name(&other)) },
    };
    outcome(verdict.unwrap_or(false))
}

/// What ring does by itself: each curve with its own hash.
fn ring_algorithm(curve: Oid, hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
    match (curve, hash) {
        (P256, Hash::Sha256) => Some(&ECDSA_P256_SHA256_ASN1),
        (P384, Hash::Sha384) => Some(&ECDSA_P384_SHA384_ASN1),
        _ => None,
    }
}

/// Ecdsa-Sig-Value (RFC 5480 appendix A), and Dss-Sig-Value (RFC 3279 section 2.2.2), which is the same: r and s without
/// leading zeros. There is one way to write them, and no other is taken, as OpenSSL has it; Java's own ways are its own.
pub(super) fn numbers(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(signature);
    let mut fields = outer.required(tag::SEQUENCE, "an ECDSA signature").ok()?.children();
    outer.finish("the signature").ok()?;
    let mut number = || {
        let digits = fields.required(tag::INTEGER, "a number").ok()?.content();
        let first = digits.iter().position(|digit| *digit != 0)?;
        digits.get(first..)
    };
    let (r, s) = (number()?, number()?);
    let written = writer::sequence(&[writer::integer_from_octets(r), writer::integer_from_octets(s)]);
    (written == signature).then_some((r, s))
}

/// `digits` on the right of `N` octets; `None` if they do not fit.
fn padded<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut octets = [0; N];
    octets.get_mut(N.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some(octets)
}

/// One check per curve: the curves' types have nothing in common that is worth its where-clauses. A digest shorter
/// than the curve's order counts as a number with zeros before it (FIPS 186-5 section 6.4.2), and a signature with a
/// large s is as good as its twin, which secp256k1's crate refuses.
macro_rules! curve {
    ($name:ident, $module:ident, $octets:literal) => {
        fn $name(key: &PublicKey, digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
            use $module::ecdsa::signature::hazmat::PrehashVerifier as _;
            use $module::ecdsa::{Signature, VerifyingKey};
            let key = VerifyingKey::from_sec1_bytes(&key.octets).ok()?;
            let (r, s) = (padded::<$octets>(r)?, padded::<$octets>(s)?);
            let signature = Signature::from_scalars(r, s).ok()?.normalize_s();
            let prehash = padded::<$octets>(digest);
            let prehash = prehash.as_ref().map_or(digest, |octets| octets.as_slice());
            Some(key.verify_prehash(prehash, &signature).is_ok())
        }
    };
}

/// The crates of these curves bring no key of their own to verify with.
mod brainpool_p256 {
    pub(super) mod ecdsa {
        pub(in super::super) use ::ecdsa::signature;
        pub(in super::super) type Signature = ::ecdsa::Signature<bp256::BrainpoolP256r1>;
        pub(in super::super) type VerifyingKey = ::ecdsa::VerifyingKey<bp256::BrainpoolP256r1>;
    }
}

mod brainpool_p384 {
    pub(super) mod ecdsa {
        pub(in super::super) use ::ecdsa::signature;
        pub(in super::super) type Signature = ::ecdsa::Signature<bp384::BrainpoolP384r1>;
        pub(in super::super) type VerifyingKey = ::ecdsa::VerifyingKey<bp384::BrainpoolP384r1>;
    }
}

curve!(p224, p224, 28);
curve!(p256, p256, 32);
curve!(p384, p384, 48);
curve!(p521, p521, 66);
curve!(secp256k1, k256, 32);
curve!(brainpool256, brainpool_p256, 32);
curve!(brainpool384, brainpool_p384, 48);
