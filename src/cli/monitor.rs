//! Answers for others than the caller: Prometheus, Nagios, a page; to standard output or into a file that is replaced whole.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, Args, ValueEnum};
use serde::Serialize;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::fs;
use crate::render::json::v1;
use crate::render::nagios::{self, Level, Thresholds};

/// The mode of a file that another program reads.
const MODE: u32 = 0o644;

/// Flags of commands that a monitoring system runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Monitoring")]
pub(crate) struct Monitoring {
    /// How to answer. With nagios the exit codes are those of its plugins: 0 OK, 1 warning, 2 critical, 3 unknown.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Form::Text)]
    pub(crate) format: Form,
    /// Put the answer into FILE, which is replaced whole, as the textfile collector of node_exporter needs it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// With nagios: fewer days of validity are worth a warning.
    #[arg(short = 'w', long = "warning", value_name = "DAYS", default_value_t = 20)]
    warning: u32,
    /// With nagios: fewer are critical.
    #[arg(short = 'c', long = "critical", value_name = "DAYS", default_value_t = 15)]
    critical: u32,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// One JSON document, as with --json.
    Json,
    /// The text format of Prometheus.
    Prometheus,
    /// One line with performance data.
    Nagios,
    /// A page to mail, with nothing in it that is loaded or run (diagnose).
    Html,
}

impl Monitoring {
    /// `--format` of a command that makes no page.
    pub(crate) fn without_a_page(format: Arg) -> Arg {
        let forms = Form::value_variants().iter().filter(|form| **form != Form::Html);
        let named = PossibleValuesParser::new(forms.filter_map(ValueEnum::to_possible_value));
        format.value_parser(named.try_map(|name| Form::from_str(&name, false)))
    }

    pub(crate) fn thresholds(&self) -> Thresholds {
        Thresholds { warning: self.warning, critical: self.critical }
    }

    /// Whether text for people goes to standard output as it comes.
    pub(crate) fn is_text_out(&self) -> bool {
        matches!(self.format, Form::Text | Form::Json) && self.out.is_none()
    }

    /// Gives text where it is wanted.
    pub(crate) fn text(&self, text: &str, context: &Context) -> Result<(), CliError> {
        match &self.out {
            None => context.ui.result(text),
            Some(_) => self.put(anstream::adapter::strip_str(text).to_string().as_bytes()),
        }
    }

    /// Gives a document where it is wanted.
    pub(crate) fn document<R: Serialize>(
        &self,
        document: &v1::Document<R>,
        context: &Context,
    ) -> Result<(), CliError> {
        if self.out.is_none() {
            return context.ui.document(document);
        }
        let mut text = serde_json::to_string_pretty(document)
            .map_err(|error| CliError::new(Exit::Bug, "bug", error.to_string()))?;
        text.push('\n');
        self.put(text.as_bytes())
    }

    fn put(&self, octets: &[u8]) -> Result<(), CliError> {
        let Some(path) = &self.out else { return Ok(()) };
        let failed =
            |error: fs::PathError| CliError::from_source(Exit::Write, "write", &error).hint(error.hint());
        fs::create_over(path, octets, MODE).map_err(failed)
    }

    /// Gives the line of a plugin, and its exit code.
    pub(crate) fn nagios(
        &self,
        level: Level,
        words: &str,
        data: &[String],
        context: &Context,
    ) -> Result<Exit, CliError> {
        self.text(&nagios::line(level, words, data), context)?;
        Ok(Exit::of_plugin(level))
    }
}
