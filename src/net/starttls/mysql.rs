//! MySQL and MariaDB: the server's greeting, then an SSLRequest packet (chapter "Connection Phase" of their protocol).

use super::{NetError, Talk};

/// Longest greeting read.
const MAX_GREETING: usize = 4096;

/// CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH.
const CAPABILITIES: u32 = 0x0200 | CLIENT_SSL as u32 | 0x8000 | 0x0008_0000;

const CLIENT_SSL: u16 = 0x0800;

/// utf8mb4_general_ci, which all versions in use know.
const CHARACTER_SET: u8 = 45;

pub(super) fn start(talk: &mut Talk<'_>) -> Result<(), NetError> {
    let header = talk.octets(4)?;
    let length = match header.as_slice() {
        [low, middle, high, 0] => usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16,
        _ => return Err(talk.strange()),
    };
    if length > MAX_GREETING {
        return Err(talk.strange());
    }
    let greeting = talk.octets(length)?;
    if let [0xFF, _, _, said @ ..] = greeting.as_slice() {
        // A host that is not allowed, or too many connections. Versions differ in whether a state stands before it.
        let said = match said {
            [b'#', _, _, _, _, _, said @ ..] => said,
            said => said,
        };
        return Err(talk.refused(&String::from_utf8_lossy(said)));
    }
    let offers = capabilities(&greeting).ok_or_else(|| talk.strange())?;
    if offers & CLIENT_SSL == 0 {
        return Err(talk.refused("its greeting offers no TLS"));
    }
    let mut request = vec![32, 0, 0, 1];
    request.extend(CAPABILITIES.to_le_bytes());
    request.extend((1_u32 << 24).to_le_bytes()); // the largest packet taken
    request.push(CHARACTER_SET);
    request.extend([0; 23]);
    talk.send(&request)
}

/// The lower two octets of the capabilities of a greeting of version 10.
fn capabilities(greeting: &[u8]) -> Option<u16> {
    let rest = greeting.strip_prefix(&[10])?;
    let end = rest.iter().position(|octet| *octet == 0)?;
    // NUL, connection number, the first part of the challenge, a filler.
    let behind = rest.get(end + 1 + 4 + 8 + 1..)?;
    match behind {
        [low, high, ..] => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_tell_whether_tls_is_had() {
        let mut greeting = b"\x0a8.0.36\0\x05\0\0\0abcdefgh\0".to_vec();
        assert_eq!(capabilities(&greeting), None);
        greeting.extend([0xFF, 0xF7]);
        assert_eq!(capabilities(&greeting), Some(0xF7FF));
        assert_eq!(capabilities(b"\x095.0"), None);
        assert_eq!(capabilities(b"\x0a5.0"), None);
    }
}
