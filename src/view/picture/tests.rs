mod stage;

use super::*;
use crate::world::*;
use stage::{Stage, fd, looks, text};

/// The scenes of the course, by name.
fn scenes() -> Vec<(&'static str, Stage)> {
    let one = || Stage::new("parent");
    let piped = || one().pipe("parent", 9751);
    let forked = || piped().fork("parent", "child");
    let clean = || forked().close("child", 4).close("parent", 3);
    let two_way = || piped().pipe("parent", 9752).fork("parent", "child");
    let closed = || two_way().close("parent", 3).close("parent", 6).close("child", 4).close("child", 5);
    let broken = || forked().close("parent", 3).close("child", 4).close("child", 3);
    let fifo = Target::Object(ObjectId("/tmp/stage/chat".into()));
    let file = Target::Object(ObjectId("/tmp/stage/log.txt".into()));
    let x = [b'x'; 64];
    vec![
        ("start", one()),
        ("after_pipe", one().step().pipe("parent", 9751)),
        ("after_fork", piped().step().fork("parent", "child")),
        ("closing", forked().close("child", 4).step().close("parent", 3)),
        ("clean", clean()),
        ("waiting_bytes", clean().step().fill(9751, b"hello", 5)),
        (
            "no_eof",
            forked().close("parent", 3).close("parent", 4).step().blocked("child", "read", 3, 64).select("child", Some(4)),
        ),
        ("full", clean().step().fill(9751, &x, 65536).blocked("parent", "write", 4, 1)),
        ("two_way_forked", two_way()),
        ("two_way_clean", closed().fill(9752, b"ping\n", 5)),
        ("zombie", clean().step().state("child", State::Zombie(Death::Exited(0)))),
        ("broken", broken().step().state("parent", State::Gone(Death::Killed(13)))),
        ("no_readers", broken()),
        ("vanishing", forked().close("child", 3).close("child", 4).close("parent", 4).step().close("parent", 3)),
        ("pipeline", pipeline(false)),
        ("pipeline_dup", pipeline(true)),
        ("dups", piped().dup2("parent", 3, 5).dup2("parent", 4, 6).step().dup2("parent", 4, 1)),
        (
            "fifo_rw",
            one().object("/tmp/stage/chat", ObjectKind::Fifo).open("parent", fifo.clone(), Access::ReadWrite).fork("parent", "child"),
        ),
        (
            "file",
            piped().object("/tmp/stage/log.txt", ObjectKind::File).open("parent", file, Access::Write).fork("parent", "child"),
        ),
        ("unknown", unknown(clean())),
        ("outsider", outsider(clean())),
        ("crowd", crowd().select("child3", None)),
    ]
}

fn pipeline(early: bool) -> Stage {
    let stage = Stage::new("shell").pipe("shell", 9751).fork("shell", "ls").fork("shell", "wc");
    if early {
        return stage.step().dup2("ls", 4, 1);
    }
    let mut stage = stage.dup2("ls", 4, 1).close("ls", 3).close("ls", 4).dup2("wc", 3, 0).close("wc", 3).close("wc", 4);
    stage.process("ls").program = Some("ls".into());
    stage.process("wc").program = Some("wc".into());
    stage.state("ls", State::Running).blocked("wc", "read", 0, 16384)
}

fn unknown(mut stage: Stage) -> Stage {
    let object = &mut stage.world.objects[0];
    object.bytes = Known::No("not permitted".into());
    object.contents = Known::No("not permitted".into());
    stage.process("child").fds.clear();
    stage.process("child").fds_unreadable = Some("EACCES".into());
    stage
}

fn outsider(mut stage: Stage) -> Stage {
    stage.process("child").fds[3].nonblock = true;
    stage.process("parent").fds[3].cloexec = true;
    let holder = Holder { process: "cat".into(), pid: 99, fd: 0, access: Access::Read, outside: true };
    stage.world.objects[0].holders.push(holder);
    stage
}

/// 16 processes and 32 pipes.
fn crowd() -> Stage {
    let mut stage = Stage::new("parent");
    for i in 0..32 {
        stage = stage.pipe("parent", 9000 + i);
    }
    for i in 1..16 {
        let name = format!("child{i}");
        stage = stage.fork("parent", &name);
        let keep = [1 + 2 * i, 2 + 2 * i, 3 + 2 * i];
        for n in (3..67).filter(|n| !keep.contains(n)) {
            stage = stage.close(&name, n);
        }
    }
    stage.blocked("child5", "read", 13, 64).state("child9", State::Gone(Death::Exited(0)))
}

#[test]
fn scenes_at_three_widths() {
    for (name, stage) in scenes() {
        for width in [40, 78, 118] {
            insta::assert_snapshot!(format!("{name}_{width}"), text(&stage.draw(width, Glyphs::UNICODE)));
        }
    }
}

#[test]
fn scenes_in_ascii() {
    for (name, stage) in scenes().into_iter().filter(|(n, _)| ["after_fork", "closing", "no_eof", "dups"].contains(n)) {
        let shown = text(&stage.draw(78, Glyphs::ASCII));
        assert!(shown.is_ascii());
        insta::assert_snapshot!(format!("{name}_ascii"), shown);
    }
}

#[test]
fn scenes_with_their_looks() {
    for (name, stage) in scenes().into_iter().filter(|(n, _)| ["closing", "no_eof"].contains(n)) {
        insta::assert_snapshot!(format!("{name}_looks"), looks(&stage.draw(78, Glyphs::UNICODE)));
    }
}
