//! Shared memory: every call of the family, and what the kernel then does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
use common::*;
use nix::libc;
use pipescope::notation::{Detail, Outcome, parse_directed};
use pipescope::observe::{Look, read as look};
use pipescope::stage::Refusal;
use pipescope::world::{MapName, ObjectKind, State, World};

const OK: Outcome = Outcome::Returned(0);
const RW: &str = "PROT_READ|PROT_WRITE";

/// `parent: mmap(...)`: what became of it.
fn did(play: &mut Play, line: &str) -> Outcome {
    let directed = parse_directed(line, None).unwrap();
    play.did(&directed.process, directed.call)
}

/// What became of it, and of the calls that it set free.
fn frees(play: &mut Play, line: &str) -> (Outcome, Vec<(String, Outcome)>) {
    let directed = parse_directed(line, None).unwrap();
    let settled = play.step(&directed.process, directed.call);
    (settled.own.unwrap().outcome, settled.resumed.into_iter().map(|c| (c.process, c.outcome)).collect())
}

fn refused(play: &mut Play, line: &str) -> String {
    let directed = parse_directed(line, None).unwrap();
    play.refusable(&directed.process, directed.call).unwrap_err().to_string()
}

fn mapped(play: &mut Play, line: &str) -> MapName {
    let directed = parse_directed(line, None).unwrap();
    match play.brought(&directed.process, directed.call) {
        (Outcome::Returned(address), Detail::Mapped(name)) if address > 0 => name,
        other => panic!("{line}: {other:?}"),
    }
}

fn world(play: &Play) -> World {
    look(&play.stage.subjects(), &Look { peek: true, peek_bytes: 64, outsiders: false })
}

#[test]
fn shared_memory_is_one_and_private_memory_is_a_copy() {
    let mut play = Play::new();
    assert_eq!(mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_SHARED|MAP_ANONYMOUS)")), MapName(1));
    assert_eq!(mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_PRIVATE|MAP_ANONYMOUS)")), MapName(2));
    for m in ["m1", "m2"] {
        assert_eq!(did(&mut play, &format!("parent: store({m}, 8, 7)")), OK);
    }
    play.fork("parent", "child");
    for m in ["m1", "m2"] {
        assert_eq!(did(&mut play, &format!("child: load({m}, 8)")), Outcome::Returned(7));
        assert_eq!(did(&mut play, &format!("child: store({m}, 8, 99)")), OK);
    }
    assert_eq!(did(&mut play, "parent: load(m1, 8)"), Outcome::Returned(99));
    assert_eq!(did(&mut play, "parent: load(m2, 8)"), Outcome::Returned(7));
    let world = world(&play);
    let object = world.objects.iter().find(|o| o.kind == ObjectKind::Memory).unwrap();
    let memory = object.memory().unwrap();
    assert_eq!(memory.maps.iter().map(|m| m.process.as_str()).collect::<Vec<_>>(), ["parent", "child"]);
    assert_eq!(memory.words.value().unwrap()[..2], [0, 99]);
    assert_eq!(memory.size.value(), Some(&4096));
    let private = |name: &str| world.process(name).unwrap().space.named(MapName(2)).unwrap().words.value().unwrap()[1];
    assert_eq!((private("parent"), private("child")), (7, 99));
    assert!(world.process("child").unwrap().space.named(MapName(2)).unwrap().object.is_none());
}

#[test]
fn a_mapping_outlives_its_descriptor_and_its_name() {
    let mut play = Play::new();
    assert_eq!(did(&mut play, "parent: shm_open(\"/counter\", O_RDWR|O_CREAT|O_EXCL)"), Outcome::Returned(3));
    assert_eq!(did(&mut play, "parent: shm_open(\"/counter\", O_RDWR|O_CREAT|O_EXCL)"), Outcome::Error(libc::EEXIST));
    assert_eq!(did(&mut play, "parent: ftruncate(3, 8192)"), OK);
    mapped(&mut play, &format!("parent: mmap(8192, {RW}, MAP_SHARED, 3)"));
    let before = world(&play);
    let object = before.object_at("parent", 3).unwrap();
    assert_eq!((object.kind, object.label()), (ObjectKind::Memory, "counter"));
    assert_eq!(object.memory().unwrap().size.value(), Some(&8192));
    assert_eq!(did(&mut play, "parent: close(3)"), OK);
    assert_eq!(did(&mut play, "parent: store(m1, 0, 5)"), OK);
    let seen = world(&play);
    let object = &seen.objects[0];
    assert!(object.holders.is_empty());
    assert_eq!(object.memory().unwrap().maps.len(), 1);
    assert_eq!(object.memory().unwrap().words.value().unwrap()[0], 5);
    // Another opens it by its name, and it is the same.
    play.stage.start_process("other").unwrap();
    assert_eq!(did(&mut play, "other: shm_open(\"counter\", O_RDWR)"), Outcome::Returned(3));
    mapped(&mut play, &format!("other: mmap(4096, {RW}, MAP_SHARED, 3)"));
    assert_eq!(did(&mut play, "other: load(m1, 0)"), Outcome::Returned(5));
    assert_eq!(world(&play).objects.len(), 1);
    assert_eq!(did(&mut play, "parent: shm_unlink(\"/counter\")"), OK);
    assert_eq!(did(&mut play, "parent: shm_unlink(\"/counter\")"), Outcome::Error(libc::ENOENT));
    assert_eq!(did(&mut play, "other: store(m1, 0, 6)"), OK);
    assert_eq!(did(&mut play, "parent: load(m1, 0)"), Outcome::Returned(6));
    assert_eq!(world(&play).objects[0].memory().unwrap().maps.len(), 2);
}

