//! Loops that take the time, on real pipes and sockets. How long they take is nobody's business here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::story;
use pipescope::notation::{Completion, Detail, Measured, show_completion};

/// Everything that ended in the course of these lines, whenever it did.
fn played(text: &str, ended: impl Fn(&[Completion]) -> bool) -> Vec<Completion> {
    let mut session = story::of_text(text);
    let steps = session.script().steps.len();
    session.jump(steps).unwrap();
    let mut all = Vec::new();
    common::until(|| {
        session.notice();
        all = session.history().iter().flat_map(|m| m.own.iter().chain(&m.resumed)).cloned().collect();
        ended(&all)
    });
    all
}

fn of<'c>(all: &'c [Completion], name: &str) -> Option<&'c Completion> {
    let is = |c: &&Completion| c.call.as_ref().is_some_and(|call| call.name() == name);
    let returned = |c: &&Completion| !show_completion(c).contains(" ...  ");
    all.iter().rev().filter(is).find(returned)
}

#[test]
fn rounds_through_two_pipes_are_measured() {
    let text =
        "parent: pipe()\nparent: pipe()\nparent: fork(child)\nchild: echo(3, 6, 50)\nparent: round_trips(4, 5, 50)\n";
    let all = played(text, |all| of(all, "echo").is_some());
    assert!(show_completion(of(&all, "echo").unwrap()).ends_with(" = 50"));
    let ping = of(&all, "round_trips").unwrap();
    let Detail::Measured(Measured::Rounds { low, median, high }) = ping.detail else { panic!("{ping:?}") };
    assert!(0 < low && low <= median && median <= high, "{ping:?}");
}

#[test]
fn all_that_is_poured_into_a_pipe_is_drained() {
    let text = "parent: pipe()\nparent: fork(child)\nchild: drain(3, 1000000)\nparent: pour(4, 1000000)\n";
    let all = played(text, |all| of(all, "drain").is_some());
    let drain = of(&all, "drain").unwrap();
    assert!(show_completion(drain).starts_with("drain(3, 1000000) = 1000000  "), "{}", show_completion(drain));
    let Detail::Measured(Measured::Flow { bytes, nanoseconds }) = drain.detail else { panic!("{drain:?}") };
    assert!((900_000..1_000_000).contains(&bytes) && nanoseconds > 0, "{drain:?}");
}

#[test]
fn a_drain_ends_at_end_of_file_and_an_echo_too() {
    let text = "parent: pipe()\nparent: fork(child)\nparent: fork(other)\nchild: close(4)\nother: close(4)\n\
                child: drain(3, 5)\nparent: write(4, \"abc\")\nother: echo(3, 1, 9)\nparent: close(4)\n";
    let all = played(text, |all| of(all, "drain").is_some() && of(all, "echo").is_some());
    assert!(show_completion(of(&all, "drain").unwrap()).starts_with("drain(3, 5) = 3"));
    assert!(show_completion(of(&all, "echo").unwrap()).ends_with(" = 0"));
}

#[test]
fn a_drain_does_not_wait_for_datagrams_that_are_lost() {
    let text = "stage: start(to)\nstage: start(from)\nto: socket(AF_INET, SOCK_DGRAM)\nto: bind(3, 127.0.0.1:0)\n\
                from: socket(AF_INET, SOCK_DGRAM)\nfrom: connect(3, addr(to.3))\nto: drain(3, 1000000, 10)\n\
                from: pour(3, 50000)\n";
    let all = played(text, |all| of(all, "drain").is_some());
    assert!(show_completion(of(&all, "drain").unwrap()).starts_with("drain(3, 1000000, 10) = 50000"));
}

#[test]
fn errors_are_the_kernels() {
    let all = played(
        "parent: round_trips(9, 9, 1)\nparent: drain(9, 1)\nparent: pour(9, 1)\nparent: echo(9, 9, 1)\n",
        |_| true,
    );
    let lines: Vec<String> =
        ["round_trips", "drain", "pour", "echo"].map(|n| show_completion(of(&all, n).unwrap())).into();
    assert!(lines.iter().all(|line| line.contains("EBADF")), "{lines:?}");
}
