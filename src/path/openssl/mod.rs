//! What a client built on OpenSSL 3 decides and prints: `X509_verify_cert` with the defaults of a TLS client.
//!
//! The defaults: purpose `sslserver`, trusted certificates first, no partial chains (an anchor must be self-signed), not
//! strict (`X509_V_FLAG_X509_STRICT` off), no revocation, host names with flags 0, security level 2. The level is the
//! library's own from 3.2 on and that of the distributions' 3.0 (Debian, Ubuntu and Red Hat build with
//! `OPENSSL_TLS_SECURITY_LEVEL=2`); nothing is read from any `openssl.cnf`.
//!
//! Steps and their order are those of `crypto/x509/x509_vfy.c`; a client stops at the first that fails.

mod checks;
mod constraints;
mod error;
mod every;
mod forms;
mod host;
mod node;

use time::OffsetDateTime;

pub use error::VerifyError;
pub use every::faults;

use super::effort::Effort;
use super::java::Verdict;
use super::outcome::Outcome;
use super::{Anchor, PeerName};
use crate::cert::verify::Outcome as Signature;
use crate::cert::{Certificate, KeyAlgorithm, signature_name};
use node::{Forms, Node, may_sign};

/// `X509_VERIFY_PARAM`'s depth of a TLS client: certificates between leaf and anchor.
const MAX_DEPTH: usize = 100;

/// Most certificates of a peer looked at: OpenSSL refuses messages of more than 100 KiB long before.
const MAX_PRESENTED: usize = 1000;

/// What is said here where OpenSSL cannot decode a certificate: each program has words of its own for it.
const UNREADABLE: &str = "a certificate holds what OpenSSL cannot decode";

/// Why verification ended.
#[derive(Debug)]
enum Stop {
    /// With this error, at this place of the path.
    Error(VerifyError, usize),
    /// Without an answer.
    Undecided(String),
}

/// A path under construction.
struct Path<'a> {
    nodes: Vec<&'a Node<'a>>,
    /// How many of them come from the peer.
    untrusted: usize,
}

/// Decides as OpenSSL would.
pub fn judge(
    chain: &[Certificate],
    anchors: &[Anchor],
    name: Option<&PeerName>,
    now: OffsetDateTime,
) -> Outcome {
    if let Some(unread) = chain.iter().take(MAX_PRESENTED).find(|one| !forms::is_readable(one)) {
        return Outcome::refused(UNREADABLE.to_owned(), Some(unread));
    }
    let forms = &mut Forms::default();
    let presented: Vec<Node<'_>> =
        chain.iter().take(MAX_PRESENTED).map(|certificate| Node::new(certificate, forms)).collect();
    let trusted = anchors.iter().map(|anchor| &anchor.certificate).filter(|one| forms::is_readable(one));
    let trusted: Vec<Node<'_>> = trusted.map(|certificate| Node::new(certificate, forms)).collect();
    let Some(leaf) = presented.first() else {
        return Outcome::refused("peer did not return a certificate".to_owned(), None);
    };
    let mut path = Path { nodes: vec![leaf], untrusted: 1 };
    match verify(&mut path, &presented, &trusted, name, now) {
        Ok(()) => Outcome::trusted(Some(path.nodes.iter().map(|node| node.certificate.clone()).collect())),
        Err(Stop::Undecided(why)) => Outcome::undecided(why),
        Err(Stop::Error(error, depth)) => {
            let (code, text) = (error.code(), error.text());
            Outcome {
                verdict: Verdict::Refused,
                error: Some(format!("error {code} at {depth} depth lookup: {text}")),
                certificate: path.nodes.get(depth).map(|node| node.certificate.sha256()),
                path: None,
            }
        }
    }
}

/// `x509_verify_x509` and `verify_chain`.
fn verify<'a>(
    path: &mut Path<'a>,
    presented: &'a [Node<'a>],
    trusted: &'a [Node<'a>],
    name: Option<&PeerName>,
    now: OffsetDateTime,
) -> Result<(), Stop> {
    let fails = |error| Stop::Error(error, 0);
    let leaf = *path.nodes.first().ok_or_else(|| Stop::Undecided("no certificate".to_owned()))?;
    if !checks::key_is_strong(leaf.certificate.public_key()) {
        return Err(fails(VerifyError::LeafKeyTooSmall));
    }
    build(path, presented, trusted, now)?;
    checks::extensions(&path.nodes)?;
    checks::security_level(&path.nodes)?;
    match name {
        Some(PeerName::Dns(host)) if !host::has_host(leaf.certificate, host) => {
            return Err(fails(VerifyError::HostnameMismatch));
        }
        Some(PeerName::Ip(address) | PeerName::Written { address, .. })
            if !host::has_address(leaf.certificate, *address) =>
        {
            return Err(fails(VerifyError::IpMismatch));
        }
        _ => {}
    }
    signatures(&path.nodes, now)?;
    constraints::check(&path.nodes)
}

