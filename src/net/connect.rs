//! TCP with deadlines: addresses, and every read and write on the clock.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::{Endpoint, Host, NetError, Options, Phase, race};

/// Most addresses tried for one name.
const MAX_ADDRESSES: usize = 16;

/// An instant by which something must be done, and how long that was when it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    pub(super) fn after(allowed: Duration) -> Self {
        let now = Instant::now();
        // A duration beyond the clock's range is none: a day is as good.
        let at = now.checked_add(allowed).unwrap_or_else(|| now + Duration::from_secs(86_400));
        Self { at, allowed }
    }

    /// A deadline for a part: `allowed` from now, never past this one.
    pub(super) fn within(self, allowed: Duration) -> Self {
        let part = Self::after(allowed);
        if part.at < self.at { part } else { self }
    }

    /// Time left; `None` when there is none.
    pub(super) fn left(self) -> Option<Duration> {
        self.at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    pub(super) fn passed(self, peer: &str, phase: Phase) -> NetError {
        NetError::TimedOut { peer: peer.to_owned(), phase, after: self.allowed }
    }
}

/// A connection whose every read and write ends by the deadline; it keeps the first octets it received.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) deadline: Deadline,
    /// The first octets received since [`Wire::begin`].
    pub(super) first: Vec<u8>,
    /// As many octets received since then as were to be kept.
    pub(super) kept: Vec<u8>,
    keep: usize,
    /// How many octets may still be received; reading beyond is an error of kind `FileTooLarge`.
    pub(super) budget: usize,
}

impl Wire {
    /// Opens a connection to `host`, trying each of its addresses.
    pub(super) fn open(host: &Host, port: u16, options: &Options, total: Deadline) -> Result<Self, NetError> {
        let deadline = total.within(options.connect);
        let addresses = addresses(host, port, options, deadline)?;
        let (stream, address) = race::connect(&addresses, deadline)?;
        // Failing to switch Nagle's algorithm off costs time, nothing else.
        let _ = stream.set_nodelay(true);
        Ok(Self { stream, address, deadline, first: Vec::new(), kept: Vec::new(), keep: 0, budget: 0 })
    }

    /// Begins a phase: its deadline, how many octets it may receive, and a new record of the first ones.
    pub(super) fn begin(&mut self, deadline: Deadline, budget: usize) {
        self.deadline = deadline;
        self.budget = budget;
        self.first.clear();
        self.keep(0);
    }

    /// Begins to keep what is received from now on, up to a limit.
    pub(super) fn keep(&mut self, limit: usize) {
        self.kept = Vec::new();
        self.keep = limit;
    }

    /// An I/O error as what it means in this phase.
    pub(super) fn failure(&self, peer: &str, phase: Phase, error: io::Error) -> NetError {
        let peer = peer.to_owned();
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => self.deadline.passed(&peer, phase),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                NetError::Closed { peer, phase, reset: true }
            }
            io::ErrorKind::UnexpectedEof => NetError::Closed { peer, phase, reset: false },
            _ => NetError::Broken { peer, phase, source: Arc::new(error) },
        }
    }

    /// Our own address.
    pub(super) fn local(&self) -> Option<IpAddr> {
        self.stream.local_addr().ok().map(|address| address.ip())
    }

    /// Whether octets have arrived that nobody has read. Waits for none.
    pub(super) fn has_more(&self) -> bool {
        let at_once = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        // A stream that stays non-blocking would fail the next read, as it should.
        self.stream.set_nonblocking(false).is_err() || at_once.is_ok_and(|count| count > 0)
    }

    fn left(&self) -> io::Result<Duration> {
        self.deadline.left().ok_or_else(|| io::Error::from(io::ErrorKind::TimedOut))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.stream.set_read_timeout(Some(self.left()?))?;
        let most = buffer.len().min(self.budget);
        let count = self.stream.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.budget = self.budget.saturating_sub(count);
        let wanted = NetError::FIRST_OCTETS.saturating_sub(self.first.len()).min(count);
        self.first.extend_from_slice(buffer.get(..wanted).unwrap_or_default());
        let wanted = self.keep.saturating_sub(self.kept.len()).min(count);
        self.kept.extend_from_slice(buffer.get(..wanted).unwrap_or_default());
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The addresses of a server, each once: those of [`Options::resolve`], else its own, else the resolver's. Takes as long as
/// [`Options::connect`] at most. Behind a proxy they are the proxy's to know.
///
/// # Errors
/// [`NetError`] when the name has no address, or the options name a proxy.
pub fn addresses_of(endpoint: &Endpoint, options: &Options) -> Result<Vec<SocketAddr>, NetError> {
    if let Some(proxy) = &options.proxy {
        let what =
            format!("{} is behind the proxy {proxy}, which alone sees its addresses", endpoint.authority());
        return Err(NetError::Unusable { what });
    }
    let deadline = Deadline::after(options.total.min(options.connect));
    let mut all = addresses(&endpoint.host, endpoint.port, options, deadline)?;
    let mut seen = std::collections::HashSet::new();
    all.retain(|address| seen.insert(*address));
    Ok(all)
}

/// The addresses of a host: those given, else its own, else the resolver's.
pub(super) fn addresses(
    host: &Host,
    port: u16,
    options: &Options,
    deadline: Deadline,
) -> Result<Vec<SocketAddr>, NetError> {
    let given = options.resolve.iter().filter(|given| given.host == *host && given.port == port);
    let given: Vec<_> = given.map(|given| SocketAddr::new(given.address, port)).collect();
    match host {
        _ if !given.is_empty() => Ok(given),
        Host::Ip(address) => Ok(vec![SocketAddr::new(*address, port)]),
        Host::Dns(name) => asked(name, port, deadline),
    }
}

/// Asks the system's resolver. It has no deadline of its own, so it runs beside and is left behind when late.
fn asked(name: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, NetError> {
    let (answer, answers) = mpsc::channel();
    let question = (name.to_owned(), port);
    let unknown = |error: io::Error| NetError::UnknownHost { host: name.to_owned(), source: Arc::new(error) };
    std::thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let found = question.to_socket_addrs();
            // The asker may have stopped waiting.
            let _ = answer.send(found.map(|found| found.take(MAX_ADDRESSES).collect::<Vec<_>>()));
        })
        .map_err(unknown)?;
    let left = deadline.left().unwrap_or_default();
    let found = answers.recv_timeout(left).map_err(|_| deadline.passed(name, Phase::Resolve))?;
    let found = found.map_err(unknown)?;
    if found.is_empty() { Err(unknown(io::ErrorKind::NotFound.into())) } else { Ok(found) }
}
