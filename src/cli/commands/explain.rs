//! `trustmend explain CODE-OR-TEXT`.

use std::io::Read as _;

use clap::Args;

use super::super::Context;
use super::super::error::CliError;
use super::super::exit::Exit;
use crate::agent;
use crate::audit;
use crate::finding::{self, PAGES, Page, RULES, Rule};
use crate::render::escape::visible;
use crate::render::json::v1;
use crate::render::text::finding::shell;
use crate::render::text::style::{self, paint};

/// Say what a finding, or a line of a Java or OpenSSL log, means, and what to do next.
///
/// A code, of a finding or of a step of check, gets its page. A pasted line, or a whole log on standard input (-), gets the faults that can stand behind it, the
/// most likely first; `trustmend diagnose` then tells which one it is. Without anything: the list of codes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend explain chain-intermediate-missing
  trustmend explain 'PKIX path building failed: unable to find valid certification path to requested target'
  tail -100 agent.log | trustmend explain -")]
pub(crate) struct Explain {
    /// A finding's code, a line of a log, or - for a log on standard input.
    #[arg(value_name = "CODE-OR-TEXT")]
    text: Option<String>,
}

/// Most of a log that is read, in octets from its start.
const MAX_LOG: u64 = 64 << 20;

pub(crate) fn run(arguments: &Explain, context: &Context) -> Result<Exit, CliError> {
    match arguments.text.as_deref() {
        None => list(context),
        Some("-") => {
            let mut log = Vec::new();
            let read = std::io::stdin().lock().take(MAX_LOG).read_to_end(&mut log);
            read.map_err(|error| {
                CliError::new(
                    Exit::Store,
                    "source-unreadable",
                    format!("cannot read standard input: {error}"),
                )
            })?;
            of_log(&String::from_utf8_lossy(&log), context)
        }
        Some(text) => match all().find(|page| page.code == text) {
            Some(found) => page(found, context),
            None => of_log(text, context),
        },
    }
}

fn list(context: &Context) -> Result<Exit, CliError> {
    if context.ui.json() {
        let all: Vec<_> = all().map(|page| (page, "certain")).collect();
        context.ui.document(&v1::Document::of("explain", true, v1::Explanation::of(&all, &[])))?;
        return Ok(Exit::Done);
    }
    let width = all().map(|page| page.code.len()).max().unwrap_or_default();
    let lines: String = all().map(|page| format!("{:width$}  {}\n", page.code, page.title())).collect();
    context.ui.result(&lines)?;
    Ok(Exit::Done)
}

/// Every page: of connections, then of what else commands say, then of stores.
fn all() -> impl Iterator<Item = Page> {
    let rules = RULES.iter().map(|rule| rule.page());
    let agents = agent::PAGES.iter().map(|(code, help)| Page { code, help });
    rules.chain(PAGES.iter().copied()).chain(audit::PAGES.iter().map(|rule| rule.page())).chain(agents)
}

fn page(page: Page, context: &Context) -> Result<Exit, CliError> {
    if context.ui.json() {
        let explanation = v1::Explanation::of(&[(page, "certain")], &[]);
        context.ui.document(&v1::Document::of("explain", true, explanation))?;
    } else {
        context.ui.result(&format!("{}: {}", paint(style::BOLD, page.code), page.help))?;
    }
    Ok(Exit::Done)
}

fn of_log(log: &str, context: &Context) -> Result<Exit, CliError> {
    let Some((line, causes)) = finding::causes(log) else {
        let shown: String = log.trim().chars().take(80).collect();
        return Err(CliError::usage(format!(
            "{shown:?} is neither a finding's code nor a known text of a log"
        ))
        .hint("`trustmend explain` lists the codes; paste the line that names an exception"));
    };
    let causes: Vec<(&'static Rule, &'static str)> = causes
        .iter()
        .filter_map(|cause| Some((finding::rule(cause.code)?, cause.likelihood.name())))
        .collect();
    let next = ["trustmend", "diagnose", "https://HOST:PORT", "--store", "STORE"].map(str::to_owned);
    if context.ui.json() {
        let causes: Vec<_> = causes.iter().map(|(rule, likelihood)| (rule.page(), *likelihood)).collect();
        let explanation = v1::Explanation::of(&causes, &next);
        context.ui.document(&v1::Document::of("explain", true, explanation))?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{}\n\ncan mean:\n", visible(line.trim()));
    let width = causes.iter().map(|(rule, _)| rule.code.len()).max().unwrap_or_default();
    for (rule, likelihood) in &causes {
        text.push_str(&format!("  {likelihood:<8}  {:width$}  {}\n", rule.code, rule.title()));
    }
    let next = paint(style::HINT, &shell(&next));
    text.push_str(&format!("\nwhich one it is, and what mends it: {next}\n"));
    context.ui.result(&text)?;
    Ok(Exit::Done)
}
