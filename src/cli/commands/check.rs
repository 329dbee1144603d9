//! `trustmend check URL --store STORE`.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::super::args::{Network, NoStorePassword, StorePassword};
use super::super::assess;
use super::super::client::JavaClient;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble, network, password, source};
use crate::net::{NetError, Scheme};
use crate::render::json::v1;
use crate::render::text;
use crate::scim::{self, Auth, Check as ScimCheck, Version, Versions, Wire};
use crate::secret::Password;

/// The SCIM connectivity test: the handshake with that store under Java's rules, then the safe GETs.
///
/// Asks what an Okta agent's own test asks: the service provider configuration, and the first user (of whom only the count
/// is looked at). The credential goes only to a server that the store trusts, never across a redirect, and is never shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend check https://scim.corp.test:8443/scim/v2/ --store java: --auth bearer --auth-env SCIM_TOKEN
  trustmend check https://10.0.0.5:1443/scim/v2/ --store trust.jks --auth basic --auth-file user-and-password
  trustmend check https://scim.corp.test/v2/ --store java: --auth header:x-api-key --auth-env KEY")]
pub(crate) struct Check {
    /// The base URL, as the agent is given it.
    url: String,
    /// The agent's trust store: a file, java: or java:/path/to/jre, agent:NAME, pid:N, service:NAME, os:, mozilla:
    /// [default: java: if JAVA_HOME has one, else mozilla:].
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// Judge as this Java: 8, 11, 17, 21, 25, or exactly.
    #[arg(long, value_name = "VERSION")]
    java_version: Option<String>,
    /// How to say who asks: none, basic, bearer, header:NAME.
    #[arg(long, value_name = "KIND", default_value = "none")]
    auth: String,
    /// Read the credential from the environment variable VAR: token, user:password, or the header's value.
    #[arg(long, value_name = "VAR", conflicts_with = "auth_file")]
    auth_env: Option<String>,
    /// Read it from the first line of FILE.
    #[arg(long, value_name = "FILE")]
    auth_file: Option<std::path::PathBuf>,
    /// The version of SCIM [default: by /v1 or /v2 in the URL, else both].
    #[arg(long, value_name = "VERSION")]
    scim: Option<ScimVersion>,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    password: StorePassword,
    #[command(flatten)]
    no_password: NoStorePassword,
}

/// `--scim`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScimVersion {
    /// SCIM 1.1.
    #[value(name = "1.1")]
    V1,
    /// SCIM 2.0.
    #[value(name = "2.0")]
    V2,
}

pub(crate) fn run(arguments: &Check, context: &Context) -> Result<Exit, CliError> {
    let base = source::endpoint(&arguments.url)?;
    if let Scheme::StartTls(protocol) = base.scheme {
        return Err(CliError::usage(format!("{base} is not a SCIM server: SCIM is HTTP, not {protocol}"))
            .hint("write https://host:port/path"));
    }
    let auth = auth(arguments, context)?;
    let place = arguments.store.as_deref().unwrap_or_else(|| assemble::default_store());
    let mut store = assemble::client(place, &arguments.no_password.with(&arguments.password), context)?;
    if let Some(error) = store.failure.take() {
        return Err(error);
    }
    let java = JavaClient::of(arguments.java_version.as_deref(), &store, context)?;
    let mut options = network::options(&arguments.network, &base, context)?;
    options.total = context.answer_timeout;
    options.versions = java.protocols.clone();
    let offered = java.protocols.clone();
    let name = assess::expected_name(&base, &options);
    let judge = assess::peer_judge(Arc::new(java), &store.facts, name, context.now);
    let versions = match arguments.scim {
        Some(ScimVersion::V1) => Versions::One(Version::V1_1),
        Some(ScimVersion::V2) => Versions::One(Version::V2_0),
        None => scim::version_for(&base.path).map_or(Versions::Both, Versions::One),
    };
    // A query may hold a token, and has no place in a base URL: the report says that, and nothing repeats it.
    let shown = arguments.url.split(['?', '#']).next().unwrap_or_default();
    let report = scim::run(&ScimCheck { base, versions, auth }, &mut Wire { options, judge });
    let exit = exit(&report);
    if context.ui.json() {
        context.ui.document(&v1::Document::of(
            "check",
            report.ok,
            v1::Checked::new(shown, place, &report),
        ))?;
    } else {
        context.ui.result(&text::check::report(&report))?;
        if let Some(versions) =
            offered.filter(|_| report.steps.iter().any(|step| step.code == Some("protocol-too-old")))
        {
            let names: Vec<&str> = versions.iter().map(|version| version.java_name()).collect();
            context.ui.note(&format!("note: this JVM's options let it offer only {}", names.join(", ")));
        }
        if report.steps.iter().any(|step| step.code == Some("server-untrusted")) {
            let command = ["trustmend", "diagnose", shown, "--store", place].map(str::to_owned);
            context.ui.note(&format!("next: {}", text::finding::shell(&command)));
        }
    }
    Ok(exit)
}

