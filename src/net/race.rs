//! The first of several addresses that answers: Happy Eyeballs (RFC 8305).
#![expect(clippy::disallowed_methods, reason = "net is the room that opens sockets")]

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::connect::Deadline;
use super::{NetError, Phase};

/// How long an attempt is alone before the next one begins beside it ("Connection Attempt Delay", section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to whichever address answers first, by the deadline. A lone address costs no thread.
pub(super) fn connect(
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<(TcpStream, SocketAddr), NetError> {
    if let [address] = addresses {
        return attempt(*address, deadline).map(|stream| (stream, *address));
    }
    let (answer, answers) = mpsc::channel();
    let mut waiting = interleaved(addresses).into_iter();
    let (mut running, mut failure) = (0, None);
    loop {
        if let Some(address) = waiting.next() {
            let answer = answer.clone();
            // Attempts that lose are left behind: each ends by the deadline.
            let begun = std::thread::Builder::new().name("connect".to_owned()).spawn(move || {
                // Another address may have answered before.
                let _ = answer.send((address, attempt(address, deadline)));
            });
            match begun {
                Ok(_) => running += 1,
                Err(error) => failure = Some(failed(address, error, deadline)),
            }
        }
        let left = deadline.left().unwrap_or_default();
        let patience = if waiting.len() > 0 { left.min(HEAD_START) } else { left };
        match answers.recv_timeout(patience) {
            Ok((address, Ok(stream))) => return Ok((stream, address)),
            Ok((_, Err(error))) => {
                running -= 1;
                failure = Some(match failure {
                    Some(last) => more_telling(last, error),
                    None => error,
                });
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let is_over = running == 0 && waiting.len() == 0 || deadline.left().is_none();
        if is_over {
            let peer = addresses.first().map(ToString::to_string).unwrap_or_default();
            return Err(failure.unwrap_or_else(|| deadline.passed(&peer, Phase::Connect)));
        }
    }
}

fn attempt(address: SocketAddr, deadline: Deadline) -> Result<TcpStream, NetError> {
    let left = deadline.left().ok_or_else(|| deadline.passed(&address.to_string(), Phase::Connect))?;
    TcpStream::connect_timeout(&address, left).map_err(|error| failed(address, error, deadline))
}

/// The resolver's order, which is that of RFC 6724, with the two families in turn (section 4).
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first_family =
        |address: &&SocketAddr| addresses.first().is_some_and(|first| first.is_ipv6() == address.is_ipv6());
    let mut first = addresses.iter().filter(is_first_family);
    let mut second = addresses.iter().filter(|address| !is_first_family(address));
    let mut order = Vec::with_capacity(addresses.len());
    while order.len() < addresses.len() {
        order.extend(first.next());
        order.extend(second.next());
    }
    order
}

fn failed(address: SocketAddr, error: io::Error, deadline: Deadline) -> NetError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => NetError::Refused { address },
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            deadline.passed(&address.to_string(), Phase::Connect)
        }
        _ => NetError::Unreachable { address, source: std::sync::Arc::new(error) },
    }
}

/// A refusal is an answer, silence is not, and no way there says least (a host without IPv6).
fn more_telling(a: NetError, b: NetError) -> NetError {
    let weight = |error: &NetError| match error {
        NetError::Refused { .. } => 2,
        NetError::TimedOut { .. } => 1,
        _ => 0,
    };
    if weight(&b) >= weight(&a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let order = |texts: &[&str]| {
            let addresses: Vec<SocketAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
            interleaved(&addresses).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let given = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        assert_eq!(order(&given), ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(order(&["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]), ["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]);
        assert_eq!(order(&[]), Vec::<String>::new());
    }
}
