//! Message queues: every call of the family, and what the kernel then does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
use common::*;
use nix::libc;
use pipescope::notation::{Detail, Outcome, parse_directed};
use pipescope::observe::{Look, read as look};
use pipescope::world::{ObjectKind, World};

const OK: Outcome = Outcome::Returned(0);

fn brought_by(play: &mut Play, line: &str) -> (Outcome, Detail) {
    let directed = parse_directed(line, None).unwrap();
    play.brought(&directed.process, directed.call)
}

fn did(play: &mut Play, line: &str) -> Outcome {
    brought_by(play, line).0
}

fn world(play: &Play) -> World {
    look(&play.stage.subjects(), &Look { peek: true, peek_bytes: 64, outsiders: false })
}

/// A stage with a queue at 3; none where the kernel has no queues.
fn with_queue() -> Option<Play> {
    let mut play = Play::new();
    match did(&mut play, "parent: mq_open(\"/jobs\", O_RDWR|O_CREAT, 0600, 2, 16)") {
        Outcome::Returned(3) => Some(play),
        Outcome::Error(errno @ (libc::ENOSYS | libc::ENOSPC | libc::EMFILE)) => {
            eprintln!("skipped: this system has no message queue for us (errno {errno})");
            None
        }
        other => panic!("{other:?}"),
    }
}

fn message(text: &str, priority: u32) -> (Outcome, Detail) {
    (Outcome::Returned(text.len() as i64), Detail::Message(text.into(), priority))
}

#[test]
fn the_higher_priority_comes_first() {
    let Some(mut play) = with_queue() else { return };
    assert_eq!(did(&mut play, "parent: mq_send(3, \"low\", 1)"), OK);
    assert_eq!(did(&mut play, "parent: mq_send(3, \"urgent\", 9)"), OK);
    let state = Detail::QueueState { messages: 2, most: 2, size: 16 };
    assert_eq!(brought_by(&mut play, "parent: mq_getattr(3)"), (OK, state));
    let seen = world(&play);
    let object = seen.object_at("parent", 3).unwrap();
    assert_eq!((object.kind, object.label()), (ObjectKind::Queue, "jobs"));
    let queue = object.queue().unwrap();
    assert_eq!((queue.messages.value(), queue.most.value(), queue.size.value()), (Some(&2), Some(&2), Some(&16)));
    assert_eq!(object.bytes.value(), Some(&9));
    assert_eq!(brought_by(&mut play, "parent: mq_receive(3, 16)"), message("urgent", 9));
    assert_eq!(brought_by(&mut play, "parent: mq_receive(3, 16)"), message("low", 1));
}

#[test]
fn a_full_queue_and_an_empty_one_are_waited_for() {
    let Some(mut play) = with_queue() else { return };
    // As its descriptor would be by exec: mq_open makes it close-on-exec.
    play.fork("parent", "child");
    assert_eq!(did(&mut play, "child: mq_receive(3, 16)"), blocked("mq_receive", Some(3), Some(16)));
    let send = parse_directed("parent: mq_send(3, \"x\" * 16, 0)", None).unwrap();
    let settled = play.step("parent", send.call);
    assert_eq!(settled.resumed.len(), 1);
    assert_eq!(settled.resumed[0].detail, Detail::Message(b"x".repeat(16), 0));
    for text in ["a", "b"] {
        assert_eq!(did(&mut play, &format!("child: mq_send(3, \"{text}\", 5)")), OK);
    }
    assert_eq!(did(&mut play, "child: mq_send(3, \"third\", 7)"), blocked("mq_send", Some(3), Some(5)));
    let receive = parse_directed("parent: mq_receive(3, 16)", None).unwrap();
    let settled = play.step("parent", receive.call);
    assert_eq!(settled.own.unwrap().detail, Detail::Message(b"a".to_vec(), 5));
    assert_eq!(settled.resumed.len(), 1);
    assert_eq!(brought_by(&mut play, "parent: mq_receive(3, 16)"), message("third", 7));
}

