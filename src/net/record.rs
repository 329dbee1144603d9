//! An observation as a file, for somebody who cannot reach the server: what was seen, and what each Java would have met.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::legacy::Offer;
use super::observe::{ClientAuthRequest, Means, Observation, Presented};
use super::{Alert, CipherSuite, Endpoint, NetError, Options, Phase, Protocol};
use crate::cert::verify::Outcome;

/// The `schema` member of the document.
pub const SCHEMA: &str = "trustmend/v1/observation";

/// What a server answers to one offer: the version and suite it chooses, or how it refuses.
pub type Choice = (Offer, Result<(Protocol, CipherSuite), NetError>);

/// An observation, when it was made, and the name that was asked for in place of the host's.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What was seen; [`Observation::meeting`] asks nobody any more.
    pub observation: Observation,
    /// When.
    pub at: OffsetDateTime,
    /// The name given for SNI, if one was given.
    pub server_name: Option<String>,
}

/// Asks the server once more where what a client meets does not show in the observation: the answers for each offer.
pub fn choices(observation: &Observation, options: &Options, offers: &[Offer]) -> Vec<Choice> {
    let is_open = |offer: &&Offer| !observation.shows(offer);
    let mut choices: Vec<Choice> = Vec::new();
    for offer in offers.iter().filter(is_open) {
        if !choices.iter().any(|(known, _)| known == offer) {
            choices.push((
                offer.clone(),
                observation.choice(options, offer).map(|chosen| (chosen.version, chosen.suite)),
            ));
        }
    }
    choices
}

/// The document: JSON, one object.
///
/// # Errors
/// What cannot be written, which is a bug.
pub fn write(recorded: &Recorded) -> Result<String, String> {
    let text = serde_json::to_string_pretty(&Document::of(recorded)).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

/// Whether octets look like such a document.
pub fn sniff(octets: &[u8]) -> bool {
    let start = octets.get(..octets.len().min(512)).unwrap_or_default();
    let text = String::from_utf8_lossy(start);
    text.trim_start().starts_with('{') && text.contains(SCHEMA)
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it, for people.
pub fn read(octets: &[u8]) -> Result<Recorded, String> {
    let document: Document = serde_json::from_slice(octets).map_err(|error| error.to_string())?;
    document.recorded()
}

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    recorded_at: String,
    endpoint: String,
    server_name: Option<String>,
    means: String,
    address: String,
    sni: Option<String>,
    protocol: Option<u16>,
    cipher_suite: Option<u16>,
    group: Option<String>,
    alpn: Option<String>,
    chain: Vec<String>,
    stapled_ocsp: Option<String>,
    client_auth: Option<Request>,
    handshake_signature: Option<String>,
    #[serde(default)]
    signature_scheme: Option<u16>,
    server_time: Option<String>,
    failure: Option<Trouble>,
    choices: Vec<Answer>,
}

#[derive(Serialize, Deserialize)]
struct Request {
    authorities: Vec<String>,
    required: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    versions: Vec<u16>,
    suites: Vec<u16>,
    groups: Vec<u16>,
    #[serde(default)]
    schemes: Vec<u16>,
    #[serde(default)]
    certificate_schemes: Option<Vec<u16>>,
    lists_versions: bool,
    chosen: Option<(u16, u16)>,
    failure: Option<Trouble>,
}

/// The errors that can stand beside a chain. Any other is kept by its words.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Trouble {
    Alert { alert: u8, client_certificate_missing: bool },
    ProtocolTooOld { version: u16, offered: Vec<u16> },
    Closed { during: String, reset: bool },
    TimedOut { during: String, after_milliseconds: u64 },
    TooLarge { limit: usize },
    Protocol { what: String },
}

const PHASES: [(Phase, &str); 6] = [
    (Phase::Resolve, "resolve"),
    (Phase::Connect, "connect"),
    (Phase::Proxy, "proxy"),
    (Phase::StartTls, "starttls"),
    (Phase::Handshake, "handshake"),
    (Phase::Exchange, "exchange"),
];

