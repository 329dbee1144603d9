//! What a process costs: processor time of all its threads, and a limit on its memory.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// What came of it.
pub(crate) struct Cost {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// In user and kernel mode.
    pub(crate) cpu: Duration,
}

/// The same command with this much writable memory at most: the kernel refuses it more, and it ends.
pub(crate) fn limited(inner: &Command, octets: usize) -> Command {
    let mut command = Command::new("prlimit");
    command.args([&format!("--data={octets}"), "--cpu=60"]).arg(inner.get_program()).args(inner.get_args());
    if let Some(folder) = inner.get_current_dir() {
        command.current_dir(folder);
    }
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Runs it to its end. The kernel's account of the process is read before it is cleared away.
pub(crate) fn of(mut command: Command) -> Cost {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("prlimit of util-linux is installed (tests/setup.sh does)");
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (mut stdout, mut stderr) = (String::new(), String::new());
    std::thread::scope(|scope| {
        scope.spawn(|| out.read_to_string(&mut stdout).unwrap());
        err.read_to_string(&mut stderr).unwrap();
    });
    let pid = i32::try_from(child.id()).unwrap();
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(Pid::from_raw(pid).unwrap()), ended).unwrap();
    let cpu = used(pid);
    let code = child.wait().unwrap().code().unwrap_or(-1);
    Cost { code, stdout, stderr, cpu }
}

/// utime and stime of proc_pid_stat(5), in the hundredths of a second that the kernel tells all programs.
fn used(pid: i32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let behind_name = stat.rsplit_once(") ").unwrap().1;
    let fields: Vec<&str> = behind_name.split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
