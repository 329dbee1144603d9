//! A server's first flight, as far as it is in the clear, read from the wire's octets as they come.

use crate::net::{Alert, CipherSuite, Protocol};

/// Largest handshake message taken: eight times what JSSE takes by default.
const MAX_MESSAGE: usize = 256 * 1024;

/// Largest record (RFC 5246 section 6.2.3).
const MAX_RECORD: usize = (1 << 14) + 2048;

/// Most records without content, and most warnings.
const MAX_IDLE: usize = 32;

/// Most certificates kept.
const MAX_CERTIFICATES: usize = 1000;

/// RFC 8446 section 4.2.1.
const SUPPORTED_VERSIONS: usize = 43;

/// What a first flight says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flight {
    /// The version of the ServerHello.
    pub version: Option<Protocol>,
    /// The cipher suite of the ServerHello.
    pub cipher_suite: Option<CipherSuite>,
    /// The certificates as received.
    pub chain: Vec<Vec<u8>>,
    /// Whether there was a Certificate message without a certificate.
    pub presents_nothing: bool,
    /// The stapled OCSP response.
    pub stapled_ocsp: Option<Vec<u8>>,
    /// The names of the authorities in a certificate request, as encoded.
    pub request: Option<Vec<Vec<u8>>>,
    /// The fatal alert that ended it.
    pub alert: Option<Alert>,
}

/// Why octets are not a first flight.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlightError {
    /// The record layer does not hold.
    #[error("not a TLS record: type {kind}, version {version:#06x}, {length} octets")]
    Record {
        /// Its type.
        kind: u8,
        /// Its version.
        version: u16,
        /// Its length.
        length: usize,
    },
    /// A message beyond [`Flight`]'s bounds.
    #[error("a handshake message of {length} octets, more than is taken")]
    TooLarge {
        /// Its length.
        length: usize,
    },
    /// A message whose parts do not fit into it.
    #[error("the handshake message {kind} is damaged")]
    Damaged {
        /// Its type.
        kind: u8,
    },
    /// A message that does not belong into a server's first flight.
    #[error("the handshake message {kind} was not expected")]
    Unexpected {
        /// Its type.
        kind: u8,
    },
    /// Records that bring nothing, without end.
    #[error("records without content, one after the other")]
    Idle,
}

/// Puts a flight together from octets in any portions.
#[derive(Debug, Default)]
pub struct FlightReader {
    octets: Vec<u8>,
    messages: Vec<u8>,
    flight: Flight,
    idle: usize,
    over: bool,
}

impl FlightReader {
    /// Takes the next octets.
    ///
    /// # Errors
    /// [`FlightError`] at the first octet that cannot be; what was read before is kept.
    pub fn feed(&mut self, octets: &[u8]) -> Result<(), FlightError> {
        self.octets.extend_from_slice(octets);
        while let Some((kind, content)) = self.record()? {
            self.idle += usize::from(content.is_empty() || kind == 21);
            if self.idle > MAX_IDLE {
                return Err(FlightError::Idle);
            }
            match (kind, content.as_slice()) {
                (21, [2, alert, ..]) => {
                    self.flight.alert = Some(Alert(*alert));
                    self.over = true;
                }
                (21, _) => {}
                (22, _) => {
                    self.messages.extend(content);
                    self.messages()?;
                }
                // Whatever else comes, the part in the clear is over.
                _ => self.over = true,
            }
            if self.over {
                break;
            }
        }
        Ok(())
    }

    /// Whether nothing more is to be learnt.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What was read so far.
    pub fn flight(&self) -> &Flight {
        &self.flight
    }

    /// What was read.
    pub fn into_flight(self) -> Flight {
        self.flight
    }

    /// Takes one whole record off the front.
    fn record(&mut self) -> Result<Option<(u8, Vec<u8>)>, FlightError> {
        let [kind, major, minor, high, low, rest @ ..] = self.octets.as_slice() else { return Ok(None) };
        let (kind, length) = (*kind, usize::from(u16::from_be_bytes([*high, *low])));
        if !(20..=24).contains(&kind) || *major != 3 || length > MAX_RECORD {
            let version = u16::from_be_bytes([*major, *minor]);
            return Err(FlightError::Record { kind, version, length });
        }
        let Some(content) = rest.get(..length) else { return Ok(None) };
        let content = content.to_vec();
        self.octets.drain(..length + 5);
        Ok(Some((kind, content)))
    }

