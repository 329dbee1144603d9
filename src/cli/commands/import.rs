//! `trustmend import SOURCE... --store STORE`.

use clap::{Args, ValueEnum};

use super::super::args::{Network, NewStore, StorePassword, Writing};
use super::super::assess::{self, Client};
use super::super::client::JavaClient;
use super::super::complete::{Completing, Completion};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::source::{self, Source};
use super::super::{Context, assemble, network, write};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::finding::Place;
use crate::import::{self, AliasTemplate, Candidate, Origin, Pick, PickError, Request};
use crate::net::Endpoint;
use crate::path::{self, Allow, Recommendation, Rules};

/// Add the chosen certificates to a store, under unique aliases, losing nothing that is in it.
///
/// What a server presents is not trusted for having been presented: it needs --fingerprint with what you learnt another way, a
/// person's typed yes, or --trust-on-first-use. Of a server's chain the certificate that `diagnose` recommends is taken, of
/// files every CA certificate. A certificate that is already there is not added again. The store is locked, replaced whole
/// and read back; the old one is kept beside it, the first and the newest nine. Running programs see the change after a
/// restart.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend import corp-root.pem --store /opt/agent/jre/lib/security/cacerts --alias corp-ca
  trustmend import https://scim.corp.test:8443 --store trust.p12 --fingerprint SHA256
  trustmend import certs/ --store java: --dry-run")]
pub(crate) struct Import {
    /// https://host:port, host:port, a file or folder, or - for standard input.
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// The store: a file (made if it does not exist), java: or java:/path/to/jre, agent:NAME, pid:N, service:NAME.
    #[arg(long, value_name = "STORE")]
    store: String,
    /// Which certificates: recommended, root, issuers, leaf, all, numbers such as 1,3, or a fingerprint.
    #[arg(long, value_name = "WHICH")]
    pick: Option<String>,
    /// The alias, or a template with {cn}, {o}, {serial}, {sha256:8}, {file} [default: from the subject].
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// The SHA-256 fingerprint the certificate must have, learnt another way. May be given several times.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Vec<String>,
    /// Trust what the server presents now, unseen. For throw-away test systems.
    #[arg(long)]
    trust_on_first_use: bool,
    /// Import in spite of this; needs --reason.
    #[arg(long, value_name = "OBJECTION", requires = "reason")]
    allow: Vec<AllowFlag>,
    /// Why --allow is right, for the record that is printed.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// Let the new certificate take the place of the one that has the alias.
    #[arg(long)]
    replace: bool,
    /// The format of a new store [default: by the file's ending (.jks, .jceks, .p12, .pfx, .pkcs12, .pem, .crt, .cer), else jks].
    #[arg(long, value_name = "FORMAT", value_parser = ["jks", "jceks", "pkcs12", "pem"])]
    format: Option<String>,
    #[command(flatten)]
    new: NewStore,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    completing: Completing,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    upgrade: network::Upgrade,
    #[command(flatten)]
    password: StorePassword,
}

/// `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AllowFlag {
    /// A leaf that a CA issued.
    Leaf,
    /// Outside its validity.
    Expired,
    /// A small key or a broken hash.
    Weak,
    /// The CA of a product that inspects TLS.
    Interception,
    /// A CA that may not sign certificates.
    NonCa,
}

impl From<AllowFlag> for Allow {
    fn from(flag: AllowFlag) -> Self {
        match flag {
            AllowFlag::Leaf => Self::Leaf,
            AllowFlag::Expired => Self::Expired,
            AllowFlag::Weak => Self::Weak,
            AllowFlag::Interception => Self::Interception,
            AllowFlag::NonCa => Self::NonCa,
        }
    }
}

