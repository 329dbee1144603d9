#![doc = include_str!("help/root-untrusted.md")]

use super::super::remedy;
use super::super::{Evidence, Finding, Place, Remedy, Rule, Severity};
use super::each;
use crate::path::java::same;
use crate::path::{FaultKind, Rules};

pub(super) const RULE: Rule = Rule {
    code: "root-untrusted",
    severity: Severity::Error,
    help: include_str!("help/root-untrusted.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::RootUntrusted { name, root, .. } = &fault.kind else { return None };
        if let Some(root) = root {
            let detail = match evidence.where_found(root) {
                Some(Place::Store(alias)) => format!(
                    "The chain ends in {name}, which the store holds, under {alias}, where the client does not trust it."
                ),
                Some(place) => {
                    format!("The chain ends in {name}, which is not in the store. It was found {place}.")
                }
                None => format!("The chain ends in {name}, which is not in the store."),
            };
            return Some((detail, vec![remedy::import(evidence, root, "the root")]));
        }
        // Authorities that vouch for each other in a circle are all sent, and none is a root.
        let is_circle = evidence.presented.iter().any(|sent| same(sent.subject(), name));
        let detail = if is_circle {
            format!(
                "The authorities that are sent vouch for each other; no root of theirs, nor any of them, is in the store ({name} closes the circle)."
            )
        } else {
            format!("The chain leads to {name}, which is neither sent nor in the store.")
        };
        let top = certificate.filter(|top| top.is_ca());
        // OpenSSL wants a root at the end.
        let stop_gap = match evidence.client {
            Rules::Java => Some("this intermediate, which is enough for Java"),
            Rules::Webpki => Some("this intermediate, which is enough for rustls"),
            Rules::OpenSsl => None,
        };
        let import = top.zip(stop_gap).map(|(top, what)| remedy::import(evidence, top, what));
        let better = if import.is_some() { "better: " } else { "" };
        let wanted = if is_circle { "self-signed certificate" } else { "certificate" };
        let file = format!("{better}get the {wanted} of {name} from the CA and import that file");
        let file = Remedy::store(file);
        Some((detail, import.into_iter().chain([file]).collect()))
    })
}
