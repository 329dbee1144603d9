//! What a remedy says is typed as it stands, and helps.

use serde_json::Value;

use crate::net_support::Pki;
use crate::support::openssl::Server;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// A server that sends its own certificate alone, from a three-step chain in the files of [`Pki::write`].
fn server(home: &Scratch) -> Server {
    Pki::new().write(home.path());
    Server::start(&["-cert", &home.at("leaf.pem"), "-key", &home.at("key.pem")])
}

fn text(home: &Scratch, name: &str) -> String {
    String::from_utf8(home.read(name)).unwrap()
}

fn target(home: &Scratch, words: &[&str]) -> Value {
    trustmend(home, &[&["diagnose"], words, &["--json"]].concat()).json()["targets"][0].clone()
}

/// The commands of all remedies that begin so, without the program's name.
fn commands(target: &Value, name: &str) -> Vec<Vec<String>> {
    let findings = target["findings"].as_array().unwrap().iter();
    let remedies = findings.flat_map(|finding| finding["remedies"].as_array().unwrap());
    let commands = remedies.filter_map(|remedy| remedy["command"].as_array());
    let words = commands
        .map(|words| words.iter().skip(1).map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>());
    words.filter(|words| words.first().is_some_and(|word| word == name)).collect()
}

#[track_caller]
fn paste(home: &Scratch, command: &[String]) {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    trustmend(home, &words).success();
}

#[test]
fn a_remedy_repeats_what_was_given() {
    let (home, other) = (Scratch::new(), Scratch::new());
    let server = server(&home);
    Pki::new().write(other.path());
    std::fs::rename(home.at("chain.pem"), home.at("middle.pem")).unwrap();
    home.write("pw", "s3cret-4711\n");
    let password = ["--store-password-file", "pw"];
    let foreign = other.at("root.pem");
    trustmend(&home, &[&["import", &foreign, "--store", "trust.jks"][..], &password].concat()).success();
    let source = format!("localhost.test:{}", server.port);
    let resolve = format!("{source}:127.0.0.1");
    let way = ["--resolve", &resolve, "--server-name", "localhost"];
    let judging = ["--java-version", "11", "--java-option=-Dhttps.protocols=TLSv1.2,TLSv1.3"];
    let asked = [&[source.as_str(), "--store", "trust.jks"], &way[..], &password, &judging].concat();
    let seen = target(&home, &[&asked[..], &["--extra", "middle.pem", "--extra", "root.pem"]].concat());
    let bundle = commands(&seen, "diagnose").remove(0);
    for flag in [&way[..], &password, &judging, &["--extra", "middle.pem"]].concat() {
        assert!(bundle.iter().any(|word| word == flag), "{flag} is not in {bundle:?}");
    }
    // The chain is whole, the server still is not.
    assert_eq!(trustmend(&home, &bundle.iter().map(String::as_str).collect::<Vec<_>>()).code, 1);
    assert_eq!(text(&home, "chain.pem").matches("BEGIN CERTIFICATE").count(), 2);
    paste(&home, &commands(&seen, "import").remove(0));
    assert_eq!(target(&home, &asked)["verdict"], "trusted");
}

#[test]
fn a_store_that_is_only_read_needs_one_of_its_own() {
    let home = Scratch::new();
    let _server = server(&home);
    let server = Server::start(&[
        "-cert",
        &home.at("leaf.pem"),
        "-key",
        &home.at("key.pem"),
        "-cert_chain",
        &home.at("chain.pem"),
    ]);
    let source = format!("localhost:{}", server.port);
    for (client, store) in [("java", "trust.jks"), ("openssl", "trust.pem"), ("webpki", "trust.pem")] {
        let extra = ["--client", client, "--extra", "root.pem"];
        let seen = target(&home, &[&[source.as_str(), "--store", "mozilla:"][..], &extra].concat());
        assert_eq!(seen["verdict"], "untrusted");
        paste(&home, &commands(&seen, "import").remove(0));
        let seen = target(&home, &[source.as_str(), "--store", store, "--client", client]);
        assert_eq!(seen["verdict"], "trusted", "{client} {seen:#}");
        std::fs::remove_file(home.at(store)).unwrap();
    }
}

/// Strangers in a crowd are counted; a few are told one by one.
#[test]
fn many_strangers_are_told_in_one_line() {
    let home = Scratch::new();
    let _server = server(&home);
    let chain = text(&home, "leaf.pem") + &text(&home, "chain.pem");
    let strangers: Vec<String> = (0..6)
        .map(|_| {
            let other = Scratch::new();
            Pki::new().write(other.path());
            text(&other, "root.pem")
        })
        .collect();
    for (count, findings) in [(2, 2), (6, 1)] {
        home.write("sent.pem", chain.clone() + &strangers[..count].concat());
        let seen = target(&home, &["sent.pem", "--host", "localhost", "--store", "mozilla:"]);
        let extra: Vec<&Value> = seen["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["code"] == "chain-extra-certificate")
            .collect();
        assert_eq!(extra.len(), findings, "{seen:#}");
        let detail = extra[0]["detail"].as_str().unwrap();
        assert_eq!(
            detail.starts_with("6 certificates") && detail.contains("and 3 more"),
            findings == 1,
            "{detail}"
        );
    }
}

#[test]
fn audit_offers_no_page_that_it_cannot_make() {
    let home = Scratch::new();
    let help = trustmend(&home, &["audit", "--help"]).success().stdout;
    assert!(help.contains("nagios") && !help.contains("html"), "{help}");
    let refused = trustmend(&home, &["audit", "mozilla:", "--format", "html"]);
    assert_eq!(refused.code, 2, "{}", refused.text());
    assert!(trustmend(&home, &["diagnose", "--help"]).success().stdout.contains("html"));
}
