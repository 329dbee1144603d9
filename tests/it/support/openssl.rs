//! The openssl program, as judge and as server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::program::{self, Outcome};

/// Runs `openssl ARGS`.
#[track_caller]
pub(crate) fn openssl(args: &[&str]) -> Outcome {
    openssl_with(args, b"")
}

/// Runs `openssl ARGS` with `input` on its standard input.
#[track_caller]
pub(crate) fn openssl_with(args: &[&str], input: &[u8]) -> Outcome {
    let mut command = Command::new("openssl");
    command.args(args);
    program::run(command, input, "openssl")
}

/// A running `openssl s_server`, ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Server {
    /// Starts `openssl s_server ARGS` on a port that the system chooses, answering HTTP requests with a status page.
    #[track_caller]
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", args)
    }

    /// The same on both loopback addresses.
    #[track_caller]
    pub(crate) fn start_on_both(args: &[&str]) -> Self {
        Self::start_on("0", args)
    }

    #[track_caller]
    fn start_on(address: &str, args: &[&str]) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", address, "-www"]).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let child = command.spawn();
        let mut child =
            child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), "openssl"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let accept = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
        let port = accept.and_then(|address| address.rsplit(':').next()?.parse().ok());
        std::thread::spawn(move || lines.for_each(drop)); // its pipe must not fill
        let port = port.unwrap_or_else(|| panic!("openssl s_server {args:?} did not start"));
        Self { child, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
