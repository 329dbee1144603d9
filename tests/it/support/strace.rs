//! strace, which makes system calls fail, ends a process at one, or lists them.

use std::process::Command;

/// The words in front of a command: `what` is `trace=CALLS` or `inject=CALL:HOW:when=TURN`, `log` the file for the calls.
pub(crate) fn words<'a>(log: &'a str, what: &'a str) -> [&'a str; 7] {
    ["strace", "-f", "-qq", "-o", log, "-e", what]
}

/// The same command, run by strace.
pub(crate) fn under(log: &str, what: &str, inner: &Command) -> Command {
    let words = words(log, what);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(inner.get_current_dir().unwrap());
    command
}
