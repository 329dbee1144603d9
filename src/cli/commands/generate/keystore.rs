//! The keystore: a new one, or one that a server uses already.
//!
//! All that can be wrong with it is found by [`Keystore::check`], before anything is written; the lock it takes shows that
//! the folder can be written, and keeps others out until the end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;
use zeroize::Zeroizing;

use super::super::super::error::CliError;
use super::super::super::exit::Exit;
use super::super::super::{Context, assemble, password, write};
use super::Generate;
use super::output::{SECRET, Writer, refuse_taken, write_error};
use crate::ca::{SigningKey, names_our_authority};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::fs::{self, Lock, PathError, Replace};
use crate::import::{Action, Applied, Plan, Step};
use crate::secret::Password;
use crate::store::{self, Alias, Edit, Entry, EntryKind, Format, Pkcs8, Store, StoreError};

/// How long to wait for another writer.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Where the key goes, locked.
pub(super) struct Keystore {
    /// As typed.
    pub(super) path: PathBuf,
    /// The file that holds its password, if there is one.
    pub(super) password_file: Option<PathBuf>,
    /// Whether that file is still to be made.
    pub(super) is_random: bool,
    target: PathBuf,
    format: &'static dyn Format,
    password: Password,
    /// The keystore that is added to, and the entry that goes.
    old: Option<(Vec<u8>, Store, Option<Alias>)>,
    /// What a keystore that is made anew was, and how many entries it had.
    before: Option<(Fingerprint, usize)>,
    _lock: Lock,
}

impl Keystore {
    /// The keystore that the flags name. `last` is the certificate that the PEM files had until now.
    pub(super) fn check(
        arguments: &Generate,
        last: &[u8],
        context: &Context,
    ) -> Result<Option<Self>, CliError> {
        match (&arguments.keystore, &arguments.into_keystore) {
            (Some(path), _) => fresh(path, arguments, last, context).map(Some),
            (None, Some(path)) => existing(path, arguments, context).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The format as Java calls it.
    pub(super) fn kind(&self) -> &'static str {
        java_name(self.format)
    }

    /// Its octets with the key in it, read back.
    pub(super) fn with_key(
        &self,
        alias: &str,
        key: &SigningKey,
        chain: &[Certificate],
        now: OffsetDateTime,
    ) -> Result<Vec<u8>, CliError> {
        let failed = |error: StoreError| store_failure(&self.path, &error);
        let key = Pkcs8::from_der(key.pkcs8().clone()).map_err(failed)?;
        let add = Edit::AddKey { alias: Alias::new(alias), key, chain: chain.to_vec(), created: now };
        let password = Some(&self.password);
        let (edited, entries) = match &self.old {
            None => {
                let empty = store::empty(self.format, password).map_err(failed)?;
                (store::edit(&empty, &[add], password).map_err(failed)?, 1)
            }
            Some((octets, store, replaced)) => {
                let remove = replaced.clone().map(|alias| Edit::Remove { alias, certificate: None });
                let edits: Vec<Edit> = remove.into_iter().chain([add]).collect();
                let edited = store::edit(octets, &edits, password).map_err(failed)?;
                (edited, store.entries.len() + 2 - edits.len())
            }
        };
        let written = store::decode(&edited, password).map_err(failed)?;
        let is_ours = |entry: &Entry| {
            entry.kind == EntryKind::PrivateKey
                && entry.certificates.first().map(Certificate::sha256)
                    == chain.first().map(Certificate::sha256)
        };
        if written.entries.len() != entries || !written.entries.iter().any(is_ours) {
            let message = format!("{}: the new keystore does not read as planned", self.path.display());
            return Err(CliError::new(Exit::Write, "keystore", message).hint("the file was not touched"));
        }
        Ok(edited)
    }

    /// Puts the octets there; one that was added to is kept as a backup.
    pub(super) fn write(
        &self,
        octets: &[u8],
        now: OffsetDateTime,
        writer: &mut Writer,
        context: &Context,
    ) -> Result<(), CliError> {
        let Some((old, ..)) = &self.old else { return writer.put(&self.path, octets, SECRET) };
        let stamp = now.format(format_description!("[year][month][day]T[hour][minute][second]Z"));
        let stamp = stamp.unwrap_or_else(|_| now.unix_timestamp().to_string());
        let backup =
            fs::backup(&self.target, None, &stamp, write::BACKUPS).map_err(|error| write_error(&error))?;
        let how = Replace { expected: Some(Fingerprint::of(old)), mode: SECRET };
        if let Err(error) = fs::replace(&self.target, octets, &how) {
            if !matches!(error, PathError::Unsynced { .. }) {
                let _ = fs::remove_file(&backup);
            }
            return Err(write_error(&error));
        }
        context.ui.note(&format!("the keystore as it was: {}", backup.display()));
        Ok(())
    }

    /// What was done, for the record.
    pub(super) fn applied(&self, octets: &[u8], alias: &str, leaf: &Certificate) -> Applied {
        let added = self.old.as_ref().map(|(old, store, _)| (Fingerprint::of(old), store.entries.len()));
        let before = self.before.or(added);
        let replaces = self.before.is_some() || matches!(&self.old, Some((_, _, Some(_))));
        let step = Step {
            action: if replaces { Action::Replace } else { Action::Add },
            alias: alias.to_owned(),
            fingerprint: Some(leaf.sha256()),
            subject: leaf.subject().to_string(),
            reason: "a key and its certificate".to_owned(),
        };
        Applied {
            plan: Plan { steps: vec![step], edits: Vec::new() },
            sha256_before: before.map(|(sha256, _)| sha256),
            sha256_after: Some(Fingerprint::of(octets)),
            entries_before: before.map(|(_, entries)| entries),
            entries_after: added.map_or(1, |(_, entries)| entries + usize::from(!replaces)),
            format: self.format.name(),
            backup: None,
            changed: true,
        }
    }

    /// The octets of the file with its random password.
    pub(super) fn password_line(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}\n", self.password.text()))
    }
}

