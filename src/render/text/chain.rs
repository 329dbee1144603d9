//! A presented chain as a tree: who issued whom, what is missing, what does not belong.

use time::OffsetDateTime;

use super::certificate::{facts, name, subject};
use super::style::{self, paint};
use crate::cert::Certificate;
use crate::path::{Arrangement, Role};

/// The tree, root or missing issuer first, each certificate by its place in what was presented (from 1). `path` is the
/// client's own path, leaf to anchor, where it has one.
pub fn tree(chain: &[Certificate], arrangement: &Arrangement, path: Option<&[Certificate]>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let stored = path.unwrap_or_default().iter().filter(|certificate| !chain.contains(certificate));
    for certificate in stored.rev() {
        lines.push(format!("-  {} {}", subject(certificate), paint(style::GOOD, "(in the store)")));
    }
    if let (Some(missing), true) = (&arrangement.missing, lines.is_empty()) {
        lines.push(format!("-  {} {}", name(&missing.name), paint(style::WARNING, "(not sent)")));
    }
    for place in arrangement.path.iter().rev() {
        let Some(certificate) = chain.get(*place) else { continue };
        lines.push(format!("{}  {}", place + 1, subject(certificate)));
    }
    let mut text = String::new();
    for (depth, line) in lines.iter().enumerate() {
        let branch = match depth {
            0 => String::new(),
            depth => format!("{}└─ ", "   ".repeat(depth - 1)),
        };
        text.push_str(&format!("  {branch}{line}\n"));
    }
    for (place, certificate) in chain.iter().enumerate() {
        let why = match arrangement.roles.get(place) {
            Some(Role::Duplicate(original)) => format!("the same as {}", original + 1),
            Some(Role::Stranger) | None => "no part in the chain".to_owned(),
            Some(_) => continue,
        };
        let why = paint(style::WARNING, &format!("({why})"));
        text.push_str(&format!("  {}  {} {why}\n", place + 1, subject(certificate)));
    }
    if !arrangement.in_order {
        text.push_str(&format!(
            "  {}\n",
            paint(style::WARNING, "not in the right order: leaf first, then each issuer")
        ));
    }
    text
}

/// Every certificate with its facts, in the order presented.
pub fn certificates(chain: &[Certificate], arrangement: Option<&Arrangement>, now: OffsetDateTime) -> String {
    let mut text = String::new();
    for (place, certificate) in chain.iter().enumerate() {
        let role = match arrangement.and_then(|arrangement| arrangement.roles.get(place)) {
            Some(Role::Leaf) if certificate.is_ca() && certificate.is_self_issued() => "  root",
            Some(Role::Leaf) if certificate.is_ca() => "  CA",
            Some(Role::Leaf) if certificate.is_self_issued() => "  leaf, self-signed",
            Some(Role::Leaf) => "  leaf",
            Some(Role::Intermediate) => "  intermediate",
            Some(Role::Root) => "  root",
            _ => "",
        };
        let title = paint(style::BOLD, &subject(certificate));
        text.push_str(&format!("{}  {title}{}\n", place + 1, paint(style::DIM, role)));
        if !certificate.is_self_issued() {
            text.push_str(&format!("   {:<10} {}\n", "issuer", name(certificate.issuer())));
        }
        text.push_str(&facts(certificate, now, 3));
    }
    text
}
