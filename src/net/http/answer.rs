//! An answer from its first octet to its last, whatever frames it.

use super::{End, MAX_BODY, Response, Source};
use crate::net::{NetError, Phase};

/// Largest head taken: status line and fields.
const MAX_HEAD: usize = 64 * 1024;

/// Most header fields taken.
const MAX_FIELDS: usize = 100;

/// Longest line that announces a chunk.
const MAX_CHUNK_LINE: usize = 4 * 1024;

/// Most interim (1xx) answers before the one that counts.
const MAX_INTERIM: usize = 10;

/// Reads an answer.
pub(super) fn read(peer: &str, source: &mut dyn Source) -> Result<Response, NetError> {
    Answer { peer, source, buffer: Vec::new(), ended: None }.read()
}

/// Reads the head of an answer, and leaves it at that.
pub(super) fn head(peer: &str, source: &mut dyn Source) -> Result<Response, NetError> {
    Answer { peer, source, buffer: Vec::new(), ended: None }.head()
}

/// An answer being read: what has arrived and is not used yet.
struct Answer<'a> {
    peer: &'a str,
    source: &'a mut dyn Source,
    buffer: Vec<u8>,
    ended: Option<End>,
}

impl Answer<'_> {
    fn read(mut self) -> Result<Response, NetError> {
        for _ in 0..=MAX_INTERIM {
            let mut response = self.head()?;
            if !(100..200).contains(&response.status) {
                self.body(&mut response)?;
                return Ok(response);
            }
        }
        Err(self.fault("it sends interim answers without end"))
    }

    fn head(&mut self) -> Result<Response, NetError> {
        loop {
            if let Some(response) = self.parsed()? {
                return Ok(response);
            }
            if self.buffer.len() >= MAX_HEAD {
                return Err(self.fault("the head of its answer is too large"));
            }
            if !self.fill()? {
                let (peer, phase) = (self.peer.to_owned(), Phase::Exchange);
                return Err(match self.buffer.is_empty() {
                    true => NetError::Closed { peer, phase, reset: false },
                    false => self.fault("the answer ends inside its head"),
                });
            }
        }
    }

    fn parsed(&mut self) -> Result<Option<Response>, NetError> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut answer = httparse::Response::new(&mut fields);
        let length = match answer.parse(&self.buffer) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => {
                let begin: Vec<u8> = self.buffer.iter().take(40).copied().collect();
                return Err(self.fault(&format!("{error}, it begins \"{}\"", begin.escape_ascii())));
            }
        };
        let latin1 = |octets: &[u8]| octets.iter().copied().map(char::from).collect::<String>();
        let response = Response {
            status: answer.code.unwrap_or_default(),
            reason: answer.reason.unwrap_or_default().to_owned(),
            fields: answer.headers.iter().map(|field| (field.name.to_owned(), latin1(field.value))).collect(),
            body: Vec::new(),
            complete: true,
        };
        self.buffer.drain(..length);
        Ok(Some(response))
    }

    /// The body, by the rules of RFC 9112 section 6.3.
    fn body(&mut self, response: &mut Response) -> Result<(), NetError> {
        let all = |name: &str| {
            let named = response.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            let values = named.flat_map(|(_, value)| value.split(','));
            values.map(|value| value.trim().to_ascii_lowercase()).collect::<Vec<_>>()
        };
        let (codings, lengths) = (all("transfer-encoding"), all("content-length"));
        if matches!(response.status, 204 | 304) {
            return Ok(());
        }
        let (body, complete) = match (codings.as_slice(), lengths.as_slice()) {
            ([], []) => self.until_closed()?,
            ([], [first, rest @ ..]) => {
                let length = first.parse::<u64>().ok().filter(|_| rest.iter().all(|other| other == first));
                let length = length.ok_or_else(|| self.fault("its Content-Length is no number"))?;
                self.counted(length)?
            }
            ([coding], _) if coding == "chunked" => self.chunked()?,
            _ => return Err(self.fault("it uses a transfer coding that was not asked for")),
        };
        (response.body, response.complete) = (body, complete);
        Ok(())
    }

    fn until_closed(&mut self) -> Result<(Vec<u8>, bool), NetError> {
        while self.buffer.len() <= MAX_BODY && self.fill()? {}
        let complete = self.buffer.len() <= MAX_BODY && self.ended == Some(End::InOrder);
        self.buffer.truncate(MAX_BODY);
        Ok((std::mem::take(&mut self.buffer), complete))
    }

    fn counted(&mut self, length: u64) -> Result<(Vec<u8>, bool), NetError> {
        let kept = usize::try_from(length).unwrap_or(usize::MAX).min(MAX_BODY);
        while self.buffer.len() < kept && self.fill()? {}
        let complete = u64::try_from(self.buffer.len()).is_ok_and(|arrived| arrived >= length);
        self.buffer.truncate(kept);
        Ok((std::mem::take(&mut self.buffer), complete))
    }

    /// Chunks (RFC 9112 section 7.1). Trailers are not read: the connection ends here.
    fn chunked(&mut self) -> Result<(Vec<u8>, bool), NetError> {
        let mut body = Vec::new();
        loop {
            let (line, size) = match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) if self.buffer.len() < MAX_CHUNK_LINE => {
                    if self.fill()? {
                        continue;
                    }
                    return Ok((body, false));
                }
                _ => return Err(self.fault("its chunks do not hold together")),
            };
            self.buffer.drain(..line);
            if size == 0 {
                return Ok((body, true));
            }
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let kept = size.min(MAX_BODY - body.len());
            while self.buffer.len() < kept.saturating_add(2) && self.fill()? {}
            body.extend(self.buffer.iter().take(kept));
            if self.buffer.len() < kept.saturating_add(2) || kept < size {
                return Ok((body, false));
            }
            if self.buffer.get(kept..kept + 2) != Some(b"\r\n") {
                return Err(self.fault("its chunks do not hold together"));
            }
            self.buffer.drain(..kept + 2);
        }
    }

    /// Receives more; `false` when the stream has ended.
    fn fill(&mut self) -> Result<bool, NetError> {
        if self.ended.is_none() {
            self.ended = self.source.more(&mut self.buffer)?;
        }
        Ok(self.ended.is_none())
    }

    fn fault(&self, what: &str) -> NetError {
        NetError::NotHttp { peer: self.peer.to_owned(), what: what.to_owned() }
    }
}
