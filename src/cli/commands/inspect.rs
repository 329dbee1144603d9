//! `trustmend inspect SOURCE...`.

use std::net::SocketAddr;

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::Context;
use super::super::args::{Network, StorePassword};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::handshake;
use super::super::many::{self, Many};
use super::super::members::{self, Addresses, Way};
use super::super::network::{self, Connecting};
use super::super::source::{self, CertificateFile, Source};
use super::super::stream::Stream;
use super::super::{assemble, write};
use crate::cert::Certificate;
use crate::fs;
use crate::net::legacy::Offer;
use crate::net::record::{self, Recorded};
use crate::net::{Endpoint, NetError, Observation, Options, observe, without_secrets};
use crate::path::arrange;
use crate::path::java::{Settings, Version};
use crate::render::escape::visible;
use crate::render::json::v1;
use crate::render::text::chain;
use crate::render::text::session;
use crate::render::text::style::{self, paint};

/// Show the chain a server presents, or the certificates of a file. Facts, no verdict.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend inspect https://scim.corp.test:8443
  trustmend inspect 10.0.0.5:8443 --server-name scim.corp.test
  trustmend inspect ldap://dc1.corp.test postgres://db.corp.test
  trustmend inspect https://scim.corp.test:8443 --save seen.json
  trustmend inspect chain.pem server.p12 --store-password-file pw")]
pub(crate) struct Inspect {
    /// https://host:port, host:port, a file or folder, or - for standard input.
    #[arg(required_unless_present = "from_file", value_name = "SOURCE")]
    sources: Vec<String>,
    /// Keep what the server showed in this new file, for somebody who cannot reach it: `trustmend diagnose FILE` judges it.
    #[arg(long, value_name = "FILE", conflicts_with = "from_file")]
    save: Option<PathBuf>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    upgrade: network::Upgrade,
    #[command(flatten)]
    addresses: Addresses,
    #[command(flatten)]
    password: StorePassword,
}

/// What came of one source.
struct Shown {
    /// Whether the source itself could not be read.
    unread: bool,
    json: v1::Observed,
    text: String,
    failure: Option<CliError>,
}

pub(crate) fn run(arguments: &Inspect, context: &Context) -> Result<Exit, CliError> {
    let targets = arguments.many.targets(&arguments.sources)?;
    if arguments.save.is_some() && targets.len() != 1 {
        return Err(CliError::usage("--save is for one server at a time"));
    }
    let connecting = Connecting::read(&arguments.network, context)?;
    let is_one = targets.len() == 1 && arguments.many.from_file.is_none();
    let read = |text: &str| source::read(&arguments.upgrade.source(text)?, &arguments.password);
    let ask = |text: &str| match read(text) {
        Ok(sources) => {
            sources.iter().flat_map(|source| one(text, source, arguments, &connecting, context)).collect()
        }
        Err(error) => vec![Shown { unread: true, ..Shown::failed(text, error) }],
    };
    let streams = targets.len() > 1 && !arguments.many.unordered && Stream::serves(context);
    let mut stream = if streams { Some(Stream::begin("inspect", None, context)?) } else { None };
    let (mut shown, mut exits) = (Vec::new(), Vec::new());
    let take = |mut one: Shown| {
        if let Some(error) = one.failure.take_if(|_| is_one && one.unread) {
            return Err(error);
        }
        exits.extend(one.failure.as_ref().map(|error| error.exit).filter(|exit| !exits.contains(exit)));
        if arguments.many.unordered {
            return context.ui.line(&one.json);
        }
        match &one.failure {
            _ if context.ui.json() => match &mut stream {
                Some(stream) => stream.target(&one.json)?,
                None => shown.push(one),
            },
            Some(error) => context.ui.error(error),
            None => context.ui.result(&one.text)?,
        }
        Ok(())
    };
    let interrupted = arguments.many.each(targets, context, ask, take)?;
    let exit = if interrupted { Exit::Interrupted } else { many::exit(&exits) };
    if let Some(stream) = stream {
        stream.end(exit == Exit::Done)?;
    } else if context.ui.json() && !arguments.many.unordered {
        let mut document_error = None;
        if let (1, Some(error)) = (shown.len(), shown.first().and_then(|one| one.failure.as_ref())) {
            document_error = Some(v1::Error::from(error));
        }
        let targets = shown.into_iter().map(|one| one.json).collect();
        let document = v1::Document::of("inspect", exit == Exit::Done, v1::Inspection { targets });
        match document_error {
            Some(error) => context.ui.document(&document.with_error(error))?,
            None => context.ui.document(&document)?,
        }
    }
    Ok(exit)
}

