//! The writer: DER, shortest lengths, one function per kind of element.

use super::{Oid, tag};

/// An element with this identifier octet and content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = Vec::with_capacity(content.len() + 6);
    element.push(tag);
    let digits = content.len().to_be_bytes();
    let digits: Vec<u8> = digits.into_iter().skip_while(|digit| *digit == 0).collect();
    match digits.as_slice() {
        [] => element.push(0),
        [short @ 0..0x80] => element.push(*short),
        long => {
            element.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            element.extend_from_slice(long);
        }
    }
    element.extend_from_slice(content);
    element
}

/// SEQUENCE of encoded elements.
pub fn sequence<T: AsRef<[u8]>>(elements: &[T]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &joined(elements))
}

/// SET of encoded elements, in the order given. DER wants SET OF sorted; Java's stores do not sort, so neither does
/// this.
pub fn set<T: AsRef<[u8]>>(elements: &[T]) -> Vec<u8> {
    tlv(tag::SET, &joined(elements))
}

/// `[number] EXPLICIT` around an encoded element.
pub fn explicit(number: u8, element: &[u8]) -> Vec<u8> {
    tlv(tag::context(number), element)
}

/// INTEGER.
pub fn integer(value: u32) -> Vec<u8> {
    integer_from_octets(&value.to_be_bytes())
}

/// INTEGER from an unsigned big-endian number.
pub fn integer_from_octets(magnitude: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = magnitude.iter().copied().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(tag::INTEGER, &content)
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xFF } else { 0 }])
}

/// OCTET STRING.
pub fn octet_string(content: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, content)
}

/// BIT STRING of whole octets.
pub fn bit_string(content: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &[&[0], content].concat())
}

/// NULL.
pub fn null() -> Vec<u8> {
    vec![tag::NULL, 0]
}

/// OBJECT IDENTIFIER.
pub fn oid(oid: &Oid) -> Vec<u8> {
    tlv(tag::OID, oid.content())
}

fn joined<T: AsRef<[u8]>>(elements: &[T]) -> Vec<u8> {
    elements.iter().flat_map(|element| element.as_ref()).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_the_shortest() {
        assert_eq!(tlv(4, &[]), [4, 0]);
        assert_eq!(tlv(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(tlv(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn numbers_are_minimal_and_positive() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(integer(10_000), [2, 2, 0x27, 0x10]);
        assert_eq!(integer_from_octets(&[0, 0, 0xFF]), [2, 2, 0, 0xFF]);
    }
}