impl Trouble {
    fn of(error: &NetError) -> Self {
        let name = |phase: &Phase| {
            let known = PHASES.iter().find(|(known, _)| known == phase);
            known.map(|(_, name)| (*name).to_owned()).unwrap_or_default()
        };
        match error {
            NetError::Alert { alert, client_certificate_missing, .. } => {
                Self::Alert { alert: alert.0, client_certificate_missing: *client_certificate_missing }
            }
            NetError::ProtocolTooOld { version, offered, .. } => {
                let offered = offered.iter().map(|version| version.wire()).collect();
                Self::ProtocolTooOld { version: version.wire(), offered }
            }
            NetError::Closed { phase, reset, .. } => Self::Closed { during: name(phase), reset: *reset },
            NetError::TimedOut { phase, after, .. } => {
                let after_milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                Self::TimedOut { during: name(phase), after_milliseconds }
            }
            NetError::TooLarge { limit, .. } => Self::TooLarge { limit: *limit },
            NetError::Protocol { what, .. } => Self::Protocol { what: what.clone() },
            other => Self::Protocol { what: other.to_string() },
        }
    }

    fn error(&self, peer: &str) -> Result<NetError, String> {
        let peer = peer.to_owned();
        let phase = |during: &str| {
            let known = PHASES.iter().find(|(_, name)| *name == during).map(|(phase, _)| *phase);
            known.ok_or_else(|| format!("{during:?} is no phase of a connection"))
        };
        Ok(match self {
            Self::Alert { alert, client_certificate_missing } => NetError::Alert {
                peer,
                alert: Alert(*alert),
                client_certificate_missing: *client_certificate_missing,
            },
            Self::ProtocolTooOld { version, offered } => NetError::ProtocolTooOld {
                peer,
                version: protocol(*version)?,
                offered: offered.iter().map(|version| protocol(*version)).collect::<Result<_, _>>()?,
            },
            Self::Closed { during, reset } => NetError::Closed { peer, phase: phase(during)?, reset: *reset },
            Self::TimedOut { during, after_milliseconds } => {
                let after = Duration::from_millis(*after_milliseconds);
                NetError::TimedOut { peer, phase: phase(during)?, after }
            }
            Self::TooLarge { limit } => NetError::TooLarge { peer, limit: *limit },
            Self::Protocol { what } => NetError::Protocol { peer, what: what.clone() },
        })
    }
}

fn protocol(wire: u16) -> Result<Protocol, String> {
    Protocol::from_wire(wire).ok_or_else(|| format!("{wire:#06x} is no TLS version"))
}

fn octets(text: &String) -> Result<Vec<u8>, String> {
    BASE64.decode(text).map_err(|error| format!("not base64: {error}"))
}

fn date(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| format!("{text:?} is not a time"))
}

