//! What `generate` writes, served by real servers by the lines it prints for them, and met by real clients: by every name
//! in the certificate, and by no other.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use trustmend::ca::KeyKind;

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::program;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

const NAMES: [&str; 3] = ["scim.corp.test", "127.0.0.1", "::1"];
/// Resolved like the first of them, and in no certificate.
const STRANGER: &str = "other.corp.test";

/// Gets "HOST PORT" lines, says "yes" or "no TEXT" for each: whether the certificate does for that host.
const PYTHON: &str = r"
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
for line in sys.stdin:
    host, port = line.split()
    address = '127.0.0.1' if host.endswith('.test') else host
    try:
        with socket.create_connection((address, int(port)), 20) as plain:
            context.wrap_socket(plain, server_hostname=host).close()
        print('yes')
    except ssl.SSLError as error:
        print('no', error)
";
const NODE: &str = r"
const tls = require('tls'), fs = require('fs'), ca = fs.readFileSync(process.argv[1]);
const next = (lines) => {
  if (!lines.length) return;
  const [host, port] = lines[0].split(' ');
  const address = host.endsWith('.test') ? '127.0.0.1' : host;
  const say = (text) => { console.log(text); socket.destroy(); next(lines.slice(1)); };
  const identity = (_, certificate) => tls.checkServerIdentity(host, certificate);
  const socket = tls.connect({ host: address, port, ca, checkServerIdentity: identity,
    servername: host.endsWith('.test') ? host : '' }, () => say('yes'));
  socket.once('error', (error) => say('no ' + error.code));
};
next(fs.readFileSync(0, 'utf8').trim().split('\n'));
";
/// A page that asks for each URL and writes down whether it got something.
const PAGE: &str = "<!doctype html><title>clients</title><pre></pre><script>
(async () => { for (const url of URLS) {
  const said = await fetch(url, { mode: 'no-cors' }).then(() => 'yes', () => 'no');
  document.querySelector('pre').append(url + ' ' + said + '\\n');
} })()</script>";

/// A server, ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder in which `generate` made a certificate with each kind of key, by one authority, which Chromium trusts; and the
/// lines it gave for `server`.
fn generated(server: &str) -> (Scratch, Vec<(KeyKind, String)>) {
    let home = Scratch::new();
    let lines = KeyKind::ALL.map(|kind| {
        let kind_name = kind.name();
        let arguments =
            ["generate", "--key", kind_name, "--out", kind_name, "--server-config", server, "--json"];
        let made = trustmend(&home, &[&arguments[..], &NAMES].concat()).success().json();
        (kind, made["server_config"].as_str().unwrap().to_owned())
    });
    (home, lines.to_vec())
}

