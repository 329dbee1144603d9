//! What a JVM prints on the way to a server is what is said it prints: each server is met by both.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use trustmend::net::legacy::Offer;
use trustmend::net::{NetError, Options, Prefix, Protocol, Proxy, Resolve, observe};

use crate::net_support::{OpensslServer, Pki, RsaFiles, endpoint, https, listen, openssl};

/// `jdk.tls.disabledAlgorithms` of 17.0.19 and later, and of 25.
const DISABLED: &str = "SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \
                        3DES_EDE_CBC, anon, NULL, ECDH, TLS_RSA_*";

/// The JVMs of this machine, each once.
fn jvms() -> Vec<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/jvm").expect("a JDK is needed for the tests (tests/setup.sh)");
    let programs = folders.flatten().map(|folder| folder.path().join("bin/java"));
    let mut programs: Vec<_> = programs.filter_map(|program| program.canonicalize().ok()).collect();
    programs.sort();
    programs.dedup();
    assert!(!programs.is_empty(), "a JDK is needed for the tests (tests/setup.sh)");
    programs
}

/// What a JVM prints for each URL.
fn java(jvm: &Path, options: &[&str], urls: &[&str]) -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/net/Handshake.java");
    let output = Command::new(jvm).args(options).arg(source).args(urls).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn predicted(url: &str, options: &Options, client: &Offer) -> String {
    let failure = match observe(&endpoint(url), options) {
        Ok(seen) => seen.failure_of(client, options).map(|failure| failure.error),
        Err(error) => Some(error),
    };
    let text =
        |error: NetError| error.java_text(Prefix::Alert).unwrap_or_else(|| format!("unknown: {error:?}"));
    failure.map_or_else(|| "OK".to_owned(), text)
}

/// A server that reads a hello, writes these octets and hangs up.
fn says(octets: &[u8]) -> u16 {
    let octets = octets.to_vec();
    listen(move |mut stream| {
        let _ = stream.read(&mut [0; 16_384]);
        let _ = stream.write_all(&octets);
        let _ = stream.flush();
        std::thread::sleep(Duration::from_millis(100));
    })
}

/// A server with this many certificates, each with this many names.
fn presents(certificates: usize, names: usize) -> u16 {
    let pki = Pki::new();
    let leaf = pki.leaf_for((0..names).map(|index| format!("name-{index:05}.test")).collect());
    https(pki.server(vec![leaf; certificates]), |_| b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).0
}

