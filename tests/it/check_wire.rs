//! `check` against servers that misbehave, each with its verdict; and what it sent, by the servers' own logs.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use serde_json::Value;

use crate::net_support::{Log, Pki, https, listen, reply};
use crate::support::program::Outcome;
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

const SCIM: &str = "application/scim+json";
const CONFIG: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]}"#;
const USERS: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":42,
    "Resources":[{"userName":"jane.doe@corp.test"}]}"#;
/// What is never to be seen, and how it looks behind `Basic`.
const SECRET: &str = "s3cret-4711";
const SECRET_BASIC: &str = "YWRtaW46czNjcmV0LTQ3MTE=";

/// A CA, a store that trusts it and one that trusts another.
struct Place {
    home: Scratch,
    pki: Pki,
}

impl Place {
    fn new() -> Self {
        let place = Self { home: Scratch::new(), pki: Pki::new() };
        for (pki, name) in [(&place.pki, "right"), (&Pki::new(), "wrong")] {
            std::fs::create_dir(place.home.path().join(name)).unwrap();
            pki.write(&place.home.path().join(name));
            let (root, store) =
                (place.home.at(&format!("{name}/root.pem")), place.home.at(&format!("{name}.jks")));
            trustmend(&place.home, &["import", &root, "--store", &store]).success();
        }
        place
    }

    fn config(&self) -> ServerConfig {
        self.pki.server(self.pki.chain())
    }

    fn check(&self, url: &str, store: &str, auth: &str, credential: &str, more: &[&str]) -> Outcome {
        let store = self.home.at(store);
        let mut words = vec!["check", url, "--store", &store, "--json", "--auth", auth, "--proxy", "none"];
        if auth != "none" {
            words.extend(["--auth-env", "CREDENTIAL"]);
        }
        words.extend(more);
        let outcome = trustmend_with(&self.home, &words, &[("CREDENTIAL", credential)], b"");
        let said = outcome.text();
        assert!(
            !said.contains(SECRET) && !said.contains(SECRET_BASIC) && !said.contains("jane.doe"),
            "{said}"
        );
        outcome
    }
}

/// The codes of a report's steps, each with its step.
fn codes(report: &Value) -> Vec<String> {
    let steps = report["steps"].as_array().unwrap_or_else(|| panic!("{report}")).iter();
    let told =
        steps.filter_map(|step| Some(format!("{} {}", step["name"].as_str()?, step["code"].as_str()?)));
    told.collect()
}

/// What a server does with a path and what the client says of itself.
type Behaviour = fn(&str, &str) -> Vec<u8>;

/// Takes the right credential, in whatever field.
fn good(path: &str, head: &str) -> Vec<u8> {
    let right = |value: &str| head.contains(&format!("\r\n{value}\r\n"));
    let is_known = right(&format!("Authorization: Bearer {SECRET}"))
        || right(&format!("Authorization: Basic {SECRET_BASIC}"))
        || right(&format!("x-api-key: {SECRET}"));
    match path {
        "/scim/v2/ServiceProviderConfig" => reply("200 OK", SCIM, CONFIG),
        _ if is_known && path.starts_with("/scim/v2/Users") => reply("200 OK", SCIM, USERS),
        _ if path.starts_with("/scim/v2/Users") => reply("401 Unauthorized", SCIM, "{}"),
        _ => reply("404 Not Found", "text/html", "<html>no</html>"),
    }
}

fn refuses_all(_: &str, _: &str) -> Vec<u8> {
    reply("401 Unauthorized", SCIM, "{}")
}

fn refuses_config(path: &str, head: &str) -> Vec<u8> {
    if path.contains("Config") { refuses_all(path, head) } else { good(path, head) }
}

fn lacks_config(path: &str, head: &str) -> Vec<u8> {
    if path.contains("Config") { reply("404 Not Found", SCIM, "{}") } else { good(path, head) }
}

fn web_page(_: &str, _: &str) -> Vec<u8> {
    reply("200 OK", "text/html", "<html>Log in</html>")
}

fn silent(_: &str, _: &str) -> Vec<u8> {
    // Until the client has gone, and longer than it waits.
    std::thread::sleep(std::time::Duration::from_secs(5));
    Vec::new()
}

