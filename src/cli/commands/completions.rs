//! `trustmend completions SHELL`.

use clap::Args;
use clap_complete::Shell;

use super::super::Context;
use super::super::error::CliError;
use super::super::exit::Exit;
use crate::render::json::v1;

/// Print a completion script for a shell.
///
/// For bash: trustmend completions bash > /etc/bash_completion.d/trustmend
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Completions, context: &Context) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::super::definition(), "trustmend", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if context.ui.json() {
        context.ui.document(&v1::Document::of("completions", true, v1::Script { script }))?;
    } else {
        context.ui.result(&script)?;
    }
    Ok(Exit::Done)
}
