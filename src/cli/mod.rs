//! The command line: arguments, words, exit codes. The only room that prints, prompts, reads the environment and the
//! clock, or ends the process.

mod agents;
mod args;
mod assemble;
mod assess;
mod blame;
mod bundle;
mod client;
mod client_auth;
mod client_store;
mod clients;
mod commands;
mod complete;
mod error;
mod exit;
mod fleet;
mod handshake;
mod journal;
mod many;
mod members;
mod monitor;
mod network;
mod password;
mod platform;
mod signals;
mod source;
mod stream;
mod summary;
mod ui;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use time::OffsetDateTime;

use args::Cli;
use error::CliError;
use exit::Exit;
use ui::Ui;

use crate::render::json::v1;
use crate::scim::ANSWER_DEADLINE;

/// How long a connection may take in all unless told.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What every command gets: the terminal, the time and the flags that are everywhere.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) now: OffsetDateTime,
    pub(crate) timeout: Duration,
    /// How long a request may take with its answer.
    pub(crate) answer_timeout: Duration,
}

/// Runs the program with these arguments, the first of which is its own name, and answers with its exit code.
pub fn run<I>(arguments: I) -> ExitCode
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    signals::survive_file_limit();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        let ui = Ui::new(anstream::ColorChoice::Auto, false, false, false);
        ui.error(&CliError::new(Exit::Bug, "bug", format!("this is a bug in trustmend{place}")));
    }));
    let answer = std::panic::catch_unwind(|| parse_and_run(&arguments));
    answer.unwrap_or(Exit::Bug).into()
}

/// The definition of the command line, for completions and the manual.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// The manual: file name and roff text of each page, as `trustmend man` writes them.
pub fn manual() -> Vec<(String, Vec<u8>)> {
    commands::man::pages()
}

fn parse_and_run(arguments: &[OsString]) -> Exit {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(arguments, &error),
    };
    let choice = match cli.global.color {
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
    };
    let json = cli.global.json || cli.command.asks_for_json();
    let ui = Ui::new(choice, json, cli.global.quiet, cli.global.verbose);
    let given = cli.global.timeout.map(Duration::from_secs);
    let timeout = given.unwrap_or(TIMEOUT);
    let answer_timeout = given.unwrap_or(ANSWER_DEADLINE);
    let context = Context { ui, now: now(), timeout, answer_timeout };
    let name = cli.command.name();
    match cli.command.run(&context) {
        Ok(exit) => exit,
        Err(error) => fail(&context.ui, name, &error),
    }
}

/// Runs a command inside another, with the outer one's terminal and time: its exit code and, with `--json`, its document.
fn nested(context: &Context, arguments: &[&str]) -> Result<(Exit, Option<serde_json::Value>), CliError> {
    let typed = std::iter::once("trustmend").chain(arguments.iter().copied());
    let cli = Cli::try_parse_from(typed).map_err(|error| CliError::usage(error.to_string()))?;
    let inner = Context { ui: context.ui.nested(), ..*context };
    let exit = match cli.command.run(&inner) {
        Ok(exit) => exit,
        Err(error) => fail(&inner.ui, cli.command.name(), &error),
    };
    Ok((exit, inner.ui.collected()))
}

/// A failed command: the document on standard output where one was asked for, the words on standard error otherwise.
fn fail(ui: &Ui, command: &str, error: &CliError) -> Exit {
    if ui.json() {
        // A document that cannot be written leaves the exit code to speak.
        let _ = ui.document(&v1::Document::failed(command, error.into()));
    } else {
        ui.error(error);
    }
    error.exit
}

/// Help and version are results; anything else is wrong use.
fn refuse(arguments: &[OsString], error: &clap::Error) -> Exit {
    let asked =
        matches!(error.kind(), clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion);
    if !asked && arguments.iter().any(|argument| argument == "--json") {
        let names = Cli::command().get_subcommands().map(|c| c.get_name().to_owned()).collect::<Vec<_>>();
        let typed = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
        let command = typed.into_iter().find(|argument| names.iter().any(|name| name == argument));
        let message = error.to_string();
        let message = message.split("\n\nUsage").next().unwrap_or_default().trim_start_matches("error: ");
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let ui = Ui::new(anstream::ColorChoice::Never, true, false, false);
        return fail(&ui, command.unwrap_or("usage"), &CliError::usage(message));
    }
    // Prints to standard output for help and version, to standard error otherwise; a closed pipe is nobody's fault.
    let _ = error.print();
    if asked { Exit::Done } else { Exit::Usage }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
