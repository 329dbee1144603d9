//! PostgreSQL: the SSLRequest message ("SSL Session Encryption" in its chapter on message flow).

use super::{NetError, Talk};

/// Length 8, code 80877103.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

pub(super) fn start(talk: &mut Talk<'_>) -> Result<(), NetError> {
    talk.send(&REQUEST)?;
    match talk.octets(1)?.as_slice() {
        b"S" => Ok(()),
        b"N" => Err(talk.refused("ssl is off there")),
        // A server that could not even start a process for us says so as an ErrorResponse.
        b"E" => {
            let said = error(talk)?;
            Err(talk.refused(&said))
        }
        _ => Err(talk.strange()),
    }
}

/// The message field of an ErrorResponse: fields of a type octet and a string that ends with NUL.
fn error(talk: &mut Talk<'_>) -> Result<String, NetError> {
    let length = talk.octets(4)?.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
    let fields = talk.octets(length.checked_sub(4).ok_or_else(|| talk.strange())?)?;
    let message = fields.split(|octet| *octet == 0).find_map(|field| field.strip_prefix(b"M"));
    Ok(String::from_utf8_lossy(message.unwrap_or(b"an error without a message")).into_owned())
}