/// A connection that ended before an answer is told apart from an answer that is no.
fn exit(report: &scim::Report) -> Exit {
    let failed = report.steps.iter().filter(|step| step.outcome == scim::Outcome::Fail);
    let mut codes = failed.filter_map(|step| step.code);
    match report.ok {
        true => Exit::Done,
        false if codes.any(is_without_answer) => Exit::Network,
        false => Exit::No,
    }
}

/// Whether a failed step's code is about the way to the server. Those of SCIM are about answers, save the one that is
/// late; and a few say that the server was met, and something about it was not right.
fn is_without_answer(code: &str) -> bool {
    let met = ["server-untrusted", "client-certificate-required", "server-not-http", "request-unusable"];
    code == "scim-answer-late" || !code.starts_with("scim-") && !met.contains(&code)
}

fn auth(arguments: &Check, context: &Context) -> Result<Auth, CliError> {
    let kind = arguments.auth.as_str();
    if kind == "none" {
        if arguments.auth_env.is_some() || arguments.auth_file.is_some() {
            return Err(CliError::usage("a credential is given, but not how to send it")
                .hint("--auth basic, bearer or header:NAME"));
        }
        return Ok(Auth::None);
    }
    let header = kind.strip_prefix("header:").filter(|name| !name.is_empty());
    if header.is_none() && !matches!(kind, "basic" | "bearer") {
        // Not repeated: it may be the credential itself.
        return Err(CliError::usage("--auth is none of: none, basic, bearer, header:NAME")
            .hint("the credential goes into --auth-env VAR or --auth-file FILE"));
    }
    let value = credential(arguments, context)?;
    if value.text().trim().is_empty() {
        return Err(CliError::usage(format!("the credential {} is empty", from(arguments)))
            .hint("nothing was sent; set it, or use --auth none"));
    }
    let auth = match (kind, header) {
        ("basic", _) if !value.text().contains(':') => {
            return Err(CliError::usage("the credential for --auth basic is not of the form user:password"));
        }
        ("basic", _) => Auth::Basic(value),
        (_, Some(name)) => Auth::Header { name: name.to_owned(), value },
        _ => Auth::Bearer(value),
    };
    auth.check().map_err(|error: NetError| CliError::usage(error.to_string()))?;
    Ok(auth)
}

fn credential(arguments: &Check, context: &Context) -> Result<Password, CliError> {
    match (&arguments.auth_env, &arguments.auth_file) {
        (Some(variable), _) => password::from_env(variable),
        (None, Some(file)) => password::from_file(file),
        (None, None) => password::prompt_for(&context.ui, "Credential: ").ok_or_else(|| {
            CliError::usage("no credential is given")
                .hint("--auth-env VAR or --auth-file FILE; there is no flag that takes it itself")
        }),
    }
}

/// Where the credential was read.
fn from(arguments: &Check) -> String {
    match (&arguments.auth_env, &arguments.auth_file) {
        (Some(variable), _) => format!("in the environment variable {variable}"),
        (None, Some(file)) => format!("in {}", file.display()),
        (None, None) => "that was typed".to_owned(),
    }
}
