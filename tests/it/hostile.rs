//! Chains and stores made to waste time get an answer all the same, and an honest one.
//!
//! 200 ms of processor time and 50 MB is what an answer may take. benches/hostile.rs holds a release build to that; here it
//! is held to the memory, and a build without optimization to as many times the processor time as it is slower.

mod cost;
mod graphs;

use crate::support::run::command;
use crate::support::scratch::Scratch;
use graphs::{ARGUMENTS, Answer, graphs};

/// Of processor time for a build like this one; the bench knows the true limit.
const CPU: std::time::Duration = std::time::Duration::from_millis(200 * 20);
/// Of writable memory: for everything the process does, from reading the files to printing.
const MEMORY: usize = 50_000_000;

#[test]
fn what_is_made_to_waste_time_gets_an_answer() {
    let home = Scratch::new();
    for graph in graphs() {
        graph.write(home.path());
        for client in ["java", "openssl", "webpki"] {
            let (name, asked) =
                (graph.name, command(&home, &[&ARGUMENTS[..], &["--client", client]].concat()));
            let cost = cost::of(cost::limited(&asked, MEMORY));
            let said = format!("{name}, {client}: {} {:.2000} {:.300}", cost.code, cost.stdout, cost.stderr);
            assert!(cost.cpu < CPU, "{:?} for {said}", cost.cpu);
            assert!(matches!(cost.code, 0 | 1) && cost.stderr.is_empty(), "{said}");
            // No other client dares what Java does not.
            assert!(cost.code == 1 || graph.answer == Answer::Trusts, "{said}");
            if client == "java" {
                let gave_up = cost.stdout.contains("UNDECIDED: gave up");
                assert_eq!(gave_up, graph.answer == Answer::GivesUp, "{said}");
                assert_eq!(cost.code == 0, graph.answer == Answer::Trusts, "{said}");
                // Who gives up does not know what is wrong with the store.
                assert!(!gave_up || !cost.stdout.contains("[anchor-stale]"), "{said}");
            }
        }
    }
}
