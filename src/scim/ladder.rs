//! The ladder: each step stands on the one before.

use super::answer::{Resource, Verdict, judge};
use super::{Auth, Check, Outcome, Report, Step, Transport, Version, version_for};
use crate::net::http::{Field, Response};
use crate::net::{NetError, Phase};
use crate::secret::Password;

/// The path of the first user, below the base URL. Reads one user; of the answer only counts are kept.
const FIRST_USER: &str = "Users?startIndex=1&count=1";

/// Runs the check. Every step is in the report, also those not reached.
pub fn run(check: &Check, transport: &mut dyn Transport) -> Report {
    let mut ladder = Ladder { check, transport, report: Report::empty(), connected: false };
    ladder.base_url();
    if ladder.credential() {
        // An error has its own step in the report by then.
        let _ = ladder.climb();
    }
    ladder.finish()
}

/// The end of the climb: no answer came, which the report says.
struct Ended;

struct Ladder<'a> {
    check: &'a Check,
    transport: &'a mut dyn Transport,
    report: Report,
    connected: bool,
}

impl Ladder<'_> {
    fn base_url(&mut self) {
        let path = &self.check.base.path;
        let (outcome, code, detail) = if path.contains('?') {
            (
                Outcome::Fail,
                Some("scim-base-url-query"),
                "the base URL holds a query: paths are put behind it",
            )
        } else if !path.ends_with('/') {
            let detail = "the base URL does not end with a slash, as Okta's agent wants it";
            (Outcome::Warn, Some("scim-base-url-slash"), detail)
        } else if version_for(path).is_none() {
            let detail = "neither /v1/ nor /v2/ is in the base URL: Okta's agent speaks SCIM 1.1 to it";
            (Outcome::Warn, Some("scim-base-url-version"), detail)
        } else {
            (Outcome::Pass, None, "in the form Okta's agent wants")
        };
        self.step("base-url", outcome, code, detail);
    }

    /// Looks at the credential's form; `false` when it cannot be sent.
    fn credential(&mut self) -> bool {
        let slip = self.check.auth.slip();
        match (&self.check.auth, self.check.auth.field(), slip) {
            (Auth::None, ..) => self.step("credential", Outcome::Skipped, None, "none given"),
            (_, Err(error), _) => {
                let detail = error.to_string();
                self.step("credential", Outcome::Fail, Some("scim-auth-malformed"), &detail);
                return false;
            }
            (_, Ok(_), Some(slip)) => {
                let outcome = if slip.corrected.is_some() { Outcome::Warn } else { Outcome::Fail };
                self.step("credential", outcome, Some(slip.code), slip.detail);
                return outcome == Outcome::Warn;
            }
            (_, Ok(_), None) => self.step("credential", Outcome::Pass, None, "in the form servers take"),
        }
        true
    }

    fn climb(&mut self) -> Result<(), Ended> {
        let mut configs = Vec::new();
        for version in self.check.versions.list() {
            let asked = self.path(version.config_path());
            let response = self.ask("config", &asked, *version, &self.check.auth)?;
            let verdict = self.judged(Resource::Config(*version), &asked, &response);
            // A second refusal would tell nothing, and some servers count them.
            let enough = passes(&verdict) || is_refusal(&verdict);
            configs.push((*version, verdict));
            if enough {
                break;
            }
        }
        let found = configs.iter().find(|(_, verdict)| passes(verdict)).map(|(version, _)| *version);
        let version =
            found.unwrap_or_else(|| self.check.versions.list().first().copied().unwrap_or(Version::V2_0));
        let asked = self.path(FIRST_USER);
        let response = self.ask("users", &asked, version, &self.check.auth)?;
        let resource = Resource::Users(self.check.versions.list());
        let users = self.judged(resource, &asked, &response);
        self.config(&configs, &users);
        self.report.version = found.or(users.version);
        self.report.users = users.total;
        self.step("users", users.outcome, users.code, &users.detail);
        if is_refusal(&users) {
            self.corrected(resource, version)
        } else {
            self.without_credential(resource, version, &users)
        }
    }

    /// The step about the configuration, which what the users' path says helps to read.
    fn config(&mut self, configs: &[(Version, Verdict)], users: &Verdict) {
        let best = configs.iter().find(|(_, verdict)| passes(verdict));
        // With none there the first says most: it is of the newest version asked for.
        let Some((_, verdict)) = best.or_else(|| configs.first()) else { return };
        let (mut code, mut detail) = (verdict.code, verdict.detail.clone());
        if passes(users) {
            match code {
                Some("scim-path-not-found") => {
                    code = Some("scim-config-missing");
                    detail = "there is no service provider configuration, while the list of users answers: Okta's \
                              cloud would work, the agent's Test Connector Configuration fails"
                        .to_owned();
                }
                Some("scim-auth-refused") => {
                    code = Some("scim-config-refused");
                    detail = "only the service provider configuration refuses the credential; it is not the \
                              credential that is wrong, but the agent's Test Connector Configuration fails"
                        .to_owned();
                }
                _ => {}
            }
        }
        self.step("config", verdict.outcome, code, &detail);
    }

    /// After a refusal: whether the credential without its slip is taken.
    fn corrected(&mut self, resource: Resource, version: Version) -> Result<(), Ended> {
        let slip = self.check.auth.slip();
        let Some((code, corrected)) = slip.and_then(|slip| Some((slip.code, slip.corrected?))) else {
            let detail = "the credential is refused: expired, mistyped, or of another realm";
            self.step("auth", Outcome::Fail, Some("scim-auth-refused"), detail);
            return Ok(());
        };
        let asked = self.path(FIRST_USER);
        let response = self.ask("auth", &asked, version, &corrected)?;
        let detail = if passes(&judge(resource, &asked, &response)) {
            "the same credential in its right form is taken: correct it in the agent's settings"
        } else {
            "the credential is refused, also in its right form"
        };
        self.step("auth", Outcome::Fail, Some(code), detail);
        Ok(())
    }

    /// Whether the credential matters: without it the server must refuse. Its configuration may be public (RFC 7643
    /// section 5), its users not.
    fn without_credential(
        &mut self,
        resource: Resource,
        version: Version,
        users: &Verdict,
    ) -> Result<(), Ended> {
        if self.check.auth == Auth::None {
            self.step("auth", Outcome::Skipped, None, "no credential to prove");
            return Ok(());
        }
        if !passes(users) {
            let detail = "the list of users does not answer, so the credential is not proven";
            self.step("auth", Outcome::Skipped, None, detail);
            return Ok(());
        }
        let asked = self.path(FIRST_USER);
        let response = self.ask("auth", &asked, version, &Auth::None)?;
        if passes(&judge(resource, &asked, &response)) {
            let detail =
                "the server answers without the credential too: it proves nothing, and anybody can read";
            self.step("auth", Outcome::Warn, Some("scim-auth-not-needed"), detail);
        } else {
            let detail = format!("taken; without it the server answers {}", response.status);
            self.step("auth", Outcome::Pass, None, &detail);
        }
        Ok(())
    }

    /// An answer's verdict; a refusal is not the credential's fault when none was sent.
    fn judged(&self, resource: Resource, asked: &str, response: &Response) -> Verdict {
        let verdict = judge(resource, asked, response);
        if self.check.auth == Auth::None && is_refusal(&verdict) {
            let detail = format!("the server wants a credential ({})", response.status);
            return Verdict { code: Some("scim-auth-required"), detail, ..verdict };
        }
        verdict
    }

    /// Asks, and says in the report when no answer came.
    fn ask(
        &mut self,
        step: &'static str,
        path: &str,
        version: Version,
        auth: &Auth,
    ) -> Result<Response, Ended> {
        let answer =
            fields(version, auth).and_then(|fields| self.transport.get(&self.check.base.at(path), &fields));
        let name = if self.connected { step } else { "connection" };
        match answer {
            Ok(response) => {
                if !self.connected {
                    self.connected = true;
                    self.report.date = response.field("date").map(str::to_owned);
                    self.step("connection", Outcome::Pass, None, "the server is trusted and answers");
                }
                Ok(response)
            }
            Err(error @ NetError::TimedOut { phase: Phase::Exchange, .. }) => {
                let detail = format!("{error}; Okta's agent waits 60 s");
                self.step(name, Outcome::Fail, Some("scim-answer-late"), &detail);
                Err(Ended)
            }
            Err(error) => {
                self.step(name, Outcome::Fail, Some(error.code()), &error.to_string());
                Err(Ended)
            }
        }
    }

    /// A path below the base URL, which may lack its slash.
    fn path(&self, relative: &str) -> String {
        let base = self.check.base.path.split('?').next().unwrap_or_default();
        format!("{}/{relative}", base.trim_end_matches('/'))
    }

    fn step(&mut self, name: &'static str, outcome: Outcome, code: Option<&'static str>, detail: &str) {
        let detail = scrubbed(detail, &self.check.auth.secrets());
        self.report.steps.push(Step { name, outcome, detail, code });
    }

    fn finish(mut self) -> Report {
        for name in ["connection", "config", "users", "auth"] {
            if !self.report.steps.iter().any(|step| step.name == name) {
                self.step(name, Outcome::Skipped, None, "not reached");
            }
        }
        self.report.ok = self.report.steps.iter().all(|step| step.outcome != Outcome::Fail);
        self.report
    }
}

impl Report {
    fn empty() -> Self {
        Self { steps: Vec::new(), version: None, users: None, date: None, ok: false }
    }
}

fn passes(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Pass | Outcome::Warn)
}

fn is_refusal(verdict: &Verdict) -> bool {
    verdict.code == Some("scim-auth-refused")
}

fn fields(version: Version, auth: &Auth) -> Result<Vec<Field>, NetError> {
    let plain = |name, value: &str| Field::new(name, Password::new(value.to_owned()));
    let agent = concat!("trustmend/", env!("CARGO_PKG_VERSION"));
    let mut fields = vec![plain("Accept", version.accept())?, plain("User-Agent", agent)?];
    fields.extend(auth.field()?);
    Ok(fields)
}

/// A server may echo what it was sent. Secrets too short to be any are left: replacing them would garble the words.
fn scrubbed(text: &str, secrets: &[Password]) -> String {
    let secrets = secrets.iter().map(Password::text).filter(|secret| secret.len() >= 4);
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[credential]"))
}
