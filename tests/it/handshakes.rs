//! The first line of the exception, as a Java application gets it from a real handshake.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};
use trustmend::cert::Certificate;
use trustmend::path::java::{Question, Settings, Verdict, Version, judge};
use trustmend::path::{Anchor, Outcome, PeerName, openssl, webpki};

use crate::clients::in_words;
use crate::verdicts::jvms;

/// What a server presents, its key, and what the client trusts.
struct Server {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    anchor: Certificate,
}

/// A change of a certificate.
type Change<'a> = &'a dyn Fn(&mut CertificateParams);
/// A change of what is sent.
type Send<'a> = &'a dyn Fn(&mut Vec<CertificateDer<'static>>);

/// A good chain of leaf, issuing authority and root, changed by the three functions.
fn server(leaf: Change<'_>, ca: Change<'_>, send: Send<'_>) -> Server {
    let now = OffsetDateTime::now_utc();
    let parameters = |name: &str, ca: bool| {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.not_before = now - Duration::days(10);
        parameters.not_after = now + Duration::days(10);
        if ca {
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        parameters
    };
    let keys = [0, 1, 2].map(|_| KeyPair::generate().unwrap());
    let [root_key, issuing_key, leaf_key] = keys;
    let (root, mut issuing) = (parameters("Test Root", true), parameters("Test Issuing", true));
    let mut own = parameters("localhost", false);
    own.subject_alt_names = vec![rcgen::SanType::DnsName("localhost".try_into().unwrap())];
    leaf(&mut own);
    ca(&mut issuing);
    let anchor = root.self_signed(&root_key).unwrap();
    let intermediate = issuing.signed_by(&issuing_key, &Issuer::from_params(&root, &root_key)).unwrap();
    let leaf = own.signed_by(&leaf_key, &Issuer::from_params(&issuing, &issuing_key)).unwrap();
    let mut chain = vec![leaf.der().clone(), intermediate.der().clone()];
    send(&mut chain);
    Server { chain, key: leaf_key, anchor: Certificate::from_der(anchor.der()).unwrap() }
}

/// Serves handshakes until the test ends; gives the port.
pub(crate) fn serve(chain: Vec<CertificateDer<'static>>, key: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = PrivateKeyDer::try_from(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
        }
    });
    port
}

impl Server {
    /// What this program says another client does.
    fn judged(
        &self,
        judge: fn(&[Certificate], &[Anchor], Option<&PeerName>, OffsetDateTime) -> Outcome,
    ) -> Option<String> {
        let chain: Vec<Certificate> =
            self.chain.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
        let anchors = [Anchor { certificate: self.anchor.clone(), alias: None }];
        let name = PeerName::Dns("localhost".to_owned());
        in_words(&judge(&chain, &anchors, Some(&name), OffsetDateTime::now_utc()))
    }

    /// What this program says a version prints.
    fn predicted(&self, version: &Version) -> String {
        let chain: Vec<Certificate> =
            self.chain.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
        let anchors = [Anchor { certificate: self.anchor.clone(), alias: Some("anchor".to_owned()) }];
        let settings = Settings::of(version);
        let name = PeerName::Dns("localhost".to_owned());
        let mut question = Question::new(&chain, &anchors, OffsetDateTime::now_utc(), &settings);
        question.name = Some(&name);
        let judgement = judge(&question);
        match judgement.verdict {
            Verdict::Trusted => "trusted".to_owned(),
            _ => judgement.predicted.unwrap().exception,
        }
    }
}

/// Every pair of a fault of the leaf and one of the rest, and the leaf's alone with every way to send the chain.
fn servers() -> Vec<Server> {
    let now = OffsetDateTime::now_utc();
    let name = |name: &str| vec![rcgen::SanType::DnsName(name.try_into().unwrap())];
    let none: Change<'_> = &|_| {};
    let leaves: [Change<'_>; 8] = [
        none,
        &|leaf| leaf.not_after = now - Duration::days(1),
        &|leaf| leaf.not_before = now + Duration::days(1),
        &|leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyAgreement],
        &|leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        &|leaf| leaf.subject_alt_names = name("other.test"),
        &|leaf| leaf.subject_alt_names.clear(),
        &|leaf| leaf.subject_alt_names = vec![rcgen::SanType::IpAddress([127, 0, 0, 1].into())],
    ];
    let authorities: [Change<'_>; 5] = [
        none,
        &|ca| ca.not_after = now - Duration::days(1),
        &|ca| ca.is_ca = IsCa::ExplicitNoCa,
        &|ca| ca.key_usages = vec![KeyUsagePurpose::CrlSign],
        &|ca| {
            let permitted_subtrees = vec![rcgen::GeneralSubtree::DnsName("corp.test".to_owned())];
            let excluded_subtrees = Vec::new();
            ca.name_constraints = Some(rcgen::NameConstraints { permitted_subtrees, excluded_subtrees });
        },
    ];
    let all: Send<'_> = &|_| {};
    let ways: [Send<'_>; 3] = [&|chain| chain.truncate(1), &|chain| chain.push(chain[1].clone()), &|chain| {
        chain.extend(vec![chain[1].clone(); 10])
    }];
    let pairs = leaves.iter().flat_map(|leaf| authorities.map(|ca| server(leaf, ca, all)));
    pairs.chain(leaves.iter().flat_map(|leaf| ways.map(|way| server(leaf, none, way)))).collect()
}

