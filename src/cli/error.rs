//! What a command failed with: one line, its causes, and what to do next.

use std::error::Error;

use super::exit::Exit;
use crate::render::json::v1;

/// A failure as the user gets it.
#[derive(Debug)]
pub(crate) struct CliError {
    pub(crate) exit: Exit,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

impl CliError {
    /// A failure in our own words.
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), message: message.into(), hints: Vec::new() }
    }

    /// A failure of a room below, its causes behind it.
    pub(crate) fn from_source(exit: Exit, code: &str, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self::new(exit, code, message)
    }

    /// Wrong use of the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// The same failure, for another place that it concerns.
    pub(crate) fn again(&self) -> Self {
        Self { code: self.code.clone(), message: self.message.clone(), hints: self.hints.clone(), ..*self }
    }

    /// With what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<&CliError> for v1::Error {
    fn from(error: &CliError) -> Self {
        Self { code: error.code.clone(), message: error.message.clone(), hints: error.hints.clone() }
    }
}
