//! `trustmend demo`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, nested};
use crate::ca::{Authority, KeyKind, LeafName, NewAuthority, Request, Validity, default_limits};
use crate::fs;
use crate::net::loopback::{self, Loopback, Response};
use crate::render::escape::visible;
use crate::render::json::v1;
use crate::render::text::finding::shell;
use crate::render::text::style::{self, paint};
use crate::secret::Password;

/// The whole main job on this machine alone: no network, no JDK, nothing left behind.
///
/// Makes an authority, starts a SCIM server on 127.0.0.1 that forgets to send its intermediate certificate, diagnoses it with
/// a scratch JKS trust store, mends the store, and shows the verdict turn and the SCIM answer arrive. Every step is the real
/// command, shown as you would type it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Keep the scratch folder.
    #[arg(long)]
    keep: bool,
}

/// The name the server goes by; --resolve leads it to this machine.
const HOST: &str = "scim.corp.test";

pub(crate) fn run(arguments: &Demo, context: &Context) -> Result<Exit, CliError> {
    let scratch = fs::Scratch::new("trustmend-demo").map_err(|error| stopped(&error))?;
    let stage = Stage::set(scratch.path(), context)?;
    let mut play = Play { context, folder: scratch.path(), steps: Vec::new(), ok: true };
    play.say(&format!(
        "A SCIM server runs at https://{HOST}:{} (this machine, 127.0.0.1). Its files are in {}.",
        stage.server.port(),
        scratch.path().display()
    ))?;
    play.act(&stage)?;
    let kept = arguments.keep.then(|| scratch.path().display().to_string());
    let (ok, steps) = (play.ok, std::mem::take(&mut play.steps));
    play.say(&match &kept {
        Some(folder) => format!("The files stay in {folder}."),
        None => "The server is stopped and the scratch folder removed.".to_owned(),
    })?;
    drop(stage);
    match kept {
        Some(_) => scratch.keep(),
        None => scratch.remove().map_err(|error| stopped(&error))?,
    }
    if context.ui.json() {
        context.ui.document(&v1::Document::of("demo", ok, v1::Demonstration { steps, folder: kept }))?;
    }
    if ok {
        return Ok(Exit::Done);
    }
    Err(CliError::new(Exit::Bug, "demo", "a step of the demonstration did not come out as it must"))
}

/// The server, and the files around it.
struct Stage {
    server: Loopback,
    intermediate: PathBuf,
    store: PathBuf,
    root: PathBuf,
    token: PathBuf,
    intermediate_sha256: String,
}

impl Stage {
    fn set(folder: &Path, context: &Context) -> Result<Self, CliError> {
        let failed = super::generate::ca_error;
        let new =
            NewAuthority { name: "Corp".to_owned(), key: KeyKind::P256, limits: default_limits(), days: 30 };
        let authority = Authority::sealed(&new, context.now).map_err(failed)?;
        let name = LeafName::parse(HOST).map_err(|error| CliError::usage(error.to_string()))?;
        let validity = Validity::days(context.now, 30).map_err(failed)?;
        let issued = authority.issue(&Request::server(vec![name], validity)).map_err(failed)?;
        let token = Password::random().unwrap_or_else(Password::changeit);
        let put = |name: &str, octets: &[u8], mode| {
            let path = folder.join(name);
            fs::create_new(&path, octets, mode).map_err(|error| stopped(&error)).map(|()| path)
        };
        let pem =
            |certificate: &crate::cert::Certificate| crate::pem::encode("CERTIFICATE", certificate.der());
        let root = put("corp-root.pem", pem(issued.signed.anchor()).as_bytes(), 0o644)?;
        let intermediate = put("corp-issuing.pem", pem(authority.issuer()).as_bytes(), 0o644)?;
        let token_file = put("token", token.text().as_bytes(), 0o600)?;
        let expected = format!("Bearer {}", token.text());
        let handler = Arc::new(move |request: &loopback::Request| scim(request, &expected));
        // Only the leaf: this is the fault.
        let chain = [issued.signed.certificate.der().to_vec()];
        let server = Loopback::start(&chain, issued.key.pkcs8(), handler).map_err(|error| {
            CliError::new(Exit::Network, "demo", format!("no server could be started on 127.0.0.1: {error}"))
        })?;
        let intermediate_sha256 = authority.issuer().sha256().hex();
        let store = folder.join("cacerts");
        Ok(Self { server, intermediate, store, root, token: token_file, intermediate_sha256 })
    }
}

