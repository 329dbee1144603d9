//! What a server does not send is found elsewhere, said so, and the commands that mend it do mend it.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::net_support::listen;
use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::program;
use crate::support::run::{command, trustmend};
use crate::support::scratch::Scratch;
use crate::support::tomcat::Tomcat;

/// The lines of an HTTP request that an authority's server answers, and what it was asked for.
pub(crate) struct Authority {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Serves `intermediate` in three forms, and worse things under other names.
pub(crate) fn authority(files: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Authority {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let port = listen(move |mut stream| {
        let mut request = [0; 1024];
        let count = stream.read(&mut request).unwrap_or_default();
        let line = String::from_utf8_lossy(&request[..count]).lines().next().unwrap_or_default().to_owned();
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        log.lock().unwrap().push(path.clone());
        if path == "/redirect" {
            let _ = stream.write_all(
                b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
            );
            return;
        }
        let Some(body) = files(&path) else {
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            return;
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    });
    Authority { port, asked }
}

/// A root, an intermediate, and leaves that name the given addresses of the intermediate.
pub(crate) struct Pki {
    pub(crate) home: Scratch,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let home = Scratch::new();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let ca = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign";
        let pki = Self { home };
        // openssl's own defaults add basicConstraints once more.
        pki.home.write("req.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
        pki.run(&format!(
            "req -config req.cnf -x509 {key} -subj /CN=Root -days 30 {ca} -keyout root.key -out root.pem"
        ));
        pki.run(&format!(
            "req -config req.cnf -new {key} -subj /CN=Issuing -keyout issuing.key -out issuing.csr"
        ));
        pki.home
            .write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n");
        pki.run("x509 -req -in issuing.csr -CA root.pem -CAkey root.key -days 30 -extfile ca.ext -out issuing.pem");
        pki.run("x509 -in issuing.pem -outform DER -out issuing.der");
        pki.run("crl2pkcs7 -nocrl -certfile issuing.pem -outform DER -out issuing.p7c");
        pki.run(&format!(
            "req -config req.cnf -new {key} -subj /CN=localhost -keyout leaf.key -out leaf.csr"
        ));
        pki
    }

    pub(crate) fn run(&self, words: &str) {
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(words.split(' ')).current_dir(self.home.path());
        program::run(openssl, b"", "openssl").success();
    }

    pub(crate) fn leaf(&self, name: &str, urls: &[String]) {
        let urls: String = urls.iter().map(|url| format!(",caIssuers;URI:{url}")).collect();
        let access = match urls.strip_prefix(',') {
            Some(urls) => format!("authorityInfoAccess={urls}\n"),
            None => String::new(),
        };
        self.home.write("leaf.ext", format!("subjectAltName=DNS:localhost\n{access}"));
        self.run(&format!(
            "x509 -req -in leaf.csr -CA issuing.pem -CAkey issuing.key -days 30 -extfile leaf.ext -out {name}"
        ));
    }

    pub(crate) fn serve(&self, chain: &str) -> Server {
        let (file, key) = (self.home.at(chain), self.home.at("leaf.key"));
        Server::start(&["-cert", &file, "-cert_chain", &file, "-key", &key])
    }

    pub(crate) fn store(&self, name: &str) -> String {
        trustmend(&self.home, &["import", "root.pem", "--store", name]).success();
        self.home.at(name)
    }
}

fn diagnosed(home: &Scratch, port: u16, store: &str, more: &[&str]) -> Value {
    let url = format!("tls://localhost:{port}/");
    let words = [&["diagnose", &url, "--store", store, "--json"], more].concat();
    trustmend(home, &words).json()["targets"][0].clone()
}

fn missing(target: &Value) -> &Value {
    let findings = target["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["code"] == "chain-intermediate-missing").unwrap()
}

/// The arguments of a remedy's command, without the program's name.
fn command_of<'v>(finding: &'v Value, who: &str) -> Vec<&'v str> {
    let remedies = finding["remedies"].as_array().unwrap();
    let remedy = remedies.iter().find(|remedy| remedy["who"] == who).unwrap();
    remedy["command"].as_array().unwrap().iter().skip(1).map(|word| word.as_str().unwrap()).collect()
}

#[track_caller]
fn every_jvm_connects(port: u16, store: &str) {
    let (url, trust) = (format!("https://localhost:{port}/"), format!("-Djavax.net.ssl.trustStore={store}"));
    for jvm in Jvm::all() {
        let printed = java::run(jvm, "HttpsGet", &[&trust], &[&url]).stdout;
        assert!(printed.starts_with("200"), "Java {}: {printed}", jvm.version);
    }
}

#[test]
fn a_missing_issuer_is_downloaded_and_both_remedies_work_as_printed() {
    let pki = Pki::new();
    let home = &pki.home;
    let forms =
        ["issuing.der", "issuing.pem", "issuing.p7c"].map(|name| (format!("/{name}"), home.read(name)));
    let authority =
        authority(move |path| forms.iter().find(|(name, _)| name == path).map(|(_, octets)| octets.clone()));
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", authority.port);
    let store = pki.store("trust.jks");
    for form in ["issuing.der", "issuing.pem", "issuing.p7c"] {
        pki.leaf("leaf.pem", &[at(form)]);
        let server = pki.serve("leaf.pem");
        // This machine's own addresses are not asked unless that is wanted, and nobody is with --no-fetch.
        for more in [&[][..], &["--no-fetch"]] {
            let refused = diagnosed(home, server.port, &store, more);
            assert!(missing(&refused)["detail"].as_str().unwrap().contains("which the server does not send"));
            assert!(authority.asked.lock().unwrap().is_empty());
        }
        let found = diagnosed(home, server.port, &store, &["--fetch-local"]);
        let detail = missing(&found)["detail"].as_str().unwrap();
        assert!(detail.ends_with(&format!("which was found at {}.", at(form))), "{detail}");
        assert_eq!(std::mem::take(&mut *authority.asked.lock().unwrap()), [format!("/{form}")]);
    }

    pki.leaf("leaf.pem", &[at("redirect"), at("none"), at("issuing.der")]);
    let server = pki.serve("leaf.pem");
    let found = diagnosed(home, server.port, &store, &["--fetch-local"]);
    // What the server's owner is told: write the chain, install it.
    let words = command_of(missing(&found), "server-owner");
    let written = trustmend(home, &words);
    assert_eq!(written.code, 1, "{}", written.stderr);
    for line in ["ssl_certificate", "SSLCertificateFile", "certificateFile", "openssl pkcs12"] {
        assert!(written.stderr.contains(line), "{}", written.stderr);
    }
    openssl(&[
        "verify",
        "-x509_strict",
        "-CAfile",
        &home.at("root.pem"),
        "-untrusted",
        &home.at("chain.pem"),
        &home.at("leaf.pem"),
    ])
    .success();
    let again = trustmend(home, &words);
    assert!(again.code == 5 && again.stderr.contains("exists already"), "{}", again.stderr);
    let mended = pki.serve("chain.pem");
    assert_eq!(diagnosed(home, mended.port, &store, &[])["verdict"], "trusted");
    every_jvm_connects(mended.port, &store);
    // Tomcat, with the line that was printed for it.
    let certificate = format!(
        "<SSLHostConfig><Certificate certificateFile=\"{}\" certificateKeyFile=\"{}\"/></SSLHostConfig>",
        home.at("chain.pem"),
        home.at("leaf.key")
    );
    let tomcat = Tomcat::start(Jvm::compiler(), "", &certificate, &[("hello.txt", "hello\n")]);
    let seen = diagnosed(home, tomcat.port, &store, &[]);
    assert_eq!((&seen["verdict"], seen["presented"].as_array().unwrap().len()), (&"trusted".into(), 2));

    // What the store's owner is told, for the meantime.
    trustmend(home, &command_of(missing(&found), "store-admin")).success();
    assert_eq!(diagnosed(home, server.port, &store, &["--no-fetch"])["verdict"], "trusted");
    every_jvm_connects(server.port, &store);
}

#[test]
fn issuers_are_found_in_files_folders_and_the_store_itself() {
    let pki = Pki::new();
    let home = &pki.home;
    pki.leaf("leaf.pem", &[]);
    let server = pki.serve("leaf.pem");
    let store = pki.store("trust.jks");
    std::fs::create_dir(home.path().join("folder")).unwrap();
    home.write("folder/issuing.crt", home.read("issuing.pem"));
    for place in ["issuing.pem", "folder"] {
        let found = diagnosed(home, server.port, &store, &["--extra", place]);
        let detail = missing(&found)["detail"].as_str().unwrap();
        assert!(detail.contains("which was found in ") && detail.contains("issuing."), "{detail}");
        assert_eq!(command_of(missing(&found), "store-admin")[2..4], ["--extra", place]);
    }
    let incomplete =
        trustmend(home, &["diagnose", "leaf.pem", "--store", &store, "--write-bundle", "new.pem"]);
    assert!(
        incomplete.stderr.contains("because the certificate of CN=Issuing is not known"),
        "{}",
        incomplete.stderr
    );
    assert!(!home.path().join("new.pem").exists());

    // In the chain of a key that the store holds too.
    pki.run("pkcs12 -export -in leaf.pem -inkey leaf.key -certfile issuing.pem -name other -out both.p12 -passout pass:changeit");
    let both = home.at("both.p12");
    pki.run("x509 -req -in leaf.csr -CA issuing.pem -CAkey issuing.key -days 40 -extfile leaf.ext -out renewed.pem");
    let renewed = pki.serve("renewed.pem");
    let found = diagnosed(home, renewed.port, &both, &[]);
    let detail = missing(&found)["detail"].as_str().unwrap();
    assert!(detail.contains("which was found in the store, under other"), "{detail}");
}

/// Whatever stands at the address, it costs seconds and is not taken for an issuer.
#[test]
fn an_authoritys_address_can_do_no_harm() {
    let pki = Pki::new();
    let home = &pki.home;
    let authority = authority(|path| match path {
        "/large" => Some(vec![b'a'; 4 << 20]),
        "/other" => Some(std::fs::read(crate::store_support::testdata("certificates/root.der")).unwrap()),
        "/empty" => Some(Vec::new()),
        _ => None,
    });
    let silent = listen(|stream| {
        std::thread::sleep(std::time::Duration::from_secs(60));
        drop(stream);
    });
    let store = pki.store("trust.jks");
    let at = |port: u16, path: &str| format!("http://127.0.0.1:{port}/{path}");
    for urls in [
        vec![at(authority.port, "large"), at(authority.port, "other"), at(authority.port, "empty")],
        vec![at(silent, "never")],
        vec!["http://[::1]:1/x".to_owned(), "ldap://localhost/x".to_owned(), "file:///etc/passwd".to_owned()],
        (0..200).map(|number| at(authority.port, &format!("none{number}"))).collect(),
    ] {
        authority.asked.lock().unwrap().clear();
        pki.leaf("leaf.pem", &urls);
        let server = pki.serve("leaf.pem");
        let url = format!("tls://localhost:{}", server.port);
        let words = ["diagnose", &url, "--store", &store, "--fetch-local", "--json"];
        let started = std::time::Instant::now();
        let outcome = program::run(command(home, &words), b"", "nothing: it is this project's own");
        assert!(started.elapsed().as_secs() < 20, "{urls:?}: {:?}", started.elapsed());
        let target = outcome.json()["targets"][0].clone();
        assert!(missing(&target)["detail"].as_str().unwrap().contains("which the server does not send"));
        assert!(authority.asked.lock().unwrap().len() <= 3, "{:?}", authority.asked.lock().unwrap());
    }
}
