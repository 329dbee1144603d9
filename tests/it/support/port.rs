//! Ports for servers that cannot say which one the system gave them.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// How many ports below the system's own range are given out.
const COUNT: u16 = 16_384;

/// A port that is free on both loopback addresses, and given to nobody else: it lies below the range of those that the
/// system hands out by itself, so that no connection and no server on port 0 gets it before the server starts; within this
/// process none is given twice, and another process begins elsewhere.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let lowest = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let lowest: u16 = lowest.split_whitespace().next().unwrap().parse().unwrap();
    let first = lowest.checked_sub(COUNT).filter(|first| *first >= 1024);
    let first =
        first.unwrap_or_else(|| panic!("the system hands out ports from {lowest}: none are left below"));
    // Process identifiers follow each other: 61 is odd, so that neighbours' beginnings are apart and all are reached.
    let begin = (std::process::id() % u32::from(COUNT)) as u16;
    for _ in 0..COUNT {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = first + begin.wrapping_mul(61).wrapping_add(turn) % COUNT;
        let free = |address: &str| TcpListener::bind((address, port)).is_ok();
        if free("127.0.0.1") && free("::1") {
            return port;
        }
    }
    panic!("no port is free below {lowest}");
}
