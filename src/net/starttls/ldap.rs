//! LDAP: ExtendedRequest StartTLS and its response (RFC 4511 sections 4.12 and 4.14).

use super::{NetError, Talk};
use crate::der::{Reader, tag};

/// LDAPMessage { messageID 1, ExtendedRequest { requestName 1.3.6.1.4.1.1466.20037 } }.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// ExtendedResponse: `[APPLICATION 24]`, constructed.
const RESPONSE: u8 = 0x78;

/// ENUMERATED.
const ENUMERATED: u8 = 0x0A;

pub(super) fn start(talk: &mut Talk<'_>) -> Result<(), NetError> {
    talk.send(REQUEST)?;
    let message = message(talk)?;
    let (code, said) = result(&message).ok_or_else(|| talk.strange())?;
    match code {
        0 => Ok(()),
        code => Err(talk.refused(&format!("{} ({code}) {said}", name(code)))),
    }
}

/// The content of the next message: a SEQUENCE of definite length (RFC 4511 section 5.1).
fn message(talk: &mut Talk<'_>) -> Result<Vec<u8>, NetError> {
    let header = talk.octets(2)?;
    let length = match header.as_slice() {
        [tag::SEQUENCE, short @ 0..=0x7F] => usize::from(*short),
        // Active Directory always writes four octets.
        [tag::SEQUENCE, long @ 0x81..=0x84] => {
            let octets = talk.octets(usize::from(*long & 0x7F))?;
            octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet))
        }
        _ => return Err(talk.strange()),
    };
    talk.octets(length)
}

/// resultCode and diagnosticMessage of an ExtendedResponse.
fn result(message: &[u8]) -> Option<(u32, String)> {
    let mut message = Reader::new(message);
    message.required(tag::INTEGER, "a message number").ok()?;
    let mut response = message.required(RESPONSE, "an extended response").ok()?.children();
    let code = response.required(ENUMERATED, "a result code").ok()?;
    let code = code.content().iter().take(4).fold(0, |code, octet| code << 8 | u32::from(*octet));
    response.required(tag::OCTET_STRING, "a matched name").ok()?;
    let said = response.required(tag::OCTET_STRING, "a message").ok()?;
    Some((code, String::from_utf8_lossy(said.content()).into_owned()))
}

/// The codes RFC 4511 section 4.14.2 and appendix A.2 lead to expect.
fn name(code: u32) -> &'static str {
    match code {
        1 => "operationsError",
        2 => "protocolError",
        10 => "referral",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        80 => "other",
        _ => "result code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_read() {
        let openldap = b"\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert_eq!(result(openldap), Some((0, String::new())));
        let refusal = b"\x02\x01\x01\x78\x0b\x0a\x01\x02\x04\x00\x04\x04none";
        assert_eq!(result(refusal), Some((2, "none".to_owned())));
        for damaged in [&b""[..], b"\x02\x01", b"\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"] {
            assert_eq!(result(damaged), None);
        }
    }
}
