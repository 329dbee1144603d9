//! Clients that connect to servers by many names: curl, Python, Node, a Java client of each JVM, headless Chromium.

use std::process::Command;

use trustmend::ca::KeyKind;

use super::java;
use super::jvm::Jvm;
use super::program;
use super::scratch::Scratch;

/// In the certificates.
pub(crate) const NAMES: [&str; 3] = ["scim.corp.test", "127.0.0.1", "::1"];
/// Resolved like the first of them, and in no certificate.
pub(crate) const STRANGER: &str = "other.corp.test";

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
/// A page that asks for each URL and writes down whether it got something, in their order.
const PAGE: &str = "<!doctype html><title>clients</title><pre></pre><script>
Promise.all(URLS.map((url) => fetch(url, { mode: 'no-cors' }).then(() => 'yes', () => 'no'))).then((said) => {
  document.querySelector('pre').append(...said.map((word) => word + '\\n')) })
</script>";

/// A server with a kind of key, and where it listens on 127.0.0.1 and on ::1.
#[derive(Debug, Clone)]
pub(crate) struct Listening {
    pub(crate) server: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) v4: u16,
    pub(crate) v6: u16,
}

/// One connection: to whom, by which host name, and whether it has to come about.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) server: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) host: &'static str,
    port: u16,
    does: bool,
}

impl Target {
    fn url(&self) -> String {
        let (host, port) = (self.host, self.port);
        if host.contains(':') {
            format!("https://[{host}]:{port}/index.html")
        } else {
            format!("https://{host}:{port}/index.html")
        }
    }
}

/// Every host at every server.
pub(crate) fn targets(servers: &[Listening]) -> Vec<Target> {
    let hosts = NAMES.iter().map(|name| (*name, true)).chain([(STRANGER, false)]);
    let each = |at: &Listening| {
        let one = |(host, does): (&'static str, bool)| Target {
            server: at.server,
            kind: at.kind,
            host,
            port: if host.contains(':') { at.v6 } else { at.v4 },
            does,
        };
        hosts.clone().map(one).collect::<Vec<_>>()
    };
    servers.iter().flat_map(each).collect()
}

/// What a client said, line by line, against what it had to say.
#[track_caller]
fn expect(client: &str, targets: &[Target], said: &str, yes: &str, no: &str) {
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), targets.len(), "{client}: {said}");
    let wrong =
        |(target, line): &(&Target, &str)| if target.does { *line != yes } else { !line.contains(no) };
    let wrong: Vec<_> = targets.iter().zip(lines).filter(wrong).collect();
    assert!(wrong.is_empty(), "{client}: {wrong:#?}");
}

fn asked(targets: &[Target]) -> String {
    targets.iter().map(|target| format!("{} {}\n", target.host, target.port)).collect()
}

pub(crate) fn python(root: &str, targets: &[Target]) {
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON, root]);
    let said = program::run(python, asked(targets).as_bytes(), "python3").success();
    expect("python", targets, &said.stdout, "yes", "mismatch");
}

pub(crate) fn node(root: &str, targets: &[Target]) {
    let mut version = Command::new("node");
    version.args(["-p", "process.versions.node.split('.')[0]"]);
    let version = program::run(version, b"", "nodejs").success().stdout;
    let mut targets = targets.to_vec();
    // No certificate is for an IPv6 address to a node before 20: it compares two spellings of it.
    targets.retain(|target| !target.host.contains(':') || version.trim().parse::<u32>().unwrap() >= 20);
    let targets = targets.as_slice();
    let mut node = Command::new("node");
    node.args(["-e", NODE, root]);
    let said = program::run(node, asked(targets).as_bytes(), "nodejs").success();
    expect("node", targets, &said.stdout, "yes", "no ERR_TLS_CERT_ALTNAME_INVALID");
}

