//! Servers with several addresses, the facts of a session, and a server's clock.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rustls::{ServerConfig, ServerConnection};
use trustmend::net::{Options, Resolve, observe};

use crate::net_support::{OpensslServer, Pki, RsaFiles, endpoint, https, openssl, reply};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// Handshakes at this address and port, until the test ends.
fn handshakes(listener: TcpListener, config: ServerConfig) {
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            while connection.complete_io(&mut stream).is_ok_and(|(read, _)| read > 0) {}
        }
    });
}

/// A port that is free on all of these addresses.
fn listeners<const N: usize>(addresses: [&str; N]) -> ([TcpListener; N], u16) {
    loop {
        let first = TcpListener::bind((addresses[0], 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let rest = addresses[1..].iter().map(|address| TcpListener::bind((*address, port)));
        let all: Vec<_> = std::iter::once(Ok(first)).chain(rest).flatten().collect();
        if let Ok(all) = all.try_into() {
            return (all, port);
        }
    }
}

#[test]
fn members_that_differ_are_found_and_judged_each() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let ([one, two, three], port) = listeners(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    handshakes(one, pki.server(pki.chain()));
    handshakes(two, pki.server(vec![pki.leaf.der().clone()]));
    handshakes(three, pki.server(pki.chain()));
    let url = format!("https://scim.corp.test:{port}");
    let all: Vec<String> = (1..=4).map(|last| format!("scim.corp.test:{port}:127.0.0.{last}")).collect();
    let run = |command: &str, members: &[usize], more: &[&str]| {
        let mut arguments = vec![command, &url, "--json"];
        arguments.extend(members.iter().flat_map(|member| ["--resolve", &all[member - 1]]));
        trustmend(&home, &[&arguments, more].concat())
    };
    let judged = run("diagnose", &[1, 2, 3, 4], &["--all-addresses", "--store", "root.jks"]);
    assert_eq!(judged.code, 1, "{}", judged.text());
    let told: Vec<String> = judged.json()["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| {
            let codes = target["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|finding| finding["code"].as_str().unwrap());
            let differs = codes.clone().any(|code| code == "addresses-differ");
            format!(
                "{} {} {differs}",
                target["address"].as_str().unwrap(),
                target["verdict"].as_str().unwrap()
            )
        })
        .collect();
    let expected = ["1 trusted", "2 untrusted", "3 trusted", "4 unreachable"]
        .map(|one| one.split_once(' ').unwrap())
        .map(|(last, verdict)| format!("127.0.0.{last}:{port} {verdict} true"));
    assert_eq!(told, expected);
    let same = run("diagnose", &[1, 3], &["--all-addresses", "--store", "root.jks"]).success();
    assert!(!same.stdout.contains("addresses-differ"), "{}", same.stdout);
    let one = run("diagnose", &[1, 2], &["--store", "root.jks"]).success().json();
    assert_eq!(one["targets"].as_array().unwrap().len(), 1);

    let inspected = run("inspect", &[1, 2], &["--all-addresses"]).success().json();
    let problems = inspected["targets"][0]["problems"].to_string();
    assert!(problems.contains(&format!("127.0.0.2:{port}")), "{problems}");
    assert_eq!(inspected["targets"][1]["presented"].as_array().unwrap().len(), 1);
    let proxied = run("inspect", &[1], &["--all-addresses", "--proxy", "http://127.0.0.1:1"]);
    assert_eq!(proxied.code, 2, "{}", proxied.text());
}

/// A listener whose queue is full, so that the system lets further connections wait for ever.
const FULL: &str = "
import socket, sys
s = socket.socket()
s.bind(('127.0.0.9', int(sys.argv[1])))
s.listen(0)
kept = []
while True:
    c = socket.socket()
    c.settimeout(0.3)
    kept.append(c)
    try:
        c.connect(s.getsockname())
    except TimeoutError:
        break
print('full', flush=True)
sys.stdin.read()
";

#[test]
fn a_silent_address_costs_a_quarter_second_and_a_refusing_one_nothing() {
    let pki = Pki::new();
    let ([good], port) = listeners(["127.0.0.1"]);
    handshakes(good, pki.server(pki.chain()));
    let mut full = Command::new("python3")
        .args(["-c", FULL, &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed for the tests");
    let mut line = String::new();
    BufReader::new(full.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "full\n");
    let target = endpoint(&format!("h.test:{port}"));
    let asked = |addresses: &[&str]| {
        let resolve = |address: &&str| Resolve::parse(&format!("h.test:{port}:{address}")).unwrap();
        let options = Options { resolve: addresses.iter().map(resolve).collect(), ..Options::default() };
        let begin = Instant::now();
        let seen = observe(&target, &options).unwrap();
        (seen.address.to_string(), begin.elapsed())
    };
    let good = format!("127.0.0.1:{port}");
    let (address, took) = asked(&["127.0.0.9", "127.0.0.1"]);
    assert_eq!(address, good);
    assert!((200..8000).contains(&took.as_millis()), "{took:?}");
    for addresses in [&["127.0.0.8", "127.0.0.1"][..], &["::1", "127.0.0.1"], &["127.0.0.1", "127.0.0.9"]] {
        // A busy machine may be slow once; a wait for the first address would be there each time.
        let turns = [(); 5].map(|()| asked(addresses));
        assert!(turns.iter().all(|(address, _)| *address == good), "{addresses:?} {turns:?}");
        assert!(turns.iter().any(|(_, took)| took.as_millis() < 200), "{addresses:?} {turns:?}");
    }
    let _ = full.kill();
    let _ = full.wait();
}

#[test]
fn facts_of_the_session_are_shown_when_more_is_asked_for() {
    let home = Scratch::new();
    RsaFiles::write(home.path());
    let serial =
        Command::new("openssl").args(["x509", "-in", &home.at("leaf.pem"), "-noout", "-serial"]).output();
    let serial = String::from_utf8(serial.unwrap().stdout).unwrap();
    let serial = serial.trim().trim_start_matches("serial=");
    home.write("index", format!("V\t491231235959Z\t\t{serial}\tunknown\t/CN=localhost\n"));
    openssl(
        home.path(),
        "ocsp -index index -CA chain.pem -rsigner chain.pem -rkey ca.key -issuer chain.pem -cert leaf.pem -ndays 7 \
         -respout ocsp.der -noverify",
    );
    for (version, group) in [("-tls1_3", Some("X25519")), ("-tls1_2", Some("secp384r1"))] {
        let groups = if version == "-tls1_2" { "P-384" } else { "X25519" };
        let arguments = ["-status_file", "ocsp.der", "-alpn", "h2", "-verify", "2", "-CAfile", "chain.pem"];
        let server =
            OpensslServer::start(home.path(), &[&arguments[..], &[version, "-groups", groups]].concat());
        let target = format!("127.0.0.1:{}", server.port);
        let document = trustmend(&home, &["inspect", &target, "--json"]).success().json();
        let seen = &document["targets"][0];
        assert_eq!(seen["group"].as_str(), group, "{document}");
        assert_eq!(seen["stapled_ocsp"]["status"], "good", "{document}");
        assert!(seen["stapled_ocsp"]["next_update"].is_string(), "{document}");
        assert_eq!(seen["client_certificate_required"], false, "{document}");
        assert_eq!(seen["client_certificate_authorities"], serde_json::json!(["CN=Old-CA"]), "{document}");
        for command in [&["inspect", &target][..], &["diagnose", &target, "--store", "chain.pem"]] {
            let quiet = trustmend(&home, command);
            assert!(!quiet.stdout.contains("Session"), "{}", quiet.stdout);
            let told = trustmend(&home, &[command, &["-v"]].concat()).stdout;
            for words in [
                "Session\n",
                group.unwrap(),
                "stapled OCSP response: good, 20",
                "authorities accepted: 1",
                "Old-CA",
            ] {
                assert!(told.contains(words), "{words} is not in {told}");
            }
        }
    }
}

#[test]
fn a_clock_that_is_wrong_is_found_where_the_server_tells_the_time() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let date = |apart: i64| {
        let at = time::OffsetDateTime::now_utc() + time::Duration::seconds(apart);
        let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
        let (day, year, (h, m, s)) = (at.day(), at.year(), at.time().as_hms());
        format!("{}, {day:02} {} {year} {h:02}:{m:02}:{s:02} GMT", &weekday[..3], &month[..3])
    };
    for (apart, found) in [(0, false), (-240, false), (-400, true), (86_400 * 400, true)] {
        let head = format!("HTTP/1.1 403 Forbidden\r\nDate: {}\r\nContent-Length: 900\r\n\r\n", date(apart));
        let (port, log) = https(pki.server(pki.chain()), move |_| head.clone().into_bytes());
        let url = format!("https://localhost:{port}/scim/v2/?token=s3cret");
        let outcome = trustmend(&home, &["diagnose", &url, "--store", "root.jks", "--json"]).success();
        assert_eq!(outcome.stdout.contains("clock-skew"), found, "{apart}: {}", outcome.stdout);
        let asked = log.lock().unwrap().concat();
        assert!(asked.starts_with("HEAD / HTTP/1.1\r\n") && !asked.contains("s3cret"), "{asked}");
    }
    // Not a URL: not asked. Not HTTP, or no date: nothing is found.
    let (port, log) = https(pki.server(pki.chain()), |_| reply("200 OK", "text/plain", ""));
    let url = format!("localhost:{port}");
    trustmend(&home, &["diagnose", &url, "--store", "root.jks"]).success();
    assert_eq!(log.lock().unwrap().concat(), "");
    let outcome = trustmend(&home, &["diagnose", &format!("https://{url}"), "--store", "root.jks"]).success();
    assert!(!outcome.stdout.contains("clock-skew"), "{}", outcome.stdout);
    let (port, _) = https(pki.server(pki.chain()), |_| b"220 mx ESMTP\r\n".to_vec());
    trustmend(&home, &["diagnose", &format!("https://localhost:{port}"), "--store", "root.jks"]).success();
}
