//! `trustmend man`.

use std::path::PathBuf;

use clap::Args;

use super::super::Context;
use super::super::error::CliError;
use super::super::exit::Exit;
use crate::digest::Fingerprint;
use crate::fs::{PathError, Replace};
use crate::render::json::v1;

/// Largest page replaced: larger is no page of ours.
const MAX_PAGE: u64 = 1 << 20;

/// Write the manual pages into a folder: trustmend(1) and one for each command.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder; it is made if it does not exist.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Man, context: &Context) -> Result<Exit, CliError> {
    let failed = |error: PathError| CliError::from_source(Exit::Write, "write", &error);
    crate::fs::create_dir(&arguments.out).map_err(failed)?;
    let mut files = Vec::new();
    for (name, text) in pages() {
        let file = arguments.out.join(name);
        let old = match crate::fs::read(&file, MAX_PAGE) {
            Ok(old) => Some(Fingerprint::of(&old)),
            Err(PathError::NotFound { .. }) => None,
            Err(error) => return Err(failed(error)),
        };
        crate::fs::replace(&file, &text, &Replace { expected: old, mode: 0o644 }).map_err(failed)?;
        files.push(file.display().to_string());
    }
    if context.ui.json() {
        context.ui.document(&v1::Document::of("man", true, v1::Files { files }))?;
    } else {
        context.ui.note(&format!("wrote {} pages to {}", files.len(), arguments.out.display()));
    }
    Ok(Exit::Done)
}

/// The pages: one for the program, one for each command.
pub(crate) fn pages() -> Vec<(String, Vec<u8>)> {
    let definition = super::super::definition().disable_version_flag(true);
    let mut commands = vec![("trustmend".to_owned(), definition.clone())];
    for command in definition.get_subcommands() {
        let name = format!("trustmend-{}", command.get_name());
        let typed = format!("trustmend {}", command.get_name());
        let usage = usage(&typed, command);
        let page = command.clone().display_name(name.clone()).bin_name(typed).override_usage(usage);
        commands.push((name, page));
    }
    commands.into_iter().map(|(name, command)| (format!("{name}.1"), page(&name, &command))).collect()
}

/// What must be typed first, then what may be.
fn usage(typed: &str, command: &clap::Command) -> String {
    let mut words = vec![typed.to_owned()];
    let mut command = command.clone();
    command.build(); // how many values an argument takes is known from then on
    let (needed, optional): (Vec<_>, Vec<_>) =
        command.get_positionals().partition(|argument| argument.is_required_set());
    words.extend(needed.iter().map(ToString::to_string));
    let flags = command.get_opts().filter(|argument| argument.is_required_set());
    words.extend(flags.map(ToString::to_string));
    words.extend(optional.iter().map(ToString::to_string));
    words.push("[OPTIONS]".to_owned());
    words.join(" ")
}

fn page(name: &str, command: &clap::Command) -> Vec<u8> {
    let mut text = Vec::new();
    // No date: the page must be the same whenever it is made. Writing to a Vec cannot fail.
    let _ = clap_mangen::Man::new(command.clone()).title(name).source("trustmend").date("").render(&mut text);
    text
}
