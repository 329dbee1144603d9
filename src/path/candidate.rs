//! The path a chain would take if everything were there: to tell what is missing, and to write what a server should send.

use crate::cert::verify::Outcome;
use crate::cert::{Certificate, Name};
use crate::path::Anchor;
use crate::path::arrange::{Arrangement, arrange};
use crate::path::effort::Effort;
use crate::path::java::{Question, same};

/// Longest path looked at: as long as the longest chain Java takes, and the anchor.
const MAX_PATH: usize = 11;

/// The best path there is: what was sent, then what was found, up to an anchor if one is met.
pub(super) struct Candidate<'a> {
    /// Leaf first, the anchor not included.
    pub(super) below: Vec<&'a Certificate>,
    pub(super) anchor: Option<&'a Anchor>,
    /// Those that were not sent.
    pub(super) found: Vec<&'a Certificate>,
    /// Whether there were more signatures to check than any path is worth: then how it goes on is not known.
    pub(super) is_cut: bool,
}

impl<'a> Candidate<'a> {
    /// The path Java takes, leaf to anchor.
    pub(super) fn held(question: &Question<'a>, path: &[Certificate]) -> Option<Self> {
        let (anchor, below) = path.split_last()?;
        let anchor = question.anchors.iter().find(|known| known.certificate == *anchor);
        let sent = |certificate| question.chain.iter().find(|known| *known == certificate);
        let below = below.iter().map(sent).collect::<Option<_>>()?;
        Some(Self { below, anchor, found: Vec::new(), is_cut: false })
    }

    pub(super) fn of(question: &Question<'a>, arrangement: &Arrangement, extra: &'a [Certificate]) -> Self {
        let mut effort = Effort::new();
        let mut path = Self { below: Vec::new(), anchor: None, found: Vec::new(), is_cut: false };
        path.climb(question, arrangement, extra, &mut effort);
        path.is_cut = path.anchor.is_none() && effort.is_spent();
        path
    }

    fn climb(
        &mut self,
        question: &Question<'a>,
        arrangement: &Arrangement,
        extra: &'a [Certificate],
        effort: &mut Effort,
    ) {
        for index in &arrangement.path {
            let Some(certificate) = question.chain.get(*index) else { break };
            self.anchor =
                question.anchors.iter().find(|anchor| is_same_authority(&anchor.certificate, certificate));
            if self.anchor.is_some() && !self.below.is_empty() {
                return;
            }
            self.below.push(certificate);
            self.anchor = issuing_anchor(question, certificate, effort);
            if self.anchor.is_some() {
                return;
            }
        }
        self.extend(question, extra, effort);
    }

    fn extend(&mut self, question: &Question<'a>, extra: &'a [Certificate], effort: &mut Effort) {
        while self.below.len() < MAX_PATH {
            let Some(top) = self.below.last().filter(|top| !top.is_self_signed()) else { return };
            let fresh = |issuer: &&Certificate| !self.below.contains(issuer);
            // One that has not expired, if there is a choice.
            let (valid, other): (Vec<&Certificate>, Vec<&Certificate>) =
                extra.iter().filter(fresh).partition(|issuer| issuer.is_valid_at(question.now));
            let next = valid.into_iter().chain(other).find(|issuer| has_issued(issuer, top, effort));
            let Some(next) = next else { return };
            self.below.push(next);
            self.found.push(next);
            self.anchor = issuing_anchor(question, next, effort);
            if self.anchor.is_some() {
                return;
            }
        }
    }
}

/// What a server should send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its own certificate, then every intermediate in order of issuing; no root.
    pub certificates: Vec<Certificate>,
    /// Whose certificate is missing at the end, if one is.
    pub missing: Option<Name>,
}

/// The chain a server should send, from what it sent, what the store holds, and what was found elsewhere (`extra`). `None`
/// without a certificate to begin with.
pub fn bundle(question: &Question<'_>, extra: &[Certificate]) -> Option<Bundle> {
    let arrangement = arrange(question.chain);
    let mut certificates: Vec<&Certificate> =
        arrangement.path.iter().filter_map(|index| question.chain.get(*index)).collect();
    let effort = &mut Effort::new();
    let anchors = question.anchors.iter().map(|anchor| &anchor.certificate);
    let known: Vec<&Certificate> = anchors.chain(extra).collect();
    while certificates.len() < MAX_PATH {
        let top = *certificates.last()?;
        if top.is_self_signed() {
            break;
        }
        let fresh = |issuer: &&&Certificate| !certificates.contains(*issuer);
        let (valid, other): (Vec<&Certificate>, Vec<&Certificate>) =
            known.iter().filter(fresh).partition(|issuer| issuer.is_valid_at(question.now));
        let Some(next) = valid.into_iter().chain(other).find(|issuer| has_issued(issuer, top, effort)) else {
            break;
        };
        certificates.push(next);
    }
    let top = *certificates.last()?;
    let missing = (!top.is_self_signed()).then(|| top.issuer().clone());
    if certificates.len() > 1 && top.is_self_signed() {
        certificates.pop();
    }
    Some(Bundle { certificates: certificates.into_iter().cloned().collect(), missing })
}

/// Whether two certificates stand for one authority: one name and key.
pub(super) fn is_same_authority(left: &Certificate, right: &Certificate) -> bool {
    left == right
        || left.public_key().spki == right.public_key().spki && same(left.subject(), right.subject())
}

/// The anchor that issued a certificate; those with the key identifier it asks for are tried first.
fn issuing_anchor<'a>(
    question: &Question<'a>,
    certificate: &Certificate,
    effort: &mut Effort,
) -> Option<&'a Anchor> {
    let wanted = certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
    let right_key = |anchor: &&Anchor| wanted.is_some() && anchor.certificate.subject_key_id() == wanted;
    let first = question.anchors.iter().filter(right_key);
    let rest = question.anchors.iter().filter(|anchor| !right_key(anchor));
    first.chain(rest).find(|anchor| has_issued(&anchor.certificate, certificate, effort))
}

/// Whether the signature holds, or cannot be checked; not once the effort is spent.
fn has_issued(issuer: &Certificate, certificate: &Certificate, effort: &mut Effort) -> bool {
    let mut outcome = || effort.verify(certificate, issuer.public_key());
    issuer != certificate
        && same(issuer.subject(), certificate.issuer())
        && outcome().is_some_and(|outcome| outcome != Outcome::Invalid)
}
