//! The connectivity check for people.

use super::certificate::count;
use super::style::{self, paint};
use crate::render::escape::visible;
use crate::scim::{Outcome, Report, Step};

/// The steps, a line each.
pub fn report(report: &Report) -> String {
    let mut text: String = report.steps.iter().map(step).collect();
    let version = report.version.map(|version| format!("{version}; ")).unwrap_or_default();
    let users = report.users.map(|users| format!("{}; ", count(users, "user", "users"))).unwrap_or_default();
    let word = if report.ok { paint(style::GOOD, "OK") } else { paint(style::ERROR, "FAILED") };
    text.push_str(&format!("\n{version}{users}{word}\n"));
    text
}

fn step(step: &Step) -> String {
    let mark = match step.outcome {
        Outcome::Pass => paint(style::GOOD, "pass"),
        Outcome::Warn => paint(style::WARNING, "warn"),
        Outcome::Fail => paint(style::ERROR, "FAIL"),
        Outcome::Skipped => paint(style::DIM, "skip"),
    };
    let code = step.code.map(|code| paint(style::DIM, &format!(" [{code}]"))).unwrap_or_default();
    format!("{mark}  {:<11} {}{code}\n", step.name, visible(&step.detail))
}
