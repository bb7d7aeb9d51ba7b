//! What blocks, what the kernel says about it meanwhile, and what releases it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
use common::*;
use nix::libc;
use pipescope::notation::{Call, Detail, Fcntl, Outcome};
use pipescope::stage::Refusal;
use pipescope::world::{Access, BlockedIn, Death};
use std::time::{Duration, Instant};

const OK: Outcome = Outcome::Returned(0);

fn syscall(pid: i32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap()
}

#[test]
fn a_read_waits_for_bytes() {
    let mut play = Play::new();
    play.pipe_and_fork();
    assert_eq!(play.did("child", read(3, 64)), blocked("read", Some(3), Some(64)));
    let number = libc::SYS_read;
    assert!(syscall(play.pid("child")).starts_with(&format!("{number} 0x3 ")), "{}", syscall(play.pid("child")));
    assert!(!play.stage.subjects()[1].at_mailbox);
    // Others go on meanwhile.
    assert_eq!(play.did("parent", Call::Dup { fd: 0 }), Outcome::Returned(5));
    let busy = play.refusable("child", close(3)).unwrap_err();
    assert!(matches!(busy, Refusal::Busy(_)), "{busy:?}");
    let settled = play.step("parent", write(4, "hello"));
    assert_eq!(settled.own.unwrap().outcome, Outcome::Returned(5));
    assert_eq!(settled.resumed, [brought("child", read(3, 64), 5, data("hello"))]);
    assert!(play.stage.subjects()[1].at_mailbox);
}

#[test]
fn the_last_close_releases_a_read() {
    let mut play = Play::new();
    play.pipe_and_fork();
    assert_eq!(play.did("child", read(3, 64)), blocked("read", Some(3), Some(64)));
    assert_eq!(play.did("parent", close(4)), OK, "the child itself holds the other write end");
    assert_eq!(play.did("parent", exit(0)), exited(0));
    assert_eq!(play.stage.notice().completions, []);
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("child", close(4));
    assert_eq!(play.did("child", read(3, 64)), blocked("read", Some(3), Some(64)));
    let settled = play.step("parent", exit(0));
    assert_eq!(settled.own.unwrap().outcome, exited(0));
    assert_eq!(settled.resumed, [brought("child", read(3, 64), 0, data(""))]);
}

#[test]
fn a_write_waits_for_room() {
    let mut play = Play::new();
    play.pipe_and_fork();
    assert_eq!(play.did("parent", bulk(4, "x", 65536)), Outcome::Returned(65536));
    assert_eq!(play.did("parent", write(4, "y")), blocked("write", Some(4), Some(1)));
    // One byte out of a full pipe frees no page.
    assert_eq!(play.brought("child", read(3, 1)), (Outcome::Returned(1), data("x")));
    let settled = play.step("child", read(3, 4096));
    assert_eq!(settled.own.unwrap().outcome, Outcome::Returned(4096));
    assert_eq!(settled.resumed, [brought("parent", write(4, "y"), 1, Detail::None)]);
}

#[test]
fn bulk_passes_whole() {
    let mut play = Play::new();
    play.pipe_and_fork();
    let long = bulk(4, "0123456789", 500_000);
    assert_eq!(play.did("parent", long.clone()), blocked("write", Some(4), Some(5_000_000)));
    let mut all = Vec::new();
    let mut resumed = Vec::new();
    while all.len() < 5_000_000 {
        let settled = play.step("child", read(3, 1 << 20));
        let own = settled.own.unwrap();
        let Detail::Data(bytes) = own.detail else { panic!("{:?}", own.outcome) };
        assert_eq!(own.outcome, Outcome::Returned(bytes.len() as i64));
        all.extend(bytes);
        resumed.extend(settled.resumed);
    }
    assert!(all == b"0123456789".repeat(500_000));
    assert_eq!(resumed, [brought("parent", long, 5_000_000, Detail::None)]);
    assert!(matches!(play.refusable("parent", bulk(4, "x", 1 << 40)), Err(Refusal::Impossible(_))));
    let rest = play.did("parent", bulk(4, "x", 64 << 20));
    assert_eq!(rest, blocked("write", Some(4), Some(64 << 20)));
}

