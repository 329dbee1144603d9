//! What Java minds less than this program does.

use crate::cert::Certificate;
use crate::der::{DerError, Reader, tag};

/// Deepest nesting looked into: the criticality of an extension lies four deep.
const MAX_DEPTH: u32 = 6;

/// Whether Java may read a certificate that this program cannot: it minds neither how the version is encoded, nor which octet
/// of a BOOLEAN says yes, nor bits left over, nor what is inside of extensions that are not critical. With these as they should
/// be, this program reads it too.
pub fn java_may_read(der: &[u8]) -> bool {
    let mut mended = der.to_vec();
    mend(Reader::new(der), MAX_DEPTH, false, &mut mended).is_ok() && Certificate::from_der(&mended).is_ok()
}

fn mend(mut reader: Reader<'_>, depth: u32, in_extensions: bool, mended: &mut [u8]) -> Result<(), DerError> {
    const VERSION: [u8; 5] = [0xA0, 3, tag::INTEGER, 1, 2];
    while let Some(element) = reader.next()? {
        let at = element.offset();
        let length = element.whole().len();
        match element.tag() {
            0xA0 if length == VERSION.len() => {
                if let Some(place) = mended.get_mut(at..at + length) {
                    place.copy_from_slice(&VERSION);
                }
            }
            tag::BOOLEAN if element.content().len() == 1 => {
                let value = mended.get_mut(element.content_offset()).filter(|value| **value != 0);
                value.into_iter().for_each(|value| *value = 0xFF);
            }
            tag::BIT_STRING if element.content().first().is_some_and(|unused| (1..8).contains(unused)) => {
                mended.get_mut(element.content_offset()).into_iter().for_each(|unused| *unused = 0);
            }
            // An identifier that nobody has: then nobody looks inside.
            tag::OID if in_extensions && length > 2 => {
                mended.get_mut(at + length - 1).into_iter().for_each(|last| *last = 0x7F);
            }
            constructed if constructed & 0x20 != 0 && depth > 0 => {
                mend(element.children(), depth - 1, in_extensions || constructed == 0xA3, mended)?;
            }
            _ => {}
        }
    }
    Ok(())
}
