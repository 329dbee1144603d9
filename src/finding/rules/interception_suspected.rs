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
    let named = interceptor(&evidence.presented)
        .map(|product| format!("An issuer in the chain is named after {product}."));
    let told: Vec<String> = named.into_iter().chain(changed(evidence)).collect();
    if told.is_empty() {
        return Vec::new();
    }
    let mut finding = rule.finding(None, told.join(" "));
    finding
        .remedies
        .push(Remedy::client("ask whoever runs the network whether this proxy is meant to be there"));
    vec![finding]
}

/// Another issuer and another key on another route. A server with two certificates of different CAs looks the same.
fn changed(evidence: &Evidence) -> Option<String> {
    let other = evidence.other_route.as_ref()?;
    let (here, there) = (evidence.presented.first()?, &other.leaf);
    let is_other = here.issuer() != there.issuer() && here.public_key() != there.public_key();
    is_other.then(|| {
        let (proxy, here, there) = (&other.proxy, here.issuer(), there.issuer());
        format!("Through the proxy {proxy} the issuer is {here}, without it {there}.")
    })
}
