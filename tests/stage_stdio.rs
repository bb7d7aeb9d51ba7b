//! C's standard output in the stage's processes: what waits in their memory, and when the kernel gets it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg(all(target_env = "gnu", target_pointer_width = "64"))]

mod common;
use common::*;
use pipescope::notation::{Call, Data, Outcome, StdioCall, parse_directed};
use pipescope::observe::{Look, read as observe};
use pipescope::world::{Buffering, Known, State, World};
use std::io::{Read, Seek, SeekFrom};

const LOOK: Look = Look { peek: true, peek_bytes: 4096, outsiders: false };

/// Make a call that is written in the notation.
fn make(play: &mut Play, line: &str) -> Outcome {
    let directed = parse_directed(line, None).unwrap();
    let settled = play.step(&directed.process, directed.call);
    settled.own.unwrap().outcome
}

fn world(play: &Play) -> World {
    observe(&play.stage.subjects(), &LOOK)
}

/// What a process keeps: how many bytes, in which way, and which.
fn kept(play: &Play, name: &str) -> Option<(u64, Buffering, Vec<u8>)> {
    match world(play).process(name).unwrap().stdout.clone() {
        None => None,
        Some(Known::Yes(kept)) => Some((kept.bytes, kept.mode, kept.contents.head)),
        Some(Known::No(why)) => panic!("{why}"),
    }
}

/// Bytes that wait in the pipe behind 3 of the parent.
fn in_pipe(play: &Play) -> u64 {
    *world(play).object_at("parent", 3).unwrap().bytes.value().unwrap()
}

/// A parent that reads a pipe, and a child whose standard output it is.
fn printer() -> Play {
    let mut play = Play::new();
    play.pipe_and_fork();
    assert_eq!(make(&mut play, "child: dup2(4, 1)"), Outcome::Returned(1));
    assert_eq!(make(&mut play, "parent: close(4)"), Outcome::Returned(0));
    play
}

/// The writable memory of a process holds these bytes.
fn in_memory(pid: i32, bytes: &[u8]) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = std::fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    maps.lines().filter(|line| line.contains(" rw-p ")).any(|line| {
        let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        let mut region = vec![0; usize::try_from(to - from).unwrap()];
        memory.seek(SeekFrom::Start(from)).unwrap();
        memory.read_exact(&mut region).is_ok() && region.windows(bytes.len()).any(|w| w == bytes)
    })
}

#[test]
fn what_is_printed_into_a_pipe_waits_in_the_process() {
    let mut play = printer();
    assert_eq!(kept(&play, "child"), None);
    assert!(!in_memory(play.pid("child"), b"a rare sentence"));
    assert_eq!(make(&mut play, "child: printf(\"a rare sentence\\n\")"), Outcome::Returned(16));
    assert_eq!(kept(&play, "child"), Some((16, Buffering::Full, b"a rare sentence\n".to_vec())));
    assert_eq!(in_pipe(&play), 0);
    assert!(in_memory(play.pid("child"), b"a rare sentence\n"));
    assert_eq!(kept(&play, "parent"), None);
    assert_eq!(make(&mut play, "child: fflush(stdout)"), Outcome::Returned(0));
    assert_eq!(kept(&play, "child"), Some((0, Buffering::Full, Vec::new())));
    assert_eq!(in_pipe(&play), 16);
}

#[test]
fn fork_copies_what_waits_and_only_exit_writes_it() {
    for (ending, bytes) in [("exit(0)", 2), ("_exit(0)", 0)] {
        let mut play = printer();
        assert_eq!(make(&mut play, "child: printf(\"ab\")"), Outcome::Returned(2));
        play.fork("child", "grandchild");
        assert_eq!(kept(&play, "grandchild"), kept(&play, "child"));
        make(&mut play, &format!("grandchild: {ending}"));
        assert_eq!(in_pipe(&play), bytes, "{ending}");
        make(&mut play, &format!("child: {ending}"));
        assert_eq!(in_pipe(&play), bytes * 2, "{ending}");
    }
}

#[test]
fn a_terminal_gets_each_line_at_once() {
    let mut play = Play::new();
    make(&mut play, "parent: printf(\"whole\\nhalf\")");
    assert_eq!(kept(&play, "parent"), Some((4, Buffering::Line, b"half".to_vec())));
    assert!(!play.shown("whole").contains("half"));
    make(&mut play, "parent: exit(0)");
    play.shown("half");
}

#[test]
fn setvbuf_chooses() {
    let mut play = printer();
    assert_eq!(make(&mut play, "child: setvbuf(stdout, _IOLBF)"), Outcome::Returned(0));
    make(&mut play, "child: printf(\"a\\nb\")");
    assert_eq!((in_pipe(&play), kept(&play, "child").unwrap().0), (2, 1));
    let mut play = printer();
    assert_eq!(make(&mut play, "child: setvbuf(stdout, _IONBF)"), Outcome::Returned(0));
    make(&mut play, "child: printf(\"abc\")");
    assert_eq!((in_pipe(&play), kept(&play, "child").unwrap().0), (3, 0));
    // Once there was no buffer, none is made: what is printed is written all the same.
    assert_eq!(make(&mut play, "child: setvbuf(stdout, _IOFBF)"), Outcome::Returned(0));
    assert_eq!(kept(&play, "child"), Some((0, Buffering::Full, Vec::new())));
    let size = match &world(&play).process("child").unwrap().stdout {
        Some(Known::Yes(kept)) => kept.size,
        other => panic!("{other:?}"),
    };
    assert_eq!(size, 1);
}

#[test]
fn a_full_buffer_is_written_by_itself() {
    let mut play = printer();
    let data = Data { unit: b"x".to_vec(), times: 10_000 };
    let outcome = play.did("child", Call::Stdio(StdioCall::Printf { data }));
    assert_eq!(outcome, Outcome::Returned(10_000));
    let (left, ..) = kept(&play, "child").unwrap();
    assert!(left < 4096, "{left}");
    assert_eq!(in_pipe(&play) + left, 10_000);
}

#[test]
fn printing_can_block_fail_and_kill() {
    let mut play = printer();
    let data = Data { unit: b"x".to_vec(), times: 100_000 };
    assert!(
        matches!(play.did("child", Call::Stdio(StdioCall::Printf { data })), Outcome::Blocked(b) if b.call == "write")
    );
    let state = world(&play).process("child").unwrap().state.clone();
    assert!(matches!(state, State::Blocked(b) if b.call == "write" && b.fd == Some(1)));
    for (disposition, outcome) in
        [("ignore", Outcome::Error(nix::libc::EPIPE)), ("default", Outcome::Died(pipescope::world::Death::Killed(13)))]
    {
        let mut play = printer();
        make(&mut play, &format!("child: signal(SIGPIPE, {disposition})"));
        make(&mut play, "child: printf(\"x\")");
        make(&mut play, "child: close(3)");
        make(&mut play, "parent: close(3)");
        assert_eq!(make(&mut play, "child: fflush(stdout)"), outcome);
    }
}
