//! Programs run to their end, within a time, with what they said.

use std::io::{Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No program a test runs once takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a program gave back.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The exit code; -1 if a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Outcome {
    /// Fails the test unless the program ended with 0.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.code, 0, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Both streams, for programs that do not care which (keytool).
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in stdout: {}\nstderr: {}", self.stdout, self.stderr))
    }
}

/// Runs `command` with `input` on its standard input; `package` is what to install if it is missing.
#[track_caller]
pub(crate) fn run(mut command: Command, input: &[u8], package: &str) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| missing(&command, &error.to_string(), package));
    let mut stdin = child.stdin.take().unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input)); // a program that does not read it is none of our business
        let (stdout, stderr) = (scope.spawn(|| text(stdout)), scope.spawn(|| text(stderr)));
        let code = wait(&mut child, &command);
        Outcome { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    })
}

/// Fails the test: a program it is judged by is not there.
#[track_caller]
pub(crate) fn missing(program: &Command, why: &str, package: &str) -> ! {
    panic!("{}: {why}; install {package} (tests/setup.sh does)", program.get_program().display());
}

fn text(mut stream: impl Read) -> String {
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    String::from_utf8_lossy(&octets).into_owned()
}

fn wait(child: &mut Child, command: &Command) -> i32 {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{command:?} did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