impl Shown {
    fn failed(text: &str, error: CliError) -> Self {
        let json = v1::Observed {
            target: without_secrets(text),
            error: Some((&error).into()),
            ..v1::Observed::default()
        };
        Self { unread: false, json, text: String::new(), failure: Some(error) }
    }
}

fn one(
    text: &str,
    source: &Source,
    arguments: &Inspect,
    connecting: &Connecting,
    context: &Context,
) -> Vec<Shown> {
    match source {
        Source::File(_) | Source::Record(..) if arguments.save.is_some() => {
            vec![Shown::failed(text, CliError::usage("--save is for a server, not for a file"))]
        }
        Source::File(file) => vec![of_file(file, context)],
        Source::Record(path, recorded) => {
            let (seen, path) = (&recorded.observation, path.display().to_string());
            let mut shown = of_server(&path, &seen.endpoint, seen, &[], context);
            shown.text = format!("{}: as seen on {}\n{}", visible(&path), v1::time(recorded.at), shown.text);
            vec![shown]
        }
        Source::Server(endpoint) => {
            let options = connecting.to(endpoint, context);
            match options.and_then(|options| arguments.addresses.ways(endpoint, options)) {
                Ok(ways) => match (&arguments.save, ways.as_slice()) {
                    (Some(path), [way]) => vec![saved(text, endpoint, way, path, arguments, context)],
                    _ => of_ways(text, endpoint, &ways, context),
                },
                Err(error) => vec![Shown::failed(text, error)],
            }
        }
    }
}

/// Asks a server and keeps what it showed in a file.
fn saved(
    text: &str,
    endpoint: &Endpoint,
    way: &Way,
    path: &Path,
    arguments: &Inspect,
    context: &Context,
) -> Shown {
    let options = Options { ask_time: true, ..way.options.clone() };
    let observation = match observe(endpoint, &options) {
        Ok(observation) => observation,
        Err(error) => return Shown::failed(text, assemble::net_error(endpoint, &error)),
    };
    // What the usual Java of each release, and OpenSSL, would meet, where that takes another question.
    let offer = |feature: &u32| handshake::offer(&Settings::of(&Version::newest(*feature)), None);
    let offers: Vec<Offer> = FEATURES.iter().map(offer).chain([Offer::openssl()]).collect();
    let choices = record::choices(&observation, &options, &offers);
    let observation = Observation { choices: Some(choices), ..observation };
    let mut shown = of_server(text, endpoint, &observation, &[], context);
    let server_name = arguments.network.server_name.clone();
    let document = record::write(&Recorded { observation, at: super::super::now(), server_name });
    let document = document.map_err(|what| CliError::new(Exit::Bug, "bug", what));
    let written = document.and_then(|document| {
        fs::create_new(path, document.as_bytes(), SAVED_MODE).map_err(|error| write::not_made(&error))
    });
    match written {
        Ok(()) => context.ui.note(&format!(
            "wrote {}: `trustmend diagnose` judges it on any machine, with the store there",
            path.display()
        )),
        Err(error) => shown.failure = Some(error),
    }
    shown
}

/// The releases whose handshake is kept.
const FEATURES: [u32; 5] = [8, 11, 17, 21, 25];

/// What a server shows to everybody may be read by everybody.
const SAVED_MODE: u32 = 0o644;

fn of_ways(text: &str, endpoint: &Endpoint, ways: &[Way], context: &Context) -> Vec<Shown> {
    let seen: Vec<_> = ways.iter().map(|way| observe(endpoint, &way.options)).collect();
    let strangers = members::strangers(ways, &seen);
    let shown = |((way, seen), strangers): ((&Way, &Result<Observation, NetError>), &Vec<SocketAddr>)| {
        let mut shown = match seen {
            Ok(observation) => of_server(text, endpoint, observation, strangers, context),
            Err(error) => Shown::failed(text, assemble::net_error(endpoint, error)),
        };
        shown.json.address = shown.json.address.or_else(|| way.address.map(|address| address.to_string()));
        shown
    };
    ways.iter().zip(&seen).zip(&strangers).map(shown).collect()
}

