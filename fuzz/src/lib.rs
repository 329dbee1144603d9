//! The fuzz targets: one function per decoder, each taking any octets and looking at all that comes out.
//!
//! `fuzz_targets/` hands libFuzzer's inputs to them; `tests/fuzz_corpus.rs` hands every fixture, and damaged copies of
//! it, to the same functions on a stable toolchain.

use trustmend::cert::{Certificate, OcspStatus};
use trustmend::der::{Element, Reader};
use trustmend::net::legacy::FlightReader;
use trustmend::path::java::{Settings, Version};
use trustmend::pem as scanner;
use trustmend::secret::Password;
use trustmend::store::{self, Alias, Document};

/// A target: its name, and what it does with any octets.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("certificate", certificate),
    ("der", der),
    ("flight", flight),
    ("jceks", jceks),
    ("jks", jks),
    ("ocsp", ocsp),
    ("pem", pem),
    ("pem_bundle", pem_bundle),
    ("pkcs12", pkcs12),
    ("properties", properties),
    ("source", source),
    ("store", any_store),
];

/// Iterations of key derivation that one input may cost.
const MAX_ITERATIONS: u32 = 5_000;

/// Entries of one store that are edited.
const MAX_EDITED: usize = 8;

/// Elements in elements that are followed.
const MAX_DEPTH: usize = 64;

/// `der::Reader`, through every element that can be opened.
pub fn der(input: &[u8]) {
    elements(Reader::new(input), 0);
}

fn elements(mut reader: Reader<'_>, depth: usize) {
    while let Ok(Some(element)) = reader.next() {
        assert!(element.whole().ends_with(element.content()) || element.whole().ends_with(&[0, 0]));
        leaf(&element);
        if depth < MAX_DEPTH && element.tag() & 0x20 != 0 {
            elements(element.children(), depth + 1);
        }
    }
}

fn leaf(element: &Element<'_>) {
    let _ = element.oid("an identifier").map(|oid| oid.to_string());
    let _ = element.unsigned("a number");
    let _ = element.octets("octets");
}

/// `pem::scan`: its parts cover no octet twice.
pub fn pem(input: &[u8]) {
    let scan = scanner::scan(input);
    let mut done = 0;
    for (range, label, der) in scan.blocks() {
        assert!(range.start >= done && range.start <= range.end, "blocks overlap");
        done = range.end;
        let _ = scan.octets(range);
        let again = scanner::encode(label, der);
        let read = scanner::scan(again.as_bytes());
        assert!(read.blocks().any(|(_, _, octets)| octets == der), "a block does not survive {label:?}");
    }
}

/// `Certificate::from_der` and what is shown of it.
pub fn certificate(input: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(input) {
        assert_eq!(certificate.der(), input);
        look(&certificate);
    }
}

fn look(certificate: &Certificate) {
    let _ = certificate.subject().to_string();
    let _ = certificate.issuer().to_string();
    let _ = format!("{certificate:?}");
}

/// JKS, with any magic number.
pub fn jks(input: &[u8]) {
    format("jks", input, None);
}

/// JCEKS, with any magic number.
pub fn jceks(input: &[u8]) {
    format("jceks", input, None);
}

/// PKCS #12, without a password, and with one where that costs little.
pub fn pkcs12(input: &[u8]) {
    let Some(iterations) = format("pkcs12", input, None) else { return };
    if iterations <= MAX_ITERATIONS {
        format("pkcs12", input, Some(&Password::changeit()));
    }
}

/// PEM bundles.
pub fn pem_bundle(input: &[u8]) {
    format("pem", input, None);
}

/// A store of any format, recognised by its octets.
pub fn any_store(input: &[u8]) {
    let Ok(opened) = store::open(input, None) else { return };
    let store = opened.store();
    for entry in &store.entries {
        entry.certificates.iter().for_each(look);
    }
    let same = opened.edit(&[]).expect("no edits cannot fail");
    assert_eq!(same, input);
}

/// Opens, looks, edits and writes; gives the iterations the whole store asks for.
fn format(name: &str, input: &[u8], password: Option<&Password>) -> Option<u32> {
    let format = store::format(name).expect("a format of this program");
    let mut document = format.open(input, password).ok()?;
    let entries = document.entries();
    let _ = document.problems();
    for index in (0..entries.len().min(MAX_EDITED)).rev() {
        let to = format.alias("renamed").unwrap_or_else(|_| Alias::new("renamed"));
        if document.rename(index, &to).is_ok() {
            write(document.as_ref(), password);
        }
        let _ = document.remove(index);
    }
    write(document.as_ref(), password);
    let protection = document.protection();
    let all = protection.integrity.iter().chain(&protection.encryption);
    Some(all.filter_map(|algorithm| algorithm.iterations).fold(0, u32::saturating_add))
}

fn write(document: &dyn Document, password: Option<&Password>) {
    let Ok(octets) = document.encode(password) else { return };
    if !document.entries().is_empty() {
        let again = store::decode(&octets, password).map(|store| store.entries.len());
        assert!(again.is_ok(), "what was written is not read: {again:?}");
    }
}

/// Certificates out of a file of any kind.
pub fn source(input: &[u8]) {
    if let Ok(found) = store::source::certificates(input, None) {
        found.certificates.iter().for_each(|found| look(&found.certificate));
    }
}

/// A server's first flight, in one portion and in many: the same comes out.
pub fn flight(input: &[u8]) {
    let mut whole = FlightReader::default();
    let one = whole.feed(input);
    let mut pieces = FlightReader::default();
    let many =
        input.chunks(7).try_for_each(|piece| if pieces.is_over() { Ok(()) } else { pieces.feed(piece) });
    assert_eq!(one, many);
    assert_eq!(whole.into_flight(), pieces.into_flight());
}

/// A stapled OCSP response.
pub fn ocsp(input: &[u8]) {
    if let Ok(status) = OcspStatus::from_der(input) {
        assert!(status.serial.len() < input.len() && !status.answer.name().is_empty());
    }
}

/// A `java.security` file.
pub fn properties(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = format!("{:?}", Settings::with_java_security(&Version::newest(17), &text));
}
