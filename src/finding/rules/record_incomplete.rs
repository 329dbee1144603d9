#![doc = include_str!("help/record-incomplete.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "record-incomplete",
    severity: Severity::Warning,
    help: include_str!("help/record-incomplete.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let mut remedy = Remedy::client("ask the server itself, with the same options");
    if let Some(target) = &evidence.target {
        let mut words = vec!["trustmend", "diagnose", target.source.as_str()];
        words.extend(target.flags.iter().chain(&target.judging).map(String::as_str));
        words.extend(["--store", evidence.store.place.as_str()]);
        remedy = remedy.with_command(&words);
    }
    failure(evidence, rule, remedy)
}
