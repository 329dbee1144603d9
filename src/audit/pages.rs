//! What the codes mean that only an audit gives.

use crate::finding::{Rule, Severity};

/// The pages, as `explain` lists them. Other codes of an audit are those of findings.
pub const PAGES: &[&Rule] = &[
    &page("store-refused", Severity::Error, include_str!("help/store-refused.md")),
    &page("store-damaged", Severity::Warning, include_str!("help/store-damaged.md")),
    &page("entry-ignored", Severity::Warning, include_str!("help/entry-ignored.md")),
    &page("entry-duplicate", Severity::Warning, include_str!("help/entry-duplicate.md")),
    &page("leaf-trusted", Severity::Warning, include_str!("help/leaf-trusted.md")),
    &page("anchor-expiring", Severity::Warning, include_str!("help/anchor-expiring.md")),
    &page("anchor-not-yet-valid", Severity::Warning, include_str!("help/anchor-not-yet-valid.md")),
    &page("leaf-expiring", Severity::Warning, include_str!("help/leaf-expiring.md")),
];

/// A store is judged by [`super::audit()`]: there is nothing to see in the evidence of a connection.
const fn page(code: &'static str, severity: Severity, help: &'static str) -> Rule {
    Rule { code, severity, help, check: |_, _| Vec::new() }
}

/// The page of a code.
pub fn page_of(code: &str) -> Option<&'static Rule> {
    PAGES.iter().copied().find(|page| page.code == code)
}
