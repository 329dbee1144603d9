//! Aliases: given, made from a template, or made from the subject; unique in the store under its format's own rule.

use crate::cert::Certificate;

/// Longest alias made from a certificate, in characters: they are read by people in lists.
const MAX_CHARACTERS: usize = 64;

/// The mark by which the JDK knows the CAs it ships; an alias that holds it changes which algorithms are allowed
/// (sun.security.util.AnchorCertificates).
const JDK_MARK: &str = " [jdk";

/// An alias, or the recipe for one: literal text and `{cn}`, `{o}`, `{serial}`, `{sha256}`, `{sha256:8}`, `{file}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    CommonName,
    Organization,
    Serial,
    Sha256(usize),
    File,
}

/// Why a text is not an alias.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AliasTemplateError {
    /// Nothing at all.
    #[error("an alias cannot be empty")]
    Empty,
    /// Java would take the entry for one it ships.
    #[error("an alias cannot hold {JDK_MARK:?}: Java applies other rules to such entries")]
    JdkMark,
    /// A control character.
    #[error("an alias cannot hold the control character {found:?}")]
    Control {
        /// The character.
        found: char,
    },
    /// A placeholder that is not known, or a brace without its partner.
    #[error(
        "{{{name}}} is not a placeholder: use {{cn}}, {{o}}, {{serial}}, {{sha256}}, {{sha256:8}} or {{file}}"
    )]
    Placeholder {
        /// What stands in the braces.
        name: String,
    },
}

impl std::str::FromStr for AliasTemplate {
    type Err = AliasTemplateError;

    fn from_str(text: &str) -> Result<Self, AliasTemplateError> {
        check(text)?;
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let unknown = |name: &str| AliasTemplateError::Placeholder { name: name.to_owned() };
            let (name, behind) = after.split_once('}').ok_or_else(|| unknown(after))?;
            parts.push(placeholder(name).ok_or_else(|| unknown(name))?);
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

/// What no alias may be, in whatever format.
pub(super) fn check(text: &str) -> Result<(), AliasTemplateError> {
    if text.trim().is_empty() {
        return Err(AliasTemplateError::Empty);
    }
    if text.to_lowercase().contains(JDK_MARK) {
        return Err(AliasTemplateError::JdkMark);
    }
    match text.chars().find(|c| c.is_control()) {
        Some(found) => Err(AliasTemplateError::Control { found }),
        None => Ok(()),
    }
}

fn placeholder(name: &str) -> Option<Part> {
    Some(match name {
        "cn" => Part::CommonName,
        "o" => Part::Organization,
        "serial" => Part::Serial,
        "sha256" => Part::Sha256(64),
        "file" => Part::File,
        _ => {
            let digits = name.strip_prefix("sha256:")?.parse().ok()?;
            (1..=64).contains(&digits).then_some(Part::Sha256(digits))?
        }
    })
}

impl AliasTemplate {
    /// The alias for a certificate that came from a file of this name, if it came from one. Not yet unique.
    pub fn fill(&self, certificate: &Certificate, file: Option<&str>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::CommonName => words(&certificate.label()),
            Part::Organization => words(certificate.subject().organization().unwrap_or("no-organization")),
            Part::Serial => crate::digest::hex(certificate.serial()),
            Part::Sha256(digits) => certificate.sha256().hex().chars().take(*digits).collect(),
            Part::File => words(file.unwrap_or("stdin")),
        };
        tame(&self.0.iter().map(part).collect::<String>())
    }
}

/// The alias made when none is given: the subject's words in lower case.
pub(super) fn from_subject(certificate: &Certificate) -> String {
    tame(&words(&certificate.label()))
}

/// Letters, digits, dots, underscores and dashes, in lower case; every run of anything else becomes one dash.
fn words(text: &str) -> String {
    let mut alias = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() || matches!(c, '.' | '_') {
            alias.push(c);
        } else if !alias.is_empty() && !alias.ends_with('-') {
            alias.push('-');
        }
    }
    let alias = alias.trim_end_matches('-');
    if alias.is_empty() { "certificate".to_owned() } else { alias.to_owned() }
}

/// Within the length, and without the mark of the JDK's own entries.
fn tame(alias: &str) -> String {
    let alias: String = alias.chars().take(MAX_CHARACTERS).collect();
    let tamed = if alias.to_lowercase().contains(JDK_MARK) { alias.replace('[', "(") } else { alias };
    tamed.trim().to_owned()
}

/// `wanted`, or `wanted-2`, `wanted-3`, .. whichever `is_taken` does not know first.
pub(super) fn unique(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_usize..).map(|number| format!("{wanted}-{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    // The numbers do not run out before the store's entries do.
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_subject() {
        assert_eq!(words("Corp Root CA (G2)"), "corp-root-ca-g2");
        assert_eq!(words("*.corp.test"), ".corp.test");
        assert_eq!(words("\u{1b}[31m"), "31m");
        assert_eq!(words("??"), "certificate");
    }

    #[test]
    fn a_taken_alias_gets_a_number() {
        let taken = ["corp", "corp-2"];
        assert_eq!(unique("corp", |name| taken.contains(&name)), "corp-3");
        assert_eq!(unique("other", |name| taken.contains(&name)), "other");
    }

    #[test]
    fn templates_are_checked() {
        let parse = |text: &str| text.parse::<AliasTemplate>();
        assert!(parse("corp-{sha256:8}").is_ok() && parse("corp-ca").is_ok());
        assert_eq!(parse(" "), Err(AliasTemplateError::Empty));
        assert_eq!(parse("x [JDK]"), Err(AliasTemplateError::JdkMark));
        assert_eq!(parse("a\nb"), Err(AliasTemplateError::Control { found: '\n' }));
        assert_eq!(parse("{ou}"), Err(AliasTemplateError::Placeholder { name: "ou".to_owned() }));
        assert_eq!(parse("{cn"), Err(AliasTemplateError::Placeholder { name: "cn".to_owned() }));
        assert!(parse("{sha256:65}").is_err());
    }
}
