//! One store: planning on it, writing it with its side file, putting both back.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::super::args::{StorePassword, Writing};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble, write};
use super::load::{self, Loaded};
use crate::digest::Fingerprint;
use crate::fs::{self, PathError, Replace};
use crate::import::{self, Action, Applied, Destination, Plan, PlanError};
use crate::manifest::{self, ChangedStore, Provenance, StoreSpec, Wanted};
use crate::render::json::v1::{Foreign, TrustLine};
use crate::store::Store;

/// The mode of a new side file: as open as a trust store.
const SIDE_MODE: u32 = 0o644;

/// What one store is to become.
pub(crate) struct Job {
    /// What the manifest calls it.
    pub(crate) name: String,
    /// As on the command line.
    pub(crate) store: String,
    /// Names of the services that read it.
    pub(crate) services: Vec<String>,
    /// Where its password is.
    pub(crate) password: StorePassword,
    format: Option<String>,
    aim: Aim,
}

enum Aim {
    Declared { spec: StoreSpec, wanted: Vec<Wanted> },
    Approved(ChangedStore),
}

/// A store that was planned on.
pub(crate) struct Planned {
    pub(crate) applied: Applied,
    /// The file.
    pub(crate) path: PathBuf,
    /// What was trusted, a line each.
    pub(crate) before: Vec<TrustLine>,
    /// What is trusted then.
    pub(crate) after: Vec<TrustLine>,
    /// What stays trusted though it is not declared.
    pub(crate) foreign: Foreign,
    destination: Destination,
    provenance: Provenance,
    side: Option<Vec<u8>>,
}

/// What is needed to put a written store back.
pub(crate) struct Undo {
    path: PathBuf,
    old: Option<Vec<u8>>,
    new: Option<Fingerprint>,
    side: Option<Vec<u8>>,
}

/// Refuses stores that are one file: what is planned for one of them would not hold any more once the other is written.
pub(crate) fn distinct(jobs: &[Job], manifest: &Path) -> Result<(), CliError> {
    let mut files: Vec<(PathBuf, &Job)> = Vec::new();
    for job in jobs {
        // What leads to no file fails by itself, as one store of many.
        let Some(file) = assemble::writable(&job.store).ok().and_then(|path| fs::resolve(&path).ok()) else {
            continue;
        };
        if let Some((_, other)) = files.iter().find(|(known, _)| *known == file.path) {
            let message = format!(
                "{}: the stores {:?} and {:?} are one file, {}",
                manifest.display(),
                other.name,
                job.name,
                file.path.display()
            );
            return Err(CliError::new(Exit::Usage, "manifest-invalid", message)
                .hint("declare it once; a certificate's `stores` names those it is for"));
        }
        files.push((file.path, job));
    }
    Ok(())
}

impl Job {
    /// For a store of a manifest.
    pub(crate) fn declared(loaded: &Loaded, spec: &StoreSpec) -> Self {
        Self {
            name: spec.name.clone(),
            store: spec.store.clone(),
            services: spec.services.clone(),
            password: loaded.password(spec),
            format: spec.format.clone(),
            aim: Aim::Declared { spec: spec.clone(), wanted: loaded.wanted_for(&spec.name) },
        }
    }

    /// For a store of an approved plan.
    pub(crate) fn approved(store: ChangedStore) -> Self {
        Self {
            name: store.name.clone(),
            store: store.store.clone(),
            services: store.services.clone(),
            password: StorePassword {
                store_password_file: store.password_file.clone(),
                store_password_env: store.password_env.clone(),
                none: false,
            },
            format: store.format.clone(),
            aim: Aim::Approved(store),
        }
    }

    /// The declaration in a plan that is approved by another person; what changes is filled in by its `take`.
    pub(crate) fn to_approve(&self, planned: &Planned) -> ChangedStore {
        let mut store = ChangedStore {
            name: self.name.clone(),
            store: self.store.clone(),
            password_file: self.password.store_password_file.clone(),
            password_env: self.password.store_password_env.clone(),
            format: self.format.clone(),
            sha256_before: planned.applied.sha256_before.map(|one| one.hex()),
            services: self.services.clone(),
            remove: Vec::new(),
            add: Vec::new(),
        };
        store.take(&planned.applied.plan);
        store
    }

    /// Plans on the store as it is, with every check that a write makes.
    pub(crate) fn plan(&self, writing: &Writing, context: &Context) -> Result<Planned, CliError> {
        let mut destination = match &self.format {
            Some(format) => write::destination(&self.store, &self.password, Some(format))?,
            None => write::existing(&self.store, &self.password)?,
        };
        destination.backup_dir.clone_from(&writing.backup_dir);
        if writing.no_backup {
            destination.backups = 0;
        }
        let resolved = fs::resolve(&destination.path).map_err(|error| assemble::path_error(&error))?;
        let (provenance, side) = load::provenance(&resolved.path)?;
        let (seen, left) = (RefCell::new(Vec::new()), RefCell::new(Foreign::default()));
        let planned = self.change(&destination, &provenance, context, true, &|store| {
            *seen.borrow_mut() = store.entries.iter().filter_map(TrustLine::of).collect();
            if let Aim::Declared { spec, wanted } = &self.aim {
                *left.borrow_mut() = manifest::foreign(store, spec, wanted, &provenance).into();
            }
        });
        let applied = planned.map_err(|error| match error.code.as_str() {
            "store-missing" if self.format.is_none() => {
                error.hint("to have it made, give the store a format")
            }
            _ => error,
        })?;
        if let Some(step) = applied.plan.steps.iter().find(|step| step.action == Action::Refuse) {
            let message = format!("{}: {} {}", self.store, step.subject, step.reason);
            return Err(CliError::new(Exit::Refused, "policy", message));
        }
        if resolved.is_link && applied.changed && !writing.yes {
            let message = format!(
                "{} is a link: the store written is {}, which other programs may read too",
                destination.path.display(),
                resolved.path.display()
            );
            return Err(CliError::new(Exit::Refused, "store-shared", message)
                .hint("say --yes, or name the store itself"));
        }
        if let Some(unseen) = assemble::unseen(&self.store) {
            context.ui.warn(&unseen);
        }
        let (before, foreign) = (seen.into_inner(), left.into_inner());
        let after = after(&before, &applied.plan);
        Ok(Planned { applied, path: resolved.path, before, after, foreign, destination, provenance, side })
    }