/// Servers that do something odd, or nothing.
fn odd_servers() -> Vec<u16> {
    let old = [&[2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0xC0, 0x14, 0]].concat();
    let old = [&[22, 3, 1, 0, 42][..], &old].concat();
    // A ServerHello of TLS 1.2, then a Certificate message without a certificate.
    let nobody = [&[2, 0, 0, 38, 3, 3][..], &[7; 32], &[0, 0xC0, 0x2F, 0]].concat();
    let nobody = [&[22, 3, 3, 0, 49][..], &nobody, &[11, 0, 0, 3, 0, 0, 0]].concat();
    let silent = listen(|stream| {
        std::thread::sleep(Duration::from_secs(4));
        drop(stream);
    });
    let resets = listen(|stream| {
        // Closed with the hello unread.
        std::thread::sleep(Duration::from_millis(100));
        drop(stream);
    });
    let refused = 1; // tcpmux, which nobody runs
    let banners = [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2p1\r\n", b"hi", b""];
    let banners = banners.into_iter().chain([&old[..], &nobody]).map(says);
    banners.chain([silent, resets, refused, presents(9, 220)]).collect()
}

/// Servers of OpenSSL with RSA keys, in `folder`.
fn openssl_servers(folder: &Path) -> Vec<OpensslServer> {
    RsaFiles::write(folder);
    let servers = [
        &["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..],
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
        &["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"],
        &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"],
        &["-tls1_2", "-cipher", "ECDHE-RSA-CAMELLIA256-SHA384"],
        &["-tls1_2", "-groups", "X448", "-cipher", "ECDHE"],
        &["-tls1_2", "-Verify", "3", "-CAfile", "chain.pem"],
        &["-tls1_3", "-Verify", "3", "-CAfile", "chain.pem"],
        &["-tls1_3", "-verify", "3", "-CAfile", "chain.pem"],
        &[],
    ];
    servers.iter().map(|arguments| OpensslServer::start(folder, &[&["-www"], *arguments].concat())).collect()
}

#[test]
fn each_server_is_met_as_a_jvm_meets_it() {
    let [ec, rsa, pss] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let mut servers = openssl_servers(rsa.path());
    openssl(pss.path(), "req -x509 -newkey rsa-pss -nodes -keyout key.pem -out leaf.pem -subj /CN=localhost");
    std::fs::copy(pss.path().join("leaf.pem"), pss.path().join("chain.pem")).unwrap();
    servers.push(OpensslServer::start(pss.path(), &["-www", "-tls1_2"]));
    Pki::new().write(ec.path());
    let name =
        ["-www", "-servername", "x.test", "-servername_fatal", "-cert2", "leaf.pem", "-key2", "key.pem"];
    let named = OpensslServer::start(ec.path(), &name);
    let ports = servers.iter().map(|server| server.port).chain(odd_servers());
    let mut urls: Vec<_> = ports.map(|port| format!("https://127.0.0.1:{port}/")).collect();
    urls.push(format!("https://other.test:{}/", named.port));
    urls.push("https://no-such-host.invalid/".to_owned());

    let hosts = ec.path().join("hosts");
    std::fs::write(&hosts, "127.0.0.1 other.test\n").unwrap();
    let hosts = format!("-Djdk.net.hosts.file={}", hosts.display());
    let resolve = Resolve::parse(&format!("other.test:{}:127.0.0.1", named.port)).unwrap();
    let options = Options { handshake: Duration::from_secs(1), resolve: vec![resolve], ..Options::default() };
    let client = Offer::java(DISABLED, None);
    let predicted: Vec<_> = urls.iter().map(|url| predicted(url, &options, &client)).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    for jvm in jvms() {
        assert_eq!(java(&jvm, &[&hosts], &urls), predicted, "{}", jvm.display());
    }
    assert_eq!(predicted.iter().filter(|text| *text == "OK").count(), 6, "{predicted:#?}");
    let told_apart: std::collections::BTreeSet<_> = predicted.iter().collect();
    assert_eq!(told_apart.len(), 14, "{predicted:#?}");
}

/// Notes the name each hello asks for.
#[derive(Debug)]
struct NamesAsked(Arc<CertifiedKey>, Arc<Mutex<Vec<Option<String>>>>);

impl ResolvesServerCert for NamesAsked {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.1.lock().unwrap().push(hello.server_name().map(str::to_owned));
        Some(Arc::clone(&self.0))
    }
}

#[test]
fn the_name_asked_for_is_the_one_a_jvm_asks_for() {
    let (pki, asked) = (Pki::new(), Arc::default());
    let mut config = pki.server(pki.chain());
    let key = rustls::crypto::ring::sign::any_supported_type(&pki.key()).unwrap();
    config.cert_resolver =
        Arc::new(NamesAsked(Arc::new(CertifiedKey::new(pki.chain(), key)), Arc::clone(&asked)));
    let (port, _) = https(config, |_| b"HTTP/1.1 204 No Content\r\n\r\n".to_vec());

    let names = ["scim.corp.test", "shortname", "my_host.corp.test", "scim.corp.test.", "127.0.0.1"];
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts");
    std::fs::write(&hosts, names.map(|name| format!("127.0.0.1 {name}\n")).concat()).unwrap();
    let urls = names.map(|name| format!("https://{name}:{port}/"));
    for (name, url) in names.iter().zip(&urls) {
        let resolve = vec![Resolve::parse(&format!("{name}:{port}:127.0.0.1")).unwrap()];
        observe(&endpoint(url), &Options { resolve, ..Options::default() }).unwrap();
    }
    let ours = std::mem::take(&mut *asked.lock().unwrap());
    let hosts = format!("-Djdk.net.hosts.file={}", hosts.display());
    for jvm in jvms() {
        assert_eq!(java(&jvm, &[&hosts], &urls.each_ref().map(String::as_str)), ["OK"; 5]);
        assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), ours, "{}", jvm.display());
    }
    assert_eq!(ours.iter().flatten().count(), 2);
}

#[test]
fn a_proxys_refusal_is_met_as_a_jvm_meets_it() {
    let proxy = listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    let options =
        Options { proxy: Some(Proxy::parse(&format!("127.0.0.1:{proxy}")).unwrap()), ..Options::default() };
    let text = predicted("https://scim.corp.test/", &options, &Offer::java(DISABLED, None));
    for jvm in jvms() {
        assert_eq!(
            java(&jvm, &[], &[&format!("127.0.0.1:{proxy}@https://scim.corp.test/")]),
            std::slice::from_ref(&text)
        );
    }
}

#[test]
fn a_client_told_to_speak_tls_1_2_meets_a_server_of_1_3() {
    let folder = tempfile::tempdir().unwrap();
    Pki::new().write(folder.path());
    let server = OpensslServer::start(folder.path(), &["-www", "-tls1_3"]);
    let url = format!("https://127.0.0.1:{}/", server.port);
    let client = Offer::java(DISABLED, Some(&[Protocol::Tls12]));
    let text = predicted(&url, &Options::default(), &client);
    assert!(text.ends_with("(protocol_version) Received fatal alert: protocol_version"), "{text}");
    for jvm in jvms() {
        assert_eq!(java(&jvm, &["-Dhttps.protocols=TLSv1.2"], &[&url]), std::slice::from_ref(&text));
    }
}
