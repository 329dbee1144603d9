//! What `generate` writes, served by real servers by the lines it prints for them, and met by real clients: by every name
//! in the certificate, and by no other.

use std::any::Any;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use trustmend::ca::KeyKind;

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{self, openssl};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::tls_clients::{self, Listening, NAMES};
use crate::support::tomcat::Tomcat;
use crate::support::{port, program};

const PASSWORD: &str = "a long password";

/// A server, ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Servers that run until this is dropped, and where they listen.
type Started = (Box<dyn Any + Send>, Vec<Listening>);

/// The keystore of a kind of key: PKCS12 and JKS in turn.
fn keystore(kind: KeyKind) -> String {
    let index = KeyKind::ALL.iter().position(|one| *one == kind).unwrap();
    format!("{kind}.{}", if index % 2 == 0 { "p12" } else { "jks" })
}

/// Chromium takes neither P-521 nor Ed25519, which `generate` says.
fn chromium_takes(kind: KeyKind) -> bool {
    !matches!(kind, KeyKind::P521 | KeyKind::Ed25519)
}

/// A folder in which `generate` made a certificate with each kind of key, by one authority, and a keystore.
fn generated() -> Scratch {
    let home = Scratch::new();
    home.write("password", format!("{PASSWORD}\n"));
    let make = |kind: KeyKind| {
        let generate =
            ["generate", "--key", kind.name(), "--out", kind.name(), "--keystore", &keystore(kind)];
        let password = ["--keystore-password-file", "password"];
        let said = trustmend(&home, &[&generate[..], &NAMES, &password].concat()).success();
        assert_eq!(said.stderr.contains("Chromium does not take"), !chromium_takes(kind), "{}", said.stderr);
    };
    let (first, rest) = KeyKind::ALL.split_first().unwrap();
    make(*first);
    // The longest first: RSA keys take their time.
    std::thread::scope(|scope| rest.iter().rev().for_each(|kind| drop(scope.spawn(|| make(*kind)))));
    home
}

/// The lines that `generate` prints for a server, for each kind of key.
fn lines(home: &Scratch, server: &str, with_keystore: bool) -> Vec<(KeyKind, String)> {
    let one = |kind: KeyKind| {
        let keystore = keystore(kind);
        let generate = ["generate", "--key", kind.name(), "--out", kind.name(), "--if-needed", "--json"];
        let keystore = ["--keystore", &keystore, "--keystore-password-file", "password"];
        let keystore = if with_keystore { &keystore[..] } else { &[] };
        let made = [&generate[..], &NAMES, keystore, &["--server-config", server]].concat();
        let made = trustmend(home, &made).success().json();
        assert_eq!(made["status"], "unchanged");
        (kind, made["server_config"].as_str().unwrap().to_owned())
    };
    KeyKind::ALL.map(one).to_vec()
}

/// Runs a server that prints one line for each kind of key, with its port, or its ports on 127.0.0.1 and ::1.
fn printing(home: &Scratch, server: &'static str, mut command: Command, package: &str) -> Started {
    let log = format!("{server}.log");
    let errors = File::create(home.path().join(&log)).unwrap();
    command.current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
    let child = command.spawn();
    let mut child = child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), package));
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(KeyKind::ALL.len());
    let running = Running(child);
    let listening = lines.zip(KeyKind::ALL).map(|(line, kind)| {
        let line = line.unwrap();
        let ports: Vec<_> = line.split(' ').map(|port| port.parse().unwrap()).collect();
        Listening { server, kind, v4: ports[0], v6: *ports.last().unwrap() }
    });
    let listening: Vec<_> = listening.collect();
    let said = String::from_utf8_lossy(&home.read(&log)).into_owned();
    assert_eq!(
        listening.len(),
        KeyKind::ALL.len(),
        "{server} did not start all (install {package}?): {said}"
    );
    (Box::new(running), listening)
}

