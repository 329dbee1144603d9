#![doc = include_str!("help/clock-skew.md")]

use time::Duration;

use super::super::{Evidence, Finding, Remedy, Rule, Severity};
use super::date;

pub(super) const RULE: Rule =
    Rule { code: "clock-skew", severity: Severity::Warning, help: include_str!("help/clock-skew.md"), check };

/// What Kerberos allows (RFC 4120 section 8.2), and most who check tokens do too.
const TOLERANCE: Duration = Duration::minutes(5);

fn check(evidence: &Evidence, rule: &Rule) -> Vec<Finding> {
    let Some(clocks) = evidence.clocks else { return Vec::new() };
    let apart = (clocks.server - clocks.ours).abs();
    if apart <= TOLERANCE {
        return Vec::new();
    }
    let (server, ours) = (date(clocks.server), date(clocks.ours));
    let mut finding = rule.finding(
        None,
        format!("The server says it is {server}, this machine {ours}: {} apart.", length(apart)),
    );
    finding.remedies.push(Remedy::client("compare with a third clock (NTP), and set the one that is wrong"));
    vec![finding]
}

fn length(apart: Duration) -> String {
    match (apart.whole_days(), apart.whole_hours()) {
        (2.., _) => format!("{} days", apart.whole_days()),
        (_, 2..) => format!("{} hours", apart.whole_hours()),
        _ => format!("{} minutes", apart.whole_minutes()),
    }
}
