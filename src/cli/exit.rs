//! Exit codes: promises to scripts, pinned by a test.

use std::process::ExitCode;

use crate::render::nagios::Level;

/// What the process answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do; the verdict is trusted.
    Done = 0,
    /// The answer is no: untrusted, errors found, stores differ.
    No = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Unreachable, timed out, not TLS.
    Network = 3,
    /// A store or file cannot be read, or its password is wrong.
    Store = 4,
    /// Refused by policy: needs a fingerprint, a flag with a reason, or a yes.
    Refused = 5,
    /// The write failed; the old store is intact.
    Write = 6,
    /// Done, and something changed (`--detailed-exitcode`).
    Changed = 10,
    /// A bug in trustmend.
    Bug = 70,
    /// Interrupted; what was there by then was printed.
    Interrupted = 130,
}

/// The table `--help` and the manual show.
pub(crate) const TABLE: &str = "Exit codes:
  0   done, or nothing to do; the verdict is trusted
  1   the answer is no: untrusted, or errors were found
  2   the command line is wrong
  3   network: unreachable, timed out, not TLS
  4   a store or file cannot be read: password, damage, format, lock
  5   refused: needs a fingerprint, a flag with a reason, or a yes
  6   the write failed; the old file is intact
  70  a bug in trustmend
  130 interrupted; what was there by then was printed";

impl Exit {
    /// The code of a Nagios plugin, where a plugin was asked for: the numbers mean other things there.
    pub(crate) fn of_plugin(level: Level) -> Self {
        match level {
            Level::Ok => Self::Done,
            Level::Warning => Self::No,
            Level::Critical => Self::Usage,
            Level::Unknown => Self::Network,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
