//! The table of pipes and sockets, each cell found on the kernel. What is measured has no threshold here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use pipescope::engine::compare::{Aspect, Cell, Figure, Way, prove};
use pipescope::engine::{Forward, Script};

fn cell(way: Way, aspect: Aspect) -> Cell {
    prove(way, aspect, &common::options())
}

/// As the manual has it: pipe(7), pipe(2), fifo(7), socketpair(2), unix(7), tcp(7), udp(7), send(2).
const KNOWN: [(Aspect, [&str; 7]); 6] = [
    (Aspect::Direction, ["one way", "one way", "one way", "both ways", "both ways", "both ways", "both ways"]),
    (Aspect::Relation, ["relatives", "relatives", "any two", "relatives", "any two", "any two", "any two"]),
    (Aspect::Machine, ["this one", "this one", "this one", "this one", "this one", "any", "any"]),
    (Aspect::Boundaries, ["joined", "kept", "joined", "joined", "joined", "joined", "kept"]),
    (Aspect::End, ["EOF", "EOF", "EOF", "EOF", "EOF", "EOF", "nothing"]),
    (Aspect::Gone, ["SIGPIPE", "SIGPIPE", "SIGPIPE", "SIGPIPE", "SIGPIPE", "SIGPIPE *", "refused *"]),
];

#[test]
fn what_the_kernel_does_is_what_the_manual_says() {
    for (aspect, answers) in KNOWN {
        for (way, expected) in Way::ALL.into_iter().zip(answers) {
            let cell = cell(way, aspect);
            let answer = cell.answer.as_ref().unwrap_or_else(|why| panic!("{way:?} {aspect:?}: {why}"));
            assert_eq!(answer.short, expected, "{way:?} {aspect:?}: {cell:?}");
        }
    }
}

#[test]
fn what_is_measured_is_there() {
    for way in Way::ALL {
        for aspect in Aspect::ALL.into_iter().filter(|a| a.is_measured()) {
            let cell = cell(way, aspect);
            let answer = cell.answer.as_ref().unwrap_or_else(|why| panic!("{way:?} {aspect:?}: {why}"));
            let good = match answer.figure.unwrap() {
                Figure::Bytes(n) | Figure::Speed(n) => n > 0,
                Figure::Nanoseconds { low, median, high } => 0 < low && low <= median && median <= high,
            };
            assert!(good && answer.short.chars().count() <= 9, "{cell:?}");
        }
    }
    let Ok(pipe) = cell(Way::Pipe, Aspect::Capacity).answer else { panic!() };
    // pipe(7): 16 pages, or fewer where the user has many pipes.
    assert!(matches!(pipe.figure, Some(Figure::Bytes(n)) if n <= 65536), "{pipe:?}");
}

#[test]
fn a_cells_script_can_be_played_again() {
    for way in Way::ALL {
        let cell = cell(way, Aspect::Gone);
        let mut session = common::story::session(Script::of_text("cell", &cell.script.join("\n")).unwrap());
        while session.forward().unwrap() == Forward::Stepped {}
        let own = session.told().own.clone().unwrap();
        let again = format!("{}: {}", own.process, pipescope::notation::show_completion(&own));
        assert_eq!(again, cell.happened);
    }
}
