//! The connectivity check against a real SCIM server: scim2-server under gunicorn (installed by tests/setup.d/scim.sh).

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use trustmend::net::{ClientAuth, Options};
use trustmend::scim::{Auth, Check, Outcome, Report, Version, Versions, Wire, run};
use trustmend::secret::Password;

use crate::net_http::trusting;
use crate::net_support::{Pki, endpoint};
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

/// gunicorn with its own TLS, ended when dropped.
struct ScimServer {
    child: Child,
    port: u16,
}

impl ScimServer {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let gunicorn = root.join("tests/.cache/venv/bin/gunicorn");
        let mut child = Command::new(gunicorn)
            .current_dir(root.join("testdata/scim"))
            .args(["--bind", "127.0.0.1:0", "app:app"])
            .arg("--certfile")
            .arg(folder.join("fullchain.pem"))
            .arg("--keyfile")
            .arg(folder.join("key.pem"))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs([("SCIM_BEARER", "tok-4711"), ("SCIM_BASIC", "admin:s3cret"), ("SCIM_HEADER", "k-0815")])
            .stderr(Stdio::piped())
            .spawn()
            .expect("scim2-server is needed for the tests (run tests/setup.d/scim.sh)");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut said = String::new();
        let line = loop {
            let line = lines.next().unwrap_or_else(|| panic!("gunicorn did not start:\n{said}"));
            if line.contains("Listening at: https://127.0.0.1:") {
                break line;
            }
            said += &(line + "\n");
        };
        let digits = line.split("127.0.0.1:").nth(1).unwrap().split(' ').next().unwrap();
        let port = digits.parse().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }

    fn check(&self, pki: &Pki, auth: Auth, client_auth: Option<ClientAuth>) -> Report {
        let base = endpoint(&format!("https://127.0.0.1:{}/v2/", self.port));
        let check = Check { base, versions: Versions::One(Version::V2_0), auth };
        let options = Options { client_auth, ..Options::default() };
        run(&check, &mut Wire { options, judge: trusting(pki) })
    }
}

impl Drop for ScimServer {
    fn drop(&mut self) {
        // SIGTERM, so that the arbiter takes its worker along.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

#[test]
fn a_real_server_takes_each_kind_of_credential_and_refuses_the_wrong_one() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    let server = ScimServer::start(folder.path(), &[]);
    let header = |name: &str, value: &str| Auth::Header { name: name.to_owned(), value: password(value) };
    for auth in [
        Auth::Bearer(password("tok-4711")),
        Auth::Basic(password("admin:s3cret")),
        header("X-API-Key", "k-0815"),
    ] {
        let report = server.check(&pki, auth, None);
        assert!(report.steps.iter().all(|step| step.outcome == Outcome::Pass), "{report:#?}");
        assert_eq!((report.version, report.users), (Some(Version::V2_0), Some(0)));
    }
    let codes = |auth: Auth| {
        let report = server.check(&pki, auth, None);
        report.steps.iter().filter_map(|step| step.code).collect::<Vec<_>>()
    };
    // Its configuration is public (RFC 7643 section 5), so only the users tell.
    assert_eq!(codes(Auth::Bearer(password("tok-0000"))), ["scim-auth-refused", "scim-auth-refused"]);
    assert_eq!(codes(Auth::None), ["scim-auth-required"]);
    let doubled = ["scim-auth-scheme-doubled", "scim-auth-refused", "scim-auth-scheme-doubled"];
    assert_eq!(codes(Auth::Bearer(password("Bearer tok-4711"))), doubled);
}

#[test]
fn a_real_server_that_wants_a_client_certificate() {
    let (pki, folder) = (Pki::new(), tempfile::tempdir().unwrap());
    pki.write(folder.path());
    let root = folder.path().join("root.pem");
    let server =
        ScimServer::start(folder.path(), &["--ca-certs", root.to_str().unwrap(), "--cert-reqs", "2"]);
    let auth = Auth::Bearer(password("tok-4711"));
    let report = server.check(&pki, auth.clone(), None);
    let connection = report.steps.iter().find(|step| step.name == "connection").unwrap();
    assert_eq!(connection.code, Some("client-certificate-required"), "{}", connection.detail);

    let (certificate, key) = pki.client();
    let chain = [&certificate.der()[..], &pki.intermediate.der()[..]];
    let client_auth = ClientAuth::new(&chain, &key.serialize_der()).unwrap();
    let report = server.check(&pki, auth, Some(client_auth));
    assert!(report.ok, "{report:#?}");
}

#[test]
fn a_real_server_that_is_not_trusted_logs_no_credential() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    let other = Scratch::new();
    Pki::new().write(other.path());
    let (right, wrong, log) = (home.at("right.jks"), home.at("wrong.jks"), home.at("access.log"));
    trustmend(&home, &["import", &home.at("root.pem"), "--store", &right]).success();
    trustmend(&home, &["import", &other.at("root.pem"), "--store", &wrong]).success();
    let format = "%(r)s [%({authorization}i)s] [%({x-api-key}i)s]";
    let server = ScimServer::start(home.path(), &["--access-logfile", &log, "--access-logformat", format]);
    let url = format!("https://localhost:{}/v2/", server.port);
    for (auth, credential, logged) in [
        ("bearer", "tok-4711", "[Bearer tok-4711]"),
        ("basic", "admin:s3cret", "[Basic YWRtaW46czNjcmV0]"),
        ("header:x-api-key", "k-0815", "[k-0815]"),
    ] {
        let check = |store: &str| {
            let words = [
                "check",
                &url,
                "--store",
                store,
                "--auth",
                auth,
                "--auth-env",
                "CREDENTIAL",
                "--proxy",
                "none",
            ];
            let outcome = trustmend_with(&home, &words, &[("CREDENTIAL", credential)], b"");
            assert!(!outcome.text().contains(credential), "{}", outcome.text());
            outcome.code
        };
        let before = home.read("access.log").len();
        assert_eq!(check(&wrong), 1, "{auth}");
        assert_eq!(home.read("access.log").len(), before, "{auth}: nothing was asked");
        assert_eq!(check(&right), 0, "{auth}");
        let asked = String::from_utf8(home.read("access.log").split_off(before)).unwrap();
        assert_eq!(asked.matches(logged).count(), 2, "{auth}: {asked}");
    }
}
