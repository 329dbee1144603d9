//! Asking a server of another protocol to go over to TLS: what is said in the clear before the handshake.
//!
//! Replies are read octet by octet up to their end and never beyond. Whatever a server (or somebody on the way) sent
//! behind its yes is not taken for an answer given under TLS: it is an error where it is seen at once, and else the
//! handshake meets it and fails (response injection, as in CVE-2011-0411 and CVE-2021-23222).

mod ldap;
mod mail;
mod mysql;
mod postgres;

use std::fmt;
use std::io::{Read as _, Write as _};

use super::connect::Wire;
use super::{NetError, Phase};

/// Most octets received before TLS begins.
const MAX_TALK: usize = 64 * 1024;

/// Longest line read; RFC 5321 section 4.5.3.1.5 has 512 octets, and capabilities of IMAP servers fill more.
const MAX_LINE: usize = 8 * 1024;

/// Longest text of a server that an error repeats.
const MAX_SAID: usize = 200;

/// A protocol that begins in the clear and goes over to TLS on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StartTls {
    /// LDAP: the extended operation of RFC 4511 section 4.14.
    Ldap,
    /// SMTP: RFC 3207.
    Smtp,
    /// IMAP: RFC 3501 section 6.2.1.
    Imap,
    /// PostgreSQL: the SSLRequest message of its frontend/backend protocol.
    Postgres,
    /// MySQL and MariaDB: the SSLRequest packet of their client/server protocol.
    Mysql,
}

impl StartTls {
    /// Every protocol.
    pub const ALL: [Self; 5] = [Self::Ldap, Self::Smtp, Self::Imap, Self::Postgres, Self::Mysql];

    /// The scheme of its URLs, which is its name on the command line.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Ldap => "ldap",
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// By the scheme of a URL.
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        let scheme = if scheme == "postgresql" { "postgres" } else { scheme };
        Self::ALL.into_iter().find(|known| known.scheme() == scheme)
    }

    /// The port it has unless told.
    pub fn port(self) -> u16 {
        match self {
            Self::Ldap => 389,
            Self::Smtp => 25,
            Self::Imap => 143,
            Self::Postgres => 5432,
            Self::Mysql => 3306,
        }
    }
}

/// Its name for people.
impl fmt::Display for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ldap => "LDAP",
            Self::Smtp => "SMTP",
            Self::Imap => "IMAP",
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
        })
    }
}

/// Brings a fresh connection to the point where the server waits for a ClientHello. The wire's deadline holds.
pub(super) fn upgrade(wire: &mut Wire, peer: &str, protocol: StartTls) -> Result<(), NetError> {
    wire.begin(wire.deadline, MAX_TALK);
    let mut talk = Talk { wire, peer, protocol };
    match protocol {
        StartTls::Ldap => ldap::start(&mut talk)?,
        StartTls::Smtp => mail::smtp(&mut talk)?,
        StartTls::Imap => mail::imap(&mut talk)?,
        StartTls::Postgres => postgres::start(&mut talk)?,
        StartTls::Mysql => mysql::start(&mut talk)?,
    }
    if talk.wire.has_more() {
        return Err(NetError::Pipelined { peer: peer.to_owned() });
    }
    Ok(())
}

/// A conversation in the clear.
struct Talk<'a> {
    wire: &'a mut Wire,
    peer: &'a str,
    protocol: StartTls,
}

impl Talk<'_> {
    fn send(&mut self, octets: &[u8]) -> Result<(), NetError> {
        self.wire.write_all(octets).map_err(|error| self.broken(error))
    }

    /// The next octets, exactly as many.
    fn octets(&mut self, count: usize) -> Result<Vec<u8>, NetError> {
        if count > self.wire.budget {
            return Err(NetError::TooLarge { peer: self.peer.to_owned(), limit: MAX_TALK });
        }
        let mut octets = vec![0; count];
        self.wire.read_exact(&mut octets).map_err(|error| self.broken(error))?;
        Ok(octets)
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<String, NetError> {
        let mut line = Vec::new();
        loop {
            let octet = self.octets(1)?;
            match octet.as_slice() {
                b"\n" => break,
                _ if line.len() >= MAX_LINE => return Err(self.strange()),
                octet => line.extend_from_slice(octet),
            }
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned())
    }

    fn broken(&self, error: std::io::Error) -> NetError {
        match error.kind() {
            std::io::ErrorKind::FileTooLarge => {
                NetError::TooLarge { peer: self.peer.to_owned(), limit: MAX_TALK }
            }
            _ => self.wire.failure(self.peer, Phase::StartTls, error),
        }
    }

    /// The server understands, and will not.
    fn refused(&self, said: &str) -> NetError {
        let said = said.trim().chars().take(MAX_SAID).collect();
        NetError::StartTlsRefused { peer: self.peer.to_owned(), protocol: self.protocol, said }
    }

    /// The server speaks something else.
    fn strange(&self) -> NetError {
        let (peer, first) = (self.peer.to_owned(), self.wire.first.clone());
        NetError::NotStartTls { peer, protocol: self.protocol, first }
    }
}
