//! The audit log as the commands keep it: where it is, who is writing, what goes to syslog.

#![expect(clippy::disallowed_methods, reason = "who is writing stands in the environment; only cli reads it")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::fs;
use crate::import::{Action, Applied, Step};
use crate::journal::{self, ChangeLine, Record, Who};
use crate::net::{SYSLOG, syslog};

/// Where root's log is.
const SYSTEM_LOG: &str = "/var/log/trustmend/audit.jsonl";
/// The environment variable that names another.
const VARIABLE: &str = "TRUSTMEND_AUDIT_LOG";
/// How long to wait for others who write the log.
const WAIT: Duration = Duration::from_secs(10);
/// Its mode: for root and the group that reads logs.
const MODE: u32 = 0o640;

/// Flags about the record of what was done.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Record")]
pub(crate) struct Logging {
    /// Add a line for each changed store to this file, or `off` [default: /var/log/trustmend/audit.jsonl for root, else
    /// trustmend/audit.jsonl in the user's state folder] [env: TRUSTMEND_AUDIT_LOG].
    // Not by clap, which would show the flag as typed where only the variable is set.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit_log: Option<PathBuf>,
    /// Tell the system's log too, through /dev/log or this socket.
    #[arg(long, value_name = "SOCKET", num_args = 0..=1, require_equals = true, default_missing_value = SYSLOG)]
    pub(crate) syslog: Option<PathBuf>,
}

/// What else is known of a change.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Why<'a> {
    pub(crate) reason: Option<&'a str>,
    pub(crate) manifest: Option<&'a str>,
}

impl Logging {
    /// What the flag names, else the environment.
    fn named(&self) -> Option<PathBuf> {
        let variable = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        self.audit_log.clone().or_else(variable)
    }

    /// The file; `None` if no log is kept.
    fn file(&self) -> Option<PathBuf> {
        match self.named() {
            Some(path) if path.as_os_str() == "off" => None,
            Some(path) => Some(path),
            None if uid() == Some(0) => Some(PathBuf::from(SYSTEM_LOG)),
            None => state_folder().map(|folder| folder.join("trustmend/audit.jsonl")),
        }
    }

    /// Fails if a log that was named cannot be written: better nothing is done than unrecorded.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        let Some(path) = self.named().and_then(|_| self.file()) else { return Ok(()) };
        let probe = fs::append_line(&path, MODE, WAIT, journal::MAX_LINE, |last| match last {
            Some(last) if journal::hash_of(last).is_none() => Err("its last line is no whole record"),
            _ => Ok(String::new()),
        });
        let failed = |message: String| {
            CliError::new(Exit::Write, "audit-log", message)
                .hint("nothing was done; name another --audit-log")
        };
        match probe {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(failed(format!("{}: {why}", path.display()))),
            Err(error) => {
                let mut failure = CliError::from_source(Exit::Write, "audit-log", &error);
                failure.hints.push(error.hint().to_owned());
                Err(failed(failure.message))
            }
        }
    }

    /// Records what was done to a store. What cannot be recorded is a warning: the store is written already.
    pub(crate) fn record(
        &self,
        command: &str,
        path: &Path,
        applied: &Applied,
        why: Why<'_>,
        context: &Context,
    ) {
        if context.ui.is_nested() {
            return;
        }
        let record = Record {
            seq: 0,
            time: context.now.format(&Rfc3339).unwrap_or_default(),
            host: host(),
            who: who(),
            command: command.to_owned(),
            path: path.display().to_string(),
            sha256_before: applied.sha256_before.map(|one| one.hex()),
            sha256_after: applied.sha256_after.map(|one| one.hex()),
            changes: applied.plan.steps.iter().filter_map(change).collect(),
            reason: why.reason.map(ToOwned::to_owned),
            manifest: why.manifest.map(ToOwned::to_owned),
            tool: concat!("trustmend ", env!("CARGO_PKG_VERSION")).to_owned(),
            prev: String::new(),
        };
        let summary = summary(&record);
        let hash = self.write(record, context);
        if let Some(socket) = &self.syslog {
            let format =
                format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second]");
            let stamp = context.now.format(format).unwrap_or_default();
            let line = format!("{summary} hash={}", hash.as_deref().unwrap_or("none"));
            if let Err(error) = syslog(socket, &stamp, &line) {
                context.ui.warn(&format!("{}: the system's log was not told: {error}", socket.display()));
            }
        }
    }

    fn write(&self, record: Record, context: &Context) -> Option<String> {
        let path = self.file()?;
        let mut hash = None;
        let written = fs::append_line(&path, MODE, WAIT, journal::MAX_LINE, |last| {
            let line = journal::line(last, record)?;
            hash = journal::hash_of(&line).map(ToOwned::to_owned);
            Ok::<_, journal::JournalError>(line)
        });
        match written {
            Ok(Ok(())) => return hash,
            Ok(Err(error)) => {
                context.ui.warn(&format!("{}: nothing was recorded: {error}", path.display()));
            }
            Err(error) => context.ui.warn(&format!("nothing was recorded: {error}")),
        }
        None
    }
}

fn change(step: &Step) -> Option<ChangeLine> {
    (!matches!(step.action, Action::Keep | Action::Refuse)).then(|| ChangeLine {
        action: step.action.name().to_owned(),
        alias: step.alias.clone(),
        sha256: step.fingerprint.map(|one| one.hex()),
        subject: step.subject.clone(),
        reason: step.reason.clone(),
    })
}

fn summary(record: &Record) -> String {
    let number = |action: &str| record.changes.iter().filter(|change| change.action == action).count();
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    format!(
        "command={} uid={} sudo_user={} login_uid={} add={} remove={} replace={} before={} after={} path={:?}",
        record.command,
        record.who.uid.map_or_else(|| "none".to_owned(), |uid| uid.to_string()),
        text(&record.who.sudo_user),
        record.who.login_uid.map_or_else(|| "none".to_owned(), |uid| uid.to_string()),
        number("add"),
        number("remove"),
        number("replace"),
        text(&record.sha256_before),
        text(&record.sha256_after),
        record.path,
    )
}

fn state_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|home| home.join(".local/state"));
    folder("XDG_STATE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(home)
}

#[cfg(unix)]
fn uid() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn uid() -> Option<u32> {
    None
}

/// The machine's name.
pub(crate) fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    name
}

/// Who runs this program. `loginuid` stays what it was when the session began, whatever sudo or su did since.
pub(crate) fn who() -> Who {
    let login = std::fs::read_to_string("/proc/self/loginuid").ok();
    let login = login.and_then(|text| text.trim().parse().ok()).filter(|uid| *uid != u32::MAX);
    Who { uid: uid(), sudo_user: std::env::var("SUDO_USER").ok(), login_uid: login }
}
