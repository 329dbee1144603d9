//! Who trusts the authority: stores, the platform, browsers. What was done is recorded beside the authority before it is
//! done, so that it can be taken back; one that fails never stops the others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::super::args::StorePassword;
use super::super::super::error::CliError;
use super::super::super::exit::Exit;
use super::super::super::journal::{Logging, Why};
use super::super::super::platform::{self, System};
use super::super::super::{Context, assemble, write};
use super::output::write_error;
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::fs;
use crate::import::{self, Candidate, Destination, Origin, PlanError, Removal, Request};
use crate::render::json::v1;
use crate::secret::Password;
use crate::store;

/// The record, in the authority's folder: a line for each place, fingerprint of the root and name of the place.
const RECORD: &str = "trusted-by";

/// How long to wait for another who changes it.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Far more than anybody installs.
const MAX_RECORD: u64 = 1 << 20;

/// How stores are opened, and where changes of them are recorded.
#[derive(Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) password: &'a StorePassword,
    pub(super) logging: &'a Logging,
}

/// Somewhere that can be made to trust a root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A store's file, absolute.
    Store(PathBuf),
    /// The platform.
    System,
    /// An NSS database's folder, absolute.
    Nss(PathBuf),
}

impl Place {
    /// As it is recorded, said and typed.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Store(path) => path.display().to_string(),
            Self::System => "os:".to_owned(),
            Self::Nss(path) => format!("nss:{}", path.display()),
        }
    }

    fn recorded(text: &str) -> Self {
        match text.strip_prefix("nss:") {
            Some(folder) => Self::Nss(PathBuf::from(folder)),
            None if text == "os:" => Self::System,
            None => Self::Store(PathBuf::from(text)),
        }
    }

    /// The places a `--trust` means, of which `nss:` may mean several, and the password that a JVM's options tell.
    fn parse(text: &str, access: Access<'_>) -> Result<(Vec<Self>, Option<Password>), CliError> {
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|error| CliError::usage(format!("{text}: {error}")))
        };
        if text == "os:" {
            return Ok((vec![Self::System], None));
        }
        let Some(folder) = text.strip_prefix("nss:") else {
            let (path, given) = assemble::writable_with(text, access.password)?;
            let told = (!given.is_default).then_some(given.password);
            return Ok((vec![Self::Store(absolute(&path)?)], told));
        };
        if !folder.is_empty() {
            return Ok((vec![Self::Nss(absolute(Path::new(folder))?)], None));
        }
        let found = assemble::home().map(|home| platform::nss_databases(&home)).unwrap_or_default();
        if found.is_empty() {
            let message = "no database of Firefox or Chromium was found";
            return Err(CliError::new(Exit::Store, "store-missing", message)
                .hint("start the browser once, or name the folder: nss:$HOME/.pki/nssdb is Chromium's"));
        }
        Ok((found.into_iter().map(Self::Nss).collect(), None))
    }
}

/// The places that shall trust a root, found to be able to.
pub(super) struct Trust {
    /// With the password that the options of the JVM tell, where a JVM was named.
    places: Vec<(Place, Option<Password>)>,
    failed: Vec<(String, CliError)>,
}

impl Trust {
    /// Finds out what could fail, before anything is written. When nothing could be done at all, that is the failure.
    pub(super) fn check(
        texts: &[String],
        access: Access<'_>,
        context: &Context,
        root: &Certificate,
    ) -> Result<Self, CliError> {
        let (mut places, mut failed) = (Vec::new(), Vec::new());
        for text in texts {
            match Place::parse(text, access) {
                Ok((found, told)) => {
                    for place in found {
                        match try_out(&place, told.as_ref(), access, context, root) {
                            Ok(()) => places.push((place, told.clone())),
                            Err(error) => failed.push((place.name(), error)),
                        }
                    }
                }
                Err(error) => failed.push((text.clone(), error)),
            }
        }
        if places.is_empty() && !failed.is_empty() {
            return Err(failed.swap_remove(0).1);
        }
        Ok(Self { places, failed })
    }

    /// Places that were able to before.
    pub(super) fn known(places: Vec<Place>) -> Self {
        Self { places: places.into_iter().map(|place| (place, None)).collect(), failed: Vec::new() }
    }

    /// Makes each place trust the root; `record` is the authority's folder, if it has one.
    pub(super) fn apply(
        self,
        access: Access<'_>,
        context: &Context,
        root: &Certificate,
        record: Option<&Path>,
    ) -> Vec<(v1::Trusted, Exit)> {
        let mut results = Vec::new();
        for (place, told) in &self.places {
            let kept = keep(record, root, place);
            let done = kept.and_then(|()| install(place, told.as_ref(), access, context, root));
            results.push((place.name(), done));
        }
        results.extend(self.failed.into_iter().map(|(name, error)| (name, Err(error))));
        results.into_iter().map(|(name, done)| told(context, name, done)).collect()
    }
}

