//! Servers that go over to TLS on demand: real directories and databases, scripted mail servers before real TLS, and
//! servers that refuse, lie or fall silent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use trustmend::net::{Means, NetError, Observation, Options, Protocol, StartTls, observe};

use crate::net_support::{OpensslServer, Pki, RsaFiles, endpoint, impatient, listen};
use crate::support::jvm::Jvm;
use crate::support::program;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::servers::{Identity, Server};

fn shown(seen: &Observation) -> Vec<Vec<u8>> {
    seen.chain.iter().map(|presented| presented.der.clone()).collect()
}

/// The files of a PKI, as a server takes them.
fn files(folder: &Scratch) -> (Vec<u8>, Vec<u8>) {
    let chain = [folder.read("leaf.pem"), folder.read("chain.pem")].concat();
    (chain, folder.read("key.pem"))
}

#[test]
fn a_directory_is_asked_in_its_protocol_and_judged_as_by_java() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    let (chain, key) = files(&home);
    let server = Server::slapd("ldap", Some(Identity { chain: &chain, key: &key }), "");
    let url = format!("ldap://localhost:{}", server.port);
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let good = trustmend(&home, &["diagnose", &url, "--store", "root.jks", "--json"]).success().json();
    assert_eq!(good["targets"][0]["verdict"], "trusted", "{good}");
    let port = format!("localhost:{}", server.port);
    trustmend(&home, &["diagnose", &port, "--starttls", "ldap", "--store", "root.jks"]).success();
    let version = Jvm::compiler().version.as_str();
    let judged = ["diagnose", &url, "--store", "mozilla:", "--java-version", version, "--json"];
    let bad = trustmend(&home, &judged).json();
    let predicted = bad["targets"][0]["predicted_error"].as_str().unwrap().to_owned();
    let finding = &bad["targets"][0]["findings"][0];
    assert_eq!(finding["code"], "root-untrusted", "{bad}");
    let imported = trustmend(&home, &["import", &url, "--store", "new.jks", "--trust-on-first-use"]);
    assert_eq!(imported.code, 0, "{}", imported.text());
    let flag = ["import", &port, "--starttls", "ldap", "--store", "newer.jks", "--trust-on-first-use"];
    trustmend(&home, &flag).success();

    let at_once = Server::slapd("ldaps", Some(Identity { chain: &chain, key: &key }), "");
    let ldaps = format!("ldaps://localhost:{}/dc=corp,dc=test", at_once.port);
    trustmend(&home, &["diagnose", &ldaps, "--store", "root.jks"]).success();

    let plain = Server::slapd("ldap", None, "");
    let refused = trustmend(&home, &["inspect", &format!("ldap://127.0.0.1:{}", plain.port)]);
    assert_eq!(refused.code, 3, "{}", refused.text());
    assert!(refused.stderr.contains("does not start TLS over LDAP: protocolError (2)"), "{}", refused.stderr);

    let mut java = Jvm::compiler().program("java");
    java.args(["-XX:TieredStopAtLevel=1", "tests/it/java/LdapStartTls.java", &url]);
    java.arg(format!("ldap://127.0.0.1:{}", plain.port));
    let printed = program::run(java, b"", "openjdk-17-jdk-headless").success().stdout;
    let [untrusted, refusal] = printed.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(untrusted, predicted);
    let causes = trustmend(&home, &["explain", refusal, "--json"]).success().json();
    assert_eq!(causes["causes"][0]["code"], "starttls-refused", "{refusal}");
    let mut java = Jvm::compiler().program("java");
    java.args(["-Djavax.net.ssl.trustStorePassword=changeit", "-XX:TieredStopAtLevel=1"]);
    java.arg(format!("-Djavax.net.ssl.trustStore={}", home.at("root.jks")));
    java.args(["tests/it/java/LdapStartTls.java", &url]);
    assert_eq!(program::run(java, b"", "openjdk-17-jdk-headless").success().stdout.trim_end(), "OK");
}

#[test]
fn a_directory_without_forward_secrecy_shows_its_chain() {
    let home = Scratch::new();
    let expected = RsaFiles::write(home.path());
    let (chain, key) = files(&home);
    let weak = "TLSCipherSuite NORMAL:-VERS-TLS1.3:-KX-ALL:+RSA";
    let server = Server::slapd("ldap", Some(Identity { chain: &chain, key: &key }), weak);
    let seen = observe(&endpoint(&format!("ldap://127.0.0.1:{}", server.port)), &Options::default()).unwrap();
    assert_eq!((seen.means, seen.protocol), (Means::FirstFlight, Some(Protocol::Tls12)));
    assert_eq!(seen.cipher_suite.unwrap().key_exchange(), Some("RSA"));
    assert_eq!(shown(&seen), expected);
}