#[test]
fn each_way_to_misbehave_has_its_verdict() {
    let place = Place::new();
    let run = |behaviour: Behaviour, path: &str, auth: &str, credential: &str, more: &[&str]| {
        let (port, _) = https(place.config(), move |head| behaviour(head.split(' ').nth(1).unwrap(), head));
        let outcome =
            place.check(&format!("https://localhost:{port}{path}"), "right.jks", auth, credential, more);
        (outcome.code, codes(&outcome.json()))
    };
    let bearer = |behaviour: Behaviour| run(behaviour, "/scim/v2/", "bearer", SECRET, &[]);
    let told =
        |code: i32, codes: &[&str]| (code, codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>());

    for (auth, credential) in
        [("bearer", SECRET), ("basic", "admin:s3cret-4711"), ("header:x-api-key", SECRET)]
    {
        assert_eq!(run(good, "/scim/v2/", auth, credential, &[]), told(0, &[]), "{auth}");
    }
    let everywhere = ["config scim-auth-refused", "users scim-auth-refused", "auth scim-auth-refused"];
    assert_eq!(bearer(refuses_all), told(1, &everywhere));
    assert_eq!(bearer(refuses_config), told(1, &["config scim-config-refused"]));
    assert_eq!(bearer(lacks_config), told(1, &["config scim-config-missing"]));
    assert_eq!(bearer(web_page), told(1, &["config scim-not-api", "users scim-not-api"]));
    assert_eq!(
        run(silent, "/scim/v2/", "bearer", SECRET, &["--timeout", "1"]),
        told(3, &["connection scim-answer-late"])
    );
    let no_slash = told(0, &["base-url scim-base-url-slash"]);
    assert_eq!(run(good, "/scim/v2", "bearer", SECRET, &[]), no_slash);
    let slip = |code: &str| {
        told(1, &[&format!("credential {code}"), "users scim-auth-refused", &format!("auth {code}")])
    };
    assert_eq!(run(good, "/scim/v2/", "bearer", "Bearer s3cret-4711", &[]), slip("scim-auth-scheme-doubled"));
    assert_eq!(run(good, "/scim/v2/", "header:Authorization", SECRET, &[]), slip("scim-auth-scheme-missing"));
    assert_eq!(run(good, "/scim/v2/", "none", "", &[]), told(1, &["users scim-auth-required"]));
    assert_eq!(
        run(good, "/v2/", "none", "", &[]),
        told(1, &["config scim-path-not-found", "users scim-path-not-found"])
    );
}

/// A server without TLS that keeps what it is sent and answers as a SCIM server.
fn plain() -> (u16, Arc<Mutex<Vec<u8>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&received);
    let port = listen(move |mut stream| {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).unwrap_or(0);
        log.lock().unwrap().extend_from_slice(&some[..count]);
        let _ = stream.write_all(&reply("200 OK", SCIM, CONFIG));
    });
    (port, received)
}

#[test]
fn a_redirect_is_not_followed_and_takes_no_credential_along() {
    let place = Place::new();
    let (other, theirs) = https(place.config(), |_| reply("200 OK", SCIM, CONFIG));
    let (open, in_the_clear) = plain();
    for (to, words) in [
        (format!("https://localhost:{other}/login"), "login page"),
        (format!("http://localhost:{open}/scim/v2/ServiceProviderConfig"), "plain http"),
    ] {
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        let (port, asked) = https(place.config(), move |_| answer.clone().into_bytes());
        let url = format!("https://localhost:{port}/scim/v2/");
        let outcome = place.check(&url, "right.jks", "bearer", SECRET, &[]);
        assert_eq!((outcome.code, outcome.stdout.contains(words)), (1, true), "{}", outcome.stdout);
        assert_eq!(codes(&outcome.json()), ["config scim-redirect", "users scim-redirect"]);
        assert_eq!(asked.lock().unwrap().len(), 2);
    }
    assert!(theirs.lock().unwrap().is_empty() && in_the_clear.lock().unwrap().is_empty());
}

