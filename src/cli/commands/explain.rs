//! `trustmend explain CODE-OR-TEXT`.

use std::io::Read;

use clap::Args;

use super::super::args::{Network, NoStorePassword, StorePassword};
use super::super::assess::{self, Client};
use super::super::client::JavaClient;
use super::super::complete::{Completing, Completion};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble, network, source};
use crate::agent;
use crate::audit;
use crate::finding::{self, Finding, PAGES, Page, RULES, Told};
use crate::path::Rules;
use crate::render::escape::visible;
use crate::render::json::v1;
use crate::render::text::finding::shell;
use crate::render::text::style::{self, paint};

/// Say what a finding, or a line of a Java or OpenSSL log, means, and what to do next.
///
/// A code, of a finding or of a step of check, gets its page. A pasted line gets the faults that can stand behind it, the most
/// likely first; a whole log on standard input (-) gets that for each of its different faults, the newest first. With --server and --store they are looked at, and it is said which of the
/// faults are there and which are ruled out. Without anything: the list of codes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend explain chain-intermediate-missing
  trustmend explain 'PKIX path building failed: unable to find valid certification path to requested target'
  tail -100 agent.log | trustmend explain -
  tail -100 agent.log | trustmend explain - --server https://scim.corp.test:8443 --store java:/opt/agent/jre")]
pub(crate) struct Explain {
    /// A finding's code, a line of a log, or - for a log on standard input.
    #[arg(value_name = "CODE-OR-TEXT")]
    text: Option<String>,
    /// The server that the log is about: https://host:port or host:port.
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// The client's trust store [default: java: if JAVA_HOME has one, else mozilla:, if --server is given].
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// Judge as this Java: 8, 11, 17, 21, 25 (the newest update known) or exactly, as in 17.0.9.
    #[arg(long, value_name = "VERSION")]
    java_version: Option<String>,
    #[command(flatten)]
    completing: Completing,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    password: StorePassword,
    #[command(flatten)]
    no_password: NoStorePassword,
}

/// Most of a log that is looked at, in octets from its end.
const MAX_LOG: usize = 64 << 20;

