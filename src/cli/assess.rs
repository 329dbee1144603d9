//! Gathering the evidence on one server or chain: ask it, judge it, look for every fault.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::assemble::ClientStore;
use super::client::JavaClient;
use super::complete::{Completion, Found};
use super::handshake::{self, Handshake, failure_of, with_causes};
use crate::cert::Certificate;
use crate::finding::{Clocks, Evidence, Failure, OtherRoute, StoreFacts, Target};
use crate::net::record::Recorded;
use crate::net::{
    ClientFailure, Endpoint, Host, Meeting, NetError, Observation, Options, PeerJudge, Prefix, Scheme, Sni,
    observe,
};
use crate::path::java::{Branch, Fetched, Judgement, Predicted, Question, Settings, Verdict, judge};
use crate::path::{
    Anchor, Bundle, Fault, FaultKind, Outcome, PeerName, Recommendation, Rules, arrange, bundle, faults_by,
    faults_of, is_pinned, judge_of, recommend,
};

/// What is known of a server, and what the client makes of it.
pub(crate) struct Assessment {
    pub(crate) evidence: Evidence,
    pub(crate) observation: Option<Observation>,
    /// How it was asked, if it was.
    asked: Option<Options>,
    /// What Java prints: the exception and its causes.
    pub(crate) predicted: Option<(String, Vec<String>)>,
    /// What that Java would download itself.
    fetched: Vec<Fetched>,
}

/// What the client trusts and by whose rules, with certificates that may fill gaps.
pub(crate) struct Client<'a> {
    /// Another client than Java knows nothing of `java`.
    pub(crate) rules: Rules,
    pub(crate) java: &'a JavaClient,
    pub(crate) store: &'a ClientStore,
    /// Where certificates are looked for that fill gaps.
    pub(crate) completion: &'a Completion,
}

/// Asks a server and judges what it presents. `resolve` is repeated in the remedies' commands.
pub(crate) fn server(
    endpoint: &Endpoint,
    options: &Options,
    resolve: &[String],
    client: &Client<'_>,
    now: OffsetDateTime,
) -> Assessment {
    let name = expected_name(endpoint, options);
    let target = Target { flags: flags(resolve, client), ..target(endpoint, client) };
    let mut seen = match observe(endpoint, options) {
        // Both clocks are read at the same time, whatever time the verdict is for.
        Ok(observation) => observed(observation, name, options, client, (now, super::now())),
        Err(error) => {
            let mut seen = judged(&[], Some(name), Handshake::default(), client, now);
            // It answers, and there is nothing in its answer that a client could judge.
            seen.evidence.judgement = matches!(error, NetError::Anonymous { .. }).then(Judgement::refused);
            seen.fail(&ClientFailure { error, before_chain: true }, client);
            seen
        }
    };
    seen.evidence.target = Some(target);
    seen
}

/// Judges what somebody else saw, for a time; the server is not asked.
pub(crate) fn replayed(recorded: &Recorded, client: &Client<'_>, now: OffsetDateTime) -> Assessment {
    let endpoint = &recorded.observation.endpoint;
    let sni = recorded.server_name.clone().map_or_else(Sni::default, Sni::Name);
    let options = Options { sni, ..Options::default() };
    let name = expected_name(endpoint, &options);
    let mut seen = observed(recorded.observation.clone(), name, &options, client, (now, recorded.at));
    seen.evidence.target = Some(Target { flags: flags(&[], client), ..target(endpoint, client) });
    seen
}

