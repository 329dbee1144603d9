//! What a handshake negotiated, for people who ask for more.

use crate::cert::OcspStatus;
use crate::cert::verify::Outcome;
use crate::net::{Means, Observation};
use crate::render::escape::visible;
use crate::render::json::v1::time;

/// Most authorities listed.
const MAX_AUTHORITIES: usize = 50;

/// A line for each fact of the session.
pub fn facts(seen: &Observation) -> String {
    let mut lines = vec!["Session".to_owned()];
    let mut line = |name: &str, value: String| lines.push(format!("  {name}: {}", visible(&value)));
    if seen.means == Means::FirstFlight {
        line("handshake", "none; the chain was read from the server's first flight".to_owned());
    }
    let none = || "none".to_owned();
    line("key exchange group", seen.group.clone().unwrap_or_else(none));
    line("application protocol (ALPN)", seen.alpn.clone().unwrap_or_else(none));
    let signature = match &seen.handshake_signature {
        Some(Outcome::Valid) => "valid: the server has the leaf's key".to_owned(),
        Some(other) => format!("not proven ({other:?})"),
        None => "not seen".to_owned(),
    };
    line("handshake signature", signature);
    line("stapled OCSP response", seen.stapled_ocsp.as_deref().map_or_else(none, stapled));
    if let Some(at) = seen.server_time {
        line("the server's clock", time(at));
    }
    if let Some(request) = &seen.client_auth {
        let names = request.names();
        line(
            "client certificate, authorities accepted",
            match names.len() {
                0 => "any".to_owned(),
                count => count.to_string(),
            },
        );
        lines.extend(
            names.iter().take(MAX_AUTHORITIES).map(|name| format!("    {}", visible(&name.to_string()))),
        );
    }
    lines.join("\n") + "\n"
}

/// `good, 2026-11-28T00:00:00Z to 2026-12-05T00:00:00Z`.
fn stapled(der: &[u8]) -> String {
    match OcspStatus::from_der(der) {
        Ok(status) => {
            let from = status.this_update.map(|at| format!(", {}", time(at))).unwrap_or_default();
            let to = status.next_update.map(|at| format!(" to {}", time(at))).unwrap_or_default();
            format!("{}{from}{to}", status.answer.name())
        }
        Err(error) => format!("cannot be read: {error}"),
    }
}
