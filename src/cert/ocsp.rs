//! What an OCSP response says (RFC 6960 section 4.2). Its signature is not checked: this is for showing.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::der::{DerError, Element, Reader, tag};

/// GeneralizedTime.
const GENERALIZED_TIME: u8 = 0x18;

/// ENUMERATED.
const ENUMERATED: u8 = 0x0A;

/// The first single response of an OCSP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspStatus {
    /// What is said of the certificate.
    pub answer: OcspAnswer,
    /// The serial number of the certificate it is about, as encoded.
    pub serial: Vec<u8>,
    /// Since when that is known to hold.
    pub this_update: Option<OffsetDateTime>,
    /// When newer is to be had.
    pub next_update: Option<OffsetDateTime>,
}

/// What a responder says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspAnswer {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked,
    /// The responder does not know the certificate.
    Unknown,
    /// There is no answer: the responder could not or would not give one.
    Unsuccessful,
}

impl OcspAnswer {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
            Self::Unsuccessful => "unsuccessful",
        }
    }
}

impl OcspStatus {
    /// Reads an OCSPResponse.
    ///
    /// # Errors
    /// [`DerError`] names the offset and what was expected there.
    pub fn from_der(der: &[u8]) -> Result<Self, DerError> {
        let response = Reader::new(der).required(tag::SEQUENCE, "an OCSP response")?;
        let mut response = response.children();
        let status = response.required(ENUMERATED, "a response status")?;
        let Some(bytes) = response.optional(tag::context(0))?.filter(|_| status.content() == [0]) else {
            let answer = OcspAnswer::Unsuccessful;
            return Ok(Self { answer, serial: Vec::new(), this_update: None, next_update: None });
        };
        let mut bytes = bytes.children().required(tag::SEQUENCE, "response bytes")?.children();
        bytes.required(tag::OID, "a response type")?;
        let basic = bytes.required(tag::OCTET_STRING, "a response")?;
        let basic = basic.children().required(tag::SEQUENCE, "a basic response")?;
        let mut data = basic.children().required(tag::SEQUENCE, "response data")?.children();
        data.optional(tag::context(0))?; // version
        data.any("a responder")?;
        data.required(GENERALIZED_TIME, "a time of production")?;
        let all = data.required(tag::SEQUENCE, "responses")?;
        single(&all.children().required(tag::SEQUENCE, "a single response")?)
    }
}

fn single(response: &Element<'_>) -> Result<OcspStatus, DerError> {
    let mut response = response.children();
    let mut id = response.required(tag::SEQUENCE, "a certificate ID")?.children();
    id.required(tag::SEQUENCE, "a hash algorithm")?;
    id.required(tag::OCTET_STRING, "an issuer name hash")?;
    id.required(tag::OCTET_STRING, "an issuer key hash")?;
    let serial = id.required(tag::INTEGER, "a serial number")?.content().to_vec();
    let status = response.any("a certificate status")?;
    // good [0] NULL, revoked [1] SEQUENCE, unknown [2] NULL
    let answer = match status.tag() & 0x1F {
        0 => OcspAnswer::Good,
        1 => OcspAnswer::Revoked,
        _ => OcspAnswer::Unknown,
    };
    let this_update = time(response.required(GENERALIZED_TIME, "thisUpdate")?.content());
    let next = response.optional(tag::context(0))?;
    let next = next.map(|next| next.children().required(GENERALIZED_TIME, "nextUpdate")).transpose()?;
    Ok(OcspStatus { answer, serial, this_update, next_update: next.and_then(|next| time(next.content())) })
}

/// `YYYYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5.2).
fn time(text: &[u8]) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix(b"Z").filter(|digits| digits.len() == 14)?;
    let number = |from: usize, to: usize| {
        let part = str::from_utf8(digits.get(from..to)?).ok()?;
        part.bytes().all(|octet| octet.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
    };
    let small = |from: usize| u8::try_from(number(from, from + 2)?).ok();
    let month = Month::try_from(small(4)?).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, small(6)?).ok()?;
    let time = Time::from_hms(small(8)?, small(10)?, small(12)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::der::{octet_string, oid, sequence, tlv};

    fn response() -> Vec<u8> {
        let id = sequence(&[
            tlv(tag::SEQUENCE, &[]),
            octet_string(&[1]),
            octet_string(&[2]),
            tlv(tag::INTEGER, &[0x0B]),
        ]);
        let times = [
            tlv(GENERALIZED_TIME, b"20261128000000Z"),
            tlv(tag::context(0), &tlv(GENERALIZED_TIME, b"20261205000000Z")),
        ];
        let single = sequence(&[id, tlv(0x80, &[]), times.concat()]);
        let data = [
            tlv(tag::context(2), &octet_string(&[3])),
            tlv(GENERALIZED_TIME, b"20261128000000Z"),
            sequence(&[single]),
        ];
        let basic = sequence(&[sequence(&data)]);
        let kind = oid(&crate::der::Oid::new(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 1]));
        let bytes = sequence(&[kind, octet_string(&basic)]);
        sequence(&[tlv(ENUMERATED, &[0]), tlv(tag::context(0), &bytes)])
    }

    #[test]
    fn a_response_is_read() {
        let status = OcspStatus::from_der(&response()).unwrap();
        assert_eq!((status.answer, status.serial.as_slice()), (OcspAnswer::Good, &[0x0B][..]));
        assert_eq!(status.next_update.unwrap() - status.this_update.unwrap(), ::time::Duration::days(7));
        let refusal = sequence(&[tlv(ENUMERATED, &[6])]);
        assert_eq!(OcspStatus::from_der(&refusal).unwrap().answer, OcspAnswer::Unsuccessful);
        assert_eq!(time(b"20261301000000Z"), None);
        assert_eq!(time(b"2026+101000000Z"), None);
    }

    proptest! {
        #[test]
        fn no_octets_panic(at in 0_usize..120, to in any::<u8>(), cut in 0_usize..160) {
            let mut octets = response();
            if let Some(octet) = octets.get_mut(at) {
                *octet = to;
            }
            octets.truncate(cut);
            let _ = OcspStatus::from_der(&octets);
        }
    }
}
