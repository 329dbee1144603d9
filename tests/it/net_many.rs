//! Many targets in one run: each has its own outcome, in order or as it comes, and a bad one stops nothing.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::net_support::{Pki, https, listen, reply};
use crate::support::program;
use crate::support::run::{command, trustmend, trustmend_with};
use crate::support::scratch::Scratch;
use crate::support::strace;

/// A server with a good chain, and the folder with the files of its PKI.
fn good() -> (String, Scratch) {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let (port, _) = https(pki.server(pki.chain()), |_| reply("404 Not Found", "text/plain", ""));
    (format!("127.0.0.1:{port}"), home)
}

/// A server that never answers.
fn silent() -> String {
    let port = listen(|stream| {
        std::thread::sleep(Duration::from_secs(30));
        drop(stream);
    });
    format!("127.0.0.1:{port}")
}

#[test]
fn a_list_gives_an_outcome_for_each_in_its_order() {
    let (good, home) = good();
    let silent = silent();
    let list = format!(
        "# servers\n{good}\n\n{silent} # says nothing\n{{\"target\": \"127.0.0.1:1\"}}\nfullchain.pem\nno such host\n{good}\n"
    );
    home.write("list", &list);
    let common = ["--store", "root.jks", "--timeout", "1", "--json"];
    let begin = Instant::now();
    let from = |file| [&["diagnose", "--from-file", file][..], &common].concat();
    let outcome = trustmend(&home, &from("list"));
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(outcome.code, 3, "{}", outcome.text());
    let document = outcome.json();
    assert_eq!(
        (&document["schema"], &document["ok"], &document["error"]),
        (&"trustmend/v1/diagnose".into(), &false.into(), &serde_json::Value::Null)
    );
    assert!(document["at"].is_string() && document.as_object().unwrap().len() == 5, "{document}");
    let told = |target: &serde_json::Value| {
        let verdict = target["verdict"].as_str().unwrap_or("none");
        format!("{} {verdict}", target["target"].as_str().unwrap())
    };
    let targets: Vec<_> = document["targets"].as_array().unwrap().iter().map(told).collect();
    let expected = [
        format!("{good} trusted"),
        format!("{silent} unreachable"),
        "127.0.0.1:1 unreachable".to_owned(),
        "fullchain.pem trusted".to_owned(),
        "no such host none".to_owned(),
        format!("{good} trusted"),
    ];
    assert_eq!(targets, expected);

    let piped = trustmend_with(&home, &[&from("-")[..], &["--unordered"]].concat(), &[], list.as_bytes());
    assert_eq!(piped.code, 3, "{}", piped.text());
    let lines = piped.stdout.lines().map(|line| told(&serde_json::from_str(line).unwrap()));
    let mut lines: Vec<_> = lines.collect();
    let mut expected = expected.to_vec();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);

    let inspected = trustmend(&home, &["inspect", "127.0.0.1:1", &good, "--timeout", "1"]);
    assert_eq!(inspected.code, 3, "{}", inspected.text());
    assert!(inspected.stdout.contains(&good) && inspected.stderr.contains("127.0.0.1:1"), "{inspected:?}");
}

#[test]
fn a_document_of_many_is_printed_while_they_come() {
    let (good, home) = good();
    let silent = silent();
    let arguments = ["inspect", &good, &silent, "--jobs", "1", "--timeout", "20", "--json"];
    let mut child = command(&home, &arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let begin = Instant::now();
    // The last member of the first target, while the second says nothing.
    assert!(lines.any(|line| line.trim_start().starts_with("\"problems\"")));
    assert!(begin.elapsed() < Duration::from_secs(15) && child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    for flags in
        [&["--format", "prometheus"][..], &["--format", "nagios"], &["--format", "json"], &["--out", "f"]]
    {
        let both = [&["diagnose", &good, "--store", "root.jks", "--unordered"][..], flags].concat();
        let outcome = trustmend(&home, &both);
        assert_eq!(outcome.code, 2, "{flags:?}: {}", outcome.text());
    }
}

#[test]
fn a_client_certificate_is_read_once_for_all_targets() {
    let (pki, home) = (Pki::new(), Scratch::new());
    let (certificate, key) = pki.client();
    let blocks = [("CERTIFICATE", certificate.der().to_vec()), ("PRIVATE KEY", key.serialize_der())];
    let blocks = blocks.map(|(label, der)| pem::encode(&pem::Pem::new(label, der)));
    home.write("client.pem", blocks.concat());
    let (port, _) = https(pki.server(pki.chain()), |_| reply("404 Not Found", "text/plain", ""));
    home.write("list", format!("127.0.0.1:{port}\n").repeat(20));
    let inner = command(&home, &["inspect", "--from-file", "list", "--client-cert", "client.pem", "--json"]);
    let log = home.at("calls");
    let outcome = program::run(strace::under(&log, "trace=openat", &inner), b"", "strace").success();
    assert_eq!(outcome.json()["targets"].as_array().unwrap().len(), 20);
    let calls = String::from_utf8(home.read("calls")).unwrap();
    let opened = calls.lines().filter(|line| line.contains("client.pem")).count();
    assert!((1..=2).contains(&opened), "certificate and key: {opened}");
}

#[test]
fn a_no_outweighs_what_could_not_be_asked() {
    let (good, home) = good();
    let other = Scratch::new();
    Pki::new().write(other.path());
    trustmend(&other, &["import", "root.pem", "--store", "root.jks"]).success();
    let store = other.at("root.jks");
    let refused = trustmend(&home, &["diagnose", "127.0.0.1:1", &good, "--store", &store]);
    assert_eq!(refused.code, 1, "{}", refused.text());
    assert!(refused.stdout.contains("root-untrusted"), "{}", refused.text());
    for (list, words) in
        [("", "no target in it"), ("{}\n", "line 1: there is no \"target\""), ("h\n{\n", "line 2: ")]
    {
        home.write("list", list);
        let outcome = trustmend(&home, &["inspect", "--from-file", "list"]);
        assert_eq!(outcome.code, 2, "{list:?}: {}", outcome.text());
        assert!(outcome.stderr.contains(words), "{list:?}: {}", outcome.stderr);
    }
    assert_eq!(trustmend(&home, &["inspect"]).code, 2);
}

#[test]
fn as_many_are_asked_at_once_as_was_said() {
    let (_, home) = good();
    let silent = silent();
    let list: String = std::iter::repeat_n(format!("{silent}\n"), 40).collect();
    let begin = Instant::now();
    let arguments = ["inspect", "--from-file", "-", "--jobs", "40", "--timeout", "1", "--json"];
    let outcome = trustmend_with(&home, &arguments, &[], list.as_bytes());
    assert_eq!(outcome.code, 3, "{}", outcome.text());
    assert_eq!(outcome.json()["targets"].as_array().unwrap().len(), 40);
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "one after the other takes 40 s: {:?}",
        begin.elapsed()
    );
    assert_eq!(outcome.stderr, "", "no progress where there is no terminal");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_what_is_there() {
    let (good, home) = good();
    let silent = silent();
    let list: String = std::iter::repeat_n(format!("{silent}\n"), 200).collect();
    home.write("list", &list);
    let arguments = ["inspect", &good, "--from-file", "list", "--jobs", "2", "--timeout", "2", "--unordered"];
    let mut child = command(&home, &arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!(first["target"], good.as_str());
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let rest = lines.count();
    assert!(rest < 20, "nothing new is begun: {rest}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