    /// Takes every whole handshake message off the front.
    fn messages(&mut self) -> Result<(), FlightError> {
        let messages = std::mem::take(&mut self.messages);
        let mut rest = messages.as_slice();
        while let [kind, a, b, c, body @ ..] = rest {
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if length > MAX_MESSAGE {
                return Err(FlightError::TooLarge { length });
            }
            let Some((body, behind)) = body.split_at_checked(length) else { break };
            self.message(*kind, body)?;
            rest = behind;
        }
        let read = messages.len() - rest.len();
        self.messages = messages;
        self.messages.drain(..read);
        Ok(())
    }

    fn message(&mut self, kind: u8, body: &[u8]) -> Result<(), FlightError> {
        let flight = &mut self.flight;
        let understood = match kind {
            // hello_request, new_session_ticket, server_key_exchange: nothing to learn.
            0 | 4 | 12 => Some(()),
            2 => {
                let read = server_hello(body, flight);
                // What follows is encrypted, or waits for another hello.
                self.over = flight.version == Some(Protocol::Tls13);
                read
            }
            11 => certificates(body).map(|chain| {
                flight.presents_nothing = chain.is_empty();
                flight.chain = chain;
            }),
            13 => authorities(body, flight.version).map(|names| flight.request = Some(names)),
            14 => {
                self.over = true;
                Some(())
            }
            22 => stapled(body).map(|response| flight.stapled_ocsp = Some(response)),
            _ => return Err(FlightError::Unexpected { kind }),
        };
        understood.ok_or(FlightError::Damaged { kind })
    }
}

/// RFC 5246 section 7.4.1.3; RFC 8446 section 4.1.3, and 4.1.4 of a HelloRetryRequest, which has the same form.
fn server_hello(body: &[u8], flight: &mut Flight) -> Option<()> {
    let mut cursor = Cursor(body);
    flight.version = Some(Protocol::from_wire(cursor.number(2)?.try_into().ok()?)?);
    cursor.take(32)?;
    cursor.counted(1)?;
    flight.cipher_suite = Some(CipherSuite(cursor.number(2)?.try_into().ok()?));
    // Extensions that do not hold, as of old servers, take nothing else away.
    if let Some(version) = selected_version(cursor) {
        flight.version = Some(version);
    }
    Some(())
}

/// The version in `supported_versions`, behind the cipher suite of a ServerHello.
fn selected_version(mut cursor: Cursor<'_>) -> Option<Protocol> {
    cursor.take(1)?;
    let mut extensions = Cursor(cursor.counted(2)?);
    loop {
        if let (SUPPORTED_VERSIONS, [high, low]) = (extensions.number(2)?, extensions.counted(2)?) {
            return Protocol::from_wire(u16::from_be_bytes([*high, *low]));
        }
    }
}

/// RFC 5246 section 7.4.2.
fn certificates(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    list(Cursor(body).counted(3)?, 3)
}

/// RFC 5246 section 7.4.4, and section 7.4.4 of RFC 4346 before it, which has no signature algorithms.
fn authorities(body: &[u8], version: Option<Protocol>) -> Option<Vec<Vec<u8>>> {
    let mut cursor = Cursor(body);
    cursor.counted(1)?;
    if version >= Some(Protocol::Tls12) {
        cursor.counted(2)?;
    }
    list(cursor.counted(2)?, 2)
}

/// CertificateStatus (RFC 6066 section 8).
fn stapled(body: &[u8]) -> Option<Vec<u8>> {
    let mut cursor = Cursor(body);
    cursor.take(1)?;
    cursor.counted(3).map(<[u8]>::to_vec)
}

fn list(octets: &[u8], width: usize) -> Option<Vec<Vec<u8>>> {
    let mut cursor = Cursor(octets);
    let mut items = Vec::new();
    while !cursor.0.is_empty() && items.len() < MAX_CERTIFICATES {
        items.push(cursor.counted(width)?.to_vec());
    }
    Some(items)
}

