#![doc = include_str!("help/chain-order-wrong.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::each;
use crate::path::FaultKind;

pub(super) const RULE: Rule = Rule {
    code: "chain-order-wrong",
    severity: Severity::Warning,
    help: include_str!("help/chain-order-wrong.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    each(evidence, rule, |fault, _| {
        let FaultKind::OrderWrong { right } = &fault.kind else { return None };
        let place = |one| {
            evidence.presented.iter().position(|other| other == one).map(|place| (place + 1).to_string())
        };
        let order = right.iter().filter_map(place).collect::<Vec<_>>().join(", ");
        let detail = format!("The right order of what it sends is {order}.");
        Some((
            detail,
            vec![Remedy::server(format!("send them as {order}: leaf first, each followed by its issuer"))],
        ))
    })
}
