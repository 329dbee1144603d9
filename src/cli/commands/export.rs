//! `trustmend export STORE`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::args::{READ_STORE, Selection, StorePassword};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::fs::{self, PathError, Replace};
use crate::pem;
use crate::render::json::v1;
use crate::render::text;
use crate::store::{self, Entry};

/// Permissions of the file: certificates are public.
const MODE: u32 = 0o644;

/// Write certificates of a store to a file or to standard output, never private keys.
///
/// Without --alias, --fingerprint and --all, every certificate that Java trusts, each once; of a private key that was named, its
/// chain. A file that is there is not overwritten without --force. What was named and is not there gives the exit code 1, and
/// nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend export java: --alias corp-ca
  trustmend export trust.p12 -o all.pem
  trustmend export trust.jks --fingerprint SHA256 --format der -o corp.der")]
pub(crate) struct Export {
    #[arg(help = READ_STORE)]
    store: String,
    #[command(flatten)]
    selection: Selection,
    /// Also what Java does not trust, and the chains of keys.
    #[arg(long)]
    all: bool,
    /// How the certificates are written.
    #[arg(long, value_name = "FORMAT", default_value = "pem")]
    format: Encoding,
    /// The file; - is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Overwrite the file.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    password: StorePassword,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Encoding {
    /// PEM, the alias of each in a comment above it.
    Pem,
    /// DER; one certificate only.
    Der,
    /// PKCS7 in PEM, for Windows and for chains in one block.
    Pkcs7,
}

/// A certificate and the alias it goes by.
type Named<'s> = (&'s str, &'s Certificate);

pub(crate) fn run(arguments: &Export, context: &Context) -> Result<Exit, CliError> {
    let opened = assemble::open_whole(&arguments.store, &arguments.password, context)?;
    let entries = arguments.selection.of(&opened)?;
    let everything = arguments.all || arguments.selection.is_named();
    let certificates = certificates(&entries, everything);
    if certificates.is_empty() {
        let message = format!("{}: there is no certificate to export", opened.shown());
        let error = CliError::new(Exit::No, "entry-missing", message);
        return Err(if everything { error } else { error.hint("what Java does not trust: --all") });
    }
    let octets = encode(arguments.format, &certificates)?;
    let to_file = arguments.output.as_os_str() != "-";
    if to_file {
        write(&arguments.output, &octets, arguments.force)?;
        context.ui.note(&format!(
            "wrote {} certificates to {}",
            certificates.len(),
            arguments.output.display()
        ));
    }
    if context.ui.json() {
        let file = to_file.then_some(arguments.output.as_path());
        context.ui.document(&v1::Document::of("export", true, v1::Exported::new(&certificates, file)))?;
    } else if !to_file {
        context.ui.octets(&octets)?;
    }
    Ok(Exit::Done)
}

/// The certificates of the entries, each once, under the first alias it has; unless `everything`, only what Java trusts.
fn certificates<'s>(entries: &[&'s Entry], everything: bool) -> Vec<Named<'s>> {
    let mut seen = std::collections::HashSet::new();
    let of = |entry: &&'s Entry| {
        let wanted = match (everything, entry.anchor_for_java) {
            (true, _) => entry.certificates.len(),
            (false, true) => 1,
            (false, false) => 0,
        };
        entry.certificates.iter().take(wanted).map(|certificate| (entry.alias.as_str(), certificate))
    };
    entries.iter().flat_map(of).filter(|(_, certificate)| seen.insert(certificate.sha256())).collect()
}

fn encode(format: Encoding, certificates: &[Named<'_>]) -> Result<Vec<u8>, CliError> {
    match (format, certificates) {
        (Encoding::Pem, _) => Ok(text::store::pem(certificates).into_bytes()),
        (Encoding::Der, [(_, certificate)]) => Ok(certificate.der().to_vec()),
        (Encoding::Der, several) => {
            let count = several.len();
            Err(CliError::usage(format!("DER holds one certificate, and {count} were chosen"))
                .hint("choose one with --alias or --fingerprint, or another --format"))
        }
        (Encoding::Pkcs7, _) => {
            let der = store::pkcs7::encode(certificates.iter().map(|(_, certificate)| *certificate));
            Ok(pem::encode("PKCS7", &der).into_bytes())
        }
    }
}

fn write(path: &Path, octets: &[u8], force: bool) -> Result<(), CliError> {
    let written = match fs::create_new(path, octets, MODE) {
        Err(PathError::Exists { .. }) if force => overwrite(path, octets),
        other => other,
    };
    written.map_err(|error| match error {
        PathError::Exists { .. } => {
            CliError::from_source(Exit::Refused, "file-exists", &error).hint("to overwrite it: --force")
        }
        error => CliError::from_source(Exit::Write, "write", &error).hint(error.hint()),
    })
}

fn overwrite(path: &Path, octets: &[u8]) -> Result<(), PathError> {
    let old = fs::read(path, assemble::MAX_FILE)?;
    fs::replace(path, octets, &Replace { expected: Some(Fingerprint::of(&old)), mode: MODE })
}
