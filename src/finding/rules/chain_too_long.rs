#![doc = include_str!("help/chain-too-long.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::{each, entitle};
use crate::path::FaultKind;
use crate::path::java::Reason;

pub(super) const RULE: Rule = Rule {
    code: "chain-too-long",
    severity: Severity::Error,
    help: include_str!("help/chain-too-long.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut findings = each(evidence, rule, |fault, _| {
        let FaultKind::Refused(Reason::ChainTooLong { maximum }) = &fault.kind else { return None };
        let detail = format!(
            "The server sends {} certificates; this client takes {maximum}.",
            evidence.presented.len()
        );
        Some((detail, vec![Remedy::server("send only the leaf and its intermediates")]))
    });
    if !evidence.is_java() {
        entitle(&mut findings, "The chain is longer than this client takes");
    }
    findings
}