pub(crate) fn curl(root: &str, targets: &[Target]) {
    let mut command = Command::new("curl");
    let said = "%{http_code} %{exitcode}\\n";
    command.args(["-sS", "-g", "--max-time", "60", "--noproxy", "*", "--cacert", root, "-w", said]);
    for target in targets.iter().filter(|target| target.host.ends_with(".test")) {
        command.args(["--resolve", &format!("{}:{}:127.0.0.1", target.host, target.port)]);
    }
    for target in targets {
        command.args([&target.url(), "-o", "/dev/null"]);
    }
    let said = program::run(command, b"", "curl");
    expect("curl", targets, &said.stdout, "200 0", "000 60");
}

/// A Java client of each JVM, all of which trust the root alone.
pub(crate) fn every_java(home: &Scratch, root: &str, targets: &[Target]) {
    let store = home.at("trusted.p12");
    let import =
        ["-importcert", "-noprompt", "-alias", "root", "-storepass", "changeit", "-keystore", &store];
    Jvm::with_keytool().next().unwrap().keytool(&[&import[..], &["-file", root]].concat()).success();
    let hosts = java::hosts(home, &[(NAMES[0], "127.0.0.1"), (STRANGER, "127.0.0.1")]);
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let password = "-Djavax.net.ssl.trustStorePassword=changeit";
    for jvm in Jvm::all() {
        let readable = |kind: KeyKind| kind != KeyKind::Ed25519 || jvm.major() >= 15;
        let targets: Vec<_> = targets.iter().filter(|target| readable(target.kind)).cloned().collect();
        let urls: Vec<_> = targets.iter().map(Target::url).collect();
        let urls: Vec<_> = urls.iter().map(String::as_str).collect();
        let said = java::run(jvm, "HttpsNames", &[&trust, password, &hosts], &urls).success();
        let client = format!("Java {}", jvm.version);
        expect(&client, &targets, &said.stdout, "200", "javax.net.ssl.SSLHandshakeException");
    }
}

/// Chromium with `home` as HOME, whose database in .pki/nssdb has the root.
pub(crate) fn chromium(home: &Scratch, targets: &[Target]) {
    let urls: Vec<_> = targets.iter().map(Target::url).collect();
    let said: String = chromium_says(home, &urls).iter().map(|does| format!("{does}\n")).collect();
    expect("Chromium", targets, &said, "true", "false");
}

/// It connects to none of them.
pub(crate) fn chromium_refuses(home: &Scratch, targets: &[Target]) {
    let urls: Vec<_> = targets.iter().map(Target::url).collect();
    let said = chromium_says(home, &urls);
    let connected: Vec<_> = targets.iter().zip(said).filter(|(_, does)| *does).collect();
    assert!(connected.is_empty(), "Chromium: {connected:#?}");
}

/// What Chromium, with `home` as HOME, says of each URL: whether it connects.
pub(crate) fn chromium_says(home: &Scratch, urls: &[String]) -> Vec<bool> {
    let page = home.write("page.html", PAGE.replace("URLS", &serde_json::to_string(urls).unwrap()));
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server"]);
    command.args([
        "--disable-dev-shm-usage",
        "--disable-features=LocalNetworkAccessChecks",
        "--host-resolver-rules=MAP *.test 127.0.0.1, MAP okta.com 127.0.0.1",
    ]);
    command.arg(format!("--user-data-dir={}", home.at("profile")));
    command.args(["--timeout=60000", "--virtual-time-budget=60000", "--dump-dom"]);
    command.arg(format!("file://{}", page.display()));
    command.env("HOME", home.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    let said = program::run(command, b"", "chromium");
    let told = said.stdout.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next());
    let told = told.unwrap_or_else(|| panic!("{}{}", said.stdout, said.stderr));
    let told: Vec<_> = told.lines().map(|word| word == "yes").collect();
    assert_eq!(told.len(), urls.len(), "{}{}", said.stdout, said.stderr);
    told
}
