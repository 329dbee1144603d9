//! RSASSA-PSS parameters as the JDK compares them (sun.security.rsa.PSSParameters, RSAPSSSignature.isCompatible).

use super::{AlgorithmId, KeyAlgorithm, PublicKey};
use crate::der::{Element, Oid, Reader, tag};

/// What the parameters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// The hash of the message.
    pub hash: Oid,
    /// The hash of the mask.
    pub mask: Oid,
    /// The salt's length in octets.
    pub salt: u32,
    /// The trailer field, of which there is one kind.
    pub trailer: u32,
}

const SHA1: Oid = Oid::new(&[1, 3, 14, 3, 2, 26]);

/// Reads parameters; `None` when there are none.
pub fn of(parameters: Option<&[u8]>) -> Option<Parameters> {
    let mut fields = Reader::new(parameters?).required(tag::SEQUENCE, "parameters").ok()?.children();
    let mut read = Parameters { hash: SHA1, mask: SHA1, salt: 20, trailer: 1 };
    while let Some(field) = fields.next().ok()? {
        let inner = field.children().any("a parameter").ok()?;
        match field.tag() {
            0xA0 => read.hash = algorithm(&inner)?.0,
            0xA1 => read.mask = algorithm(&algorithm(&inner)?.1?)?.0,
            0xA2 => read.salt = inner.unsigned("a length").ok()?,
            0xA3 => read.trailer = inner.unsigned("a trailer").ok()?,
            _ => {}
        }
    }
    Some(read)
}

fn algorithm<'a>(element: &Element<'a>) -> Option<(Oid, Option<Element<'a>>)> {
    let mut fields = element.children();
    let oid = fields.required(tag::OID, "an algorithm").ok()?.oid("an algorithm").ok()?;
    Some((oid, fields.next().ok()?))
}

/// Whether a key that says how it is to be used may have made such a signature: the same hashes, and at least its salt.
pub fn allows(key: &PublicKey, algorithm: &AlgorithmId) -> bool {
    let own = of(key.parameters.as_deref()).filter(|_| key.algorithm == KeyAlgorithm::RsaPss);
    match (own, of(algorithm.parameters.as_deref())) {
        (Some(own), Some(used)) => own.hash == used.hash && own.mask == used.mask && own.salt <= used.salt,
        _ => true,
    }
}
