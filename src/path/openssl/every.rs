//! Everything OpenSSL objects to in a chain, not only what it stops at: what a verify callback sees that always goes on.

use super::error::VerifyError;
use super::node::{Forms, Node, may_sign};
use super::{Path, Stop, build, checks, constraints, forms, host, judge};
use crate::cert::Certificate;
use crate::cert::verify::Outcome as Signature;
use crate::path::arrange::arrange;
use crate::path::effort::Effort;
use crate::path::faults::{Fault, FaultKind, MAX_PRESENTED, add};
use crate::path::java::{Question, Reason, SignatureFault, Verdict};
use crate::path::{PeerName, shape};

/// Lists every fault, as [`crate::path::faults()`] does for Java. `extra` are certificates from elsewhere.
pub fn faults(question: &Question<'_>, extra: &[Certificate]) -> Vec<Fault> {
    let chain = question.chain.get(..MAX_PRESENTED).unwrap_or(question.chain);
    let question = &Question { chain, ..*question };
    let outcome = judge(chain, question.anchors, question.name, question.now);
    let (mut list, refused) = (Vec::new(), outcome.verdict == Verdict::Refused);
    if chain.is_empty() {
        add(&mut list, FaultKind::Refused(Reason::ChainEmpty), None, true);
        return list;
    }
    shape::of_arrangement(chain, &arrange(chain), &mut list);
    if refused {
        of_path(question, extra, &mut list);
    } else {
        // A wrong order is nothing that OpenSSL minds.
        list.iter_mut().for_each(|fault| fault.blocks = false);
    }
    let by_common_name = matches!(question.name, Some(PeerName::Dns(_)));
    let leaf = chain.first().filter(|leaf| by_common_name && !host::has_dns_name(leaf));
    if let Some(leaf) = leaf.filter(|_| !list.iter().any(is_about_the_name)) {
        add(&mut list, FaultKind::NameCommonNameOnly, Some(leaf), false);
    }
    if refused && !list.iter().any(|fault| fault.blocks) {
        let (words, certificate) = (outcome.error.unwrap_or_default(), outcome.certificate);
        list.push(Fault { kind: FaultKind::RefusedOtherwise { words }, certificate, blocks: true });
    }
    list
}

fn is_about_the_name(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Refused(Reason::HostDnsMismatch { .. }))
}

/// The path that there would be if the server sent, and the store trusted, all that is known.
fn of_path(question: &Question<'_>, extra: &[Certificate], list: &mut Vec<Fault>) {
    let anchors = question.anchors.iter().map(|anchor| &anchor.certificate);
    let known = question.chain.iter().chain(extra);
    let forms = &mut Forms::default();
    let presented: Vec<Node<'_>> = known.clone().map(|certificate| Node::new(certificate, forms)).collect();
    let mut trusted: Vec<Node<'_>> = anchors.map(|certificate| Node::new(certificate, forms)).collect();
    let roots = known.filter(|certificate| certificate.is_self_issued());
    trusted.extend(roots.map(|root| Node::new(root, forms)).filter(|node| node.self_signed));
    let Some(leaf) = presented.first() else { return };
    let mut path = Path { nodes: vec![leaf], untrusted: 1 };
    let built = build(&mut path, &presented, &trusted, question.now);
    let nodes = path.nodes;
    of_ends(question, &nodes, built.as_ref().err(), list);
    for (error, depth) in objections(question, &nodes) {
        let certificate = nodes.get(depth).map(|node| node.certificate);
        add(list, kind(question, error, depth, &nodes), certificate, true);
    }
}

/// What is missing: from what was sent, and from the store.
fn of_ends(question: &Question<'_>, nodes: &[&Node<'_>], stop: Option<&Stop>, list: &mut Vec<Fault>) {
    if let Some(Stop::Error(VerifyError::ChainTooLong, _)) = stop {
        return add(list, FaultKind::Refused(Reason::ChainTooLong { maximum: super::MAX_DEPTH }), None, true);
    }
    let is_trusted = |certificate: &Certificate| question.is_anchor(certificate);
    let path: Vec<&Certificate> = nodes.iter().map(|node| node.certificate).collect();
    let is_new =
        |certificate: &&Certificate| !question.chain.contains(certificate) && !is_trusted(certificate);
    let found: Vec<&Certificate> = path.iter().copied().filter(is_new).collect();
    shape::of_found(&found, list);
    let Some((top, node)) = path.last().zip(nodes.last()) else { return };
    let ends = stop.is_none() && is_trusted(top);
    if !ends {
        shape::of_end(&path, node.self_signed, list);
    }
    shape::stale_anchors(question, &path, ends, list);
}

