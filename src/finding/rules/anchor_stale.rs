#![doc = include_str!("help/anchor-stale.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{date, each, person};
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
        let became = match how {
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
            Stale::AuthorityRekeyed => {
                vec![Remedy::store("import the CA's new certificate; the old one may stay beside it")]
            }
            Stale::AuthorityRenewed => Vec::new(),
            Stale::LeafRekeyed | Stale::LeafRenewed => {
                vec![Remedy::store("put the new certificate in the place of the old one (--replace)")]
            }
        };
        Some((detail, remedies))
    })
}
