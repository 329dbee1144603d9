//! Configuration files with a JVM's options in them: which options, on which line, and what is wrong with the line.
//!
//! Only options and the settings a profile names are taken out of a file; whatever else it holds stays in it.

use serde::Deserialize;

use super::words;

/// How a configuration file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// `NAME="..."`, as in settings.conf, setenv.sh, /etc/default, /etc/sysconfig.
    Shell,
    /// A unit: `Environment=NAME=...`, `ExecStart=`.
    Systemd,
    /// `key = value`, as in .properties, .conf and gradle.properties.
    Properties,
    /// One option a line, as in jvm.options and .vmoptions.
    Options,
}

/// One setting of a file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The line it begins on, from 1.
    pub line: usize,
    /// The variable or key.
    pub name: String,
    /// Its value, as the reader of the file gets it.
    pub value: String,
    /// Whether a quotation mark that opens does not close.
    pub is_open: bool,
    /// Whether an earlier value of the same variable counts no more: this one replaces it, or repeats it.
    pub replaces: bool,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.name) // the value may be a secret
    }
}

/// The settings of a file, in its order.
pub(super) fn settings(syntax: Syntax, text: &str) -> Vec<Setting> {
    match syntax {
        Syntax::Shell => shell(text),
        Syntax::Systemd => systemd(text),
        Syntax::Properties => properties(text),
        Syntax::Options => options(text),
    }
}

/// The options that a value holds, as JVM options are written in such a file.
pub(super) fn options_in(syntax: Syntax, value: &str) -> Vec<String> {
    match syntax {
        // The shell has taken one layer off; scripts split what is left at white space, and hand it on.
        Syntax::Shell | Syntax::Systemd | Syntax::Properties => words::of_shell(value).words,
        Syntax::Options => vec![value.to_owned()],
    }
}

fn shell(text: &str) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, rest)) = line.split_once('=') else { continue };
        if !is_variable(name) {
            continue;
        }
        let (name, appends) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        let (value, more) = match quoted(rest, &mut lines.clone().map(|(_, line)| line)) {
            Some((value, more)) => (value, Some(more)),
            None => (rest.trim().trim_start_matches(['"', '\'']).to_owned(), None),
        };
        // The lines of a long value are part of it, and not settings.
        for _ in 0..more.unwrap_or_default() {
            lines.next();
        }
        let is_open = more.is_none();
        let value = if appends { format!("${name} {value}") } else { value };
        let value = earlier(&found, name, &value);
        found.push(Setting { line: index + 1, name: name.to_owned(), value, is_open, replaces: true });
    }
    found
}

fn is_variable(name: &str) -> bool {
    let name = name.strip_suffix('+').unwrap_or(name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The value behind `=` without its outermost quotation marks, and how many more lines it takes; `None` if its quotation
/// does not close. A line that sets something else is not part of one: closing it was forgotten.
fn quoted(rest: &str, more: &mut dyn Iterator<Item = &str>) -> Option<(String, usize)> {
    let (mut text, mut lines) = (rest.to_owned(), 0);
    loop {
        if let Some(value) = closed(&text) {
            return Some((value, lines));
        }
        let line = more.next().filter(|line| !begins_setting(line))?;
        text.push('\n');
        text.push_str(line);
        lines += 1;
    }
}

fn begins_setting(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=').is_some_and(|(name, _)| is_variable(name))
}

/// The value if its quotation marks are closed: up to the first white space outside them, `#` and `;` included.
fn closed(text: &str) -> Option<String> {
    let (mut value, mut quote) = (String::new(), None);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', open) if open != Some('\'') => match characters.next() {
                Some('\n') => {}
                // Inside double quotation marks only these are escaped; what is inside is split once more.
                Some(next) if quote.is_none() || matches!(next, '"' | '\\' | '$' | '`') => {
                    if next == '"' {
                        value.push('\\');
                    }
                    value.push(next);
                }
                Some(next) => {
                    value.push('\\');
                    value.push(next);
                }
                None => value.push('\\'),
            },
            (c, Some(_)) => value.push(c),
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_ascii_whitespace() || c == ';' => return Some(value),
            (c, None) => value.push(c),
        }
    }
    quote.is_none().then_some(value)
}

/// `NAME="$NAME more"` keeps what was there.
fn earlier(found: &[Setting], name: &str, value: &str) -> String {
    let known = found.iter().rev().find(|setting| setting.name == name).map(|setting| setting.value.as_str());
    let known = known.unwrap_or_default();
    value.replace(&format!("${{{name}}}"), known).replace(&format!("${name}"), known)
}

fn systemd(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, first)) = lines.next() {
        let mut line = first.trim().to_owned();
        while line.ends_with('\\') {
            line.pop();
            let Some((_, next)) = lines.next() else { break };
            line.push_str(next.trim());
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        if key == "Environment" {
            let split = words::of_shell(value);
            for word in &split.words {
                let Some((name, value)) = word.split_once('=') else { continue };
                found.push(Setting {
                    line: index + 1,
                    name: name.to_owned(),
                    value: value.to_owned(),
                    is_open: split.is_open,
                    replaces: true,
                });
            }
        } else if !key.starts_with(['#', ';', '[']) {
            let (name, value) = (key.to_owned(), value.to_owned());
            found.push(Setting { line: index + 1, name, value, is_open: false, replaces: false });
        }
    }
    found
}

