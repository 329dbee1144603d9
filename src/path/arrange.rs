//! Which of the presented certificates issued which: the tree people see, whatever anyone trusts.

use crate::cert::verify::Outcome;
use crate::cert::{AuthorityKeyId, Certificate, Name};
use crate::path::effort::Effort;
use crate::path::java::same;

/// Most certificates looked at; a peer that sends more is not arranged further.
const MAX_CERTIFICATES: usize = 64;

/// Who issued a presented certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// Itself: its own key made the signature.
    Itself,
    /// The presented certificate at this index.
    Presented(usize),
    /// None of those presented.
    Absent,
}

/// What a presented certificate is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The first.
    Leaf,
    /// On the way from the leaf up.
    Intermediate,
    /// The self-signed end of that way.
    Root,
    /// The same as the one at this index.
    Duplicate(usize),
    /// Not on that way.
    Stranger,
}

/// The certificate that would have to come next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its subject.
    pub name: Name,
    /// What the last certificate says about its key.
    pub key_id: Option<AuthorityKeyId>,
    /// The index of the last certificate.
    pub below: usize,
}

/// The presented chain, put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// Who issued each, by index.
    pub issuers: Vec<Issuer>,
    /// What each is there for, by index.
    pub roles: Vec<Role>,
    /// From the leaf up, by index: what the server should have sent, the root included if it was sent.
    pub path: Vec<usize>,
    /// Whether the certificates on the path were sent in that order.
    pub in_order: bool,
    /// Whom to look for next; `None` when the path ends in a root.
    pub missing: Option<Missing>,
}

impl Arrangement {
    /// Whether the path ends in a self-signed certificate that was sent along.
    pub fn root_sent(&self) -> bool {
        self.path.len() > 1 && self.missing.is_none()
    }
}

/// Arranges a chain as presented, leaf first.
pub fn arrange(chain: &[Certificate]) -> Arrangement {
    let chain = chain.get(..MAX_CERTIFICATES).unwrap_or(chain);
    let mut effort = Effort::new();
    let issuers: Vec<Issuer> = (0..chain.len()).map(|index| issuer(chain, index, &mut effort)).collect();
    let path = path(&issuers);
    let roles = (0..chain.len()).map(|index| role(chain, &issuers, &path, index)).collect();
    let missing = path.last().and_then(|last| missing(chain, &issuers, *last));
    let in_order = path.is_sorted();
    Arrangement { issuers, roles, path, in_order, missing }
}

/// The issuer by name and signature. Where no candidate's signature holds, one that this build cannot check will do;
/// of several the one with the right key identifier, then the next one sent.
fn issuer(chain: &[Certificate], index: usize, effort: &mut Effort) -> Issuer {
    let Some(certificate) = chain.get(index) else { return Issuer::Absent };
    let mut own = || effort.verify(certificate, certificate.public_key());
    if certificate.is_self_issued() && own() == Some(Outcome::Valid) {
        return Issuer::Itself;
    }
    let mut candidates: Vec<(bool, usize, usize)> = Vec::new();
    for (other, candidate) in chain.iter().enumerate() {
        if other != index && candidate != certificate && same(candidate.subject(), certificate.issuer()) {
            let behind = (other + chain.len() - index) % chain.len();
            candidates.push((!has_wanted_key(candidate, certificate), behind, other));
        }
    }
    candidates.sort_unstable();
    let mut unsure = None;
    for (.., other) in candidates {
        match chain.get(other).and_then(|candidate| effort.verify(certificate, candidate.public_key())) {
            Some(Outcome::Valid) => return Issuer::Presented(other),
            Some(Outcome::Unsupported { .. }) => unsure = unsure.or(Some(other)),
            _ => {}
        }
    }
    unsure.map_or(Issuer::Absent, Issuer::Presented)
}

/// Whether the candidate's key identifier is the one the certificate asks for; also when it asks for none.
fn has_wanted_key(candidate: &Certificate, certificate: &Certificate) -> bool {
    let wanted = certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
    wanted.is_none() || candidate.subject_key_id() == wanted
}

/// From the first certificate up; a cycle of cross-signed authorities ends where it closes.
fn path(issuers: &[Issuer]) -> Vec<usize> {
    let mut path = Vec::new();
    let mut next = (!issuers.is_empty()).then_some(0);
    while let Some(index) = next.filter(|index| !path.contains(index)) {
        path.push(index);
        next = match issuers.get(index) {
            Some(Issuer::Presented(above)) => Some(*above),
            _ => None,
        };
    }
    path
}

fn role(chain: &[Certificate], issuers: &[Issuer], path: &[usize], index: usize) -> Role {
    let earlier = chain.iter().take(index).position(|other| chain.get(index) == Some(other));
    if index == 0 {
        Role::Leaf
    } else if path.contains(&index) {
        if issuers.get(index) == Some(&Issuer::Itself) { Role::Root } else { Role::Intermediate }
    } else if let Some(earlier) = earlier {
        Role::Duplicate(earlier)
    } else {
        // A copy sent before the one the path goes over is that one's duplicate too.
        let later = path.iter().find(|on_path| chain.get(**on_path) == chain.get(index));
        later.map_or(Role::Stranger, |later| Role::Duplicate(*later))
    }
}

fn missing(chain: &[Certificate], issuers: &[Issuer], last: usize) -> Option<Missing> {
    if issuers.get(last) != Some(&Issuer::Absent) {
        return None;
    }
    let certificate = chain.get(last)?;
    Some(Missing {
        name: certificate.issuer().clone(),
        key_id: certificate.authority_key_id().cloned(),
        below: last,
    })
}
