#![doc = include_str!("help/interception-suspected.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use crate::path::interceptor;

pub(super) const RULE: Rule = Rule {
    code: "interception-suspected",
    severity: Severity::Warning,
    help: include_str!("help/interception-suspected.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let Some(product) = interceptor(&evidence.presented) else { return Vec::new() };
    let mut finding = rule.finding(None, format!("An issuer in the chain is named after {product}."));
    finding
        .remedies
        .push(Remedy::client("ask whoever runs the network whether this proxy is meant to be there"));
    vec![finding]
}
