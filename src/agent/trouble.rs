//! What is wrong with a product's trust, or may surprise: codes, where, and what mends it.

use std::path::PathBuf;

use super::choice::{Choice, Why};
use super::command_line::CommandLine;
use super::config::Setting;
use super::profile::{Kind, Profile, Trap};
use super::sight;
use crate::path::java::Options;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Good to know.
    Info,
    /// It may break, or surprise.
    Warning,
    /// It is broken.
    Error,
}

impl Weight {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its code; permanent.
    pub code: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// The file it is in.
    pub file: Option<PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong; no value of a setting is in it that could be a secret.
    pub detail: String,
}

impl Trouble {
    pub(super) fn new(code: &'static str, weight: Weight, detail: impl Into<String>) -> Self {
        Self { code, weight, file: None, line: None, detail: detail.into() }
    }

    pub(super) fn at(self, file: PathBuf, line: usize) -> Self {
        Self { file: Some(file), line: Some(line), ..self }
    }
}

/// The codes that are not findings' and their pages: the first line is the title.
pub const PAGES: &[(&str, &str)] = &[
    ("store-linked", include_str!("help/store-linked.md")),
    ("option-without-dash", include_str!("help/option-without-dash.md")),
    ("option-quote-missing", include_str!("help/option-quote-missing.md")),
    ("option-protocols-narrow", include_str!("help/option-protocols-narrow.md")),
    ("option-overridden", include_str!("help/option-overridden.md")),
    ("http-allowed", include_str!("help/http-allowed.md")),
    ("process-stores-differ", include_str!("help/process-stores-differ.md")),
    ("trusts-everybody", include_str!("help/trusts-everybody.md")),
    ("trust-not-java", include_str!("help/trust-not-java.md")),
    ("trust-in-folder", include_str!("help/trust-in-folder.md")),
    ("runtime-missing", include_str!("help/runtime-missing.md")),
    ("config-unreadable", include_str!("help/config-unreadable.md")),
    ("agent-missing", include_str!("help/agent-missing.md")),
    ("process-unreadable", include_str!("help/process-unreadable.md")),
];

/// What is wrong with the line of a file that holds options.
pub(super) fn of_line(file: &std::path::Path, setting: &Setting, words: &[String], found: &mut Vec<Trouble>) {
    let mut tell = |code, weight, detail: String| {
        found.push(Trouble::new(code, weight, detail).at(file.to_owned(), setting.line));
    };
    if setting.is_open {
        let detail = format!("{} opens a quotation mark that nothing closes", name(setting));
        tell("option-quote-missing", Weight::Error, detail);
    }
    for word in words {
        let named = word.split('=').next().unwrap_or_default();
        if is_property_without_dash(named) {
            let detail =
                format!("{named} lacks the dash in front of it: the JVM takes it for the program's name");
            tell("option-without-dash", Weight::Error, detail);
        }
    }
}

fn name(setting: &Setting) -> &str {
    if setting.name.is_empty() { "the line" } else { &setting.name }
}

/// `Dhttps.protocols`: a `D`, then a dotted name in lower case as the properties of the JDK have.
fn is_property_without_dash(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('D') else { return false };
    let known = ["https.", "http.", "javax.", "java.", "jdk.", "sun.", "com.sun."];
    known.iter().any(|start| rest.starts_with(start))
}

/// What options do that their writer may not mean.
pub(super) fn of_options(line: &CommandLine, found: &mut Vec<Trouble>) {
    let options: Options = line.options();
    if let Some(protocols) = options.protocols().filter(|protocols| !protocols.contains(&"TLSv1.3")) {
        let named = ["https.protocols", "jdk.tls.client.protocols"];
        let word = named.iter().find_map(|property| line.setting(property));
        let origin = word.map(|word| format!(" in {}", word.origin)).unwrap_or_default();
        let list: String = protocols.join(",").chars().take(60).collect();
        let detail = format!("only {list} is offered{origin}: a server that speaks TLS 1.3 alone refuses");
        found.push(Trouble::new("option-protocols-narrow", Weight::Warning, detail));
    }
    let property = "javax.net.ssl.trustStore";
    let all: Vec<_> = line.all(property).collect();
    if let Some((last, before)) = all.split_last() {
        let other = before.iter().find(|word| word.text != last.text);
        if let Some(other) = other {
            let detail =
                format!("{property} in {} counts, the one in {} does not", last.origin, other.origin);
            found.push(Trouble::new("option-overridden", Weight::Warning, detail));
        }
    }
}

/// What is to be said of the store that is read.
pub(super) fn of_store(choice: &Choice, options: &Options, found: &mut Vec<Trouble>) {
    sight::of(choice, options, found);
    match &choice.why {
        Why::OptionNamesNothing { named, origin } => {
            let named = named.display();
            let detail = format!(
                "{named}, which {origin} names, is not there: Java reads its own cacerts and says nothing"
            );
            found.push(Trouble::new("store-missing", Weight::Error, detail));
        }
        _ if !choice.exists => {
            let detail = format!("{} is not there", choice.path.display());
            found.push(Trouble::new("store-missing", Weight::Error, detail));
        }
        _ => {}
    }
    if let Some(cacerts) = &choice.shadowed {
        let detail = format!("{} is not read: {} is", cacerts.display(), choice.path.display());
        found.push(Trouble::new("store-shadowed", Weight::Warning, detail));
    }
    if let Some(target) = &choice.shared {
        let detail = format!("it is a link to {}, which others read too", target.display());
        found.push(Trouble::new("store-linked", Weight::Info, detail));
    }
}

/// What a profile says is wrong by itself.
pub(super) fn of_setting(
    profile: &Profile,
    file: &std::path::Path,
    setting: &Setting,
    found: &mut Vec<Trouble>,
) {
    let value = setting.value.trim().trim_matches(['"', '\'']);
    for trap in &profile.trap {
        let is_it = trap.key.eq_ignore_ascii_case(&setting.name) && trap.value.eq_ignore_ascii_case(value);
        if is_it {
            let code = match trap.code {
                Trap::HttpAllowed => "http-allowed",
                Trap::TrustsEverybody => "trusts-everybody",
            };
            let detail = format!("{}={}: {}", trap.key, trap.value, trap.detail);
            found.push(Trouble::new(code, Weight::Warning, detail).at(file.to_owned(), setting.line));
        }
    }
}

/// What kind of product it is, where that surprises.
pub(super) fn of_kind(profile: &Profile, found: &mut Vec<Trouble>) {
    let (code, detail) = match profile.kind {
        Kind::Java => return,
        Kind::NotJava => {
            ("trust-not-java", "it does not read a Java store: an import into one has no effect")
        }
        Kind::Folder => {
            ("trust-in-folder", "it reads certificates from a folder when it starts, not a store")
        }
    };
    found.push(Trouble::new(code, Weight::Info, detail));
}
