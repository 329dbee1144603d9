//! ASN.1 as octets: a reader that keeps spans and tolerates BER, a writer, object identifiers.
//!
//! Store codecs need to know exactly which octets an element stood in, so that what is not edited is written back as
//! it was; decoders into owned values re-encode, and lose that.

mod oid;
mod reader;
mod writer;

pub use oid::Oid;
pub use reader::{DerError, Element, MAX_DEPTH, Reader};
pub use writer::{
    bit_string, boolean, explicit, integer, integer_from_octets, null, octet_string, oid, sequence, set, tlv,
};

/// Identifier octets used by the formats this crate reads (X.690 section 8.1.2).
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING, primitive.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING, primitive.
    pub const OCTET_STRING: u8 = 0x04;
    /// OCTET STRING, constructed (BER only).
    pub const OCTET_STRING_CONSTRUCTED: u8 = 0x24;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0C;
    /// NumericString.
    pub const NUMERIC_STRING: u8 = 0x12;
    /// PrintableString.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString (T61String).
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String.
    pub const IA5_STRING: u8 = 0x16;
    /// VisibleString.
    pub const VISIBLE_STRING: u8 = 0x1A;
    /// GeneralString.
    pub const GENERAL_STRING: u8 = 0x1B;
    /// UniversalString.
    pub const UNIVERSAL_STRING: u8 = 0x1C;
    /// BMPString.
    pub const BMP_STRING: u8 = 0x1E;
    /// SEQUENCE.
    pub const SEQUENCE: u8 = 0x30;
    /// SET.
    pub const SET: u8 = 0x31;

    /// `[number]`, constructed, context-specific (numbers below 31).
    pub const fn context(number: u8) -> u8 {
        0xA0 | number
    }

    /// `[number]`, primitive, context-specific (numbers below 31).
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }
}