/// A port that was free a moment ago, for servers that cannot say which one the system gave them.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// One nginx with a server per kind of key, on the same port of both loopback addresses.
fn nginx(home: &Scratch, made: &[(KeyKind, String)]) -> (Running, Vec<(KeyKind, u16)>) {
    let ports: Vec<_> = made.iter().map(|(kind, _)| (*kind, free_port())).collect();
    let servers = made.iter().zip(&ports).map(|((_, lines), (_, port))| {
        let listen = format!("listen 127.0.0.1:{port} ssl; listen [::1]:{port} ssl;");
        assert!(lines.contains("listen 443 ssl;"), "{lines}");
        let lines = lines.replace("listen 443 ssl;", &listen);
        // What is relative is so to where generate ran; nginx takes it from where its configuration is: the same folder.
        format!("server {{ {lines} location / {{ return 200 hello; }} }}\n")
    });
    let servers: String = servers.collect();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.iter().map(|kind| format!("{kind}_temp_path {};\n", home.at("t"))).collect();
    let conf = format!(
        "daemon off; master_process off; pid {}; error_log {} crit;\nevents {{}}\nhttp {{ access_log off; {temporary}{servers} }}\n",
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
    for (_, port) in &ports {
        while TcpStream::connect(("127.0.0.1", *port)).is_err() {
            let ended = running.0.try_wait().unwrap();
            assert!(
                ended.is_none() && start.elapsed() < Duration::from_secs(30),
                "nginx did not start: {ended:?}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    (running, ports)
}

/// One Node with a server per kind of key, on both loopback addresses.
fn node(home: &Scratch, made: &[(KeyKind, String)]) -> (Running, Vec<(KeyKind, u16)>) {
    let servers = made.iter().map(|(kind, lines)| {
        assert!(lines.contains(".listen(8443)"), "{lines}");
        let say = format!(".listen(0, '::', function () {{ console.log('{kind}', this.address().port) }})");
        lines.replace(".listen(8443)", &say)
    });
    let servers: String = servers.collect();
    let script = format!("const handler = (_, response) => response.end('hello');\n{servers}");
    let mut command = Command::new("node");
    command.args(["-e", &script]).current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.spawn();
    let mut child = child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), "nodejs"));
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(made.len());
    let ports: Vec<_> = lines
        .map(|line| {
            let line = line.unwrap();
            let (kind, port) = line.split_once(' ').unwrap();
            (kind.parse().unwrap(), port.parse().unwrap())
        })
        .collect();
    assert_eq!(ports.len(), made.len(), "node did not start; its words are above");
    (Running(child), ports)
}

/// Every host at every port, and whether it has to be accepted.
fn targets(ports: &[(KeyKind, u16)]) -> Vec<(KeyKind, &'static str, u16, bool)> {
    let hosts = NAMES.iter().map(|name| (*name, true)).chain([(STRANGER, false)]);
    let each = |(kind, port): &(KeyKind, u16)| {
        let (kind, port) = (*kind, *port);
        hosts.clone().map(move |(host, does)| (kind, host, port, does)).collect::<Vec<_>>()
    };
    ports.iter().flat_map(each).collect()
}

/// What a client said, line by line, against what it had to say.
#[track_caller]
fn expect(client: &str, targets: &[(KeyKind, &str, u16, bool)], said: &str, yes: &str, no: &[&str]) {
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), targets.len(), "{client}: {said}");
    for ((kind, host, _, does), line) in targets.iter().zip(lines) {
        let as_expected = if *does { line == yes } else { no.iter().any(|no| line.contains(no)) };
        assert!(as_expected, "{client}, {kind}, {host}: {line}");
    }
}

fn url(host: &str, port: u16) -> String {
    if host.contains(':') { format!("https://[{host}]:{port}/") } else { format!("https://{host}:{port}/") }
}

fn python_and_node(root: &str, targets: &[(KeyKind, &str, u16, bool)]) {
    let asked: String = targets.iter().map(|(_, host, port, _)| format!("{host} {port}\n")).collect();
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON, root]);
    let said = program::run(python, asked.as_bytes(), "python3").success();
    expect("python", targets, &said.stdout, "yes", &["no ", "mismatch"]);
    let mut node = Command::new("node");
    node.args(["-e", NODE, root]);
    let said = program::run(node, asked.as_bytes(), "nodejs").success();
    expect("node", targets, &said.stdout, "yes", &["no ERR_TLS_CERT_ALTNAME_INVALID"]);
}

fn curl(root: &str, targets: &[(KeyKind, &str, u16, bool)]) {
    let mut command = Command::new("curl");
    command.args([
        "-sS",
        "-g",
        "--max-time",
        "60",
        "--noproxy",
        "*",
        "--cacert",
        root,
        "-w",
        "%{http_code} %{exitcode}\\n",
    ]);
    for (_, host, port, _) in targets.iter().filter(|(_, host, ..)| host.ends_with(".test")) {
        command.args(["--resolve", &format!("{host}:{port}:127.0.0.1")]);
    }
    for (_, host, port, _) in targets {
        command.args([&url(host, *port), "-o", "/dev/null"]);
    }
    let said = program::run(command, b"", "curl");
    expect("curl", targets, &said.stdout, "200 0", &["000 60"]);
}

