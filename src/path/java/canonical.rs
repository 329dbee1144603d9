//! When Java takes two names for one: `X500Name.equals` compares RFC 2253 canonical strings.

use std::borrow::Cow;

use crate::cert::{Attribute, Name};
use crate::der::{Oid, tag};

/// A name in the form Java compares: one string per relative distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Canonical(Vec<String>);

impl Canonical {
    pub(super) fn of(name: &Name) -> Self {
        Self(name.rdns().iter().map(|rdn| canonical_rdn(rdn)).collect())
    }

    /// Whether this is the name's form. Most names differ in the first part, and the rest of them is left alone.
    pub(super) fn is(&self, name: &Name) -> bool {
        let rdns = name.rdns();
        self.0.len() == rdns.len() && self.0.iter().zip(rdns).all(|(own, rdn)| *own == canonical_rdn(rdn))
    }

    /// Whether the name lies at or below `base` (X500Name.isWithinSubtree).
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

/// Whether Java takes subject and issuer for one name (X509CertImpl.isSelfIssued).
pub fn same(left: &Name, right: &Name) -> bool {
    let (ours, theirs) = (left.rdns(), right.rdns());
    left.der() == right.der()
        || ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(left, right)| canonical_rdn(left) == canonical_rdn(right))
}

/// Attributes with a keyword first, each sort by its text (sun.security.x509.AVAComparator).
fn canonical_rdn(rdn: &[Attribute]) -> String {
    let mut parts: Vec<(bool, String)> = rdn
        .iter()
        .map(|attribute| (keyword(&attribute.oid).is_none(), canonical_attribute(attribute)))
        .collect();
    if parts.len() > 1 {
        parts.sort();
    }
    let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
    parts.join("+")
}

/// `AVA.toRFC2253CanonicalString`: text of two kinds of string is normalized, everything else is hexadecimal.
fn canonical_attribute(attribute: &Attribute) -> String {
    let comparable = matches!(attribute.tag, tag::PRINTABLE_STRING | tag::UTF8_STRING);
    match (keyword(&attribute.oid), &attribute.text) {
        (Some(keyword), Some(text)) if comparable => format!("{keyword}={}", folded(text)),
        (keyword, _) => {
            let keyword = keyword.map_or_else(|| Cow::Owned(attribute.oid.to_string()), Cow::Borrowed);
            let value = crate::der::tlv(attribute.tag, &attribute.value);
            format!("{keyword}=#{}", crate::digest::hex(&value))
        }
    }
}

/// White space trimmed and collapsed, special characters escaped, compatibility decomposition, case folded.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c <= ' ').filter(|word| !word.is_empty()).collect();
    let escaped: String = words.join(" ").chars().fold(String::new(), |mut escaped, c| {
        if matches!(c, ',' | '+' | '<' | '>' | ';' | '"' | '\\') || (c == '#' && escaped.is_empty()) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    });
    if escaped.is_ascii() {
        return escaped.to_ascii_lowercase();
    }
    let decomposed =
        icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd().normalize(&escaped).into_owned();
    decomposed.to_uppercase().to_lowercase()
}

/// The keywords of RFC 2253 (sun.security.x509.AVAKeyword); other types are compared by octets.
fn keyword(oid: &Oid) -> Option<&'static str> {
    const KEYWORDS: [(Oid, &str); 9] = [
        (Oid::new(&[2, 5, 4, 3]), "cn"),
        (Oid::new(&[2, 5, 4, 6]), "c"),
        (Oid::new(&[2, 5, 4, 7]), "l"),
        (Oid::new(&[2, 5, 4, 8]), "st"),
        (Oid::new(&[2, 5, 4, 10]), "o"),
        (Oid::new(&[2, 5, 4, 11]), "ou"),
        (Oid::new(&[2, 5, 4, 9]), "street"),
        (Oid::new(&[0, 9, 2342, 19_200_300, 100, 1, 25]), "dc"),
        (Oid::new(&[0, 9, 2342, 19_200_300, 100, 1, 1]), "uid"),
    ];
    KEYWORDS.iter().find(|(known, _)| known == oid).map(|(_, keyword)| *keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tag: u8, text: &str) -> Name {
        let oid = Oid::new(&[2, 5, 4, 3]);
        let attribute = Attribute { oid, tag, value: text.as_bytes().into(), text: Some(text.to_owned()) };
        Name::new(&[&[tag], text.as_bytes()].concat(), vec![vec![attribute]])
    }

    #[test]
    fn case_space_and_string_kind_do_not_matter() {
        assert!(same(&name(tag::UTF8_STRING, " Corp  Root"), &name(tag::PRINTABLE_STRING, "CORP root ")));
        assert!(same(&name(tag::UTF8_STRING, "Ångström"), &name(tag::UTF8_STRING, "A\u{30a}NGSTRÖM")));
        assert!(!same(&name(tag::UTF8_STRING, "Corp Root"), &name(tag::TELETEX_STRING, "Corp Root")));
        assert!(!same(&name(tag::UTF8_STRING, "CorpRoot"), &name(tag::UTF8_STRING, "Corp Root")));
    }
}
