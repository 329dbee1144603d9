//! The attributes of a bag: its name, its key's identifier, whether Java trusts it (RFC 7292 section 4.2).

use crate::der::{self, DerError, Element, Oid, tag};

const FRIENDLY_NAME: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 9, 20]);
const LOCAL_KEY_ID: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 9, 21]);
/// Oracle's trustedKeyUsage: with it, whatever its value, a certificate is a trusted entry (PKCS12KeyStore.java).
const TRUSTED_KEY_USAGE: Oid = Oid::new(&[2, 16, 840, 1, 113_894, 746_875, 1, 1]);
const ANY_EXTENDED_KEY_USAGE: Oid = Oid::new(&[2, 5, 29, 37, 0]);

/// What the attributes of a bag say, and each as encoded.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) friendly_name: Option<String>,
    pub(super) local_key_id: Option<Vec<u8>>,
    pub(super) trusted: bool,
    /// Whether the name is not a BMPString, which Java refuses.
    pub(super) name_refused: bool,
    /// Why Java refuses the whole store because of them.
    pub(super) refused: Option<String>,
    encoded: Vec<(Oid, Vec<u8>)>,
}

impl Attributes {
    /// From the SET behind a bag's value.
    pub(super) fn read(set: &Element<'_>) -> Result<Self, DerError> {
        let mut attributes = Self::default();
        let mut reader = set.children();
        while let Some(attribute) = reader.next()? {
            let mut fields = attribute.expect(tag::SEQUENCE, "an attribute")?.children();
            let oid = fields.any("an attribute")?.oid("an attribute")?;
            let value = fields.required(tag::SET, "an attribute's values")?.children().next()?;
            attributes.add(&oid, value.as_ref())?;
            attributes.encoded.push((oid, attribute.whole().to_vec()));
        }
        Ok(attributes)
    }

    fn add(&mut self, oid: &Oid, value: Option<&Element<'_>>) -> Result<(), DerError> {
        match (*oid, value) {
            (TRUSTED_KEY_USAGE, _) => self.trusted = true,
            (FRIENDLY_NAME, Some(value)) if value.tag() == tag::BMP_STRING => {
                self.friendly_name = Some(bmp_text(value.content()));
            }
            (FRIENDLY_NAME, Some(value)) => {
                self.friendly_name = Some(String::from_utf8_lossy(value.content()).into_owned());
                self.refused = Some("a friendlyName that is not a BMPString".to_owned());
                self.name_refused = true;
            }
            (LOCAL_KEY_ID, Some(value)) => {
                self.local_key_id = Some(value.octets("localKeyID")?.into_owned());
            }
            (FRIENDLY_NAME | LOCAL_KEY_ID, None) => {
                self.refused = Some(format!("an attribute {oid} without value"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Those of a new trusted certificate, in Java's order.
    pub(super) fn trusted(name: &str) -> Self {
        let mut attributes = Self::named(name);
        attributes.mark_trusted();
        attributes
    }

    /// Makes them those of a trusted certificate.
    pub(super) fn mark_trusted(&mut self) {
        let usage = attribute(&TRUSTED_KEY_USAGE, &der::oid(&ANY_EXTENDED_KEY_USAGE));
        self.encoded.push((TRUSTED_KEY_USAGE, usage));
        self.trusted = true;
    }

    /// Those of a new key, or of its own certificate.
    pub(super) fn of_key(name: &str, key_id: &[u8]) -> Self {
        let encoded = attribute(&LOCAL_KEY_ID, &der::octet_string(key_id));
        let mut attributes = Self { local_key_id: Some(key_id.to_vec()), ..Self::named(name) };
        attributes.encoded.push((LOCAL_KEY_ID, encoded));
        attributes
    }

    /// A name and nothing else.
    pub(super) fn named(name: &str) -> Self {
        let mut attributes = Self::default();
        attributes.rename(name);
        attributes
    }

    /// Only the name changes; a bag that had none gets one in front.
    pub(super) fn rename(&mut self, name: &str) {
        let octets: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let encoded = attribute(&FRIENDLY_NAME, &der::tlv(tag::BMP_STRING, &octets));
        match self.encoded.iter_mut().find(|(oid, _)| *oid == FRIENDLY_NAME) {
            Some((_, old)) => *old = encoded,
            None => self.encoded.insert(0, (FRIENDLY_NAME, encoded)),
        }
        self.friendly_name = Some(name.to_owned());
        self.refused = None;
        self.name_refused = false;
    }

    /// The SET, or nothing if there are none.
    pub(super) fn encode(&self) -> Vec<u8> {
        if self.encoded.is_empty() {
            return Vec::new();
        }
        der::set(&self.encoded.iter().map(|(_, encoded)| encoded).collect::<Vec<_>>())
    }
}

fn attribute(oid: &Oid, value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::set(&[value])])
}

fn bmp_text(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).filter_map(|unit| Some(u16::from_be_bytes(unit.try_into().ok()?)));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
