#![doc = include_str!("help/chain-intermediate-missing.md")]

use super::super::remedy;
use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-intermediate-missing",
    severity: Severity::Error,
    help: include_str!("help/chain-intermediate-missing.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, certificate| {
        let FaultKind::IntermediateMissing { name, found, .. } = &fault.kind else { return None };
        let (detail, url) = match (found, certificate) {
            (Some(found), _) => {
                let fingerprint = found.sha256();
                (
                    format!(
                        "The server does not send {name}, which is known elsewhere: SHA-256 {fingerprint}."
                    ),
                    None,
                )
            }
            (None, Some(below)) => {
                let detail = format!(
                    "{} was issued by {name}, which the server does not send and the store does not hold.",
                    person(below)
                );
                (detail, below.ca_issuers().first())
            }
            (None, None) => (format!("The server does not send {name}."), None),
        };
        let from = url.map(|url| format!(" (its certificate is at {url})")).unwrap_or_default();
        let server = Remedy::server(format!(
            "send the whole chain: the server's certificate first, then {name}{from}, then any further intermediate"
        ));
        Some((detail, vec![server, remedy::import_file(evidence, &format!("the certificate of {name}"))]))
    })
}
