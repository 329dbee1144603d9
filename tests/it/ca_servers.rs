//! Servers start with the keystores made for them, and clients connect by every name and by no other.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use time::OffsetDateTime;
use trustmend::ca::{Authority, Issued, KeyKind, LeafName, NewAuthority, Request, Validity, default_limits};
use trustmend::secret::Password;
use trustmend::store::{self, Alias, Edit, Pkcs8};

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program;
use crate::support::scratch::Scratch;

pub(crate) const PASSWORD: &str = "a long password";

fn issue(authority: &Authority, kind: KeyKind) -> Issued {
    let names = ["scim.corp.test", "127.0.0.1", "::1"].map(|name| LeafName::parse(name).unwrap());
    let validity = Validity::days(OffsetDateTime::now_utc(), 397).unwrap();
    authority.issue(&Request { key: kind, ..Request::server(names.to_vec(), validity) }).unwrap()
}

fn authority() -> Authority {
    let limits = default_limits();
    let new = NewAuthority { name: "servers".to_owned(), key: KeyKind::P256, limits, days: 730 };
    Authority::sealed(&new, OffsetDateTime::now_utc()).unwrap()
}

/// A keystore with the key under the alias `scim`.
fn keystore(issued: &Issued, format: &str) -> Vec<u8> {
    let password = Password::new(PASSWORD.to_owned());
    let empty = store::empty(store::format(format).unwrap(), Some(&password)).unwrap();
    let key = Pkcs8::from_der(issued.key.pkcs8().clone()).unwrap();
    let chain = issued.signed.full_chain().cloned().collect();
    let add =
        Edit::AddKey { alias: Alias::new("scim".to_owned()), key, chain, created: OffsetDateTime::now_utc() };
    store::edit(&empty, &[add], Some(&password)).unwrap()
}

/// A Java application with a keystore per server; ended when dropped.
pub(crate) struct Servers {
    child: Child,
    /// Ports on 127.0.0.1 and ::1, per keystore.
    pub(crate) ports: Vec<(u16, u16)>,
}

impl Servers {
    /// Opened with [`PASSWORD`].
    pub(crate) fn start(keystores: &[(String, &str)]) -> Self {
        let args: Vec<_> =
            keystores.iter().flat_map(|(path, kind)| [path.as_str(), kind, PASSWORD]).collect();
        let mut command = java::command(Jvm::compiler(), "KeystoreServer", &[], &args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(keystores.len());
        let ports = lines.map(|line| {
            let line = line.unwrap();
            let (v4, v6) = line.split_once(' ').unwrap();
            (v4.parse().unwrap(), v6.parse().unwrap())
        });
        let ports: Vec<_> = ports.collect();
        assert_eq!(ports.len(), keystores.len(), "the server did not start; its words are above");
        Self { child, ports }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What curl gets, or its exit code: 60 is a certificate that does not do.
fn curl(root: &str, host: &str, port: u16) -> Result<String, i32> {
    let mut command = Command::new("curl");
    command.args(["-sS", "--max-time", "20", "--noproxy", "*", "--cacert", root]);
    if host.ends_with(".test") {
        command.args(["--resolve", &format!("{host}:{port}:127.0.0.1")]);
    }
    command.arg(format!("https://{host}:{port}/hello.txt"));
    let outcome = program::run(command, b"", "curl");
    if outcome.code == 0 { Ok(outcome.stdout) } else { Err(outcome.code) }
}

#[test]
fn a_java_server_starts_with_every_kind_of_key_in_every_format() {
    let scratch = Scratch::new();
    let authority = authority();
    scratch.write("root.pem", authority.root_pem());
    let root = scratch.at("root.pem");
    let mut made = Vec::new();
    for kind in KeyKind::ALL {
        let issued = issue(&authority, kind);
        for (format, java_name) in [("pkcs12", "PKCS12"), ("jks", "JKS")] {
            let name = format!("{kind}.{format}");
            scratch.write(&name, keystore(&issued, format));
            made.push((scratch.at(&name), java_name));
        }
    }
    let servers = Servers::start(&made);
    for ((name, _), (v4, v6)) in made.iter().zip(&servers.ports) {
        for (host, port) in [("scim.corp.test", *v4), ("127.0.0.1", *v4), ("[::1]", *v6)] {
            assert_eq!(curl(&root, host, port).as_deref(), Ok("hello\n"), "{name} {host}");
        }
        assert_eq!(curl(&root, "other.corp.test", *v4), Err(60), "{name}");
    }
}

#[test]
fn every_keytool_and_openssl_read_the_keystores() {
    let scratch = Scratch::new();
    let authority = authority();
    for kind in [KeyKind::Ed25519, KeyKind::Rsa2048] {
        let issued = issue(&authority, kind);
        let leaf = trustmend::pem::encode("CERTIFICATE", issued.signed.certificate.der());
        for format in ["pkcs12", "jks"] {
            let path = scratch.write("keystore", keystore(&issued, format));
            let path = path.to_str().unwrap();
            let with = ["-keystore", path, "-storepass", PASSWORD];
            for jvm in Jvm::with_keytool().filter(|jvm| kind != KeyKind::Ed25519 || jvm.major() >= 15) {
                let list = jvm.keytool(&[&["-list", "-v"][..], &with].concat()).success().stdout;
                for expected in
                    ["Alias name: scim", "Entry type: PrivateKeyEntry", "Certificate chain length: 2"]
                {
                    assert!(list.contains(expected), "{kind} {format} Java {}: {list}", jvm.version);
                }
                let export = jvm.keytool(&[&["-exportcert", "-rfc", "-alias", "scim"][..], &with].concat());
                let plain = |text: &str| text.replace(['\r', '\n'], "");
                assert_eq!(plain(&export.success().stdout), plain(&leaf), "{kind} {format}");
            }
        }
        let path = scratch.write("keystore.p12", keystore(&issued, "pkcs12"));
        let pass = format!("pass:{PASSWORD}");
        let read = ["pkcs12", "-in", path.to_str().unwrap(), "-passin", &pass, "-nocerts", "-nodes"];
        let key = openssl(&read).success().stdout;
        let block = trustmend::pem::scan(key.as_bytes());
        let (_, label, der) = block.blocks().next().unwrap();
        assert_eq!((label, der), ("PRIVATE KEY", issued.key.pkcs8().as_slice()), "{kind}");
    }
}