/// Says how it went, and gives it for the document.
fn told(context: &Context, store: String, done: Result<String, CliError>) -> (v1::Trusted, Exit) {
    match done {
        Ok(message) => {
            context.ui.note(&format!("{store}: {message}"));
            (v1::Trusted { store, ok: true, message }, Exit::Done)
        }
        Err(error) => {
            context.ui.warn(&format!("{store}: {}", error.message));
            for hint in &error.hints {
                context.ui.note(&format!("hint: {hint}"));
            }
            (v1::Trusted { store, ok: false, message: error.message }, error.exit)
        }
    }
}

/// What clients have to trust.
fn request(root: &Certificate) -> Request {
    let candidate = Candidate { certificate: root.clone(), origin: Origin::File(PathBuf::from("ca.pem")) };
    Request { certificates: vec![candidate], alias: None, replace: false }
}

fn destination(path: &Path, told: Option<&Password>, access: Access<'_>) -> Result<Destination, CliError> {
    let mut destination = write::destination(&format!("file:{}", path.display()), access.password, None)?;
    if let Some(told) = told {
        destination.password = told.clone();
    }
    Ok(destination)
}

fn try_out(
    place: &Place,
    told: Option<&Password>,
    access: Access<'_>,
    context: &Context,
    root: &Certificate,
) -> Result<(), CliError> {
    let path = match place {
        Place::Store(path) => path,
        Place::System if System::here().is_none() => {
            let message = "no way of adding a root to this system is known";
            return Err(CliError::new(Exit::Store, "store-missing", message)
                .hint("add ca.pem with the system's own tool"));
        }
        Place::System | Place::Nss(_) => return Ok(()),
    };
    let mut destination = destination(path, told, access)?;
    let request = request(root);
    let planner = |store: &store::Store| Ok(import::plan(store, &request, context.now));
    let applied = write::change(&mut destination, context, true, &planner)?;
    if applied.plan.is_refused() {
        let reasons = applied.plan.steps.iter().map(|step| format!("{}: {}", step.alias, step.reason));
        let message = format!("{}: {}", path.display(), reasons.collect::<Vec<_>>().join(", "));
        return Err(CliError::new(Exit::Refused, "refused", message)
            .hint("import ca.pem with `trustmend import`, which takes --alias and --replace"));
    }
    if applied.changed {
        drop(fs::lock(&destination.path, destination.lock_wait).map_err(|error| write_error(&error))?);
    }
    Ok(())
}

/// Makes one place trust the root, and finds that it does.
fn install(
    place: &Place,
    told: Option<&Password>,
    access: Access<'_>,
    context: &Context,
    root: &Certificate,
) -> Result<String, CliError> {
    let hex = root.sha256().hex();
    let pem = crate::pem::encode("CERTIFICATE", root.der());
    let failed = |message: String| CliError::new(Exit::Write, "trust", message);
    match place {
        Place::Store(path) => {
            let mut destination = destination(path, told, access)?;
            let request = request(root);
            let planner = |store: &store::Store| Ok(import::plan(store, &request, context.now));
            let applied = write::change(&mut destination, context, false, &planner)?;
            if applied.changed {
                access.logging.record("generate", &destination.path, &applied, Why::default(), context);
            }
            let steps =
                applied.plan.steps.iter().map(|step| format!("{} {}", step.action.name(), step.alias));
            Ok(steps.collect::<Vec<_>>().join(", "))
        }
        Place::System => {
            let system = System::here().ok_or_else(|| failed("this system is not known".to_owned()))?;
            if system_has(&root.sha256()) {
                return Ok("keep".to_owned());
            }
            let scratch = fs::Scratch::new("trustmend").map_err(|error| write_error(&error))?;
            let file = scratch.path().join("ca.pem");
            fs::create_unsynced(&file, pem.as_bytes(), 0o644).map_err(|error| write_error(&error))?;
            let steps = system.install(root, &file);
            say(context, &steps);
            platform::carry_out(&steps, pem.as_bytes()).map_err(|why| {
                failed(why).hint("the platform's roots are its administrator's: run it as root")
            })?;
            if cfg!(target_os = "linux") && !system_has(&root.sha256()) {
                return Err(failed(
                    "its tool said nothing, but the root is not among the system's".to_owned(),
                ));
            }
            Ok("add".to_owned())
        }
        Place::Nss(folder) => {
            let is_new = !folder.join("cert9.db").exists();
            if is_new {
                fs::create_private_dir(folder).map_err(|error| write_error(&error))?;
            } else if platform::nss_has(folder, &hex) {
                return Ok("keep".to_owned());
            }
            let steps = platform::nss_install(folder, &hex, is_new);
            platform::carry_out(&steps, pem.as_bytes()).map_err(|why| {
                failed(why).hint("certutil is NSS's: Debian's package libnss3-tools brings it")
            })?;
            if !platform::nss_has(folder, &hex) {
                return Err(failed("certutil said nothing, but the root is not in the database".to_owned()));
            }
            Ok("add; restart the browser".to_owned())
        }
    }
}

