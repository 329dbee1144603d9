//! A SOURCE as typed: a server, a file, a folder's files, or standard input.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args::StorePassword;
use super::assemble::{MAX_FILE, path_error, store_error};
use super::error::CliError;
use super::exit::Exit;
use super::password;
use crate::cert::Certificate;
use crate::fs::{self, PathError};
use crate::net::Endpoint;
use crate::net::record::{self, Recorded};
use crate::store::source::{self, Found};

/// Most files of a folder that are read.
const MAX_FILES: usize = 10_000;

/// A SOURCE, read as far as that needs no network.
#[derive(Debug)]
pub(crate) enum Source {
    /// A server to ask.
    Server(Endpoint),
    /// A file's certificates.
    File(CertificateFile),
    /// What a server showed somebody else, from a file.
    Record(PathBuf, Box<Recorded>),
}

/// Certificates that were read from a file.
#[derive(Debug)]
pub(crate) struct CertificateFile {
    /// Its path, or `-`.
    pub(crate) path: PathBuf,
    /// What it holds.
    pub(crate) found: Found,
}

impl CertificateFile {
    /// Its certificates, in its order.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        self.found.certificates.iter().map(|found| found.certificate.clone()).collect()
    }

    /// What could not be read, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problem = |problem: &crate::store::Problem| match &problem.alias {
            Some(alias) => format!("{alias}: {}", problem.message),
            None => problem.message.clone(),
        };
        self.found.problems.iter().map(problem).collect()
    }
}

/// Reads a SOURCE. A folder gives its files; what in it is no certificate file is passed over.
pub(crate) fn read(text: &str, flags: &StorePassword) -> Result<Vec<Source>, CliError> {
    if text == "-" {
        let octets =
            octets(Path::new("-"), MAX_FILE.saturating_add(1)).map_err(|error| source_error(&error))?;
        if u64::try_from(octets.len()).unwrap_or(u64::MAX) > MAX_FILE {
            return Err(CliError::new(
                Exit::Store,
                "source-unreadable",
                "standard input is too long for certificates",
            ));
        }
        return Ok(vec![parse(Path::new("-"), &octets, flags)?]);
    }
    match file_named(text) {
        Some(path) if path.is_dir() => folder(&path, flags),
        Some(path) => {
            let octets = octets(&path, MAX_FILE).map_err(|error| source_error(&error))?;
            Ok(vec![parse(&path, &octets, flags)?])
        }
        None => endpoint(text).map(|endpoint| vec![Source::Server(endpoint)]),
    }
}

/// Reads a file, standard input (`-`), or a pipe that a shell made (`<(..)`), at most `limit` octets.
pub(crate) fn octets(path: &Path, limit: u64) -> Result<Vec<u8>, PathError> {
    let failed = |source| PathError::Io { path: path.to_owned(), doing: "reading", source };
    let mut octets = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut octets).map_err(failed)?;
        return Ok(octets);
    }
    match std::fs::metadata(path) {
        Ok(metadata) if is_pipe(&metadata) => {
            let pipe = std::fs::File::open(path).map_err(failed)?;
            pipe.take(limit).read_to_end(&mut octets).map_err(failed)?;
            Ok(octets)
        }
        _ => fs::read(path, limit),
    }
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

/// Reads the text as a server.
pub(crate) fn endpoint(text: &str) -> Result<Endpoint, CliError> {
    Endpoint::parse(text).map_err(|error| {
        CliError::usage(error.to_string()).hint("write https://host:port, host:port, or the path of a file")
    })
}

/// Whether the text names a file or standard input rather than a server.
pub(crate) fn is_file(text: &str) -> bool {
    text == "-" || file_named(text).is_some()
}

/// The file meant, if one is: said with `file:`, there, or written as only a path is.
fn file_named(text: &str) -> Option<PathBuf> {
    if let Some(path) = text.strip_prefix("file:") {
        return Some(PathBuf::from(path));
    }
    if text.contains("://") {
        return None;
    }
    let path = PathBuf::from(text);
    let written_as_path = text.contains(['/', '\\']) || text.starts_with('.');
    let named_as_file = path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| {
        let known =
            ["pem", "crt", "cer", "der", "p7b", "p7c", "p12", "pfx", "jks", "jceks", "ks", "keystore"];
        known.contains(&ending.to_ascii_lowercase().as_str())
    });
    (written_as_path || named_as_file || path.exists()).then_some(path)
}

fn folder(path: &Path, flags: &StorePassword) -> Result<Vec<Source>, CliError> {
    let files = fs::files_in(path).map_err(|error| source_error(&error))?;
    let mut sources = Vec::new();
    for file in files.into_iter().take(MAX_FILES) {
        let Ok(octets) = fs::read(&file, MAX_FILE) else { continue };
        sources.extend(parse(&file, &octets, flags));
    }
    if sources.is_empty() {
        let message = format!("{}: no file in it holds a certificate", path.display());
        return Err(
            CliError::new(Exit::Store, "source-unreadable", message).hint("name the file itself to see why")
        );
    }
    Ok(sources)
}

fn parse(path: &Path, octets: &[u8], flags: &StorePassword) -> Result<Source, CliError> {
    if record::sniff(octets) {
        let recorded = record::read(octets).map_err(|what| {
            let message = format!("{}: not a whole observation: {what}", path.display());
            CliError::new(Exit::Store, "source-unreadable", message)
                .hint("`trustmend inspect SERVER --save FILE` writes one")
        })?;
        return Ok(Source::Record(path.to_owned(), Box::new(recorded)));
    }
    let given = password::given(flags)?;
    let found = source::certificates(octets, Some(&given.password)).map_err(|error| {
        let mut failure = store_error(path, &error, &given);
        use crate::store::StoreError::{Empty, NotAStore};
        if let NotAStore | Empty = error {
            failure.message = format!("{}: there is no certificate in it", path.display());
            failure.hints = vec!["a source is a PEM, DER, PKCS7, PKCS12 or JKS file, or a server".to_owned()];
        }
        failure.code = "source-unreadable".to_owned();
        failure
    })?;
    if found.certificates.is_empty() && found.problems.is_empty() {
        let message = format!("{}: there is no certificate in it", path.display());
        return Err(CliError::new(Exit::Store, "source-unreadable", message));
    }
    Ok(Source::File(CertificateFile { path: path.to_owned(), found }))
}

pub(crate) fn source_error(error: &PathError) -> CliError {
    let mut failure = path_error(error);
    failure.code = "source-unreadable".to_owned();
    failure
}
