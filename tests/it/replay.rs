//! An observation kept in a file is judged as the server itself is, and without it.

use serde_json::Value;

use crate::net_support::{Pki, RsaFiles};
use crate::support::openssl::Server;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// Whatever the verdict says of the server, without what names the source.
fn verdict(home: &Scratch, source: &str, store: &str, version: &str) -> Value {
    let words = ["diagnose", source, "--store", store, "--java-version", version, "--no-fetch", "--json"];
    let mut target = trustmend(home, &words).json()["targets"][0].clone();
    target.as_object_mut().unwrap().remove("target").unwrap();
    target
}

#[test]
fn a_recorded_server_gets_the_verdict_of_the_live_one() {
    let (home, pki) = (Scratch::new(), Pki::new());
    pki.write(home.path());
    let store = home.at("trust.jks");
    trustmend(&home, &["import", "root.pem", "--store", &store]).success();
    std::fs::create_dir(home.path().join("old")).unwrap();
    RsaFiles::write(&home.path().join("old"));
    let (leaf, key, whole) = (home.at("leaf.pem"), home.at("key.pem"), home.at("fullchain.pem"));
    let (old, old_key) = (home.at("old/leaf.pem"), home.at("old/key.pem"));
    let modern = ["-cert", &leaf, "-key", &key];
    let legacy = ["-cert", &old, "-key", &old_key, "-cipher", "ALL:@SECLEVEL=0"];
    for (number, (arguments, code)) in [
        (modern.to_vec(), "chain-intermediate-missing"),
        ([&modern[..], &["-cert_chain", &whole, "-Verify", "1"]].concat(), "client-certificate-required"),
        // Nothing in common with rustls: what a JVM would meet takes another question, which is kept too.
        ([&legacy[..], &["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"]].concat(), "name-cn-only"),
        ([&legacy[..], &["-tls1"]].concat(), "protocol-too-old"),
    ]
    .into_iter()
    .enumerate()
    {
        let server = Server::start(&arguments);
        let (url, file) = (format!("tls://localhost:{}/", server.port), format!("seen{number}.json"));
        trustmend(&home, &["inspect", &url, "--save", &file]).success();
        let versions = ["8", "11", "17", "21", "25"];
        let live: Vec<Value> = versions.iter().map(|version| verdict(&home, &url, &store, version)).collect();
        drop(server);
        for (version, live) in versions.iter().zip(&live) {
            let replayed = verdict(&home, &file, &store, version);
            assert_eq!(&replayed, live, "{arguments:?}, Java {version}");
        }
        let codes = live[2]["findings"].to_string();
        assert!(codes.contains(code), "{arguments:?}: {codes}");
        let shown = trustmend(&home, &["inspect", &file]).success().stdout;
        assert!(shown.contains("as seen on") && shown.contains("localhost"), "{shown}");
        let again = trustmend(&home, &["inspect", &file, "--save", &file]);
        assert_eq!(again.code, 2, "what was seen already is not saved again: {}", again.stderr);
    }
    // What was not recorded is not guessed: neither a yes nor a reason.
    trustmend(&home, &["import", "chain.pem", "--store", &store]).success();
    let restricted =
        ["diagnose", "seen0.json", "--store", &store, "--java-option=-Dhttps.protocols=TLSv1.2", "--json"];
    let target = trustmend(&home, &restricted).json()["targets"][0].clone();
    let codes: Vec<_> = target["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(target["verdict"] == "undecided" && codes == ["record-incomplete"], "{target}");
    assert_eq!(
        (&target["predicted_error"], &target["findings"][0]["severity"]),
        (&Value::Null, &"warning".into())
    );
    let text = trustmend(&home, &restricted[..5]);
    assert!(text.code == 1 && text.stdout.contains("UNDECIDED: the record does not tell"), "{}", text.stdout);
    assert_eq!(trustmend(&home, &restricted[..4]).code, 0);

    // Judged for its own time unless another is named.
    let later = ["diagnose", "seen2.json", "--store", &store, "--at", "2199-01-01T00:00:00Z", "--json"];
    assert!(trustmend(&home, &later).json()["targets"][0]["findings"].to_string().contains("leaf-expired"));
}

#[test]
fn a_damaged_record_is_one_line() {
    let home = Scratch::new();
    let schema = "\"schema\":\"trustmend/v1/observation\"";
    for (name, text) in [
        ("cut.json", format!("{{{schema},")),
        ("empty.json", format!("{{{schema}}}")),
        ("chain.json", format!("{{{schema},\"recorded_at\":\"x\",\"endpoint\":\"h:1\",\"chain\":7}}")),
    ] {
        home.write(name, text);
        let outcome = trustmend(&home, &["diagnose", name, "--store", "mozilla:"]);
        assert_eq!(outcome.code, 4, "{}", outcome.stderr);
        let said = outcome.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
        assert!(said.contains(&format!("{name}: not a whole observation: ")), "{said}");
    }
}