/// What the client makes of what a server showed, for a time; `clock` is when it was asked.
fn observed(
    mut observation: Observation,
    name: PeerName,
    options: &Options,
    client: &Client<'_>,
    (now, clock): (OffsetDateTime, OffsetDateTime),
) -> Assessment {
    let leaf = observation.chain.first().map(|presented| &presented.certificate);
    if let Some(Err(error)) = leaf {
        let message = format!("the server's own certificate cannot be read: {error}");
        let mut seen = judged(&[], Some(name), Handshake::default(), client, now);
        seen.evidence.failure = Some(Failure { code: "certificate-unreadable", message });
        seen.observation = Some(observation);
        return seen;
    }
    let java = client.java;
    let offer = handshake::offer(&java.settings, java.protocols.as_deref());
    let mut meeting = (client.rules == Rules::Java).then(|| observation.meeting(&offer, options));
    if let Some(own) = meeting.as_mut().and_then(|meeting| meeting.chain.take()) {
        observation.chain = own;
    }
    let chain = observation.certificates();
    let handshake = Handshake::of(&observation, meeting.as_ref());
    let mut seen = judged(&chain, Some(name), handshake, client, now);
    match meeting {
        Some(Meeting { failure: Some(failure), .. }) => {
            seen.fail(&failure, client);
            seen.blame_the_signatures(&observation, &offer, &failure.error);
            seen.blame_the_option(&observation, &offer, options, client);
        }
        Some(_) => {}
        None => {
            if let Some(failure) = failure_of(client.rules, &observation, options) {
                seen.fail(&failure, client);
            }
        }
    }
    let last_resort = observation.cipher_suite.filter(|suite| suite.is_of_the_past());
    if let (Some(suite), Some(failure)) = (last_resort, &mut seen.evidence.failure)
        && failure.code == "cipher-suites-none"
    {
        failure
            .message
            .push_str(&format!(": of all there are it chooses {suite}, which no client of today takes"));
    }
    seen.evidence.clocks = observation.server_time.map(|server| Clocks { server, ours: clock });
    seen.observation = Some(observation);
    seen.asked = Some(options.clone());
    seen
}

fn target(endpoint: &Endpoint, client: &Client<'_>) -> Target {
    let judging = client.completion.judging.clone();
    Target { source: source(endpoint), authority: endpoint.authority(), flags: Vec::new(), judging }
}

/// What a command needs to see the same.
fn flags(resolve: &[String], client: &Client<'_>) -> Vec<String> {
    let resolve = resolve.iter().flat_map(|given| ["--resolve".to_owned(), given.clone()]);
    resolve.chain(client.completion.flags.iter().cloned()).collect()
}

/// What the server shows without the proxy, if one is used and the server can be reached without.
pub(crate) fn without_proxy(endpoint: &Endpoint, options: &Options) -> Option<OtherRoute> {
    let proxy = options.proxy.as_ref()?.to_string();
    let seen = observe(endpoint, &Options { proxy: None, ask_time: false, ..options.clone() }).ok()?;
    let leaf = seen.chain.into_iter().next()?.certificate.ok()?;
    Some(OtherRoute { proxy, leaf })
}

/// Judges a chain from a file.
pub(crate) fn chain(
    chain: &[Certificate],
    name: Option<PeerName>,
    client: &Client<'_>,
    now: OffsetDateTime,
) -> Assessment {
    judged(chain, name, Handshake::default(), client, now)
}

/// What another client than Java makes of the same.
pub(crate) fn by_other(seen: &Assessment, java: &JavaClient, rules: Rules) -> Outcome {
    let evidence = &seen.evidence;
    // What a missing store falls back to is Java's own affair, and so is which formats it takes.
    let anchors: &[Anchor] = match &evidence.store.own_anchors {
        _ if evidence.store.is_missing => &[],
        Some(own) => own,
        None => &evidence.store.anchors,
    };
    let (chain, name) = (&evidence.presented, evidence.name.as_ref());
    judge_of(rules, &question(chain, anchors, name, Handshake::default(), java, evidence.now))
}

/// The chain that the server should send.
pub(crate) fn whole(seen: &Assessment, client: &Client<'_>) -> Option<Bundle> {
    let evidence = &seen.evidence;
    let known: Vec<Certificate> =
        client.completion.known(client.store).into_iter().map(|found| found.0).collect();
    let found = evidence.found.iter().map(|(certificate, _)| certificate.clone());
    let extra: Vec<Certificate> = found.chain(known).collect();
    let (chain, anchors) = (&evidence.presented, &client.store.facts.anchors);
    let asked =
        question(chain, anchors, evidence.name.as_ref(), Handshake::default(), client.java, evidence.now);
    bundle(&asked, &extra)
}

