//! What is no store of ours, named, so that people know what they have.

use super::{StoreError, source};

/// Why octets of no known format are refused.
pub(super) fn refusal(bytes: &[u8]) -> StoreError {
    let unsupported = |what: &str, instead: &str| StoreError::Unsupported {
        what: what.to_owned(),
        instead: instead.to_owned(),
    };
    let keytool =
        "convert it with keytool -importkeystore -deststoretype PKCS12 and the Bouncy Castle provider";
    match bytes {
        // Bouncy Castle: version 1 or 2, then a salt of 20 octets with its length (BcKeyStoreSpi.java).
        [0, 0, 0, 1 | 2, 0, 0, 0, 20, ..] => unsupported("a Bouncy Castle store (BKS or UBER)", keytool),
        _ if is_bcfks(bytes) => unsupported("a Bouncy Castle FIPS store (BCFKS)", keytool),
        [b'S', b'Q', b'L', b'i', b't', b'e', b' ', ..] => unsupported(
            "an SQLite file, such as the cert9.db of NSS,",
            "use certutil -d sql:FOLDER on its folder",
        ),
        [0, 0, 0, 0, b'C', b'E', b'R', b'T', ..] => {
            unsupported("a Microsoft serialised store (SST)", "convert it with certutil -split -dump")
        }
        _ if source::is_certificates(bytes) => unsupported(
            "a bare certificate or PKCS7 file as a store",
            "name it as the source, and a JKS, PKCS12 or PEM file as the store",
        ),
        _ => StoreError::NotAStore,
    }
}

/// An ObjectStore of encrypted data and its integrity check (org.bouncycastle.asn1.bc.ObjectStore): three SEQUENCEs
/// one in the other, then an OBJECT IDENTIFIER.
fn is_bcfks(bytes: &[u8]) -> bool {
    use crate::der::{Reader, tag};
    let first = |bytes| Reader::new(bytes).required(tag::SEQUENCE, "a SEQUENCE").ok();
    let nested = || {
        let store = first(bytes)?;
        let data = first(store.content())?;
        let algorithm = first(data.content())?;
        let mut fields = data.children();
        fields.next().ok()??;
        let octets = fields.next().ok()??.tag() == tag::OCTET_STRING;
        Some(octets && algorithm.content().first() == Some(&tag::OID))
    };
    nested().unwrap_or(false)
}
