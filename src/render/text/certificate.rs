//! A certificate for people: what decides, nothing else, and nothing that can write to the terminal.

use std::fmt::Write as _;

use time::OffsetDateTime;

use super::style::{self, paint};
use crate::cert::{Certificate, GeneralName, purpose, signature_name};
use crate::render::escape::visible;

/// How many names are listed before the rest is only counted.
const MAX_NAMES: usize = 12;

/// The facts of a certificate, a line each, indented by `indent` spaces; `now` tells how many days are left.
pub fn facts(certificate: &Certificate, now: OffsetDateTime, indent: usize) -> String {
    let mut text = String::new();
    let mut line = |what: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:indent$}{what:<10} {value}", "");
    };
    if certificate.subject_alt_names().is_some() {
        line("names", &names(certificate));
    }
    line("valid", &validity(certificate, now));
    let signed = signature_name(&certificate.signature_algorithm().oid);
    line("key", &format!("{}, signed with {signed}", certificate.public_key()));
    line("use", &usage(certificate));
    if let Some(constraints) = certificate.name_constraints() {
        let list = |subtrees: &[crate::cert::Subtree]| {
            subtrees.iter().map(|subtree| visible(&subtree.to_string())).collect::<Vec<_>>().join(" ")
        };
        if !constraints.permitted.is_empty() {
            line("only for", &list(&constraints.permitted));
        }
        if !constraints.excluded.is_empty() {
            line("never for", &list(&constraints.excluded));
        }
    }
    line("serial", &crate::digest::hex(certificate.serial()));
    line("sha256", &certificate.sha256().to_string());
    text
}

/// The subject in one line, or what stands for it when it is empty.
pub fn subject(certificate: &Certificate) -> String {
    name(certificate.subject())
}

/// A distinguished name in one line.
pub fn name(name: &crate::cert::Name) -> String {
    if name.is_empty() { "(empty name)".to_owned() } else { visible(&name.to_string()) }
}

/// `2026-10-24 to 2027-11-23, 364 days left`; what is wrong with it stands out.
pub fn validity(certificate: &Certificate, now: OffsetDateTime) -> String {
    let (from, to) = (certificate.not_before(), certificate.not_after());
    let span = format!("{} to {}", from.date(), to.date());
    let days = |from: OffsetDateTime, to: OffsetDateTime| count((to - from).whole_days(), "day", "days");
    if now < from {
        format!("{span}, {}", paint(style::ERROR, &format!("not valid for another {}", days(now, from))))
    } else if now > to {
        format!("{span}, {}", paint(style::ERROR, &format!("expired {} ago", days(to, now))))
    } else if (to - now).whole_days() < 30 {
        format!("{span}, {}", paint(style::WARNING, &format!("{} left", days(now, to))))
    } else {
        format!("{span}, {} left", days(now, to))
    }
}

/// `1 entry`, `2 entries`.
pub fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(0);
    format!("{number} {}", if number == 1 { one } else { many })
}

fn names(certificate: &Certificate) -> String {
    let names = certificate.subject_alt_names().unwrap_or_default();
    let shown: Vec<String> = names.iter().take(MAX_NAMES).map(general).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    if more == 0 { shown.join(" ") } else { format!("{} and {more} more", shown.join(" ")) }
}

fn general(name: &GeneralName) -> String {
    visible(&name.to_string())
}

fn usage(certificate: &Certificate) -> String {
    let mut parts = Vec::new();
    match certificate.basic_constraints() {
        Some(constraints) if constraints.ca => parts.push(match constraints.path_length {
            Some(length) => format!("CA, path length {length}"),
            None => "CA".to_owned(),
        }),
        _ if certificate.version() < 3 => parts.push(format!("version {}", certificate.version())),
        _ => parts.push("not a CA".to_owned()),
    }
    parts.extend(certificate.key_usage().map(|usage| usage.names().join(" ")));
    let purposes =
        |purposes: &[crate::der::Oid]| purposes.iter().map(purpose::name).collect::<Vec<_>>().join(" ");
    parts.extend(certificate.extended_key_usage().map(purposes));
    parts.join("; ")
}
