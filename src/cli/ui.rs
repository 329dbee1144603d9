//! The only place that prints, prompts or asks whether there is a person.
//!
//! Standard output is the result, standard error is everything else. With `--json`, standard output is exactly one
//! document. Colour never carries meaning alone. Nothing is asked when standard input is not a terminal: the command
//! fails with the flag to use instead.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};

use anstream::AutoStream;
use serde::Serialize;

use super::error::CliError;
use super::exit::Exit;
use crate::render::escape::visible;
use crate::render::json::v1;
use crate::render::text::style;

/// The terminal, or what stands in for it.
pub(crate) struct Ui {
    choice: anstream::ColorChoice,
    json: bool,
    quiet: bool,
    verbose: bool,
    /// Whether another command runs this one.
    is_nested: bool,
    /// Where documents go instead of standard output, for a command that runs others.
    collected: Option<Mutex<Option<serde_json::Value>>>,
}

impl Ui {
    pub(crate) fn new(choice: anstream::ColorChoice, json: bool, quiet: bool, verbose: bool) -> Self {
        Self { choice, json, quiet, verbose, is_nested: false, collected: None }
    }

    /// The terminal for a command that runs inside another: a document is kept for the outer one, which prints only one.
    pub(crate) fn nested(&self) -> Self {
        let collected = self.json.then(|| Mutex::new(None));
        Self {
            choice: self.choice,
            json: self.json,
            quiet: self.quiet || self.json,
            verbose: false,
            is_nested: true,
            collected,
        }
    }

    /// Whether another command runs this one, on a store of its own.
    pub(crate) fn is_nested(&self) -> bool {
        self.is_nested
    }

    /// The document that was kept.
    pub(crate) fn collected(&self) -> Option<serde_json::Value> {
        self.collected.as_ref().and_then(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).take())
    }

    /// Whether the result is to be a JSON document.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Whether more than the result was asked for.
    pub(crate) fn verbose(&self) -> bool {
        self.verbose
    }

    /// Prints a result for people. Text from outside in it was made visible by `render`.
    pub(crate) fn result(&self, text: &str) -> Result<(), CliError> {
        let mut out = AutoStream::new(io::stdout().lock(), self.choice);
        reached(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Prints octets as they are.
    pub(crate) fn octets(&self, octets: &[u8]) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        reached(out.write_all(octets).and_then(|()| out.flush()))
    }

    /// Prints a result for scripts.
    pub(crate) fn document<R: Serialize>(&self, document: &v1::Document<R>) -> Result<(), CliError> {
        if let Some(kept) = &self.collected {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = serde_json::to_value(document).ok();
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let written = serde_json::to_writer_pretty(&mut out, document).map_err(io::Error::from);
        reached(written.and_then(|()| writeln!(out)).and_then(|()| out.flush()))
    }

    /// Says something beside the result.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&format!("{}\n", visible(text)));
        }
    }

    /// Says something that should not be missed, also with `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("{}warning:{} {}\n", style::WARNING, style::WARNING.render_reset(), visible(text)));
    }

    /// Says why the command failed: one line, then what to do.
    pub(crate) fn error(&self, error: &CliError) {
        let (red, end) = (style::ERROR, style::ERROR.render_reset());
        let mut text = format!("{red}error:{end} {}\n", visible(&error.message));
        for hint in &error.hints {
            text.push_str(&format!("{}hint:{} {}\n", style::HINT, style::HINT.render_reset(), visible(hint)));
        }
        self.say(&text);
    }

    /// Tells a person at a terminal how far it is; wiped before anything else is said.
    pub(crate) fn progress(&self, done: usize, total: usize) {
        if total > 1 && !self.quiet && io::stderr().is_terminal() {
            let line = if done < total { format!("{done} of {total}") } else { String::new() };
            // Nobody is left to tell when standard error is gone.
            let _ = write!(io::stderr().lock(), "\r\x1b[K{line}\r");
        }
    }

    /// Prints one line of JSON, for results that come one by one.
    pub(crate) fn line<R: Serialize>(&self, result: &R) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        let written = serde_json::to_writer(&mut out, result).map_err(io::Error::from);
        reached(written.and_then(|()| writeln!(out)).and_then(|()| out.flush()))
    }

    /// Whether a person can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question whose answer must be typed in full, `yes`; anything else is a no.
    pub(crate) fn confirm(&self, question: &str) -> bool {
        if !self.is_interactive() {
            return false;
        }
        self.say(&format!("{} [type yes] ", visible(question)));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("yes")
    }

    fn say(&self, text: &str) {
        let mut err = AutoStream::new(
            io::stderr().lock(),
            match self.choice {
                anstream::ColorChoice::Auto => AutoStream::choice(&io::stderr()),
                choice => choice,
            },
        );
        // Nobody is left to tell when standard error is gone.
        let _ = err.write_all(text.as_bytes());
    }
}

/// A closed pipe is the reader's choice (`| head`): the command goes on and its exit code still tells the answer.
fn reached(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let message = format!("cannot write to standard output: {error}; what was asked for was done");
            Err(CliError::new(Exit::No, "output", message))
        }
        _ => Ok(()),
    }
}