#[test]
fn a_wait_waits_for_a_child() {
    let mut play = Play::new();
    let child = play.fork("parent", "child");
    assert_eq!(play.did("parent", Call::Wait), blocked("wait", None, None));
    let settled = play.step("child", exit(5));
    assert_eq!(settled.own.unwrap().outcome, exited(5));
    let reaped = |name: &str, pid, code| Detail::Waited(Some(name.into()), pid, Death::Exited(code));
    assert_eq!(settled.resumed, [brought("parent", Call::Wait, child.into(), reaped("child", child, 5))]);
    let child = play.fork("parent", "child");
    let one = BlockedIn { call: "wait".into(), fd: None, child: Some(child), path: None, count: None, opens: None };
    assert_eq!(play.did("parent", waitpid("child", 0)), Outcome::Blocked(one));
    let settled = play.step("child", kill("child", libc::SIGKILL));
    assert_eq!(settled.own.unwrap().outcome, killed(libc::SIGKILL));
    let waited = Detail::Waited(Some("child".into()), child, Death::Killed(libc::SIGKILL));
    assert_eq!(settled.resumed, [brought("parent", waitpid("child", 0), child.into(), waited)]);
}

#[test]
fn a_fifo_waits_for_its_other_end() {
    let mut play = Play::new();
    play.fork("parent", "child");
    play.did("parent", mkfifo("fifo"));
    let at = BlockedIn {
        call: "open".into(),
        fd: None,
        child: None,
        path: Some("fifo".into()),
        count: None,
        opens: Some(Access::Read),
    };
    assert_eq!(play.did("child", open("fifo", libc::O_RDONLY)), Outcome::Blocked(at));
    let settled = play.step("parent", open("fifo", libc::O_WRONLY));
    assert_eq!(settled.own.unwrap().outcome, Outcome::Returned(3));
    assert_eq!(settled.resumed, [brought("child", open("fifo", libc::O_RDONLY), 3, Detail::None)]);
}

#[test]
fn a_pipe_without_reader_kills_the_writer() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("parent", close(3));
    play.did("child", close(3));
    assert_eq!(play.did("child", write(4, "x")), killed(libc::SIGPIPE));
    assert_eq!(play.did("parent", ignore(libc::SIGPIPE)), OK);
    assert_eq!(play.did("parent", write(4, "x")), Outcome::Error(libc::EPIPE));
    assert_eq!(
        play.did(
            "parent",
            Call::Signal { signal: libc::SIGPIPE, disposition: pipescope::notation::Disposition::Default }
        ),
        OK
    );
    assert_eq!(play.did("parent", write(4, "x")), killed(libc::SIGPIPE));
}

#[test]
fn a_reader_that_dies_takes_a_blocked_writer_along() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("child", close(3));
    play.fork("parent", "reader");
    play.did("parent", close(3));
    let much = bulk(4, "x", 65537);
    assert_eq!(play.did("child", much.clone()), blocked("write", Some(4), Some(65537)));
    let settled = play.step("parent", kill("reader", libc::SIGKILL));
    assert_eq!(settled.own.unwrap().outcome, OK);
    assert_eq!(
        settled.resumed,
        [ended("reader", None, killed(libc::SIGKILL)), ended("child", Some(much), killed(libc::SIGPIPE))]
    );
}

#[test]
fn commands_arrive_while_the_table_is_turned_over() {
    let mut play = Play::new();
    play.pipe_and_fork();
    for to in [0, 1, 2] {
        assert_eq!(play.did("child", dup2(if to == 0 { 3 } else { 4 }, to)), Outcome::Returned(to.into()));
    }
    play.did("child", close(3));
    play.did("child", close(4));
    assert_eq!(play.numbers("child"), [0, 1, 2]);
    for to in [0, 1, 2] {
        assert_eq!(play.did("parent", close(to)), OK);
    }
    assert_eq!(play.numbers("parent"), [3, 4]);
    assert_eq!(play.did("child", write(1, "hi")), Outcome::Returned(2));
    assert_eq!(play.brought("parent", read(3, 9)), (Outcome::Returned(2), data("hi")));
    assert_eq!(play.brought("parent", Call::Pipe), (OK, Detail::Pair(0, 1)));
}

#[test]
fn a_stopped_process_is_shown_and_goes_on() {
    let mut play = Play::new();
    let child = play.fork("parent", "child");
    assert_eq!(play.did("parent", kill("child", libc::SIGSTOP)), OK);
    assert_eq!(state(child), Some('T'));
    play.stage.issue(&pipescope::notation::Directed { process: "child".into(), call: Call::Pipe }).unwrap();
    let own = play.stage.settle(LIMIT).own.unwrap();
    assert_eq!(own.outcome, Outcome::Running, "it is stopped, which is no reason to wait for it");
    let settled = play.step("parent", kill("child", libc::SIGCONT));
    assert_eq!(settled.resumed, [brought("child", Call::Pipe, 0, Detail::Pair(3, 4))]);
    assert_eq!(play.did("child", kill("child", libc::SIGSTOP)), Outcome::Running);
    let settled = play.step("parent", kill("child", libc::SIGCONT));
    assert_eq!(settled.resumed, [brought("child", kill("child", libc::SIGSTOP), 0, Detail::None)]);
}

