//! What one answer says: status, media type, schema, in this order.

use serde_json::Value;

use super::{Outcome, Version};
use crate::net::http::Response;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    Config(Version),
    /// The first user; of these versions.
    Users(&'static [Version]),
}

/// What an answer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) code: Option<&'static str>,
    pub(super) detail: String,
    /// The version its schema names.
    pub(super) version: Option<Version>,
    /// totalResults of a list.
    pub(super) total: Option<u64>,
}

const CORE_1: &str = "urn:scim:schemas:core:1.0";
const CONFIG_2: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const LIST_2: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

impl Verdict {
    fn new(outcome: Outcome, code: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self { outcome, code, detail: detail.into(), version: None, total: None }
    }

    fn fail(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Outcome::Fail, Some(code), detail)
    }
}

/// Judges an answer to a GET of `asked`, a path on the server.
pub(super) fn judge(resource: Resource, asked: &str, response: &Response) -> Verdict {
    if response.status != 200 {
        return by_status(asked, response);
    }
    let media_type = media_type(response);
    if matches!(media_type.as_str(), "text/html" | "application/xhtml+xml") {
        let detail =
            "the answer is a web page: the base URL is wrong, or a proxy or a login answers in its place";
        return Verdict::fail("scim-not-api", detail);
    }
    if !response.complete {
        return Verdict::fail("scim-answer-incomplete", "the answer was cut off, or is larger than 1 MiB");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        let detail = format!("the answer is not JSON (media type {media_type:?})");
        return Verdict::fail("scim-not-json", detail);
    };
    let verdict = by_schema(resource, &body);
    if verdict.outcome == Outcome::Pass && !is_json(&media_type) {
        let detail =
            format!("the answer is right, its media type {media_type:?} is not application/scim+json");
        return Verdict { outcome: Outcome::Warn, code: Some("scim-media-type"), detail, ..verdict };
    }
    verdict
}

fn by_status(asked: &str, response: &Response) -> Verdict {
    let status = response.status;
    let retry = || match response.field("retry-after") {
        Some(after) => format!("; it says to wait {after:?}"),
        None => String::new(),
    };
    match status {
        300..=399 => redirect(asked, response),
        401 => {
            let wanted = response.field("www-authenticate").and_then(|field| field.split(' ').next());
            let wanted = wanted.map_or_else(String::new, |scheme| format!(", which asks for {scheme:?}"));
            Verdict::fail(
                "scim-auth-refused",
                format!("the server does not take the credential (401{wanted})"),
            )
        }
        403 => Verdict::fail("scim-auth-refused", "the credential is known and may not do this (403)"),
        404 | 410 => {
            let detail = format!("there is nothing at this path ({status}); the base URL may be wrong");
            Verdict::fail("scim-path-not-found", detail)
        }
        405 => {
            Verdict::fail("scim-method-refused", "this path takes no GET (405); the base URL may be wrong")
        }
        406 | 415 => {
            let detail = format!("the server refuses the media type asked for ({status})");
            Verdict::fail("scim-media-type-refused", detail)
        }
        407 => Verdict::fail("proxy-refused", "a proxy asks for a credential (407)"),
        429 => Verdict::fail(
            "scim-throttled",
            format!("the server turns requests away for now (429{})", retry()),
        ),
        500..=599 => Verdict::fail("scim-server-error", format!("the server failed ({status}{})", retry())),
        _ => Verdict::fail("scim-request-refused", format!("the server answered with status {status}")),
    }
}

