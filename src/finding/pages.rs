//! Pages for codes that are not findings: how a connection ended, and what a step of `check` came to.

/// What `explain` prints for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// kebab-case, permanent.
    pub code: &'static str,
    /// The text: its first line is the title, without the full stop.
    pub help: &'static str,
}

impl Page {
    /// The first line.
    pub fn title(&self) -> &'static str {
        self.help.lines().next().unwrap_or_default().trim_end_matches('.')
    }
}

/// The page of a code, a rule's or another.
pub fn page(code: &str) -> Option<Page> {
    let of_rule = super::rule(code).map(super::Rule::page);
    of_rule.or_else(|| PAGES.iter().copied().find(|page| page.code == code))
}

/// Every code that has a page and no rule.
pub const PAGES: &[Page] = &[
    Page { code: "chain-too-large", help: include_str!("rules/help/chain-too-large.md") },
    Page { code: "connection-closed", help: include_str!("rules/help/connection-closed.md") },
    Page { code: "handshake-closed", help: include_str!("rules/help/handshake-closed.md") },
    Page { code: "key-unrecoverable", help: include_str!("rules/help/key-unrecoverable.md") },
    Page { code: "request-unusable", help: include_str!("rules/help/request-unusable.md") },
    Page { code: "server-not-http", help: include_str!("rules/help/server-not-http.md") },
    Page { code: "server-untrusted", help: include_str!("rules/help/server-untrusted.md") },
    Page {
        code: "client-certificate-unusable",
        help: include_str!("rules/help/client-certificate-unusable.md"),
    },
    Page { code: "scim-answer-incomplete", help: include_str!("rules/help/scim-answer-incomplete.md") },
    Page { code: "scim-answer-late", help: include_str!("rules/help/scim-answer-late.md") },
    Page { code: "scim-auth-malformed", help: include_str!("rules/help/scim-auth-malformed.md") },
    Page { code: "scim-auth-not-needed", help: include_str!("rules/help/scim-auth-not-needed.md") },
    Page { code: "scim-auth-refused", help: include_str!("rules/help/scim-auth-refused.md") },
    Page { code: "scim-auth-required", help: include_str!("rules/help/scim-auth-required.md") },
    Page { code: "scim-auth-scheme-doubled", help: include_str!("rules/help/scim-auth-scheme-doubled.md") },
    Page { code: "scim-auth-scheme-missing", help: include_str!("rules/help/scim-auth-scheme-missing.md") },
    Page { code: "scim-auth-whitespace", help: include_str!("rules/help/scim-auth-whitespace.md") },
    Page { code: "scim-base-url-query", help: include_str!("rules/help/scim-base-url-query.md") },
    Page { code: "scim-base-url-slash", help: include_str!("rules/help/scim-base-url-slash.md") },
    Page { code: "scim-base-url-version", help: include_str!("rules/help/scim-base-url-version.md") },
    Page { code: "scim-config-missing", help: include_str!("rules/help/scim-config-missing.md") },
    Page { code: "scim-config-refused", help: include_str!("rules/help/scim-config-refused.md") },
    Page { code: "scim-list-malformed", help: include_str!("rules/help/scim-list-malformed.md") },
    Page { code: "scim-media-type", help: include_str!("rules/help/scim-media-type.md") },
    Page { code: "scim-media-type-refused", help: include_str!("rules/help/scim-media-type-refused.md") },
    Page { code: "scim-method-refused", help: include_str!("rules/help/scim-method-refused.md") },
    Page { code: "scim-not-api", help: include_str!("rules/help/scim-not-api.md") },
    Page { code: "scim-not-json", help: include_str!("rules/help/scim-not-json.md") },
    Page { code: "scim-paging-ignored", help: include_str!("rules/help/scim-paging-ignored.md") },
    Page { code: "scim-path-not-found", help: include_str!("rules/help/scim-path-not-found.md") },
    Page { code: "scim-redirect", help: include_str!("rules/help/scim-redirect.md") },
    Page { code: "scim-request-refused", help: include_str!("rules/help/scim-request-refused.md") },
    Page { code: "scim-schema-unknown", help: include_str!("rules/help/scim-schema-unknown.md") },
    Page { code: "scim-server-error", help: include_str!("rules/help/scim-server-error.md") },
    Page { code: "scim-throttled", help: include_str!("rules/help/scim-throttled.md") },
    Page { code: "scim-version-other", help: include_str!("rules/help/scim-version-other.md") },
];