/// What a check says of each certificate, and of the name.
fn objections(question: &Question<'_>, path: &[&Node<'_>]) -> Vec<(VerifyError, usize)> {
    let mut list = Vec::new();
    let Some(leaf) = path.first().map(|node| node.certificate) else { return list };
    if !checks::key_is_strong(leaf.public_key()) {
        list.push((VerifyError::LeafKeyTooSmall, 0));
    }
    let mut effort = Effort::new();
    for (depth, node) in path.iter().enumerate() {
        list.extend(checks::extensions_at(path, depth).err().map(|error| (error, depth)));
        list.extend(checks::weaknesses_at(path, depth).into_iter().map(|error| (error, depth)));
        if let Some(issuer) = path.get(depth + 1) {
            if !may_sign(issuer.certificate) {
                list.push((VerifyError::KeyUsageNoCertSign, depth + 1));
            }
            let checked = effort.verify(node.certificate, issuer.certificate.public_key());
            let without_null = || forms::lacks_null(node.certificate, issuer.certificate.public_key());
            if checked == Some(Signature::Invalid) || checked == Some(Signature::Valid) && without_null() {
                list.push((VerifyError::SignatureFailure, depth));
            }
        }
        if question.now < node.certificate.not_before() {
            list.push((VerifyError::NotYetValid, depth));
        } else if question.now > node.certificate.not_after() {
            list.push((VerifyError::Expired, depth));
        }
    }
    match question.name {
        Some(PeerName::Dns(name)) if !host::has_host(leaf, name) => {
            list.push((VerifyError::HostnameMismatch, 0));
        }
        Some(PeerName::Ip(address) | PeerName::Written { address, .. })
            if !host::has_address(leaf, *address) =>
        {
            list.push((VerifyError::IpMismatch, 0));
        }
        _ => {}
    }
    if let Err(Stop::Error(error, depth)) = constraints::check(path) {
        list.push((error, depth));
    }
    list
}

/// The same in the terms of findings.
fn kind(question: &Question<'_>, error: VerifyError, depth: usize, path: &[&Node<'_>]) -> FaultKind {
    let otherwise = || FaultKind::RefusedOtherwise { words: error.text().to_owned() };
    let Some(certificate) = path.get(depth).map(|node| node.certificate) else { return otherwise() };
    let is_anchor = depth > 0 && question.is_anchor(certificate);
    let subject = || certificate.subject().to_string();
    let name = || question.name.map(ToString::to_string).unwrap_or_default();
    let reason = match error {
        VerifyError::Expired if is_anchor => return FaultKind::AnchorOutOfDate,
        VerifyError::NotYetValid if is_anchor => return FaultKind::AnchorOutOfDate,
        VerifyError::Expired => Reason::Expired { not_after: certificate.not_after() },
        VerifyError::NotYetValid => Reason::NotYetValid { not_before: certificate.not_before() },
        VerifyError::LeafKeyTooSmall | VerifyError::CaKeyTooSmall => return FaultKind::KeyWeak,
        VerifyError::DigestTooWeak => {
            let algorithm = crate::cert::signature_name(&certificate.signature_algorithm().oid);
            return FaultKind::SignatureWeak { algorithm };
        }
        VerifyError::SignatureFailure => Reason::Signature(SignatureFault::Mismatch),
        VerifyError::InvalidCa if certificate.key_usage().is_some_and(|usage| !usage.key_cert_sign()) => {
            Reason::CaKeyUsage
        }
        VerifyError::InvalidCa if is_anchor => Reason::AnchorNotCa { subject: subject() },
        VerifyError::InvalidCa => Reason::NotCa,
        VerifyError::KeyUsageNoCertSign => Reason::CaKeyUsage,
        VerifyError::PathLengthExceeded => Reason::PathLength,
        VerifyError::InvalidPurpose => purpose(certificate, depth),
        VerifyError::UnhandledCriticalExtension => {
            let critical = certificate.extensions().iter().filter(|extension| extension.critical);
            Reason::CriticalExtension {
                oids: critical
                    .filter(|extension| !checks::is_supported(&extension.oid))
                    .map(|extension| extension.oid.to_string())
                    .collect(),
            }
        }
        VerifyError::PermittedViolation
        | VerifyError::ExcludedViolation
        | VerifyError::DistanceUnsupported
        | VerifyError::UnsupportedConstraintType
        | VerifyError::UnsupportedNameSyntax => Reason::NameConstraints,
        VerifyError::HostnameMismatch => Reason::HostDnsMismatch { name: name() },
        VerifyError::IpMismatch => Reason::HostIpMismatch { name: name() },
        _ => return otherwise(),
    };
    FaultKind::Refused(reason)
}

/// Which extension speaks against a server.
fn purpose(certificate: &Certificate, depth: usize) -> Reason {
    use crate::cert::purpose::{MICROSOFT_SGC, NETSCAPE_SGC, SERVER_AUTH};
    let server = [SERVER_AUTH, MICROSOFT_SGC, NETSCAPE_SGC];
    let purposes = certificate.extended_key_usage();
    if purposes.is_some_and(|purposes| !purposes.iter().any(|purpose| server.contains(purpose))) {
        return Reason::LeafExtendedKeyUsage;
    }
    let usable = certificate
        .key_usage()
        .is_none_or(|usage| usage.digital_signature() || usage.key_encipherment() || usage.key_agreement());
    match (depth, usable) {
        (0, false) => Reason::LeafKeyUsage { missing: "digital signatures or key encipherment" },
        _ => Reason::LeafNetscapeType,
    }
}
