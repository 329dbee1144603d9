//! All stores of a manifest: plan on each, stop, write, start, wait, try, and put everything back if that is not well.

use super::super::Context;
use super::super::args::Writing;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::journal::Why;
use super::job::{Job, Planned, Undo};
use super::probe;
use super::service::Control;
use crate::import::{Action, Applied};
use crate::manifest::{Probe, Service};
use crate::render::json::v1::{Diff, Probed, ServiceDone, SyncedStore, Written};

/// What is to be done, and how.
pub(crate) struct Transaction<'a> {
    pub(crate) jobs: Vec<Job>,
    pub(crate) services: &'a [Service],
    pub(crate) probes: &'a [Probe],
    pub(crate) writing: &'a Writing,
    pub(crate) restart: bool,
    /// The manifest or plan, for the record.
    pub(crate) origin: String,
}

/// What came of it.
pub(crate) struct Done {
    pub(crate) stores: Vec<SyncedStore>,
    pub(crate) services: Vec<ServiceDone>,
    pub(crate) checks: Vec<Probed>,
    pub(crate) checks_not_tried: Vec<String>,
    pub(crate) rolled_back: bool,
    pub(crate) changed: bool,
    pub(crate) exit: Exit,
}

/// One store on its way.
struct One {
    planned: Result<Planned, CliError>,
    written: Option<(Applied, Undo)>,
    failure: Option<CliError>,
}

impl Transaction<'_> {
    /// Plans on every store; what fails for one does not stop the others.
    pub(crate) fn plan(&self, context: &Context) -> Vec<Result<Planned, CliError>> {
        self.jobs.iter().map(|job| job.plan(self.writing, context)).collect()
    }

    /// Carries it out.
    pub(crate) fn run(&self, context: &Context) -> Result<Done, CliError> {
        let dry_run = self.writing.dry_run;
        if !dry_run {
            self.writing.logging.check()?;
        }
        let planned = self.plan(context).into_iter();
        let mut ones: Vec<One> =
            planned.map(|planned| One { planned, written: None, failure: None }).collect();
        let mut done = Done {
            stores: Vec::new(),
            services: Vec::new(),
            checks: Vec::new(),
            checks_not_tried: Vec::new(),
            rolled_back: false,
            changed: ones.iter().any(One::will_change),
            exit: Exit::Done,
        };
        if !dry_run && done.changed {
            self.change(&mut ones, &mut done, context);
        }
        if done.checks.is_empty() {
            done.checks_not_tried = self.probes.iter().map(probe::target).collect();
        }
        let failed = ones.iter().find_map(One::error).map(|error| error.exit);
        done.exit = failed.unwrap_or(done.exit);
        if done.exit == Exit::Done && done.changed && self.writing.detailed_exitcode {
            done.exit = Exit::Changed;
        }
        done.stores =
            self.jobs.iter().zip(&ones).map(|(job, one)| one.shown(job, dry_run, done.rolled_back)).collect();
        Ok(done)
    }

    fn change(&self, ones: &mut [One], done: &mut Done, context: &Context) {
        let readers = self.readers(ones);
        let mut running: Vec<&Service> = Vec::new();
        if self.restart {
            match stop(&readers, done) {
                Ok(stopped) => running = stopped,
                Err(why) => {
                    let failure = CliError::new(Exit::Write, "service", why).hint("no store was written");
                    for one in ones.iter_mut().filter(|one| one.will_change()) {
                        one.failure = Some(failure.again());
                    }
                    done.changed = false;
                    return;
                }
            }
        }
        for (job, one) in self.jobs.iter().zip(ones.iter_mut()) {
            if one.will_change() {
                self.write(job, one, context);
            }
        }
        done.changed = ones.iter().any(|one| one.written.is_some());
        let mut is_well = !self.restart || start(&running, "restarted", done);
        if done.changed && is_well {
            let jobs: Vec<&Job> = self
                .jobs
                .iter()
                .zip(ones.iter())
                .filter(|(_, one)| one.error().is_none())
                .map(|(job, _)| job)
                .collect();
            for probe in self.probes {
                done.checks.extend(probe::probe(probe, &jobs, !running.is_empty(), context));
            }
            is_well = done.checks.iter().all(|check| check.ok);
        }
        if self.restart && !is_well {
            self.roll_back(ones, &running, done, context);
        } else if !is_well {
            done.exit = Exit::No;
        }
        if !self.restart {
            let must = |service: &&Service| ServiceDone {
                name: service.name.clone(),
                outcome: "restart-required",
                detail: None,
            };
            done.services = readers.iter().map(must).collect();
        }
    }

    /// The services that read stores that will change.
    fn readers(&self, ones: &[One]) -> Vec<&Service> {
        let changing = self.jobs.iter().zip(ones).filter(|(_, one)| one.will_change());
        let names: Vec<&String> = changing.flat_map(|(job, _)| &job.services).collect();
        self.services.iter().filter(|service| names.contains(&&service.name)).collect()
    }

    fn write(&self, job: &Job, one: &mut One, context: &Context) {
        let Ok(planned) = &one.planned else { return };
        match job.write(planned, context) {
            Ok((applied, undo)) => {
                let why = Why { reason: None, manifest: Some(&self.origin) };
                self.writing.logging.record("sync", &planned.path, &applied, why, context);
                one.written = Some((applied, undo));
            }
            Err(error) => one.failure = Some(error),
        }
    }

    fn roll_back(&self, ones: &mut [One], running: &[&Service], done: &mut Done, context: &Context) {
        for service in running {
            // What does not run cannot be stopped; what matters is that it runs in the end.
            let _ = Control(service).stop();
        }
        done.rolled_back = true;
        done.changed = false;
        done.exit = Exit::Write;
        for one in ones.iter_mut() {
            let (Ok(planned), Some((applied, undo))) = (&one.planned, &one.written) else { continue };
            match undo.undo() {
                Ok(()) => {
                    let why =
                        Why { reason: Some("a check after the change failed"), manifest: Some(&self.origin) };
                    self.writing.logging.record(
                        "sync-rollback",
                        &planned.path,
                        &reverse(applied),
                        why,
                        context,
                    );
                }
                Err(error) => {
                    done.rolled_back = false;
                    one.failure = Some(error);
                }
            }
        }
        start(running, "restarted-after-rollback", done);
    }
}