#[test]
fn a_database_shows_its_chain_in_new_and_old_versions() {
    let home = Scratch::new();
    let expected = RsaFiles::write(home.path());
    let (chain, key) = files(&home);
    let identity = Identity { chain: &chain, key: &key };
    let server = Server::postgres(identity, &[]);
    let seen =
        observe(&endpoint(&format!("postgres://127.0.0.1:{}/db", server.port)), &Options::default()).unwrap();
    assert_eq!((seen.means, seen.protocol), (Means::Handshake, Some(Protocol::Tls13)));
    assert_eq!(shown(&seen), expected);
    drop(server);
    let old =
        ["ssl_min_protocol_version=TLSv1", "ssl_max_protocol_version=TLSv1.1", "ssl_ciphers=ALL:@SECLEVEL=0"];
    let server = Server::postgres(identity, &old);
    let seen =
        observe(&endpoint(&format!("postgres://127.0.0.1:{}", server.port)), &Options::default()).unwrap();
    assert_eq!((seen.means, seen.protocol), (Means::FirstFlight, Some(Protocol::Tls11)));
    assert_eq!(shown(&seen), expected);
}

/// MySQL 8's greeting: version, connection number, challenge, and capabilities with CLIENT_SSL or without.
fn mysql_greeting(capabilities: u16) -> Vec<u8> {
    let [low, high] = capabilities.to_le_bytes();
    let rest = b"\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";
    let payload = [&b"\x0a8.0.36\0\x08\0\0\0abcdefgh\0"[..], &[low, high], rest].concat();
    [&[u8::try_from(payload.len()).unwrap(), 0, 0, 0], payload.as_slice()].concat()
}

/// Speaks the part before TLS as a server of this protocol does; `false` if the client got it wrong.
fn speak(protocol: StartTls, stream: &mut TcpStream) -> bool {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut line = move || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap_or(0);
        line
    };
    match protocol {
        StartTls::Smtp => {
            stream.write_all(b"220-mx.corp.test ESMTP\r\n220 at your service\r\n").unwrap();
            if !line().starts_with("EHLO ") {
                return false;
            }
            stream
                .write_all(b"250-mx.corp.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n")
                .unwrap();
            let asked = line() == "STARTTLS\r\n";
            stream.write_all(b"220 2.0.0 ready\r\n").unwrap();
            asked
        }
        StartTls::Imap => {
            stream.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").unwrap();
            loop {
                let line = line();
                let Some((tag, command)) = line.trim_end().split_once(' ') else { return false };
                let done = format!("{tag} OK done\r\n");
                if command == "CAPABILITY" {
                    stream
                        .write_all(format!("* CAPABILITY IMAP4rev1 STARTTLS\r\n{done}").as_bytes())
                        .unwrap();
                } else {
                    stream.write_all(format!("* OK soon\r\n{done}").as_bytes()).unwrap();
                    return command == "STARTTLS";
                }
            }
        }
        StartTls::Mysql => {
            stream.write_all(&mysql_greeting(0xFFFF)).unwrap();
            let mut request = [0; 36];
            stream.read_exact(&mut request).is_ok() && request[..4] == [32, 0, 0, 1] && request[5] & 0x08 != 0
        }
        _ => unreachable!("a real server is there for these"),
    }
}

