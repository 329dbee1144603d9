//! Whether a client other than Java has a use for the leaf's key: to verify a chain nobody needs it, but the handshake ends
//! where it should sign.

use rustls::pki_types::SignatureVerificationAlgorithm;

use super::faults::{Fault, FaultKind, add};
use super::java::Question;
use super::{Outcome, Rules, openssl, webpki};
use crate::cert::{Certificate, KeyAlgorithm, PublicKey, curve_name};
use crate::der::{Reader, tag};

/// What another client than Java makes of a chain that a server presents: of the chain itself, and of the leaf's key.
pub fn judge_of(rules: Rules, question: &Question<'_>) -> Outcome {
    let (chain, anchors, name, now) = (question.chain, question.anchors, question.name, question.now);
    let outcome = match rules {
        Rules::OpenSsl => openssl::judge(chain, anchors, name, now),
        Rules::Webpki | Rules::Java => webpki::judge(chain, anchors, name, now),
    };
    let Some((leaf, refusal)) = chain.first().and_then(|leaf| Some((leaf, refusal(rules, leaf)?))) else {
        return outcome;
    };
    // A server that has no signature to offer says so before it shows its chain.
    if refusal == Refusal::Kind || outcome.is_trusted() {
        return Outcome::refused(refusal.text(rules).to_owned(), Some(leaf));
    }
    outcome
}

/// Every fault that another client than Java finds, that of the leaf's key among them.
pub fn faults_by(rules: Rules, question: &Question<'_>, extra: &[Certificate]) -> Vec<Fault> {
    let mut list = match rules {
        Rules::OpenSsl => openssl::faults(question, extra),
        Rules::Webpki | Rules::Java => webpki::faults(question, extra),
    };
    let Some(leaf) = question.chain.first() else { return list };
    let kind = match refusal(rules, leaf) {
        Some(Refusal::Size) => FaultKind::KeyWeak,
        Some(Refusal::Kind) => FaultKind::KeyUnusable { takes: takes(rules) },
        None => return list,
    };
    add(&mut list, kind, Some(leaf), true);
    list
}

/// Why a key is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// No signature scheme the client offers is made with such a key.
    Kind,
    /// The scheme is offered, and the signature of a key of this size refused.
    Size,
}

impl Refusal {
    /// What the client prints.
    fn text(self, rules: Rules) -> &'static str {
        match (self, rules) {
            (Self::Size, _) => "invalid peer certificate: BadSignature",
            // `ERR_error_string`'s form of the alert that the server sends, in the words of 3.0.
            (Self::Kind, Rules::OpenSsl) => "error:0A000410:SSL routines::sslv3 alert handshake failure",
            (Self::Kind, _) => "received fatal alert: HandshakeFailure",
        }
    }
}

fn takes(rules: Rules) -> &'static str {
    match rules {
        Rules::OpenSsl => "RSA, EC on P-256, P-384 or P-521, Ed25519, Ed448",
        Rules::Webpki | Rules::Java => "RSA of 2048 to 8192 bits, EC on P-256 or P-384, Ed25519",
    }
}

fn refusal(rules: Rules, leaf: &Certificate) -> Option<Refusal> {
    let key = leaf.public_key();
    match rules {
        Rules::OpenSsl => (!is_for_openssl(key)).then_some(Refusal::Kind),
        Rules::Webpki => of_ring(key),
        Rules::Java => None,
    }
}

/// The default cipher suites have none with DSS, and the default groups, which up to TLS 1.2 are the curves of certificates
/// too (RFC 8422 section 5.1.1), are these (`ssl/t1_lib.c`). Which sizes are too small is a matter of the chain.
fn is_for_openssl(key: &PublicKey) -> bool {
    match key.algorithm {
        KeyAlgorithm::Ec(Some(curve)) => ["P-256", "P-384", "P-521"].contains(&curve_name(&curve).as_str()),
        KeyAlgorithm::Dsa => false,
        // Explicit parameters are refused by a name of their own.
        _ => true,
    }
}

/// The kinds of keys are those of the provider's own table; it holds RSA keys from 2048 bits
/// (`ring::signature::RSA_PKCS1_2048_8192_SHA256` and its like), which the table does not tell.
fn of_ring(key: &PublicKey) -> Option<Refusal> {
    let provider = rustls::crypto::ring::default_provider();
    let known = provider.signature_verification_algorithms.mapping;
    let mut known = known.iter().flat_map(|(_, algorithms)| algorithms.iter());
    let is_of = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        Some(algorithm.public_key_alg_id().as_ref()) == identifier(key).as_deref()
    };
    if !known.any(is_of) {
        return Some(Refusal::Kind);
    }
    let is_rsa = key.algorithm == KeyAlgorithm::Rsa;
    (is_rsa && !(2048..=8192).contains(&key.bits)).then_some(Refusal::Size)
}

/// What stands inside the key's AlgorithmIdentifier.
fn identifier(key: &PublicKey) -> Option<Vec<u8>> {
    let mut fields = Reader::new(&key.spki).required(tag::SEQUENCE, "a public key").ok()?.children();
    Some(fields.required(tag::SEQUENCE, "a key's algorithm").ok()?.content().to_vec())
}
