//! Writing what was generated, and saying so.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::super::error::CliError;
use super::super::super::exit::Exit;
use super::super::super::journal::Why;
use super::super::super::{Context, assemble};
use super::Generate;
use super::keystore::{self, Keystore};
use super::renew::Status;
use super::server_config::Files;
use crate::ca::{Signed, SigningKey};
use crate::cert::{Certificate, KeyAlgorithm};
use crate::fs::{self, PathError};
use crate::render::escape::visible;
use crate::render::json::v1;
use crate::render::text::style::{self, paint};

/// Only its owner may read a private key.
pub(super) const SECRET: u32 = 0o600;
/// Everybody may read a certificate.
const PUBLIC: u32 = 0o644;

/// Where everything goes, found to be free.
pub(super) struct Places {
    folder: PathBuf,
    keystore: Option<Keystore>,
}

impl Places {
    /// Finds out what could fail, before a key is made or a file is written.
    pub(super) fn check(arguments: &Generate, folder: &Path, context: &Context) -> Result<Self, CliError> {
        if folder.is_dir() {
            let key = arguments.csr.is_none().then_some("key.pem");
            for name in ["cert.pem", "fullchain.pem", "ca.pem", "intermediate.pem"].into_iter().chain(key) {
                refuse_taken(&folder.join(name), arguments)?;
            }
        }
        let last = fs::read(&folder.join("cert.pem"), assemble::MAX_FILE).unwrap_or_default();
        let keystore = Keystore::check(arguments, &last, context)?;
        Ok(Self { folder: folder.to_owned(), keystore })
    }
}

