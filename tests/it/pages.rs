//! A diagnosis as a page: one file that runs nothing and loads nothing, whatever a certificate says.

use std::process::Command;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use trustmend::pem;

use crate::support::program;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// Names that would run, load, close and reorder if they could.
const NAMES: [(DnType, &str); 3] = [
    (DnType::CommonName, "</title><script>alert(\"x\")</script>"),
    (DnType::OrganizationName, "\"><img src='http://evil.test/x.png' onerror=alert(1)>&lt;b&gt;"),
    (DnType::OrganizationalUnitName, "\u{202e}moc.live\u{1b}[2J<!-- -->"),
];

/// Elements, and elements with their attributes, that a page is made of.
const PARTS: &[&str] = &[
    "article",
    "article class",
    "b",
    "body",
    "code",
    "footer",
    "h1",
    "h2",
    "h3",
    "head",
    "html",
    "html lang",
    "li",
    "meta",
    "meta charset",
    "meta content",
    "meta http-equiv",
    "meta name",
    "ol",
    "p",
    "p class",
    "pre",
    "section",
    "small",
    "style",
    "table",
    "td",
    "th",
    "title",
    "tr",
];

/// What html.parser makes of a page: elements that are not closed, elements and attributes in all, and every word.
const READER: &str = r#"
import json, sys
from html.parser import HTMLParser

class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.words, self.wrong = [], set(), [], []
    def handle_starttag(self, tag, attributes):
        self.seen.update([tag, *(f"{tag} {name}" for name, _ in attributes)])
        if tag != "meta":
            self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)
    def handle_comment(self, data): self.wrong.append(data)
    def handle_pi(self, data): self.wrong.append(data)

reader = Reader()
text = sys.stdin.buffer.read().decode("utf-8")
reader.feed(text)
reader.close()
print(json.dumps(dict(open=reader.open, wrong=reader.wrong, seen=sorted(reader.seen), words="".join(reader.words))))
"#;

fn read(page: &str) -> serde_json::Value {
    let mut python = Command::new("python3");
    python.args(["-c", READER]);
    program::run(python, page.as_bytes(), "python3").success().json()
}

/// A certificate with those names, signed by its own key.
fn hostile() -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    for (kind, name) in NAMES {
        params.distinguished_name.push(kind, name);
    }
    let uri = "javascript:alert('<b>')";
    params.subject_alt_names =
        vec![SanType::URI(uri.try_into().unwrap()), SanType::DnsName("<i>.test".try_into().unwrap())];
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    pem::encode("CERTIFICATE", made.der())
}

#[test]
fn a_page_is_whole_and_runs_and_loads_nothing() {
    let home = Scratch::new();
    let file = "<b onclick=x>&'\"chain.pem";
    home.write(file, hostile());
    let words = [
        "diagnose",
        file,
        "no-such.pem",
        "--store",
        "mozilla:",
        "--host",
        "scim.corp.test",
        "--format",
        "html",
    ];
    let run = trustmend(&home, &words);
    let text = trustmend(&home, &words[..words.len() - 2]);
    assert_eq!(run.code, text.code, "the page changes nothing of the verdict: {}", run.text());
    let page = run.stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("default-src 'none'"), "{page:.400}");
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()) && !page.contains('\u{202e}'), "{page}");
    let seen = read(&page);
    assert_eq!((&seen["open"], &seen["wrong"]), (&serde_json::json!([]), &serde_json::json!([])), "{page}");
    let elements = seen["seen"].as_array().unwrap();
    let strange: Vec<_> = elements.iter().filter(|one| !PARTS.contains(&one.as_str().unwrap())).collect();
    assert!(strange.is_empty(), "{strange:?}");
    // Nothing is lost either: who gets the page reads what the certificate says.
    let words = seen["words"].as_str().unwrap();
    let visible = [
        "<script>alert(\\\"x\\\")</script>",
        "\\u{202e}moc.live\\u{1b}[2J<!-- -->",
        "leaf-self-signed",
        "no-such.pem",
    ];
    for part in
        visible.into_iter().chain(["UNTRUSTED", "javascript:alert('<b>')", file, "PKIX path building failed"])
    {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn a_page_goes_into_a_file_and_is_for_diagnose_alone() {
    let home = Scratch::new();
    home.write("chain.pem", hostile());
    let words = ["diagnose", "chain.pem", "--store", "mozilla:", "--client", "all", "--format", "html"];
    let run = trustmend(&home, &[&words[..], &["--out", "report.html"]].concat());
    assert!(run.code == 1 && run.stdout.is_empty(), "{}", run.text());
    let page = String::from_utf8(home.read("report.html")).unwrap();
    let words = read(&page)["words"].as_str().unwrap().to_owned();
    assert!(
        words.contains("Clients with this store, side by side") && words.contains("OpenSSL 3"),
        "{words}"
    );
    let refused = trustmend(&home, &["audit", "mozilla:", "--format", "html"]);
    assert!(
        refused.code == 2 && refused.stderr.contains("possible values: text, json"),
        "{}",
        refused.text()
    );
}