#[test]
fn a_blocked_read_survives_stop_and_go() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.did("child", read(3, 64));
    play.did("parent", kill("child", libc::SIGSTOP));
    assert_eq!(play.did("parent", write(4, "x")), Outcome::Returned(1));
    let settled = play.step("parent", kill("child", libc::SIGCONT));
    assert_eq!(settled.resumed, [brought("child", read(3, 64), 1, data("x"))]);
}

#[test]
fn what_happens_without_a_step_is_noticed() {
    let mut play = Play::new();
    play.pipe_and_fork();
    let third = play.fork("parent", "third");
    play.did("child", read(3, 64));
    let quiet = play.stage.notice();
    assert_eq!((quiet.completions.len(), quiet.stirred), (0, false));
    signal(third, libc::SIGTERM);
    assert_eq!(play.noticed(), [ended("third", None, killed(libc::SIGTERM))]);
    signal(play.pid("child"), libc::SIGKILL);
    assert_eq!(play.noticed(), [ended("child", Some(read(3, 64)), killed(libc::SIGKILL))]);
    signal(play.pid("parent"), libc::SIGSTOP);
    until(|| play.stage.notice().stirred);
    signal(play.pid("parent"), libc::SIGCONT);
    until(|| play.stage.notice().stirred);
    until(|| !play.stage.notice().stirred);
}

#[test]
fn sixteen_processes_come_to_rest() {
    let mut play = Play::new();
    play.did("parent", Call::Pipe);
    for n in 1..16 {
        play.fork("parent", &format!("p{n}"));
    }
    for n in 1..16 {
        assert_eq!(play.did(&format!("p{n}"), read(3, 1)), blocked("read", Some(3), Some(1)));
    }
    let settled = play.step("parent", bulk(4, "x", 15));
    assert_eq!(settled.resumed.len(), 15);
    assert!(settled.resumed.iter().all(|c| c.outcome == Outcome::Returned(1)));
}

#[test]
fn sixty_four_is_as_many_as_fit() {
    let mut play = Play::new();
    for n in 1..64 {
        play.fork("parent", &format!("p{n}"));
    }
    let full = play.refusable("parent", Call::Fork { name: None }).unwrap_err();
    assert!(matches!(full, Refusal::Impossible(_)));
    assert!(play.stage.start_process("more").is_err());
    play.did("p5", exit(0));
    play.fork("parent", "more");
}

#[test]
fn a_terminal_is_read_and_written() {
    let mut play = Play::new();
    assert_eq!(play.did("parent", write(1, "out\n")), Outcome::Returned(4));
    assert_eq!(play.stage.terminal_output(), b"out\r\n");
    assert_eq!(play.did("parent", read(0, 64)), blocked("read", Some(0), Some(64)));
    play.stage.type_in(b"typed\n");
    assert_eq!(play.noticed(), [brought("parent", read(0, 64), 6, data("typed\n"))]);
    assert_eq!(play.shown("typed"), "typed\r\n");
    // Ctrl-C is for the processes, not for their warden.
    play.stage.type_in(b"\x03");
    assert_eq!(play.noticed(), [ended("parent", None, killed(libc::SIGINT))]);
    assert!(!play.stage.is_lost());
    play.stage.start_process("next").unwrap();
    play.fork("next", "child");
    play.stage.start_process("other").unwrap();
    play.stage.resize_terminal(50, 132);
    assert_eq!(play.did("next", read(0, 1)), blocked("read", Some(0), Some(1)), "not in the background");
    // Ctrl-Z stops them all, as in a shell.
    play.stage.type_in(b"\x1a");
    until(|| ["next", "child", "other"].iter().all(|name| state(play.pid(name)) == Some('T')));
    for name in ["next", "child", "other"] {
        signal(play.pid(name), libc::SIGCONT);
    }
    play.stage.type_in(b"x\n");
    assert_eq!(play.noticed(), [brought("next", read(0, 1), 1, data("x"))]);
}

/// A measurement, not a test: `cargo test --release --test stage_blocking -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn how_long_a_call_takes() {
    let mut play = Play::new();
    play.pipe_and_fork();
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            let start = Instant::now();
            play.did("parent", fcntl(0, Fcntl::GetFd));
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("median {:?}, 99th {:?}", times[250], times[495]);
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            let start = Instant::now();
            play.did("child", read(3, 1));
            let took = start.elapsed();
            play.step("parent", write(4, "x"));
            took
        })
        .collect();
    times.sort();
    eprintln!("blocking: median {:?}, 99th {:?}", times[150], times[297]);
}
