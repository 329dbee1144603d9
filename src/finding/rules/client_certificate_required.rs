#![doc = include_str!("help/client-certificate-required.md")]

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::failure;

pub(super) const RULE: Rule = Rule {
    code: "client-certificate-required",
    severity: Severity::Error,
    help: include_str!("help/client-certificate-required.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    failure(
        evidence,
        rule,
        Remedy::client(
            "give the client a key and a certificate that the server accepts (javax.net.ssl.keyStore)",
        ),
    )
}
