//! What a JVM prints on the way to a server is what is said it prints: each server is met by both.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use trustmend::net::legacy::Offer;
use trustmend::net::{NetError, Observation, Options, Prefix, Protocol, Proxy, Resolve, observe};
use trustmend::path::java::{Session, Settings, Version};

use crate::net_support::{OpensslServer, Pki, RsaFiles, endpoint, https, listen, openssl};
use crate::support::jvm::Jvm;

/// A JVM of this machine and the rules its own files give it.
pub(crate) struct Judge {
    jvm: &'static Jvm,
    settings: Settings,
}

impl Judge {
    pub(crate) fn all() -> Vec<Self> {
        let judge = |jvm: &'static Jvm| {
            let version = Version::parse(&jvm.version).unwrap();
            let files = ["conf/security/java.security", "jre/lib/security/java.security"];
            let read = |file: &&str| std::fs::read_to_string(jvm.home.join(file)).ok();
            let security = files.iter().find_map(read).expect("a JDK has a java.security");
            Self { jvm, settings: Settings::with_java_security(&version, &security) }
        };
        Jvm::all().iter().map(judge).collect()
    }

    /// What it should print for each of these, speaking these protocols (all that it may, unless said).
    pub(crate) fn predicted(&self, seen: &[Met], protocols: Option<&[Protocol]>) -> Vec<String> {
        let client = offer(&self.settings, protocols);
        let prefix = if self.settings.alert_prefix { Prefix::Alert } else { Prefix::None };
        seen.iter().map(|met| met.text(&client, prefix)).collect()
    }

    /// The JVM.
    pub(crate) fn jvm(&self) -> &'static Jvm {
        self.jvm
    }

    /// Its rules.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Which one it is.
    pub(crate) fn version(&self) -> &str {
        &self.jvm.version
    }

    /// What it prints for each URL.
    pub(crate) fn says(&self, options: &[&str], urls: &[&str]) -> Vec<String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/net/Handshake.java");
        let output = self.jvm.program("java").args(options).arg(source).args(urls).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

/// What a JVM with these rules puts into its hello.
pub(crate) fn offer(settings: &Settings, protocols: Option<&[Protocol]>) -> Offer {
    let offer = Offer::java(&settings.tls_disabled, protocols);
    let session = |version: &Protocol| match version {
        Protocol::Tls13 => Session::Tls13,
        Protocol::Tls12 => Session::Tls12,
        _ => Session::Older,
    };
    let versions: Vec<Session> = offer.versions.iter().map(session).collect();
    let [handshake, certificates] =
        [settings.handshake_schemes(&versions), settings.certificate_schemes(&versions)];
    offer.limited(settings.groups(), handshake.numbers(), certificates.numbers())
}

/// A server as this program met it.
pub(crate) struct Met(Result<Observation, NetError>, Options);

impl Met {
    pub(crate) fn at(url: &str, options: &Options) -> Self {
        Self(observe(&endpoint(url), options), options.clone())
    }

    fn text(&self, client: &Offer, prefix: Prefix) -> String {
        let text =
            |error: &NetError| error.java_text(prefix).unwrap_or_else(|| format!("unknown: {error:?}"));
        match &self.0 {
            Ok(seen) => match seen.meeting(client, &self.1).failure {
                Some(failure) => text(&failure.error),
                None => "OK".to_owned(),
            },
            Err(error) => text(error),
        }
    }
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
    let met: Vec<_> = urls.iter().map(|url| Met::at(url, &options)).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    for judge in Judge::all() {
        let predicted = judge.predicted(&met, None);
        assert_eq!(judge.says(&[&hosts], &urls), predicted, "{:?}", judge.jvm);
        // Six, and the server of TLS_RSA_* where that is not disabled yet.
        let accepted = 6 + usize::from(!judge.settings.tls_disabled.contains("TLS_RSA_*"));
        assert_eq!(predicted.iter().filter(|text| *text == "OK").count(), accepted, "{predicted:#?}");
        let told_apart: std::collections::BTreeSet<_> = predicted.iter().collect();
        assert_eq!(told_apart.len(), 14, "{predicted:#?}");
    }
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
    for judge in Judge::all() {
        assert_eq!(judge.says(&[&hosts], &urls.each_ref().map(String::as_str)), ["OK"; 5]);
        assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), ours, "{:?}", judge.jvm);
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
    let met = [Met::at("https://scim.corp.test/", &options)];
    let url = format!("127.0.0.1:{proxy}@https://scim.corp.test/");
    for judge in Judge::all() {
        assert_eq!(judge.says(&[], &[&url]), judge.predicted(&met, None));
    }
}

#[test]
fn a_client_told_to_speak_tls_1_2_meets_a_server_of_1_3() {
    let folder = tempfile::tempdir().unwrap();
    Pki::new().write(folder.path());
    let server = OpensslServer::start(folder.path(), &["-www", "-tls1_3"]);
    let url = format!("https://127.0.0.1:{}/", server.port);
    let met = [Met::at(&url, &Options::default())];
    for judge in Judge::all() {
        let predicted = judge.predicted(&met, Some(&[Protocol::Tls12]));
        assert!(predicted[0].ends_with("Received fatal alert: protocol_version"), "{predicted:?}");
        assert_eq!(judge.says(&["-Dhttps.protocols=TLSv1.2"], &[&url]), predicted);
    }
}
