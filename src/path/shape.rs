//! What is wrong with the shape of a chain, whoever judges it: the order, strangers, where it ends, stale entries.

use super::arrange::{Arrangement, Role, arrange};
use super::candidate::is_same_authority;
use super::faults::{Fault, FaultKind, Stale, add};
use super::java::{Question, same};
use crate::cert::{Certificate, Name};

/// Most stale entries listed: a store with more of one name is no less stale.
const MAX_STALE: usize = 16;

/// Order, strangers, duplicates, the root sent along: none of it stops Java.
pub(super) fn of_arrangement(chain: &[Certificate], arrangement: &Arrangement, list: &mut Vec<Fault>) {
    let at = |index: &usize| chain.get(*index);
    let leaf_is_ca = chain.first().is_some_and(Certificate::is_ca) && chain.len() > 1;
    let other_leaf = chain.iter().skip(1).position(|c| leaf_is_ca && !c.is_ca()).map(|index| index + 1);
    if let Some(leaf) = other_leaf {
        let behind: Vec<Certificate> = chain.get(leaf..).unwrap_or_default().to_vec();
        let before = chain.get(..leaf).unwrap_or_default().to_vec();
        let sent: Vec<Certificate> = [behind, before].concat();
        let right = arrange(&sent).path.iter().filter_map(|index| sent.get(*index).cloned()).collect();
        add(list, FaultKind::OrderWrong { right }, chain.get(leaf), true);
        return;
    }
    if !arrangement.in_order {
        let right = arrangement.path.iter().filter_map(at).cloned().collect();
        add(list, FaultKind::OrderWrong { right }, None, false);
    }
    for (certificate, role) in chain.iter().zip(&arrangement.roles) {
        match role {
            Role::Stranger => add(list, FaultKind::Extra, Some(certificate), false),
            Role::Duplicate(_) => add(list, FaultKind::Duplicate, Some(certificate), false),
            Role::Root => add(list, FaultKind::RootUnneeded, Some(certificate), false),
            Role::Leaf | Role::Intermediate => {}
        }
    }
}

/// What was found elsewhere and is no root is missing from what the server sends.
pub(super) fn of_found(found: &[&Certificate], list: &mut Vec<Fault>) {
    for certificate in found.iter().filter(|certificate| !certificate.is_self_issued()) {
        let (name, key_id) = (certificate.subject().clone(), None);
        let found = Some((*certificate).clone());
        add(list, FaultKind::IntermediateMissing { name, key_id, found }, Some(certificate), true);
    }
}

/// Where a path without an anchor ends: at a root that is not in the store, or at an issuer that is nowhere.
pub(super) fn of_end(below: &[&Certificate], is_root: bool, list: &mut Vec<Fault>) {
    let Some(top) = below.last() else { return };
    let kind = if is_root && below.len() == 1 {
        FaultKind::LeafSelfSigned
    } else if is_root {
        FaultKind::RootUntrusted { name: top.subject().clone(), key_id: None, root: Some((*top).clone()) }
    } else {
        let (name, key_id) = (top.issuer().clone(), top.authority_key_id().cloned());
        match below.len() {
            1 => FaultKind::IntermediateMissing { name, key_id, found: None },
            _ => FaultKind::RootUntrusted { name, key_id, root: None },
        }
    };
    add(list, kind, Some(top), true);
}

/// Whether a certificate names this issuer and its key's identifier.
pub(super) fn claims_key(certificate: &Certificate, issuer: &Certificate) -> bool {
    let wanted = certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
    wanted.is_some() && issuer.subject_key_id() == wanted && same(issuer.subject(), certificate.issuer())
}

/// Entries with a name of the path that are not the certificate of the path any more.
pub(super) fn stale_anchors(
    question: &Question<'_>,
    below: &[&Certificate],
    trusted: bool,
    list: &mut Vec<Fault>,
) {
    let (Some(leaf), Some(top)) = (below.first(), below.last()) else { return };
    let mut listed = 0;
    for anchor in question.anchors {
        if listed == MAX_STALE {
            return;
        }
        let certificate = &anchor.certificate;
        let same_key = |other: &Certificate| certificate.public_key().spki == other.public_key().spki;
        let of_leaf = same(certificate.subject(), leaf.subject());
        // What is sent as it is in the store is nothing that fell behind.
        let how = if question.chain.contains(certificate) {
            continue;
        } else if of_leaf && !certificate.is_ca() {
            if same_key(leaf) { Stale::LeafRenewed } else { Stale::LeafRekeyed }
        } else if let Some(root) =
            question.chain.iter().find(|c| **c != *certificate && is_same_authority(c, certificate))
        {
            if !root.is_self_issued() || !certificate.is_self_issued() {
                continue;
            }
            Stale::AuthorityRenewed
        } else if !trusted
            && !claims_key(top, certificate)
            && (same(certificate.subject(), top.issuer()) || same(certificate.subject(), top.subject()))
        {
            Stale::AuthorityRekeyed
        } else {
            continue;
        };
        let kind = FaultKind::AnchorStale { anchor: anchor.clone(), how };
        add(list, kind, Some(certificate), !trusted);
        listed += 1;
    }
    forget_superseded(list);
}

/// Where the store has the issuer's older root, the issuer is a root: the server has nothing to send.
pub(super) fn forget_superseded(list: &mut Vec<Fault>) {
    let is_old = |fault: &Fault, issuer: &Name| match &fault.kind {
        FaultKind::AnchorStale { anchor, how: Stale::AuthorityRekeyed } => {
            let old = &anchor.certificate;
            fault.blocks && old.is_self_issued() && same(old.subject(), issuer)
        }
        _ => false,
    };
    let is_superseded = |fault: &Fault| match &fault.kind {
        FaultKind::IntermediateMissing { name, found: None, .. } => list.iter().any(|old| is_old(old, name)),
        _ => false,
    };
    if let Some(index) = list.iter().position(is_superseded) {
        list.remove(index);
    }
}
