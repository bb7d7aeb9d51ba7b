//! Every call, with good and with bad arguments, and what the kernel then shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
use common::*;
use nix::libc;
use pipescope::notation::{Call, Data, Detail, Disposition, Fcntl, Outcome, Target};
use pipescope::world::Death;

const OK: Outcome = Outcome::Returned(0);

fn error(errno: i32) -> Outcome {
    Outcome::Error(errno)
}

#[test]
fn the_table_holds_the_terminal_and_the_pipe_and_nothing_else() {
    let mut play = Play::new();
    let terminal = play.table("parent");
    assert_eq!(terminal.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(terminal.iter().all(|(_, link)| link.starts_with("/dev/pts/")), "{terminal:?}");
    play.pipe_and_fork();
    for name in ["parent", "child"] {
        let table = play.table(name);
        assert_eq!(table[..3], terminal);
        assert_eq!(table.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(table[3].1.starts_with("pipe:["));
        assert_eq!(table[3].1, table[4].1);
    }
}

#[test]
fn a_process_is_one_that_a_shell_might_have_started() {
    let mut play = Play::new();
    let pid = play.pid("parent");
    let zeros = "0000000000000000";
    for (key, value) in [("Name", "parent"), ("Threads", "1"), ("SigBlk", zeros), ("SigIgn", zeros), ("SigCgt", zeros)]
    {
        assert_eq!(status_line(pid, key), value, "{key}");
    }
    let child = play.fork("parent", "child");
    assert_eq!(status_line(child, "Name"), "child");
    assert_eq!(status_line(child, "PPid"), pid.to_string());
    assert_eq!(status_line(child, "SigIgn"), zeros);
    assert_eq!(std::fs::read_link(format!("/proc/{child}/cwd")).unwrap(), play.stage.scratch());
    let line = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap();
    assert_eq!(line.trim_end_matches('\0'), "child");
    let subjects = play.stage.subjects();
    assert_eq!(subjects.len(), 2);
    assert_eq!((subjects[1].name.as_str(), subjects[1].pid, subjects[1].ppid), ("child", child, pid));
    assert!(subjects.iter().all(|s| s.at_mailbox && !s.execed && s.death.is_none() && s.start_time > 0));
}

#[test]
fn a_process_is_small() {
    let mut play = Play::new();
    play.pipe_and_fork();
    play.step("parent", bulk(4, "x", 65536));
    play.step("child", read(3, 65536));
    for name in ["parent", "child"] {
        // Its own pages; those of the program's file are shared, and more in a build that is not optimized.
        let size = |key| status_line(play.pid(name), key).trim_end_matches(" kB").parse::<u64>().unwrap();
        let own = size("RssAnon") + size("RssShmem");
        assert!(own <= 3 << 9, "{name} takes {own} KiB");
    }
}

#[test]
fn pipes_and_descriptors() {
    let mut play = Play::new();
    let p = "parent";
    assert_eq!(play.brought(p, Call::Pipe), (OK, Detail::Pair(3, 4)));
    assert_eq!(play.brought(p, Call::Pipe2 { flags: libc::O_NONBLOCK | libc::O_CLOEXEC }), (OK, Detail::Pair(5, 6)));
    assert_eq!(play.brought(p, Call::Pipe2 { flags: 0x1234 }), (error(libc::EINVAL), Detail::None));
    assert_eq!(play.did(p, read(5, 10)), error(libc::EAGAIN));
    assert_eq!(play.did(p, close(42)), error(libc::EBADF));
    assert_eq!(play.did(p, close(-1)), error(libc::EBADF));
    assert_eq!(play.did(p, close(5)), OK);
    assert_eq!(play.did(p, Call::Dup { fd: 3 }), Outcome::Returned(5));
    assert_eq!(play.did(p, Call::Dup { fd: 99 }), error(libc::EBADF));
    assert_eq!(play.did(p, dup2(4, 10)), Outcome::Returned(10));
    assert_eq!(play.did(p, dup2(4, 4)), Outcome::Returned(4));
    assert_eq!(play.did(p, dup2(99, 99)), error(libc::EBADF));
    assert_eq!(play.did(p, dup2(4, -3)), error(libc::EBADF));
    assert_eq!(play.did(p, Call::Dup3 { from: 4, to: 11, flags: libc::O_CLOEXEC }), Outcome::Returned(11));
    assert_eq!(play.did(p, Call::Dup3 { from: 4, to: 4, flags: 0 }), error(libc::EINVAL));
    assert_eq!(play.numbers(p), [0, 1, 2, 3, 4, 5, 6, 10, 11]);
}

#[test]
fn flags_are_set_and_told() {
    let mut play = Play::new();
    let p = "parent";
    play.did(p, Call::Pipe);
    assert_eq!(play.did(p, fcntl(4, Fcntl::GetFl)), Outcome::Returned(libc::O_WRONLY.into()));
    assert_eq!(play.did(p, fcntl(3, Fcntl::SetFl(libc::O_NONBLOCK))), OK);
    assert_eq!(play.did(p, fcntl(3, Fcntl::GetFl)), Outcome::Returned(libc::O_NONBLOCK.into()));
    assert_eq!(play.did(p, read(3, 1)), error(libc::EAGAIN));
    assert_eq!(play.did(p, fcntl(3, Fcntl::SetFd(libc::FD_CLOEXEC))), OK);
    assert_eq!(play.did(p, fcntl(3, Fcntl::GetFd)), Outcome::Returned(1));
    assert_eq!(play.did(p, fcntl(3, Fcntl::GetPipeSize)), Outcome::Returned(65536));
    assert_eq!(play.did(p, fcntl(3, Fcntl::SetPipeSize(4096))), Outcome::Returned(4096));
    assert_eq!(play.did(p, fcntl(0, Fcntl::GetPipeSize)), error(libc::EBADF));
    assert_eq!(play.did(p, fcntl(3, Fcntl::DupFd(20))), Outcome::Returned(20));
    assert_eq!(play.did(p, fcntl(3, Fcntl::DupFdCloexec(20))), Outcome::Returned(21));
    assert_eq!(play.did(p, fcntl(3, Fcntl::DupFd(-1))), error(libc::EINVAL));
    assert_eq!(play.did(p, fcntl(9, Fcntl::GetFd)), error(libc::EBADF));
}

#[test]
fn bytes_go_through() {
    let mut play = Play::new();
    play.pipe_and_fork();
    let nul = Call::Write { fd: 4, data: Data { unit: b"a\0\xff".to_vec(), times: 2 } };
    assert_eq!(play.did("parent", nul), Outcome::Returned(6));
    assert_eq!(play.brought("child", read(3, 4)), (Outcome::Returned(4), Detail::Data(b"a\0\xffa".to_vec())));
    assert_eq!(play.brought("child", read(3, 64)), (Outcome::Returned(2), Detail::Data(b"\0\xff".to_vec())));
    assert_eq!(play.did("parent", write(4, "")), OK);
    assert_eq!(play.did("parent", write(3, "x")), error(libc::EBADF));
    assert_eq!(play.did("child", read(4, 1)), error(libc::EBADF));
    assert_eq!(play.did("child", read(3, u64::MAX)), error(libc::EFAULT));
    assert_eq!(play.did("child", read(77, 1 << 40)), error(libc::EBADF));
    play.did("parent", bulk(4, "abc", 1000));
    let (outcome, detail) = play.brought("child", read(3, 1 << 33));
    assert_eq!((outcome, detail), (Outcome::Returned(3000), Detail::Data(b"abc".repeat(1000))));
    play.did("child", close(4));
    play.did("parent", close(4));
    assert_eq!(play.brought("child", read(3, 64)), (OK, data("")));
    assert_eq!(play.brought("child", read(3, 64)), (OK, data("")));
}

#[test]
fn files_and_fifos() {
    let mut play = Play::new();
    let p = "parent";
    assert_eq!(play.did(p, open("none", libc::O_RDONLY)), error(libc::ENOENT));
    assert_eq!(play.did(p, open("file", libc::O_RDWR | libc::O_CREAT)), Outcome::Returned(3));
    assert_eq!(play.did(p, write(3, "hello")), Outcome::Returned(5));
    assert_eq!(std::fs::read(play.stage.scratch().join("file")).unwrap(), b"hello");
    assert_eq!(play.did(p, open("./file", libc::O_RDONLY)), Outcome::Returned(4));
    assert_eq!(play.brought(p, read(4, 64)), (Outcome::Returned(5), data("hello")));
    assert_eq!(play.did(p, mkfifo("fifo")), OK);
    assert_eq!(play.did(p, mkfifo("fifo")), error(libc::EEXIST));
    assert_eq!(play.did(p, open("fifo", libc::O_WRONLY | libc::O_NONBLOCK)), error(libc::ENXIO));
    assert_eq!(play.did(p, open("fifo", libc::O_RDONLY | libc::O_NONBLOCK)), Outcome::Returned(5));
    assert_eq!(play.did(p, unlink("fifo")), OK);
    assert_eq!(play.did(p, unlink("fifo")), error(libc::ENOENT));
    assert_eq!(play.did(p, open("/dev/null", libc::O_WRONLY)), Outcome::Returned(6));
    assert_eq!(play.did(p, open(&"x".repeat(300), libc::O_RDONLY)), error(libc::ENAMETOOLONG));
    let absolute = play.stage.scratch().join("file");
    assert_eq!(play.did(p, open(absolute.to_str().unwrap(), libc::O_RDONLY)), Outcome::Returned(7));
}

#[test]
fn signals() {
    let mut play = Play::new();
    let child = play.fork("parent", "child");
    assert_eq!(play.did("parent", ignore(libc::SIGKILL)), error(libc::EINVAL));
    assert_eq!(play.did("parent", ignore(0)), error(libc::EINVAL));
    assert_eq!(play.did("parent", kill("child", 999)), error(libc::EINVAL));
    assert_eq!(play.did("parent", kill("child", 0)), OK);
    assert_eq!(play.did("child", ignore(libc::SIGTERM)), OK);
    assert_eq!(play.did("parent", kill_number(child, libc::SIGTERM)), OK);
    assert_eq!(play.did("child", Call::Signal { signal: libc::SIGTERM, disposition: Disposition::Default }), OK);
    let settled = play.step("parent", kill("child", libc::SIGTERM));
    assert_eq!(settled.own.unwrap().outcome, OK);
    assert_eq!(settled.resumed, [ended("child", None, killed(libc::SIGTERM))]);
    assert_eq!(state(child), Some('Z'));
    assert_eq!(play.stage.subjects()[1].death, Some(Death::Killed(libc::SIGTERM)));
    assert_eq!(play.did("parent", kill("child", 0)), OK, "a zombie can be signalled");
    play.step("parent", Call::Wait);
    assert_eq!(play.did("parent", kill("child", 0)), error(libc::ESRCH));
    assert_eq!(play.did("parent", kill("parent", libc::SIGKILL)), killed(libc::SIGKILL));
}

#[test]
fn children_are_waited_for() {
    let mut play = Play::new();
    assert_eq!(play.did("parent", Call::Wait), error(libc::ECHILD));
    let child = play.fork("parent", "child");
    assert_eq!(play.brought("parent", waitpid("child", libc::WNOHANG)), (OK, Detail::None));
    assert_eq!(play.did("parent", waitpid("parent", 0)), error(libc::ECHILD));
    let impossible = Call::Waitpid { target: Target::Name("child".into()), options: 0x4000 };
    assert_eq!(play.did("parent", impossible), error(libc::EINVAL));
    assert_eq!(play.did("child", exit(300)), exited(300 & 0xff));
    assert_eq!(state(child), Some('Z'));
    let waited = Detail::Waited(Some("child".into()), child, Death::Exited(44));
    assert_eq!(play.brought("parent", waitpid("child", 0)), (Outcome::Returned(child.into()), waited));
    assert_eq!(state(child), None);
    let subject = play.stage.subjects()[1].clone();
    assert_eq!((subject.death, subject.at_mailbox), (Some(Death::Exited(44)), false));
    assert_eq!(play.did("parent", waitpid("child", 0)), error(libc::ECHILD));
}

#[test]
fn a_child_that_nobody_waits_for_leaves_its_fate_behind() {
    let mut play = Play::new();
    let child = play.fork("parent", "child");
    assert_eq!(play.did("parent", ignore(libc::SIGCHLD)), OK);
    let outcome = play.did("child", exit(7));
    // The kernel reaps it itself; from Linux 6.15 on it still tells how it ended.
    assert!(matches!(outcome, Outcome::Died(Death::Exited(7) | Death::Unknown)), "{outcome:?}");
    assert_eq!(state(child), None);
}

#[test]
fn orphans_go_to_the_warden() {
    let mut play = Play::new();
    let child = play.fork("parent", "child");
    assert_eq!(play.did("parent", exit(0)), exited(0));
    assert_eq!(status_line(child, "PPid"), play.stage.warden_pid().to_string());
    assert_eq!(play.did("child", Call::Pipe), OK);
    assert_eq!(play.stage.subjects()[1].ppid, play.stage.warden_pid());
    assert_eq!(play.did("child", exit(3)), exited(3));
    until(|| state(child).is_none());
}

#[test]
fn names_are_given_and_kept_apart() {
    let mut play = Play::new();
    let names: Vec<String> = (0..3)
        .map(|_| match play.brought("parent", Call::Fork { name: None }).1 {
            Detail::Child(name, _) => name,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["child", "child2", "child3"]);
    let taken = play.refusable("parent", Call::Fork { name: Some("child2".into()) }).unwrap_err();
    assert!(taken.to_string().contains("already"), "{taken}");
    play.step("child2", exit(0));
    let zombie = play.refusable("parent", Call::Fork { name: Some("child2".into()) }).unwrap_err();
    assert!(zombie.to_string().contains("zombie"), "{zombie}");
    play.step("parent", Call::Wait);
    play.fork("parent", "child2");
    assert_eq!(play.stage.subjects().iter().filter(|s| s.name == "child2").count(), 2);
}
