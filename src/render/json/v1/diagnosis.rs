//! `inspect` and `diagnose` in JSON.

use serde::Serialize;

use super::{Certificate, time};
use crate::cert::OcspStatus;
use crate::finding;
use crate::net::{ClientAuthRequest, Observation};

/// Result of `diagnose`: one member per target.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    /// The time the verdicts are for.
    pub at: String,
    /// The targets, in the order given.
    pub targets: Vec<Observed>,
}

/// Result of `inspect`.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The sources, in the order given.
    pub targets: Vec<Observed>,
}

/// One source, and for `diagnose` the verdict on it.
#[derive(Debug, Default, Serialize)]
pub struct Observed {
    /// As given.
    pub target: String,
    /// The host; `null` for a file.
    pub host: Option<String>,
    /// The port; `null` for a file.
    pub port: Option<u16>,
    /// The address connected to.
    pub address: Option<String>,
    /// The name sent as SNI.
    pub server_name: Option<String>,
    /// `trusted`, `untrusted`, `undecided` or `unreachable`; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// The client judged for, such as `java-17`; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The answer of each client; absent unless another than Java was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<Vec<Client>>,
    /// The client's store; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreRef>,
    /// Such as `TLSv1.3`.
    pub protocol: Option<String>,
    /// Such as `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: Option<String>,
    /// The key exchange group, such as `X25519`.
    pub group: Option<String>,
    /// The application protocol chosen (ALPN).
    pub application_protocol: Option<String>,
    /// The stapled OCSP response.
    pub stapled_ocsp: Option<StapledOcsp>,
    /// The time by the server's clock, if it was asked.
    pub server_time: Option<String>,
    /// Whether the server asked for a client certificate.
    pub client_certificate_requested: bool,
    /// Whether it goes on without one; `null` where that did not show.
    pub client_certificate_required: Option<bool>,
    /// The names of the authorities it accepts; empty means any.
    pub client_certificate_authorities: Vec<String>,
    /// What the server presented, or the file holds, in order.
    pub presented: Vec<Certificate>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
    /// SHA-256 fingerprints from the leaf to the trust anchor; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Option<Vec<String>>>,
    /// The first line of the exception the client prints; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_error: Option<Option<String>>,
    /// The `Caused by` lines behind it; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_causes: Option<Vec<String>>,
    /// What is wrong; absent in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Finding>>,
    /// Why there is no chain, in `inspect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<super::Error>,
}

/// What a stapled OCSP response says. Its signature is not checked.
#[derive(Debug, Serialize)]
pub struct StapledOcsp {
    /// `good`, `revoked`, `unknown`, `unsuccessful` or `unreadable`.
    pub status: &'static str,
    /// Since when that is known.
    pub this_update: Option<String>,
    /// When newer is to be had.
    pub next_update: Option<String>,
}

impl Observed {
    /// The facts of a session.
    pub fn with_session(mut self, seen: &Observation) -> Self {
        self.group.clone_from(&seen.group);
        self.application_protocol.clone_from(&seen.alpn);
        self.stapled_ocsp = seen.stapled_ocsp.as_deref().map(StapledOcsp::read);
        self.server_time = seen.server_time.map(time);
        self.client_certificate_requested = seen.client_auth.is_some();
        self.client_certificate_required = seen.client_auth.as_ref().and_then(|request| request.required);
        let names = seen.client_auth.as_ref().map(ClientAuthRequest::names).unwrap_or_default();
        self.client_certificate_authorities = names.iter().map(ToString::to_string).collect();
        self
    }
}

impl StapledOcsp {
    fn read(der: &[u8]) -> Self {
        let Ok(status) = OcspStatus::from_der(der) else {
            return Self { status: "unreadable", this_update: None, next_update: None };
        };
        Self {
            status: status.answer.name(),
            this_update: status.this_update.map(time),
            next_update: status.next_update.map(time),
        }
    }
}

/// One client's answer, in a table of several.
#[derive(Debug, Serialize)]
pub struct Client {
    /// Such as `java-17.0.21`, `openssl-3` or `webpki`.
    pub client: String,
    /// `trusted`, `untrusted` or `undecided`.
    pub verdict: &'static str,
    /// What it prints, or why nothing was decided; `null` where it goes on.
    pub error: Option<String>,
    /// SHA-256 fingerprints from the leaf to the trust anchor, where it goes on and tells.
    pub path: Option<Vec<String>>,
}

/// A store, shortly.
#[derive(Debug, Clone, Serialize)]
pub struct StoreRef {
    /// As a command takes it.
    pub place: String,
    /// The format's name; `null` if it could not be read.
    pub format: Option<String>,
    /// How many certificates Java trusts in it.
    pub anchors: usize,
}

/// One finding.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The rule's code.
    pub code: &'static str,
    severity: &'static str,
    certificate: Option<String>,
    title: String,
    detail: String,
    remedies: Vec<Remedy>,
}

/// What mends it.
#[derive(Debug, Serialize)]
pub struct Remedy {
    who: &'static str,
    text: String,
    command: Option<Vec<String>>,
}

impl From<&finding::Finding> for Finding {
    fn from(finding: &finding::Finding) -> Self {
        Self {
            code: finding.code,
            severity: finding.severity.name(),
            certificate: finding.certificate.map(|fingerprint| fingerprint.hex()),
            title: finding.title.clone(),
            detail: finding.detail.clone(),
            remedies: finding.remedies.iter().map(Remedy::from).collect(),
        }
    }
}

impl From<&finding::Remedy> for Remedy {
    fn from(remedy: &finding::Remedy) -> Self {
        Self { who: remedy.who.name(), text: remedy.text.clone(), command: remedy.command.clone() }
    }
}

impl Diagnosis {
    /// Verdicts for the time `at`.
    pub fn new(at: ::time::OffsetDateTime, targets: Vec<Observed>) -> Self {
        Self { at: time(at), targets }
    }
}
