//! Password-based encryption as PKCS #12 stores use it: PBES2 (RFC 8018 section 6.2) and the older schemes of RFC 7292
//! appendix C.
//!
//! An AlgorithmIdentifier is kept as it was read. To encrypt again, only its salt and IV are replaced, so a store
//! keeps its algorithms, its iteration counts and their very encoding.

use std::ops::Range;

use super::cipher::{self, Cipher};
use super::hash::{Derivation, Hash, Key, Purpose};
use crate::der::{self, DerError, Element, Oid, Reader, tag};
use crate::secret::Password;
use crate::store::{Algorithm, StoreError, random};

/// Most iterations Java accepts (PKCS12KeyStore.java).
const MAX_ITERATIONS: u32 = 5_000_000;
/// Shortest salt Java takes (sun/security/util/PBEUtil.java).
const MIN_JAVA_SALT: usize = 8;
/// Longest salt taken: none above 128 octets has been seen.
const MAX_SALT: usize = 1024;

pub(super) const PBES2: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 5, 13]);
pub(super) const PBKDF2: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 5, 12]);
const HMAC_SHA1: Oid = Oid::new(&[1, 2, 840, 113_549, 2, 7]);
const HMAC_SHA256: Oid = Oid::new(&[1, 2, 840, 113_549, 2, 9]);
const SHA1: Oid = Oid::new(&[1, 3, 14, 3, 2, 26]);
const AES_256_CBC: Oid = Oid::new(&[2, 16, 840, 1, 101, 3, 4, 1, 42]);

/// Ciphers of PBES2, and whether Java knows them there (com/sun/crypto/provider/PBES2Parameters.java).
static PBES2_CIPHERS: [(Oid, &Cipher, bool); 4] = [
    (AES_256_CBC, &cipher::AES_256, true),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 1, 2]), &cipher::AES_128, true),
    (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 1, 22]), &cipher::AES_192, false),
    (Oid::new(&[1, 2, 840, 113_549, 3, 7]), &cipher::TRIPLE_DES, false),
];

/// Schemes of RFC 7292 appendix C, and whether Java knows them.
static PKCS12_SCHEMES: [(Oid, &Cipher, bool); 6] = [
    (Oid::new(&[1, 2, 840, 113_549, 1, 12, 1, 1]), &cipher::RC4_128, true),
    (Oid::new(&[1, 2, 840, 113_549, 1, 12, 1, 2]), &cipher::RC4_40, true),
    (Oid::new(&[1, 2, 840, 113_549, 1, 12, 1, 3]), &cipher::TRIPLE_DES, true),
    (Oid::new(&[1, 2, 840, 113_549, 1, 12, 1, 4]), &cipher::TRIPLE_DES_TWO_KEYS, false),
    (Oid::new(&[1, 2, 840, 113_549, 1, 12, 1, 5]), &cipher::RC2_128, true),
    (Oid::new(&[1, 2, 840, 113_549, 1, 12, 1, 6]), &cipher::RC2_40, true),
];

/// A password in the forms that keys are derived from.
pub(super) struct Secret {
    /// BMPString with terminator, or nothing.
    pub(super) utf16: Key,
    pub(super) utf8: Key,
    /// Whether every JDK takes it: printable ASCII (com/sun/crypto/provider/PBEKey.java before 25).
    pub(super) ascii: bool,
}

impl Secret {
    /// What a password may stand for: an empty one is either a terminator alone or no octets at all
    /// (sun.security.pkcs12.PKCS12KeyStore.RetryWithZero).
    pub(super) fn readings(password: &Password) -> Vec<Self> {
        let ascii = password.utf8().iter().all(|octet| matches!(octet, b' '..=b'~'));
        let reading = |utf16| Self { utf16, utf8: Key::new(password.utf8().to_vec()), ascii };
        let mut readings = vec![reading(password.utf16be_terminated())];
        if password.text().is_empty() {
            readings.push(reading(Key::default()));
        }
        readings
    }
}

/// A scheme with its parameters.
#[derive(Clone)]
pub(super) struct Pbe {
    /// The AlgorithmIdentifier.
    der: Vec<u8>,
    salt: Range<usize>,
    /// The IV inside `der`; the older schemes derive it.
    iv: Option<Range<usize>>,
    iterations: u32,
    /// The PRF of PBKDF2, or the hash of the older derivation.
    hash: &'static Hash,
    cipher: &'static Cipher,
    java_knows: bool,
}

/// The parameters of PBKDF2.
pub(super) struct Pbkdf2 {
    pub(super) salt: Range<usize>,
    pub(super) iterations: u32,
    pub(super) length: Option<u32>,
    pub(super) hash: &'static Hash,
}