/// The password made for the keystore that is there, if its file is still private: the server that reads it may have been
/// told.
fn kept(path: &Path, beside: &Path) -> Option<Password> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::symlink_metadata(beside).ok()?.permissions().mode();
        if mode & 0o077 != 0 {
            return None;
        }
    }
    let octets = fs::read(path, assemble::MAX_FILE).ok()?;
    let password = password::from_file(beside).ok()?;
    store::decode(&octets, Some(&password)).ok().map(|_| password)
}

/// A keystore that holds nothing but the new key.
fn fresh(path: &Path, arguments: &Generate, last: &[u8], context: &Context) -> Result<Keystore, CliError> {
    refuse_taken(path, arguments)?;
    let beside = beside(path);
    let named = match named(arguments)? {
        None if arguments.ask_keystore_password => Some(asked(path, true, context)?),
        named => named,
    };
    let (password, password_file, is_random) = match named {
        Some(password) => {
            password::check_new(&password, &context.ui)?;
            (password, arguments.keystore_password_file.clone(), false)
        }
        None => {
            refuse_taken(&beside, arguments)?;
            let password = kept(path, &beside).or_else(Password::random);
            let password = password
                .ok_or_else(|| CliError::new(Exit::Bug, "random", "the system gave no random numbers"))?;
            (password, Some(beside.clone()), true)
        }
    };
    let target = fs::resolve(path).map_err(|error| write_error(&error))?;
    let lock = lock(&target.path)?;
    let mut before = None;
    if target.exists {
        let octets =
            fs::read(&target.path, assemble::MAX_FILE).map_err(|error| assemble::path_error(&error))?;
        let mut passwords = vec![password.clone()];
        passwords.extend(password::from_file(&beside).ok());
        let entries = refuse_other_keys(path, &octets, &passwords, last)?;
        before = Some((Fingerprint::of(&octets), entries));
    }
    let format = new_format(path, arguments)?;
    let path = path.to_owned();
    let target = target.path;
    Ok(Keystore { path, password_file, is_random, target, format, password, old: None, before, _lock: lock })
}

/// The format asked for, else JKS by the file's ending, else PKCS12, which every Java reads by now.
fn new_format(path: &Path, arguments: &Generate) -> Result<&'static dyn Format, CliError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let by_ending = || {
        store::format_for_extension(&extension.to_ascii_lowercase()).filter(|format| format.name() == "jks")
    };
    let format = match &arguments.format {
        Some(name) => store::format(name),
        None => by_ending().or_else(|| store::format("pkcs12")),
    };
    format.ok_or_else(|| CliError::usage("the keystore's format is not known"))
}