/// A redirect, which no agent follows with a credential. Only scheme, host and path of its target are shown: queries
/// carry tokens.
fn redirect(asked: &str, response: &Response) -> Verdict {
    let location = response.field("location").unwrap_or_default();
    let target = location.split(['?', '#']).next().unwrap_or_default();
    let path = target
        .split_once("://")
        .map_or(target, |(_, rest)| rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"));
    let asked = asked.split('?').next().unwrap_or_default();
    let words = ["login", "signin", "sign-in", "saml", "sso", "oauth", "authorize"];
    let lower = target.to_ascii_lowercase();
    let what = if lower.starts_with("http://") {
        "to plain http, where the credential would be readable".to_owned()
    } else if path.trim_end_matches('/') == asked.trim_end_matches('/') && path != asked {
        "to the same path but for a slash at its end: correct the base URL".to_owned()
    } else if words.iter().any(|word| lower.contains(word)) {
        "to a login page: single sign-on stands before the API, or the path is not the API's".to_owned()
    } else {
        "which is not followed with a credential".to_owned()
    };
    Verdict::fail("scim-redirect", format!("redirected ({}) to {target:?}, {what}", response.status))
}

fn by_schema(resource: Resource, body: &Value) -> Verdict {
    let schemas = body.get("schemas").and_then(Value::as_array);
    let named = |wanted: &str| {
        let mut schemas = schemas.into_iter().flatten().filter_map(Value::as_str);
        schemas.any(|schema| schema.eq_ignore_ascii_case(wanted))
    };
    let (two, expected) = match resource {
        Resource::Config(Version::V2_0) => (CONFIG_2, &[Version::V2_0][..]),
        Resource::Config(Version::V1_1) => (CONFIG_2, &[Version::V1_1][..]),
        Resource::Users(versions) => (LIST_2, versions),
    };
    let version = match (named(two), named(CORE_1)) {
        (true, _) => Version::V2_0,
        (_, true) => Version::V1_1,
        _ => {
            let wanted = if expected.contains(&Version::V2_0) { two } else { CORE_1 };
            let detail = format!("the answer is JSON, but \"schemas\" does not name {wanted}");
            return Verdict::fail("scim-schema-unknown", detail);
        }
    };
    if !expected.contains(&version) {
        let detail = format!("the answer is of {version}, which is not the version asked for");
        return Verdict { version: Some(version), ..Verdict::fail("scim-version-other", detail) };
    }
    let verdict = match resource {
        Resource::Config(_) => config(version, body),
        Resource::Users(_) => users(version, body),
    };
    Verdict { version: Some(version), ..verdict }
}

fn config(version: Version, body: &Value) -> Verdict {
    let names = body.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let capabilities = names.clone().any(|name| name.ends_with("userManagementCapabilities"));
    let capabilities =
        capabilities || names.clone().any(|name| name == "urn:okta:schemas:scim:providerconfig:1.0");
    let note = match version {
        Version::V1_1 if !capabilities => "; no userManagementCapabilities, so Okta takes all as given",
        _ => "",
    };
    Verdict::new(Outcome::Pass, None, format!("the configuration of {version} is there{note}"))
}

fn users(version: Version, body: &Value) -> Verdict {
    let Some(total) = body.get("totalResults").and_then(Value::as_u64) else {
        return Verdict::fail("scim-list-malformed", "the list of users has no number \"totalResults\"");
    };
    let sent = match body.get("Resources") {
        None => 0,
        Some(Value::Array(resources)) => resources.len(),
        Some(_) => {
            return Verdict::fail("scim-list-malformed", "\"Resources\" in the list of users is not a list");
        }
    };
    let verdict = match sent {
        0 if total > 0 => Verdict::new(
            Outcome::Warn,
            Some("scim-list-malformed"),
            format!("{version}: {total} users, but none of them sent for count=1"),
        ),
        0 | 1 => {
            Verdict::new(Outcome::Pass, None, format!("{version}: the list of users answers; users: {total}"))
        }
        _ => Verdict::new(
            Outcome::Warn,
            Some("scim-paging-ignored"),
            format!("asked for one user, the server sent {sent}: imports will page wrongly"),
        ),
    };
    Verdict { total: Some(total), ..verdict }
}

fn media_type(response: &Response) -> String {
    let field = response.field("content-type").unwrap_or_default();
    field.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(media_type: &str) -> bool {
    matches!(media_type, "application/scim+json" | "application/json")
}
