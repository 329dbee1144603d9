//! Everything rustls objects to in a chain. Its verifier stops at the first objection: what it would say next shows when it
//! is asked again with that one mended.

use rustls::pki_types::CertificateDer;
use rustls::{CertificateError as Error, RootCertStore};
use time::OffsetDateTime;

use super::{Refused, decide, named, path, roots, unsupported};
use crate::cert::{Certificate, signature_name};
use crate::path::arrange::arrange;
use crate::path::candidate::Candidate;
use crate::path::faults::{Fault, FaultKind, MAX_PRESENTED, add};
use crate::path::java::{Question, Reason, SignatureFault};
use crate::path::{PeerName, shape};

/// Lists every fault, as [`crate::path::faults()`] does for Java. `extra` are certificates from elsewhere.
pub fn faults(question: &Question<'_>, extra: &[Certificate]) -> Vec<Fault> {
    let chain = question.chain.get(..MAX_PRESENTED).unwrap_or(question.chain);
    let question = &Question { chain, ..*question };
    let roots = roots(question.anchors);
    let decided = decide(chain, &roots, question.name, question.now);
    let mut list = Vec::new();
    let Some(leaf) = chain.first() else {
        add(&mut list, FaultKind::Refused(Reason::ChainEmpty), None, true);
        return list;
    };
    let arrangement = arrange(chain);
    shape::of_arrangement(chain, &arrangement, &mut list);
    list.iter_mut().for_each(|fault| fault.blocks &= decided.is_err());
    if let Err(why) = path(chain, &roots, question.now) {
        let candidate = Candidate::of(question, &arrangement, extra);
        of_path(question, &roots, &candidate, &why, &mut list);
    }
    if let Some(Err(why)) = question.name.map(|name| named(leaf, name)) {
        of_name(question, leaf, &why, &mut list);
    }
    if let Err(why) = decided
        && !list.iter().any(|fault| fault.blocks)
    {
        list.push(Fault { kind: otherwise(&why), certificate: None, blocks: true });
    }
    list
}

/// What is missing, what is out of date, and what is said when neither is the matter any more.
fn of_path(
    question: &Question<'_>,
    roots: &RootCertStore,
    candidate: &Candidate<'_>,
    why: &Refused,
    list: &mut Vec<Fault>,
) {
    let below = &candidate.below;
    let root = below.last().copied().filter(|top| candidate.anchor.is_none() && top.is_self_signed());
    if matches!(why, Refused::Rustls(rustls::Error::InvalidCertificate(Error::BadSignature))) {
        let kind = FaultKind::Refused(Reason::Signature(SignatureFault::Mismatch));
        add(list, kind, below.last().copied(), true);
    }
    let within = below.strip_suffix(root.as_slice()).filter(|rest| !rest.is_empty()).unwrap_or(below);
    let then = shared_time(within, question.now);
    // Time is looked at first: who asks at a better one hears of what is missing.
    let at_that_time = then.and_then(|then| path(question.chain, roots, then).err());
    let is_missing = is_about_issuers(why) || at_that_time.as_ref().is_some_and(is_about_issuers);
    if is_missing && !candidate.is_cut {
        shape::of_found(&candidate.found, list);
        if candidate.anchor.is_none() {
            shape::of_end(below, root.is_some(), list);
        }
        shape::stale_anchors(question, below, candidate.anchor.is_some(), list);
    }
    for certificate in within {
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        let reason = match (question.now < not_before, question.now > not_after) {
            (true, _) => Reason::NotYetValid { not_before },
            (_, true) => Reason::Expired { not_after },
            _ => continue,
        };
        add(list, FaultKind::Refused(reason), Some(certificate), true);
    }
    let chain: Vec<Certificate> = within.iter().map(|one| (*one).clone()).collect();
    let mut roots = roots.clone();
    roots.add_parsable_certificates(root.map(|root| CertificateDer::from(root.der())));
    let Some(then) = then else { return };
    if let Err(Refused::Rustls(rustls::Error::InvalidCertificate(error))) = path(&chain, &roots, then) {
        let certificate = question.chain.first();
        match error {
            Error::UnknownIssuer | Error::Expired | Error::ExpiredContext { .. } => {}
            Error::NotValidYet | Error::NotValidYetContext { .. } | Error::BadSignature => {}
            Error::InvalidPurpose | Error::InvalidPurposeContext { .. } => {
                let wrong = within.iter().copied().find(|certificate| is_not_for_servers(certificate));
                let kind = FaultKind::Refused(Reason::LeafExtendedKeyUsage);
                add(list, kind, wrong.or(certificate), true);
            }
            error => {
                let error = rustls::Error::InvalidCertificate(error);
                let algorithm = unsupported(&error);
                let is_signed_so =
                    |one: &&Certificate| Some(signature_name(&one.signature_algorithm().oid)) == algorithm;
                let signed = within.iter().copied().find(is_signed_so);
                let kind = match algorithm {
                    Some(algorithm) if ["MD", "SHA1"].iter().any(|hash| algorithm.starts_with(hash)) => {
                        FaultKind::SignatureWeak { algorithm }
                    }
                    _ => otherwise(&Refused::Rustls(error)),
                };
                add(list, kind, signed, true);
            }
        }
    }
}

/// Whether nobody who is trusted vouches for the chain.
fn is_about_issuers(why: &Refused) -> bool {
    let unknown =
        |error: &rustls::Error| matches!(error, rustls::Error::InvalidCertificate(Error::UnknownIssuer));
    match why {
        Refused::NoRoots => true,
        Refused::Rustls(error) => unknown(error),
        Refused::NoName { .. } => false,
    }
}

/// The latest time at which all of them are valid, not after `now` if there is one.
fn shared_time(path: &[&Certificate], now: OffsetDateTime) -> Option<OffsetDateTime> {
    let from = path.iter().map(|certificate| certificate.not_before()).max()?;
    let to = path.iter().map(|certificate| certificate.not_after()).min()?;
    (from <= to).then(|| now.clamp(from, to))
}

/// rustls does not say of whom it speaks.
fn is_not_for_servers(certificate: &Certificate) -> bool {
    let purposes = certificate.extended_key_usage();
    purposes.is_some_and(|purposes| !purposes.contains(&crate::cert::purpose::SERVER_AUTH))
}

fn of_name(question: &Question<'_>, leaf: &Certificate, why: &Refused, list: &mut Vec<Fault>) {
    let name = question.name.map(ToString::to_string).unwrap_or_default();
    let kind = match (why, question.name) {
        (Refused::Rustls(rustls::Error::InvalidCertificate(error)), Some(asked)) if is_mismatch(error) => {
            FaultKind::Refused(match asked {
                PeerName::Dns(_) => Reason::HostDnsMismatch { name },
                PeerName::Ip(_) | PeerName::Written { .. } => Reason::HostIpMismatch { name },
            })
        }
        _ => otherwise(why),
    };
    // What cannot be read at all was said before.
    if !list.iter().any(|fault| fault.kind == kind) {
        add(list, kind, Some(leaf), true);
    }
}

fn is_mismatch(error: &Error) -> bool {
    matches!(error, Error::NotValidForName | Error::NotValidForNameContext { .. })
}

fn otherwise(words: &impl ToString) -> FaultKind {
    FaultKind::RefusedOtherwise { words: words.to_string() }
}