/// Takes a root back from one place. That it was not there any more is no failure.
fn uninstall(
    place: &Place,
    access: Access<'_>,
    context: &Context,
    sha256: Fingerprint,
    root: Option<&Certificate>,
) -> Result<String, CliError> {
    let hex = sha256.hex();
    let failed = |message: String| CliError::new(Exit::Write, "untrust", message);
    match place {
        Place::Store(path) if !path.exists() => Ok("the store is gone".to_owned()),
        Place::Store(path) => {
            let mut destination = destination(path, None, access)?;
            let removal = Removal { fingerprints: vec![sha256], ..Removal::default() };
            let planner = |store: &store::Store| match removal.plan(store, context.now) {
                Err(PlanError::NoEntry { .. }) => Ok(import::Plan::default()),
                other => other,
            };
            let applied = write::change(&mut destination, context, false, &planner)?;
            if applied.changed {
                access.logging.record("generate", &destination.path, &applied, Why::default(), context);
            }
            Ok(if applied.changed { "removed" } else { "it was not there" }.to_owned())
        }
        Place::System => {
            let system = System::here().ok_or_else(|| failed("this system is not known".to_owned()))?;
            let steps = system.uninstall(&hex, root).ok_or_else(|| {
                failed("the certificate itself is needed to remove it, and it is gone".to_owned())
            })?;
            say(context, &steps);
            platform::carry_out(&steps, b"").map_err(|why| {
                failed(why).hint("the platform's roots are its administrator's: run it as root")
            })?;
            if cfg!(target_os = "linux") && system_has(&sha256) {
                return Err(failed("the root is still among the system's".to_owned()));
            }
            Ok("removed".to_owned())
        }
        Place::Nss(folder) if !folder.join("cert9.db").exists() => Ok("the database is gone".to_owned()),
        Place::Nss(folder) if !platform::nss_has(folder, &hex) => Ok("it was not there".to_owned()),
        Place::Nss(folder) => {
            platform::carry_out(&platform::nss_uninstall(folder, &hex), b"").map_err(failed)?;
            Ok("removed".to_owned())
        }
    }
}

fn say(context: &Context, steps: &[platform::Step]) {
    let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
    context.ui.note(&format!("os: {}", steps.join(", then ")));
}

fn system_has(sha256: &Fingerprint) -> bool {
    let certificates = store::place::os().entries.into_iter().flat_map(|entry| entry.certificates);
    certificates.into_iter().any(|certificate| certificate.sha256() == *sha256)
}

/// Fingerprints of roots, and the places that were made to trust them.
type Record = BTreeSet<(String, Place)>;

/// The places that were made to trust roots of the authority in `folder`.
pub(super) fn record(folder: &Path) -> Result<Record, CliError> {
    let octets = match fs::read(&folder.join(RECORD), MAX_RECORD) {
        Ok(octets) => octets,
        Err(fs::PathError::NotFound { .. }) => return Ok(Record::new()),
        Err(error) => return Err(assemble::path_error(&error)),
    };
    let text = String::from_utf8_lossy(&octets).into_owned();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.map(|(root, place)| (root.to_owned(), Place::recorded(place))).collect())
}

/// Changes the record, alone: whoever else does has to wait, and reads it afterwards.
fn amend(folder: &Path, change: impl FnOnce(&mut Record)) -> Result<(), CliError> {
    let path = folder.join(RECORD);
    let _lock = fs::lock(&path, LOCK_WAIT).map_err(|error| write_error(&error))?;
    let before = record(folder)?;
    let mut lines = before.clone();
    change(&mut lines);
    if lines == before {
        return Ok(());
    }
    let text: String = lines.iter().map(|(root, place)| format!("{root} {}\n", place.name())).collect();
    fs::create_over(&path, text.as_bytes(), 0o600).map_err(|error| write_error(&error))
}

/// Removes the record of an authority that is gone.
pub(super) fn remove_record(folder: &Path) -> Result<(), CliError> {
    match fs::remove_file(&folder.join(RECORD)) {
        Err(fs::PathError::NotFound { .. }) | Ok(()) => Ok(()),
        Err(error) => Err(write_error(&error)),
    }
}

/// Adds a line to it.
fn keep(folder: Option<&Path>, root: &Certificate, place: &Place) -> Result<(), CliError> {
    let Some(folder) = folder else { return Ok(()) };
    amend(folder, |lines| drop(lines.replace((root.sha256().hex(), place.clone()))))
}

/// Takes every recorded root back from everywhere; what could not be taken back stays recorded.
pub(super) fn take_back(
    folder: &Path,
    access: Access<'_>,
    context: &Context,
    root: Option<&Certificate>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(v1::Trusted, Exit)>, CliError> {
    let (mut results, mut gone) = (Vec::new(), Record::new());
    for line in record(folder)? {
        let (hex, place) = &line;
        if !wanted(hex) {
            continue;
        }
        let Ok(sha256) = Fingerprint::parse(hex) else { continue };
        let root = root.filter(|root| root.sha256() == sha256);
        let done = uninstall(place, access, context, sha256, root);
        if done.is_ok() {
            gone.insert(line.clone());
        }
        results.push(told(context, place.name(), done));
    }
    if !gone.is_empty() {
        amend(folder, |lines| lines.retain(|line| !gone.contains(line)))?;
    }
    Ok(results)
}
