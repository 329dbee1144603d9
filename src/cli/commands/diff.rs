//! `trustmend diff STORE STORE`.

use std::path::PathBuf;

use clap::Args;

use super::super::args::StorePassword;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble};
use crate::render::json::v1;
use crate::render::text;
use crate::store;

/// Compare two stores by the certificates they hold.
///
/// Formats, aliases, dates and order do not count. A certificate that Java trusts in one of the stores only is a difference.
/// The exit code is 0 when they hold the same, 1 when they differ.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend diff java:/opt/old/jre java:/opt/new/jre
  trustmend diff trust.jks trust.jks.20261123T143000Z.bak")]
pub(crate) struct Diff {
    /// A file (JKS, JCEKS, PKCS12, PEM), java: or java:/path/to/jre, os:, mozilla:
    first: String,
    /// The other.
    second: String,
    #[command(flatten)]
    password: StorePassword,
    /// Read the second store's password from the first line of FILE [default: as the first's].
    #[arg(long, value_name = "FILE", conflicts_with = "second_password_env")]
    second_password_file: Option<PathBuf>,
    /// Read the second store's password from the environment variable VAR.
    #[arg(long, value_name = "VAR")]
    second_password_env: Option<String>,
}

pub(crate) fn run(arguments: &Diff, context: &Context) -> Result<Exit, CliError> {
    let first = assemble::open(&arguments.first, &arguments.password, context)?;
    let flags = arguments.password.or_else(&arguments.second_password_file, &arguments.second_password_env);
    let second = assemble::open(&arguments.second, &flags, context)?;
    let difference = store::compare(&first.store, &second.store);
    if context.ui.json() {
        let places = [(first.text.as_str(), &first.store), (second.text.as_str(), &second.store)];
        let compared = v1::Compared::new(places, &difference);
        context.ui.document(&v1::Document::of("diff", difference.is_none(), compared))?;
    } else {
        context.ui.result(&text::store::difference(&first.shown(), &second.shown(), &difference))?;
    }
    Ok(if difference.is_none() { Exit::Done } else { Exit::No })
}