/// Only a keystore that was made here may be lost: every entry a key, certified by an authority of ours or by the
/// certificate that stands beside it. Gives how many there are.
fn refuse_other_keys(
    path: &Path,
    octets: &[u8],
    passwords: &[Password],
    last: &[u8],
) -> Result<usize, CliError> {
    let refused = |why: &str| {
        let message = format!("{} {why}, so it is not replaced", path.display());
        CliError::new(Exit::Refused, "keystore-in-use", message)
            .hint("to add the key to it: --into-keystore instead of --keystore")
            .hint("or move it away, or name another one")
    };
    let opened = passwords.iter().find_map(|password| store::decode(octets, Some(password)).ok());
    let store =
        opened.ok_or_else(|| refused("cannot be opened with the password given or kept beside it"))?;
    let made_here = |entry: &Entry| {
        let is_ours = |certificate: &Certificate| {
            names_our_authority(certificate)
                || crate::pem::encode("CERTIFICATE", certificate.der()).as_bytes() == last
        };
        entry.kind == EntryKind::PrivateKey && entry.certificates.first().is_some_and(is_ours)
    };
    if let Some(entry) = store.entries.iter().find(|entry| !made_here(entry)) {
        return Err(refused(&format!("holds {:?}, which was not made here", entry.alias.as_str())));
    }
    if store.problems.is_empty() {
        Ok(store.entries.len())
    } else {
        Err(refused("holds what cannot be read"))
    }
}

/// A keystore that the key is added to.
fn existing(path: &Path, arguments: &Generate, context: &Context) -> Result<Keystore, CliError> {
    let target = fs::resolve(path).map_err(|error| assemble::path_error(&error))?;
    if !target.exists {
        let message = format!("{}: no such file", path.display());
        return Err(CliError::new(Exit::Store, "store-missing", message)
            .hint("--keystore makes a new one, --into-keystore adds to one"));
    }
    let lock = lock(&target.path)?;
    let octets = fs::read(&target.path, assemble::MAX_FILE).map_err(|error| assemble::path_error(&error))?;
    let (mut password, mut password_file) = match named(arguments)? {
        None if arguments.ask_keystore_password => (asked(path, false, context)?, None),
        named => or_known(named, path, arguments),
    };
    let mut decoded = store::decode(&octets, Some(&password));
    let is_guessed = named(arguments)?.is_none() && !arguments.ask_keystore_password;
    if matches!(decoded, Err(StoreError::WrongPassword { .. }))
        && is_guessed
        && let Some(typed) = password::prompt(&context.ui, &path.display().to_string())
    {
        (password, password_file) = (typed, None);
        decoded = store::decode(&octets, Some(&password));
    }
    let store = decoded.map_err(|error| store_failure(path, &error))?;
    if let Some(problem) = store.java_refuses() {
        let message = format!("{}: Java refuses to load it: {}", path.display(), problem.message);
        return Err(CliError::new(Exit::Store, "store-unreadable", message)
            .hint("restore it from a backup, or name another one"));
    }
    if store.format.name() == "pem" {
        let message = format!("{} is a PEM file, not a keystore", path.display());
        return Err(CliError::usage(message).hint("a server that reads PEM takes fullchain.pem and key.pem"));
    }
    let replaced = replaced(path, &store, arguments)?;
    let format = store.format;
    let (path, target, old) = (path.to_owned(), target.path, Some((octets, store, replaced)));
    Ok(Keystore {
        path,
        password_file,
        is_random: false,
        target,
        format,
        password,
        old,
        before: None,
        _lock: lock,
    })
}

/// The entry that the new key takes the place of.
fn replaced(path: &Path, store: &Store, arguments: &Generate) -> Result<Option<Alias>, CliError> {
    let wanted = store.format.alias(&arguments.alias).map_err(|error| store_failure(path, &error))?;
    let same = |entry: &&Entry| store.format.same_alias(&entry.alias, &wanted);
    let Some(entry) = store.entries.iter().find(same) else { return Ok(None) };
    let refused = |what: &str, hint: &str| {
        let message = format!("{} has {what} with the alias {:?}", path.display(), entry.alias.as_str());
        Err(CliError::new(Exit::Refused, "exists", message).hint(hint))
    };
    match entry.kind {
        EntryKind::PrivateKey if arguments.force => Ok(Some(entry.alias.clone())),
        EntryKind::PrivateKey => {
            refused("a key", "renew it with --force, or name another alias with --alias")
        }
        _ => refused("something else than a key", "name another alias with --alias"),
    }
}