/// The judge for connections that carry credentials: the same rules, the same store.
pub(crate) fn peer_judge(
    java: Arc<JavaClient>,
    facts: &StoreFacts,
    name: PeerName,
    now: OffsetDateTime,
) -> PeerJudge {
    let anchors = facts.anchors.clone();
    Arc::new(move |presented: &[Certificate], _: &Host| {
        let judgement = judge(&question(presented, &anchors, Some(&name), Handshake::default(), &java, now));
        match judgement.verdict {
            Verdict::Trusted => Ok(()),
            Verdict::Undecided { why } => Err(why),
            Verdict::Refused => Err(judgement.predicted.map_or_else(String::new, |text| text.exception)),
        }
    })
}

/// The name that the client compares with the certificate.
pub(crate) fn expected_name(endpoint: &Endpoint, options: &Options) -> PeerName {
    match (&options.sni, &endpoint.host) {
        (Sni::Name(name), _) => PeerName::Dns(name.clone()),
        (_, Host::Ip(address)) => match &endpoint.written {
            Some(written) => PeerName::address(*address, written),
            None => PeerName::Ip(*address),
        },
        (_, Host::Dns(name)) => PeerName::Dns(name.clone()),
    }
}

fn source(endpoint: &Endpoint) -> String {
    match endpoint.scheme {
        Scheme::StartTls(_) => endpoint.to_string(),
        Scheme::Https | Scheme::Tls => format!("https://{}", endpoint.authority()),
    }
}

fn question<'a>(
    presented: &'a [Certificate],
    anchors: &'a [Anchor],
    name: Option<&'a PeerName>,
    handshake: Handshake,
    java: &'a JavaClient,
    now: OffsetDateTime,
) -> Question<'a> {
    Question {
        name,
        key_exchange: handshake.key_exchange,
        session: handshake.session,
        schemes: handshake.schemes(&java.settings, java.protocols.as_deref()),
        blocked: &java.blocked,
        jdk_authorities: java.jdk_authorities.as_deref(),
        ..Question::new(presented, anchors, now, &java.settings)
    }
}

fn judged(
    presented: &[Certificate],
    name: Option<PeerName>,
    handshake: Handshake,
    client: &Client<'_>,
    now: OffsetDateTime,
) -> Assessment {
    let facts = &client.store.facts;
    let anchors: &[Anchor] = if facts.stops_java() { &[] } else { &facts.anchors };
    let question = question(presented, anchors, name.as_ref(), handshake, client.java, now);
    let arrangement = arrange(presented);
    let fetched = fetched(&question, client);
    let question = Question { fetched: &fetched, ..question };
    let decided = (!presented.is_empty()).then(|| decide(&question, client.rules));
    let (judgement, predicted) = decided.unzip();
    let is_trusted = judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::Trusted);
    let (faults, known) = match &judgement {
        Some(_) if facts.stops_java() => {
            behind_the_store(&Question { anchors: &facts.anchors, ..question }, client)
        }
        Some(judgement) => complete(&question, judgement, client),
        None => (Vec::new(), Vec::new()),
    };
    let recommendation = match &name {
        Some(PeerName::Dns(host)) if !is_trusted && is_pinned(host) => Recommendation::Nothing {
            why: format!("agents pin the keys of {host}: exempt it from TLS inspection, no import helps"),
        },
        _ => recommend(presented, &faults, is_trusted),
    };
    let evidence = Evidence {
        client: client.rules,
        target: None,
        name,
        presented: presented.to_vec(),
        arrangement,
        judgement,
        faults,
        recommendation,
        store: client.store.facts.clone(),
        members: Vec::new(),
        other_route: None,
        clocks: None,
        failure: None,
        found: known,
        now,
    };
    let unreadable = || Predicted::store_unreadable();
    let predicted = match client.rules {
        Rules::Java if facts.stops_java() => Some((unreadable().exception, unreadable().causes)),
        _ => predicted.flatten(),
    };
    Assessment { evidence, observation: None, asked: None, predicted, fetched }
}

