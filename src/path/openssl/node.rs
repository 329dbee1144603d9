//! A certificate with what OpenSSL derives from it once (`ossl_x509v3_cache_extensions`), and who may have issued whom.

use std::collections::HashMap;
use std::rc::Rc;

use super::checks::is_ca;
use super::forms::{are_names_whole, is_key};
use crate::cert::{Certificate, GeneralName, KeyAlgorithm, Name, signature_name};
use crate::der::{Oid, tag};

/// A certificate and its cached properties.
pub(super) struct Node<'a> {
    pub(super) certificate: &'a Certificate,
    subject: Rc<Canonical>,
    issuer: Rc<Canonical>,
    /// `EXFLAG_SI`: subject and issuer are one name.
    pub(super) self_issued: bool,
    /// `EXFLAG_SS`: and nothing speaks against its own key having signed it. The signature is not looked at.
    pub(super) self_signed: bool,
    /// `EXFLAG_INVALID`: an extension cannot be read, or stands there twice.
    pub(super) malformed: bool,
}

impl<'a> Node<'a> {
    pub(super) fn new(certificate: &'a Certificate, forms: &mut Forms<'a>) -> Self {
        let (subject, issuer) = (forms.of(certificate.subject()), forms.of(certificate.issuer()));
        let self_issued = subject == issuer;
        let extensions = certificate.extensions();
        let twice = |oid: Oid| extensions.iter().filter(|extension| extension.oid == oid).count() > 1;
        let read = READ.iter().any(|oid| twice(*oid));
        let malformed = read
            || extensions.iter().any(|extension| extension.malformed)
            || certificate.key_usage().is_some_and(|usage| usage.0 == 0)
            || !are_names_whole(certificate);
        let mut node = Self { certificate, subject, issuer, self_issued, self_signed: false, malformed };
        node.self_signed = self_issued && node.has_key_asked_for(&node) && node.has_kind_of_key(&node);
        node
    }

    /// Whether it is the very same element of the same list.
    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    /// `ossl_x509_likely_issued`: name, key identifiers and kind of key; not the signature.
    pub(super) fn likely_issued(&self, subject: &Node<'_>) -> bool {
        self.subject == subject.issuer
            && !self.malformed
            && !subject.malformed
            && self.has_key_asked_for(subject)
            && self.has_kind_of_key(subject)
    }

    /// `X509_check_akid`.
    fn has_key_asked_for(&self, subject: &Node<'_>) -> bool {
        let Some(id) = subject.certificate.authority_key_id() else { return true };
        if let (Some(wanted), Some(found)) = (id.key_id.as_deref(), self.certificate.subject_key_id())
            && wanted != found
        {
            return false;
        }
        let serial = self.certificate.serial();
        if id.serial.as_deref().is_some_and(|wanted| number(wanted) != number(serial)) {
            return false;
        }
        let named = id.issuer.iter().flatten().find_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        });
        named.is_none_or(|name| Canonical::of(name) == *self.issuer)
    }

    /// `check_sig_alg_match`: whether a key of this kind can have made the subject's signature.
    fn has_kind_of_key(&self, subject: &Node<'_>) -> bool {
        let algorithm = signature_name(&subject.certificate.signature_algorithm().oid);
        let key = self.certificate.public_key();
        match key.algorithm {
            _ if !is_key(key) => false,
            KeyAlgorithm::Rsa => algorithm.ends_with("withRSA") || algorithm == "RSASSA-PSS",
            KeyAlgorithm::RsaPss => algorithm == "RSASSA-PSS",
            // Nor is ECDSA with SHA-3 in 3.0.
            KeyAlgorithm::Ec(_) => algorithm.ends_with("withECDSA") && !algorithm.starts_with("SHA3-"),
            // With the longer hashes it is no pair that OpenSSL knows (crypto/objects/obj_xref.txt).
            KeyAlgorithm::Dsa => {
                ["SHA1withDSA", "SHA224withDSA", "SHA256withDSA"].contains(&algorithm.as_str())
            }
            KeyAlgorithm::Ed25519 => algorithm == "Ed25519",
            KeyAlgorithm::Ed448 => algorithm == "Ed448",
            KeyAlgorithm::Dh | KeyAlgorithm::X25519 | KeyAlgorithm::X448 | KeyAlgorithm::Other(_) => false,
        }
    }
}

/// `ossl_x509_signing_allowed`: keyUsage alone.
pub(super) fn may_sign(issuer: &Certificate) -> bool {
    issuer.key_usage().is_none_or(|usage| usage.key_cert_sign())
}

/// `V1_ROOT`, and what else `check_ca` asks of the node.
pub(super) fn is_issuer(node: &Node<'_>) -> u8 {
    is_ca(node.certificate, node.certificate.version() == 1 && node.self_signed)
}

/// A serial number without the zeros in front.
fn number(octets: &[u8]) -> &[u8] {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    octets.get(first..).unwrap_or_default()
}

/// The extensions that are read into the cache.
const READ: [Oid; 8] = [
    Oid::new(&[2, 5, 29, 14]),
    Oid::new(&[2, 5, 29, 15]),
    Oid::new(&[2, 5, 29, 17]),
    Oid::new(&[2, 5, 29, 19]),
    Oid::new(&[2, 5, 29, 30]),
    Oid::new(&[2, 5, 29, 31]),
    Oid::new(&[2, 5, 29, 35]),
    Oid::new(&[2, 5, 29, 37]),
];

/// The comparable forms of names, each made once: the names of a store are few.
#[derive(Default)]
pub(super) struct Forms<'a>(HashMap<&'a [u8], Rc<Canonical>>);

impl<'a> Forms<'a> {
    fn of(&mut self, name: &'a Name) -> Rc<Canonical> {
        Rc::clone(self.0.entry(name.der()).or_insert_with(|| Rc::new(Canonical::of(name))))
    }
}

/// A name as `X509_NAME_cmp` compares it (`x509_name_canon`): text in UTF-8, without white space at its ends, with one
/// space where there are several, ASCII in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Canonical(Vec<Vec<(Oid, u8, Vec<u8>)>>);

impl Canonical {
    pub(super) fn of(name: &Name) -> Self {
        let attribute = |attribute: &crate::cert::Attribute| match &attribute.text {
            // Digits are not among what is made comparable.
            Some(text) if attribute.tag != tag::NUMERIC_STRING => {
                let words: Vec<&str> = text.split_ascii_whitespace().collect();
                (attribute.oid, 0, words.join(" ").to_ascii_lowercase().into_bytes())
            }
            _ => (attribute.oid, attribute.tag, attribute.value.to_vec()),
        };
        let relative = |attributes: &Vec<crate::cert::Attribute>| {
            let mut set: Vec<(Oid, u8, Vec<u8>)> = attributes.iter().map(attribute).collect();
            set.sort_by(|left, right| (left.0.content(), &left.2).cmp(&(right.0.content(), &right.2)));
            set
        };
        Self(name.rdns().iter().map(relative).collect())
    }

    /// `nc_dn`.
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}
