#![doc = include_str!("help/handshake-failed.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "handshake-failed",
    severity: Severity::Error,
    help: include_str!("help/handshake-failed.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(evidence, rule, Remedy::server("look into the server's log for why it ended the handshake"))
}
