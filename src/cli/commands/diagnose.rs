//! `trustmend diagnose SOURCE... [--store STORE]`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::Context;
use super::super::args::{Network, NoStorePassword, StorePassword, again};
use super::super::assemble::{self, ClientStore};
use super::super::assess::{self, Assessment, Client};
use super::super::bundle;
use super::super::client::JavaClient;
use super::super::clients::{self, Answer, Kind};
use super::super::complete::{Completing, Completion};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::many::{self, Many};
use super::super::members::{self, Addresses, Way};
use super::super::monitor::{Form, Monitoring};
use super::super::network::{self, Connecting};
use super::super::source::{self, CertificateFile, Source};
use super::super::stream::Stream;
use super::super::summary::Summary;
use super::inspect;
use crate::cert::Certificate;
use crate::finding::{self, Finding};
use crate::net::record::Recorded;
use crate::net::{self, Endpoint, Host, Sni, without_secrets};
use crate::path::java::{Options, Verdict};
use crate::path::{Bundle, PeerName, Rules};
use crate::render::html;
use crate::render::json::v1;
use crate::render::text::diagnosis::{Judge, report};
use crate::render::text::session;

/// Would a client with that store accept this server? Every fault, whose it is, and the command that mends it.
///
/// Connects, keeps what the server presents, and decides as the JVM would: its version and its java.security are taken
/// from the runtime that the store belongs to, or from --java-version. Nothing is changed and no credential is sent; a
/// server named by an https URL is asked for the time (HEAD /). Files are
/// judged as chains, leaf first. A certificate that the server should send and does not is looked for in --extra, the store, the
/// public roots, and at the http address that the one below it names.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend diagnose https://scim.corp.test:8443/scim/v2/ --store /opt/agent/jre/lib/security/cacerts
  trustmend diagnose scim.corp.test:8443 --store trust.p12 --java-version 17.0.9
  trustmend diagnose chain.pem --host scim.corp.test --store java:
  trustmend diagnose chain.pem --host scim.corp.test --store roots.pem --client all
  trustmend diagnose scim.corp.test:8443 --store trust.p12 --format html --out report.html")]
pub(crate) struct Diagnose {
    /// https://host:port, host:port, or a file with a chain.
    #[arg(required_unless_present = "from_file", value_name = "SOURCE")]
    sources: Vec<String>,
    /// The client's trust store: a file, java: or java:/path/to/jre, agent:NAME, pid:N, service:NAME, os:, mozilla:
    /// [default: java: if JAVA_HOME has one, else mozilla:].
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// Whose verdict to give.
    #[arg(long, value_name = "CLIENT", value_enum, default_value_t)]
    client: Kind,
    /// Judge as this Java: 8, 11, 17, 21, 25 (the newest update known) or exactly, as in 17.0.9.
    #[arg(long, value_name = "VERSION")]
    java_version: Option<String>,
    /// Judge as a JVM started with this option, as in -Dhttps.protocols=TLSv1.2; repeatable. Those that matter:
    /// javax.net.ssl.trustStore, https.protocols, jdk.tls.client.protocols, https.cipherSuites, jdk.tls.client.cipherSuites,
    /// jdk.tls.client.SignatureSchemes, jdk.tls.namedGroups, jsse.enableSNIExtension, java.security.properties,
    /// com.sun.net.ssl.checkRevocation, com.sun.security.enableAIAcaIssuers, com.sun.security.allowedAIALocations,
    /// jdk.security.allowNonCaAnchor, jdk.tls.maxCertificateChainLength.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    java_option: Vec<String>,
    /// The name or address to expect in a chain from a file.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Judge for this time, as 2026-11-23T12:00:00Z, instead of now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Write the chain that the server should send to this new file, as PEM, for whoever runs the server.
    #[arg(long, value_name = "FILE", conflicts_with = "from_file")]
    write_bundle: Option<PathBuf>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    completing: Completing,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    upgrade: network::Upgrade,
    #[command(flatten)]
    addresses: Addresses,
    /// Where a proxy is used, ask without it too, and tell whether the issuer changes on the way.
    #[arg(long, help_heading = "Network")]
    both_routes: bool,
    #[command(flatten)]
    pub(crate) monitoring: Monitoring,
    #[command(flatten)]
    password: StorePassword,
    #[command(flatten)]
    no_password: NoStorePassword,
}

