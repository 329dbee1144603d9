//! Keystores that a manifest declares: made by `generate` when they are missing, nearly expired or for other names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::args::Writing;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::super::ui::Ui;
use super::super::{Context, assemble, nested, password};
use super::load::Loaded;
use crate::cert::{Certificate, GeneralName};
use crate::digest::Fingerprint;
use crate::fs::{self, PathError};
use crate::import::{Action, Applied, Plan, Step};
use crate::manifest::Keystore;
use crate::net::Host;
use crate::render::json::v1::KeystoreDone;
use crate::secret::Password;
use crate::store::{self, EntryKind};

/// Makes what is missing of the keystores, or with `--dry-run` says what would be made. `origin` is the manifest, for the record.
pub(crate) fn keystores(
    loaded: &Loaded,
    writing: &Writing,
    origin: &str,
    context: &Context,
) -> Vec<KeystoreDone> {
    let one = |keystore: &Keystore| {
        let path = loaded.at(&keystore.path);
        let done = needed(keystore, &path, loaded, context).and_then(|why| match &why {
            Some(reason) if !writing.dry_run => {
                let before = sha256(&path);
                generate(keystore, &path, loaded, context)?;
                let note = Why { reason: Some(reason), manifest: Some(origin) };
                writing.logging.record("sync", &path, &applied(keystore, &path, before), note, context);
                Ok(why)
            }
            _ => Ok(why),
        });
        let (why, error) = match done {
            Ok(why) => (why, None),
            Err(error) => (None, Some((&error).into())),
        };
        KeystoreDone { path: path.display().to_string(), changed: why.is_some(), reason: why, error }
    };
    loaded.manifest.keystores.iter().map(one).collect()
}

fn sha256(path: &Path) -> Option<Fingerprint> {
    fs::read(path, assemble::MAX_FILE).ok().map(|octets| Fingerprint::of(&octets))
}

/// What was done, for the record.
fn applied(keystore: &Keystore, path: &Path, before: Option<Fingerprint>) -> Applied {
    let step = Step {
        action: if before.is_some() { Action::Replace } else { Action::Add },
        alias: keystore.alias.clone().unwrap_or_default(),
        fingerprint: None,
        subject: keystore.names.join(", "),
        reason: "a key and its certificate".to_owned(),
    };
    Applied {
        plan: Plan { steps: vec![step], edits: Vec::new() },
        sha256_before: before,
        sha256_after: sha256(path),
        entries_before: before.map(|_| 1),
        entries_after: 1,
        format: "",
        backup: None,
        changed: true,
    }
}

/// Why it must be made; `None` if the one that is there will do. One that cannot be opened is somebody's, and stays.
fn needed(
    keystore: &Keystore,
    path: &Path,
    loaded: &Loaded,
    context: &Context,
) -> Result<Option<String>, CliError> {
    let octets = match fs::read(path, assemble::MAX_FILE) {
        Ok(octets) => octets,
        Err(PathError::NotFound { .. } | PathError::FolderMissing { .. }) => {
            return Ok(Some("there is none".to_owned()));
        }
        Err(error) => return Err(assemble::path_error(&error)),
    };
    let password = match &keystore.password_file {
        Some(file) => password::from_file(&loaded.at(file))?,
        None => password::from_file(&beside(path, ".password")).unwrap_or_else(|_| Password::changeit()),
    };
    let given = password::Given::named(password);
    let store = store::decode(&octets, Some(&given.password))
        .map_err(|error| assemble::store_error(path, &error, &given))?;
    let key = store.entries.iter().find(|entry| entry.kind == EntryKind::PrivateKey);
    let Some(leaf) = key.and_then(|entry| entry.certificates.first()) else {
        let message = format!("{} holds no key", path.display());
        return Err(CliError::new(Exit::Refused, "keystore-in-use", message).hint("name another file"));
    };
    let left = (leaf.not_after() - context.now).whole_days();
    if left < i64::from(keystore.renew_days) {
        return Ok(Some(format!("it expires in {left} days")));
    }
    // As `generate` reads them, so that an international name is the same in both.
    let wanted = |name: &String| match Host::parse(name) {
        Ok(Host::Dns(name)) => name.to_lowercase(),
        Ok(Host::Ip(address)) => address.to_string(),
        Err(_) => name.to_lowercase(),
    };
    let wanted: BTreeSet<String> = keystore.names.iter().map(wanted).collect();
    Ok((names(leaf) != wanted).then(|| "it is for other names".to_owned()))
}

fn names(leaf: &Certificate) -> BTreeSet<String> {
    let name = |name: &GeneralName| match name {
        GeneralName::Dns(name) => name.to_lowercase(),
        GeneralName::Ip(address) => address.to_string(),
        other => format!("{other:?}"),
    };
    leaf.subject_alt_names().unwrap_or_default().iter().map(name).collect()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn generate(keystore: &Keystore, path: &Path, loaded: &Loaded, context: &Context) -> Result<(), CliError> {
    let text = |path: &Path| path.display().to_string();
    let mut typed = vec!["generate".to_owned(), "--force".to_owned()];
    typed.extend(["--keystore".to_owned(), text(path), "--out".to_owned(), text(&beside(path, ".files"))]);
    for (flag, file) in
        [("--ca-dir", &keystore.ca_dir), ("--keystore-password-file", &keystore.password_file)]
    {
        typed.extend(file.iter().flat_map(|file| [flag.to_owned(), text(&loaded.at(file))]));
    }
    typed.extend(keystore.alias.iter().flat_map(|alias| ["--alias".to_owned(), alias.clone()]));
    typed.push("--".to_owned());
    typed.extend(keystore.names.iter().cloned());
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let inner = Context { ui: Ui::new(anstream::ColorChoice::Never, true, true, false), ..*context };
    let (exit, document) = nested(&inner, &typed)?;
    if exit == Exit::Done {
        return Ok(());
    }
    let message =
        document.and_then(|document| document.get("error")?.get("message")?.as_str().map(str::to_owned));
    Err(CliError::new(exit, "keystore", message.unwrap_or_else(|| "the keystore was not made".to_owned())))
}
