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

fn program(args: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_pipescope")).args(args).output().unwrap()
}

#[test]
fn the_program_prints_the_table_and_the_proof_of_a_cell() {
    let table = program(&["compare", "--format", "text", "--ascii"]);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(table.status.success() && text.is_ascii(), "{text}");
    assert!(text.lines().any(|line| line.starts_with("at close   EOF ")), "{text}");
    let script = program(&["compare", "--script", "tcp/gone"]);
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("gone-{}.pipe", std::process::id()));
    std::fs::write(&path, &script.stdout).unwrap();
    let played = program(&["play", path.to_str().unwrap()]);
    assert!(String::from_utf8(played.stdout).unwrap().contains("killed by SIGPIPE"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn what_it_does_not_know_it_says() {
    let unknown = program(&["compare", "--script", "pipe/ends"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("round-trip"));
    let nowhere = program(&["compare"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("--format text"));
}
