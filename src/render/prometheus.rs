//! The text format of Prometheus, for the textfile collector of node_exporter: the names of x509-certificate-exporter, which
//! dashboards know, and ours beside them.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::audit::Flaw;
use crate::cert::Certificate;
use crate::finding::Severity;
use crate::manifest::{Drift, DriftKind};
use crate::store::{EntryKind, Store};

/// Metrics in the making, family by family.
#[derive(Debug, Default)]
pub struct Metrics {
    families: Vec<Family>,
}

#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    samples: Vec<String>,
    labels: BTreeSet<String>,
}

/// Labels of a sample.
type Labels<'a> = &'a [(&'a str, &'a str)];

impl Metrics {
    /// Adds a sample; of two with the same labels the first stays.
    pub fn add(&mut self, name: &'static str, help: &'static str, labels: Labels<'_>, value: i64) {
        let texts: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if texts.is_empty() { String::new() } else { format!("{{{}}}", texts.join(",")) };
        let index = self.families.iter().position(|family| family.name == name);
        let index = index.unwrap_or_else(|| {
            self.families.push(Family { name, help, samples: Vec::new(), labels: BTreeSet::new() });
            self.families.len() - 1
        });
        if let Some(family) = self.families.get_mut(index).filter(|family| !family.labels.contains(&labels)) {
            family.samples.push(format!("{name}{labels} {value}\n"));
            family.labels.insert(labels);
        }
    }

    /// The text. Every metric is a gauge.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for family in &self.families {
            text.push_str(&format!("# HELP {} {}\n# TYPE {} gauge\n", family.name, family.help, family.name));
            text.extend(family.samples.iter().map(String::as_str));
        }
        text
    }

    /// Of a certificate; `place` are the labels that tell where it is.
    fn certificate(&mut self, certificate: &Certificate, place: Labels<'_>, now: OffsetDateTime) {
        let serial = decimal(certificate.serial());
        let name = |name: &crate::cert::Name| {
            name.common_name().map(str::to_owned).unwrap_or_else(|| name.to_string())
        };
        let (subject, issuer) = (name(certificate.subject()), name(certificate.issuer()));
        let mut labels = place.to_vec();
        labels.extend([("issuer_CN", issuer.as_str()), ("serial_number", &serial), ("subject_CN", &subject)]);
        let (from, to) =
            (certificate.not_before().unix_timestamp(), certificate.not_after().unix_timestamp());
        let now = now.unix_timestamp();
        self.add("x509_cert_not_before", "Begin of the validity, in seconds since the epoch", &labels, from);
        self.add("x509_cert_not_after", "End of the validity, in seconds since the epoch", &labels, to);
        self.add("x509_cert_expired", "Whether the certificate has expired", &labels, i64::from(to < now));
        self.add("x509_cert_expires_in_seconds", "Seconds until it expires", &labels, to.saturating_sub(now));
    }

    /// Of a store that was read, and of what is declared for it.
    pub fn store(
        &mut self,
        path: &str,
        store: &Store,
        flaws: &[Flaw],
        drift: Option<&[Drift]>,
        now: OffsetDateTime,
    ) {
        let file = filename(path);
        for entry in store.entries.iter().filter(|entry| entry.kind != EntryKind::Opaque) {
            if let Some(certificate) = entry.certificates.first() {
                let place = [("alias", entry.alias.as_str()), ("filename", file), ("filepath", path)];
                self.certificate(certificate, &place, now);
            }
        }
        let place = [("filename", file), ("filepath", path)];
        self.add("x509_cert_error", "Whether the file could not be read", &place, 0);
        let count = |severity| number(flaws.iter().filter(|flaw| flaw.severity == severity).count());
        for severity in [Severity::Error, Severity::Warning] {
            let labels = [("filepath", path), ("severity", severity.name())];
            self.add("trustmend_store_flaws", "What is wrong in the store itself", &labels, count(severity));
        }
        let Some(drift) = drift else { return };
        let kinds = [DriftKind::Missing, DriftKind::Unwanted, DriftKind::Undeclared, DriftKind::Lost];
        for kind in kinds {
            let found = number(drift.iter().filter(|drift| drift.kind == kind).count());
            let labels = [("filepath", path), ("kind", kind.name())];
            self.add(
                "trustmend_store_drift",
                "Differences between the store and its manifest",
                &labels,
                found,
            );
        }
        let missing = number(drift.iter().filter(|drift| drift.kind == DriftKind::Missing).count());
        let help = "Certificates that are declared and not trusted";
        self.add("trustmend_managed_missing", help, &[("filepath", path)], missing);
    }

    /// Of a store that could not be read.
    pub fn unreadable(&mut self, path: &str) {
        let place = [("filename", filename(path)), ("filepath", path)];
        self.add("x509_cert_error", "Whether the file could not be read", &place, 1);
    }

    /// Of a server: what a client with that store makes of it, and the chain it presents.
    pub fn server(&mut self, target: &Target<'_>, chain: &[Certificate], now: OffsetDateTime) {
        let labels = [
            ("client", target.client),
            ("store", target.store),
            ("target", target.target),
            ("verdict", target.verdict),
        ];
        let ok = i64::from(target.verdict == "trusted");
        self.add("trustmend_agent_tls_ok", "Whether a client with the store accepts the server", &labels, ok);
        for (index, certificate) in chain.iter().enumerate() {
            let index = index.to_string();
            self.certificate(certificate, &[("chain_index", index.as_str()), ("target", target.target)], now);
        }
    }

    /// When this was made.
    pub fn made(&mut self, now: OffsetDateTime) {
        let help = "When these metrics were made, in seconds since the epoch";
        self.add("trustmend_last_run_timestamp_seconds", help, &[], now.unix_timestamp());
    }
}

/// A server that was asked.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// As typed.
    pub target: &'a str,
    /// The store it was judged with.
    pub store: &'a str,
    /// The client it was judged as.
    pub client: &'a str,
    /// `trusted`, `untrusted`, `undecided`, `unreachable`.
    pub verdict: &'a str,
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn filename(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A label's value as the text format writes it. Control characters have no business in a metric and are spelled out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => escaped.push_str(&format!("\\\\u{{{:x}}}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A big number in base 10, as x509-certificate-exporter writes serial numbers.
fn decimal(octets: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0];
    for octet in octets.iter().take(64) {
        let mut carry = u32::from(*octet);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = u8::try_from(value % 10).unwrap_or(0);
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or(0));
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_samples_come_once() {
        let mut metrics = Metrics::default();
        for value in [1, 2] {
            metrics.add("m", "Help", &[("a", "q\"b\\\n\u{1b}")], value);
        }
        metrics.add("m", "Help", &[], 3);
        let expected = "# HELP m Help\n# TYPE m gauge\nm{a=\"q\\\"b\\\\\\n\\\\u{1b}\"} 1\nm 3\n";
        assert_eq!(metrics.text(), expected);
    }

    #[test]
    fn serial_numbers_are_decimal() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[0, 255]), "255");
        assert_eq!(decimal(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), "18446744073709551616");
    }
}
