//! A small HTTPS server on 127.0.0.1, for the demonstration: one thread, one request per connection, no keep-alive.

#![expect(clippy::disallowed_methods, reason = "this is the room that opens sockets")]

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// Longest request head read, in octets.
const MAX_HEAD: usize = 8192;
/// Longest wait for a client's next octets.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request as far as a demonstration needs it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The path with its query.
    pub path: String,
    /// The value of the Authorization header.
    pub authorization: Option<Zeroizing<String>>,
}

/// What to answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status line's code and words, such as `200 OK`.
    pub status: &'static str,
    /// The media type.
    pub media_type: &'static str,
    /// The body.
    pub body: String,
}

/// What answers the requests.
pub type Handler = dyn Fn(&Request) -> Response + Send + Sync;

/// The running server; it ends when dropped.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Starts a server that presents `chain` (DER, leaf first) with `key` (PKCS #8) on a port the system chooses.
    ///
    /// # Errors
    /// When the key does not fit the chain, or no port can be had.
    pub fn start(chain: &[Vec<u8>], key: &[u8], handler: Arc<Handler>) -> io::Result<Self> {
        let chain = chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (config, stopping) = (Arc::new(config), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
                // A client that goes away, or does not trust us, is what the demonstration is about.
                let _ = answer(stream, &config, handler.as_ref());
            }
        });
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread out of its wait for a connection.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn answer(stream: TcpStream, config: &Arc<ServerConfig>, handler: &Handler) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, stream);
    let Some(request) = read(&mut stream)? else { return Ok(()) };
    let Response { status, media_type, body } = handler(&request);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn read(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<Option<Request>> {
    let mut head = Zeroizing::new(Vec::new());
    let mut octets = Zeroizing::new([0; 1024]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = stream.read(octets.as_mut_slice())?;
        if count == 0 || head.len() > MAX_HEAD {
            return Ok(None);
        }
        head.extend_from_slice(octets.get(..count).unwrap_or_default());
    }
    let Ok(head) = str::from_utf8(&head) else { return Ok(None) };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let authorization = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("authorization").then(|| Zeroizing::new(value.trim().to_owned()))
    });
    Ok(Some(Request { path, authorization }))
}
