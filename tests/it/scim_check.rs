//! The connectivity check against servers that are right, and against each way of being wrong.

use std::time::{Duration, Instant};

use trustmend::net::Options;
use trustmend::scim::{Auth, Check, Outcome, Report, Version, Versions, Wire, run, version_for};
use trustmend::secret::Password;

use crate::net_http::trusting;
use crate::net_support::{Pki, endpoint, https, impatient, reply};

const SCIM: &str = "application/scim+json";
const CONFIG_2: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]}"#;
const CONFIG_1: &str = r#"{"schemas":["urn:scim:schemas:core:1.0"],"userManagementCapabilities":[]}"#;
const USERS_2: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    "totalResults":42,"itemsPerPage":1,"startIndex":1,"Resources":[{"userName":"jane.doe@corp.test"}]}"#;
const USERS_1: &str = r#"{"schemas":["urn:scim:schemas:core:1.0"],"totalResults":7,"Resources":[{}]}"#;

/// What a server is asked: the path below its root, and the Authorization field.
struct Asked<'a> {
    path: &'a str,
    authorization: Option<&'a str>,
}

impl Asked<'_> {
    fn is_config(&self) -> bool {
        self.path.contains("/ServiceProviderConfig")
    }
}

fn bearer(token: &str) -> Auth {
    Auth::Bearer(Password::new(token.to_owned()))
}

