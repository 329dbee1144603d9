//! From what was typed to what the rooms below work with: stores, sources, endpoints.

#![expect(
    clippy::disallowed_methods,
    reason = "JAVA_HOME names the store that java: means; only cli reads it"
)]

use std::path::{Path, PathBuf};

use super::Context;
use super::agents;
use super::args::{Selection, StorePassword};
use super::client_store;
pub(crate) use super::client_store::{ClientStore, client, told};
use super::error::CliError;
use super::exit::Exit;
use super::password::{self, Given};
use crate::digest::Fingerprint;
use crate::fs::{self, PathError};
use crate::import::{self, PlanError};
use crate::net::{Endpoint, NetError};
use crate::store::{self, Entry, Store, StoreError, place};

/// Largest file read as a store or source: the platform's own take 170 KiB.
pub(crate) const MAX_FILE: u64 = 64 << 20;

/// A STORE as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StorePlace {
    /// A file.
    File(PathBuf),
    /// What a Java runtime reads; `None` is `$JAVA_HOME`'s.
    Java(Option<PathBuf>),
    /// The platform's roots.
    Os,
    /// The built-in roots.
    Mozilla,
    /// What a product's JVM reads.
    Agent(String),
    /// What a running JVM reads.
    Pid(u32),
    /// What a service's JVM reads.
    Service(String),
}

/// A store that was opened.
pub(crate) struct Opened {
    /// As typed.
    pub(crate) text: String,
    /// The file, if it is one.
    pub(crate) path: Option<PathBuf>,
    /// What it holds.
    pub(crate) store: Store,
}

impl Opened {
    /// As typed, and the file behind it where that is something else.
    pub(crate) fn shown(&self) -> String {
        match &self.path {
            Some(path) if path.as_os_str() != self.text.as_str() => {
                format!("{} ({})", self.text, path.display())
            }
            _ => self.text.clone(),
        }
    }
}

impl StorePlace {
    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(PathBuf::from(path)));
        }
        match text.split_once(':') {
            Some(("java", "")) => Ok(Self::Java(None)),
            Some(("java", home)) => Ok(Self::Java(Some(PathBuf::from(home)))),
            Some(("os", "")) => Ok(Self::Os),
            Some(("mozilla", "")) => Ok(Self::Mozilla),
            Some(("agent", name)) if !name.is_empty() => Ok(Self::Agent(name.to_owned())),
            Some(("service", name)) if !name.is_empty() => Ok(Self::Service(name.to_owned())),
            Some(("pid", number)) => match number.parse() {
                Ok(pid) => Ok(Self::Pid(pid)),
                Err(_) => Err(CliError::usage(format!("{number:?} is not the number of a process"))),
            },
            _ if text == "-" => Err(CliError::usage("a store is a file, not standard input")
                .hint("copy what comes in into a file first, and name that; `trustmend inspect -` shows certificates")),
            _ if text.is_empty() => Err(CliError::usage("the store's path is empty")),
            _ => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

/// The file that a JRE reads its anchors from.
pub(super) fn java_store(home: Option<&Path>) -> Result<(PathBuf, PathBuf), CliError> {
    let home = match home {
        Some(home) => home.to_owned(),
        None => java_home().ok_or_else(|| {
            CliError::usage("java: needs JAVA_HOME to be set")
                .hint("name the runtime: java:/path/to/jre, or the store's file itself")
        })?,
    };
    let found = place::of_java_home(&home).ok_or_else(|| {
        CliError::new(Exit::Store, "store-missing", format!("{} has no lib/security/cacerts", home.display()))
            .hint("name the folder that holds bin/java, or the store's file itself")
    })?;
    Ok((home, found.path))
}

/// The store that `diagnose` and `check` use when none is named: `$JAVA_HOME`'s if it has one, else Mozilla's.
pub(crate) fn default_store() -> &'static str {
    let has_store = java_home().is_some_and(|home| place::of_java_home(&home).is_some());
    if has_store { "java:" } else { "mozilla:" }
}