/// What came of one source.
struct Shown {
    /// Whether it could not be looked at as it was written: the source unreadable, a flag wrong for it.
    unread: bool,
    chain: Vec<Certificate>,
    json: v1::Observed,
    text: String,
    /// If a page is asked for.
    html: Option<String>,
    exit: Exit,
    failure: Option<CliError>,
}

pub(crate) fn run(arguments: &Diagnose, context: &Context) -> Result<Exit, CliError> {
    contradictions(arguments)?;
    let not_a_time =
        |text: &String| CliError::usage(format!("{text:?} is not a time")).hint("write 2026-11-23T12:00:00Z");
    let at = arguments.at.as_ref();
    let at = at.map(|text| OffsetDateTime::parse(text, &Rfc3339).map_err(|_| not_a_time(text)));
    let now = at.transpose()?.unwrap_or(context.now);
    let case = Case::read(arguments, now, context)?;
    let targets = arguments.many.targets(&arguments.sources)?;
    let is_one = targets.len() == 1 && arguments.many.from_file.is_none();
    if arguments.write_bundle.is_some() && !is_one {
        return Err(CliError::usage("--write-bundle is for one server at a time"));
    }
    let monitoring = &arguments.monitoring;
    let is_monitored = matches!(monitoring.format, Form::Prometheus | Form::Nagios);
    let streams = !context.ui.json() && monitoring.is_text_out();
    let many = targets.len() > 1 && !arguments.many.unordered && !is_monitored && monitoring.out.is_none();
    let at = many.then_some(now).filter(|_| Stream::serves(context));
    let mut stream = at.map(|at| Stream::begin("diagnose", Some(at), context)).transpose()?;
    let mut summary = Summary::new(monitoring, &case.place, now);
    let (mut shown, mut exits, mut told) = (Vec::new(), Vec::new(), 0);
    let take = |mut one: Shown| {
        if let Some(error) = one.failure.take_if(|_| is_one && one.unread) {
            return Err(error);
        }
        if !exits.contains(&one.exit) {
            exits.push(one.exit);
        }
        told += 1;
        match &one.failure {
            _ if arguments.many.unordered => context.ui.line(&one.json)?,
            _ if !streams => match &mut stream {
                Some(stream) => stream.target(&one.json)?,
                None if is_monitored => summary.add(&one.json, &one.chain),
                None => shown.push(one),
            },
            Some(error) => context.ui.error(error),
            None => context.ui.result(&format!("{}{}", if told > 1 { "\n" } else { "" }, one.text))?,
        }
        Ok(())
    };
    let interrupted = arguments.many.each(targets, context, |text| case.each(text, context), take)?;
    let exit = if interrupted { Exit::Interrupted } else { many::exit(&exits) };
    if arguments.many.unordered {
        return Ok(exit);
    }
    if let Some(stream) = stream {
        stream.end(exit == Exit::Done)?;
    } else if context.ui.json() {
        let targets = shown.into_iter().map(|one| one.json).collect();
        let document = v1::Document::of("diagnose", exit == Exit::Done, v1::Diagnosis::new(now, targets));
        arguments.monitoring.document(&document, context)?;
    } else if is_monitored {
        return summary.give(exit, context);
    } else if arguments.monitoring.format == Form::Html {
        page(shown, monitoring, context)?;
    } else if arguments.monitoring.out.is_some() {
        let texts: Vec<&str> = shown.iter().map(|one| one.text.as_str()).collect();
        arguments.monitoring.text(&texts.join("\n"), context)?;
    }
    Ok(exit)
}

fn page(shown: Vec<Shown>, monitoring: &Monitoring, context: &Context) -> Result<(), CliError> {
    let sections: Vec<String> = shown.into_iter().map(Shown::section).collect();
    monitoring.text(&html::page(&sections, context.now), context)
}

/// Flags that do not go together.
fn contradictions(arguments: &Diagnose) -> Result<(), CliError> {
    if arguments.many.unordered
        && (arguments.monitoring.format != Form::Text || arguments.monitoring.out.is_some())
    {
        return Err(CliError::usage(
            "--unordered prints JSON lines; --format and --out ask for something else",
        )
        .hint("leave out --unordered, or --format and --out"));
    }
    Ok(())
}

