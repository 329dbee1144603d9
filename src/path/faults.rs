//! Every fault of a chain, also those Java hides behind the first one: an expired leaf under an unknown root with the
//! wrong name has three.

use crate::cert::verify::Outcome;
use crate::cert::{AuthorityKeyId, Certificate, KeyAlgorithm, Name, signature_name};
use crate::digest::Fingerprint;
use crate::path::arrange::arrange;
use crate::path::candidate::{Candidate, is_same_authority};
use crate::path::effort::Effort;
use crate::path::java::{
    Branch, Judgement, Question, Reason, Rejection, SignatureFault, check_anchor, check_leaf, check_name,
    check_validity, hops, judge,
};
use crate::path::shape::{self, claims_key};
use crate::path::{Anchor, PeerName};

/// Most presented certificates looked at: no client goes through more, and [`arrange`] does not either.
pub(super) const MAX_PRESENTED: usize = 64;

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// The certificate it is about, where it is about one.
    pub certificate: Option<Fingerprint>,
    /// Whether the client would refuse for this alone, everything else mended.
    pub blocks: bool,
}

/// The kinds of faults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// What a check of Java's says of a certificate of the path, of its anchor, or of the name.
    Refused(Reason),
    /// What a client other than Java says, where none of these kinds fits.
    RefusedOtherwise {
        /// Its own words.
        words: String,
    },
    /// A signature this build cannot check.
    SignatureUnchecked {
        /// What is not known.
        what: String,
    },
    /// An issuer that the server should send and does not.
    IntermediateMissing {
        /// Its subject.
        name: Name,
        /// What is known of its key.
        key_id: Option<AuthorityKeyId>,
        /// Itself, where it was found elsewhere.
        found: Option<Certificate>,
    },
    /// The root at the end of the path is not in the store.
    RootUntrusted {
        /// Its subject.
        name: Name,
        /// What is known of its key.
        key_id: Option<AuthorityKeyId>,
        /// Itself, where it was sent or found elsewhere.
        root: Option<Certificate>,
    },
    /// The leaf vouches for itself and is not in the store.
    LeafSelfSigned,
    /// The store has an entry that was right once.
    AnchorStale {
        /// The entry.
        anchor: Anchor,
        /// What became of it.
        how: Stale,
    },
    /// The anchor's own time is over, or has not come; Java does not look.
    AnchorOutOfDate,
    /// Not sent in the order of issuing.
    OrderWrong {
        /// The order it should be.
        right: Vec<Certificate>,
    },
    /// Sent, and on no path from the leaf.
    Extra,
    /// Sent twice.
    Duplicate,
    /// A root was sent, which every client must have of its own.
    RootUnneeded,
    /// A leaf whose key no handshake of this client, another than Java, has a use for.
    KeyUnusable {
        /// The keys it takes.
        takes: &'static str,
    },
    /// A key weaker than today's rules for public authorities allow.
    KeyWeak,
    /// A signature over a broken hash.
    SignatureWeak {
        /// The algorithm by the JDK's name.
        algorithm: String,
    },
    /// Only the common name has the name asked for; other clients do not look there.
    NameCommonNameOnly,
    /// The name asked for is met by a wildcard that newer Java releases and other clients do not take.
    NameWildcard,
}

impl Fault {
    /// Whether this is the certificate that was found elsewhere, or is missing from the store.
    pub fn holds(&self, certificate: &Certificate) -> bool {
        match &self.kind {
            FaultKind::IntermediateMissing { found, .. } => found.as_ref() == Some(certificate),
            FaultKind::RootUntrusted { root, .. } => root.as_ref() == Some(certificate),
            _ => false,
        }
    }
}

/// How an entry of a store fell behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// An authority of that name has another key now.
    AuthorityRekeyed,
    /// The authority's certificate was renewed with the same key.
    AuthorityRenewed,
    /// The leaf that was imported has been replaced, with another key.
    LeafRekeyed,
    /// The leaf that was imported has been renewed with the same key.
    LeafRenewed,
}

/// Lists every fault. `extra` are certificates from elsewhere (folders, other stores, downloads) that may be the
/// missing ones.
pub fn faults(question: &Question<'_>, extra: &[Certificate]) -> Vec<Fault> {
    faults_of(question, &judge(question), extra)
}

