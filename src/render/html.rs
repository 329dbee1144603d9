//! A diagnosis as one page that can be mailed: no script, nothing loaded from elsewhere, and every word from outside
//! escaped twice: made visible as for a terminal, then as text of HTML.

use std::fmt::Write as _;

use time::OffsetDateTime;

use super::escape::visible;
use super::json::v1::time;
use super::text::certificate::count;
use super::text::diagnosis::{Column, Judge, Mood, verdict};
use super::text::finding::{owner, shell};
use crate::cert::{Certificate, Name, signature_name};
use crate::finding::{Evidence, Finding, Severity};
use crate::path::{Arrangement, Role};

/// Most names of a certificate that are listed.
const MAX_NAMES: usize = 100;

/// The page around sections that [`section`] and [`failure`] made; `now` is when they were.
pub fn page(sections: &[String], now: OffsetDateTime) -> String {
    let body = sections.concat();
    let made = time(now.replace_nanosecond(0).unwrap_or(now));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>trustmend: diagnosis</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         {body}<footer>Made by trustmend {} on {made}.</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// What came of one server or chain.
pub fn section(
    title: &str,
    judge: &Judge,
    evidence: &Evidence,
    predicted: Option<(&str, &[String])>,
    findings: &[Finding],
) -> String {
    let (mood, words) = verdict(evidence, &judge.columns);
    let anchors = count(evidence.store.anchors.len(), "trust anchor", "trust anchors");
    let assumed = judge.assumed.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let judged = format!("judged as {}{assumed} with {}, {anchors}", judge.client, judge.store);
    let mut html = format!("<section>\n<h1>{}</h1>\n", text(title));
    let class = class(mood);
    put(
        &mut html,
        format_args!("<p class=\"verdict {class}\">{}</p>\n<p>{}</p>\n", text(&words), text(&judged)),
    );
    if let Some((exception, causes)) = predicted {
        let lines: String = causes.iter().map(|cause| format!("\nCaused by: {}", text(cause))).collect();
        put(
            &mut html,
            format_args!("<p>{}:</p>\n<pre>{}{lines}</pre>\n", text(judge.prints), text(exception)),
        );
    }
    html.push_str(&clients(&judge.columns));
    if !findings.is_empty() {
        html.push_str("<h2>What is wrong, and what mends it</h2>\n");
        html.extend(findings.iter().map(finding));
    }
    if !evidence.presented.is_empty() {
        html.push_str("<h2>What the server presents</h2>\n<ol>\n");
        for (place, certificate) in evidence.presented.iter().enumerate() {
            html.push_str(&shown(certificate, &evidence.arrangement, place));
        }
        html.push_str("</ol>\n");
    }
    html.push_str(&beyond(evidence));
    html + "</section>\n"
}

/// What stands above the presented certificates: in the store, or nowhere.
fn beyond(evidence: &Evidence) -> String {
    let path =
        evidence.judgement.as_ref().and_then(|judgement| judgement.path.as_deref()).unwrap_or_default();
    let stored: Vec<String> = path
        .iter()
        .filter(|certificate| !evidence.presented.contains(certificate))
        .map(|certificate| format!("<p>In the store: {}</p>\n", text(&name(certificate.subject()))))
        .collect();
    match &evidence.arrangement.missing {
        Some(missing) if stored.is_empty() => format!("<p>Not sent: {}</p>\n", text(&name(&missing.name))),
        _ => stored.concat(),
    }
}

/// A source that could not be looked at.
pub fn failure(source: &str, message: &str) -> String {
    let (source, message) = (text(source), text(message));
    format!("<section>\n<h1>{source}</h1>\n<p class=\"verdict bad\">{message}</p>\n</section>\n")
}

/// Who accepts, who refuses, why.
fn clients(columns: &[Column]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let row = |column: &Column| {
        let class = match column.verdict {
            "trusted" => "good",
            "untrusted" => "bad",
            _ => "open",
        };
        let (client, why) = (text(&column.client), text(column.error.as_deref().unwrap_or_default()));
        format!("<tr><td>{client}</td><td class=\"{class}\">{}</td><td>{why}</td></tr>\n", column.verdict)
    };
    let rows: String = columns.iter().map(row).collect();
    format!("<h2>Clients with this store, side by side</h2>\n<table>\n{rows}</table>\n")
}

fn finding(finding: &Finding) -> String {
    let class = match finding.severity {
        Severity::Error => "bad",
        Severity::Warning => "open",
        Severity::Info => "info",
    };
    let (severity, code) = (finding.severity.name(), finding.code);
    let mut html = format!(
        "<article class=\"{class}\">\n<h3>{} <small>{severity} <code>{code}</code></small></h3>\n",
        text(&finding.title)
    );
    if !finding.detail.is_empty() {
        put(&mut html, format_args!("<p>{}</p>\n", text(&finding.detail)));
    }
    for remedy in &finding.remedies {
        put(&mut html, format_args!("<p><b>{}:</b> {}</p>\n", owner(remedy.who), text(&remedy.text)));
        if let Some(command) = &remedy.command {
            put(&mut html, format_args!("<pre>{}</pre>\n", text(&shell(command))));
        }
    }
    html + "</article>\n"
}

/// A presented certificate: what people compare.
fn shown(certificate: &Certificate, arrangement: &Arrangement, place: usize) -> String {
    let role = match arrangement.roles.get(place) {
        Some(Role::Leaf) => "leaf".to_owned(),
        Some(Role::Intermediate) => "intermediate".to_owned(),
        Some(Role::Root) => "root".to_owned(),
        Some(Role::Duplicate(original)) => format!("the same as {}", original + 1),
        Some(Role::Stranger) | None => "no part in the chain".to_owned(),
    };
    let names = certificate.subject_alt_names().unwrap_or_default();
    let listed: Vec<String> = names.iter().take(MAX_NAMES).map(ToString::to_string).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let signed = signature_name(&certificate.signature_algorithm().oid);
    let rows = [
        ("issuer", name(certificate.issuer())),
        ("names", listed.join(", ") + &more),
        ("valid", format!("{} to {}", time(certificate.not_before()), time(certificate.not_after()))),
        ("key", format!("{}, signed with {signed}", certificate.public_key())),
        ("serial", crate::digest::hex(certificate.serial())),
        ("SHA-256", certificate.sha256().to_string()),
    ];
    let row = |(what, value): &(&str, String)| format!("<tr><th>{what}</th><td>{}</td></tr>\n", text(value));
    let rows: String = rows.iter().filter(|(_, value)| !value.is_empty()).map(row).collect();
    let subject = text(&name(certificate.subject()));
    format!("<li><b>{subject}</b> <small>{role}</small>\n<table>\n{rows}</table></li>\n")
}

fn class(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "good",
        Mood::Bad => "bad",
        Mood::Open => "open",
    }
}