/// `build_chain`: greedy, without turning back. Trusted issuers first; once one is taken, only those.
fn build<'a>(
    path: &mut Path<'a>,
    presented: &'a [Node<'a>],
    trusted: &'a [Node<'a>],
    now: OffsetDateTime,
) -> Result<(), Stop> {
    let mut untrusted_too = true;
    while let Some(current) = path.nodes.last().copied() {
        let too_long = path.nodes.len() > MAX_DEPTH + 1;
        let issuer = if too_long { None } else { best_issuer(trusted, current, now, |_| true) };
        // A self-signed certificate of the peer must be the anchor itself: a mimic of the name is none.
        let issuer =
            issuer.filter(|issuer| !current.self_signed || issuer.certificate == current.certificate);
        if let Some(issuer) = issuer {
            if current.self_signed {
                path.nodes.pop();
                path.untrusted = path.untrusted.min(path.nodes.len());
            }
            path.nodes.push(issuer);
            if issuer.self_signed {
                return Ok(());
            }
            untrusted_too = false;
            continue;
        }
        if !untrusted_too || too_long || current.self_signed {
            break;
        }
        let fresh = |candidate: &Node<'_>| {
            current.self_issued && path.nodes.len() == 1
                || path.nodes.iter().all(|node| node.certificate != candidate.certificate)
        };
        // Each of the peer's certificates is taken once.
        let unused = |candidate: &Node<'_>| path.nodes.iter().skip(1).all(|node| !node.is(candidate));
        let next = best_issuer(presented, current, now, |candidate| fresh(candidate) && unused(candidate));
        let Some(next) = next else { break };
        path.nodes.push(next);
        path.untrusted += 1;
    }
    let depth = path.nodes.len().saturating_sub(1);
    let self_signed = path.nodes.last().is_some_and(|node| node.self_signed);
    let error = match (self_signed, depth) {
        _ if depth > MAX_DEPTH => VerifyError::ChainTooLong,
        (true, 0) => VerifyError::SelfSignedLeaf,
        (true, _) => VerifyError::SelfSignedInChain,
        (false, _) if path.untrusted < path.nodes.len() => VerifyError::IssuerMissing,
        (false, _) => VerifyError::LocalIssuerMissing,
    };
    Err(Stop::Error(error, depth))
}

/// `get0_best_issuer_sk`: the first that is valid now, else the one that ends last.
fn best_issuer<'a>(
    nodes: &'a [Node<'a>],
    subject: &Node<'_>,
    now: OffsetDateTime,
    allowed: impl Fn(&Node<'_>) -> bool,
) -> Option<&'a Node<'a>> {
    let mut best: Option<&Node<'_>> = None;
    for candidate in nodes.iter().filter(|node| node.likely_issued(subject) && allowed(node)) {
        if candidate.certificate.is_valid_at(now) {
            return Some(candidate);
        }
        if best.is_none_or(|best| candidate.certificate.not_after() > best.certificate.not_after()) {
            best = Some(candidate);
        }
    }
    best
}

/// `internal_verify`: from the anchor down, signature before time. The anchor's own signature is not looked at.
fn signatures(path: &[&Node<'_>], now: OffsetDateTime) -> Result<(), Stop> {
    let mut effort = Effort::new();
    let mut issuer: Option<&Node<'_>> = None;
    for (depth, node) in path.iter().enumerate().rev() {
        if let Some(issuer) = issuer {
            if !may_sign(issuer.certificate) {
                return Err(Stop::Error(VerifyError::KeyUsageNoCertSign, depth + 1));
            }
            match effort.verify(node.certificate, issuer.certificate.public_key()) {
                Some(Signature::Valid)
                    if is_by_other_scheme(node.certificate, issuer.certificate)
                        || forms::lacks_null(node.certificate, issuer.certificate.public_key()) =>
                {
                    return Err(Stop::Error(VerifyError::SignatureFailure, depth));
                }
                Some(Signature::Valid) => {}
                Some(Signature::Invalid) => return Err(Stop::Error(VerifyError::SignatureFailure, depth)),
                Some(Signature::Unsupported { what }) => {
                    return Err(Stop::Undecided(format!("{what} cannot be checked with this build")));
                }
                None => return Err(Stop::Undecided("gave up: too many signatures to check".to_owned())),
            }
        }
        if now < node.certificate.not_before() {
            return Err(Stop::Error(VerifyError::NotYetValid, depth));
        }
        if now > node.certificate.not_after() {
            return Err(Stop::Error(VerifyError::Expired, depth));
        }
        issuer = Some(node);
    }
    Ok(())
}

/// A key that is for RSASSA-PSS alone makes no other signature (Java does not mind).
fn is_by_other_scheme(certificate: &Certificate, issuer: &Certificate) -> bool {
    issuer.public_key().algorithm == KeyAlgorithm::RsaPss
        && signature_name(&certificate.signature_algorithm().oid) != "RSASSA-PSS"
}
