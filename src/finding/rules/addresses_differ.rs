#![doc = include_str!("help/addresses-differ.md")]

use super::super::{Evidence, Finding, Member, Remedy, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    code: "addresses-differ",
    severity: Severity::Warning,
    help: include_str!("help/addresses-differ.md"),
    check,
};

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let Some(this) = evidence.members.iter().find(|member| member.is_this) else { return Vec::new() };
    let differs = |member: &&Member| match (&member.chain, &this.chain) {
        (Ok(its), Ok(ours)) => its != ours,
        (Err(_), Err(_)) => false,
        _ => true,
    };
    let others: Vec<String> = evidence.members.iter().filter(differs).map(told).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let mut finding = rule.finding(None, format!("{}; but {}.", told(this), others.join(", ")));
    finding
        .remedies
        .push(Remedy::server("give every member the same certificate and the same intermediates"));
    vec![finding]
}

fn told(member: &Member) -> String {
    let address = &member.address;
    match &member.chain {
        Ok(chain) => match chain.as_slice() {
            [] => format!("{address} shows nothing"),
            [leaf, rest @ ..] => {
                let short: String = leaf.hex().chars().take(16).collect();
                format!("{address} shows leaf {short}.. and {} more", rest.len())
            }
        },
        Err(why) => format!("{address} does not answer ({why})"),
    }
}