/// One nginx with a server for each, on the same port of both loopback addresses.
fn nginx(home: &Scratch, made: &[(KeyKind, String)]) -> Started {
    let ports: Vec<_> = made.iter().map(|_| port::free()).collect();
    let servers = made.iter().zip(&ports).map(|((_, lines), port)| {
        let listen = format!("listen 127.0.0.1:{port} ssl; listen [::1]:{port} ssl;");
        assert!(lines.contains("listen 443 ssl;"), "{lines}");
        let lines = lines.replace("listen 443 ssl;", &listen);
        format!("server {{ {lines} location / {{ return 200 hello; }} }}\n")
    });
    let servers: String = servers.collect();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.iter().map(|kind| format!("{kind}_temp_path {};\n", home.at("t"))).collect();
    let conf = format!(
        "daemon off; master_process off; pid {}; error_log {} info;\nevents {{}}\nhttp {{ access_log off; {temporary}{servers} }}\n",
        home.at("pid"),
        home.at("error.log")
    );
    home.write("nginx.conf", conf);
    let mut command = Command::new("/usr/sbin/nginx");
    command.args(["-c", &home.at("nginx.conf"), "-e", &home.at("error.log")]).current_dir(home.path());
    let child = command.spawn();
    let child = child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), "nginx-light"));
    let mut running = Running(child);
    let start = Instant::now();
    for port in &ports {
        while TcpStream::connect(("127.0.0.1", *port)).is_err() {
            let ended = running.0.try_wait().unwrap();
            let said = || String::from_utf8_lossy(&home.read("error.log")).into_owned();
            let waits = ended.is_none() && start.elapsed() < Duration::from_secs(30);
            assert!(waits, "nginx did not start: {ended:?} {}", said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let at = |((kind, _), port): (&(KeyKind, String), &u16)| Listening {
        server: "nginx",
        kind: *kind,
        v4: *port,
        v6: *port,
    };
    let listening = made.iter().zip(&ports).map(at).collect();
    (Box::new(running), listening)
}

/// One Node with a server for each.
fn node(home: &Scratch) -> Started {
    let lines = lines(home, "node", false);
    // A port of 0 is known a turn later: each begins when the one before it has said its own.
    let servers = lines.iter().rev().fold("() => {}".to_owned(), |next, (_, lines)| {
        assert!(lines.contains(".listen(8443)"), "{lines}");
        let say = format!(".listen(0, '::', function () {{ console.log(this.address().port); ({next})() }})");
        format!("() => {{ {} }}", lines.replace(".listen(8443)", &say))
    });
    let mut command = Command::new("node");
    command.args(["-e", &format!("const handler = (_, response) => response.end('hello');\n({servers})()")]);
    printing(home, "node", command, "nodejs")
}

fn openssl_servers(home: &Scratch) -> Started {
    let start = |kind: KeyKind| {
        let at = |name: &str| home.at(&format!("{kind}/{name}"));
        let (chain, key) = (at("fullchain.pem"), at("key.pem"));
        openssl::Server::start_on_both(&["-cert", &chain, "-cert_chain", &chain, "-key", &key])
    };
    let running = KeyKind::ALL.map(start);
    let at = |(kind, server): (KeyKind, &openssl::Server)| Listening {
        server: "openssl",
        kind,
        v4: server.port,
        v6: server.port,
    };
    let listening = KeyKind::ALL.into_iter().zip(&running).map(at).collect();
    (Box::new(running), listening)
}

/// The server that every Java has.
fn https_server(home: &Scratch) -> Started {
    let stores = KeyKind::ALL.map(|kind| home.at(&keystore(kind)));
    let format = |path: &String| if path.ends_with("jks") { "JKS" } else { "PKCS12" };
    let args: Vec<_> = stores.iter().flat_map(|path| [path.as_str(), format(path), PASSWORD]).collect();
    printing(home, "HttpsServer", java::command(Jvm::compiler(), "KeystoreServer", &[], &args), "a JDK")
}

/// One Tomcat with a connector for each, by the lines printed for it, with the password put in where they ask for it.
fn tomcat(home: &Scratch, nine: bool, name: &'static str, config: &str, with_keystore: bool) -> Started {
    let connector = |(_, lines): &(KeyKind, String)| {
        assert!(lines.contains("port=\"8443\""), "{lines}");
        let lines = lines.replace("port=\"8443\"", "port=\"0\"").replace("THE PASSWORD", PASSWORD);
        let file = format!("certificateKeystorePasswordFile=\"{}\"", home.at("password"));
        // As the comment among them says.
        if nine {
            lines.replace(&file, &format!("certificateKeystorePassword=\"{PASSWORD}\""))
        } else {
            lines
        }
    };
    let mut made = lines(home, config, with_keystore);
    if !with_keystore {
        // It says so in place of lines; `tomcat_reads_ed25519_from_keystores_only` shows it.
        made.retain(|(kind, _)| *kind != KeyKind::Ed25519);
    }
    let connectors: Vec<_> = made.iter().map(connector).collect();
    let start = if nine { Tomcat::nine } else { Tomcat::ten };
    let running = start(Jvm::compiler(), &connectors, &[("index.html", "hello\n")]);
    let log = running.log();
    // Other warnings are of a machine that is slow.
    assert!(!log.contains("failed to set property") && !log.contains("SEVERE"), "{name}: {log}");
    let at = |((kind, _), port): (&(KeyKind, String), &u16)| Listening {
        server: name,
        kind: *kind,
        v4: *port,
        v6: *port,
    };
    let listening = made.iter().zip(&running.ports).map(at).collect();
    (Box::new(running), listening)
}

fn jetty(home: &Scratch) -> Started {
    let jars = ["jetty9-server", "jetty9-util", "jetty9-io", "jetty9-http", "jetty9-xml", "servlet-api"];
    let jars = jars.map(|name| Path::new("/usr/share/java").join(format!("{name}.jar")));
    let files = configurations(home, "jetty", true, "xml");
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let mut command = java::command_with(Jvm::compiler(), "JettyServer", &jars, &files);
    command.env("KEYSTORE_PASSWORD", PASSWORD);
    printing(home, "Jetty", command, "libjetty9-java")
}

fn spring(home: &Scratch, name: &'static str, with_keystore: bool) -> Started {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.cache/spring-boot");
    let jars = std::fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let jars: Vec<PathBuf> =
        jars.filter(|path| path.extension().is_some_and(|ending| ending == "jar")).collect();
    assert!(
        !jars.is_empty(),
        "no Spring Boot in {}; tests/setup.d/java_servers.sh fetches it",
        folder.display()
    );
    let files = configurations(home, "spring", with_keystore, "properties");
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let mut command = java::command_with(Jvm::compiler(), "SpringServer", &jars, &files);
    command.env("KEYSTORE_PASSWORD", PASSWORD);
    printing(home, name, command, "what tests/setup.d/java_servers.sh does")
}

/// Files with the lines printed for a server.
fn configurations(home: &Scratch, server: &str, with_keystore: bool, ending: &str) -> Vec<String> {
    let write = |(kind, lines): (KeyKind, String)| {
        let name = format!("{kind}-{with_keystore}.{ending}");
        home.write(&name, lines);
        home.at(&name)
    };
    lines(home, server, with_keystore).into_iter().map(write).collect()
}

/// Starts them all, at once.
fn every_server(home: &Scratch) -> (Vec<Box<dyn Any + Send>>, Vec<Listening>) {
    let starts: [&(dyn Fn() -> Started + Sync); 12] = [
        &|| spring(home, "Spring Boot with a keystore", true),
        &|| spring(home, "Spring Boot with PEM", false),
        &|| tomcat(home, false, "Tomcat 10 with a keystore", "tomcat", true),
        &|| tomcat(home, false, "Tomcat 10 with PEM", "tomcat", false),
        &|| tomcat(home, true, "Tomcat 9 with a keystore", "tomcat", true),
        &|| tomcat(home, true, "Tomcat 9, attributes of the Connector", "tomcat-old", true),
        &|| tomcat(home, true, "Tomcat 9, attributes of the Connector with PEM", "tomcat-old", false),
        &|| jetty(home),
        &|| https_server(home),
        &|| openssl_servers(home),
        &|| nginx(home, &lines(home, "nginx", false)),
        &|| node(home),
    ];
    let started = std::thread::scope(|scope| {
        let threads = starts.map(|start| scope.spawn(start));
        threads.map(|thread| thread.join().unwrap())
    });
    let (running, listening): (Vec<_>, Vec<_>) = started.into_iter().unzip();
    (running, listening.concat())
}

#[test]
fn every_server_serves_every_kind_of_key_and_every_client_connects_by_every_name() {
    let home = generated();
    let root = home.at("p256/ca.pem");
    let (_running, listening) = every_server(&home);
    let targets = tls_clients::targets(&listening);
    tls_clients::curl(&root, &targets);
    // Which names do is the client's own judgement of a certificate that is the same at every server.
    let fewer = |target: &tls_clients::Target| target.server == "nginx" || target.host == NAMES[0];
    let targets: Vec<_> = targets.into_iter().filter(fewer).collect();
    tls_clients::python(&root, &targets);
    tls_clients::node(&root, &targets);
    tls_clients::every_java(&home, &root, &targets);

    std::fs::create_dir_all(home.path().join(".pki/nssdb")).unwrap();
    let database = format!("nss:{}", home.at(".pki/nssdb"));
    let (shown, other): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|target| chromium_takes(target.kind));
    tls_clients::chromium_refuses(&home, &shown[..1]); // before it is told to trust the root
    let trust = ["generate", "browser.test", "--trust", &database];
    trustmend(&home, &trust).success();
    tls_clients::chromium(&home, &shown);
    tls_clients::chromium_refuses(&home, &other);
    // It does not offer their signatures, so that the server ends it: OpenSSL's words in TLS 1.2 and in 1.3.
    let log = String::from_utf8(home.read("error.log")).unwrap();
    let words = ["no shared cipher", "no suitable signature algorithm"];
    assert!(words.iter().any(|word| log.contains(word)), "{log}");
}

/// What `generate` says instead of lines for Tomcat is true.
#[test]
fn tomcat_reads_ed25519_from_keystores_only() {
    let home = Scratch::new();
    let generate =
        ["generate", NAMES[0], "--key", "ed25519", "--out", "made", "--server-config", "tomcat", "--json"];
    let made = trustmend(&home, &generate).success().json();
    let lines = made["server_config"].as_str().unwrap();
    assert!(lines.contains("run again with --keystore FILE") && !lines.contains("<Connector"), "{lines}");
    let (chain, key) = (home.at("made/fullchain.pem"), home.at("made/key.pem"));
    let connector = format!(
        "<Connector port=\"0\" protocol=\"HTTP/1.1\" SSLEnabled=\"true\"><SSLHostConfig>\
         <Certificate certificateFile=\"{chain}\" certificateKeyFile=\"{key}\"/></SSLHostConfig></Connector>"
    );
    let said = Tomcat::refusal(Jvm::compiler(), connector);
    // The second are the words of newer releases.
    let words = ["KeyFactory not available", "Unable to parse the key"];
    let is_said = words.iter().any(|words| said.contains(words));
    assert!(said.contains("Error creating SSLContext") && is_said, "{said}");
}

/// Whoever takes the authority's key cannot be okta.com with it: the browser refuses too. (For openssl and Java see
/// `the_authority_cannot_vouch_for_a_public_name`.)
#[test]
fn chromium_does_not_take_a_public_name_from_the_authority() {
    let home = Scratch::new();
    std::fs::create_dir_all(home.path().join(".pki/nssdb")).unwrap();
    let database = format!("nss:{}", home.at(".pki/nssdb"));
    trustmend(&home, &["generate", "scim.corp.test", "--out", "good", "--trust", &database]).success();
    let authority = home.at(".local/share/trustmend/ca/authority.pem");
    // The same way for both names, so that only the name can be what is refused.
    let made = ["scim.corp.test", "okta.com"].map(|name| {
        let at = |ending: &str| home.at(&format!("{name}.{ending}"));
        let extensions =
            format!("subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n");
        home.write(&format!("{name}.cnf"), extensions);
        let subject = format!("/CN={name}");
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let ask = ["req", "-new", "-subj", &subject, "-keyout", &at("key"), "-out", &at("csr")];
        openssl(&[&ask[..], &curve].concat()).success();
        let by = ["-CA", &authority, "-CAkey", &authority, "-days", "90", "-extfile", &at("cnf")];
        let sign = ["x509", "-req", "-in", &at("csr"), "-out", &at("leaf")];
        openssl(&[&sign[..], &by].concat()).success();
        let chain = [home.read(&format!("{name}.leaf")), home.read("good/intermediate.pem")].concat();
        let chain = home.write(&format!("{name}.chain"), chain);
        let (chain, key) = (chain.display(), at("key"));
        (
            KeyKind::P256,
            format!("listen 443 ssl;\nssl_certificate \"{chain}\";\nssl_certificate_key \"{key}\";\n"),
        )
    });
    let (_running, listening) = nginx(&home, &made);
    let url = |host: &str, at: &Listening| format!("https://{host}:{}/", at.v4);
    let urls = [url("scim.corp.test", &listening[0]), url("okta.com", &listening[1])];
    assert_eq!(tls_clients::chromium_says(&home, &urls), [true, false]);
}