fn put(html: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = html.write_fmt(arguments);
}

/// A name in one line, not escaped yet.
fn name(name: &Name) -> String {
    if name.is_empty() { "(empty name)".to_owned() } else { name.to_string() }
}

/// Words from outside as text and as the value of an attribute alike.
fn text(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in visible(words).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Colours beside the words that say the same: printed in black and white nothing is lost.
const STYLE: &str = "
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin:0}
section+section{border-top:3px solid #ccc;margin-top:3rem}
pre{background:#f4f4f4;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere}
article{border-left:5px solid #888;padding:.2rem 1rem;margin:1rem 0;break-inside:avoid}
article.bad{border-color:#b3261e}article.open{border-color:#9a6700}
.verdict{font-weight:bold;font-size:1.2rem}.good{color:#1a7f37}.bad.verdict,td.bad{color:#b3261e}.open.verdict,td.open{color:#9a6700}
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.1rem .8rem .1rem 0;overflow-wrap:anywhere}
th{font-weight:normal;color:#555;white-space:nowrap}small,footer{color:#555;font-weight:normal}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_stay_words() {
        assert_eq!(text("a<b>&\"c'\u{202e}\u{1b}"), "a&lt;b&gt;&amp;&quot;c&#39;\\u{202e}\\u{1b}");
        let page = page(&[failure("<script>alert(1)</script>", "\" onload='x'")], OffsetDateTime::UNIX_EPOCH);
        assert!(!page.contains("<script") && !page.contains("onload='"), "{page}");
    }
}
