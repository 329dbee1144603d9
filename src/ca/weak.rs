//! Keys and signatures that clients have given up, for [`super::Fault`] alone.

use std::fmt::Display;

use getrandom::SysRng;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::CaError;

/// Bits of a key that every client refuses: Java takes RSA from 1024 (jdk.certpath.disabledAlgorithms), OpenSSL and
/// browsers from 2048. Large enough for the signatures of TLS 1.3.
const WEAK_BITS: usize = 768;

/// An RSA key that is too small, as PKCS #8 and as SubjectPublicKeyInfo.
pub(super) fn rsa() -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), CaError> {
    let key = rsa::PrivateKey::new_unchecked(&mut SysRng, WEAK_BITS).map_err(|error| failed(&error))?;
    let pkcs8 = key.to_pkcs8_der().map_err(|error| failed(&error))?;
    let spki = key.as_public_key().to_public_key_der().map_err(|error| failed(&error))?;
    Ok((Zeroizing::new(pkcs8.as_bytes().to_vec()), spki.as_bytes().to_vec()))
}

/// ecdsa-with-SHA1 by a P-256 key, told by its number.
pub(super) fn ecdsa_with_sha1(scalar: &[u8], message: &[u8]) -> Result<Vec<u8>, CaError> {
    let key = p256::ecdsa::SigningKey::from_slice(scalar).map_err(|error| failed(&error))?;
    let signature: p256::ecdsa::Signature =
        key.sign_prehash(&Sha1::digest(message)).map_err(|error| failed(&error))?;
    Ok(signature.to_der().as_bytes().to_vec())
}

/// sha1WithRSAEncryption.
pub(super) fn sha1_with_rsa(pkcs8: &[u8], message: &[u8]) -> Result<Vec<u8>, CaError> {
    let key = rsa::PrivateKey::from_pkcs8_der(pkcs8).map_err(|error| failed(&error))?;
    let scheme = rsa::Pkcs1v15Sign::new::<Sha1>();
    key.sign(scheme, &Sha1::digest(message)).map_err(|error| failed(&error))
}

fn failed(reason: &dyn Display) -> CaError {
    CaError::Generation { reason: reason.to_string() }
}