fn text(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

impl Document {
    fn of(recorded: &Recorded) -> Self {
        let Recorded { observation: seen, at, server_name } = recorded;
        let signature = |outcome: &Outcome| match outcome {
            Outcome::Valid => "valid".to_owned(),
            Outcome::Invalid => "invalid".to_owned(),
            Outcome::Unsupported { what } => format!("unsupported: {what}"),
        };
        let request = |request: &ClientAuthRequest| Request {
            authorities: request.authorities.iter().map(|name| BASE64.encode(name)).collect(),
            required: request.required,
        };
        Self {
            schema: SCHEMA.to_owned(),
            recorded_at: text(*at),
            endpoint: match seen.endpoint.to_string() {
                plain if plain.contains("://") => plain,
                plain => format!("tls://{plain}"),
            },
            server_name: server_name.clone(),
            means: if seen.means == Means::Handshake { "handshake" } else { "first-flight" }.to_owned(),
            address: seen.address.to_string(),
            sni: seen.sni.clone(),
            protocol: seen.protocol.map(Protocol::wire),
            cipher_suite: seen.cipher_suite.map(|suite| suite.0),
            group: seen.group.clone(),
            alpn: seen.alpn.clone(),
            chain: seen.chain.iter().map(|presented| BASE64.encode(&presented.der)).collect(),
            stapled_ocsp: seen.stapled_ocsp.as_ref().map(|response| BASE64.encode(response)),
            client_auth: seen.client_auth.as_ref().map(request),
            handshake_signature: seen.handshake_signature.as_ref().map(signature),
            signature_scheme: seen.signature_scheme,
            server_time: seen.server_time.map(text),
            failure: seen.failure.as_ref().map(Trouble::of),
            choices: seen.choices.iter().flatten().map(Answer::of).collect(),
        }
    }

    fn recorded(&self) -> Result<Recorded, String> {
        if self.schema != SCHEMA {
            return Err(format!("its schema is {:?}, not {SCHEMA}", self.schema));
        }
        let endpoint = Endpoint::parse(&self.endpoint).map_err(|error| error.to_string())?;
        let peer = endpoint.authority();
        let chain =
            self.chain.iter().map(|der| octets(der).map(Presented::read)).collect::<Result<Vec<_>, _>>()?;
        if chain.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        let request = |request: &Request| {
            let authorities = request.authorities.iter().map(octets).collect::<Result<_, _>>()?;
            Ok::<_, String>(ClientAuthRequest { authorities, required: request.required })
        };
        let signature = |text: &String| match text.as_str() {
            "valid" => Outcome::Valid,
            "invalid" => Outcome::Invalid,
            other => Outcome::Unsupported { what: other.trim_start_matches("unsupported: ").to_owned() },
        };
        let observation = Observation {
            means: if self.means == "handshake" { Means::Handshake } else { Means::FirstFlight },
            address: self.address.parse().map_err(|_| format!("{:?} is not an address", self.address))?,
            sni: self.sni.clone(),
            protocol: self.protocol.map(protocol).transpose()?,
            cipher_suite: self.cipher_suite.map(CipherSuite),
            group: self.group.clone(),
            alpn: self.alpn.clone(),
            chain,
            stapled_ocsp: self.stapled_ocsp.as_ref().map(octets).transpose()?,
            client_auth: self.client_auth.as_ref().map(request).transpose()?,
            handshake_signature: self.handshake_signature.as_ref().map(signature),
            signature_scheme: self.signature_scheme,
            server_time: self.server_time.as_deref().map(date).transpose()?,
            failure: self.failure.as_ref().map(|failure| failure.error(&peer)).transpose()?,
            choices: Some(self.choices.iter().map(|answer| answer.choice(&peer)).collect::<Result<_, _>>()?),
            endpoint,
        };
        Ok(Recorded { observation, at: date(&self.recorded_at)?, server_name: self.server_name.clone() })
    }
}

impl Answer {
    fn of((offer, outcome): &Choice) -> Self {
        Self {
            versions: offer.versions.iter().map(|version| version.wire()).collect(),
            suites: offer.suites.iter().map(|suite| suite.0).collect(),
            groups: offer.groups.clone(),
            schemes: offer.schemes.clone(),
            certificate_schemes: offer.certificate_schemes.clone(),
            lists_versions: offer.lists_versions,
            chosen: outcome.as_ref().ok().map(|(version, suite)| (version.wire(), suite.0)),
            failure: outcome.as_ref().err().map(Trouble::of),
        }
    }

    fn choice(&self, peer: &str) -> Result<Choice, String> {
        let offer = Offer {
            versions: self.versions.iter().map(|version| protocol(*version)).collect::<Result<_, _>>()?,
            suites: self.suites.iter().copied().map(CipherSuite).collect(),
            groups: self.groups.clone(),
            schemes: self.schemes.clone(),
            certificate_schemes: self.certificate_schemes.clone(),
            lists_versions: self.lists_versions,
        };
        let outcome = match (&self.failure, self.chosen) {
            (Some(failure), _) => Err(failure.error(peer)?),
            (None, Some((version, suite))) => Ok((protocol(version)?, CipherSuite(suite))),
            (None, None) => return Err("a choice has neither a result nor a failure".to_owned()),
        };
        Ok((offer, outcome))
    }
}