/// What Java itself would download before it decides, as far as it may be downloaded here.
fn fetched(question: &Question<'_>, client: &Client<'_>) -> Vec<Fetched> {
    let mut fetched = Vec::new();
    if client.rules != Rules::Java || !question.settings.fetches_issuers {
        return fetched;
    }
    let started = Instant::now();
    while fetched.len() < MAX_ADDRESSES && started.elapsed() < PATIENCE {
        let wanted = judge(&Question { fetched: &fetched, ..*question }).wanted;
        let answers = wanted.into_iter().take(MAX_ADDRESSES - fetched.len());
        let answers = answers.filter_map(|url| client.completion.at(&url).map(|found| (url, found)));
        let answers: Vec<Fetched> = answers.collect();
        if answers.is_empty() {
            break;
        }
        fetched.extend(answers);
    }
    fetched
}

/// The client's answer, and what it prints.
fn decide(question: &Question<'_>, rules: Rules) -> (Judgement, Option<(String, Vec<String>)>) {
    let outcome = match rules {
        Rules::Java => {
            let judgement = judge(question);
            let predicted = judgement.predicted.clone().map(|text| (text.exception, text.causes));
            return (judgement, predicted);
        }
        other => judge_of(other, question),
    };
    let anchor = outcome.path.as_ref().and_then(|path| path.last()).cloned();
    let (verdict, path) = (outcome.verdict, outcome.path);
    let judgement = Judgement {
        verdict,
        branch: Branch::Builder,
        path,
        anchor,
        rejection: None,
        predicted: None,
        wanted: Vec::new(),
    };
    (judgement, outcome.error.map(|error| (error, Vec::new())))
}

/// Most issuers downloaded for one server, one above the other.
const MAX_DOWNLOADS: usize = 4;
/// Most addresses that Java's own search has answered.
const MAX_ADDRESSES: usize = 16;
/// How long downloads may have taken for another one to begin.
const PATIENCE: Duration = Duration::from_secs(5);

/// Every fault of a chain; what the server does not send is looked for elsewhere. With what was found, and where.
fn complete(question: &Question<'_>, judgement: &Judgement, client: &Client<'_>) -> (Vec<Fault>, Vec<Found>) {
    let is_trusted = judgement.verdict == Verdict::Trusted;
    let mut known = if is_trusted { Vec::new() } else { client.completion.known(client.store) };
    let started = Instant::now();
    for round in 0..=MAX_DOWNLOADS {
        let extra: Vec<Certificate> = known.iter().map(|(certificate, _)| certificate.clone()).collect();
        let faults = match client.rules {
            Rules::Java => faults_of(question, judgement, &extra),
            other => faults_by(other, question, &extra),
        };
        let top = open_end(question.chain, &faults, &extra)
            .filter(|_| round < MAX_DOWNLOADS && started.elapsed() < PATIENCE);
        let fresh = top.map(|top| client.completion.download(&top)).unwrap_or_default();
        let fresh: Vec<Found> = fresh.into_iter().filter(|(found, _)| !extra.contains(found)).collect();
        if fresh.is_empty() {
            known.retain(|(certificate, _)| faults.iter().any(|fault| fault.holds(certificate)));
            return (faults, known);
        }
        known.extend(fresh);
    }
    (Vec::new(), Vec::new())
}

/// What else is wrong where Java cannot read the store: what is left when it is mended. In a file that nobody can read there
/// may be anything.
fn behind_the_store(question: &Question<'_>, client: &Client<'_>) -> (Vec<Fault>, Vec<Found>) {
    let (mut faults, known) = complete(question, &judge(question), client);
    if client.store.store.is_none() {
        faults.retain(|fault| {
            !matches!(
                fault.kind,
                FaultKind::RootUntrusted { .. } | FaultKind::LeafSelfSigned | FaultKind::AnchorStale { .. }
            )
        });
    }
    (faults, known)
}