#[test]
fn a_memfd_is_shared_by_its_descriptor() {
    let mut play = Play::new();
    assert_eq!(did(&mut play, "parent: memfd_create(\"box\")"), Outcome::Returned(3));
    assert_eq!(world(&play).object_at("parent", 3).unwrap().memory().unwrap().words.value(), Some(&vec![]));
    assert_eq!(did(&mut play, "parent: ftruncate(3, 16)"), OK);
    // Nobody maps it: its words are read through a descriptor.
    assert_eq!(did(&mut play, "parent: write(3, \"\\1\\0\\0\\0\\0\\0\\0\\0\")"), Outcome::Returned(8));
    let seen = world(&play);
    let object = seen.object_at("parent", 3).unwrap();
    assert!(object.id.0.starts_with("memfd:box:["), "{}", object.id);
    assert_eq!(object.memory().unwrap().words.value(), Some(&vec![1, 0]));
    // The position of the descriptor has not moved.
    assert_eq!(did(&mut play, "parent: write(3, \"\\2\\0\\0\\0\\0\\0\\0\\0\")"), Outcome::Returned(8));
    assert_eq!(world(&play).object_at("parent", 3).unwrap().memory().unwrap().words.value(), Some(&vec![1, 2]));
    assert!(refused(&mut play, "parent: memfd_create(\"pipescope-stage\")").contains("stage's own"));
}

#[test]
fn what_is_not_there_kills() {
    for (call, signal) in [
        ("store(m1, 0, 1)", libc::SIGSEGV),
        ("load(m2, 8192)", libc::SIGBUS),
        ("increment(m1, 0, 5)", libc::SIGSEGV),
        ("lock(m1, 0)", libc::SIGSEGV),
        ("load(m3, 0)", libc::SIGSEGV),
    ] {
        let mut play = Play::new();
        assert_eq!(did(&mut play, "parent: memfd_create(\"box\")"), Outcome::Returned(3));
        assert_eq!(did(&mut play, "parent: ftruncate(3, 4096)"), OK);
        mapped(&mut play, "parent: mmap(4096, PROT_READ, MAP_SHARED, 3)");
        mapped(&mut play, "parent: mmap(NULL, 12288, PROT_READ, MAP_SHARED, 3)");
        mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_SHARED, 3)"));
        assert_eq!(did(&mut play, "parent: munmap(m3)"), OK);
        assert_eq!(did(&mut play, "parent: load(m2, 0)"), Outcome::Returned(0));
        assert_eq!(did(&mut play, &format!("parent: {call}")), killed(signal), "{call}");
    }
}

#[test]
fn wrong_arguments_are_the_kernels_or_refused() {
    let mut play = Play::new();
    let error = Outcome::Error;
    for (line, outcome) in [
        ("mmap(0, PROT_READ, MAP_SHARED|MAP_ANONYMOUS)", error(libc::EINVAL)),
        ("mmap(4096, PROT_READ, MAP_SHARED, 9)", error(libc::EBADF)),
        ("mmap(4096, PROT_READ, 0)", error(libc::EBADF)),
        ("ftruncate(9, 1)", error(libc::EBADF)),
        ("ftruncate(0, 1)", error(libc::EINVAL)),
        ("shm_open(\"/a/b\", O_RDONLY)", error(libc::EINVAL)),
        ("shm_open(\"/\", O_RDONLY)", error(libc::EINVAL)),
        ("shm_open(\"/../../etc/passwd\", O_RDONLY)", error(libc::EINVAL)),
        ("shm_open(\"none\", O_RDONLY)", error(libc::ENOENT)),
        ("memfd_create(\"x\", 0x1000)", error(libc::EINVAL)),
    ] {
        assert_eq!(did(&mut play, &format!("parent: {line}")), outcome, "{line}");
    }
    assert!(refused(&mut play, "parent: load(m1, 0)").contains("no mapping called m1"));
    mapped(&mut play, &format!("parent: mmap(100, {RW}, MAP_SHARED|MAP_ANONYMOUS)"));
    assert!(refused(&mut play, "parent: store(m1, 4, 1)").contains("multiple of 8"));
    assert!(refused(&mut play, "parent: store(m1, 4096, 1)").contains("behind it"));
    assert_eq!(did(&mut play, "parent: store(m1, 4088, -1)"), OK);
    assert_eq!(did(&mut play, "parent: load(m1, 4088)"), Outcome::Returned(-1));
    let fixed = parse_directed("parent: mmap(4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED)", None).unwrap();
    assert!(matches!(play.refusable("parent", fixed.call), Err(Refusal::NotAllowed(_))));
}