/// The same for a question that was answered already.
pub fn faults_of(question: &Question<'_>, judgement: &Judgement, extra: &[Certificate]) -> Vec<Fault> {
    let Some(leaf) = question.chain.first() else {
        return vec![Fault { kind: FaultKind::Refused(Reason::ChainEmpty), certificate: None, blocks: true }];
    };
    let mut list = Vec::new();
    let maximum = question.settings.maximum_chain;
    if question.chain.len() > maximum {
        add(&mut list, FaultKind::Refused(Reason::ChainTooLong { maximum }), None, true);
    }
    if question.anchors.is_empty() {
        add(&mut list, FaultKind::Refused(Reason::StoreEmpty), None, true);
    }
    let chain = question.chain.get(..MAX_PRESENTED).unwrap_or(question.chain);
    let question = &Question { chain, ..*question };
    let arrangement = arrange(chain);
    let pinned = judgement.branch == Branch::Pinned;
    let held = judgement.path.as_deref().filter(|_| !pinned);
    let path = held
        .and_then(|path| Candidate::held(question, path))
        .unwrap_or_else(|| Candidate::of(question, &arrangement, extra));
    shape::of_arrangement(question.chain, &arrangement, &mut list);
    of_end(question, &path, pinned, &mut list);
    of_hops(question, &path, pinned, &mut list);
    of_bystanders(question, &path, &mut list);
    of_leaf(question, leaf, pinned, &mut list);
    of_judgement(judgement.rejection.as_ref(), &mut list);
    list
}

/// Presented certificates the path goes round, whose time is over: an old cross-certificate, mostly. A root is none of
/// them: nobody goes over one that is sent, and of the one in the store it is told elsewhere.
fn of_bystanders(question: &Question<'_>, path: &Candidate<'_>, list: &mut Vec<Fault>) {
    let beside =
        |certificate: &&Certificate| !path.below.contains(certificate) && !certificate.is_self_issued();
    for certificate in question.chain.iter().filter(beside) {
        if let Err(reason) = check_validity(question, certificate) {
            add(list, FaultKind::Refused(reason), Some(certificate), false);
        }
    }
}

/// What Java refused for, if nothing found so far is enough: key identifiers, serial numbers and forms that no other
/// check looks at, and an anchor out of date where Java looks at its time after all (see the builder).
fn of_judgement(rejection: Option<&Rejection>, list: &mut Vec<Fault>) {
    let Some(Rejection { reason, certificate }) = rejection else { return };
    if list.iter().any(|fault| fault.blocks) {
        return;
    }
    let dated = list.iter_mut().find(|fault| fault.kind == FaultKind::AnchorOutOfDate);
    match dated.filter(|_| *reason == Reason::NoPath) {
        Some(fault) => fault.blocks = true,
        None => {
            let kind = FaultKind::Refused(reason.clone());
            list.push(Fault { kind, certificate: *certificate, blocks: true });
        }
    }
}

pub(super) fn add(list: &mut Vec<Fault>, kind: FaultKind, certificate: Option<&Certificate>, blocks: bool) {
    let fault = Fault { kind, certificate: certificate.map(Certificate::sha256), blocks };
    if !list.contains(&fault) {
        list.push(fault);
    }
}

/// Where the path ends, and what the store has in that place.
fn of_end(question: &Question<'_>, path: &Candidate<'_>, pinned: bool, list: &mut Vec<Fault>) {
    if path.is_cut {
        return;
    }
    let renewed = !pinned && is_renewed_leaf(question, path);
    shape::stale_anchors(question, &path.below, pinned || path.anchor.is_some() && !renewed, list);
    if pinned {
        return;
    }
    if renewed {
        return shape::of_end(&path.below, true, list);
    }
    shape::of_found(&path.found, list);
    if let Some(anchor) = path.anchor {
        let certificate = &anchor.certificate;
        if !certificate.is_valid_at(question.now) {
            add(list, FaultKind::AnchorOutOfDate, Some(certificate), false);
        }
        if let Err(reason) = check_anchor(question, certificate) {
            add(list, FaultKind::Refused(reason), Some(certificate), true);
        }
        return;
    }
    let Some(top) = path.below.last() else { return };
    if !top.is_self_signed() && claims_a_key_that_is_there(question, top) {
        return add(list, FaultKind::Refused(Reason::Signature(SignatureFault::Mismatch)), Some(top), true);
    }
    shape::of_end(&path.below, top.is_self_signed(), list);
    shape::forget_superseded(list);
    if top.is_self_signed()
        && path.below.len() > 1
        && let Err(reason) = check_anchor(question, top)
    {
        add(list, FaultKind::Refused(reason), Some(top), true);
    }
}