/// The keystore of the flags as it is: opened with the password given or kept beside it.
fn opened(arguments: &Generate) -> Option<(PathBuf, Store, Option<PathBuf>)> {
    let path = arguments.keystore.as_ref().or(arguments.into_keystore.as_ref())?;
    let octets = fs::read(path, assemble::MAX_FILE).ok()?;
    let (password, file) = or_known(named(arguments).ok()?, path, arguments);
    let store = store::decode(&octets, Some(&password)).ok()?;
    Some((path.clone(), store, file))
}

/// Whether the keystore of the flags, if they name one, has the certificate with its key.
pub(super) fn holds(arguments: &Generate, certificate: &Certificate) -> bool {
    if arguments.keystore.is_none() && arguments.into_keystore.is_none() {
        return true;
    }
    let is_it = |entry: &Entry| {
        entry.kind == EntryKind::PrivateKey && entry.certificates.first() == Some(certificate)
    };
    opened(arguments).is_some_and(|(_, store, _)| store.entries.iter().any(is_it))
}

/// The keystore of the flags with its format as Java calls it, and the file with its password.
pub(super) fn there(arguments: &Generate) -> Option<((PathBuf, &'static str), Option<PathBuf>)> {
    let (path, store, file) = opened(arguments)?;
    Some(((path, java_name(store.format)), file))
}

/// A format as Java calls it.
fn java_name(format: &dyn Format) -> &'static str {
    match format.name() {
        "jks" => "JKS",
        "jceks" => "JCEKS",
        _ => "PKCS12",
    }
}

/// The password that the flags name.
fn named(arguments: &Generate) -> Result<Option<Password>, CliError> {
    match (&arguments.keystore_password_file, &arguments.keystore_password_env) {
        (Some(file), _) => password::from_file(file).map(Some),
        (None, Some(variable)) => password::from_env(variable).map(Some),
        (None, None) => Ok(None),
    }
}

/// The password named, else the one kept beside the keystore, else the one that every JRE ships with; and its file.
fn or_known(named: Option<Password>, path: &Path, arguments: &Generate) -> (Password, Option<PathBuf>) {
    if let Some(password) = named {
        return (password, arguments.keystore_password_file.clone());
    }
    let beside = beside(path);
    match password::from_file(&beside) {
        Ok(password) => (password, Some(beside)),
        Err(_) => (Password::changeit(), None),
    }
}

/// The password that a person types.
fn asked(path: &Path, is_new: bool, context: &Context) -> Result<Password, CliError> {
    let place = path.display().to_string();
    let question = format!("New password of {}: ", crate::render::escape::visible(&place));
    let typed = match is_new {
        true => password::prompt_twice(&context.ui, &question)?,
        false => password::prompt(&context.ui, &place),
    };
    typed.ok_or_else(|| {
        CliError::usage("there is nobody to ask for the keystore's password")
            .hint("say --keystore-password-file FILE or --keystore-password-env VAR")
    })
}

/// Where a random password is kept.
fn beside(keystore: &Path) -> PathBuf {
    let mut name = keystore.as_os_str().to_owned();
    name.push(".password");
    PathBuf::from(name)
}

fn lock(target: &Path) -> Result<Lock, CliError> {
    fs::lock(target, LOCK_WAIT).map_err(|error| match error {
        PathError::Locked { .. } => CliError::from_source(Exit::Store, "store-locked", &error),
        other => write_error(&other),
    })
}

fn store_failure(path: &Path, error: &StoreError) -> CliError {
    let mut failure = CliError::from_source(Exit::Store, "keystore", error);
    failure.message = format!("{}: {}", path.display(), failure.message);
    match error {
        StoreError::WrongPassword { .. } => failure.hint(
            "give the keystore's password with --keystore-password-file FILE or --keystore-password-env VAR",
        ),
        _ => failure,
    }
}
