//! One message to the system's log.

use std::path::Path;

/// Where the system's log listens.
pub const SYSLOG: &str = "/dev/log";

/// Facility authpriv, severity info (RFC 5424 section 6.2.1).
const PRIORITY: u8 = 10 * 8 + 6;

/// Longest message sent, in octets: what RFC 5424 section 6.1 says receivers should take.
const MAX_MESSAGE: usize = 2048;

/// Sends a line to the socket as syslog(3) does. `stamp` is the time as `Jan  2 15:04:05`.
///
/// # Errors
/// That of the socket.
#[cfg(unix)]
pub fn syslog(socket: &Path, stamp: &str, line: &str) -> std::io::Result<()> {
    let text: String =
        line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE / 4).collect();
    let message = format!("<{PRIORITY}>{stamp} trustmend[{}]: {text}", std::process::id());
    let own = std::os::unix::net::UnixDatagram::unbound()?;
    own.set_write_timeout(Some(std::time::Duration::from_secs(5)))?;
    own.send_to(message.as_bytes(), socket).map(drop)
}

/// There is no such log here.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn syslog(_: &Path, _: &str, _: &str) -> std::io::Result<()> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}