/// `$JAVA_HOME`.
pub(super) fn java_home() -> Option<PathBuf> {
    std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// The file behind a STORE that is to be written.
pub(crate) fn writable(text: &str) -> Result<PathBuf, CliError> {
    let place = StorePlace::parse(text)?;
    if let Some(jvm) = agents::jvm_store(&place)? {
        return Ok(jvm.path);
    }
    file(text, place)
}

/// The file behind a STORE that is to be written, and its password: the flags', else that of the JVM's options.
pub(crate) fn writable_with(text: &str, flags: &StorePassword) -> Result<(PathBuf, Given), CliError> {
    let (place, given) = (StorePlace::parse(text)?, password::given(flags)?);
    match agents::jvm_store(&place)? {
        Some(jvm) => Ok((jvm.path, given.or(jvm.options.trust_store_password()))),
        None => Ok((file(text, place)?, given)),
    }
}

/// Why the JVM that reads a STORE trusts nothing in it, whatever is written there: all is encrypted, and it has no password.
pub(crate) fn unseen(text: &str) -> Option<String> {
    let place = StorePlace::parse(text).ok()?;
    let path = match agents::jvm_store(&place).ok()? {
        Some(jvm) if !jvm.is_jvms() || jvm.options.trust_store_password().is_some() => return None,
        Some(jvm) => jvm.path,
        None => file(text, place).ok().filter(|path| client_store::is_default_store(path))?,
    };
    let bare = store::decode(&fs::read(&path, MAX_FILE).ok()?, None).ok()?;
    let is_blind = !bare.protection.encryption.is_empty() && bare.anchors().next().is_none();
    is_blind.then(|| {
        format!(
            "{text}: all of it is encrypted and the JVM opens it without a password, so that it trusts nobody \
             [store-empty-for-java]"
        )
    })
}

fn file(text: &str, place: StorePlace) -> Result<PathBuf, CliError> {
    match place {
        StorePlace::File(path) => Ok(path),
        StorePlace::Java(home) => Ok(java_store(home.as_deref())?.1),
        _ => Err(CliError::new(Exit::Refused, "store-read-only", format!("{text} can be read, not written"))
            .hint("name a file; for the platform's roots use its own tool, such as update-ca-certificates")),
    }
}

/// Opens a STORE for reading, as its client sees it. What cannot be read is an error.
pub(crate) fn open(text: &str, flags: &StorePassword, context: &Context) -> Result<Opened, CliError> {
    opened(text, client_store::seen(text, flags, context)?)
}

/// Opens a STORE to take out what is in it, also what its client does not see for want of the password.
pub(crate) fn open_whole(text: &str, flags: &StorePassword, context: &Context) -> Result<Opened, CliError> {
    opened(text, client_store::held(text, flags, context)?)
}

fn opened(text: &str, client: ClientStore) -> Result<Opened, CliError> {
    match (client.store, client.failure) {
        (Some(store), None) => Ok(Opened { text: text.to_owned(), path: client.path, store }),
        (_, Some(error)) => Err(error),
        (None, None) => Err(CliError::new(Exit::Bug, "bug", "a store was neither read nor refused")),
    }
}

/// The words for a file that cannot be read.
pub(crate) fn path_error(error: &PathError) -> CliError {
    let code = if matches!(error, PathError::NotFound { .. }) { "store-missing" } else { "store-unreadable" };
    CliError::from_source(Exit::Store, code, error).hint(error.hint())
}

/// The words for a store that cannot be understood.
pub(crate) fn store_error(path: &Path, error: &StoreError, given: &Given) -> CliError {
    let mut failure = CliError::from_source(Exit::Store, "store-unreadable", error);
    failure.message = format!("{}: {}", path.display(), failure.message);
    let hint = match error {
        // What to do instead is in the message.
        StoreError::Unsupported { .. } => return failure,
        StoreError::KeyPassword { .. } => {
            "`trustmend convert STORE NEWSTORE --keys --key-password-file FILE` makes one whose keys all have its own password; or \
             remove the key"
        }
        StoreError::WrongPassword { .. } if given.is_default => {
            "the default password, changeit, was tried: give the right one with --store-password-file FILE or \
             --store-password-env VAR"
        }
        StoreError::WrongPassword { .. } => {
            "give the right password with --store-password-file or --store-password-env"
        }
        StoreError::JavaRefuses { .. } => {
            "`trustmend audit STORE` tells what is wrong; remove or rename that entry, or restore a backup"
        }
        StoreError::Empty
        | StoreError::Truncated { .. }
        | StoreError::Damaged { .. }
        | StoreError::Der { .. } => {
            "a write to it was cut short: restore it from a backup (look for NAME.*.bak beside it), or from the vendor's package"
        }
        StoreError::NotAStore | StoreError::ReadOnly { .. } => {
            "a store that can be written is a JKS, JCEKS, PKCS12 or PEM file"
        }
        StoreError::PasswordNeeded { .. } => "give it with --store-password-file or --store-password-env",
        StoreError::AliasExists { .. }
        | StoreError::AliasNotFound { .. }
        | StoreError::AliasAmbiguous { .. }
        | StoreError::NotTrustedCertificate { .. } => "`trustmend list STORE` shows the entries",
        StoreError::AliasInvalid { .. } => "choose another alias",
        _ => "the file was not touched; restore it from a backup if it should be readable",
    };
    failure.hint(hint)
}

/// The words for a server that cannot be reached.
pub(crate) fn net_error(endpoint: &Endpoint, error: &NetError) -> CliError {
    let mut failure = CliError::from_source(Exit::Network, error.code(), error);
    failure.message = format!("{}: {}", endpoint.authority(), failure.message);
    failure.hint(format!("`trustmend explain {}` tells what that means", error.code()))
}

/// The folder for what is kept for this user (XDG Base Directory Specification; `%LOCALAPPDATA%` on Windows).
pub(crate) fn data_folder() -> Result<PathBuf, CliError> {
    let folder =
        |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|home| home.join(".local/share"));
    let base = folder("XDG_DATA_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(home);
    base.map(|base| base.join("trustmend")).ok_or_else(|| {
        CliError::usage("HOME is not set, so there is no folder to keep the authority in")
            .hint("name one with --ca-dir")
    })
}

/// The user's home folder.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Whom a new authority belongs to, for people who find it in a list of roots.
pub(crate) fn user_and_host() -> String {
    let name =
        ["SUDO_USER", "USER", "LOGNAME", "USERNAME"].iter().find_map(|variable| std::env::var(variable).ok());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name.unwrap_or_default().chars().filter(|c| plain(*c)).take(30).collect();
    if name.is_empty() { "development".to_owned() } else { name }
}

/// SHA-256 fingerprints as typed.
pub(crate) fn fingerprints(texts: &[String]) -> Result<Vec<Fingerprint>, CliError> {
    let parse = |text: &String| {
        Fingerprint::parse(text).map_err(|error| {
            CliError::usage(format!("--fingerprint {text}: {error}"))
                .hint("`openssl x509 -in FILE -noout -fingerprint -sha256` prints one")
        })
    };
    texts.iter().map(parse).collect()
}

impl Selection {
    /// Whether entries were named.
    pub(crate) fn is_named(&self) -> bool {
        !self.alias.is_empty() || !self.fingerprint.is_empty()
    }

    /// The entries chosen; all of them when nothing was named. Everything that was named must be there.
    pub(crate) fn of<'s>(&self, opened: &'s Opened) -> Result<Vec<&'s Entry>, CliError> {
        let store = &opened.store;
        let missing = |error: PlanError| super::write::not_planned(&error, &opened.text);
        let mut chosen = Vec::new();
        for alias in &self.alias {
            chosen.push(import::entry_called(store, alias, None).map_err(missing)?);
        }
        for fingerprint in fingerprints(&self.fingerprint)? {
            chosen.extend(import::entries_with(store, fingerprint).map_err(missing)?);
        }
        let all = !self.is_named();
        let entries = store.entries.iter().enumerate();
        Ok(entries.filter(|(index, _)| all || chosen.contains(index)).map(|(_, entry)| entry).collect())
    }
}
