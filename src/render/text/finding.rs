//! Findings for people: what, why, who mends it, the command.

use super::style::{self, paint};
use crate::finding::{Finding, Severity, Who};
use crate::render::escape::visible;

/// The findings, a paragraph each.
pub fn list(findings: &[Finding]) -> String {
    findings.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

fn paragraph(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => paint(style::ERROR, "error  "),
        Severity::Warning => paint(style::WARNING, "warning"),
        Severity::Info => "info   ".to_owned(),
    };
    let code = paint(style::DIM, &format!("[{}]", finding.code));
    let mut text = format!("{mark} {} {code}\n", paint(style::BOLD, &visible(&finding.title)));
    if !finding.detail.is_empty() {
        text.push_str(&format!("        {}\n", visible(&finding.detail)));
    }
    for remedy in &finding.remedies {
        text.push_str(&format!("        {}: {}\n", owner(remedy.who), visible(&remedy.text)));
        if let Some(command) = &remedy.command {
            text.push_str(&format!("            {}\n", paint(style::HINT, &visible(&shell(command)))));
        }
    }
    text
}

/// Whom people ask.
pub fn owner(who: Who) -> &'static str {
    match who {
        Who::ServerOwner => "server owner",
        Who::StoreAdmin => "store admin",
        Who::ClientAdmin => "client admin",
    }
}

/// The command as a person would type it in a POSIX shell.
pub fn shell(arguments: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    let word = |argument: &String| {
        if !argument.is_empty() && argument.chars().all(plain) {
            argument.clone()
        } else {
            format!("'{}'", argument.replace('\'', "'\\''"))
        }
    };
    arguments.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_survive_the_shell() {
        let command = ["trustmend", "https://[::1]:8443", "it's", ""].map(str::to_owned);
        assert_eq!(shell(&command), r"trustmend 'https://[::1]:8443' 'it'\''s' ''");
    }
}