/// Checks a server that gives `answer`; returns the report and the requests' heads.
fn check_at(
    path: &str,
    auth: Auth,
    answer: impl Fn(&Asked<'_>) -> Vec<u8> + Send + Sync + 'static,
) -> (Report, Vec<String>) {
    let pki = Pki::new();
    let (port, log) = https(pki.server(pki.chain()), move |head| {
        let path = head.split(' ').nth(1).unwrap();
        let authorization = head.lines().find_map(|line| line.strip_prefix("Authorization: "));
        answer(&Asked { path, authorization })
    });
    let base = endpoint(&format!("https://127.0.0.1:{port}{path}"));
    let versions = version_for(path).map_or(Versions::Both, Versions::One);
    let check = Check { base, versions, auth };
    let report = run(&check, &mut Wire { options: impatient(), judge: trusting(&pki) });
    let heads = log.lock().unwrap().clone();
    (report, heads)
}

fn check(auth: Auth, answer: impl Fn(&Asked<'_>) -> Vec<u8> + Send + Sync + 'static) -> Report {
    check_at("/scim/v2/", auth, answer).0
}

fn good(asked: &Asked<'_>) -> Vec<u8> {
    match asked.path {
        "/scim/v2/ServiceProviderConfig" => reply("200 OK", SCIM, CONFIG_2),
        "/scim/v2/Users?startIndex=1&count=1" if asked.authorization == Some("Bearer tok-4711") => {
            reply("200 OK", SCIM, USERS_2)
        }
        "/scim/v2/Users?startIndex=1&count=1" => reply("401 Unauthorized", SCIM, "{}"),
        _ => reply("404 Not Found", SCIM, "{}"),
    }
}

/// Outcome and code of a step.
fn step<'a>(report: &'a Report, name: &str) -> (Outcome, Option<&'a str>) {
    let step = report.steps.iter().find(|step| step.name == name).unwrap();
    (step.outcome, step.code)
}

#[test]
fn a_right_server_passes_every_step_and_gives_only_counts() {
    let (report, heads) = check_at("/scim/v2/", bearer("tok-4711"), good);
    assert!(report.ok && report.steps.iter().all(|step| step.outcome == Outcome::Pass), "{report:#?}");
    assert_eq!((report.version, report.users), (Some(Version::V2_0), Some(42)));
    assert!(!format!("{report:?}").contains("jane.doe"));
    assert!(
        heads.iter().all(|head| head.starts_with("GET ") && head.contains("Accept: application/scim+json"))
    );
    let with_credential = heads.iter().filter(|head| head.contains("tok-4711")).count();
    assert_eq!((heads.len(), with_credential), (3, 2));
}

#[test]
fn a_server_of_version_1_is_found_without_a_hint() {
    let (report, _) = check_at("/scim/", Auth::None, |asked| match asked.path {
        "/scim/ServiceProviderConfigs" => reply("200 OK", "application/json", CONFIG_1),
        "/scim/Users?startIndex=1&count=1" => reply("200 OK", "application/json", USERS_1),
        _ => reply("404 Not Found", "application/json", "{}"),
    });
    assert!(report.ok, "{report:#?}");
    assert_eq!((report.version, report.users), (Some(Version::V1_1), Some(7)));
    assert_eq!(step(&report, "base-url"), (Outcome::Warn, Some("scim-base-url-version")));
}

#[test]
fn each_misbehaviour_has_its_code() {
    let fixed = |octets: Vec<u8>| move |_: &Asked<'_>| octets.clone();
    let redirect =
        |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes();
    for (octets, code, words) in [
        (reply("403 Forbidden", SCIM, "{}"), "scim-auth-refused", "403"),
        (reply("404 Not Found", SCIM, "{}"), "scim-path-not-found", "base URL"),
        (reply("405 Method Not Allowed", SCIM, "{}"), "scim-method-refused", "405"),
        (reply("429 Slow", SCIM, "{}"), "scim-throttled", "429"),
        (reply("503 Busy", SCIM, "{}"), "scim-server-error", "503"),
        (reply("200 OK", "text/html; charset=utf-8", "<html>"), "scim-not-api", "web page"),
        (reply("200 OK", SCIM, "<xml/>"), "scim-not-json", "not JSON"),
        (reply("200 OK", SCIM, "{}"), "scim-schema-unknown", "schemas"),
        (reply("200 OK", SCIM, CONFIG_1), "scim-version-other", "SCIM 1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec(), "scim-answer-incomplete", "cut off"),
        (redirect("https://idp.test/sso/login?token=s3cret"), "scim-redirect", "login page"),
        (redirect("http://127.0.0.1/scim/v2/"), "scim-redirect", "plain http"),
        (redirect("/scim/v2/ServiceProviderConfig/"), "scim-redirect", "slash at its end"),
    ] {
        let report = check(bearer("tok-4711"), fixed(octets));
        let config = report.steps.iter().find(|step| step.name == "config").unwrap();
        assert_eq!((config.outcome, config.code), (Outcome::Fail, Some(code)), "{}", config.detail);
        assert!(config.detail.contains(words) && !config.detail.contains("s3cret"), "{}", config.detail);
        assert!(!report.ok);
    }
}

#[test]
fn the_two_paths_together_say_more_than_one() {
    let missing = check(bearer("tok-4711"), |asked| match asked.is_config() {
        true => reply("404 Not Found", SCIM, "{}"),
        false => good(asked),
    });
    assert_eq!(step(&missing, "config"), (Outcome::Fail, Some("scim-config-missing")));
    assert_eq!(step(&missing, "auth"), (Outcome::Pass, None));
    let refused = check(bearer("tok-4711"), |asked| match asked.is_config() {
        true => reply("401 Unauthorized", SCIM, "{}"),
        false => good(asked),
    });
    assert_eq!(step(&refused, "config"), (Outcome::Fail, Some("scim-config-refused")));
    let everywhere = check(bearer("tok-wrong"), |_| reply("401 Unauthorized", SCIM, "{}"));
    assert_eq!(step(&everywhere, "config"), (Outcome::Fail, Some("scim-auth-refused")));
    assert_eq!(step(&everywhere, "auth"), (Outcome::Fail, Some("scim-auth-refused")));
    let nobody = check(Auth::None, |_| reply("401 Unauthorized", SCIM, "{}"));
    assert_eq!(step(&nobody, "users"), (Outcome::Fail, Some("scim-auth-required")));
    let open = check(bearer("tok-4711"), |asked| match asked.is_config() {
        true => reply("200 OK", SCIM, CONFIG_2),
        false => reply("200 OK", SCIM, USERS_2),
    });
    assert_eq!(step(&open, "auth"), (Outcome::Warn, Some("scim-auth-not-needed")));
    assert!(open.ok);
}

#[test]
fn a_pasted_scheme_is_found_and_the_right_form_is_proven() {
    let header = |value: &str| Auth::Header {
        name: "Authorization".to_owned(),
        value: Password::new(value.to_owned()),
    };
    for (auth, code) in [
        (bearer("Bearer tok-4711"), "scim-auth-scheme-doubled"),
        (header("tok-4711"), "scim-auth-scheme-missing"),
    ] {
        let report = check(auth, good);
        assert_eq!(step(&report, "auth"), (Outcome::Fail, Some(code)));
        let detail = &report.steps.last().unwrap().detail;
        assert!(detail.contains("right form is taken"), "{detail}");
    }
    assert!(check(header("Bearer tok-4711"), good).ok);
}

#[test]
fn what_a_server_echoes_is_scrubbed() {
    let report = check(bearer("tok-4711"), |asked| {
        let token = asked.authorization.unwrap_or_default().replace("Bearer ", "");
        format!("HTTP/1.1 302 Found\r\nLocation: /echo/{token}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    });
    assert_eq!(step(&report, "users"), (Outcome::Fail, Some("scim-redirect")));
    assert!(!format!("{report:?}").contains("tok-4711"), "{report:#?}");
}

#[test]
fn a_server_that_answers_late_or_is_not_trusted_ends_the_climb() {
    let begin = Instant::now();
    let late = check(bearer("tok-4711"), |_| {
        std::thread::sleep(Duration::from_secs(4));
        Vec::new()
    });
    assert_eq!(step(&late, "connection"), (Outcome::Fail, Some("scim-answer-late")));
    assert_eq!(step(&late, "users"), (Outcome::Skipped, None));
    assert!(begin.elapsed() < Duration::from_secs(3), "one deadline, not one for each step");

    let pki = Pki::new();
    let (port, log) = https(pki.server(pki.chain()), |_| reply("200 OK", SCIM, CONFIG_2));
    let base = endpoint(&format!("https://127.0.0.1:{port}/scim/v2"));
    let check = Check { base, versions: Versions::Both, auth: bearer("tok-4711") };
    let mut stranger = Wire { options: Options::default(), judge: trusting(&Pki::new()) };
    let report = run(&check, &mut stranger);
    assert_eq!(step(&report, "base-url"), (Outcome::Warn, Some("scim-base-url-slash")));
    assert_eq!(step(&report, "connection"), (Outcome::Fail, Some("server-untrusted")));
    assert!(log.lock().unwrap().iter().all(String::is_empty), "nothing was sent");
}