    fn change(
        &self,
        destination: &Destination,
        provenance: &Provenance,
        context: &Context,
        dry_run: bool,
        look: &dyn Fn(&Store),
    ) -> Result<Applied, CliError> {
        let planner = |store: &Store| -> Result<Plan, PlanError> {
            look(store);
            match &self.aim {
                Aim::Declared { spec, wanted } => {
                    manifest::plan(store, spec, wanted, provenance, context.now)
                }
                Aim::Approved(approved) => approved.plan(store, context.now),
            }
        };
        let expected = match &self.aim {
            Aim::Declared { .. } => None,
            Aim::Approved(approved) => Some(match &approved.sha256_before {
                None => None,
                Some(text) => {
                    Some(Fingerprint::parse(text).map_err(|error| CliError::usage(error.to_string()))?)
                }
            }),
        };
        import::change_of(destination, expected, context.now, dry_run, &planner)
            .map_err(|error| write::failed(&error, destination))
    }

    fn reasons(&self) -> &[Wanted] {
        match &self.aim {
            Aim::Declared { wanted, .. } => wanted,
            Aim::Approved(_) => &[],
        }
    }

    /// Writes what was planned. The side file goes first: an entry that it knows and the store does not is passed over, the
    /// other way round it would be nobody's.
    pub(crate) fn write(&self, planned: &Planned, context: &Context) -> Result<(Applied, Undo), CliError> {
        let failed =
            |error: PathError| CliError::from_source(Exit::Write, "write", &error).hint(error.hint());
        let old = match fs::read(&planned.path, assemble::MAX_FILE) {
            Ok(octets) => Some(octets),
            Err(PathError::NotFound { .. }) => None,
            Err(error) => return Err(assemble::path_error(&error)),
        };
        let side = load::side_file(&planned.path);
        let coming: Vec<_> =
            planned.applied.plan.steps.iter().filter(|step| step.action == Action::Add).cloned().collect();
        let union = Plan { steps: coming, edits: Vec::new() };
        let union = planned.provenance.after(&union, self.reasons(), context.now);
        put(&side, planned.side.as_deref(), union.text().as_bytes()).map_err(failed)?;
        let mut undo = Undo { path: planned.path.clone(), old, new: None, side: planned.side.clone() };
        let applied = match self.change(&planned.destination, &planned.provenance, context, false, &|_| {}) {
            Ok(applied) => applied,
            Err(error) => {
                let _ = undo.side_back();
                return Err(error);
            }
        };
        undo.new = applied.sha256_after;
        let provenance = planned.provenance.after(&applied.plan, self.reasons(), context.now);
        if provenance != union {
            put(&side, Some(union.text().as_bytes()), provenance.text().as_bytes()).map_err(failed)?;
        }
        Ok((applied, undo))
    }
}

/// Puts a side file in the place of the one that was read.
fn put(side: &Path, old: Option<&[u8]>, new: &[u8]) -> Result<(), PathError> {
    if old == Some(new) {
        return Ok(());
    }
    fs::replace(side, new, &Replace { expected: old.map(Fingerprint::of), mode: SIDE_MODE })
}

impl Undo {
    /// The store and its side file as they were, unless somebody else wrote the store since.
    pub(crate) fn undo(&self) -> Result<(), CliError> {
        let failed =
            |error: PathError| CliError::from_source(Exit::Write, "rollback", &error).hint(error.hint());
        match &self.old {
            Some(old) => fs::replace(&self.path, old, &Replace { expected: self.new, mode: SIDE_MODE }),
            None => fs::remove_file(&self.path),
        }
        .map_err(failed)?;
        self.side_back().map_err(failed)
    }

    fn side_back(&self) -> Result<(), PathError> {
        let side = load::side_file(&self.path);
        let now = match fs::read(&side, assemble::MAX_FILE) {
            Ok(octets) => Some(octets),
            Err(PathError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        match (&self.side, &now) {
            (Some(old), now) => put(&side, now.as_deref(), old),
            (None, Some(_)) => fs::remove_file(&side),
            (None, None) => Ok(()),
        }
    }
}

fn after(before: &[TrustLine], plan: &Plan) -> Vec<TrustLine> {
    let mut lines = before.to_vec();
    for step in &plan.steps {
        let Some(sha256) = step.fingerprint.map(|one| one.hex()) else { continue };
        match step.action {
            Action::Remove => lines.retain(|line| line.sha256 != sha256 || line.alias != step.alias),
            Action::Add => {
                lines.push(TrustLine { sha256, alias: step.alias.clone(), subject: step.subject.clone() });
            }
            _ => {}
        }
    }
    lines
}
