//! The remedies that many rules share, with the exact command.

use super::{Evidence, Remedy, Who};
use crate::cert::Certificate;
use crate::path::{Rules, objections};

impl Remedy {
    /// For whoever runs the server.
    pub(super) fn server(text: impl Into<String>) -> Self {
        Self { who: Who::ServerOwner, text: text.into(), command: None }
    }

    /// For whoever may change how the client is started, or what it is told to connect to.
    pub(super) fn client(text: impl Into<String>) -> Self {
        Self { who: Who::ClientAdmin, text: text.into(), command: None }
    }

    /// For whoever may write the client's trust store.
    pub(super) fn store(text: impl Into<String>) -> Self {
        Self { who: Who::StoreAdmin, text: text.into(), command: None }
    }

    pub(super) fn with_command(mut self, words: &[&str]) -> Self {
        self.command = Some(words.iter().map(|word| (*word).to_owned()).collect());
        self
    }
}

/// Importing a presented certificate into the client's store. The fingerprint in the command is the server's own claim:
/// the text says to compare it first.
pub(super) fn import(evidence: &Evidence, certificate: &Certificate, what: &str) -> Remedy {
    let fingerprint = certificate.sha256();
    let text = format!(
        "compare this SHA-256 with one from the certificate's owner, got another way, then import {what}: {fingerprint}"
    );
    let objections = objections(certificate, evidence.now);
    let why: Vec<String> = objections.iter().map(ToString::to_string).collect();
    let remedy = Remedy::store(match why.as_slice() {
        [] => text,
        why => format!("{text}; it {}: put your reason in the place of WHY", why.join(" and ")),
    });
    let Some(target) = evidence.target.as_ref() else { return remedy };
    if !evidence.presented.contains(certificate) && evidence.where_found(certificate).is_none() {
        return remedy;
    }
    let is_key = |alias: &&str| evidence.store.keys.iter().any(|key| key == alias);
    let replaces = evidence.recommendation.replaces().filter(|alias| !is_key(alias));
    let mut words = vec!["trustmend", "import", target.source.as_str()];
    words.extend(target.flags.iter().map(String::as_str));
    let hex = fingerprint.hex();
    words.extend(["--store", place(evidence), "--fingerprint", hex.as_str()]);
    if let Some(alias) = replaces {
        words.extend(["--alias", alias, "--replace"]);
    }
    words.extend(objections.iter().flat_map(|objection| ["--allow", objection.allow.name()]));
    if !objections.is_empty() {
        words.extend(["--reason", "WHY"]);
    }
    let remedy = remedy.with_command(&words);
    if evidence.store.is_writable {
        return remedy;
    }
    let (read_only, new) = (&evidence.store.place, place(evidence));
    let text = format!(
        "{}; {read_only} is only read here, so this makes {new}, which the client has to be given",
        remedy.text
    );
    Remedy { text, ..remedy }
}

/// The store to import into: what shadows the one that was named is the one that is read, and what cannot be written needs
/// another one.
fn place(evidence: &Evidence) -> &str {
    let store = &evidence.store;
    match evidence.client {
        _ if store.is_writable => store.shadowed_by.as_ref().unwrap_or(&store.place),
        Rules::Java => "trust.jks",
        Rules::OpenSsl | Rules::Webpki => "trust.pem",
    }
}

/// Writing the chain that the server should send, where all of it is known.
pub(super) fn write_bundle(evidence: &Evidence, remedy: Remedy) -> Remedy {
    let Some(target) = &evidence.target else { return remedy };
    let mut words = vec!["trustmend", "diagnose", target.source.as_str()];
    words.extend(target.flags.iter().map(String::as_str));
    words.extend(target.judging.iter().map(String::as_str));
    words.extend(["--store", evidence.store.place.as_str(), "--write-bundle", "chain.pem"]);
    remedy.with_command(&words)
}
