//! Gathering the evidence on one server or chain: ask it, judge it, look for every fault.

use std::sync::Arc;

use time::OffsetDateTime;

use super::assemble::ClientStore;
use super::client::JavaClient;
use crate::cert::Certificate;
use crate::finding::{Clocks, Evidence, Failure, StoreFacts, Target};
use crate::net::legacy::Offer;
use crate::net::{
    CipherSuite, ClientFailure, Endpoint, Host, NetError, Observation, Options, PeerJudge, Prefix, Protocol,
    Scheme, observe,
};
use crate::path::java::{Judgement, KeyExchange, Predicted, Question, Settings, Verdict, judge};
use crate::path::{Anchor, PeerName, Recommendation, arrange, faults, is_pinned, recommend};
use crate::store::place;

/// What is known of a server, and what the client makes of it.
pub(crate) struct Assessment {
    pub(crate) evidence: Evidence,
    pub(crate) observation: Option<Observation>,
    /// What Java prints: the exception and its causes.
    pub(crate) predicted: Option<(String, Vec<String>)>,
}

/// What the client trusts and by whose rules, with certificates that may fill gaps.
pub(crate) struct Client<'a> {
    pub(crate) java: &'a JavaClient,
    pub(crate) store: &'a ClientStore,
    /// Certificates the user gave besides.
    pub(crate) extra: &'a [Certificate],
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
    let target =
        Target { source: source(endpoint), authority: endpoint.authority(), resolve: resolve.to_vec() };
    let mut seen = match observe(endpoint, options) {
        Ok(observation) => {
            let leaf = observation.chain.first().map(|presented| &presented.certificate);
            if let Some(Err(error)) = leaf {
                let message = format!("the server's own certificate cannot be read: {error}");
                let mut seen = judged(&[], Some(name), Handshake::default(), client, now);
                seen.evidence.failure = Some(Failure { code: "certificate-unreadable", message });
                seen.evidence.target = Some(target);
                seen.observation = Some(observation);
                return seen;
            }
            let chain = observation.certificates();
            let mut seen = judged(&chain, Some(name), Handshake::of(&observation), client, now);
            let offer = Offer::java(&client.java.settings.tls_disabled, client.java.protocols.as_deref());
            if let Some(failure) = observation.failure_of(&offer, options) {
                seen.fail(&failure, client);
            }
            // Both clocks are read at the same time, whatever time the verdict is for.
            seen.evidence.clocks =
                observation.server_time.map(|server| Clocks { server, ours: super::now() });
            seen.observation = Some(observation);
            seen
        }
        Err(error) => {
            let mut seen = judged(&[], Some(name), Handshake::default(), client, now);
            seen.fail(&ClientFailure { error, before_chain: true }, client);
            seen
        }
    };
    seen.evidence.target = Some(target);
    seen
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

/// What Java with other settings makes of the same.
pub(crate) fn by_settings(seen: &Assessment, java: &JavaClient, settings: &Settings) -> Judgement {
    let evidence = &seen.evidence;
    let anchors: &[Anchor] = if evidence.store.stops_java() { &[] } else { &evidence.store.anchors };
    let handshake = seen.observation.as_ref().map_or_else(Handshake::default, Handshake::of);
    let (chain, name) = (&evidence.presented, evidence.name.as_ref());
    let question = question(chain, anchors, name, handshake, java, evidence.now);
    judge(&Question { settings, blocked: &[], ..question })
}

/// What of the handshake the verdict hangs on.
#[derive(Debug, Clone, Copy)]
struct Handshake {
    key_exchange: KeyExchange,
    tls13: bool,
}

impl Default for Handshake {
    fn default() -> Self {
        Self { key_exchange: KeyExchange::Signature, tls13: true }
    }
}

impl Handshake {
    fn of(observation: &Observation) -> Self {
        let by_rsa = observation.cipher_suite.and_then(CipherSuite::key_exchange) == Some("RSA");
        Self {
            key_exchange: if by_rsa { KeyExchange::KeyEncipherment } else { KeyExchange::Signature },
            tls13: observation.protocol.is_none_or(|protocol| protocol == Protocol::Tls13),
        }
    }
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
        (crate::net::Sni::Name(name), _) => PeerName::Dns(name.clone()),
        (_, Host::Ip(address)) => PeerName::Ip(*address),
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
        tls13: handshake.tls13,
        blocked: &java.blocked,
        jdk_authorities: &java.jdk_authorities,
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
    let judgement = (!presented.is_empty()).then(|| judge(&question));
    let is_trusted = judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::Trusted);
    let extra = if is_trusted { Vec::new() } else { candidates(client) };
    let faults = if presented.is_empty() { Vec::new() } else { faults(&question, &extra) };
    let predicted = judgement.as_ref().and_then(|judgement| judgement.predicted.clone());
    let recommendation = match &name {
        Some(PeerName::Dns(host)) if !is_trusted && is_pinned(host) => Recommendation::Nothing {
            why: format!("agents pin the keys of {host}: exempt it from TLS inspection, no import helps"),
        },
        _ => recommend(presented, &faults, is_trusted),
    };
    let evidence = Evidence {
        target: None,
        name,
        presented: presented.to_vec(),
        arrangement,
        judgement,
        faults,
        recommendation,
        store: client.store.facts.clone(),
        members: Vec::new(),
        clocks: None,
        failure: None,
        now,
    };
    let predicted = if facts.stops_java() { Some(Predicted::store_unreadable()) } else { predicted };
    let predicted = predicted.map(|text| (text.exception, text.causes));
    Assessment { evidence, observation: None, predicted }
}

/// Where a missing issuer may be found: what the user gave, then the public roots.
fn candidates(client: &Client<'_>) -> Vec<Certificate> {
    let roots = place::mozilla();
    let roots = roots.entries.into_iter().flat_map(|entry| entry.certificates);
    client.extra.iter().cloned().chain(roots).collect()
}

impl Assessment {
    /// Notes that the connection would not come about. What Java says of the chain comes first where it gets to see it.
    fn fail(&mut self, failure: &ClientFailure, client: &Client<'_>) {
        let error = &failure.error;
        let code = match error.code() {
            "handshake-closed" => "handshake-failed",
            code => code,
        };
        self.evidence.failure = Some(Failure { code, message: with_causes(error) });
        if failure.before_chain || self.predicted.is_none() {
            let prefix = if client.java.settings.alert_prefix { Prefix::Alert } else { Prefix::None };
            self.predicted = error.java_text(prefix).map(|text| (text, Vec::new()));
        }
    }
}

fn with_causes(error: &NetError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
