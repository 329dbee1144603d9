//! The key protectors: a keystream of SHA-1 over the password in JKS (sun/security/provider/KeyProtector.java), triple DES
//! under a key made with MD5 in JCEKS (com/sun/crypto/provider/KeyProtector.java, PBES1Core.java).
//!
//! The first is weak and the only one JKS has; whoever may read the file can guess passwords at the speed of SHA-1.

use md5::Md5;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use crate::der::{self, DerError, Oid, Reader, tag};
use crate::secret::Password;
use crate::store::pkcs12::cipher::TRIPLE_DES;
use crate::store::{Pkcs8, StoreError, random};

const JAVASOFT_KEY_PROTECTOR: Oid = Oid::new(&[1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1]);
const JCE_KEY_PROTECTOR: Oid = Oid::new(&[1, 3, 6, 1, 4, 1, 42, 2, 19, 1]);
/// Octets of salt and digest around the key in JKS.
const SHA1_OCTETS: usize = 20;
/// Most iterations for all keys of a store together, each counted once to open and once to close it: Java accepts ten
/// times as many for one key, and writes 200,000.
const MAX_ITERATIONS: u32 = 50_000_000;

/// Iterations of key derivation done for a store.
#[derive(Default)]
pub(super) struct Work(u32);

impl Work {
    fn add(&mut self, iterations: u32) -> Result<(), StoreError> {
        self.0 = self.0.saturating_add(iterations);
        if iterations == 0 || self.0 > MAX_ITERATIONS {
            let what = "the store's keys together";
            return Err(StoreError::IterationsTooHigh { what, iterations: self.0, limit: MAX_ITERATIONS });
        }
        Ok(())
    }
}

/// What closes a key.
#[derive(Clone, Copy)]
pub(super) enum Protector {
    /// That of JKS.
    Sha1,
    /// That of JCEKS.
    TripleDes {
        /// Of its key derivation.
        iterations: u32,
    },
}

/// How a key is closed in a JCEKS store (com/sun/crypto/provider/KeyProtector.java, DEFAULT_ITERATION_COUNT).
pub(super) const JCE: Protector = Protector::TripleDes { iterations: 200_000 };

/// The EncryptedPrivateKeyInfo closed with another password, by the protector it has. `None` if the old one does not open
/// it.
pub(super) fn reprotect(
    encrypted: &[u8],
    old: &Password,
    new: &Password,
    work: &mut Work,
) -> Result<Option<Vec<u8>>, StoreError> {
    let opened = open(encrypted, old, work)?;
    opened.map(|(key, protector)| protector.close(&key, new)).transpose()
}

/// The key in an EncryptedPrivateKeyInfo, and what closed it. `None` if the password does not open it.
pub(super) fn open(
    encrypted: &[u8],
    password: &Password,
    work: &mut Work,
) -> Result<Option<(Pkcs8, Protector)>, StoreError> {
    let mut fields =
        Reader::new(encrypted).required(tag::SEQUENCE, "a protected key").map_err(damaged)?.children();
    let mut algorithm = fields.required(tag::SEQUENCE, "a protector").map_err(damaged)?.children();
    let oid = algorithm.any("a protector").and_then(|oid| oid.oid("a protector")).map_err(damaged)?;
    let octets = fields.any("a protected key").and_then(|octets| octets.octets("a protected key"));
    let octets = octets.map_err(damaged)?;
    match oid {
        JAVASOFT_KEY_PROTECTOR => Ok(unprotect(&octets, password).map(|key| (key, Protector::Sha1))),
        JCE_KEY_PROTECTOR => {
            let (salt, iterations) = parameters(&mut algorithm).map_err(damaged)?;
            let Some(salt) = salt else { return Ok(None) };
            work.add(iterations)?;
            let (key, iv) = md5_key(password, salt, iterations);
            let plain = TRIPLE_DES.decrypt(&key, &iv, &octets);
            let key = plain.and_then(|plain| Pkcs8::from_der(plain).ok());
            Ok(key.map(|key| (key, Protector::TripleDes { iterations })))
        }
        other => Err(StoreError::Unsupported {
            what: format!("the key protector {other}"),
            instead: "open the store with the program that wrote it".to_owned(),
        }),
    }
}

impl Protector {
    /// The EncryptedPrivateKeyInfo that a store keeps for this key.
    pub(super) fn close(self, key: &Pkcs8, password: &Password) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Sha1 => protect(key, password),
            Self::TripleDes { iterations } => protect_jce(key, password, iterations),
        }
    }
}

