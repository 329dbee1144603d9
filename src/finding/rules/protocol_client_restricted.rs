#![doc = include_str!("help/protocol-client-restricted.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "protocol-client-restricted",
    severity: Severity::Error,
    help: include_str!("help/protocol-client-restricted.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let text = "take -Dhttps.protocols and -Djdk.tls.client.protocols out of the JVM's options, or add the version that the \
                server speaks, and restart the agent";
    failure(evidence, rule, Remedy::client(text))
}
