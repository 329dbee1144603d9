//! Answers for monitoring, judged by the parser of prometheus_client and the rules of Nagios plugins.

use serde_json::Value;

use crate::support::fleet::{authority, tool};
use crate::support::openssl::{Server, openssl};
use crate::support::program;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// Every sample of a file: name, labels, value; as the real parser reads it.
fn parsed(home: &Scratch, name: &str) -> Vec<Value> {
    let script = "import json, sys\n\
        from prometheus_client.parser import text_string_to_metric_families as parse\n\
        print(json.dumps([{'name': s.name, 'labels': s.labels, 'value': s.value, 'help': f.documentation, 'type': f.type}\n\
        for f in parse(open(sys.argv[1], encoding='utf-8').read()) for s in f.samples]))";
    let mut python = tool(home, "python");
    python.args(["-c", script, name]);
    let samples = program::run(python, b"", "prometheus_client with tests/setup.d/fleet.sh").success().json();
    samples.as_array().unwrap().clone()
}

fn value(samples: &[Value], name: &str, label: (&str, &str)) -> f64 {
    let found: Vec<_> =
        samples.iter().filter(|one| one["name"] == name && one["labels"][label.0] == label.1).collect();
    let [one] = found.as_slice() else { panic!("{name}{label:?}: {found:?} in {samples:?}") };
    assert_eq!(one["type"], "gauge");
    one["value"].as_f64().unwrap()
}

#[test]
fn prometheus_reads_what_audit_says() {
    let home = Scratch::new();
    let [_, other] = ["ca", "other"].map(|name| authority(&home, name));
    let odd = "/CN=Odd \\\"quoted\\\\ and\nbroken";
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        odd,
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-keyout",
        &home.at("odd.key"),
        "-out",
        &home.at("odd.pem"),
        "-set_serial",
        "18446744073709551616",
    ]);
    for name in ["ca.pem", "odd.pem"] {
        trustmend(&home, &["import", name, "--store", "trust.p12"]).success();
    }
    let declared = format!(
        "version = 1\n[[certificate]]\nfile = \"other.pem\"\nsha256 = \"{other}\"\nreason = \"r\"\n[[store]]\nstore = \"trust.p12\"\n"
    );
    home.write("m.toml", declared);
    let audit = ["audit", "trust.p12", "--against", "m.toml", "--format", "prometheus", "--out", "out.prom"];
    let outcome = trustmend(&home, &audit);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.text());
    let samples = parsed(&home, "out.prom");
    let shown = trustmend(&home, &["list", "trust.p12", "--json"]).success().json();
    for entry in shown["entries"].as_array().unwrap() {
        let alias = ("alias", entry["alias"].as_str().unwrap());
        let end = entry["certificates"][0]["not_after"].as_str().unwrap();
        let end = time::OffsetDateTime::parse(end, &time::format_description::well_known::Rfc3339).unwrap();
        assert_eq!(value(&samples, "x509_cert_not_after", alias), end.unix_timestamp() as f64);
        assert_eq!(value(&samples, "x509_cert_expired", alias), 0.0);
    }
    assert!(value(&samples, "x509_cert_not_after", ("subject_CN", "Odd \"quoted\\ and\nbroken")) > 1.7e9);
    let big = ("serial_number", "18446744073709551616");
    assert!(value(&samples, "x509_cert_not_before", big) > 1.7e9);
    let path = "trust.p12";
    assert_eq!(value(&samples, "x509_cert_error", ("filepath", path)), 0.0);
    assert_eq!(value(&samples, "trustmend_managed_missing", ("filepath", path)), 1.0);
    assert_eq!(value(&samples, "trustmend_store_drift", ("kind", "managed-missing")), 1.0);
    assert!(
        !home.names().iter().any(|name| name.starts_with("out.prom.") || name.starts_with(".out")),
        "{:?}",
        home.names()
    );

    // A store that cannot be read is told too.
    home.write("trust.p12", "damaged");
    assert_eq!(
        trustmend(&home, &["audit", "trust.p12", "--format", "prometheus", "--out", "out.prom"]).code,
        4
    );
    assert_eq!(value(&parsed(&home, "out.prom"), "x509_cert_error", ("filepath", "trust.p12")), 1.0);
}

#[test]
fn prometheus_reads_what_diagnose_says() {
    let home = Scratch::new();
    for name in ["ca", "other"] {
        authority(&home, name);
    }
    let server = server(&home);
    let target = format!("https://localhost:{}", server.port);
    trustmend(&home, &["import", "ca.pem", "--store", "good.jks"]).success();
    trustmend(&home, &["import", "other.pem", "--store", "bad.jks"]).success();
    for (store, ok, verdict, code) in [("good.jks", 1.0, "trusted", 0), ("bad.jks", 0.0, "untrusted", 1)] {
        let outcome = trustmend(
            &home,
            &["diagnose", &target, "--store", store, "--format", "prometheus", "--out", "tls.prom"],
        );
        assert_eq!(outcome.code, code, "{}", outcome.text());
        let samples = parsed(&home, "tls.prom");
        assert_eq!(value(&samples, "trustmend_agent_tls_ok", ("verdict", verdict)), ok);
        assert_eq!(value(&samples, "x509_cert_expired", ("target", &target)), 0.0);
    }
}