/// A server of this protocol with the TLS of `behind`.
fn before(protocol: StartTls, behind: u16) -> u16 {
    listen(move |mut stream| {
        if !speak(protocol, &mut stream) {
            return;
        }
        let mut onward = TcpStream::connect((Ipv4Addr::LOCALHOST, behind)).unwrap();
        let (mut from, mut to) = (onward.try_clone().unwrap(), stream.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
        let _ = std::io::copy(&mut stream, &mut onward);
        let _ = onward.shutdown(std::net::Shutdown::Write);
    })
}

#[test]
fn mail_servers_and_mysql_show_the_chain_that_openssl_sees() {
    let home = Scratch::new();
    let expected = RsaFiles::write(home.path());
    let new = OpensslServer::start(home.path(), &["-tls1_3"]);
    let old = OpensslServer::start(home.path(), &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    for protocol in [StartTls::Smtp, StartTls::Imap, StartTls::Mysql] {
        let scheme = protocol.scheme();
        for (behind, means, version) in
            [(new.port, Means::Handshake, Protocol::Tls13), (old.port, Means::FirstFlight, Protocol::Tls10)]
        {
            let target = endpoint(&format!("{scheme}://127.0.0.1:{}", before(protocol, behind)));
            let seen = observe(&target, &Options::default()).unwrap();
            assert_eq!((seen.means, seen.protocol), (means, Some(version)), "{protocol}");
            assert_eq!(shown(&seen), expected, "{protocol}");
        }
        // That the script speaks as real servers do, openssl's client tells.
        let port = before(protocol, new.port);
        let mut client = Command::new("openssl");
        client.args([
            "s_client",
            "-starttls",
            scheme,
            "-connect",
            &format!("127.0.0.1:{port}"),
            "-CAfile",
            "chain.pem",
        ]);
        client.args(["-verify_return_error", "-brief"]).current_dir(home.path());
        let outcome = program::run(client, b"", "openssl").success();
        assert!(outcome.stderr.contains("Verification: OK"), "{protocol}: {}", outcome.text());
    }
}

/// What a server says at each turn: a turn ends when the client has said something. `None` hangs up at the end.
type Script = (&'static str, Vec<Vec<u8>>, &'static str, &'static str);

fn mail() -> Vec<Script> {
    let turns = |turns: &[&str]| turns.iter().map(|turn| turn.as_bytes().to_vec()).collect::<Vec<_>>();
    let refused = "starttls-refused";
    vec![
        ("smtp", turns(&["554 go away\r\n"]), refused, "554 go away"),
        ("smtp", turns(&["220 mx\r\n", "500 what\r\n"]), refused, "500 what"),
        ("smtp", turns(&["220 mx\r\n", "250-mx\r\n250 SIZE 1\r\n"]), refused, "not among what it offers"),
        ("smtp", turns(&["220 mx\r\n", "250 STARTTLS\r\n", "454 no key\r\n"]), refused, "454 no key"),
        (
            "smtp",
            turns(&["220 mx\r\n", "250 STARTTLS\r\n", "220 go\r\n250 mine\r\n"]),
            "handshake-failed",
            "in the clear",
        ),
        (
            "smtp",
            turns(&["220 mx\r\n", "250 STARTTLS\r\n", "220 go\r\n", "250 mine\r\n"]),
            "server-not-tls",
            "250 mine",
        ),
        ("smtp", turns(&["HTTP/1.1 400 Bad\r\n"]), refused, "does not speak SMTP"),
        ("smtp", turns(&["220\u{fc} mx\r\n"]), refused, "does not speak SMTP"),
        ("smtp", turns(&[&"220-more\r\n".repeat(300)]), refused, "does not speak SMTP"),
        ("smtp", turns(&[&"220".repeat(40_000)]), refused, "does not speak SMTP"),
        ("smtp", turns(&[""]), refused, "closed the connection, while asked to start TLS"),
        ("imap", turns(&["* BYE full\r\n"]), refused, "* BYE full"),
        ("imap", turns(&["* PREAUTH in\r\n"]), refused, "PREAUTH"),
        ("imap", turns(&["* OK\r\n", "a1 NO later\r\n"]), refused, "NO later"),
        ("imap", turns(&["* OK\r\n", "b7 OK\r\n"]), refused, "does not speak IMAP"),
        ("imap", turns(&["* OK\r\n", "a1 OK go\r\n* OK mine\r\n"]), "handshake-failed", "in the clear"),
        ("imap", turns(&["* OK\r\n", &"* 1 EXISTS\r\n".repeat(300)]), refused, "does not speak IMAP"),
        ("imap", turns(&["SSH-2.0-x\r\n"]), refused, "SSH-2.0-x"),
    ]
}

fn directories_and_databases() -> Vec<Script> {
    let turns = |turns: &[&str]| turns.iter().map(|turn| turn.as_bytes().to_vec()).collect::<Vec<_>>();
    let octets = |turn: &[u8]| vec![turn.to_vec()];
    let refused = "starttls-refused";
    let mysql_error = b"\x16\0\0\0\xff\x6a\x04Host is not allowed".to_vec();
    vec![
        ("postgres", turns(&["", "N"]), refused, "ssl is off"),
        ("postgres", octets(b""), refused, "closed"),
        ("postgres", vec![vec![], b"E\0\0\0\x14SFATAL\0Mtoo many\0\0".to_vec()], refused, "too many"),
        ("postgres", vec![vec![], b"E\0\0\0\x02".to_vec()], refused, "does not speak PostgreSQL"),
        ("postgres", vec![vec![], b"E\x7f\xff\xff\xff".to_vec()], "handshake-failed", "more than"),
        ("postgres", vec![vec![], b"SE\0\0\0\x06Mx".to_vec()], "handshake-failed", "in the clear"),
        ("postgres", turns(&["", "HTTP"]), refused, "does not speak PostgreSQL"),
        ("mysql", vec![mysql_error], refused, "Host is not allowed"),
        ("mysql", vec![mysql_greeting(0xF7FF)], refused, "offers no TLS"),
        ("mysql", octets(b"\xff\xff\xff\0\x0a"), refused, "does not speak MySQL"),
        ("mysql", octets(b"\x05\0\0\0\x095.0\0"), refused, "does not speak MySQL"),
        ("mysql", octets(b"\x16\x03\x03\x01\x02"), refused, "does not speak MySQL"),
        (
            "ldap",
            vec![vec![], b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00".to_vec()],
            refused,
            "unavailable (52)",
        ),
        (
            "ldap",
            vec![vec![], b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec()],
            refused,
            "does not speak LDAP",
        ),
        ("ldap", vec![vec![], b"\x30\x80\x02\x01\x01".to_vec()], refused, "does not speak LDAP"),
        ("ldap", vec![vec![], b"\x30\x84\xff\xff\xff\xff\x02".to_vec()], "handshake-failed", "more than"),
        ("ldap", vec![vec![], b"\x30\x0c\x02\x01".to_vec()], refused, "closed"),
        (
            "ldap",
            vec![vec![], b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00\x30\x00".to_vec()],
            "handshake-failed",
            "in the clear",
        ),
    ]
}

#[test]
fn refusals_and_nonsense_are_named_at_once() {
    for (scheme, turns, code, words) in mail().into_iter().chain(directories_and_databases()) {
        let script = turns.clone();
        let port = listen(move |mut stream| {
            for (index, turn) in script.iter().enumerate() {
                if index > 0 && stream.read(&mut [0; 4096]).unwrap_or(0) == 0 {
                    return;
                }
                let _ = stream.write_all(turn);
            }
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        });
        let begin = Instant::now();
        let error = observe(&endpoint(&format!("{scheme}://127.0.0.1:{port}")), &impatient()).unwrap_err();
        let text = error.to_string();
        assert!(error.code() == code && text.contains(words), "{scheme} {turns:?}: {} {text}", error.code());
        assert!(!text.contains('\n') && begin.elapsed() < Duration::from_secs(8), "{scheme} {turns:?}");
    }
}

#[test]
fn a_server_that_says_nothing_or_drips_costs_its_deadline() {
    for (scheme, said) in
        [("smtp", ""), ("smtp", "220-"), ("imap", "* OK"), ("mysql", ""), ("ldap", ""), ("postgres", "")]
    {
        let port = listen(move |mut stream| {
            while stream.write_all(said.as_bytes()).is_ok() {
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let begin = Instant::now();
        let error = observe(&endpoint(&format!("{scheme}://127.0.0.1:{port}")), &impatient()).unwrap_err();
        assert!(matches!(error, NetError::TimedOut { .. }), "{scheme}: {error}");
        assert!(begin.elapsed() < Duration::from_secs(8), "{scheme}: {:?}", begin.elapsed());
    }
}

#[test]
fn the_flag_and_the_schemes_say_the_same_or_contradict() {
    let home = Scratch::new();
    home.write("chain.pem", "");
    for (arguments, code, words) in [
        (&["inspect", "https://127.0.0.1:1", "--starttls", "ldap"][..], 2, "does not go with https://"),
        (&["inspect", "smtp://127.0.0.1:1", "--starttls", "ldap"], 2, "does not go with smtp://"),
        (&["inspect", "127.0.0.1:1", "--starttls", "pop3"], 2, "pop3"),
        (&["inspect", "127.0.0.1:1", "--starttls", "smtp"], 3, "refused"),
        (&["inspect", "tls://127.0.0.1:1", "--starttls", "smtp"], 3, "refused"),
        (&["inspect", "chain.pem", "--starttls", "smtp"], 4, "chain.pem"),
        (&["check", "ldap://127.0.0.1:1"], 2, "SCIM is HTTP"),
    ] {
        let outcome = trustmend(&home, arguments);
        assert!(
            outcome.code == code && outcome.stderr.contains(words),
            "{arguments:?}: {} {}",
            outcome.code,
            outcome.text()
        );
    }
}