/// The certificate at which a path ends whose issuer is nowhere.
fn open_end(chain: &[Certificate], faults: &[Fault], extra: &[Certificate]) -> Option<Certificate> {
    let ends = faults.iter().find(|fault| {
        matches!(
            fault.kind,
            FaultKind::IntermediateMissing { found: None, .. } | FaultKind::RootUntrusted { root: None, .. }
        )
    });
    let fingerprint = ends?.certificate?;
    chain.iter().chain(extra).find(|certificate| certificate.sha256() == fingerprint).cloned()
}

impl Assessment {
    /// What a Java with other settings makes of the same server or chain, and of the same store.
    pub(crate) fn of_release(&self, java: &JavaClient, settings: &Settings) -> Outcome {
        let offer = handshake::offer(settings, java.protocols.as_deref());
        let asked = self.observation.as_ref().zip(self.asked.as_ref());
        let meeting = asked.map(|(seen, options)| seen.meeting(&offer, options));
        let own: Option<Vec<Certificate>> = meeting
            .as_ref()
            .and_then(|meeting| meeting.chain.as_ref())
            .map(|chain| chain.iter().filter_map(|presented| presented.certificate.clone().ok()).collect());
        let handshake = match &self.observation {
            Some(observation) => Handshake::of(observation, meeting.as_ref()),
            None => Handshake::default(),
        };
        let evidence = &self.evidence;
        let anchors: &[Anchor] = if evidence.store.stops_java() { &[] } else { &evidence.store.anchors };
        let (chain, name) = (own.as_ref().unwrap_or(&evidence.presented), evidence.name.as_ref());
        let question = question(chain, anchors, name, handshake, java, evidence.now);
        let schemes = handshake.schemes(settings, java.protocols.as_deref());
        let judgement =
            judge(&Question { settings, schemes, blocked: &[], fetched: &self.fetched, ..question });
        let mut outcome = Outcome::from(&judgement);
        if evidence.store.stops_java() {
            outcome.error = Some(Predicted::store_unreadable().exception);
        }
        match meeting.and_then(|meeting| meeting.failure) {
            Some(failure) => Self::failed(&failure, settings, outcome),
            None => outcome,
        }
    }

    /// The answer to a chain where the handshake fails.
    fn failed(failure: &ClientFailure, settings: &Settings, outcome: Outcome) -> Outcome {
        let why = with_causes(&failure.error);
        if matches!(failure.error, NetError::NotRecorded { .. }) && outcome.is_trusted() {
            return Outcome {
                verdict: Verdict::Undecided { why },
                error: None,
                certificate: None,
                path: None,
            };
        }
        if !failure.before_chain && !outcome.is_trusted() {
            return outcome;
        }
        let prefix = if settings.alert_prefix { Prefix::Alert } else { Prefix::None };
        let error = failure.error.java_text(prefix).unwrap_or(why);
        Outcome { verdict: Verdict::Refused, error: Some(error), certificate: None, path: None }
    }

    /// The same of another client.
    pub(crate) fn of_other(&self, rules: Rules, outcome: Outcome) -> Outcome {
        let asked = self.observation.as_ref().zip(self.asked.as_ref());
        let failure = asked.and_then(|(seen, options)| failure_of(rules, seen, options));
        let Some(ClientFailure { error, .. }) = failure.filter(|_| outcome.is_trusted()) else {
            return outcome;
        };
        let why = with_causes(&error);
        let is_unknown = matches!(error, NetError::NotRecorded { .. });
        let verdict = if is_unknown { Verdict::Undecided { why: why.clone() } } else { Verdict::Refused };
        Outcome { verdict, error: Some(why).filter(|_| !is_unknown), certificate: None, path: None }
    }
}