#[test]
fn applications_see_the_predicted_line() {
    let servers = servers();
    assert!(servers.len() >= 60, "{}", servers.len());
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = Vec::new();
    for (index, server) in servers.iter().enumerate() {
        let file = folder.path().join(format!("{index}.der"));
        std::fs::write(&file, server.anchor.der()).unwrap();
        arguments.extend([
            file.display().to_string(),
            serve(server.chain.clone(), server.key.serialize_der()).to_string(),
        ]);
    }
    let mut javac = Command::new("javac");
    javac
        .args(["--release", "11", "-Xlint:-options", "-d"])
        .arg(folder.path())
        .arg("tests/it/java/Handshake.java");
    assert!(javac.status().expect("javac is installed").success());
    for (version, java) in jvms() {
        let run = Command::new(java).arg("-cp").arg(folder.path()).arg("Handshake").args(&arguments).output();
        let printed = String::from_utf8(run.unwrap().stdout).unwrap();
        let version = Version::parse(&version).unwrap();
        let predicted: Vec<String> = servers.iter().map(|server| server.predicted(&version)).collect();
        assert_eq!(printed.lines().collect::<Vec<_>>(), predicted, "JDK {version}");
    }
}

/// What `openssl s_client` prints of its first objection, in the form of `openssl verify`.
fn s_client(port: u16, roots: &std::path::Path) -> Option<String> {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-brief", "-verify_return_error", "-servername", "localhost"]);
    openssl.args(["-verify_hostname", "localhost", "-no-CApath", "-no-CAstore", "-CAfile"]).arg(roots);
    openssl.arg("-connect").arg(format!("127.0.0.1:{port}"));
    let run = openssl.stdin(std::process::Stdio::null()).output().expect("openssl is installed");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    let Some(place) = said.find("verify error:num=") else {
        assert!(said.contains("Verification: OK"), "{said}");
        return None;
    };
    let depth = said[..place].rsplit("depth=").next().unwrap().split(' ').next().unwrap();
    let (code, text) = said[place + 17..].lines().next().unwrap().split_once(':').unwrap();
    Some(format!("error {code} at {depth} depth lookup: {text}"))
}

/// The error of a rustls client that trusts the anchor, over a connection.
fn rustls_client(port: u16, anchor: &Certificate) -> Option<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(anchor.der().to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    while client.is_handshaking() {
        if let Err(error) = client.complete_io(&mut stream) {
            return Some(error.to_string());
        }
    }
    None
}

#[test]
fn openssl_and_rustls_clients_do_as_predicted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut differences, mut trusted) = (Vec::new(), 0);
    for (index, server) in servers().iter().enumerate() {
        let port = serve(server.chain.clone(), server.key.serialize_der());
        let roots = folder.path().join(format!("{index}.pem"));
        std::fs::write(&roots, trustmend::pem::encode("CERTIFICATE", server.anchor.der())).unwrap();
        let (real, ours) = (s_client(port, &roots), server.judged(openssl::judge));
        if real != ours {
            differences.push(format!("{index}\n  openssl {real:?}\n  we      {ours:?}"));
        }
        trusted += usize::from(real.is_none());
        let (real, ours) = (rustls_client(port, &server.anchor), server.judged(webpki::judge));
        if real != ours {
            differences.push(format!("{index}\n  rustls {real:?}\n  we     {ours:?}"));
        }
        trusted += usize::from(real.is_none());
    }
    assert!(differences.is_empty() && trusted > 2, "{trusted}\n{}", differences.join("\n"));
}