/// Whether the path is a certificate that vouches for itself below an older one of the same key in the store, which may not
/// issue any: Java takes that one for an authority, and there is none.
fn is_renewed_leaf(question: &Question<'_>, path: &Candidate<'_>) -> bool {
    let (Some(anchor), [leaf]) = (path.anchor, path.below.as_slice()) else { return false };
    let anchor = &anchor.certificate;
    anchor != *leaf
        && !anchor.is_ca()
        && is_same_authority(anchor, leaf)
        && leaf.is_self_signed()
        && check_anchor(question, anchor).is_err()
}

/// Whether the issuer is there, by its name and the key that the certificate itself names, and did not sign it: the
/// certificate is damaged or forged, and no other one of its issuer's would help. (One that did sign it is there where
/// authorities vouch for each other in a circle.)
fn claims_a_key_that_is_there(question: &Question<'_>, certificate: &Certificate) -> bool {
    let anchors = question.anchors.iter().map(|anchor| &anchor.certificate);
    let is_claimed = |issuer: &&Certificate| *issuer != certificate && claims_key(certificate, issuer);
    let mut effort = Effort::new();
    let mut claimed = question.chain.iter().chain(anchors).filter(is_claimed).peekable();
    claimed.peek().is_some()
        && claimed.all(|issuer| effort.verify(certificate, issuer.public_key()) == Some(Outcome::Invalid))
}

/// Every certificate below the anchor, checked against the one above it.
fn of_hops(question: &Question<'_>, path: &Candidate<'_>, pinned: bool, list: &mut Vec<Fault>) {
    // A root that is only missing from the store counts as if it were there.
    let root = path.below.last().copied().filter(|top| path.below.len() > 1 && top.is_self_signed());
    let anchor = path.anchor.map(|anchor| &anchor.certificate).or(root);
    let below = path.below.strip_suffix(root.as_slice()).unwrap_or(&path.below);
    for hop in hops(question, below, anchor) {
        let certificate = below.get(hop.index).copied();
        for reason in hop.reasons {
            add(list, FaultKind::Refused(reason), certificate, !pinned);
        }
        if let Some(what) = hop.unchecked {
            add(list, FaultKind::SignatureUnchecked { what }, certificate, false);
        }
    }
    for certificate in &path.below {
        let algorithm = signature_name(&certificate.signature_algorithm().oid);
        let weak = ["MD2", "MD5", "SHA1"].iter().any(|hash| algorithm.starts_with(hash));
        if weak && !certificate.is_self_signed() {
            add(list, FaultKind::SignatureWeak { algorithm }, Some(certificate), false);
        }
        if has_weak_key(certificate) {
            add(list, FaultKind::KeyWeak, Some(certificate), false);
        }
    }
}

/// Below 112 bits of security (NIST SP 800-57 part 1, table 2): RSA and DSA under 2048, curves under 224.
fn has_weak_key(certificate: &Certificate) -> bool {
    let key = certificate.public_key();
    let minimum = match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa => 2048,
        KeyAlgorithm::Ec(_) => 224,
        _ => 0,
    };
    key.bits > 0 && key.bits < minimum
}

/// The leaf's use and name.
fn of_leaf(question: &Question<'_>, leaf: &Certificate, pinned: bool, list: &mut Vec<Fault>) {
    for reason in check_leaf(question, leaf) {
        add(list, FaultKind::Refused(reason), Some(leaf), !pinned);
    }
    let Some(name) = question.name else { return };
    let checked = check_name(question, leaf, name);
    if let Err(reason) = checked.java {
        add(list, FaultKind::Refused(reason), Some(leaf), true);
        return;
    }
    if matches!(name, PeerName::Dns(_)) && !checked.has_dns_name {
        add(list, FaultKind::NameCommonNameOnly, Some(leaf), false);
    } else if !checked.leftmost_label {
        add(list, FaultKind::NameWildcard, Some(leaf), false);
    }
}