fn every_java(home: &Scratch, root: &str, targets: &[(KeyKind, &str, u16, bool)]) {
    let store = home.at("trusted.p12");
    let import =
        ["-importcert", "-noprompt", "-alias", "root", "-storepass", "changeit", "-keystore", &store];
    Jvm::with_keytool().next().unwrap().keytool(&[&import[..], &["-file", root]].concat()).success();
    let hosts = java::hosts(home, &[(NAMES[0], "127.0.0.1"), (STRANGER, "127.0.0.1")]);
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let password = "-Djavax.net.ssl.trustStorePassword=changeit";
    for jvm in Jvm::all() {
        let readable = |kind: KeyKind| kind != KeyKind::Ed25519 || jvm.major() >= 15;
        let targets: Vec<_> = targets.iter().copied().filter(|target| readable(target.0)).collect();
        let urls: Vec<_> = targets.iter().map(|(_, host, port, _)| url(host, *port)).collect();
        let urls: Vec<_> = urls.iter().map(String::as_str).collect();
        let said = java::run(jvm, "HttpsNames", &[&trust, password, &hosts], &urls).success();
        let client = format!("Java {}", jvm.version);
        expect(&client, &targets, &said.stdout, "200", &["javax.net.ssl.SSLHandshakeException"]);
    }
}

/// What Chromium, with `home` as HOME, says of each URL.
fn chromium(home: &Scratch, urls: &[String]) -> Vec<(String, bool)> {
    let page = home.write("page.html", PAGE.replace("URLS", &serde_json::to_string(urls).unwrap()));
    let mut command = Command::new("chromium");
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-proxy-server",
        "--disable-dev-shm-usage",
    ]);
    command.args([
        "--disable-features=LocalNetworkAccessChecks",
        "--host-resolver-rules=MAP *.test 127.0.0.1, MAP okta.com 127.0.0.1",
    ]);
    command.arg(format!("--user-data-dir={}", home.at("profile"))).args([
        "--timeout=60000",
        "--virtual-time-budget=60000",
        "--dump-dom",
    ]);
    command.arg(format!("file://{}", page.display()));
    command.env("HOME", home.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    let said = program::run(command, b"", "chromium");
    let told = said.stdout.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next());
    let told = told.unwrap_or_else(|| panic!("{}{}", said.stdout, said.stderr));
    let told: Vec<_> = told.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(told.len(), urls.len(), "{}{}", said.stdout, said.stderr);
    told.into_iter().map(|(url, word)| (url.to_owned(), word == "yes")).collect()
}

#[test]
fn nginx_serves_every_kind_of_key_and_every_client_connects_by_every_name() {
    let (home, made) = generated("nginx");
    let root = home.at("p256/ca.pem");
    let (_running, ports) = nginx(&home, &made);
    let targets = targets(&ports);
    curl(&root, &targets);
    python_and_node(&root, &targets);
    every_java(&home, &root, &targets);

    // Chromium takes neither P-521 nor Ed25519.
    std::fs::create_dir_all(home.path().join(".pki/nssdb")).unwrap();
    let database = format!("nss:{}", home.at(".pki/nssdb"));
    let trusting = ["generate", "browser.test", "--trust", &database];
    let shown: Vec<_> =
        targets.iter().filter(|(kind, ..)| !matches!(kind, KeyKind::P521 | KeyKind::Ed25519)).collect();
    let urls: Vec<_> = shown.iter().map(|(_, host, port, _)| url(host, *port)).collect();
    assert!(chromium(&home, &urls[..1]).iter().all(|(_, does)| !does), "trusted before --trust");
    trustmend(&home, &trusting).success();
    for ((kind, host, _, does), (url, said)) in shown.iter().zip(chromium(&home, &urls)) {
        assert_eq!(said, *does, "Chromium, {kind}, {host}: {url}");
    }
}

#[test]
fn node_serves_every_kind_of_key() {
    let (home, made) = generated("node");
    let (_running, ports) = node(&home, &made);
    let targets = targets(&ports);
    curl(&home.at("p256/ca.pem"), &targets);
    python_and_node(&home.at("p256/ca.pem"), &targets);
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
    let (_running, ports) = nginx(&home, &made);
    let urls = [url("scim.corp.test", ports[0].1), url("okta.com", ports[1].1)];
    let said: Vec<_> = chromium(&home, &urls).into_iter().map(|(_, does)| does).collect();
    assert_eq!(said, [true, false]);
}
