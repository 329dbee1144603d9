//! Which way a signature was made, from X.509 and from TLS identifiers.

use super::hash::Hash;
use crate::cert::{AlgorithmId, signature_name};
use crate::der::{DerError, Element, Oid, Reader, tag};

/// A signature algorithm with everything its check needs beside the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1(Hash),
    /// RSASSA-PSS.
    Pss {
        /// The hash of the message.
        hash: Hash,
        /// The hash inside MGF1.
        mgf: Hash,
        /// Length of the salt in octets.
        salt: usize,
    },
    /// ECDSA.
    Ecdsa(Hash),
    /// DSA.
    Dsa(Hash),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
}

impl Scheme {
    /// From an AlgorithmIdentifier; the error names what is not known.
    pub(super) fn of(algorithm: &AlgorithmId) -> Result<Self, String> {
        const PSS: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 10]);
        const SCHEMES: &[(Oid, Scheme)] = &[
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 11]), Scheme::Pkcs1(Hash::Sha256)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 12]), Scheme::Pkcs1(Hash::Sha384)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 13]), Scheme::Pkcs1(Hash::Sha512)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 14]), Scheme::Pkcs1(Hash::Sha224)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 15]), Scheme::Pkcs1(Hash::Sha512T224)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 16]), Scheme::Pkcs1(Hash::Sha512T256)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 5]), Scheme::Pkcs1(Hash::Sha1)),
            (Oid::new(&[1, 2, 840, 113_549, 1, 1, 4]), Scheme::Pkcs1(Hash::Md5)),
            (Oid::new(&[1, 2, 840, 10_045, 4, 3, 2]), Scheme::Ecdsa(Hash::Sha256)),
            (Oid::new(&[1, 2, 840, 10_045, 4, 3, 3]), Scheme::Ecdsa(Hash::Sha384)),
            (Oid::new(&[1, 2, 840, 10_045, 4, 3, 4]), Scheme::Ecdsa(Hash::Sha512)),
            (Oid::new(&[1, 2, 840, 10_045, 4, 3, 1]), Scheme::Ecdsa(Hash::Sha224)),
            (Oid::new(&[1, 2, 840, 10_045, 4, 1]), Scheme::Ecdsa(Hash::Sha1)),
            (Oid::new(&[1, 2, 840, 10_040, 4, 3]), Scheme::Dsa(Hash::Sha1)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 1]), Scheme::Dsa(Hash::Sha224)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 2]), Scheme::Dsa(Hash::Sha256)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 3]), Scheme::Dsa(Hash::Sha384)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 4]), Scheme::Dsa(Hash::Sha512)),
            (Oid::new(&[1, 3, 101, 112]), Scheme::Ed25519),
            (Oid::new(&[1, 3, 101, 113]), Scheme::Ed448),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 9]), Scheme::Ecdsa(Hash::Sha3_224)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 10]), Scheme::Ecdsa(Hash::Sha3_256)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 11]), Scheme::Ecdsa(Hash::Sha3_384)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 12]), Scheme::Ecdsa(Hash::Sha3_512)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 13]), Scheme::Pkcs1(Hash::Sha3_224)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 14]), Scheme::Pkcs1(Hash::Sha3_256)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 15]), Scheme::Pkcs1(Hash::Sha3_384)),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 3, 16]), Scheme::Pkcs1(Hash::Sha3_512)),
        ];
        if algorithm.oid == PSS {
            let parameters = algorithm.parameters.as_deref().unwrap_or(&[tag::SEQUENCE, 0]);
            return pss(parameters).ok_or_else(|| "RSASSA-PSS with these parameters".to_owned());
        }
        let known = SCHEMES.iter().find(|(oid, _)| *oid == algorithm.oid).map(|(_, scheme)| *scheme);
        known.ok_or_else(|| format!("signature algorithm {}", signature_name(&algorithm.oid)))
    }

    /// From a TLS SignatureScheme (RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1).
    pub(super) fn of_tls(scheme: u16) -> Option<Self> {
        let pss = |hash, salt| Self::Pss { hash, mgf: hash, salt };
        Some(match scheme {
            0x0101 => Self::Pkcs1(Hash::Md5),
            0x0201 => Self::Pkcs1(Hash::Sha1),
            0x0301 => Self::Pkcs1(Hash::Sha224),
            0x0401 => Self::Pkcs1(Hash::Sha256),
            0x0501 => Self::Pkcs1(Hash::Sha384),
            0x0601 => Self::Pkcs1(Hash::Sha512),
            0x0203 => Self::Ecdsa(Hash::Sha1),
            0x0303 => Self::Ecdsa(Hash::Sha224),
            0x0403 => Self::Ecdsa(Hash::Sha256),
            0x0503 => Self::Ecdsa(Hash::Sha384),
            0x0603 => Self::Ecdsa(Hash::Sha512),
            0x0804 | 0x0809 => pss(Hash::Sha256, 32),
            0x0805 | 0x080A => pss(Hash::Sha384, 48),
            0x0806 | 0x080B => pss(Hash::Sha512, 64),
            0x0807 => Self::Ed25519,
            0x0808 => Self::Ed448,
            _ => return None,
        })
    }
}

/// RSASSA-PSS-params (RFC 8017 appendix A.2.3): what is absent is SHA-1, MGF1 with SHA-1, 20.
fn pss(parameters: &[u8]) -> Option<Scheme> {
    const MGF1: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 8]);
    let mut fields =
        Reader::new(parameters).required(tag::SEQUENCE, "RSASSA-PSS parameters").ok()?.children();
    let (mut hash, mut mgf, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    while let Some(field) = fields.next().ok()? {
        let mut inner = field.children();
        match field.tag() {
            0xA0 => hash = Hash::of(&algorithm(&inner.any("a hash").ok()?).ok()?.0)?,
            0xA1 => {
                let (oid, parameters) = algorithm(&inner.any("a mask function").ok()?).ok()?;
                if oid != MGF1 {
                    return None;
                }
                mgf = Hash::of(&algorithm(&parameters?).ok()?.0)?;
            }
            0xA2 => salt = usize::try_from(inner.any("a length").ok()?.unsigned("a length").ok()?).ok()?,
            0xA3 => {}
            _ => return None,
        }
    }
    Some(Scheme::Pss { hash, mgf, salt })
}

fn algorithm<'a>(element: &Element<'a>) -> Result<(Oid, Option<Element<'a>>), DerError> {
    let mut fields = element.expect(tag::SEQUENCE, "an algorithm")?.children();
    let oid = fields.required(tag::OID, "an algorithm")?.oid("an algorithm")?;
    Ok((oid, fields.next()?))
}