fn unprotect(octets: &[u8], password: &Password) -> Option<Pkcs8> {
    let (salt, rest) = octets.split_at_checked(SHA1_OCTETS)?;
    let (masked, check) = rest.split_at_checked(rest.len().checked_sub(SHA1_OCTETS)?)?;
    let password = password.utf16be();
    let mut plain = Zeroizing::new(Vec::with_capacity(masked.len()));
    let mut digest = Zeroizing::new(salt.to_vec());
    for chunk in masked.chunks(SHA1_OCTETS) {
        *digest = sha1(&password, &digest).to_vec();
        plain.extend(chunk.iter().zip(digest.iter()).map(|(octet, mask)| octet ^ mask));
    }
    (sha1(&password, &plain) == check).then(|| Pkcs8::from_der(plain).ok()).flatten()
}

/// Salt and iterations (PBEParameters.java); no salt if it is not one of 8 octets, which is all Java takes.
fn parameters(algorithm: &mut Reader<'_>) -> Result<(Option<[u8; 8]>, u32), DerError> {
    let mut fields = algorithm.required(tag::SEQUENCE, "parameters")?.children();
    let salt = fields.required(tag::OCTET_STRING, "a salt")?.content().try_into().ok();
    Ok((salt, fields.any("iterations")?.unsigned("iterations")?))
}

fn protect_jce(key: &Pkcs8, password: &Password, iterations: u32) -> Result<Vec<u8>, StoreError> {
    let salt: [u8; 8] = random()?;
    let (derived, iv) = md5_key(password, salt, iterations);
    let octets = TRIPLE_DES.encrypt(&derived, &iv, key.der()).ok_or(StoreError::Random)?;
    let parameters = der::sequence(&[der::octet_string(&salt), der::integer(iterations)]);
    let algorithm = der::sequence(&[der::oid(&JCE_KEY_PROTECTOR), parameters]);
    Ok(der::sequence(&[algorithm, der::octet_string(&octets)]))
}

/// Key and IV of PBEWithMD5AndTripleDES: MD5 again and again over each half of the salt, the password always behind
/// (PBES1Core.deriveCipherKey).
fn md5_key(password: &Password, salt: [u8; 8], iterations: u32) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
    let [a, b, c, d, e, f, g, h] = salt;
    let second = [e, f, g, h];
    // Equal halves would make equal keys; Java turns the first one round.
    let first = if [a, b, c, d] == second { [d, c, b, a] } else { [a, b, c, d] };
    let mut key = Zeroizing::new(Vec::with_capacity(32));
    for half in [first, second] {
        let mut digest = Zeroizing::new(half.to_vec());
        for _ in 0..iterations {
            let hash = Md5::new().chain_update(&*digest).chain_update(password.utf8()).finalize();
            *digest = hash.to_vec();
        }
        key.extend_from_slice(&digest);
    }
    let iv = Zeroizing::new(key.split_off(TRIPLE_DES.key));
    (key, iv)
}

fn damaged(source: DerError) -> StoreError {
    StoreError::Der { format: "jks", part: "a private key", source }
}

fn protect(key: &Pkcs8, password: &Password) -> Result<Vec<u8>, StoreError> {
    let salt: [u8; 20] = random()?;
    let password = password.utf16be();
    let mut octets = salt.to_vec();
    let mut digest = Zeroizing::new(salt);
    for chunk in key.der().chunks(20) {
        *digest = sha1(&password, digest.as_slice());
        octets.extend(chunk.iter().zip(digest.iter()).map(|(plain, mask)| plain ^ mask));
    }
    octets.extend_from_slice(&sha1(&password, key.der()));
    let algorithm = der::sequence(&[der::oid(&JAVASOFT_KEY_PROTECTOR), der::null()]);
    Ok(der::sequence(&[algorithm, der::octet_string(&octets)]))
}

fn sha1(password: &[u8], data: &[u8]) -> [u8; 20] {
    Sha1::new().chain_update(password).chain_update(data).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Pkcs8 {
        let algorithm = der::sequence(&[der::oid(&JCE_KEY_PROTECTOR)]);
        let octets = der::octet_string(&[7; 50]);
        Pkcs8::from_der(der::sequence(&[der::integer(0), algorithm, octets]).into()).unwrap()
    }

    #[test]
    fn either_protector_is_kept_and_no_damage_is_taken_for_a_key() {
        let [old, new] = ["old", "new"].map(|text| Password::new(text.to_owned()));
        let jce = protect_jce(&key(), &old, 10).unwrap();
        for protected in [protect(&key(), &old).unwrap(), jce] {
            let change =
                |octets: &[u8], from, to| reprotect(octets, from, to, &mut Work::default()).ok().flatten();
            let changed = change(&protected, &old, &new).unwrap();
            assert_eq!(changed.len(), protected.len());
            assert_eq!(change(&changed, &old, &new), None, "the old password opens it no more");
            assert!(change(&changed, &new, &old).is_some());
            for end in 0..protected.len() {
                assert_eq!(change(&protected[..end], &old, &new), None, "cut at {end}");
            }
        }
    }
}
