//! Looking changes nothing, and what cannot be seen is said to be so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::proc_reading::compare;
use common::{Play, bulk, close, data, exec, ignore, mkfifo, open, read, write};
use pipescope::notation::Outcome;
use pipescope::observe::{self, Look};
use pipescope::world::{Access, Known, ObjectKind, State, World};
use std::os::unix::fs::OpenOptionsExt;

const LOOK: Look = Look { peek: true, peek_bytes: 4096, outsiders: false };

fn look(play: &Play) -> World {
    observe::read(&play.stage.subjects(), &LOOK)
}

fn fds() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn head(world: &World) -> &[u8] {
    match &world.objects[0].contents {
        Known::Yes(contents) => &contents.head,
        Known::No(why) => panic!("{why}"),
    }
}

#[test]
fn bytes_are_seen_and_stay_where_they_are() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("parent", write(4, "hello\0world"));
    for _ in 0..100 {
        let world = look(&play);
        assert_eq!(head(&world), b"hello\0world");
        assert_eq!(world.objects[0].bytes, Known::Yes(11));
    }
    assert_eq!(play.brought("child", read(3, 64)).1, data("hello\0world"));
    assert_eq!(look(&play).objects[0].bytes, Known::Yes(0));
}

#[test]
fn a_look_keeps_no_end_open() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("parent", ignore(libc::SIGPIPE));
    play.did("parent", close(3));
    look(&play);
    play.did("child", close(3));
    for _ in 0..20 {
        let world = look(&play);
        assert!(matches!(world.objects[0].bytes, Known::No(_)), "nobody can look: there is no read end");
        assert_eq!(play.did("parent", write(4, "x")), Outcome::Error(libc::EPIPE));
    }
}

#[test]
fn a_full_pipe_stays_full_and_its_writer_asleep() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.step("parent", bulk(4, "x", 70_000));
    for _ in 0..50 {
        let world = look(&play);
        assert_eq!((&world.objects[0].bytes, &world.objects[0].capacity), (&Known::Yes(65_536), &Known::Yes(65_536)));
        let state = &world.process("parent").unwrap().state;
        assert!(matches!(state, State::Blocked(b) if b.call == "write" && b.fd == Some(4)), "{state:?}");
        assert_eq!(compare(&world), Vec::<String>::new());
    }
}

#[test]
fn while_a_program_runs_only_what_a_waiting_process_reads_is_looked_into() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("parent", write(4, "hello"));
    let busy = Look { peek: false, ..LOOK };
    let world = observe::read(&play.stage.subjects(), &busy);
    assert_eq!(head(&world), b"hello");
    play.did("parent", close(3));
    play.step("child", exec("sleep 1000"));
    let world = observe::read(&play.stage.subjects(), &busy);
    assert!(matches!(&world.objects[0].bytes, Known::No(why) if why.contains("running")));
    assert_eq!(look(&play).objects[0].bytes, Known::Yes(5));
}

#[test]
fn who_holds_a_fifo_from_outside_is_seen() {
    let mut play = Play::new();
    play.did("parent", mkfifo("f"));
    play.did("parent", open("f", libc::O_RDWR));
    let path = play.stage.scratch().join("f");
    let ours = std::fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap();
    let world = observe::read(&play.stage.subjects(), &Look { outsiders: true, ..LOOK });
    let fifo = world.objects.iter().find(|o| o.kind == ObjectKind::Fifo).unwrap();
    let outside: Vec<_> = fifo.holders.iter().filter(|h| h.outside).map(|h| (h.pid, h.access)).collect();
    assert_eq!(outside, [(std::process::id().cast_signed(), Access::Write)]);
    drop(ours);
    let world = observe::read(&play.stage.subjects(), &Look { outsiders: true, ..LOOK });
    assert!(world.objects.iter().all(|o| o.holders.iter().all(|h| !h.outside)));
}

#[test]
fn looking_leaks_nothing_even_at_what_is_gone() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("parent", write(4, "hello"));
    let mut gone = play.stage.subjects();
    gone[1].pid = 0x3fff_fff0;
    look(&play);
    let before = fds();
    for _ in 0..200 {
        look(&play);
        let world = observe::read(&gone, &LOOK);
        assert!(matches!(world.processes[1].state, State::Gone(_)));
        observe::signature(&gone, Some(&world));
    }
    // Other tests open and close theirs in between: a leak would be hundreds.
    assert!(fds() < before + 100, "{before} became {}", fds());
}

#[test]
fn the_signature_stays_while_nothing_changes_and_changes_with_each_call() {
    let mut play = Play::new();
    play.pipe_and_fork();
    let world = look(&play);
    let signature = |play: &Play| observe::signature(&play.stage.subjects(), Some(&world));
    let first = signature(&play);
    for _ in 0..50 {
        assert_eq!(signature(&play), first);
    }
    play.did("child", close(4));
    assert_ne!(signature(&play), first);
}
