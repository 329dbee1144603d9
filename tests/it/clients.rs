//! What this program says OpenSSL and rustls decide, against the openssl program and rustls itself.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use trustmend::cert::Certificate;
use trustmend::finding::{Evidence, Severity, examine};
use trustmend::path::java::{Question, Settings, Verdict, Version};
use trustmend::path::{Outcome, PeerName, Rules, openssl, webpki};

use crate::findings::evidence;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::verdicts::{Case, cases_of, dsa_cases, generated_cases, recorded_cases};

fn cases() -> Vec<Case> {
    let mut cases = recorded_cases();
    cases.extend(generated_cases());
    cases.extend(dsa_cases());
    cases
}

fn pem<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    let mut text = String::new();
    for certificate in certificates {
        let base64 = base64::engine::general_purpose::STANDARD.encode(certificate.der());
        let lines: Vec<&str> =
            base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        text += &format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    }
    text
}

/// The first line of `openssl verify` that names an error; nothing if it accepts.
fn real_openssl(case: &Case, folder: &Path, number: usize) -> Option<String> {
    let write = |kind: &str, text: String| {
        let file = folder.join(format!("{number}.{kind}"));
        std::fs::write(&file, text).unwrap();
        file
    };
    case.ask(&Settings::of(&Version::newest(17)), |question| {
        let mut command = Command::new("openssl");
        command.args(["verify", "-purpose", "sslserver", "-auth_level", "2"]);
        command.args(["-no-CAfile", "-no-CApath", "-no-CAstore", "-attime"]);
        command.arg(question.now.unix_timestamp().to_string());
        command.arg("-untrusted").arg(write("sent", pem(question.chain)));
        let anchors = question.anchors.iter().map(|anchor| &anchor.certificate);
        command.arg("-trusted").arg(write("trusted", pem(anchors)));
        match question.name {
            Some(PeerName::Dns(name)) => command.args(["-verify_hostname", name]),
            Some(PeerName::Ip(address) | PeerName::Written { address, .. }) => {
                command.args(["-verify_ip", &address.to_string()])
            }
            None => &mut command,
        };
        command.arg(write("leaf", pem(question.chain.first())));
        let run = command.output().expect("openssl is installed");
        let said =
            [run.stdout, run.stderr].map(|octets| String::from_utf8_lossy(&octets).into_owned()).concat();
        if run.status.success() {
            return None;
        }
        let error = said.lines().find(|line| line.starts_with("error ") && line.contains(" depth lookup: "));
        Some(error.unwrap_or(&said).trim().to_owned())
    })
}

pub(crate) fn in_words(outcome: &Outcome) -> Option<String> {
    match &outcome.verdict {
        Verdict::Trusted => None,
        Verdict::Refused => outcome.error.clone(),
        Verdict::Undecided { why } => Some(format!("undecided: {why}")),
    }
}

/// Verdict, code, depth and words of the program that is installed, for every chain there is.
#[test]
fn openssl_is_predicted_to_the_letter() {
    let mut cases = cases();
    // What cannot be read is not judged by anybody here.
    cases.extend(cases_of("rare.tsv").into_iter().filter(|case| case.is_read));
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::read_to_string("testdata/cases/exceptions-openssl.tsv").unwrap();
    let exceptions: Vec<&str> = file.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let (next, differences) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { break };
                    let settings = Settings::of(&Version::newest(17));
                    let ours = case.ask(&settings, |question| {
                        openssl::judge(question.chain, question.anchors, question.name, question.now)
                    });
                    let (real, ours) = (real_openssl(case, folder.path(), number), in_words(&ours));
                    // What cannot be decoded is a file to this program: a no all the same.
                    let starts = |text: &Option<String>, with| {
                        text.as_ref().is_some_and(|text| text.starts_with(with))
                    };
                    let undecoded = starts(&real, "Could not read ") || starts(&ours, "a certificate holds ");
                    let ours =
                        if undecoded && ours.is_some() && real.is_some() { real.clone() } else { ours };
                    if (real == ours) == exceptions.contains(&case.id.as_str()) {
                        differences
                            .lock()
                            .unwrap()
                            .push(format!("{}\n  openssl {real:?}\n  we      {ours:?}", case.id));
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// rustls' own verifier as a client makes it, for every chain there is: anchors, time and name arrive as given.
#[test]
fn webpki_is_asked_as_a_client_asks_it() {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let (mut trusted, mut differences) = (0, Vec::new());
    let rare = cases_of("rare.tsv").into_iter().filter(|case| case.is_read);
    for case in cases().into_iter().chain(rare) {
        let settings = Settings::of(&Version::newest(17));
        let (real, ours) = case.ask(&settings, |question| {
            let Some(name) = question.name else { return (None, None) };
            let der = |certificate: &Certificate| CertificateDer::from(certificate.der().to_vec());
            let mut roots = rustls::RootCertStore::empty();
            let anchors = question.anchors.iter().map(|anchor| der(&anchor.certificate));
            roots.add_parsable_certificates(anchors);
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            let chain: Vec<_> = question.chain.iter().map(der).collect();
            let seconds = u64::try_from(question.now.unix_timestamp()).unwrap();
            let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
            let real = builder.build().map_err(|error| error.to_string()).and_then(|verifier| {
                let name =
                    ServerName::try_from(name.to_string()).map_err(|error| format!("{error}: {name}"))?;
                let checked = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], now);
                checked.map(|_| ()).map_err(|error| error.to_string())
            });
            let ours = webpki::judge(question.chain, question.anchors, question.name, question.now);
            (real.err(), in_words(&ours))
        });
        trusted += usize::from(real.is_none());
        assert!(ours.as_ref().is_none_or(|text| text.len() < 2_000), "{}: {ours:?}", case.id);
        // What rustls supports, number by number, is left out.
        let short = |text: String| match text.split_once("Context { signature_algorithm_id: ") {
            Some((begin, rest)) => {
                assert!(
                    ours.as_ref()
                        .is_some_and(|ours| ours.starts_with(begin.trim_end_matches("ForPublicKey"))),
                    "{begin} {rest} {ours:?}"
                );
                ours.clone().unwrap()
            }
            None => text,
        };
        let real = real.map(short);
        // A name that is none ends such a client before it sees a chain; the chain is judged first here.
        if real != ours && !real.as_ref().is_some_and(|text| text.starts_with("invalid dns name")) {
            differences.push(format!("{}\n  rustls {real:?}\n  we     {ours:?}", case.id));
        }
    }
    assert!(differences.is_empty() && trusted > 100, "{trusted}\n{}", differences.join("\n"));
}

