//! Programs: which may run, what is left of the process, and what floods the terminal.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
use common::*;
use nix::libc;
use pipescope::notation::{Call, Detail, Outcome};
use pipescope::stage::{HARMLESS, Options, Refusal};
use pipescope::world::Death;
use std::time::{Duration, Instant};

const OK: Outcome = Outcome::Returned(0);

#[test]
fn a_program_takes_the_place_and_keeps_the_table() {
    let mut play = Play::new();
    play.pipe_and_fork();
    let child = play.pid("child");
    play.did("child", dup2(3, 0));
    play.did("child", close(3));
    play.did("child", close(4));
    assert_eq!(play.did("child", exec("cat")), OK);
    assert_eq!(std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap(), "cat\n");
    assert_eq!(play.numbers("child"), [0, 1, 2]);
    let subject = play.stage.subjects()[1].clone();
    assert_eq!((subject.pid, subject.execed, subject.at_mailbox), (child, true, false));
    let refused = play.refusable("child", close(3)).unwrap_err();
    assert!(matches!(&refused, Refusal::Impossible(text) if text.contains("cat")), "{refused}");
    assert_eq!(play.did("parent", write(4, "through cat\n")), Outcome::Returned(12));
    assert_eq!(play.stage.terminal_output(), b"through cat\r\n", "it has come before the step ended");
    let settled = play.step("parent", close(4));
    assert_eq!(settled.resumed, [ended("child", None, exited(0))]);
    let waited = Detail::Waited(Some("child".into()), child, Death::Exited(0));
    assert_eq!(play.brought("parent", Call::Wait), (Outcome::Returned(child.into()), waited));
}

#[test]
fn close_on_exec_closes() {
    let mut play = Play::new();
    play.did("parent", Call::Pipe2 { flags: libc::O_CLOEXEC });
    play.did("parent", Call::Pipe);
    assert_eq!(play.did("parent", exec("sleep 1000")), OK);
    assert_eq!(play.numbers("parent"), [0, 1, 2, 5, 6]);
}

#[test]
fn a_program_that_ends_at_once_has_run() {
    let mut play = Play::new();
    play.did("parent", open("f", libc::O_RDWR | libc::O_CREAT));
    play.did("parent", write(3, "one two\n"));
    for (line, code, shown) in [
        ("true", 0, ""),
        ("echo hello", 0, "hello\r\n"),
        ("wc -w f", 0, "2 f\r\n"),
        ("ls f", 0, "f\r\n"),
        ("grep three f", 1, ""),
    ] {
        play.fork("parent", "child");
        let settled = play.step("child", exec(line));
        assert_eq!(settled.own.unwrap().outcome, OK, "{line}");
        let mut resumed = settled.resumed;
        if resumed.is_empty() {
            resumed = play.noticed();
        }
        assert_eq!(resumed, [ended("child", None, exited(code))], "{line}");
        assert_eq!(String::from_utf8_lossy(&play.stage.terminal_output()), shown, "{line}");
        play.step("parent", Call::Wait);
    }
}

#[test]
fn the_environment_is_bare() {
    let mut play = Play::new();
    play.did("parent", exec("sleep 1000"));
    let environment = std::fs::read_to_string(format!("/proc/{}/environ", play.pid("parent"))).unwrap();
    let names: Vec<&str> = environment.split_terminator('\0').filter_map(|v| v.split('=').next()).collect();
    assert_eq!(names, ["PATH", "LANG", "TERM", "HOME", "TMPDIR"]);
}

#[test]
fn what_cannot_be_run_leaves_the_process_as_it_was() {
    let mut play = Play::with(&Options { allow_exec: true, ..options() });
    for (line, errno) in [("no-such-program", libc::ENOENT), ("./none", libc::ENOENT), ("/tmp", libc::EACCES)] {
        assert_eq!(play.did("parent", exec(line)), Outcome::Error(errno), "{line}");
    }
    play.did("parent", open("text", libc::O_RDWR | libc::O_CREAT));
    std::fs::write(play.stage.scratch().join("text"), "not a program").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(play.stage.scratch().join("text"), mode).unwrap();
    play.did("parent", close(3));
    assert_eq!(play.did("parent", exec("./text")), Outcome::Error(libc::ENOEXEC));
    assert_eq!(play.brought("parent", Call::Pipe), (OK, Detail::Pair(3, 4)));
    assert_eq!(play.did("parent", exec("sh -c exec\tsleep\t1000")), OK);
}

#[test]
fn a_stranger_may_run_little() {
    let mut play = Play::new();
    for line in ["sh", "/bin/cat", "../cat", "sort -o f", "sort --comp=sh", "rm -r ."] {
        let refused = play.refusable("parent", exec(line)).unwrap_err();
        assert!(matches!(&refused, Refusal::NotAllowed(text) if text.contains("--allow-exec")), "{line}: {refused}");
    }
    assert_eq!(HARMLESS.len(), 11);
    assert!(matches!(play.refusable("parent", Call::Exec { argv: vec![] }), Err(Refusal::Impossible(_))));
    assert!(matches!(play.refusable("parent", exec(&"x".repeat(2 << 20))), Err(Refusal::NotAllowed(_))));
    assert!(matches!(
        play.refusable("parent", exec(&format!("echo {}", "x".repeat(2 << 20)))),
        Err(Refusal::Impossible(_))
    ));
    assert_eq!(play.did("parent", exec(&format!("echo {}", "x".repeat(200 << 10)))), Outcome::Error(libc::E2BIG));
}

