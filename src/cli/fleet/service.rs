//! Stopping and starting services: fixed argument lists, never a shell, each within its time.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::fs::Scratch;
use crate::manifest::{Service, ServiceManager};

/// How often a program or a service is looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// How much of what a failed program said is repeated, in octets.
const SAID: usize = 2000;

/// A service that can be controlled.
pub(crate) struct Control<'a>(pub(crate) &'a Service);

impl Control<'_> {
    /// Whether anything can be done to it.
    pub(crate) fn is_controlled(&self) -> bool {
        self.0.manager != ServiceManager::None
    }

    fn wait(&self) -> Duration {
        Duration::from_secs(u64::from(self.0.wait_seconds))
    }

    fn argv(&self, verb: &str) -> Vec<String> {
        let service = self.0;
        let unit = service.unit.as_ref().unwrap_or(&service.name).clone();
        let typed =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).chain([unit.clone()]).collect();
        match (service.manager, verb) {
            (ServiceManager::Systemd, "status") => typed(&["systemctl", "is-active", "--quiet"]),
            (ServiceManager::Systemd, verb) => typed(&["systemctl", verb]),
            (ServiceManager::Sysv, verb) => vec!["service".to_owned(), unit, verb.to_owned()],
            (ServiceManager::Command, "start") => service.start.clone(),
            (ServiceManager::Command, "stop") => service.stop.clone(),
            (ServiceManager::Command, _) => service.status.clone(),
            (ServiceManager::None, _) => Vec::new(),
        }
    }

    /// Whether it runs; one that cannot be asked is taken to.
    pub(crate) fn is_running(&self) -> bool {
        let argv = self.argv("status");
        argv.is_empty() || run(&argv, self.wait()).is_ok()
    }

    /// Stops it.
    pub(crate) fn stop(&self) -> Result<(), String> {
        run(&self.argv("stop"), self.wait())
    }

    /// Starts it and waits until it says that it runs.
    pub(crate) fn start(&self) -> Result<(), String> {
        run(&self.argv("start"), self.wait())?;
        let status = self.argv("status");
        if status.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        loop {
            let asked = run(&status, self.wait());
            if asked.is_ok() || start.elapsed() >= self.wait() {
                return asked.map_err(|why| {
                    format!("it does not run {} s after its start: {why}", self.0.wait_seconds)
                });
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Runs a program to its end. What it says goes to a file: a service that it leaves behind would hold a pipe open for ever.
pub(crate) fn run(argv: &[String], wait: Duration) -> Result<(), String> {
    let Some((program, arguments)) = argv.split_first() else { return Err("no command".to_owned()) };
    let scratch = Scratch::new("trustmend-run").map_err(|error| error.to_string())?;
    let said = scratch.path().join("said");
    let file = std::fs::File::create(&said).map_err(|error| format!("{program}: {error}"))?;
    let both = file.try_clone().map_err(|error| format!("{program}: {error}"))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(file).stderr(both);
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{}: {status}{}", argv.join(" "), tail(&said))),
            Ok(None) if start.elapsed() >= wait => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!(
                    "{}: not done within {} s{}",
                    argv.join(" "),
                    wait.as_secs(),
                    tail(&said)
                ));
            }
            Ok(None) => std::thread::sleep(pause),
            Err(error) => return Err(format!("{program}: {error}")),
        }
        pause = (pause * 2).min(PAUSE);
    }
}

fn tail(said: &Path) -> String {
    let octets = std::fs::read(said).unwrap_or_default();
    let text = String::from_utf8_lossy(octets.get(octets.len().saturating_sub(SAID)..).unwrap_or_default())
        .into_owned();
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
