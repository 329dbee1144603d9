#![doc = include_str!("help/chain-intermediate-missing.md")]

use super::super::remedy;
use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, entitle, person};
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-intermediate-missing",
    severity: Severity::Error,
    help: include_str!("help/chain-intermediate-missing.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut findings = each(evidence, rule, |fault, certificate| {
        let FaultKind::IntermediateMissing { name, found, .. } = &fault.kind else { return None };
        let (detail, url) = match (found, certificate) {
            (Some(found), _) => {
                let place = evidence.where_found(found).map(ToString::to_string);
                let place = place.unwrap_or_else(|| "elsewhere".to_owned());
                (format!("The server does not send {name}, which was found {place}."), None)
            }
            (None, Some(below)) => {
                let detail = format!(
                    "{} was issued by {name}, which the server does not send and the store does not hold; whether that is \
                     an intermediate or a root cannot be told without it.",
                    person(below)
                );
                (detail, below.ca_issuers().first())
            }
            (None, None) => (format!("The server does not send {name}."), None),
        };
        let from = url.map(|url| format!(" (its certificate is at {url})")).unwrap_or_default();
        let chain =
            format!("the server's certificate first, then {name}{from}, then any further intermediate");
        let remedies = match found {
            Some(found) => {
                let server = Remedy::server(format!("send the whole chain: {chain}"));
                let import =
                    remedy::import(evidence, found, "it as a stop-gap: the server fails again for others");
                vec![remedy::write_bundle(evidence, server), import]
            }
            None => vec![
                Remedy::server(format!("if {name} is an intermediate, send the whole chain: {chain}")),
                Remedy::store(format!(
                    "if {name} is a root, or until the server is mended, get its certificate from the CA and import that file"
                )),
            ],
        };
        Some((detail, remedies))
    });
    let is_known = evidence
        .faults
        .iter()
        .any(|fault| matches!(fault.kind, FaultKind::IntermediateMissing { found: Some(_), .. }));
    if !is_known {
        entitle(&mut findings, "The issuer of the server's certificate is neither sent nor in the store");
    }
    findings
}
