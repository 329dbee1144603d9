//! What the answer costs for chains and stores made to waste time: `diagnose` as a release build, from reading the files
//! to printing, in processor time of the whole process. Fails if one takes more than is promised: 200 ms and 50 MB for the
//! answer of one client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::cast_possible_truncation)]

#[path = "../tests/it/hostile/cost.rs"]
mod cost;
#[path = "../tests/it/hostile/graphs.rs"]
mod graphs;

use std::process::{Command, ExitCode};
use std::time::Duration;

const CPU: Duration = Duration::from_millis(200);
const MEMORY: usize = 50_000_000;
const PROGRAM: &str = env!("CARGO_BIN_EXE_trustmend");

fn main() -> ExitCode {
    let home = tempfile::tempdir().unwrap();
    let mut exceeded = 0;
    for graph in graphs::graphs() {
        graph.write(home.path());
        for client in ["java", "openssl", "webpki"] {
            let mut asked = Command::new(PROGRAM);
            asked.args(graphs::ARGUMENTS).args(["--client", client]).current_dir(home.path());
            asked.env("HOME", home.path()).env("LC_ALL", "C.UTF-8");
            let cost = cost::of(cost::limited(&asked, MEMORY));
            let gave_up = cost.stdout.contains("UNDECIDED: gave up");
            let honest = client != "java" || gave_up == (graph.answer == graphs::Answer::GivesUp);
            let is_within = matches!(cost.code, 0 | 1) && honest && cost.cpu <= CPU;
            exceeded += usize::from(!is_within);
            let verdict = cost.stdout.lines().nth(3).unwrap_or(&cost.stderr);
            let mark = if is_within { "" } else { "  BROKEN" };
            println!("{:50} {client:8} {:4} ms  {verdict:.60}{mark}", graph.name, cost.cpu.as_millis());
        }
    }
    if exceeded == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
