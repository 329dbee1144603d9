//! Distinguished names, with the encoding kept and the text as Java shows it.

use std::fmt;

use crate::der::{Oid, tag};

/// An X.501 Name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    der: Box<[u8]>,
    rdns: Vec<Vec<Attribute>>,
}

/// One attribute of a relative distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// Its type.
    pub oid: Oid,
    /// The identifier octet of its value, which tells the kind of string.
    pub tag: u8,
    /// The content octets of its value.
    pub value: Box<[u8]>,
    /// The value as text; `None` if it is not a string or not decodable as the kind it says it is.
    pub text: Option<String>,
}

/// commonName.
const COMMON_NAME: Oid = Oid::new(&[2, 5, 4, 3]);
/// organizationName.
const ORGANIZATION: Oid = Oid::new(&[2, 5, 4, 10]);

/// Attribute types by keyword, as the JDK knows them (sun.security.x509.AVAKeyword).
const KEYWORDS: [(Oid, &str); 18] = [
    (COMMON_NAME, "CN"),
    (Oid::new(&[2, 5, 4, 6]), "C"),
    (Oid::new(&[2, 5, 4, 7]), "L"),
    (Oid::new(&[2, 5, 4, 8]), "ST"),
    (ORGANIZATION, "O"),
    (Oid::new(&[2, 5, 4, 11]), "OU"),
    (Oid::new(&[2, 5, 4, 12]), "T"),
    (Oid::new(&[1, 3, 6, 1, 4, 1, 42, 2, 11, 2, 1]), "IP"),
    (Oid::new(&[2, 5, 4, 9]), "STREET"),
    (Oid::new(&[0, 9, 2342, 19_200_300, 100, 1, 25]), "DC"),
    (Oid::new(&[2, 5, 4, 46]), "DNQ"),
    (Oid::new(&[2, 5, 4, 4]), "SURNAME"),
    (Oid::new(&[2, 5, 4, 42]), "GIVENNAME"),
    (Oid::new(&[2, 5, 4, 43]), "INITIALS"),
    (Oid::new(&[2, 5, 4, 44]), "GENERATION"),
    (Oid::new(&[1, 2, 840, 113_549, 1, 9, 1]), "EMAILADDRESS"),
    (Oid::new(&[0, 9, 2342, 19_200_300, 100, 1, 1]), "UID"),
    (Oid::new(&[2, 5, 4, 5]), "SERIALNUMBER"),
];

impl Name {
    pub(crate) fn new(der: &[u8], rdns: Vec<Vec<Attribute>>) -> Self {
        Self { der: der.into(), rdns }
    }

    /// The encoding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Relative distinguished names in the order of the encoding, most general first.
    pub fn rdns(&self) -> &[Vec<Attribute>] {
        &self.rdns
    }

    /// Whether there is no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The most specific commonName.
    pub fn common_name(&self) -> Option<&str> {
        self.last(&COMMON_NAME)
    }

    /// The most specific organizationName.
    pub fn organization(&self) -> Option<&str> {
        self.last(&ORGANIZATION)
    }

    /// The most specific commonName as encoded.
    pub fn common_name_attribute(&self) -> Option<&Attribute> {
        self.find(&COMMON_NAME)
    }

    fn last(&self, oid: &Oid) -> Option<&str> {
        self.find(oid)?.text.as_deref()
    }

    fn find(&self, oid: &Oid) -> Option<&Attribute> {
        self.rdns.iter().rev().flatten().find(|attribute| attribute.oid == *oid)
    }

    /// As `X500Name.toString` of this feature release prints it: like the usual form, but for values that it has no text for.
    pub fn java(&self, feature: u32) -> String {
        let rdn = |rdn: &Vec<Attribute>| {
            let parts: Vec<String> = rdn.iter().map(|attribute| attribute.java(feature)).collect();
            parts.join(" + ")
        };
        self.rdns.iter().rev().map(rdn).collect::<Vec<String>>().join(", ")
    }
}

impl Attribute {
    /// What `DerValue.getAsString` of this feature release makes of the value: of octets that are none of its kind's,
    /// replacement characters; `None` for kinds that it does not take for text.
    pub fn java_text(&self, feature: u32) -> Option<String> {
        let ascii =
            |octet: &u8| if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER };
        match self.tag {
            tag::UTF8_STRING => Some(String::from_utf8_lossy(&self.value).into_owned()),
            tag::PRINTABLE_STRING | tag::IA5_STRING | tag::GENERAL_STRING => {
                Some(self.value.iter().map(ascii).collect())
            }
            tag::UNIVERSAL_STRING if feature < JAVA_UNIVERSAL_STRINGS => None,
            tag::UNIVERSAL_STRING => {
                let (units, rest) = self.value.as_chunks::<4>();
                let units = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
                let rest = (!rest.is_empty()).then_some(None);
                Some(units.chain(rest).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
            }
            tag::BMP_STRING => {
                let (units, rest) = self.value.as_chunks::<2>();
                let units = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)));
                let rest = (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
                Some(units.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).chain(rest).collect())
            }
            tag::TELETEX_STRING => self.text.clone(),
            _ => None,
        }
    }

    fn java(&self, feature: u32) -> String {
        let text = self.java_text(feature);
        let hexadecimal = text.is_none();
        let shown = Self { text, ..self.clone() }.to_string();
        match shown.split_once('=') {
            Some((keyword, value)) if hexadecimal && feature >= JAVA_LOWER_CASE => {
                format!("{keyword}={}", value.to_ascii_lowercase())
            }
            _ => shown,
        }
    }
}

