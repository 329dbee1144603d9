//! `java.util.Properties` files, as far as `java.security` uses them.

use std::collections::HashMap;

use crate::digest::Fingerprint;

/// The certificates on a runtime's list, `lib/security/blocked.certs`: SHA-256 fingerprints, one per line
/// (sun.security.util.UntrustedCertificates). Lists with another hash, which JDK 8 had once, count as empty.
pub fn blocked_certificates(text: &str) -> Vec<Fingerprint> {
    let properties = parse(text);
    if properties.get("Algorithm").is_none_or(|algorithm| algorithm != "SHA-256") {
        return Vec::new();
    }
    properties.keys().filter_map(|key| Fingerprint::parse(key).ok()).collect()
}

/// Keys and values: comments skipped, lines ending in a backslash joined with the next one's text, the last of equal
/// keys wins (java.util.Properties.load).
pub(super) fn parse(text: &str) -> HashMap<String, String> {
    let mut properties = HashMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = line.to_owned();
        while continues(&logical) {
            logical.pop();
            let Some(next) = lines.next() else { break };
            logical.push_str(next.trim_start_matches([' ', '\t', '\u{c}']));
        }
        let (key, value) = split(&logical);
        properties.insert(key.to_owned(), value.to_owned());
    }
    properties
}

fn continues(line: &str) -> bool {
    line.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1
}

/// The key ends at `=`, `:` or white space; one `=` or `:` may follow the white space.
fn split(line: &str) -> (&str, &str) {
    let white = [' ', '\t', '\u{c}'];
    let end = line.find(['=', ':', ' ', '\t', '\u{c}']).unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(white);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(white))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_certificates_are_listed() {
        let (one, two) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        let text = format!("Algorithm=SHA-256\n{}\n{}\n", one.hex().to_uppercase(), two.hex());
        let mut listed = blocked_certificates(&text);
        listed.sort_unstable();
        assert_eq!(listed, [one.min(two), one.max(two)]);
        assert_eq!(blocked_certificates(&text.replace("SHA-256", "SHA-1")), []);
    }

    #[test]
    fn lines_are_joined_and_split() {
        let properties = parse("a=1, \\\n   2\n! no\nb : x=y\nc\n a  3\n");
        let mut pairs: Vec<(&str, &str)> = properties.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        pairs.sort_unstable();
        assert_eq!(pairs, [("a", "3"), ("b", "x=y"), ("c", "")]);
    }
}