/// Chain, store and name of a recorded case, as arguments for `diagnose`.
fn files(home: &Scratch, id: &str, store: &str) -> Vec<String> {
    let cases = cases();
    let case = cases.iter().find(|case| case.id == id).unwrap();
    case.ask(&Settings::of(&Version::newest(17)), |question| {
        home.write("chain.pem", pem(question.chain));
        home.write("store.pem", pem(question.anchors.iter().map(|anchor| &anchor.certificate)));
        trustmend(home, &["convert", "store.pem", "store.jks", "--format", "jks"]).success();
        let now = question.now.unix_timestamp();
        let now = time::OffsetDateTime::from_unix_timestamp(now).unwrap();
        let at = now.format(&time::format_description::well_known::Rfc3339).unwrap();
        let name = question.name.unwrap().to_string();
        ["diagnose", "chain.pem", "--store", store, "--host", &name, "--at", &at].map(str::to_owned).to_vec()
    })
}

#[test]
fn the_client_asked_for_decides_the_verdict() {
    let ask = |id: &str, client: &str| {
        let home = Scratch::new();
        // Java takes no PEM file for a store; the others take nothing else, and any.
        let arguments = files(&home, id, if client == "java" { "store.jks" } else { "store.pem" });
        let arguments: Vec<&str> =
            arguments.iter().map(String::as_str).chain(["--client", client, "--json"]).collect();
        let run = trustmend(&home, &arguments);
        (run.code, run.json()["targets"][0].clone())
    };
    // Java does not look at an anchor's time; the others do, or take only its name and key.
    let (code, java) = ask("expired-anchor", "java");
    assert_eq!((code, &java["verdict"], java.get("clients")), (0, &"trusted".into(), None), "{java}");
    let (code, openssl) = ask("expired-anchor", "openssl");
    assert_eq!(
        (code, &openssl["verdict"], &openssl["client"]),
        (1, &"untrusted".into(), &"openssl-3".into())
    );
    let text = openssl["predicted_error"].as_str().unwrap();
    assert!(text.starts_with("error 10 at ") && text.ends_with("certificate has expired"), "{text}");
    let found = openssl["findings"].as_array().unwrap();
    let anchor = found.iter().find(|finding| finding["code"] == "anchor-expired").unwrap();
    assert_eq!(anchor["severity"], "error", "an error is what the client asked for refuses for");
    let (code, webpki) = ask("expired-anchor", "webpki");
    assert_eq!((code, &webpki["verdict"], &webpki["client"]), (0, &"trusted".into(), &"webpki".into()));
}