#[test]
fn a_peer_that_is_not_trusted_gets_no_credential() {
    let place = Place::new();
    let stranger = Pki::new();
    let serve = |config: ServerConfig| https(config, |_| reply("200 OK", SCIM, CONFIG));
    let other_name = place.pki.leaf_for(vec!["other.test".to_owned()]);
    let kinds = [
        ("bearer", SECRET),
        ("basic", "admin:s3cret-4711"),
        ("header:x-api-key", SECRET),
        ("header:Authorization", "Bearer s3cret-4711"),
    ];
    let nothing_sent = |log: &Log| log.lock().unwrap().iter().all(String::is_empty);
    for (auth, credential) in kinds {
        // A store without its authority, another authority's server, a chain that is cut, another name.
        for (config, store) in [
            (place.config(), "wrong.jks"),
            (stranger.server(stranger.chain()), "right.jks"),
            (place.pki.server(vec![place.pki.leaf.der().clone()]), "right.jks"),
            (place.pki.server(vec![other_name.clone(), place.pki.intermediate.der().clone()]), "right.jks"),
        ] {
            let (port, log) = serve(config);
            let outcome =
                place.check(&format!("https://localhost:{port}/scim/v2/"), store, auth, credential, &[]);
            assert_eq!(
                (outcome.code, codes(&outcome.json())),
                (1, vec!["connection server-untrusted".to_owned()])
            );
            assert!(nothing_sent(&log), "{auth}: {:?}", log.lock().unwrap());
        }
        // The same server to the right store: the log does show what is sent.
        let (port, log) = serve(place.config());
        place.check(&format!("https://localhost:{port}/scim/v2/"), "right.jks", auth, credential, &[]);
        let sent = log.lock().unwrap().concat();
        assert!(sent.contains(SECRET) || sent.contains(SECRET_BASIC), "{auth}: {sent}");

        let (port, received) = plain();
        let tls =
            place.check(&format!("https://localhost:{port}/scim/v2/"), "right.jks", auth, credential, &[]);
        assert_eq!((tls.code, codes(&tls.json())), (3, vec!["connection server-not-tls".to_owned()]));
        let url = format!("http://localhost:{port}/scim/v2/");
        let http = place.check(&url, "right.jks", auth, credential, &[]);
        assert_eq!((http.code, http.json()["error"]["code"].as_str()), (2, Some("usage")), "{}", http.text());
        let received = received.lock().unwrap();
        assert_eq!(received.first(), Some(&22), "a handshake was tried");
        let octets = String::from_utf8_lossy(&received);
        assert!(
            !octets.contains(SECRET) && !octets.contains(SECRET_BASIC) && !octets.contains("GET"),
            "{octets}"
        );
    }
}

#[test]
fn an_agent_whose_options_leave_no_common_version_sends_nothing() {
    let place = Place::new();
    let only = |version: &'static rustls::SupportedProtocolVersion| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let config =
            builder.with_no_client_auth().with_single_cert(place.pki.chain(), place.pki.key()).unwrap();
        https(config, |head| good(head.split(' ').nth(1).unwrap(), head))
    };
    place.home.write("agent/jre/lib/security/cacerts", place.home.read("right.jks"));
    place.home.write("agent/jre/release", "JAVA_VERSION=\"17.0.9\"\n");
    place.home.write("agent/conf/OktaProvisioningAgent.conf", "");
    let store = format!("agent:okta-provisioning-agent@{}", place.home.at("agent"));
    let check = |options: &str, version| {
        place.home.write("agent/conf/settings.conf", format!("JAVA_OPTS=\"-Xmx1g {options}\"\n"));
        let (port, log) = only(version);
        let url = format!("https://localhost:{port}/scim/v2/");
        let words =
            ["check", &url, "--store", &store, "--auth", "bearer", "--auth-env", "T", "--proxy", "none"];
        let outcome = trustmend_with(&place.home, &words, &[("T", SECRET)], b"");
        assert!(!outcome.text().contains(SECRET), "{}", outcome.text());
        let sent = log.lock().unwrap().concat();
        (outcome, sent)
    };
    let (outcome, sent) = check("-Dhttps.protocols=TLSv1.2", &rustls::version::TLS13);
    assert_eq!((outcome.code, sent.as_str()), (3, ""), "{}", outcome.text());
    assert!(outcome.stdout.contains("protocol-too-old"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("let it offer only TLSv1.2"), "{}", outcome.stderr);
    let (outcome, sent) = check("-Dhttps.protocols=TLSv1.3", &rustls::version::TLS12);
    assert_eq!((outcome.code, sent.as_str()), (3, ""), "{}", outcome.text());
    let (outcome, sent) = check("-Dhttps.protocols=TLSv1,TLSv1.1", &rustls::version::TLS12);
    assert_eq!((outcome.code, sent.as_str()), (1, ""), "{}", outcome.text());
    assert!(outcome.stdout.contains("older than 1.2"), "{}", outcome.stdout);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (outcome, sent) = check("-Dhttps.protocols=TLSv1.2,TLSv1.3", version);
        assert_eq!((outcome.code, sent.contains(SECRET)), (0, true), "{}", outcome.text());
    }
}