/// Stops what runs; if one does not stop, those that did are started again.
fn stop<'s>(readers: &[&'s Service], done: &mut Done) -> Result<Vec<&'s Service>, String> {
    let mut stopped = Vec::new();
    for service in readers.iter().copied() {
        let control = Control(service);
        let outcome = |outcome| ServiceDone { name: service.name.clone(), outcome, detail: None };
        if !control.is_controlled() {
            done.services.push(outcome("restart-required"));
            continue;
        }
        if !control.is_running() {
            match service.start_stopped {
                true => stopped.push(service),
                false => done.services.push(outcome("left-stopped")),
            }
            continue;
        }
        if let Err(why) = control.stop() {
            let why = format!("{} does not stop: {why}", service.name);
            start(&stopped, "restarted", done);
            done.services.push(ServiceDone { detail: Some(why.clone()), ..outcome("failed") });
            return Err(why);
        }
        stopped.push(service);
    }
    Ok(stopped)
}

/// Starts them all, in the order of the manifest; whether all run.
fn start(stopped: &[&Service], outcome: &'static str, done: &mut Done) -> bool {
    let mut is_well = true;
    for service in stopped {
        let started = Control(service).start();
        is_well &= started.is_ok();
        let outcome = if started.is_ok() { outcome } else { "failed" };
        done.services.push(ServiceDone { name: service.name.clone(), outcome, detail: started.err() });
    }
    is_well
}

/// What putting a store back does.
fn reverse(applied: &Applied) -> Applied {
    let mut reverse = applied.clone();
    std::mem::swap(&mut reverse.sha256_before, &mut reverse.sha256_after);
    for step in &mut reverse.plan.steps {
        step.action = match step.action {
            Action::Add => Action::Remove,
            Action::Remove => Action::Add,
            other => other,
        };
    }
    reverse
}

impl One {
    fn will_change(&self) -> bool {
        self.planned.as_ref().is_ok_and(|planned| planned.applied.changed)
    }

    fn error(&self) -> Option<&CliError> {
        self.failure.as_ref().or_else(|| self.planned.as_ref().err())
    }

    fn shown(&self, job: &Job, dry_run: bool, rolled_back: bool) -> SyncedStore {
        shown(
            job,
            self.planned.as_ref().ok(),
            self.written.as_ref().map(|(applied, _)| applied),
            Seen { error: self.error(), dry_run, rolled_back },
        )
    }
}

/// How a store is shown.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) error: Option<&'a CliError>,
    pub(crate) dry_run: bool,
    pub(crate) rolled_back: bool,
}

/// One store of the result.
pub(crate) fn shown(
    job: &Job,
    planned: Option<&Planned>,
    applied: Option<&Applied>,
    seen: Seen<'_>,
) -> SyncedStore {
    let applied = applied.or_else(|| planned.map(|planned| &planned.applied));
    let written = applied.map(|applied| Written::new(&job.store, applied, seen.dry_run));
    let changed = written.as_ref().is_some_and(|written| written.changed) && seen.error.is_none();
    let (store, steps, backup) = match written {
        Some(written) => (Some(written.store), written.steps, written.backup),
        None => (None, Vec::new(), None),
    };
    SyncedStore {
        name: job.name.clone(),
        ok: seen.error.is_none() && !seen.rolled_back,
        changed: changed && !seen.rolled_back,
        store,
        steps,
        foreign: planned.map(|planned| planned.foreign.clone()).unwrap_or_default(),
        diff: planned.map(|planned| Diff { before: planned.before.clone(), after: planned.after.clone() }),
        backup,
        error: seen.error.map(Into::into),
    }
}
