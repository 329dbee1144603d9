//! The manifest's TOML: every key known, every fault with its line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::ManifestError;
use crate::digest::Fingerprint;
use crate::import::AliasTemplate;
use crate::path::Allow;
use crate::store;

/// Largest manifest read, in octets.
const MAX_TEXT: usize = 4 << 20;
/// Most declarations of a kind.
const MAX_ITEMS: usize = 10_000;

/// What is declared.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Certificates that should be trusted, or should not.
    pub certificates: Vec<Declared>,
    /// The stores.
    pub stores: Vec<StoreSpec>,
    /// Services that read them.
    pub services: Vec<Service>,
    /// What is tried after a change.
    pub probes: Vec<Probe>,
    /// Keystores that should be there.
    pub keystores: Vec<Keystore>,
}

/// Whether a certificate should be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// In every store.
    #[default]
    Present,
    /// In none, under whatever alias.
    Absent,
}

/// What happens to entries that are not declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// They stay.
    #[default]
    Additive,
    /// Those that this program added go; others stay.
    Exact,
}

/// Where a declaration's certificates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// In a file, by a path relative to the manifest.
    File(PathBuf),
    /// In the manifest.
    Pem(String),
    /// Nowhere: an absent certificate is known by its fingerprint.
    None,
}

/// One declaration: certificates of one origin and one reason.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The line it begins in.
    pub line: usize,
    /// Where they are.
    pub origin: Inline,
    /// SHA-256 of each.
    pub pins: Vec<Fingerprint>,
    /// Why.
    pub reason: String,
    /// Whether they should be trusted.
    pub state: State,
    /// Their alias; the store's policy if not given.
    pub alias: Option<AliasTemplate>,
    /// Objections that were thought about.
    pub allow: Vec<Allow>,
    /// Names of the stores it is for; all if empty.
    pub stores: Vec<String>,
}

/// A store and what is to become of it.
#[derive(Debug, Clone)]
pub struct StoreSpec {
    /// The line it begins in.
    pub line: usize,
    /// What the manifest calls it: STORE, if it has no other name.
    pub name: String,
    /// As on the command line.
    pub store: String,
    /// A file whose first line is the password, relative to the manifest.
    pub password_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub password_env: Option<String>,
    /// What happens to what is not declared.
    pub mode: Mode,
    /// The format of the store if it is to be made; a store is only made where this is given.
    pub format: Option<String>,
    /// How aliases are made.
    pub alias: Option<AliasTemplate>,
    /// Names of the services that read it.
    pub services: Vec<String>,
}

/// Who starts and stops a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceManager {
    /// `systemctl`.
    #[default]
    Systemd,
    /// `service`.
    Sysv,
    /// The commands given.
    Command,
    /// Nobody: it is only said that it must be restarted.
    None,
}

/// A service that reads a store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Service {
    /// What the manifest calls it, and its unit if that is not given.
    pub name: String,
    /// Who starts and stops it.
    #[serde(default)]
    pub manager: ServiceManager,
    /// What its manager calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The command that stops it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The command that starts it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<String>,
    /// The command that ends with 0 when it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<String>,
    /// How long it may take to start, and to stop.
    #[serde(default = "default_wait")]
    pub wait_seconds: u16,
    /// Whether it is started also if it was not running before.
    #[serde(default)]
    pub start_stopped: bool,
}

/// How something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// Whether a Java client with the store accepts the server.
    #[default]
    Tls,
    /// The SCIM connectivity test.
    Scim,
}

/// What is tried after a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Probe {
    /// The server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How it is tried.
    #[serde(default)]
    pub kind: CheckKind,
    /// Instead of a server, a command that ends with 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The store that must accept it, by its name; each store that changed if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// How long it may take until it is well; if not given, as long as a service that was started with it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u16>,
}

/// A keystore with a development certificate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Keystore {
    /// The file, relative to the manifest.
    pub path: PathBuf,
    /// DNS names and addresses.
    pub names: Vec<String>,
    /// Where the authority is kept, relative to the manifest.
    #[serde(default)]
    pub ca_dir: Option<PathBuf>,
    /// The alias of its key.
    #[serde(default)]
    pub alias: Option<String>,
    /// A file whose first line is its password; a random one is made if not given.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// It is made anew when it is valid for fewer days.
    #[serde(default = "default_renew")]
    pub renew_days: u16,
}

fn default_wait() -> u16 {
    60
}

