//! How octets cross a wire: endpoints, the handshake that keeps the chain, HTTP.
//!
//! The only room that opens sockets. Every wait has a deadline and every length a bound: the servers worth looking at
//! are the broken ones.

mod alert;
mod connect;
mod endpoint;
mod error;
mod groups;
pub mod http;
pub mod legacy;
pub mod loopback;
mod no_proxy;
mod observe;
mod options;
mod peer;
mod proxy;
mod race;
pub mod record;
mod session;
mod starttls;
mod suites;
mod syslog;
mod tls;

pub use alert::Alert;
pub use connect::addresses_of;
pub use endpoint::{Endpoint, EndpointError, HTTPS_PORT, Host, Scheme, without_secrets};
pub use error::{NetError, Phase, Prefix};
pub use no_proxy::NoProxy;
pub use observe::{ClientAuthRequest, ClientFailure, Means, Meeting, Observation, Presented, observe};
pub use options::{ClientAuth, Options, Proxy, Resolve, Sni};
pub use peer::PeerJudge;
pub use starttls::StartTls;
pub use syslog::{SYSLOG, syslog};
pub use tls::{CipherSuite, Protocol};
