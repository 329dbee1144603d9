//! PKCS7 files that only carry certificates: a SignedData without signers (RFC 5652 section 5).

use crate::cert::Certificate;
use crate::der::{self, Oid, tag};

/// The content type of such files.
pub(super) const SIGNED_DATA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 7, 2]);
const DATA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 7, 1]);

/// The DER of a file with these certificates, in this order, which readers keep.
pub fn encode<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> Vec<u8> {
    let all: Vec<u8> = certificates.into_iter().flat_map(|certificate| certificate.der()).copied().collect();
    let none: [&[u8]; 0] = [];
    let signed = der::sequence(&[
        der::integer(1),
        der::set(&none),
        der::sequence(&[der::oid(&DATA)]),
        der::tlv(tag::context(0), &all),
        der::set(&none),
    ]);
    der::sequence(&[der::oid(&SIGNED_DATA), der::explicit(0, &signed)])
}