fn of_file(file: &CertificateFile, context: &Context) -> Shown {
    let certificates = file.certificates();
    let mut problems = file.problems();
    if file.found.private_key_present {
        problems.push("it holds a private key: do not hand this file around".to_owned());
    }
    let path = file.path.display().to_string();
    let count = certificates.len();
    let noun = if count == 1 { "certificate" } else { "certificates" };
    let title = format!("{}: {count} {noun}, {}", visible(&path), file.found.format);
    let mut text = format!("{}\n\n", paint(style::BOLD, &title));
    let arrangement = (file.found.format != "jks" && count <= MAX_ARRANGED).then(|| arrange(&certificates));
    text.push_str(&chain::certificates(&certificates, arrangement.as_ref(), context.now));
    for problem in &problems {
        text.push_str(&format!("{} {}\n", paint(style::WARNING, "problem:"), visible(problem)));
    }
    let presented = certificates.iter().map(v1::Certificate::from).collect();
    let json = v1::Observed { target: path, presented, problems, ..v1::Observed::default() };
    Shown { unread: false, json, text, failure: None }
}

/// Files with more certificates are stores, not chains: nobody wants to know which is whose leaf.
const MAX_ARRANGED: usize = 10;

fn of_server(
    text: &str,
    endpoint: &Endpoint,
    observation: &Observation,
    strangers: &[SocketAddr],
    context: &Context,
) -> Shown {
    let certificates = observation.certificates();
    let mut json = observed(text, endpoint, Some(observation));
    if !strangers.is_empty() {
        let strangers: Vec<_> = strangers.iter().map(ToString::to_string).collect();
        json.problems.push(format!("other addresses do not show the same: {}", strangers.join(", ")));
    }
    let arrangement = arrange(&certificates);
    let mut shown = format!("{}\n", paint(style::BOLD, &visible(&connection(endpoint, observation))));
    shown.push_str(&format!("{}\n\n", visible(&sni(observation))));
    shown.push_str(&chain::tree(&certificates, &arrangement, None));
    shown.push('\n');
    shown.push_str(&chain::certificates(&certificates, Some(&arrangement), context.now));
    for problem in &json.problems {
        shown.push_str(&format!("{} {}\n", paint(style::WARNING, "problem:"), visible(problem)));
    }
    if let Some(request) = &observation.client_auth {
        let words = match request.required {
            Some(true) => "requires",
            Some(false) => "asks for, and does without,",
            None => "asks for",
        };
        shown.push_str(&format!("the server {words} a client certificate\n"));
    }
    if context.ui.verbose() {
        shown.push_str(&session::facts(observation));
    }
    Shown { unread: false, json, text: shown, failure: None }
}

/// `scim.corp.test:8443 (127.0.0.1), TLSv1.3, TLS_AES_256_GCM_SHA384`.
pub(super) fn connection(endpoint: &Endpoint, observation: &Observation) -> String {
    let mut parts = vec![format!("{} ({})", endpoint.authority(), observation.address.ip())];
    parts.extend(observation.protocol.map(|protocol| protocol.to_string()));
    parts.extend(observation.cipher_suite.map(|suite| suite.to_string()));
    parts.join(", ")
}

fn sni(observation: &Observation) -> String {
    match &observation.sni {
        Some(name) => format!("asked for by the name {name}"),
        None => {
            "asked for without a name (SNI), as Java does for addresses and names without a dot".to_owned()
        }
    }
}

/// The JSON of what a server showed.
pub(super) fn observed(text: &str, endpoint: &Endpoint, observation: Option<&Observation>) -> v1::Observed {
    let mut json = v1::Observed {
        target: without_secrets(text),
        host: Some(endpoint.host.to_string()),
        port: Some(endpoint.port),
        ..v1::Observed::default()
    };
    let Some(observation) = observation else { return json };
    json.address = Some(observation.address.to_string());
    json.server_name.clone_from(&observation.sni);
    json.protocol = observation.protocol.map(|protocol| protocol.java_name().to_owned());
    json.cipher_suite = observation.cipher_suite.map(|suite| suite.to_string());
    json.presented = certificates_json(&observation.certificates());
    let undecodable = observation.chain.iter().enumerate().filter_map(|(place, presented)| {
        let error = presented.certificate.as_ref().err()?;
        Some(format!("certificate {} cannot be read: {error}", place + 1))
    });
    json.problems = undecodable.collect();
    json.problems.extend(observation.failure.as_ref().map(ToString::to_string));
    json.with_session(observation)
}

pub(super) fn certificates_json(certificates: &[Certificate]) -> Vec<v1::Certificate> {
    certificates.iter().map(v1::Certificate::from).collect()
}