fn properties(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, first)) = lines.next() {
        let mut line = first.trim_start().to_owned();
        if line.starts_with(['#', '!', ';']) {
            continue;
        }
        while line.ends_with('\\') && !line.ends_with("\\\\") {
            line.pop();
            let Some((_, next)) = lines.next() else { break };
            line.push_str(next.trim_start());
        }
        let Some(at) = line.find(['=', ':']) else { continue };
        let (name, value) = line.split_at(at);
        let value = value.get(1..).unwrap_or_default().trim();
        let is_open = value.matches('"').count() % 2 == 1;
        found.push(Setting {
            line: index + 1,
            name: name.trim().to_owned(),
            value: value.to_owned(),
            is_open,
            replaces: true,
        });
    }
    found
}

/// Whether a line of an options file is for this release of Java: `8`, `9-`, `11-13`, or nothing for all.
pub(super) fn is_for(range: &str, feature: u32) -> bool {
    let number = |text: &str, default: u32| text.parse().unwrap_or(default);
    match range.split_once('-') {
        _ if range.is_empty() => true,
        Some((from, to)) => (number(from, 0)..=number(to, u32::MAX)).contains(&feature),
        None => number(range, 0) == feature,
    }
}

/// Elasticsearch's and Logstash's lines may begin with the releases they are for, which becomes the setting's name.
fn options(text: &str) -> Vec<Setting> {
    let option = |(index, line): (usize, &str)| {
        let line = line.trim();
        let is_range = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '-');
        let line = match line.split_once(':') {
            Some((range, rest)) if is_range(range) && rest.starts_with('-') => (range, rest),
            _ => ("", line),
        };
        let (range, line) = line;
        let is_option = !line.is_empty() && !line.starts_with('#');
        is_option.then(|| Setting {
            line: index + 1,
            name: range.to_owned(),
            value: line.to_owned(),
            is_open: false,
            replaces: false,
        })
    };
    text.lines().enumerate().filter_map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(syntax: Syntax, text: &str) -> Vec<(usize, String, String, bool)> {
        let all = settings(syntax, text).into_iter();
        all.map(|one| (one.line, one.name, one.value, one.is_open)).collect()
    }

    fn setting(line: usize, name: &str, value: &str, is_open: bool) -> (usize, String, String, bool) {
        (line, name.to_owned(), value.to_owned(), is_open)
    }

    #[test]
    fn shell_files() {
        let text = "# JAVA_OPTS=no\nJAVA_OPTS=\"-Xmx1g -Da=b\"\nexport JAVA_OPTS=\"$JAVA_OPTS \\\n  -Dc='d e'\"\nX=1 # y\n";
        assert_eq!(
            shown(Syntax::Shell, text),
            [
                setting(2, "JAVA_OPTS", "-Xmx1g -Da=b", false),
                setting(3, "JAVA_OPTS", "-Xmx1g -Da=b   -Dc='d e'", false),
                setting(5, "X", "1", false),
            ]
        );
        assert_eq!(options_in(Syntax::Shell, "-Xmx1g -Dc='d e'"), ["-Xmx1g", "-Dc=d e"]);
        let open = "JAVA_OPTS=\"-Xmx4096m -Dhttps.protocols=TLSv1.2\nOTHER=\"x\"\n";
        assert_eq!(
            shown(Syntax::Shell, open),
            [
                setting(1, "JAVA_OPTS", "-Xmx4096m -Dhttps.protocols=TLSv1.2", true),
                setting(2, "OTHER", "x", false),
            ]
        );
    }

    #[test]
    fn units_properties_and_option_files() {
        let unit = "[Service]\nEnvironment=\"JAVA_OPTS=-Da=b -Dc=d\" E=f\nExecStart=/x/java \\\n  -jar y\n";
        assert_eq!(
            shown(Syntax::Systemd, unit),
            [
                setting(2, "JAVA_OPTS", "-Da=b -Dc=d", false),
                setting(2, "E", "f", false),
                setting(3, "ExecStart", "/x/java -jar y", false),
            ]
        );
        let text = "! no\nallowHttp = true\nwrapper.java.additional.3=-Da=b\n";
        assert_eq!(
            shown(Syntax::Properties, text),
            [setting(2, "allowHttp", "true", false), setting(3, "wrapper.java.additional.3", "-Da=b", false),]
        );
        let lines = "-Xms1g\n# -Dno=1\n14-:-Da=b\n8:-Dold=1\n";
        assert_eq!(
            shown(Syntax::Options, lines),
            [
                setting(1, "", "-Xms1g", false),
                setting(3, "14-", "-Da=b", false),
                setting(4, "8", "-Dold=1", false)
            ]
        );
        assert!(is_for("14-", 17) && is_for("", 8) && is_for("11-13", 12) && !is_for("8", 17));
    }

    #[test]
    fn a_value_is_not_part_of_debug_output() {
        let all = settings(Syntax::Properties, "agentKey = s3cret");
        assert!(!format!("{all:?}").contains("s3cret"));
    }
}
