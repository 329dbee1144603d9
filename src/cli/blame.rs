//! A connection that would not come about: why, and who is to act.

use super::assess::{Assessment, Client};
use super::handshake::{self, code, with_causes};
use crate::finding::Failure;
use crate::net::legacy::Offer;
use crate::net::{Alert, ClientFailure, NetError, Observation, Options, Phase, Prefix, Protocol};
use crate::path::Rules;
use crate::path::java::Verdict;

impl Assessment {
    /// Says so where a server that has a suite in common with the client has no certificate for it.
    pub(super) fn blame_the_signatures(
        &mut self,
        observation: &Observation,
        offer: &Offer,
        error: &NetError,
    ) {
        let chosen = observation.protocol.zip(observation.cipher_suite);
        // Of a version that the client does not offer, the suites say nothing.
        let is_shared = chosen.is_some_and(|(version, suite)| {
            offer.accepts(version, suite) || !offer.versions.contains(&version)
        });
        let refused = matches!(
            error,
            NetError::Alert { alert: Alert::HANDSHAKE_FAILURE, .. }
                | NetError::Closed { phase: Phase::Handshake, .. }
        );
        let unasked = observation.unasked(offer).filter(|_| is_shared && refused);
        let (Some(unasked), Some(failure)) = (unasked, &mut self.evidence.failure) else { return };
        failure.code = "signature-schemes-none";
        failure.message = format!("{}: {unasked}, which this client does not ask for", failure.message);
    }

    /// Says so where the connection fails for the client's own option alone: the same JVM without the option that names its
    /// TLS versions gets on.
    pub(super) fn blame_the_option(
        &mut self,
        observation: &Observation,
        offer: &Offer,
        options: &Options,
        client: &Client<'_>,
    ) {
        let java = client.java;
        let usual = handshake::offer(&java.settings, None);
        if java.protocols.is_none()
            || !observation.tells(offer)
            || observation.meeting(&usual, options).failure.is_some()
        {
            return;
        }
        let Some(failure) = &mut self.evidence.failure else { return };
        let names = |protocols: &[Protocol]| {
            protocols.iter().map(|protocol| protocol.java_name()).collect::<Vec<_>>().join(", ")
        };
        let told = names(java.protocols.as_deref().unwrap_or_default());
        let chosen = observation.protocol.map(Protocol::java_name).unwrap_or("another version");
        failure.code = "protocol-client-restricted";
        failure.message = format!(
            "The client is told to offer {told} alone; without that option it would connect with {chosen} ({}).",
            failure.message
        );
    }

    /// Notes that the connection would not come about. What Java says of the chain comes first where it gets to see it.
    pub(super) fn fail(&mut self, failure: &ClientFailure, client: &Client<'_>) {
        let error = &failure.error;
        let message = with_causes(error);
        // Nobody knows what this client meets: no yes, and no other reason for a no than the chain's own.
        if let (NetError::NotRecorded { .. }, Some(judgement)) = (error, &mut self.evidence.judgement)
            && judgement.verdict == Verdict::Trusted
        {
            judgement.verdict = Verdict::Undecided { why: message.clone() };
        }
        self.evidence.failure = Some(Failure { code: code(error), message });
        if client.rules != Rules::Java {
            return;
        }
        if failure.before_chain || self.predicted.is_none() {
            let prefix = if client.java.settings.alert_prefix { Prefix::Alert } else { Prefix::None };
            self.predicted = error.java_text(prefix).map(|text| (text, Vec::new()));
        }
    }
}
