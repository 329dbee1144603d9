//! Many targets: where they are listed, several asked at once, what came of them in their order or as it comes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use clap::Args;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use super::source;

/// Largest list of targets that is read.
const MAX_LIST: u64 = 64 << 20;

/// How many results per job may wait for one before them, so that a slow target does not gather all others in memory.
const WINDOW: usize = 16;

/// How often an interrupt is looked for while nothing arrives.
const GLANCE: Duration = Duration::from_millis(50);

/// Flags of commands that take many targets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Many targets")]
pub(crate) struct Many {
    /// Take targets from FILE, besides those given: one per line, # begins a comment, or JSON lines with a member "target"; - is
    /// standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_file: Option<PathBuf>,
    /// How many targets to ask at the same time.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) jobs: u16,
    /// Print each target's JSON on a line of its own as soon as it is there, in any order, and keep nothing.
    #[arg(long)]
    pub(crate) unordered: bool,
}

impl Many {
    /// Every target: those given, then those listed.
    pub(crate) fn targets(&self, given: &[String]) -> Result<Vec<String>, CliError> {
        let mut targets = given.to_vec();
        let Some(file) = &self.from_file else { return Ok(targets) };
        let octets = source::octets(file, MAX_LIST).map_err(|error| source::source_error(&error))?;
        let text = String::from_utf8(octets).map_err(|_| {
            CliError::usage(format!("{}: a list of targets is text in UTF-8", file.display()))
        })?;
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            targets.extend(listed(line).map_err(|what| at_line(file, index, &what))?);
        }
        if targets.is_empty() {
            return Err(CliError::usage(format!("{}: there is no target in it", file.display())));
        }
        Ok(targets)
    }

    /// Asks all targets, several at once, and hands over what came of each: in their order, or as it comes. Tells whether it
    /// was interrupted: then nothing new was begun, and a second interrupt ends the process.
    pub(crate) fn each<T: Send>(
        &self,
        targets: Vec<String>,
        context: &Context,
        ask: impl Fn(&str) -> Vec<T> + Sync,
        mut take: impl FnMut(T) -> Result<(), CliError>,
    ) -> Result<bool, CliError> {
        let total = targets.len();
        let jobs = usize::from(self.jobs).min(total);
        let interrupted = if total > 1 { interrupts() } else { Arc::default() };
        let (order, orders) = mpsc::channel::<(usize, String)>();
        let orders = Mutex::new(orders);
        let (answer, answers) = mpsc::channel();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                let (answer, orders, ask, over) = (answer.clone(), &orders, &ask, &over);
                scope.spawn(move || {
                    while let Some((index, target)) = next(orders) {
                        if over.load(Ordering::Relaxed) || answer.send((index, ask(&target))).is_err() {
                            break;
                        }
                    }
                });
            }
            let order = order; // dropped at the end of this scope, which ends the workers
            let mut waiting = targets.into_iter().enumerate();
            let (mut out, mut done, mut held) = (0, 0, BTreeMap::new());
            let mut taken = Ok(());
            while taken.is_ok() {
                while out - done < jobs * WINDOW && !interrupted.load(Ordering::Relaxed) {
                    let Some(one) = waiting.next() else { break };
                    out += usize::from(order.send(one).is_ok());
                }
                if done == out {
                    break;
                }
                match answers.recv_timeout(GLANCE) {
                    Ok((index, results)) => {
                        drop(held.insert(if self.unordered { done } else { index }, results))
                    }
                    Err(_) if interrupted.load(Ordering::Relaxed) => break,
                    Err(_) => continue,
                }
                while let Some(results) = held.remove(&done) {
                    done += 1;
                    context.ui.progress(done, total);
                    taken = taken.and_then(|()| results.into_iter().try_for_each(&mut take));
                }
            }
            // Interrupted: what is there behind a gap is shown too.
            over.store(true, Ordering::Relaxed);
            taken.and_then(|()| held.into_values().flatten().try_for_each(&mut take))?;
            Ok(interrupted.load(Ordering::Relaxed))
        })
    }
}

/// The exit code for several: a no outweighs what could not be asked.
pub(crate) fn exit(exits: &[Exit]) -> Exit {
    let order = [Exit::Write, Exit::Refused, Exit::No, Exit::Network, Exit::Store, Exit::Usage];
    order.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done)
}

/// The target of a line, if it has one.
fn listed(line: &str) -> Result<Option<String>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.starts_with('{') {
        let object: serde_json::Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let target = object.get("target").and_then(serde_json::Value::as_str);
        let missing = || "there is no \"target\" in it".to_owned();
        return target.map(|target| Some(target.to_owned())).ok_or_else(missing);
    }
    // A fragment has no blank before its `#`.
    let target = line.split_once(" #").or_else(|| line.split_once("\t#")).map_or(line, |(target, _)| target);
    Ok(Some(target.trim_end().to_owned()))
}

fn at_line(file: &Path, index: usize, what: &str) -> CliError {
    CliError::usage(format!("{}: line {}: {what}", file.display(), index + 1))
}

fn next(orders: &Mutex<mpsc::Receiver<(usize, String)>>) -> Option<(usize, String)> {
    orders.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Set by the first interrupt; the second one ends the process with 130 at once.
#[cfg(unix)]
fn interrupts() -> Arc<AtomicBool> {
    use signal_hook::{consts::SIGINT, flag};
    let set = Arc::new(AtomicBool::new(false));
    // Without handlers an interrupt simply ends the process.
    let _ = flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&set));
    let _ = flag::register(SIGINT, Arc::clone(&set));
    set
}

#[cfg(not(unix))]
fn interrupts() -> Arc<AtomicBool> {
    Arc::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_list() {
        for (line, target) in [
            ("", None),
            ("  # all of them", None),
            (" h.test:8443  # the old one", Some("h.test:8443")),
            ("https://h.test/#top", Some("https://h.test/#top")),
            (r#"{"target": "h.test", "owner": "x"}"#, Some("h.test")),
        ] {
            assert_eq!(listed(line).unwrap().as_deref(), target, "{line}");
        }
        assert!(listed("{}").is_err() && listed("{").is_err());
    }
}
