//! The same checks without stopping at the first that fails: for a list of every fault.

use super::Question;
use super::checks::{self, Depth, State};
use super::end_entity;
use super::host::{self, Wildcards};
use super::rejection::Reason;
use crate::cert::{Certificate, GeneralName};
use crate::path::PeerName;
use crate::path::effort::Effort;

/// What is wrong with one certificate of a path.
pub(in crate::path) struct Hop {
    /// Its place, the leaf's being 0.
    pub(in crate::path) index: usize,
    pub(in crate::path) reasons: Vec<Reason>,
    /// A signature that could not be checked.
    pub(in crate::path) unchecked: Option<String>,
}

/// Checks every certificate of `below` (leaf first) against the one above. Without an anchor the topmost one stands in
/// for it if it is self-signed; otherwise its signature and its place are left open.
pub(in crate::path) fn hops(
    question: &Question<'_>,
    below: &[&Certificate],
    anchor: Option<&Certificate>,
) -> Vec<Hop> {
    let Some(top) = anchor.or_else(|| below.last().copied()) else { return Vec::new() };
    let mut state = State::new(question, top, below.len(), Depth::Whole);
    let mut effort = Effort::new();
    let mut hops = Vec::new();
    for (index, certificate) in below.iter().enumerate().rev() {
        let open = anchor.is_none() && index + 1 == below.len();
        let (reasons, unchecked) =
            state.every(certificate, !open || certificate.is_self_issued(), &mut effort);
        hops.push(Hop { index, reasons, unchecked });
    }
    hops.reverse();
    hops
}

/// What the leaf may not be used for, one reason per extension.
pub(in crate::path) fn check_leaf(question: &Question<'_>, leaf: &Certificate) -> Vec<Reason> {
    end_entity::leaf_faults(leaf, question.key_exchange)
}

/// Whether it is its time.
pub(in crate::path) fn check_validity(
    question: &Question<'_>,
    certificate: &Certificate,
) -> Result<(), Reason> {
    checks::check_validity(certificate, question)
}

/// Whether Java takes it for an anchor.
pub(in crate::path) fn check_anchor(question: &Question<'_>, anchor: &Certificate) -> Result<(), Reason> {
    end_entity::check_anchor(anchor, question.settings)
}

/// How a name was met.
pub(in crate::path) struct Named {
    pub(in crate::path) java: Result<(), Reason>,
    /// Whether the leaf has DNS names at all.
    pub(in crate::path) has_dns_name: bool,
    /// Whether it is met with wildcards in the leftmost label alone.
    pub(in crate::path) leftmost_label: bool,
}

/// Checks the name by the runtime's rules and by the strict ones.
pub(in crate::path) fn check_name(question: &Question<'_>, leaf: &Certificate, name: &PeerName) -> Named {
    let wildcards = |any_label| Wildcards { any_label, public_ca: false };
    let names = leaf.subject_alt_names().unwrap_or_default();
    let feature = question.settings.version.feature;
    Named {
        java: host::check(leaf, name, wildcards(question.settings.wildcard_any_label), feature),
        has_dns_name: names.iter().any(|name| matches!(name, GeneralName::Dns(_))),
        leftmost_label: host::check(leaf, name, wildcards(false), feature).is_ok(),
    }
}