/// The JVM's options as given.
fn options(arguments: &Diagnose) -> Result<Options, CliError> {
    let words = &arguments.java_option;
    if let Some(word) = words.iter().find(|word| !word.starts_with("-D")) {
        return Err(CliError::usage(format!("--java-option {word:?} is not a system property"))
            .hint("write --java-option -Dname=value"));
    }
    let options = Options::parse(words);
    if options.trust_store_password().is_some() {
        return Err(CliError::usage("a password on the command line can be read by others")
            .hint("give it with --store-password-file FILE or --store-password-env VAR"));
    }
    let names_a_file = arguments.store.as_ref().is_some_and(|store| !store.starts_with("java:"));
    if names_a_file && options.trust_store().is_some() {
        return Err(CliError::usage("--store and -Djavax.net.ssl.trustStore both name the store").hint(
            "name it once; --store java:/path/to/jre beside the option says which runtime reads that store",
        ));
    }
    Ok(options)
}

impl Diagnose {
    /// What leads to the same server and the same store.
    fn repeated(&self) -> Vec<String> {
        [self.network.repeated(), self.password.repeated()].concat()
    }

    /// What makes the verdict the same.
    fn judging(&self) -> Vec<String> {
        let mut words = again("--java-version", self.java_version.as_ref());
        words.extend(self.java_option.iter().map(|option| format!("--java-option={option}")));
        let client = Some(self.client).filter(|client| *client != Kind::Java);
        words.extend(again(
            "--client",
            client.and_then(|kind| Some(kind.to_possible_value()?.get_name().to_owned())),
        ));
        words.extend(self.no_password.no_store_password.then(|| "--no-store-password".to_owned()));
        words.extend(again("--at", self.at.as_ref()));
        words
    }
}

impl Shown {
    fn failed(text: &str, error: CliError) -> Self {
        let json = v1::Observed {
            target: without_secrets(text),
            error: Some((&error).into()),
            ..v1::Observed::default()
        };
        Self {
            unread: true,
            chain: Vec::new(),
            json,
            text: String::new(),
            html: None,
            exit: error.exit,
            failure: Some(error),
        }
    }

    /// Its part of a page.
    fn section(self) -> String {
        let why = self.failure.map(|error| error.message).unwrap_or_default();
        self.html.unwrap_or_else(|| html::failure(&self.json.target, &why))
    }
}

/// What is the same for every source.
struct Case<'a> {
    arguments: &'a Diagnose,
    place: String,
    store: ClientStore,
    java: JavaClient,
    connecting: Connecting,
    completion: Completion,
    now: OffsetDateTime,
}

impl<'a> Case<'a> {
    /// Reads the flags, the store, and what the runtime at hand says.
    fn read(arguments: &'a Diagnose, now: OffsetDateTime, context: &Context) -> Result<Self, CliError> {
        let started = options(arguments)?;
        let named = started.trust_store().or(arguments.store.as_deref());
        let place = named.unwrap_or_else(|| assemble::default_store());
        let password = arguments.no_password.with(&arguments.password);
        let mut store = match assemble::told(&started, arguments.store.as_deref(), &password, context)? {
            Some(store) => store,
            None => assemble::client(place, &password, context)?,
        };
        clients::read_by(arguments.client, &mut store);
        let java = JavaClient::of(arguments.java_version.as_deref(), &store, context)?;
        let java = java.started_with(&started, context)?;
        if named.is_none() {
            context.ui.note(&format!("note: no --store given, judging with {place}"));
        }
        let connecting = Connecting::read(&arguments.network, context)?;
        let completion = Completion::new(&arguments.completing, &arguments.password, context)?;
        let completion = completion.repeating(arguments.repeated(), arguments.judging());
        Ok(Self { arguments, place: place.to_owned(), store, java, connecting, completion, now })
    }

    /// What came of one SOURCE as typed, which a folder makes several.
    fn each(&self, text: &str, context: &Context) -> Vec<Shown> {
        let failed = |error| Shown::failed(text, error);
        let typed = self.arguments.upgrade.source(text);
        match typed.and_then(|text| source::read(&text, &self.arguments.password)) {
            Ok(sources) => {
                let one =
                    |source| self.one(text, source, context).unwrap_or_else(|error| vec![failed(error)]);
                sources.iter().flat_map(one).collect()
            }
            Err(error) => vec![failed(error)],
        }
    }