/// Octets being read front to back.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<usize> {
        Some(self.take(width)?.iter().fold(0, |number, octet| number << 8 | usize::from(*octet)))
    }

    /// Octets behind their count, which has `width` octets.
    fn counted(&mut self, width: usize) -> Option<&'a [u8]> {
        let count = self.number(width)?;
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ServerHello of TLS 1.1, a chain of two, a certificate request, ServerHelloDone.
    fn flight() -> Vec<u8> {
        let length = |part: &[u8]| u8::try_from(part.len()).unwrap();
        let message = |kind: u8, body: &[u8]| [&[kind, 0, 0, length(body)], body].concat();
        let hello = [&[3, 2][..], &[9; 32], &[0, 0, 0x2F, 0]].concat();
        let messages = [
            message(2, &hello),
            message(11, &[0, 0, 9, 0, 0, 2, 1, 2, 0, 0, 1, 3]),
            message(13, &[1, 1, 0, 4, 0, 2, 0x30, 0]),
            message(14, &[]),
        ]
        .concat();
        // Fragments that cut messages in two.
        messages.chunks(7).flat_map(|part| [&[22, 3, 2, 0, length(part)], part].concat()).collect()
    }

    #[test]
    fn a_flight_is_read_whatever_its_portions() {
        let octets = flight();
        for portion in [1, 3, octets.len()] {
            let mut reader = FlightReader::default();
            for piece in octets.chunks(portion) {
                assert!(!reader.is_over());
                reader.feed(piece).unwrap();
            }
            assert!(reader.is_over());
            let flight = reader.into_flight();
            assert_eq!(
                (flight.version, flight.cipher_suite),
                (Some(Protocol::Tls11), Some(CipherSuite(0x2F)))
            );
            assert_eq!(flight.chain, [vec![1, 2], vec![3]]);
            assert_eq!(flight.request, Some(vec![vec![0x30, 0]]));
        }
    }

    #[test]
    fn the_version_is_the_extensions_where_they_hold() {
        let hello = |extensions: &[u8]| {
            let body = [&[3, 3][..], &[9; 32], &[0, 0x13, 1, 0], extensions].concat();
            let length = |octets: usize| u8::try_from(octets).unwrap();
            let message = [&[2, 0, 0, length(body.len())][..], &body].concat();
            let mut reader = FlightReader::default();
            reader.feed(&[&[22, 3, 3, 0, length(message.len())][..], &message].concat()).unwrap();
            (reader.flight().version, reader.is_over())
        };
        let (old, new) = ((Some(Protocol::Tls12), false), (Some(Protocol::Tls13), true));
        assert_eq!(hello(&[]), old);
        assert_eq!(hello(&[0, 6, 0, 43, 0, 2, 3, 4]), new);
        assert_eq!(hello(&[0, 10, 0, 51, 0, 0, 0, 43, 0, 2, 3, 4]), new);
        assert_eq!(hello(&[0, 9, 0, 43, 0]), old, "cut");
        assert_eq!(hello(&[7]), old, "noise");
    }

    #[test]
    fn alerts_end_a_flight_and_warnings_do_not() {
        let mut reader = FlightReader::default();
        reader.feed(&[21, 3, 3, 0, 2, 1, 112]).unwrap();
        assert!(!reader.is_over());
        reader.feed(&[21, 3, 3, 0, 2, 2, 40]).unwrap();
        assert_eq!((reader.is_over(), reader.flight().alert), (true, Some(Alert::HANDSHAKE_FAILURE)));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let fed = |octets: &[u8]| FlightReader::default().feed(octets);
        let http = FlightError::Record { kind: b'H', version: 0x5454, length: 0x502F };
        assert_eq!(fed(b"HTTP/1.1 400"), Err(http));
        assert_eq!(
            fed(&[22, 3, 3, 0, 4, 11, 255, 255, 255]),
            Err(FlightError::TooLarge { length: 0xFF_FFFF })
        );
        assert_eq!(fed(&[22, 3, 3, 0, 5, 11, 0, 0, 1, 0]), Err(FlightError::Damaged { kind: 11 }));
        assert_eq!(fed(&[22, 3, 3, 0, 4, 1, 0, 0, 0]), Err(FlightError::Unexpected { kind: 1 }));
        assert_eq!(fed(&[22, 3, 3, 0, 0].repeat(40)), Err(FlightError::Idle));
    }

    proptest! {
        #[test]
        fn no_octets_panic(mut octets in Just(flight()), at in 0_usize..90, to in any::<u8>(), cut in 0_usize..130) {
            if let Some(octet) = octets.get_mut(at) {
                *octet = to;
            }
            octets.truncate(cut);
            let mut reader = FlightReader::default();
            let _ = reader.feed(&octets);
            prop_assert!(reader.flight().chain.len() <= 3);
        }
    }
}