#[test]
fn kill_stays_on_the_stage() {
    let mut play = Play::new();
    let own = std::process::id().cast_signed();
    for number in [0, -1, -2, 1, own, play.stage.warden_pid(), -play.stage.warden_pid()] {
        let refused = play.refusable("parent", kill_number(number, 0)).unwrap_err();
        assert!(matches!(refused, Refusal::NotAllowed(_)), "{number}: {refused}");
    }
    let nobody = play.refusable("parent", kill("nobody", 9)).unwrap_err();
    assert!(matches!(&nobody, Refusal::NoSuchProcess(text) if text.contains("nobody")), "{nobody}");
    play.fork("parent", "child");
    play.step("child", exit(3));
    let dead = play.refusable("child", Call::Pipe).unwrap_err();
    assert!(matches!(&dead, Refusal::NoSuchProcess(text) if text.contains("exited with 3")), "{dead}");
}

#[test]
fn files_stay_in_the_folder() {
    let outside = std::env::temp_dir().join(format!("pipescope-outside-{}", std::process::id()));
    let outside = outside.to_str().unwrap().to_owned();
    let mut play = Play::new();
    let create = libc::O_WRONLY | libc::O_CREAT;
    let mut calls = vec![open(&outside, create), mkfifo(&outside), unlink(&outside)];
    calls.extend([open("../x", create), open("/etc/passwd", libc::O_RDONLY), mkfifo("a/../../x"), unlink("/dev/null")]);
    for call in calls {
        let refused = play.refusable("parent", call.clone()).unwrap_err();
        assert!(matches!(&refused, Refusal::NotAllowed(text) if text.contains("--allow-files")), "{call:?}: {refused}");
    }
    assert!(matches!(play.refusable("parent", open("a\0b", 0)), Err(Refusal::Impossible(_))));
    let mut play = Play::with(&Options { allow_files: true, ..options() });
    assert_eq!(play.did("parent", open(&outside, create)), Outcome::Returned(3));
    assert_eq!(play.did("parent", unlink(&outside)), OK);
    assert_eq!(play.did("parent", open("/etc/passwd", libc::O_RDONLY)), Outcome::Returned(4));
}

#[test]
fn a_flood_is_something_to_show() {
    let mut play = Play::new();
    let yes = play.fork("parent", "yes");
    let limit = Duration::from_secs(3);
    play.stage.issue(&pipescope::notation::Directed { process: "yes".into(), call: exec("yes") }).unwrap();
    let settled = play.stage.settle(limit);
    assert_eq!(settled.own.unwrap().outcome, OK);
    // Whether it runs or sleeps before the full terminal, it holds nobody up.
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(play.did("parent", fcntl(0, pipescope::notation::Fcntl::GetFd)), OK);
    }
    assert!(start.elapsed() < LIMIT / 2);
    let mut most = 0;
    for _ in 0..50 {
        let output = play.stage.terminal_output();
        most = most.max(output.len());
        assert!(output.iter().all(|b| b"y\r\n".contains(b)));
        play.stage.notice();
    }
    assert!((1..=300 << 10).contains(&most), "{most}");
    // It sleeps in its write as long as nobody takes what it wrote.
    until(|| {
        play.stage.notice();
        let syscall = std::fs::read_to_string(format!("/proc/{yes}/syscall")).unwrap();
        syscall.starts_with(&format!("{} 0x1 ", libc::SYS_write))
    });
    let settled = play.step("parent", kill("yes", libc::SIGTERM));
    assert_eq!(settled.resumed, [ended("yes", None, killed(libc::SIGTERM))]);
}

#[test]
fn a_program_that_computes_is_running_and_holds_nobody_up() {
    let mut play = Play::with(&Options { allow_exec: true, ..options() });
    play.fork("parent", "busy");
    let argv = ["sh", "-c", "while :; do :; done"].map(str::to_owned).to_vec();
    play.stage.issue(&pipescope::notation::Directed { process: "busy".into(), call: Call::Exec { argv } }).unwrap();
    assert_eq!(play.stage.settle(Duration::from_secs(3)).own.unwrap().outcome, OK);
    // With a deadline of two minutes for each, this would not end if it were waited for.
    for _ in 0..20 {
        assert_eq!(play.did("parent", fcntl(0, pipescope::notation::Fcntl::GetFd)), OK);
    }
    assert!(play.stage.notice().stirred);
    let settled = play.step("parent", kill("busy", libc::SIGKILL));
    assert_eq!(settled.resumed, [ended("busy", None, killed(libc::SIGKILL))]);
}

#[test]
fn a_pipeline_of_programs() {
    let mut play = Play::new();
    play.did("parent", Call::Pipe);
    for (name, from, to, line) in [("yes", 4, 1, "yes"), ("head", 3, 0, "head -n 2")] {
        play.fork("parent", name);
        play.did(name, dup2(from, to));
        play.did(name, close(3));
        play.did(name, close(4));
        play.step(name, exec(line));
    }
    let mut deaths = Vec::new();
    play.did("parent", close(4));
    let settled = play.step("parent", close(3));
    deaths.extend(settled.resumed);
    until(|| {
        deaths.extend(play.stage.notice().completions);
        let fates: Vec<_> = play.stage.subjects().iter().map(|s| s.death).collect();
        fates == [None, Some(Death::Killed(libc::SIGPIPE)), Some(Death::Exited(0))]
    });
    assert_eq!(play.shown("y\r\ny\r\n"), "y\r\ny\r\n");
}
