#![doc = include_str!("help/anchor-stale.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{date, each, person};
use crate::cert::Certificate;
use crate::path::java::same;
use crate::path::{FaultKind, Stale};

pub(super) const RULE: Rule = Rule {
    code: "anchor-stale",
    severity: Severity::Error,
    help: include_str!("help/anchor-stale.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, _| {
        let FaultKind::AnchorStale { anchor, how } = &fault.kind else { return None };
        let entry = anchor.alias.as_deref().map(|alias| format!(" (alias {alias})")).unwrap_or_default();
        let is_newer = *how == Stale::AuthorityRekeyed && is_newer(evidence, &anchor.certificate);
        let became = match how {
            Stale::AuthorityRekeyed if is_newer => {
                "what the server presents was signed with an older key of that CA"
            }
            Stale::AuthorityRekeyed => "that CA has another key now",
            Stale::AuthorityRenewed => "that CA's certificate was renewed with the same key",
            Stale::LeafRekeyed => "the server has a new certificate with another key now",
            Stale::LeafRenewed => "the server's certificate was renewed with the same key",
        };
        let until = date(anchor.certificate.not_after());
        let detail =
            format!("The store holds {}{entry}, valid until {until}; {became}.", person(&anchor.certificate));
        let is_key = anchor.alias.as_ref().is_some_and(|alias| evidence.store.keys.contains(alias));
        let remedies = match how {
            Stale::LeafRekeyed | Stale::LeafRenewed if is_key => {
                vec![Remedy::store(
                    "import the new certificate under an alias of its own; the old one is a private key's",
                )]
            }
            Stale::AuthorityRekeyed if is_newer => {
                vec![Remedy::server(
                    "have the server's certificate issued anew by that CA, and install it with its chain",
                )]
            }
            Stale::AuthorityRekeyed => {
                let sent =
                    evidence.presented.iter().any(|sent| same(sent.subject(), anchor.certificate.subject()));
                let new = if sent {
                    "the CA's new certificate"
                } else {
                    "the CA's new certificate, which you get from the CA"
                };
                vec![Remedy::store(format!("import {new}; the old one may stay beside it"))]
            }
            Stale::AuthorityRenewed => Vec::new(),
            Stale::LeafRekeyed | Stale::LeafRenewed => {
                vec![Remedy::store("put the new certificate in the place of the old one (--replace)")]
            }
        };
        Some((detail, remedies))
    })
}

/// Whether a CA's certificate in the store is of a later date than what the server presents of that CA.
fn is_newer(evidence: &Evidence, anchor: &Certificate) -> bool {
    let mut issued = evidence.presented.iter().filter(|certificate| certificate.issuer() == anchor.subject());
    issued.next().is_some_and(|certificate| anchor.not_before() > certificate.not_before())
}