pub(crate) fn run(arguments: &Explain, context: &Context) -> Result<Exit, CliError> {
    match arguments.text.as_deref() {
        None => list(context),
        Some("-") => {
            let log = newest(std::io::stdin().lock()).map_err(|error| {
                CliError::new(
                    Exit::Store,
                    "source-unreadable",
                    format!("cannot read standard input: {error}"),
                )
            })?;
            of_log(&String::from_utf8_lossy(&log), arguments, context)
        }
        Some(text) => match all().find(|page| page.code == text) {
            Some(found) => page(found, context),
            None => of_log(text, arguments, context),
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

fn of_log(log: &str, arguments: &Explain, context: &Context) -> Result<Exit, CliError> {
    let faults: Vec<Fault<'_>> = finding::told(log).into_iter().map(Fault::of).collect();
    if faults.is_empty() {
        let shown: String = log.trim().chars().take(80).collect();
        return Err(CliError::usage(format!(
            "\"{shown}\" is neither a finding's code nor a known text of a log"
        ))
        .hint("`trustmend explain` lists the codes; paste the line that names an exception"));
    }
    let server = arguments.server.as_deref().unwrap_or("https://HOST:PORT");
    let store = arguments.store.as_deref().unwrap_or("STORE");
    let next = ["trustmend", "diagnose", server, "--store", store].map(str::to_owned);
    let look = match arguments.server.is_some() || arguments.store.is_some() {
        true => Some(Look::at(arguments, context)?),
        false => None,
    };
    let causes = distinct(&faults);
    if context.ui.json() {
        let mut explanation =
            v1::Explanation::of(&causes, &next).told(faults.iter().map(Fault::json).collect());
        if let Some(look) = &look {
            let statuses: Vec<_> = causes.iter().map(|(page, _)| look.status(page.code).name()).collect();
            let predicted = look.asked.then(|| look.predicted.clone());
            explanation = explanation.looked(&statuses, look.others(&causes), predicted);
        }
        context.ui.document(&v1::Document::of("explain", true, explanation))?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    if faults.len() > 1 {
        text.push_str(&format!("{} different faults, the newest first\n\n", faults.len()));
    }
    for fault in &faults {
        text.push_str(&fault.text(look.as_ref()));
        text.push('\n');
    }
    text.push_str(&look.map(|look| look.told(&causes)).unwrap_or_default());
    let next = paint(style::HINT, &shell(&next));
    text.push_str(&format!("which one it is, and what mends it: {next}\n"));
    context.ui.result(&text)?;
    Ok(Exit::Done)
}

/// Reads a log to its end and keeps the newest part of it.
fn newest(mut input: impl Read) -> std::io::Result<Vec<u8>> {
    let (mut log, mut piece) = (Vec::new(), vec![0; 1 << 20]);
    loop {
        match input.read(&mut piece)? {
            0 => break,
            count => log.extend(piece.iter().take(count)),
        }
        if log.len() > 2 * MAX_LOG {
            log.drain(..log.len() - MAX_LOG);
        }
    }
    log.drain(..log.len().saturating_sub(MAX_LOG));
    Ok(log)
}

/// A fault that a log tells of, and what is behind it.
struct Fault<'a> {
    line: &'a str,
    times: usize,
    causes: Vec<(Page, &'static str)>,
}

/// What several lines can mean: each code once, at its best.
fn distinct(faults: &[Fault<'_>]) -> Vec<(Page, &'static str)> {
    let mut distinct: Vec<(Page, &'static str)> = Vec::new();
    for (page, likelihood) in faults.iter().flat_map(|fault| &fault.causes) {
        match distinct.iter_mut().find(|(known, _)| known.code == page.code) {
            Some((_, known)) if *likelihood == "certain" => *known = likelihood,
            Some((_, known)) if *known == "possible" => *known = likelihood,
            Some(_) => {}
            None => distinct.push((*page, likelihood)),
        }
    }
    distinct
}

impl<'a> Fault<'a> {
    fn of(told: Told<'a>) -> Self {
        let causes = told.causes.iter();
        let causes =
            causes.filter_map(|cause| Some((finding::page(cause.code)?, cause.likelihood.name()))).collect();
        Self { line: told.line.trim(), times: told.times, causes }
    }

    fn json(&self) -> v1::Told {
        let codes = self.causes.iter().map(|(page, _)| page.code).collect();
        v1::Told { line: self.line.to_owned(), times: self.times, causes: codes }
    }

    fn text(&self, look: Option<&Look>) -> String {
        let mut text = format!("{}\n", visible(self.line));
        if self.times > 1 {
            text.push_str(&format!("{}\n", paint(style::DIM, &format!("({} times in all)", self.times))));
        }
        text.push_str("\ncan mean:\n");
        let width = self.causes.iter().map(|(page, _)| page.code.len()).max().unwrap_or_default();
        for (page, likelihood) in &self.causes {
            let status =
                look.map(|look| format!("{:<9}  ", look.status(page.code).words())).unwrap_or_default();
            text.push_str(&format!("  {status}{likelihood:<8}  {:width$}  {}\n", page.code, page.title()));
        }
        text
    }
}

/// How a cause stands after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Found,
    RuledOut,
    /// Only the server can tell, and it was not asked, or did not answer.
    Open,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::RuledOut => "ruled-out",
            Self::Open => "open",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Found => "FOUND",
            Self::RuledOut => "ruled out",
            Self::Open => "open",
        }
    }
}

/// What a server and a store show now.
struct Look {
    asked: bool,
    answered: bool,
    findings: Vec<Finding>,
    predicted: Option<String>,
}

impl Look {
    fn at(arguments: &Explain, context: &Context) -> Result<Self, CliError> {
        let place = arguments.store.as_deref().unwrap_or_else(|| assemble::default_store());
        let store = assemble::client(place, &arguments.no_password.with(&arguments.password), context)?;
        let java = JavaClient::of(arguments.java_version.as_deref(), &store, context)?;
        let completion = Completion::new(&arguments.completing, &arguments.password, context)?;
        let client = Client { rules: Rules::Java, java: &java, store: &store, completion: &completion };
        let seen = match &arguments.server {
            Some(text) => {
                let endpoint = source::endpoint(text)?;
                let options = network::options(&arguments.network, &endpoint, context)?;
                assess::server(&endpoint, &options, &arguments.network.resolve, &client, context.now)
            }
            None => assess::chain(&[], None, &client, context.now),
        };
        Ok(Self {
            asked: arguments.server.is_some(),
            answered: seen.evidence.judgement.is_some(),
            findings: finding::examine(&seen.evidence),
            predicted: seen.predicted.map(|(text, _)| text),
        })
    }

    fn status(&self, code: &str) -> Status {
        match self.findings.iter().any(|finding| finding.code == code) {
            true => Status::Found,
            // What no rule looks for is not looked for.
            false if finding::rule(code).is_none() => Status::Open,
            // The store is known whatever the server says.
            false if self.answered || code.starts_with("store-") => Status::RuledOut,
            false => Status::Open,
        }
    }

    /// The codes found that the text does not stand for.
    fn others(&self, causes: &[(Page, &'static str)]) -> Vec<&'static str> {
        let is_known = |code: &str| causes.iter().any(|(page, _)| page.code == code);
        let mut others: Vec<_> =
            self.findings.iter().map(|finding| finding.code).filter(|code| !is_known(code)).collect();
        others.dedup();
        others
    }

    fn told(&self, causes: &[(Page, &'static str)]) -> String {
        let mut text = String::new();
        let others = self.others(causes);
        if !others.is_empty() {
            text.push_str(&format!("found besides: {}\n\n", others.join(", ")));
        }
        let found = causes.iter().any(|(page, _)| self.status(page.code) == Status::Found);
        if let Some(predicted) = &self.predicted {
            text.push_str(&format!("now Java would print: {}\n\n", visible(predicted)));
        } else if self.answered && !found {
            text.push_str(
                "now Java accepts this server with this store: the agent has not been restarted since, or reads another store \
                 (`trustmend agents` shows which)\n\n",
            );
        }
        text
    }
}