    fn one(&self, text: &str, source: &Source, context: &Context) -> Result<Vec<Shown>, CliError> {
        match source {
            Source::Server(endpoint) => self.server(text, endpoint, context),
            Source::Record(path, recorded) => Ok(vec![self.replayed(path, recorded, context)]),
            Source::File(file) => {
                let host = self.host()?;
                if host.is_none() {
                    let file = file.path.display();
                    context.ui.note(&format!(
                        "note: {file}: no name was checked; --host NAME names the one to expect"
                    ));
                }
                let assessment = assess::chain(&file.certificates(), host, &self.client_asked(), self.now);
                let whole = self.whole(&assessment);
                let mut shown = self.shown(&file.path.display().to_string(), assessment, of_file(file));
                self.write_bundle(whole.as_ref(), &mut shown, context);
                Ok(vec![shown])
            }
        }
    }

    /// What somebody else saw: judged for the time it was seen, unless another one was asked for.
    fn replayed(&self, path: &Path, recorded: &Recorded, context: &Context) -> Shown {
        let now = if self.arguments.at.is_some() { self.now } else { recorded.at };
        let observation = &recorded.observation;
        let assessment = assess::replayed(recorded, &self.client_asked(), now);
        let endpoint = &observation.endpoint;
        let seen = v1::time(recorded.at);
        let title = format!("{}, as seen on {seen}", inspect::connection(endpoint, observation));
        let json = inspect::observed(&path.display().to_string(), endpoint, Some(observation));
        let whole = self.whole(&assessment);
        let mut shown = self.shown(&title, assessment, json);
        self.write_bundle(whole.as_ref(), &mut shown, context);
        shown
    }

    fn server(&self, text: &str, endpoint: &Endpoint, context: &Context) -> Result<Vec<Shown>, CliError> {
        let options = self.connecting.to(endpoint, context)?;
        let asked = self.client_asked();
        let mut options = net::Options { ask_time: true, ..options };
        if asked.rules == Rules::Java && !asked.java.sends_server_name && options.sni == Sni::default() {
            options.sni = Sni::Omit;
        }
        let ways = self.arguments.addresses.ways(endpoint, options)?;
        let ask = |way: &Way| {
            let resolve = way.resolve(endpoint, &self.arguments.network.resolve);
            let mut seen = assess::server(endpoint, &way.options, &resolve, &self.client_asked(), self.now);
            if self.arguments.both_routes {
                seen.evidence.other_route = assess::without_proxy(endpoint, &way.options);
            }
            seen
        };
        let mut seen: Vec<_> = ways.iter().map(ask).collect();
        members::compare(&ways, &mut seen);
        let shown = |(way, assessment): (&Way, Assessment)| {
            let title = match (&assessment.observation, way.address) {
                (Some(observation), _) => inspect::connection(endpoint, observation),
                (None, Some(address)) => format!("{} ({})", endpoint.authority(), address.ip()),
                (None, None) => endpoint.authority(),
            };
            let mut json = inspect::observed(text, endpoint, assessment.observation.as_ref());
            json.address = json.address.or_else(|| way.address.map(|address| address.to_string()));
            let facts = assessment.observation.as_ref().filter(|_| context.ui.verbose()).map(session::facts);
            let whole = self.whole(&assessment);
            let mut shown = self.shown(&title, assessment, json);
            self.write_bundle(whole.as_ref(), &mut shown, context);
            shown.text.extend(facts.map(|facts| format!("\n{facts}")));
            shown
        };
        Ok(ways.iter().zip(seen).map(shown).collect())
    }

    /// The chain that the server should send, if it is to be written.
    fn whole(&self, assessment: &Assessment) -> Option<Bundle> {
        self.arguments.write_bundle.as_ref().and_then(|_| assess::whole(assessment, &self.client_asked()))
    }

    fn write_bundle(&self, whole: Option<&Bundle>, shown: &mut Shown, context: &Context) {
        let Some((path, whole)) = self.arguments.write_bundle.as_ref().zip(whole) else { return };
        if let Err(error) = bundle::write(path, whole, context) {
            context.ui.error(&error);
            shown.exit = error.exit;
        }
    }