#[test]
fn all_clients_stand_side_by_side() {
    let home = Scratch::new();
    let arguments = files(&home, "wildcard-mid", "store.jks");
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--client", "all"]).collect();
    let run = trustmend(&home, &arguments);
    assert_eq!(run.code, 1, "{}", run.text());
    let line = |client: &str| {
        let found = run.stdout.lines().find(|line| line.trim_start().starts_with(client));
        found.unwrap_or_else(|| panic!("no {client} in {}", run.stdout)).to_owned()
    };
    assert!(line("Java 11").ends_with("trusted") && line("Java 17").ends_with("trusted"), "{}", run.stdout);
    assert!(line("Java 25").contains("untrusted  javax.net.ssl.SSLHandshakeException: "), "{}", run.stdout);
    assert!(line("OpenSSL 3").ends_with("untrusted  error 62 at 0 depth lookup: hostname mismatch"));
    assert!(line("rustls (webpki)").contains("untrusted  invalid peer certificate: "));
    arguments.push("--json");
    let run = trustmend(&home, &arguments);
    let target = &run.json()["targets"][0];
    assert_eq!((run.code, &target["client"], &target["verdict"]), (1, &"all".into(), &"untrusted".into()));
    let clients = target["clients"].as_array().unwrap();
    let verdict = |prefix: &str| {
        let found = clients.iter().find(|one| one["client"].as_str().unwrap().starts_with(prefix)).unwrap();
        found["verdict"].as_str().unwrap().to_owned()
    };
    for (client, expected) in [("java-17", "trusted"), ("java-21", "untrusted"), ("openssl-3", "untrusted")] {
        assert_eq!(verdict(client), expected, "{client}");
    }
    let home = Scratch::new();
    let sound = files(&home, "ok", "store.jks");
    let sound: Vec<&str> = sound.iter().map(String::as_str).chain(["--client", "all"]).collect();
    let run = trustmend(&home, &sound);
    assert_eq!(run.code, 0, "{}", run.text());
    assert_eq!(
        run.stdout.lines().filter(|line| line.trim_end().ends_with("  trusted")).count(),
        7,
        "{}",
        run.stdout
    );
}

/// By the rules of another client than Java.
fn evidence_by(rules: Rules, question: &Question<'_>) -> Evidence {
    let (chain, anchors, name, now) = (question.chain, question.anchors, question.name, question.now);
    let (outcome, faults) = match rules {
        Rules::OpenSsl => (openssl::judge(chain, anchors, name, now), openssl::faults(question, &[])),
        _ => (webpki::judge(chain, anchors, name, now), webpki::faults(question, &[])),
    };
    let mut evidence = evidence(question);
    let judgement = evidence.judgement.as_mut().unwrap();
    (judgement.verdict, judgement.path) = (outcome.verdict, outcome.path);
    Evidence { client: rules, faults, ..evidence }
}

/// What is called an error is what that client refuses for, and nobody is told of Java who does not use it.
#[test]
fn other_clients_have_findings_of_their_own() {
    let settings = Settings::of(&Version::newest(17));
    let (mut wrong, mut codes) = (Vec::new(), BTreeSet::new());
    for case in cases() {
        for rules in [Rules::OpenSsl, Rules::Webpki] {
            let evidence = case.ask(&settings, |question| evidence_by(rules, question));
            let refused = match evidence.judgement.as_ref().unwrap().verdict {
                Verdict::Undecided { .. } => continue,
                Verdict::Trusted => false,
                Verdict::Refused => true,
            };
            let findings = examine(&evidence);
            codes.extend(findings.iter().map(|finding| finding.code));
            let told: Vec<_> = findings.iter().map(|found| (found.code, found.severity)).collect();
            if refused != told.iter().any(|(_, severity)| *severity == Severity::Error) {
                wrong.push(format!("{} {rules:?}: refused {refused}, {told:?}", case.id));
            }
            for finding in &findings {
                let remedies =
                    finding.remedies.iter().map(|remedy| format!("{} {:?}", remedy.text, remedy.command));
                let words = [finding.title.clone(), finding.detail.clone()].into_iter().chain(remedies);
                let words = words.collect::<Vec<_>>().join("\n");
                // The store of these cases is called trust.jks.
                let foreign =
                    ["Java", "JVM", "javax", "keytool", "-Djdk"].iter().any(|word| words.contains(word));
                if foreign || finding.code.contains("java") {
                    wrong.push(format!("{} {rules:?}: {} {words}", case.id, finding.code));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    for code in
        ["anchor-expired", "key-weak", "signature-weak", "certificate-refused", "eku-server-auth-missing"]
    {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
}

/// Every fault at once, with what OpenSSL itself says first.
#[test]
fn a_server_is_diagnosed_for_openssl_in_its_own_words() {
    let home = Scratch::new();
    let mut arguments = files(&home, "expired-leaf-untrusted", "store.pem");
    arguments.extend(["--client", "openssl", "--no-fetch"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = trustmend(&home, &arguments);
    let (said, text) = (run.stdout.clone(), "judged as OpenSSL 3 with ");
    assert!(run.code == 1 && said.contains(text) && said.contains("It prints:"), "{said}");
    assert!(["Java", "JVM", "keytool"].iter().all(|word| !said.contains(word)), "{said}");
    let target = trustmend(&home, &[&arguments[..], &["--json"]].concat()).json()["targets"][0].clone();
    assert!(target["predicted_error"].as_str().unwrap().starts_with("error "), "{target}");
    let codes: BTreeSet<_> =
        target["findings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert!(codes.contains("leaf-expired") && codes.contains("root-untrusted"), "{codes:?}");
}
