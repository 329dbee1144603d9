//! What is tried after a change: a server with the store that should trust it now, or a command.

use std::time::{Duration, Instant};

use super::super::ui::Ui;
use super::super::{Context, nested};
use super::job::Job;
use super::service;
use crate::manifest::{CheckKind, Probe};
use crate::render::json::v1::Probed;

/// How long between two attempts.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a service that was started may take to answer, and a command to end, unless the manifest tells, in seconds.
const USUAL_WAIT: u16 = 60;

/// What is tried: the server, or the command.
pub(crate) fn target(probe: &Probe) -> String {
    probe.url.clone().unwrap_or_else(|| probe.command.join(" "))
}

/// Tries it with each store it is about, until it is well or the time is up, which all of them share. Where no service was
/// started, nothing comes up by waiting: then it is tried once, unless the manifest says how long.
pub(crate) fn probe(probe: &Probe, jobs: &[&Job], started: bool, context: &Context) -> Vec<Probed> {
    let seconds = |default: u16| Duration::from_secs(u64::from(probe.wait_seconds.unwrap_or(default)));
    let wait = seconds(if started { USUAL_WAIT } else { 0 });
    let Some(url) = &probe.url else {
        let answer =
            until(Instant::now(), wait, || match service::run(&probe.command, seconds(USUAL_WAIT)) {
                Ok(()) => Ok(()),
                Err(why) => Err((why, true)),
            });
        return vec![probed(target(probe), None, answer)];
    };
    let begin = Instant::now();
    let concerned = jobs.iter().filter(|job| probe.store.as_ref().is_none_or(|name| *name == job.name));
    let one = |job: &&Job| {
        let answer = until(begin, wait, || ask(probe.kind, url, job, context));
        probed(url.clone(), Some(job.name.clone()), answer)
    };
    concerned.map(one).collect()
}

fn probed(target: String, store: Option<String>, answer: Result<(), String>) -> Probed {
    Probed { target, store, ok: answer.is_ok(), detail: answer.err() }
}

/// Tries again while that may help.
fn until(
    start: Instant,
    wait: Duration,
    attempt: impl Fn() -> Result<(), (String, bool)>,
) -> Result<(), String> {
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err((why, true)) if start.elapsed() >= wait => return Err(why),
            Err((why, false)) => return Err(why),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// Asks a server once; what fails, and whether it may be well a moment later.
fn ask(kind: CheckKind, url: &str, job: &Job, context: &Context) -> Result<(), (String, bool)> {
    let inner = Context { ui: Ui::new(anstream::ColorChoice::Never, true, true, false), ..*context };
    let command = match kind {
        CheckKind::Tls => "diagnose",
        CheckKind::Scim => "check",
    };
    let mut typed = vec![command, url, "--store", &job.store];
    let file = job.password.store_password_file.as_ref().map(|file| file.display().to_string());
    if let Some(file) = &file {
        typed.extend(["--store-password-file", file]);
    }
    if let Some(variable) = &job.password.store_password_env {
        typed.extend(["--store-password-env", variable]);
    }
    let (exit, document) = nested(&inner, &typed).map_err(|error| (error.message, false))?;
    match exit {
        super::super::exit::Exit::Done => Ok(()),
        exit => {
            // A server that is not up yet may be a moment later; a verdict does not change by waiting.
            let may_come = exit == super::super::exit::Exit::Network;
            Err((
                why(document.as_ref()).unwrap_or_else(|| format!("{command} ended with {}", exit as u8)),
                may_come,
            ))
        }
    }
}

/// The words of a document that says no.
fn why(document: Option<&serde_json::Value>) -> Option<String> {
    let document = document?;
    let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
    let target = document.get("targets").and_then(|targets| targets.get(0));
    let finding = target.and_then(|target| target.get("findings")?.get(0)?.get("title").and_then(text));
    let predicted = target.and_then(|target| target.get("predicted_error").and_then(text));
    let steps = document.get("steps").and_then(|steps| steps.as_array());
    let failed = steps
        .and_then(|steps| steps.iter().find(|step| step.get("outcome").is_some_and(|one| one == "fail")));
    let step = failed.and_then(|step| step.get("detail").and_then(text));
    let error = document.get("error").and_then(|error| error.get("message").and_then(text));
    error.or(step).or(finding).or(predicted)
}