    fn client_asked(&self) -> Client<'_> {
        Client {
            rules: self.arguments.client.rules(),
            java: &self.java,
            store: &self.store,
            completion: &self.completion,
        }
    }

    fn host(&self) -> Result<Option<PeerName>, CliError> {
        let parse = |text: &String| {
            Host::parse(text).map_err(|what| CliError::usage(format!("--host {text}: {what}")))
        };
        let Some(written) = &self.arguments.host else { return Ok(None) };
        Ok(Some(match parse(written)? {
            Host::Dns(name) => PeerName::Dns(name),
            Host::Ip(address) => PeerName::address(address, written.trim_matches(['[', ']'])),
        }))
    }

    /// The answer of the one client asked for, if that is not Java.
    fn single<'b>(&self, answers: &'b [Answer]) -> Option<&'b Answer> {
        answers.first().filter(|_| self.arguments.client != Kind::All)
    }

    /// `java-17`, `openssl-3`, `webpki` or `all`.
    fn client(&self, single: Option<&Answer>) -> String {
        match (single, self.arguments.client) {
            (Some(answer), _) => answer.short().to_owned(),
            (None, Kind::All) => "all".to_owned(),
            (None, Kind::Openssl) => "openssl-3".to_owned(),
            (None, Kind::Webpki) => "webpki".to_owned(),
            (None, Kind::Java) => self.java.short(),
        }
    }

    fn judge(&self, single: Option<&Answer>, answers: &[Answer], store: String) -> Judge {
        let columns = answers.iter().filter(|_| single.is_none()).map(Answer::column).collect();
        match single {
            Some(answer) => Judge {
                client: answer.label().to_owned(),
                assumed: None,
                prints: "It prints",
                store,
                columns,
            },
            None => {
                let (client, assumed) = (self.java.label(), self.java.assumed.clone());
                Judge { client, assumed, prints: "Java prints", store, columns }
            }
        }
    }

    fn shown(&self, title: &str, assessment: Assessment, mut json: v1::Observed) -> Shown {
        let answers = clients::answers(self.arguments.client, &assessment, &self.java);
        let single = self.single(&answers);
        let evidence = &assessment.evidence;
        let findings = finding::examine(evidence);
        let is_trusted = evidence.is_trusted() && clients::all_trust(&answers);
        let (verdict, exit) = match (&evidence.judgement, is_trusted) {
            (None, _) => ("unreachable", Exit::Network),
            (Some(_), true) => ("trusted", Exit::Done),
            (Some(judgement), false) if clients::is_open(judgement, &answers) => ("undecided", Exit::No),
            (Some(_), false) => ("untrusted", Exit::No),
        };
        let format = self.store.store.as_ref().map(|store| store.format.name().to_owned());
        let shown_store = match (&self.store.path, &format) {
            (Some(path), Some(format)) => format!("{} ({format})", path.display()),
            (Some(path), None) => path.display().to_string(),
            (None, _) if evidence.store.is_missing => format!("Mozilla's roots, for {}", self.place),
            (None, _) => self.place.clone(),
        };
        let judge = self.judge(single, &answers, shown_store);
        let predicted =
            assessment.predicted.as_ref().map(|(text, causes)| (text.as_str(), causes.as_slice()));
        let text = report(title, &judge, evidence, predicted, &findings);
        let is_page = self.arguments.monitoring.format == Form::Html;
        let html = is_page.then(|| html::section(title, &judge, evidence, predicted, &findings));
        json.verdict = Some(verdict);
        json.client = Some(self.client(single));
        let listed = !answers.is_empty();
        json.clients = listed.then(|| answers.iter().map(Answer::json).collect());
        json.store =
            Some(v1::StoreRef { place: self.place.clone(), format, anchors: evidence.store.anchors.len() });
        let path = evidence.judgement.as_ref().filter(|judgement| judgement.verdict == Verdict::Trusted);
        let path = path.and_then(|judgement| judgement.path.as_ref());
        json.path = Some(path.map(|path| path.iter().map(|one| one.sha256().hex()).collect()));
        json.predicted_error = Some(predicted.map(|(text, _)| text.to_owned()));
        json.predicted_causes = Some(predicted.map(|(_, causes)| causes.to_vec()).unwrap_or_default());
        json.findings = Some(findings.iter().map(|finding: &Finding| v1::Finding::from(finding)).collect());
        Shown { unread: false, chain: evidence.presented.clone(), json, text, html, exit, failure: None }
    }
}

fn of_file(file: &CertificateFile) -> v1::Observed {
    v1::Observed {
        target: file.path.display().to_string(),
        presented: inspect::certificates_json(&file.certificates()),
        problems: file.problems(),
        ..v1::Observed::default()
    }
}