fn default_renew() -> u16 {
    30
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawManifest {
    version: Spanned<i64>,
    #[serde(default)]
    certificate: Vec<Spanned<RawCertificate>>,
    #[serde(default)]
    store: Vec<Spanned<RawStore>>,
    #[serde(default)]
    service: Vec<Spanned<Service>>,
    #[serde(default)]
    check: Vec<Spanned<Probe>>,
    #[serde(default)]
    keystore: Vec<Spanned<Keystore>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawCertificate {
    file: Option<PathBuf>,
    pem: Option<String>,
    sha256: OneOrMany,
    reason: String,
    #[serde(default)]
    state: State,
    alias: Option<String>,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    stores: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawStore {
    name: Option<String>,
    store: String,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    #[serde(default)]
    mode: Mode,
    format: Option<String>,
    alias: Option<String>,
    #[serde(default)]
    services: Vec<String>,
}

/// The text, to tell lines in it.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn of(&self, offset: usize) -> usize {
        let before = self.0.as_bytes().get(..offset).unwrap_or_default();
        before.iter().filter(|octet| **octet == b'\n').count() + 1
    }

    fn fault<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> ManifestError {
        ManifestError::Line { line: self.of(at.span().start), message: message.into() }
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError::Line`] with the first fault.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let lines = Lines(text);
        if text.len() > MAX_TEXT {
            return Err(ManifestError::Line { line: 1, message: "the manifest is too long".to_owned() });
        }
        let raw: RawManifest = toml::from_str(text).map_err(|error| ManifestError::Line {
            line: lines.of(error.span().map_or(0, |span| span.start)),
            message: error.message().lines().next().unwrap_or_default().to_owned(),
        })?;
        if *raw.version.get_ref() != 1 {
            return Err(lines.fault(&raw.version, "this program reads version = 1"));
        }
        let count = raw.certificate.len().max(raw.store.len()).max(raw.service.len()).max(raw.check.len());
        if count > MAX_ITEMS {
            return Err(lines.fault(&raw.version, format!("more than {MAX_ITEMS} declarations of a kind")));
        }
        let certificates = raw.certificate.iter().map(|one| certificate(&lines, one));
        let stores = raw.store.iter().map(|one| store_spec(&lines, one));
        let manifest = Self {
            certificates: certificates.collect::<Result<_, _>>()?,
            stores: stores.collect::<Result<_, _>>()?,
            services: raw.service.iter().map(|one| service(&lines, one)).collect::<Result<_, _>>()?,
            probes: raw.check.iter().map(|one| probe(&lines, one)).collect::<Result<_, _>>()?,
            keystores: raw.keystore.iter().map(|one| one.get_ref().clone()).collect(),
        };
        names(&lines, &raw, &manifest)?;
        Ok(manifest)
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

fn certificate(lines: &Lines<'_>, raw: &Spanned<RawCertificate>) -> Result<Declared, ManifestError> {
    let fault = |message: String| lines.fault(raw, message);
    let one = raw.get_ref();
    let origin = match (&one.file, &one.pem, one.state) {
        (Some(file), None, _) => Inline::File(file.clone()),
        (None, Some(pem), _) => Inline::Pem(pem.clone()),
        (Some(_), Some(_), _) => return Err(fault("file and pem exclude each other".to_owned())),
        (None, None, State::Absent) => Inline::None,
        (None, None, State::Present) => return Err(fault("it needs file or pem".to_owned())),
    };
    let texts = match &one.sha256 {
        OneOrMany::One(text) => std::slice::from_ref(text),
        OneOrMany::Many(texts) => texts.as_slice(),
    };
    let pin = |text: &String| Fingerprint::parse(text).map_err(|error| fault(format!("sha256: {error}")));
    let pins = texts.iter().map(pin).collect::<Result<Vec<_>, _>>()?;
    if pins.is_empty() {
        return Err(fault("sha256 names no fingerprint".to_owned()));
    }
    if one.reason.trim().is_empty() {
        return Err(fault("the reason is empty".to_owned()));
    }
    let all = [Allow::Leaf, Allow::Expired, Allow::Weak, Allow::Interception, Allow::NonCa];
    let allow = |name: &String| {
        let found = all.into_iter().find(|allow| allow.name() == name);
        found.ok_or_else(|| {
            fault(format!("{name:?} cannot be allowed: leaf, expired, weak, interception, non-ca"))
        })
    };
    Ok(Declared {
        line: lines.of(raw.span().start),
        origin,
        pins,
        reason: one.reason.clone(),
        state: one.state,
        alias: template(one.alias.as_deref()).map_err(fault)?,
        allow: one.allow.iter().map(allow).collect::<Result<_, _>>()?,
        stores: one.stores.clone(),
    })
}

fn template(text: Option<&str>) -> Result<Option<AliasTemplate>, String> {
    text.map(|text| text.parse().map_err(|error| format!("alias: {error}"))).transpose()
}

fn store_spec(lines: &Lines<'_>, raw: &Spanned<RawStore>) -> Result<StoreSpec, ManifestError> {
    let fault = |message: String| lines.fault(raw, message);
    let one = raw.get_ref();
    if one.password_file.is_some() && one.password_env.is_some() {
        return Err(fault("password-file and password-env exclude each other".to_owned()));
    }
    if let Some(format) = one.format.as_ref().filter(|name| store::format(name).is_none()) {
        return Err(fault(format!("{format:?} is not a store's format")));
    }
    Ok(StoreSpec {
        line: lines.of(raw.span().start),
        name: one.name.clone().unwrap_or_else(|| one.store.clone()),
        store: one.store.clone(),
        password_file: one.password_file.clone(),
        password_env: one.password_env.clone(),
        mode: one.mode,
        format: one.format.clone(),
        alias: template(one.alias.as_deref()).map_err(fault)?,
        services: one.services.clone(),
    })
}

fn service(lines: &Lines<'_>, raw: &Spanned<Service>) -> Result<Service, ManifestError> {
    let one = raw.get_ref();
    let has_commands = !one.start.is_empty() && !one.stop.is_empty();
    match one.manager {
        ServiceManager::Command if !has_commands => {
            Err(lines.fault(raw, "manager = \"command\" needs start and stop, each a list of arguments"))
        }
        ServiceManager::Systemd | ServiceManager::Sysv if has_commands || !one.status.is_empty() => {
            Err(lines.fault(raw, "start, stop and status are for manager = \"command\""))
        }
        _ if one.unit.as_ref().unwrap_or(&one.name).starts_with('-') => {
            Err(lines.fault(raw, "a service's name does not begin with a dash"))
        }
        _ => Ok(one.clone()),
    }
}

fn probe(lines: &Lines<'_>, raw: &Spanned<Probe>) -> Result<Probe, ManifestError> {
    let one = raw.get_ref();
    match (&one.url, one.command.is_empty()) {
        (Some(_), true) | (None, false) => Ok(one.clone()),
        _ => Err(lines.fault(raw, "a check has a url or a command")),
    }
}

/// Names are unique, and what is named is there.
fn names(lines: &Lines<'_>, raw: &RawManifest, manifest: &Manifest) -> Result<(), ManifestError> {
    let is_store = |name: &String| manifest.stores.iter().any(|store| store.name == *name);
    for (index, (store, at)) in manifest.stores.iter().zip(&raw.store).enumerate() {
        if manifest.stores.iter().take(index).any(|other| other.name == store.name) {
            return Err(lines.fault(at, format!("a second store is called {:?}", store.name)));
        }
        if let Some(name) = store.services.iter().find(|name| manifest.service(name).is_none()) {
            return Err(lines.fault(at, format!("no service is called {name:?}")));
        }
    }
    for (declared, at) in manifest.certificates.iter().zip(&raw.certificate) {
        if let Some(name) = declared.stores.iter().find(|name| !is_store(name)) {
            return Err(lines.fault(at, format!("no store is called {name:?}")));
        }
    }
    for (probe, at) in manifest.probes.iter().zip(&raw.check) {
        if let Some(name) = probe.store.as_ref().filter(|name| !is_store(name)) {
            return Err(lines.fault(at, format!("no store is called {name:?}")));
        }
    }
    let mut states: std::collections::HashMap<Fingerprint, (State, &[String])> =
        std::collections::HashMap::new();
    for (declared, at) in manifest.certificates.iter().zip(&raw.certificate) {
        for pin in &declared.pins {
            let other = states.insert(*pin, (declared.state, &declared.stores));
            if other.is_some_and(|(state, stores)| {
                state != declared.state
                    && (stores.is_empty()
                        || declared.stores.is_empty()
                        || stores.iter().any(|name| declared.stores.contains(name)))
            }) {
                return Err(lines.fault(at, format!("{pin} is declared both present and absent")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Manifest::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_fault_names_its_line() {
        assert!(fault("version = 1\n[[store]]\nstor = \"a\"\n").starts_with("line 3: unknown field `stor`"));
        assert!(fault("version = 1\n= 2\n").starts_with("line 2: "));
        assert_eq!(fault("version = 2"), "line 1: this program reads version = 1");
        let pin = "00".repeat(32);
        let absent = format!("[[certificate]]\nsha256 = \"{pin}\"\nreason = \"r\"\nstate = \"absent\"\n");
        assert!(Manifest::parse(&format!("version = 1\n{absent}")).is_ok());
        let present = format!("[[certificate]]\nsha256 = \"{pin}\"\nreason = \"r\"\n");
        assert_eq!(fault(&format!("version = 1\n\n{present}")), "line 3: it needs file or pem");
        let with_file = format!("{present}file = \"a\"\n");
        assert!(fault(&format!("version = 1\n{absent}{with_file}")).contains("both present and absent"));
        assert!(
            fault(&format!("version = 1\n{with_file}stores = [\"x\"]")).contains("no store is called \"x\"")
        );
    }

    #[test]
    fn services_and_checks_are_complete() {
        let service = "version = 1\n[[service]]\nname = \"a\"\nmanager = \"command\"\n";
        assert!(fault(service).starts_with("line 2: manager = \"command\" needs start and stop"));
        assert!(fault("version = 1\n[[service]]\nname = \"-a\"\n").contains("a dash"));
        assert!(fault("version = 1\n[[check]]\n").contains("a url or a command"));
    }
}