/// A SCIM 2.0 server with one user.
fn scim(request: &loopback::Request, expected: &str) -> Response {
    let answer =
        |status, body: &str| Response { status, media_type: "application/scim+json", body: body.to_owned() };
    let known = request.authorization.as_ref().is_some_and(|value| value.as_str() == expected);
    let path = request.path.split('?').next().unwrap_or_default();
    match path {
        "/scim/v2/ServiceProviderConfig" => answer("200 OK", CONFIGURATION),
        "/scim/v2/Users" if known => answer("200 OK", USERS),
        "/scim/v2/Users" => answer("401 Unauthorized", UNAUTHORIZED),
        _ => answer("404 Not Found", NOT_FOUND),
    }
}

/// The steps as they are played, printed or collected.
struct Play<'a> {
    context: &'a Context,
    folder: &'a Path,
    steps: Vec<v1::DemoStep>,
    ok: bool,
}

impl Play<'_> {
    fn act(&mut self, stage: &Stage) -> Result<(), CliError> {
        let port = stage.server.port();
        let (url, resolve) = (format!("https://{HOST}:{port}/scim/v2/"), format!("{HOST}:{port}:127.0.0.1"));
        let path = |path: &Path| path.display().to_string();
        let (store, root, intermediate) = (path(&stage.store), path(&stage.root), path(&stage.intermediate));
        let token = path(&stage.token);
        let diagnose = ["diagnose", &url, "--store", &store, "--resolve", &resolve];
        self.step(
            "The agent's trust store holds the company's root.",
            &["import", &root, "--store", &store, "--alias", "corp-root"],
            Exit::Done,
        )?;
        self.step("Still the agent fails. Which fault is it?", &diagnose, Exit::No)?;
        let import = [
            "import",
            &intermediate,
            "--store",
            &store,
            "--alias",
            "corp-issuing",
            "--fingerprint",
            &stage.intermediate_sha256,
        ];
        self.step(
            "Until the server sends it, the store can hold the missing intermediate.",
            &import,
            Exit::Done,
        )?;
        self.step("The verdict turns.", &diagnose, Exit::Done)?;
        let check = [
            "check",
            &url,
            "--store",
            &store,
            "--resolve",
            &resolve,
            "--auth",
            "bearer",
            "--auth-file",
            &token,
        ];
        self.step("And the agent's connection test passes.", &check, Exit::Done)
    }

    fn say(&self, text: &str) -> Result<(), CliError> {
        if self.context.ui.json() {
            return Ok(());
        }
        self.context.ui.result(&format!("{}\n\n", visible(text)))
    }

    /// Runs a real command, shown as a person in the scratch folder would type it.
    fn step(&mut self, words: &str, arguments: &[&str], expected: Exit) -> Result<(), CliError> {
        let folder = format!("{}/", self.folder.display());
        let typed: Vec<String> = std::iter::once("trustmend")
            .chain(arguments.iter().copied())
            .map(|word| word.replace(&folder, ""))
            .collect();
        if !self.context.ui.json() {
            self.context.ui.result(&format!("{}\n", paint(style::BOLD, words)))?;
            self.context.ui.result(&format!("$ {}\n", paint(style::HINT, &visible(&shell(&typed)))))?;
        }
        let (exit, document) = nested(self.context, arguments)?;
        if !self.context.ui.json() {
            self.context.ui.result("\n")?;
        }
        self.ok &= exit == expected;
        self.steps.push(v1::DemoStep { text: words.to_owned(), command: typed, exit: exit as u8, document });
        Ok(())
    }
}

fn stopped(error: &fs::PathError) -> CliError {
    CliError::from_source(Exit::Write, "demo", error).hint(error.hint())
}

const CONFIGURATION: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true},"bulk":{"supported":false,"maxOperations":0,"maxPayloadSize":0},"filter":{"supported":true,"maxResults":100},"changePassword":{"supported":false},"sort":{"supported":false},"etag":{"supported":false},"authenticationSchemes":[{"type":"oauthbearertoken","name":"Bearer","description":"A token"}]}"#;
const USERS: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"demo"}]}"#;
const UNAUTHORIZED: &str =
    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"401","detail":"no valid token"}"#;
const NOT_FOUND: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"no such resource"}"#;
