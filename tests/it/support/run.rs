//! The binary under test, in a home of its own and an environment that holds nothing of this machine's.

use std::process::Command;

use super::program::{self, Outcome};
use super::scratch::Scratch;

/// Runs `trustmend ARGS` with `home` as HOME and working folder.
#[track_caller]
pub(crate) fn trustmend(home: &Scratch, args: &[&str]) -> Outcome {
    program::run(command(home, args), b"", "nothing: it is this project's own")
}

/// The same, with standard input and more environment.
#[track_caller]
pub(crate) fn trustmend_with(home: &Scratch, args: &[&str], env: &[(&str, &str)], input: &[u8]) -> Outcome {
    let mut command = command(home, args);
    command.envs(env.iter().copied());
    program::run(command, input, "nothing: it is this project's own")
}

/// The command itself, for tests that start it and do something meanwhile.
pub(crate) fn command(home: &Scratch, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trustmend"));
    command.args(args).current_dir(home.path()).env_clear().env("HOME", home.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    // What root does is recorded for the whole machine unless told; tests that are about it name a file.
    command.env("TRUSTMEND_AUDIT_LOG", "off");
    command
}