impl Pbe {
    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(algorithm: &[u8]) -> Result<Self, StoreError> {
        parse(algorithm)
    }

    /// What keytool of JDK 17 encrypts with: PBES2, AES-256, HMAC-SHA-256, 10,000 iterations, salt of 20 octets.
    pub(super) fn java17() -> Result<Self, StoreError> {
        let prf = der::sequence(&[der::oid(&HMAC_SHA256), der::null()]);
        let derivation = [der::octet_string(&random::<20>()?), der::integer(10_000), der::integer(32), prf];
        let derivation = der::sequence(&[der::oid(&PBKDF2), der::sequence(&derivation)]);
        let cipher = der::sequence(&[der::oid(&AES_256_CBC), der::octet_string(&random::<16>()?)]);
        parse(&der::sequence(&[der::oid(&PBES2), der::sequence(&[derivation, cipher])]))
    }

    /// The same scheme with a new salt and IV.
    pub(super) fn renewed(&self) -> Result<Self, StoreError> {
        let mut new = self.clone();
        for range in [Some(&self.salt), self.iv.as_ref()].into_iter().flatten() {
            refresh(new.der.get_mut(range.clone()).unwrap_or_default())?;
        }
        Ok(new)
    }

    pub(super) fn iterations(&self) -> u32 {
        self.iterations
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Why Java cannot decrypt it with this password, if so. Before 25 Java takes no password beyond ASCII for anything;
    /// from 25 on for all but the older schemes (JDK-8348732).
    pub(super) fn java_refuses(&self, secret: &Secret) -> Option<String> {
        let name = || self.algorithm().name;
        if let Some(refusal) = java_refuses_salt(self.salt.len()) {
            return Some(refusal);
        }
        if !self.java_knows || !self.hash.java_knows() {
            return Some(format!("encryption with {}, which Java does not know", name()));
        }
        let refused = self.iv.is_none() && !secret.ascii;
        refused.then(|| format!("encryption with {}, for which Java takes no password beyond ASCII", name()))
    }

    /// For display, named as Java names it.
    pub(super) fn algorithm(&self) -> Algorithm {
        let (hash, cipher) = (self.hash.name.replace('-', ""), self.cipher.name);
        let name = match self.iv {
            Some(_) => format!("PBEWithHmac{hash}And{}", cipher.replace("AES-", "AES_")),
            None => format!("PBEWith{hash}And{cipher}"),
        };
        Algorithm { name, iterations: Some(self.iterations) }
    }

    /// `None` if the padding shows that the password is another one.
    pub(super) fn decrypt(&self, octets: &[u8], secret: &Secret) -> Option<Key> {
        let (key, iv) = self.key(secret);
        self.cipher.decrypt(&key, &iv, octets)
    }

    pub(super) fn encrypt(&self, plain: &[u8], secret: &Secret) -> Option<Vec<u8>> {
        let (key, iv) = self.key(secret);
        self.cipher.encrypt(&key, &iv, plain)
    }

    fn key(&self, secret: &Secret) -> (Key, Key) {
        let salt = self.der.get(self.salt.clone()).unwrap_or_default();
        if let Some(iv) = self.iv.clone() {
            let iv = Key::new(self.der.get(iv).unwrap_or_default().to_vec());
            return (self.hash.pbkdf2(&secret.utf8, salt, self.iterations, self.cipher.key), iv);
        }
        let derive = |purpose, length| {
            let (password, iterations) = (secret.utf16.as_slice(), self.iterations);
            self.hash.derive(&Derivation { password, salt, iterations, purpose }, length)
        };
        (derive(Purpose::Key, self.cipher.key), derive(Purpose::Iv, self.cipher.iv))
    }
}

/// Overwrites a salt or IV with another.
pub(super) fn refresh(octets: &mut [u8]) -> Result<(), StoreError> {
    for chunk in octets.chunks_mut(16) {
        let fresh: [u8; 16] = random()?;
        chunk.copy_from_slice(fresh.get(..chunk.len()).unwrap_or_default());
    }
    Ok(())
}

fn parse(der: &[u8]) -> Result<Pbe, StoreError> {
    let mut algorithm = Reader::new(der).required(tag::SEQUENCE, "an algorithm").map_err(damaged)?.children();
    let oid = algorithm.any("an algorithm").and_then(|oid| oid.oid("an algorithm")).map_err(damaged)?;
    let parameters = algorithm.required(tag::SEQUENCE, "parameters").map_err(damaged)?;
    if oid == PBES2 {
        return pbes2(der, &parameters);
    }
    let Some((_, cipher, java_knows)) = PKCS12_SCHEMES.iter().find(|(scheme, ..)| *scheme == oid) else {
        return Err(unsupported(format!("encryption algorithm {oid}")));
    };
    let mut fields = parameters.children();
    let salt = fields.required(tag::OCTET_STRING, "a salt").map_err(damaged)?;
    let iterations = fields.any("iterations").and_then(|n| n.unsigned("iterations")).map_err(damaged)?;
    let hash = Hash::by_digest(&SHA1).ok_or_else(|| unsupported("SHA-1".to_owned()))?;
    let (salt, iterations) = (bounded(&salt)?, bounded_iterations(iterations, "the encryption")?);
    Ok(Pbe { der: der.to_vec(), salt, iv: None, iterations, hash, cipher, java_knows: *java_knows })
}

fn pbes2(der: &[u8], parameters: &Element<'_>) -> Result<Pbe, StoreError> {
    let mut fields = parameters.children();
    let derivation = pbkdf2(&fields.required(tag::SEQUENCE, "a key derivation").map_err(damaged)?)?;
    let mut scheme = fields.required(tag::SEQUENCE, "an encryption scheme").map_err(damaged)?.children();
    let oid = scheme.any("a cipher").and_then(|oid| oid.oid("a cipher")).map_err(damaged)?;
    let Some((_, cipher, java_knows)) = PBES2_CIPHERS.iter().find(|(known, ..)| *known == oid) else {
        return Err(unsupported(format!("cipher {oid}")));
    };
    let iv = bounded(&scheme.required(tag::OCTET_STRING, "an initialisation vector").map_err(damaged)?)?;
    let Pbkdf2 { salt, iterations, hash, .. } = derivation;
    Ok(Pbe { der: der.to_vec(), salt, iv: Some(iv), iterations, hash, cipher, java_knows: *java_knows })
}

/// An AlgorithmIdentifier of PBKDF2 (RFC 8018 appendix A.2); ranges count as the element's offsets do.
pub(super) fn pbkdf2(algorithm: &Element<'_>) -> Result<Pbkdf2, StoreError> {
    let read = || -> Result<(Oid, Element<'_>, u32, Option<u32>, Oid), DerError> {
        let mut algorithm = algorithm.children();
        let oid = algorithm.any("a key derivation")?.oid("a key derivation")?;
        let mut fields = algorithm.required(tag::SEQUENCE, "parameters")?.children();
        let salt = fields.required(tag::OCTET_STRING, "a salt")?;
        let iterations = fields.any("iterations")?.unsigned("iterations")?;
        let length = fields.optional(tag::INTEGER)?.map(|length| length.unsigned("a length")).transpose()?;
        let prf = match fields.optional(tag::SEQUENCE)? {
            Some(prf) => prf.children().any("a PRF")?.oid("a PRF")?,
            None => HMAC_SHA1,
        };
        Ok((oid, salt, iterations, length, prf))
    };
    let (oid, salt, iterations, length, prf) = read().map_err(damaged)?;
    if oid != PBKDF2 {
        return Err(unsupported(format!("key derivation {oid}")));
    }
    let hash = Hash::by_hmac(&prf).ok_or_else(|| unsupported(format!("pseudorandom function {prf}")))?;
    Ok(Pbkdf2 { salt: bounded(&salt)?, iterations: bounded_iterations(iterations, "a key")?, length, hash })
}

/// Why Java refuses a salt of that many octets, if so.
pub(super) fn java_refuses_salt(octets: usize) -> Option<String> {
    (octets < MIN_JAVA_SALT)
        .then(|| format!("a salt of {octets} octets, where Java wants {MIN_JAVA_SALT} at least"))
}

pub(super) fn bounded_iterations(iterations: u32, what: &'static str) -> Result<u32, StoreError> {
    if iterations == 0 {
        return Err(unsupported(format!("0 iterations for {what}")));
    }
    if iterations > MAX_ITERATIONS {
        return Err(StoreError::IterationsTooHigh { what, iterations, limit: MAX_ITERATIONS });
    }
    Ok(iterations)
}

fn bounded(octets: &Element<'_>) -> Result<Range<usize>, StoreError> {
    let (start, length) = (octets.content_offset(), octets.content().len());
    if length > MAX_SALT {
        return Err(unsupported(format!("a salt of {length} octets")));
    }
    Ok(start..start + length)
}

fn damaged(source: DerError) -> StoreError {
    StoreError::Der { format: super::NAME, part: "an encryption algorithm", source }
}

fn unsupported(what: String) -> StoreError {
    StoreError::Unsupported {
        what,
        instead: "write the store anew with keytool or openssl pkcs12".to_owned(),
    }
}
