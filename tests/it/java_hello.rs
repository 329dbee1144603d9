//! What a JVM puts into its ClientHello is what is asked in its place.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::TcpListener;

use trustmend::net::legacy::Offer;
use trustmend::net::{CipherSuite, Protocol};
use trustmend::path::java::{Options, Settings, Version};

use crate::net_java::{Judge, offer};
use crate::net_support::Pki;
use crate::support::jvm::Jvm;
use crate::support::scratch::Scratch;
use crate::support::{java, program};

/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV, which is no suite.
const RENEGOTIATION: u16 = 0x00FF;

/// The parts of a hello that are offers: suites, and the lists in extensions by number.
#[derive(Debug, PartialEq)]
struct Hello {
    suites: Vec<u16>,
    lists: BTreeMap<u16, Vec<u16>>,
}

fn numbers(octets: &[u8]) -> Vec<u16> {
    octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

fn length(octets: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([octets[0], octets[1]]))
}

impl Hello {
    /// RFC 8446 section 4.1.2, behind the heads of record and message.
    fn read(record: &[u8]) -> Self {
        let body = &record[5 + 4 + 2 + 32..];
        let body = &body[1 + usize::from(body[0])..];
        let (suites, body) = body[2..].split_at(length(body));
        let mut suites = numbers(suites);
        suites.retain(|suite| *suite != RENEGOTIATION);
        let body = &body[1 + usize::from(body[0])..];
        let mut extensions = &body[2..2 + length(body)];
        let mut lists = BTreeMap::new();
        while let [high, low, rest @ ..] = extensions {
            let (content, behind) = rest[2..].split_at(length(rest));
            match u16::from_be_bytes([*high, *low]) {
                kind @ (10 | 13 | 50) => _ = lists.insert(kind, numbers(&content[2..])),
                43 => _ = lists.insert(43, numbers(&content[1..])),
                _ => {}
            }
            extensions = behind;
        }
        Self { suites, lists }.sorted()
    }

    fn of(offer: &Offer) -> Self {
        let wire = |version: &Protocol| match version {
            Protocol::Tls13 => 0x0304,
            Protocol::Tls12 => 0x0303,
            Protocol::Tls11 => 0x0302,
            _ => 0x0301,
        };
        let lists = [
            (10, offer.groups.clone()),
            (13, offer.schemes.clone()),
            (43, offer.versions.iter().map(wire).collect()),
            (50, offer.certificate_schemes.clone().unwrap()),
        ];
        let suites = offer.suites.iter().map(|CipherSuite(number)| *number).collect();
        Self { suites, lists: BTreeMap::from(lists) }.sorted()
    }

    /// The order is a server's to follow or not; what is in the lists is the client's.
    fn sorted(mut self) -> Self {
        self.suites.sort_unstable();
        self.lists.values_mut().for_each(|list| list.sort_unstable());
        self
    }
}

/// The hello of a JVM started with these options.
fn said(jvm: &Jvm, options: &[&str], anchor: &str) -> Hello {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let mut rest = vec![0; length(&head[3..])];
        stream.read_exact(&mut rest).unwrap();
        [&head[..], &rest].concat()
    });
    program::run(java::command(jvm, "Handshake", options, &[anchor, &port]), b"", "a Java runtime").success();
    Hello::read(&server.join().unwrap())
}

#[test]
fn a_jvm_offers_what_is_asked_for_it() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    let anchor = home.at("root.pem");
    let security = "jdk.tls.disabledAlgorithms=RSA keySize < 3072, EC keySize < 300, SHA1, ed25519, x25519, \
                    ECDH, 3DES_EDE_CBC, RC4, DES, anon, NULL, SSLv3, TLSv1, MD5withRSA\n";
    home.write("more.security", security);
    let more = format!("-Djava.security.properties={}", home.at("more.security"));
    let cases: [&[&str]; 4] = [
        &[],
        &["-Djdk.tls.client.protocols=TLSv1.3"],
        &[&more, "-Djdk.tls.client.protocols=TLSv1.2,TLSv1.1"],
        &[
            "-Djdk.tls.client.SignatureSchemes=rsa_pkcs1_sha256,ecdsa_secp256r1_sha256,unheard_of,rsa_md5",
            "-Djdk.tls.namedGroups=secp384r1,x25519",
        ],
    ];
    for judge in Judge::all() {
        for words in cases {
            let options = Options::parse(words.iter().copied());
            let text = if words.contains(&more.as_str()) { security } else { "" };
            let settings = options.applied(judge.settings().clone().with_more_security(text));
            let named = |name: &str| match name {
                "TLSv1.3" => Protocol::Tls13,
                "TLSv1.2" => Protocol::Tls12,
                _ => Protocol::Tls11,
            };
            let protocols: Option<Vec<Protocol>> =
                options.protocols().map(|names| names.into_iter().map(named).collect());
            let ours = Hello::of(&offer(&settings, protocols.as_deref()));
            assert_eq!(ours, said(judge.jvm(), words, &anchor), "Java {} {words:?}", judge.version());
        }
    }
}

#[test]
fn an_old_release_offers_less() {
    let offer = |version: &str| offer(&Settings::of(&Version::parse(version).unwrap()), None);
    let (eight, eleven, fifteen) = (offer("8u452"), offer("11.0.27"), offer("15.0.2"));
    assert!(!eight.groups.contains(&29) && eleven.groups.contains(&29));
    assert!(!eleven.schemes.contains(&0x0807) && fifteen.schemes.contains(&0x0807));
}