/// A server whose leaf, of `ca`, is valid for ten days.
fn server(home: &Scratch) -> Server {
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        &home.at("leaf.key"),
        "-out",
        &home.at("leaf.csr"),
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        &home.at("leaf.csr"),
        "-CA",
        &home.at("ca.pem"),
        "-CAkey",
        &home.at("ca.key"),
        "-copy_extensions",
        "copy",
        "-days",
        "10",
        "-out",
        &home.at("leaf.pem"),
    ]);
    Server::start(&["-cert", &home.at("leaf.pem"), "-key", &home.at("leaf.key")])
}

#[test]
fn nagios_gets_its_codes_and_its_line() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    authority(&home, "other");
    trustmend(&home, &["import", "ca.pem", "--store", "good.jks"]).success();
    trustmend(&home, &["import", "other.pem", "--store", "bad.jks"]).success();
    let plugin = |arguments: &[&str]| {
        let outcome = trustmend(&home, &[arguments, &["--format", "nagios", "-q"]].concat());
        assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.text());
        let word = outcome.stdout.split(' ').nth(1).unwrap().to_owned();
        assert!(outcome.stdout.starts_with("TRUSTMEND "), "{}", outcome.stdout);
        (outcome.code, word, outcome.stdout)
    };
    let answer = |arguments: &[&str]| {
        let (code, word, _) = plugin(arguments);
        (code, word)
    };
    let is = |code: i32, word: &str| (code, word.to_owned());
    let (_, _, line) = plugin(&["audit", "good.jks"]);
    assert!(line.contains(" | 'days'=899;20;15 'errors'=0 'drift'=0"), "{line}");
    assert_eq!(answer(&["audit", "good.jks"]), is(0, "OK"));
    assert_eq!(answer(&["audit", "good.jks", "-w", "1000"]), is(1, "WARNING"));
    assert_eq!(answer(&["audit", "good.jks", "-w", "1000", "-c", "950"]), is(2, "CRITICAL"));
    assert_eq!(answer(&["audit", "missing.jks"]), is(3, "UNKNOWN"));
    let absent =
        format!("version = 1\n[[certificate]]\nsha256 = \"{ca}\"\nreason = \"r\"\nstate = \"absent\"\n");
    home.write("m.toml", absent + "[[store]]\nstore = \"good.jks\"\n");
    assert_eq!(answer(&["audit", "good.jks", "--against", "m.toml"]), is(2, "CRITICAL"));

    let server = server(&home);
    let target = format!("localhost:{}", server.port);
    let with = |store: &'static str, more: &[&str]| {
        answer(&[&["diagnose", &target, "--store", store][..], more].concat())
    };
    assert_eq!(with("good.jks", &["-w", "9", "-c", "5"]), is(0, "OK"));
    assert_eq!(with("good.jks", &["-c", "5"]), is(1, "WARNING"));
    assert_eq!(with("good.jks", &[]), is(2, "CRITICAL"));
    assert_eq!(with("bad.jks", &["-w", "9", "-c", "5"]), is(2, "CRITICAL"));
    assert_eq!(answer(&["diagnose", "localhost:1", "--store", "good.jks"]), is(2, "CRITICAL"));
}

#[test]
fn only_what_sync_put_there_is_judged_where_that_is_asked() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    // As the authorities that a runtime brings along: one of them has long expired.
    let mut params = rcgen::CertificateParams::new([]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    (params.not_before, params.not_after) =
        (rcgen::date_time_ymd(2000, 1, 1), rcgen::date_time_ymd(2001, 1, 1));
    let expired = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    home.write("old.pem", pem::encode(&pem::Pem::new("CERTIFICATE", &expired.der()[..])));
    let old =
        ["import", "old.pem", "--store", "cacerts", "--format", "jks", "--allow", "expired", "--reason", "r"];
    trustmend(&home, &old).success();
    let audit = |more: &[&str]| {
        trustmend(&home, &[&["audit", "cacerts", "--format", "nagios", "-q"][..], more].concat())
    };
    assert_eq!(audit(&[]).code, 2);
    let nothing = audit(&["--managed"]);
    assert_eq!(
        (nothing.code, nothing.stdout.contains("nothing that sync put there")),
        (2, true),
        "{}",
        nothing.stdout
    );
    home.write(
        "m.toml",
        format!("version = 1\n[[certificate]]\nfile = \"ca.pem\"\nsha256 = \"{ca}\"\nreason = \"r\"\n[[store]]\nstore = \"cacerts\"\n"),
    );
    trustmend(&home, &["sync", "m.toml"]).success();
    let [all, managed] = [audit(&[]), audit(&["--managed"])];
    assert_eq!((all.code, managed.code), (2, 0), "{}{}", all.stdout, managed.stdout);
    assert!(
        managed.stdout.contains("cacerts: 1 managed entries") && managed.stdout.contains("'days'=899"),
        "{}",
        managed.stdout
    );
    assert_eq!(audit(&["--managed", "-w", "1000"]).code, 1);
    assert_eq!(trustmend(&home, &["audit", "cacerts"]).code, 1);
    assert_eq!(trustmend(&home, &["audit", "cacerts", "--managed", "--json"]).success().json()["ok"], true);
    // What is gone from the store is no longer managed, and that is told.
    trustmend(&home, &["remove", "cacerts", "--fingerprint", &ca]).success();
    assert_eq!(audit(&["--managed"]).code, 2);
    assert_eq!(trustmend(&home, &["audit", "mozilla:", "--managed"]).code, 2);
}
