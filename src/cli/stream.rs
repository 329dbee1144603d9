//! A document that is printed while its targets come: what came of ten thousand is never in memory at once.

use time::OffsetDateTime;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::render::json::v1;

/// The document of `inspect` or `diagnose`, begun. Its members are those of [`v1::Document`]; `ok`, which is known only
/// when all have been asked, stands behind the targets.
pub(crate) struct Stream<'a> {
    context: &'a Context,
    is_empty: bool,
}

impl<'a> Stream<'a> {
    /// Whether documents go to standard output as they are made.
    pub(crate) fn serves(context: &Context) -> bool {
        context.ui.json() && !context.ui.is_nested()
    }

    /// Prints the beginning.
    pub(crate) fn begin(
        command: &str,
        at: Option<OffsetDateTime>,
        context: &'a Context,
    ) -> Result<Self, CliError> {
        let at = at.map(|at| format!("  \"at\": \"{}\",\n", v1::time(at))).unwrap_or_default();
        let head = format!("{{\n  \"schema\": \"{}\",\n{at}  \"targets\": [", v1::schema(command));
        context.ui.octets(head.as_bytes())?;
        Ok(Self { context, is_empty: true })
    }

    /// Prints what came of one target.
    pub(crate) fn target(&mut self, target: &v1::Observed) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(target)
            .map_err(|error| CliError::new(Exit::Bug, "bug", error.to_string()))?;
        let comma = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        // A line end inside a value is written as an escape, so every one of these is layout.
        let text = text.replace('\n', "\n    ");
        self.context.ui.octets(format!("{comma}\n    {text}").as_bytes())
    }

    /// Prints the end.
    pub(crate) fn end(self, ok: bool) -> Result<(), CliError> {
        let end = if self.is_empty { "" } else { "\n  " };
        self.context.ui.octets(format!("{end}],\n  \"ok\": {ok},\n  \"error\": null\n}}\n").as_bytes())
    }
}
