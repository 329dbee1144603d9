//! Chains and stores made to waste time get an answer all the same, and an honest one.
//!
//! 200 ms of processor time and 50 MB is what an answer may take. benches/hostile.rs holds a release build to that; here it
//! is held to the memory, and a build without optimization to as many times the processor time as it is slower.

mod cost;
mod graphs;

use time::macros::datetime;
use trustmend::cert::Certificate;
use trustmend::path::java::{Question, Settings, Verdict, Version, judge};
use trustmend::path::{Anchor, Outcome, PeerName, openssl, webpki};

use crate::clients::in_words;
use crate::support::run::command;
use crate::support::scratch::Scratch;
use graphs::{ARGUMENTS, Answer, Graph, graphs};

/// Of processor time for a build like this one; the bench knows the true limit.
const CPU: std::time::Duration = std::time::Duration::from_millis(200 * 20);
/// Of writable memory: for everything the process does, from reading the files to printing.
const MEMORY: usize = 50_000_000;

type Judge = fn(&[Certificate], &[Anchor], Option<&PeerName>, time::OffsetDateTime) -> Outcome;

fn answer(verdict: &Verdict) -> Answer {
    match verdict {
        Verdict::Trusted => Answer::Trusts,
        Verdict::Refused => Answer::Refuses,
        Verdict::Undecided { why } => {
            assert!(why.starts_with("gave up: "), "{why}");
            Answer::GivesUp
        }
    }
}

/// What the judges themselves say. The other clients must not trust what Java does not.
fn judged(graph: &Graph) {
    let anchor = |certificate: &Certificate| Anchor { certificate: certificate.clone(), alias: None };
    let anchors: Vec<Anchor> = graph.anchors.iter().map(anchor).collect();
    let mut settings = Settings::of(&Version::newest(25));
    settings.maximum_chain = usize::MAX;
    let question = Question::new(&graph.chain, &anchors, datetime!(2026-11-23 12:00 UTC), &settings);
    assert_eq!(answer(&judge(&question).verdict), graph.answer, "{}", graph.name);
    for (client, judge) in [("OpenSSL", openssl::judge as Judge), ("webpki", webpki::judge)] {
        let outcome = judge(&graph.chain, &anchors, None, question.now);
        let dares = outcome.is_trusted() && graph.answer != Answer::Trusts;
        assert!(!dares, "{client} trusts {}", graph.name);
        assert!(
            outcome.is_trusted() || in_words(&outcome).is_some(),
            "{client} says nothing of {}",
            graph.name
        );
    }
}

#[test]
fn what_is_made_to_waste_time_gets_an_answer() {
    let home = Scratch::new();
    for graph in graphs() {
        judged(&graph);
        graph.write(home.path());
        for client in ["java", "openssl", "webpki"] {
            let (name, asked) =
                (graph.name, command(&home, &[&ARGUMENTS[..], &["--client", client]].concat()));
            let cost = cost::of(cost::limited(&asked, MEMORY));
            let said = format!("{name}, {client}: {} {:.2000} {:.300}", cost.code, cost.stdout, cost.stderr);
            assert!(cost.cpu < CPU, "{:?} for {said}", cost.cpu);
            assert!(matches!(cost.code, 0 | 1) && cost.stderr.is_empty(), "{said}");
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
