#![doc = include_str!("help/server-unreachable.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "server-unreachable",
    severity: Severity::Error,
    help: include_str!("help/server-unreachable.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(
        evidence,
        rule,
        Remedy::client("check the name, the port, and what stands between: firewall, proxy, routing"),
    )
}
