//! Servers for the tests of net and scim: rustls with rcgen certificates, openssl s_server, and raw octets.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use trustmend::net::{Endpoint, Options};

/// A root, an intermediate and a leaf for `localhost`, `scim.corp.test` and 127.0.0.1.
pub(crate) struct Pki {
    pub(crate) root: rcgen::Certificate,
    pub(crate) intermediate: rcgen::Certificate,
    pub(crate) leaf: rcgen::Certificate,
    pub(crate) leaf_key: KeyPair,
    issuer: Issuer<'static, KeyPair>,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let (root, issuer) = authority("Test Root", None);
        let (intermediate, issuer) = authority("Test Intermediate", Some(&issuer));
        let leaf_key = KeyPair::generate().unwrap();
        let names = ["localhost", "scim.corp.test", "127.0.0.1"].map(str::to_owned);
        let leaf = CertificateParams::new(names).unwrap().signed_by(&leaf_key, &issuer).unwrap();
        Self { root, intermediate, leaf, leaf_key, issuer }
    }

    /// A certificate with the leaf's key for other names.
    pub(crate) fn leaf_for(&self, names: Vec<String>) -> CertificateDer<'static> {
        let params = CertificateParams::new(names).unwrap();
        params.signed_by(&self.leaf_key, &self.issuer).unwrap().der().clone()
    }

    /// A client's certificate and key.
    pub(crate) fn client(&self) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "agent");
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.leaf_key.serialize_der()).unwrap()
    }

    pub(crate) fn server(&self, chain: Vec<CertificateDer<'static>>) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        builder.with_single_cert(chain, self.key()).unwrap()
    }

    /// Leaf and intermediate, as a well-set server sends them.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.leaf.der().clone(), self.intermediate.der().clone()]
    }

    /// The files an openssl server needs, in `folder`.
    pub(crate) fn write(&self, folder: &Path) {
        let write = |name: &str, label: &str, der: &[u8]| {
            std::fs::write(folder.join(name), pem::encode(&pem::Pem::new(label, der))).unwrap();
        };
        write("leaf.pem", "CERTIFICATE", self.leaf.der());
        write("key.pem", "PRIVATE KEY", &self.leaf_key.serialize_der());
        write("chain.pem", "CERTIFICATE", self.intermediate.der());
        let whole = [self.leaf.der(), self.intermediate.der()]
            .map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", &der[..])));
        std::fs::write(folder.join("fullchain.pem"), whole.concat()).unwrap();
        write("root.pem", "CERTIFICATE", self.root.der());
    }
}

/// The files of an openssl server with RSA keys: a leaf and its issuer, made by openssl (ring makes no RSA keys).
pub(crate) struct RsaFiles;

impl RsaFiles {
    /// Writes them; returns the chain.
    pub(crate) fn write(folder: &Path) -> Vec<Vec<u8>> {
        openssl(
            folder,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out chain.pem -days 30 -subj /CN=Old-CA",
        );
        openssl(folder, "req -newkey rsa:2048 -nodes -keyout key.pem -out leaf.csr -subj /CN=localhost");
        openssl(folder, "x509 -req -in leaf.csr -CA chain.pem -CAkey ca.key -days 30 -out leaf.pem");
        let der = |name: &str| pem::parse(std::fs::read(folder.join(name)).unwrap()).unwrap().into_contents();
        vec![der("leaf.pem"), der("chain.pem")]
    }
}

/// Runs openssl in `folder` with arguments that hold no spaces.
pub(crate) fn openssl(folder: &Path, arguments: &str) {
    let done = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output();
    let done = done.expect("openssl is needed for the tests (apt-get install openssl)");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn authority(
    name: &str,
    issuer: Option<&Issuer<'static, KeyPair>>,
) -> (rcgen::Certificate, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate, Issuer::new(params, key))
}

/// Listens on a free port of 127.0.0.1 and hands every connection to `serve` on its own thread.
pub(crate) fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// What an HTTPS server in a test was sent, request by request (heads only).
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// An HTTPS server: `answer` gets the head of a request and gives the octets of the answer.
pub(crate) fn https(
    config: ServerConfig,
    answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> (u16, Log) {
    let (config, log) = (Arc::new(config), Log::default());
    let heads = Arc::clone(&log);
    let port = listen(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        let mut head = Vec::new();
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut octet) {
                Ok(1) => head.extend_from_slice(&octet),
                _ => break,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        heads.lock().unwrap().push(head.clone());
        if !head.is_empty() {
            let _ = stream.write_all(&answer(&head));
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (port, log)
}

/// A whole HTTP answer with a Content-Length.
pub(crate) fn reply(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

pub(crate) fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap()
}

/// Deadlines short enough for a test of silence.
pub(crate) fn impatient() -> Options {
    let short = Duration::from_millis(700);
    Options { connect: short, handshake: short, total: Duration::from_secs(2), ..Options::default() }
}

/// `openssl s_server` on a free port, ended when dropped.
pub(crate) struct OpensslServer {
    child: Child,
    pub(crate) port: u16,
}

impl OpensslServer {
    /// Starts it in `folder`, where [`Pki::write`] has put the files.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let fixed = ["s_server", "-accept", "127.0.0.1:0", "-cert", "leaf.pem", "-key", "key.pem"];
        let mut child = Command::new("openssl")
            .current_dir(folder)
            .args(fixed)
            .args(["-cert_chain", "chain.pem", "-naccept", "20"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is needed for the tests (apt-get install openssl)");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("ACCEPT ")).expect("openssl s_server starts");
        let port = line.rsplit(':').next().unwrap().trim().parse().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