#[test]
fn wrong_arguments_are_the_kernels() {
    let Some(mut play) = with_queue() else { return };
    assert_eq!(did(&mut play, "parent: mq_open(\"/jobs\", O_WRONLY|O_NONBLOCK)"), Outcome::Returned(4));
    for (line, errno) in [
        ("mq_open(\"jobs\", O_RDONLY)", libc::EINVAL),
        ("mq_open(\"/none\", O_RDONLY)", libc::ENOENT),
        ("mq_open(\"/\", O_RDONLY)", libc::ENOENT),
        ("mq_open(\"/a/b\", O_RDWR|O_CREAT)", libc::EACCES),
        ("mq_open(\"/x\", O_RDWR|O_CREAT, 0600, 0, 0)", libc::EINVAL),
        ("mq_open(\"/jobs\", O_RDWR|O_CREAT|O_EXCL)", libc::EEXIST),
        ("mq_send(3, \"x\" * 17, 0)", libc::EMSGSIZE),
        ("mq_send(3, \"x\", 32768)", libc::EINVAL),
        ("mq_send(9, \"x\", 0)", libc::EBADF),
        ("mq_send(0, \"x\", 0)", libc::EBADF),
        ("mq_receive(3, 15)", libc::EMSGSIZE),
        ("mq_receive(4, 16)", libc::EBADF),
        ("mq_getattr(0)", libc::EBADF),
        ("mq_unlink(\"/none\")", libc::ENOENT),
    ] {
        assert_eq!(did(&mut play, &format!("parent: {line}")), Outcome::Error(errno), "{line}");
    }
    assert_eq!(did(&mut play, "parent: mq_send(4, \"a\", 0)"), OK);
    assert_eq!(did(&mut play, "parent: mq_send(4, \"b\", 0)"), OK);
    assert_eq!(did(&mut play, "parent: mq_send(4, \"c\", 0)"), Outcome::Error(libc::EAGAIN));
    assert_eq!(did(&mut play, "parent: mq_unlink(\"/jobs\")"), OK);
    // It is there as long as somebody has it open.
    assert_eq!(brought_by(&mut play, "parent: mq_receive(3, 16)"), message("a", 0));
    assert_eq!(did(&mut play, "parent: mq_open(\"/jobs\", O_RDONLY)"), Outcome::Error(libc::ENOENT));
    let refusal = parse_directed("parent: mq_send(3, \"x\" * 5000000, 0)", None).unwrap();
    assert!(play.refusable("parent", refusal.call).is_err());
}

/// There is such a queue: anybody can open it who knows its whole name.
fn exists(stage: &str, name: &str) -> bool {
    let path = std::ffi::CString::new(format!("{stage}.{name}")).unwrap();
    // SAFETY: a NUL-terminated name that outlives the call, and no attributes.
    let fd = unsafe { libc::syscall(libc::SYS_mq_open, path.as_ptr(), libc::O_RDONLY, 0, 0) };
    if fd >= 0 {
        nix::unistd::close(i32::try_from(fd).unwrap()).unwrap();
    }
    fd >= 0
}

#[test]
fn names_are_the_stages_own_and_go_with_it() {
    let Some(play) = with_queue() else { return };
    let stage = play.stage.scratch().file_name().unwrap().to_str().unwrap().to_owned();
    assert!(exists(&stage, "jobs"));
    let mut other = Play::new();
    assert_eq!(did(&mut other, "parent: mq_open(\"/jobs\", O_RDWR)"), Outcome::Error(libc::ENOENT));
    let warden = play.stage.warden_pid();
    // Without its director, and where the warden is killed too, whoever is left removes them.
    drop(play);
    assert!(!exists(&stage, "jobs"));
    assert!(!lives(warden));
    let mut killed = with_queue().unwrap();
    let stage = killed.stage.scratch().file_name().unwrap().to_str().unwrap().to_owned();
    signal(killed.stage.warden_pid(), libc::SIGKILL);
    until(|| {
        killed.stage.notice();
        killed.stage.is_lost()
    });
    drop(killed);
    assert!(!exists(&stage, "jobs"));
}