pub(crate) fn run(arguments: &Import, context: &Context) -> Result<Exit, CliError> {
    let fingerprints = assemble::fingerprints(&arguments.fingerprint)?;
    let alias = arguments.alias.as_ref().map(|text| text.parse::<AliasTemplate>());
    let alias = alias.transpose().map_err(|error| CliError::usage(error.to_string()))?;
    let mut destination =
        write::destination(&arguments.store, &arguments.password, arguments.format.as_deref())?;
    arguments.new.prepare(&mut destination, context)?;
    let gathered = gather(arguments, context)?;
    let chosen = choose(arguments, &gathered, &fingerprints)?;
    objections(arguments, &chosen, context)?;
    vouched(arguments, &chosen, &fingerprints, context)?;
    arguments.writing.prepare(&mut destination, context)?;
    let request = Request { certificates: chosen, alias, replace: arguments.replace };
    let applied = write::change(&mut destination, context, arguments.writing.dry_run, &|store| {
        Ok(import::plan(store, &request, context.now))
    })?;
    if applied.plan.is_refused() {
        let refused = applied.plan.steps.iter().find(|step| step.action == import::Action::Refuse);
        let why = refused.map(|step| step.reason.clone()).unwrap_or_default();
        return Err(CliError::new(Exit::Refused, "alias-refused", why).hint("choose another --alias"));
    }
    let why = Why { reason: arguments.reason.as_deref(), manifest: None };
    arguments.writing.report("import", &arguments.store, &applied, why, context)
}

/// The certificates of all sources, and what the verdict on a server recommends.
struct Gathered {
    candidates: Vec<Candidate>,
    recommendation: Option<Recommendation>,
}

fn gather(arguments: &Import, context: &Context) -> Result<Gathered, CliError> {
    let mut servers: Vec<Endpoint> = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for text in &arguments.sources {
        for source in source::read(&arguments.upgrade.source(text)?, &arguments.password)? {
            match source {
                Source::Server(endpoint) => servers.push(endpoint),
                Source::Record(_, recorded) => candidates.extend(wire(&recorded.observation.certificates())),
                Source::File(file) => {
                    for problem in file.problems() {
                        context.ui.warn(&format!("{}: {problem}", file.path.display()));
                    }
                    let origin = Origin::File(file.path.clone());
                    let certificates = file.certificates().into_iter();
                    candidates.extend(
                        certificates.map(|certificate| Candidate { certificate, origin: origin.clone() }),
                    );
                }
            }
        }
    }
    let mut gathered = Gathered { candidates, recommendation: None };
    if servers.len() > 1 {
        return Err(CliError::usage("one server at a time: each has its own recommendation"));
    }
    if let Some(endpoint) = servers.first() {
        ask(arguments, endpoint, &mut gathered, context)?;
    }
    Ok(gathered)
}

/// Asks the server; what it presents joins the candidates, and the verdict recommends among them.
fn ask(
    arguments: &Import,
    endpoint: &Endpoint,
    gathered: &mut Gathered,
    context: &Context,
) -> Result<(), CliError> {
    let mut store = assemble::client(&arguments.store, &arguments.password, context)?;
    if let Some(error) = store.failure.take().filter(|_| !store.facts.is_missing) {
        return Err(error);
    }
    if store.facts.is_missing {
        // Once it is there, it is read instead of what Java falls back to now.
        store.facts.anchors.clear();
    }
    let java = JavaClient::of(None, &store, context)?;
    let given = gathered
        .candidates
        .iter()
        .map(|one| (one.certificate.clone(), Place::Given("the command line".to_owned())));
    let completion = Completion::new(&arguments.completing, &arguments.password, context)?.with(given);
    let client = Client { rules: Rules::Java, java: &java, store: &store, completion: &completion };
    let options = network::options(&arguments.network, endpoint, context)?;
    let seen = assess::server(endpoint, &options, &arguments.network.resolve, &client, context.now);
    if seen.observation.is_none() {
        let (code, message) = match &seen.evidence.failure {
            Some(failure) => (failure.code, failure.message.clone()),
            None => ("server-unreachable", "the server presented no certificate".to_owned()),
        };
        let message = format!("{}: {message}", endpoint.authority());
        return Err(CliError::new(Exit::Network, code, message));
    }
    gathered.candidates.extend(wire(&seen.evidence.presented));
    // Found by its signature alone: it needs somebody to vouch for it as what the server sent.
    let found: Vec<Certificate> =
        seen.evidence.found.into_iter().map(|(certificate, _)| certificate).collect();
    let mut found = wire(&found);
    found.retain(|one| !gathered.candidates.iter().any(|known| known.certificate == one.certificate));
    gathered.candidates.extend(found);
    gathered.recommendation = Some(seen.evidence.recommendation);
    Ok(())
}