#[test]
fn a_lock_is_waited_for_in_futex_and_handed_on() {
    let mut play = Play::new();
    mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_SHARED|MAP_ANONYMOUS)"));
    for name in ["a", "b"] {
        play.fork("parent", name);
    }
    assert_eq!(did(&mut play, "parent: lock(m1, 8)"), OK);
    assert_eq!(did(&mut play, "parent: load(m1, 8)"), Outcome::Returned(play.pid("parent").into()));
    assert_eq!(did(&mut play, "a: unlock(m1, 8)"), Outcome::Error(libc::EPERM));
    assert_eq!(did(&mut play, "a: lock(m1, 8)"), blocked("futex", None, None));
    assert_eq!(did(&mut play, "b: lock(m1, 8)"), blocked("futex", None, None));
    let seen = world(&play);
    let a = seen.process("a").unwrap();
    assert!(matches!(&a.state, State::Blocked(b) if b.call == "futex"), "{:?}", a.state);
    assert_eq!(a.space.waits_in().map(|(m, offset)| (m.name, offset)), Some((Some(MapName(1)), 8)));
    assert_eq!(seen.process("parent").unwrap().state, State::Idle);
    assert_eq!(frees(&mut play, "parent: unlock(m1, 8)"), (OK, vec![("a".into(), OK)]));
    assert_eq!(frees(&mut play, "a: unlock(m1, 8)"), (OK, vec![("b".into(), OK)]));
    assert_eq!(did(&mut play, "b: unlock(m1, 8)"), OK);
    assert_eq!(did(&mut play, "b: load(m1, 8)"), Outcome::Returned(0));
}

#[test]
fn a_stop_does_not_make_a_waiter_look_idle() {
    let mut play = Play::new();
    mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_SHARED|MAP_ANONYMOUS)"));
    play.fork("parent", "child");
    assert_eq!(did(&mut play, "parent: lock(m1, 0)"), OK);
    assert_eq!(did(&mut play, "child: lock(m1, 0)"), blocked("futex", None, None));
    for signal in ["SIGSTOP", "SIGCONT"] {
        frees(&mut play, &format!("parent: kill(child, {signal})"));
    }
    until(|| matches!(&world(&play).process("child").unwrap().state, State::Blocked(b) if b.call == "futex"));
    assert_eq!(frees(&mut play, "parent: unlock(m1, 0)"), (OK, vec![("child".into(), OK)]));
}

#[test]
fn additions_in_one_piece_are_never_lost_and_others_never_too_many() {
    const TIMES: u64 = 300_000;
    for (call, exact) in [("atomic_increment", true), ("increment", false)] {
        let mut play = Play::new();
        mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_SHARED|MAP_ANONYMOUS)"));
        for name in ["a", "b"] {
            play.fork("parent", name);
            let line = format!("{name}: {call}(m1, 0, {TIMES}, 8)");
            assert_eq!(did(&mut play, &line), blocked("futex", None, None));
        }
        assert_eq!(did(&mut play, "parent: store(m1, 8, 1)"), OK);
        let (woken, mut ended) = frees(&mut play, "parent: futex_wake(m1, 8)");
        ended.sort_by(|x, y| x.0.cmp(&y.0));
        assert_eq!((woken, ended), (Outcome::Returned(2), vec![("a".into(), OK), ("b".into(), OK)]));
        let Outcome::Returned(sum) = did(&mut play, "parent: load(m1, 0)") else { panic!() };
        let sum = sum.unsigned_abs();
        // How many get lost is a matter of luck, and may be nearly all; that none comes from nowhere is certain.
        assert!((2..=2 * TIMES).contains(&sum) && (!exact || sum == 2 * TIMES), "{call}: {sum}");
    }
}

#[test]
fn an_exec_leaves_the_mappings_behind() {
    let mut play = Play::new();
    mapped(&mut play, &format!("parent: mmap(4096, {RW}, MAP_SHARED|MAP_ANONYMOUS)"));
    play.fork("parent", "child");
    assert_eq!(play.did("child", exec("sleep 1000")), OK);
    let seen = world(&play);
    assert_eq!(seen.process("child").unwrap().space.mappings, []);
    assert_eq!(seen.objects[0].memory().unwrap().maps.len(), 1);
}

#[test]
fn names_are_the_stages_own_and_go_with_it() {
    let mut play = Play::new();
    let mut other = Play::new();
    assert_eq!(did(&mut play, "parent: shm_open(\"/same\", O_RDWR|O_CREAT)"), Outcome::Returned(3));
    assert_eq!(did(&mut other, "parent: shm_open(\"/same\", O_RDWR)"), Outcome::Error(libc::ENOENT));
    let stage = play.stage.scratch().file_name().unwrap().to_str().unwrap().to_owned();
    let path = format!("/dev/shm/{stage}.same");
    assert!(std::path::Path::new(&path).exists());
    drop(play);
    assert!(!std::path::Path::new(&path).exists());
}