/// The first release whose DerValue reads a UniversalString, and the first whose AVA writes hexadecimal digits small.
const JAVA_UNIVERSAL_STRINGS: u32 = 17;
const JAVA_LOWER_CASE: u32 = 17;

/// Most specific first, `CN=.., O=..`: as `X500Name.toString` of the JDK prints it.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rdn) in self.rdns.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            for (index, attribute) in rdn.iter().enumerate() {
                if index > 0 {
                    f.write_str(" + ")?;
                }
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// `CN=value`, the value in quotes where it holds a separator, `OID.1.2.3=#hex` where it is not text
/// (sun.security.x509.AVA.toString).
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KEYWORDS.iter().find(|(oid, _)| *oid == self.oid) {
            Some((_, keyword)) => write!(f, "{keyword}=")?,
            None => write!(f, "OID.{}=", self.oid)?,
        }
        let Some(text) = &self.text else {
            let whole = crate::der::tlv(self.tag, &self.value);
            return write!(f, "#{}", crate::digest::hex(&whole).to_ascii_uppercase());
        };
        let special = |c: char| ",+=\n<>#;\\\"".contains(c);
        if text.contains(special) || text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") {
            f.write_str("\"")?;
            for c in text.chars() {
                if matches!(c, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
            f.write_str("\"")
        } else {
            f.write_str(text)
        }
    }
}

/// A string value as text, by its tag; `None` for other kinds and for octets that are not of the kind.
pub(crate) fn text(string: u8, content: &[u8]) -> Option<String> {
    match string {
        tag::UTF8_STRING => String::from_utf8(content.to_vec()).ok(),
        tag::PRINTABLE_STRING | tag::IA5_STRING | tag::NUMERIC_STRING | tag::VISIBLE_STRING => {
            content.is_ascii().then(|| content.iter().copied().map(char::from).collect())
        }
        // T.61 in the standard, Latin-1 in every certificate seen; the JDK reads it so too.
        tag::TELETEX_STRING => Some(content.iter().copied().map(char::from).collect()),
        tag::BMP_STRING => {
            let units = content.chunks_exact(2);
            let complete = units.remainder().is_empty();
            let units = units.filter_map(|unit| Some(u16::from_be_bytes(unit.try_into().ok()?)));
            complete.then(|| char::decode_utf16(units).collect::<Result<String, _>>().ok())?
        }
        tag::UNIVERSAL_STRING => {
            let units = content.chunks_exact(4);
            let complete = units.remainder().is_empty();
            let mut units = units.map(|unit| char::from_u32(u32::from_be_bytes(unit.try_into().ok()?)));
            complete.then(|| units.by_ref().collect::<Option<String>>())?
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(oid: Oid, text: &str) -> Attribute {
        Attribute { oid, tag: tag::UTF8_STRING, value: text.as_bytes().into(), text: Some(text.to_owned()) }
    }

    #[test]
    fn names_read_as_java_prints_them() {
        let rdns = vec![vec![attribute(ORGANIZATION, "Corp, Inc")], vec![attribute(COMMON_NAME, "root")]];
        let name = Name::new(&[], rdns);
        assert_eq!(name.to_string(), "CN=root, O=\"Corp, Inc\"");
        assert_eq!((name.common_name(), name.organization()), (Some("root"), Some("Corp, Inc")));
    }

    #[test]
    fn strings_of_every_kind() {
        assert_eq!(text(tag::BMP_STRING, &[0, 0x41, 0xD8, 0x34, 0xDD, 0x1E]).as_deref(), Some("A𝄞"));
        assert_eq!(text(tag::TELETEX_STRING, &[0xFC]).as_deref(), Some("ü"));
        assert_eq!(text(tag::UNIVERSAL_STRING, &[0, 0, 0, 0x41]).as_deref(), Some("A"));
        assert_eq!(text(tag::UTF8_STRING, &[0xFF]), None);
        assert_eq!(text(tag::BMP_STRING, &[0]), None);
    }
}