/// Certificates that a server sent, or that were found by what it sent.
fn wire(certificates: &[Certificate]) -> Vec<Candidate> {
    let wire =
        |certificate: &Certificate| Candidate { certificate: certificate.clone(), origin: Origin::Wire };
    certificates.iter().map(wire).collect()
}

fn choose(
    arguments: &Import,
    gathered: &Gathered,
    fingerprints: &[Fingerprint],
) -> Result<Vec<Candidate>, CliError> {
    let choice = match &arguments.pick {
        Some(text) => text.parse().map_err(|error: PickError| CliError::usage(error.to_string()))?,
        None => Pick::Recommended,
    };
    // A fingerprint learnt another way says which certificate is meant.
    let chosen = if arguments.pick.is_none() && !fingerprints.is_empty() {
        let mut chosen = Vec::new();
        for fingerprint in fingerprints {
            chosen.extend(
                import::pick(&gathered.candidates, &Pick::Fingerprint(*fingerprint), None)
                    .map_err(|error| not_picked(&error, gathered))?,
            );
        }
        chosen
    } else {
        let recommendation = gathered.recommendation.as_ref();
        import::pick(&gathered.candidates, &choice, recommendation)
            .map_err(|error| not_picked(&error, gathered))?
    };
    Ok(chosen)
}

fn not_picked(error: &PickError, gathered: &Gathered) -> CliError {
    let (exit, code) = match error {
        PickError::NoSuchFingerprint { .. } => (Exit::Refused, "fingerprint-mismatch"),
        PickError::OutOfRange { .. } => (Exit::Usage, "usage"),
        _ => (Exit::Refused, "nothing-to-import"),
    };
    let mut failure = CliError::new(exit, code, error.to_string());
    if matches!(error, PickError::Nothing { .. }) && gathered.recommendation.is_none() {
        failure =
            failure.hint("a leaf is imported only when asked for: --pick leaf --allow leaf --reason TEXT");
    }
    for (number, candidate) in gathered.candidates.iter().take(10).enumerate() {
        let certificate = &candidate.certificate;
        failure = failure.hint(format!(
            "{}: {}, SHA-256 {}",
            number + 1,
            certificate.subject(),
            certificate.sha256()
        ));
    }
    failure
}

/// What should not be trusted without a second thought is refused unless it was allowed by name.
fn objections(arguments: &Import, chosen: &[Candidate], context: &Context) -> Result<(), CliError> {
    let allowed: Vec<Allow> = arguments.allow.iter().map(|flag| Allow::from(*flag)).collect();
    for candidate in chosen {
        for objection in path::objections(&candidate.certificate, context.now) {
            let subject = candidate.certificate.subject();
            if allowed.contains(&objection.allow) {
                let reason = arguments.reason.as_deref().unwrap_or_default();
                context.ui.note(&format!("note: {subject} {objection}; allowed: {reason}"));
                continue;
            }
            let name = objection.allow.name();
            return Err(CliError::new(Exit::Refused, "policy", format!("{subject} {objection}"))
                .hint(format!("if that is right all the same: --allow {name} --reason TEXT")));
        }
    }
    Ok(())
}

/// What came off the wire needs somebody to vouch for it; a fingerprint that was given binds files too.
fn vouched(
    arguments: &Import,
    chosen: &[Candidate],
    fingerprints: &[Fingerprint],
    context: &Context,
) -> Result<(), CliError> {
    for candidate in chosen {
        let fingerprint = candidate.certificate.sha256();
        let subject = candidate.certificate.subject();
        if fingerprints.contains(&fingerprint) {
            continue;
        }
        if !fingerprints.is_empty() {
            let message = format!("{subject} has another fingerprint than the ones given: {fingerprint}");
            return Err(CliError::new(Exit::Refused, "fingerprint-mismatch", message));
        }
        if candidate.origin != Origin::Wire || arguments.trust_on_first_use || arguments.writing.dry_run {
            continue;
        }
        context.ui.note(&subject.to_string());
        context.ui.note(&format!("SHA-256 {fingerprint}"));
        if !context.ui.confirm("Does this fingerprint agree with one you got from its owner, another way?") {
            let message = format!("{subject} came off the wire, and nobody vouched for it");
            return Err(CliError::new(Exit::Refused, "fingerprint-needed", message).hint(format!(
                "compare it with one from its owner, then: --fingerprint {}",
                fingerprint.hex()
            )));
        }
    }
    Ok(())
}