/// Where everything went.
pub(super) struct Output {
    files: Vec<(&'static str, PathBuf)>,
    keystore: Option<(PathBuf, &'static str)>,
    /// With the keystore's password.
    password_file: Option<PathBuf>,
    is_random: bool,
}

/// A file to be: what it is, where, its octets, its mode.
type NewFile = (&'static str, PathBuf, Zeroizing<Vec<u8>>, u32);

/// Writes the PEM files, the keystore, and imports the anchor where that was asked for.
pub(super) fn write(
    arguments: &Generate,
    context: &Context,
    places: Places,
    signed: &Signed,
    key: Option<&SigningKey>,
) -> Result<Output, CliError> {
    let chain = chain(arguments, signed);
    let files = files(&places.folder, signed, key, &chain);
    let keystore = match (&places.keystore, key) {
        (Some(keystore), Some(key)) => {
            Some((keystore, keystore.with_key(&arguments.alias, key, &chain, context.now)?))
        }
        _ => None,
    };
    let mut writer = Writer { force: arguments.force, made: Vec::new(), folders: Vec::new() };
    let written = writer
        .folder(&places.folder)
        .and_then(|()| write_all(&files, keystore.as_ref(), &mut writer, context));
    if let Err(error) = written {
        writer.undo();
        return Err(error);
    }
    if let Some((keystore, octets)) = &keystore {
        let applied = keystore.applied(octets, &arguments.alias, &signed.certificate);
        arguments.logging.record("generate", &keystore.path, &applied, Why::default(), context);
    }
    let keystore = keystore.map(|(keystore, _)| keystore);
    Ok(Output {
        files: files.into_iter().map(|(what, path, ..)| (what, path)).collect(),
        keystore: keystore.map(|keystore| (keystore.path.clone(), keystore.kind())),
        password_file: keystore.and_then(|keystore| keystore.password_file.clone()),
        is_random: keystore.is_some_and(|keystore| keystore.is_random),
    })
}

/// The PEM files.
fn files(folder: &Path, signed: &Signed, key: Option<&SigningKey>, chain: &[Certificate]) -> Vec<NewFile> {
    let pem = |certificates: &[Certificate]| {
        let blocks = certificates.iter().map(|one| crate::pem::encode("CERTIFICATE", one.der()));
        Zeroizing::new(blocks.collect::<String>().into_bytes())
    };
    let one = |certificate: &Certificate| pem(std::slice::from_ref(certificate));
    let mut files = vec![
        ("certificate", folder.join("cert.pem"), one(&signed.certificate), PUBLIC),
        ("chain", folder.join("fullchain.pem"), pem(chain), PUBLIC),
        ("ca", folder.join("ca.pem"), one(signed.anchor()), PUBLIC),
    ];
    let intermediates = signed.chain.iter().chain(&signed.withheld).filter(|one| !one.is_self_issued());
    let intermediates: Vec<Certificate> = intermediates.cloned().collect();
    if !intermediates.is_empty() {
        files.push(("intermediate", folder.join("intermediate.pem"), pem(&intermediates), PUBLIC));
    }
    if let Some(key) = key {
        files.push(("key", folder.join("key.pem"), Zeroizing::new(key.pem().as_bytes().to_vec()), SECRET));
    }
    files
}

/// What the server will send.
fn chain(arguments: &Generate, signed: &Signed) -> Vec<Certificate> {
    let root = signed.root.iter().filter(|_| arguments.send_root);
    signed.full_chain().chain(root).cloned().collect()
}

/// The keystore comes last: what was done to the others can be done again.
fn write_all(
    files: &[NewFile],
    keystore: Option<&(&Keystore, Vec<u8>)>,
    writer: &mut Writer,
    context: &Context,
) -> Result<(), CliError> {
    for (_, path, octets, mode) in files {
        writer.put(path, octets, *mode)?;
    }
    let Some((keystore, octets)) = keystore else { return Ok(()) };
    if let Some(file) = keystore.password_file.as_ref().filter(|_| keystore.is_random) {
        writer.put(file, keystore.password_line().as_bytes(), SECRET)?;
    }
    keystore.write(octets, context.now, writer, context)
}

/// Refuses what is in the way, and links always: what is written goes nowhere but where it says.
pub(super) fn refuse_taken(path: &Path, arguments: &Generate) -> Result<(), CliError> {
    let found = fs::resolve(path).map_err(|error| write_error(&error))?;
    if found.is_link {
        let message = format!("{} is a link to {}", path.display(), found.path.display());
        return Err(CliError::new(Exit::Refused, "link", message)
            .hint("remove the link, or name another place with --out and --keystore"));
    }
    if found.exists && !arguments.force {
        let message = format!("{} is already there", path.display());
        let failure = CliError::new(Exit::Refused, "exists", message);
        if arguments.keystore.as_deref() == Some(path) {
            return Err(failure
                .hint("to add the key to it: --into-keystore instead of --keystore")
                .hint("or name another one, or replace it with --force"));
        }
        return Err(failure
            .hint("--if-needed keeps it as long as it does; --renew FOLDER makes another like it")
            .hint("or name another place with --out, or replace it with --force"));
    }
    Ok(())
}

/// Writes files, and remembers which are new.
pub(super) struct Writer {
    force: bool,
    made: Vec<PathBuf>,
    /// Folders that were not there before, the innermost first.
    folders: Vec<PathBuf>,
}

impl Writer {
    /// Makes a folder, and those above it.
    fn folder(&mut self, path: &Path) -> Result<(), CliError> {
        let named = path.ancestors().filter(|folder| !folder.as_os_str().is_empty());
        self.folders = named.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        fs::create_dir(path).map_err(|error| write_error(&error))
    }

    /// Makes a file with this mode, whatever was there. Only what is replaced is worth waiting for the disk.
    pub(super) fn put(&mut self, path: &Path, octets: &[u8], mode: u32) -> Result<(), CliError> {
        let put = match fs::create_unsynced(path, octets, mode) {
            Ok(()) => {
                self.made.push(path.to_owned());
                Ok(())
            }
            Err(PathError::Exists { .. }) if self.force => fs::create_over(path, octets, mode),
            Err(error) => Err(error),
        };
        put.map_err(|error| write_error(&error))
    }

    /// Removes the new files and folders, so that the next attempt does not find them in its way.
    fn undo(self) {
        for path in &self.made {
            let _ = fs::remove_file(path);
        }
        for folder in &self.folders {
            let _ = fs::remove_empty_dir(folder);
        }
    }
}

pub(super) fn write_error(error: &PathError) -> CliError {
    CliError::from_source(Exit::Write, "write", error).hint(error.hint())
}

/// What an earlier run wrote.
pub(super) fn there(arguments: &Generate, folder: &Path) -> Output {
    let files = [
        ("certificate", "cert.pem"),
        ("chain", "fullchain.pem"),
        ("ca", "ca.pem"),
        ("intermediate", "intermediate.pem"),
        ("key", "key.pem"),
    ];
    let files = files.map(|(what, name)| (what, folder.join(name)));
    let (keystore, password_file) = keystore::there(arguments).unzip();
    Output {
        files: files.into_iter().filter(|(_, path)| path.exists()).collect(),
        keystore,
        is_random: arguments.keystore_password_file.is_none(),
        password_file: password_file.flatten(),
    }
}

impl Output {
    pub(super) fn show(
        &self,
        arguments: &Generate,
        context: &Context,
        certificate: &Certificate,
        status: &Status,
        trusted: Vec<(v1::Trusted, Exit)>,
    ) -> Result<(), CliError> {
        let config =
            arguments.server_config.map(|server| server.lines(&self.config_files(arguments, certificate)));
        if context.ui.json() {
            let result = v1::Generated {
                status: status.name().to_owned(),
                reason: status.reason().map(str::to_owned),
                certificate: certificate.into(),
                files: self
                    .files
                    .iter()
                    .map(|(what, path)| ((*what).to_owned(), path.display().to_string()))
                    .collect(),
                keystore: self.keystore.as_ref().map(|(path, _)| path.display().to_string()),
                password_file: self
                    .password_file
                    .as_ref()
                    .filter(|_| self.is_random)
                    .map(|path| path.display().to_string()),
                server_config: config,
                trusted: trusted.iter().map(|(trusted, _)| trusted.clone()).collect(),
            };
            let ok = trusted.iter().all(|(trusted, _)| trusted.ok);
            return context.ui.document(&v1::Document::of("generate", ok, result));
        }
        let mut text = self.text(arguments, context, certificate, status);
        if let Some(config) = config {
            text.push_str(&format!("\n{config}"));
        }
        let is_trusted = !trusted.is_empty() && trusted.iter().all(|(trusted, _)| trusted.ok);
        if !is_trusted {
            let ca = self.files.iter().find(|(what, _)| *what == "ca");
            let ca = ca.map(|(_, path)| path.display().to_string()).unwrap_or_default();
            let next = ["trustmend", "import", &ca, "--store", "STORE"].map(str::to_owned);
            let next = crate::render::text::finding::shell(&next);
            let next = paint(style::HINT, &visible(&next));
            text.push_str(&format!("\nClients have to trust ca.pem: {next}\n"));
        }
        if arguments.renew.is_some() && arguments.keystore.is_none() && arguments.into_keystore.is_none() {
            context.ui.note(
                "a keystore with the old certificate keeps it: name it too, with --keystore FILE or --into-keystore FILE",
            );
        }
        context.ui.result(&text)
    }

    /// What was made, and where it is.
    fn text(
        &self,
        arguments: &Generate,
        context: &Context,
        certificate: &Certificate,
        status: &Status,
    ) -> String {
        let because = status.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        let mut text = format!(
            "{}\n{}{}\n",
            paint(style::BOLD, &crate::render::text::certificate::subject(certificate)),
            status.name(),
            visible(&because)
        );
        text.push_str(&crate::render::text::certificate::facts(certificate, context.now, 2));
        text.push('\n');
        for (what, path) in &self.files {
            text.push_str(&format!("{what:<13} {}\n", visible(&path.display().to_string())));
        }
        if let Some((path, kind)) = &self.keystore {
            let alias = visible(&arguments.alias);
            text.push_str(&format!(
                "{:<13} {} ({kind}, alias {alias})\n",
                "keystore",
                visible(&path.display().to_string())
            ));
        }
        if let Some(path) = &self.password_file {
            text.push_str(&format!("{:<13} {}\n", "its password", visible(&path.display().to_string())));
        }
        text
    }

    fn config_files<'a>(&self, arguments: &'a Generate, certificate: &Certificate) -> Files<'a> {
        let find = |what: &str| {
            let found = self.files.iter().find(|(name, _)| *name == what);
            found.map(|(_, path)| absolute(path)).unwrap_or_default()
        };
        let keystore = self.keystore.as_ref();
        Files {
            keystore: keystore.map(|(path, kind)| (absolute(path), *kind, arguments.alias.as_str())),
            fullchain: find("chain"),
            key: find("key"),
            password_file: self.password_file.as_deref().map(absolute),
            is_ed25519: certificate.public_key().algorithm == KeyAlgorithm::Ed25519,
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
