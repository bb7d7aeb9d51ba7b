mod machines;
mod memory;
mod sockets;
mod stage;
mod system_v;

use super::*;
use crate::engine::Flowed;
use crate::world::*;
use proptest::prelude::*;
use ratatui::buffer::Cell;
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
            forked()
                .close("parent", 3)
                .close("parent", 4)
                .step()
                .blocked("child", "read", 3, 64)
                .select("child", Some(4)),
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
            one()
                .object("/tmp/stage/chat", ObjectKind::Fifo)
                .open("parent", fifo.clone(), Access::ReadWrite)
                .fork("parent", "child"),
        ),
        (
            "file",
            piped()
                .object("/tmp/stage/log.txt", ObjectKind::File)
                .open("parent", file, Access::Write)
                .fork("parent", "child"),
        ),
        ("unknown", unknown(clean())),
        ("outsider", outsider(clean())),
        ("printed", printed(clean()).step().fill(9751, b"hello\n", 6)),
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
/// The parent has printed, and so had the child before it was made.
fn printed(mut stage: Stage) -> Stage {
    let kept = |text: &[u8], mode| Buffered {
        bytes: text.len() as u64,
        size: 4096,
        mode,
        contents: Contents { head: text.to_vec(), ..Contents::default() },
    };
    stage.process("parent").stdout = Some(Known::Yes(kept(b"hello\n", Buffering::Full)));
    stage.process("child").stdout = Some(Known::Yes(kept(b"", Buffering::Line)));
    stage
}

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

/// Any world at all: what the kernel could hold, and more.
fn any_world() -> impl Strategy<Value = (World, World, Selection)> {
    let name = prop_oneof![4 => "[a-z]{1,12}", 1 => Just("\x1b[2J\n日本\u{202e}".to_owned())];
    let access = prop_oneof![Just(Access::Read), Just(Access::Write), Just(Access::ReadWrite), Just(Access::None)];
    let target = prop_oneof![
        3 => (0..12_u32).prop_map(|n| Target::Object(ObjectId(format!("pipe:[{n}]")))),
        1 => Just(Target::Terminal),
        1 => Just(Target::Other("/dev/null".into())),
    ];
    let state = prop_oneof![
        Just(State::Idle),
        Just(State::Stopped),
        Just(State::Zombie(Death::Killed(99))),
        Just(State::Gone(Death::Exited(1))),
        (0..9).prop_map(|fd| State::Blocked(BlockedIn {
            call: "read".into(),
            fd: Some(fd),
            child: None,
            path: None,
            count: Some(u64::MAX),
            opens: None
        })),
    ];
    let fds = prop::collection::vec((target, access, any::<bool>()), 0..12);
    let process = (name, state, fds, prop::option::of(Just("EACCES".to_owned())));
    let world =
        (prop::collection::vec(process, 0..18), any::<u64>(), any::<u64>()).prop_map(|(processes, bytes, room)| {
            let mut world = World::default();
            for (pid, (name, state, fds, fds_unreadable)) in processes.into_iter().enumerate() {
                let fds = fds.into_iter().enumerate();
                let fds = fds.map(|(n, (target, access, flag))| Fd {
                    cloexec: flag,
                    nonblock: flag,
                    ..fd(n as i32 * 2, target, access)
                });
                let pid = pid as i32;
                world.processes.push(Process {
                    stdout: None,
                    name,
                    pid,
                    ppid: 1,
                    program: None,
                    state,
                    fds: fds.collect(),
                    space: crate::world::Space::default(),
                    threads: Vec::new(),
                    fds_unreadable,
                });
            }
            let mut stage = Stage { world, ..Stage::default() };
            for n in 0..12 {
                stage = stage.object(&format!("pipe:[{n}]"), if n == 11 { ObjectKind::File } else { ObjectKind::Pipe });
            }
            let stage = stage.reckoned();
            let mut world = stage.world;
            for object in &mut world.objects {
                object.bytes = Known::Yes(bytes);
                object.capacity = Known::Yes(room);
                object.contents =
                    Known::Yes(Contents { head: b"\x1b[31m\xff\n".to_vec(), cut: true, packets: Vec::new() });
            }
            world
        });
    (world.clone(), world, 0..18_usize, prop::option::of(0..12)).prop_map(|(before, world, i, fd)| {
        let process = world.processes.get(i).map(|p| p.name.clone());
        (before, world, Selection { process, fd, thread: None })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_world_fits_any_area((before, world, selection) in any_world(), x in 0..5_u16, y in 0..5_u16,
                               width in 0..160_u16, height in 0..60_u16, scroll in 0..80_u16, ascii in any::<bool>()) {
        let whole = Rect::new(0, 0, width.saturating_add(x / 2 + 1), height.saturating_add(y / 2 + 1));
        let area = Rect::new(x, y, width, height);
        let mut buf = Buffer::filled(whole, Cell::new("@"));
        let changes = diff(&before, &world);
        let theme = Theme::dark();
        let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
        let picture = Picture { world: &world, before: Some(&before), changes: &changes, selection: &selection, scroll, only_shared: false, waiting: &[], since: None, motion: None, theme: &theme, glyphs };
        picture.selected_rows(width);
        picture.clone().render(area, &mut buf);
        for position in whole.positions() {
            let symbol = buf[position].symbol();
            if area.contains(position) {
                prop_assert!(!symbol.chars().any(char::is_control) && symbol != "@");
                prop_assert!(!ascii || symbol.is_ascii());
            } else {
                prop_assert_eq!(symbol, "@");
            }
        }
        check_lines(&plan(&picture, width));
    }
}

/// Every line of a plan ends at a descriptor's row and at a row inside its pipe's box, and none lies upon another.
fn check_lines(plan: &Plan) {
    let mut taken = std::collections::HashSet::new();
    for wire in &plan.wires {
        let (start, end) = wire.channel;
        assert!(
            plan.pipes
                .iter()
                .any(|p| p.y < wire.port && wire.port <= p.y + p.inside && (p.x == end || p.x + p.width == start))
        );
        for pin in &wire.pins {
            let at_row = |b: &layout::ProcessBox| b.side == wire.side && (0..b.rows.len()).any(|i| b.row_y(i) == *pin);
            assert!(plan.boxes.iter().any(at_row), "a line to row {pin} leads nowhere");
        }
        let near = if wire.side == 0 { start } else { end - 1 };
        let far = if wire.side == 0 { end - 1 } else { start };
        let track = wire.column();
        let mut level = Vec::new();
        match track {
            None => level.push((near.min(far), near.max(far), wire.port)),
            Some(x) => {
                assert!(start < x && x < end - 1, "track {x} is outside {start}..{end}");
                level.extend(wire.pins.iter().map(|pin| (near.min(x), near.max(x), *pin)));
                let (low, high) = wire.pins.iter().fold((wire.port, wire.port), |(l, h), p| (l.min(*p), h.max(*p)));
                assert!((low..=high).all(|y| taken.insert((x, y, 'v'))), "two uprights in one place");
                if !wire.pins.contains(&wire.port) || far != near {
                    level.push((far.min(x), far.max(x), wire.port));
                }
            }
        }
        let mut own = std::collections::HashSet::new();
        for (from, to, y) in level {
            own.extend((from..=to).map(|x| (x, y, 'h')));
        }
        assert!(own.into_iter().all(|cell| taken.insert(cell)), "two lines in one place");
    }
}

#[test]
fn scrolling_shows_the_rows_below() {
    let stage = crowd().select("child3", None);
    let whole = text(&stage.draw(78, Glyphs::UNICODE));
    let theme = Theme::dark();
    let mut picture = Picture {
        world: &stage.world,
        before: None,
        changes: &[],
        selection: &stage.selection,
        scroll: 12,
        only_shared: false,
        waiting: &[],
        since: None,
        motion: None,
        theme: &theme,
        glyphs: Glyphs::UNICODE,
    };
    let area = Rect::new(0, 0, 78, 10);
    let mut buf = Buffer::empty(area);
    picture.clone().render(area, &mut buf);
    let wanted: Vec<&str> = whole.lines().skip(12).take(10).collect();
    assert_eq!(text(&buf).lines().collect::<Vec<_>>(), wanted);
    assert_eq!(picture.selected_rows(78), Some(0..8));
    let fd = Selection { process: Some("child3".into()), fd: Some(8), thread: None };
    picture.selection = &fd;
    assert_eq!(picture.selected_rows(78), Some(5..6));
}

#[test]
fn whose_table_it_is_is_said_wherever_it_is_scrolled_to() {
    let stage = Stage::new("parent").pipe("parent", 1).pipe("parent", 2).pipe("parent", 3).fork("parent", "child");
    let theme = Theme::dark();
    let draw = |scroll| {
        let mut buf = Buffer::empty(Rect::new(0, 0, 78, 4));
        let (world, selection, glyphs) = (&stage.world, &stage.selection, Glyphs::UNICODE);
        let (before, changes, waiting, motion) = Default::default();
        let picture = Picture {
            world,
            before,
            changes,
            selection,
            scroll,
            only_shared: false,
            waiting,
            since: None,
            motion,
            theme: &theme,
            glyphs,
        };
        picture.render(buf.area, &mut buf);
        text(&buf)
    };
    // At its upper edge, in its rows, at its last row, and below both boxes.
    for (scroll, named) in [(0, true), (1, true), (7, true), (8, false), (10, false)] {
        let first = draw(scroll);
        let line = first.lines().next().unwrap();
        assert_eq!(line.contains("parent ·") && line.contains("child ·"), named, "{scroll}\n{first}");
    }
}

#[test]
fn those_who_have_ended_share_a_line() {
    let mut stage = Stage::new("parent");
    for n in 0..9 {
        let name = format!("child{n}");
        stage = stage.fork("parent", &name).state(&name, State::Gone(Death::Exited(0)));
    }
    stage = stage.step();
    let shown = text(&stage.draw(78, Glyphs::UNICODE));
    assert!(shown.contains("9 have ended: child0 child1") && !shown.contains("EXITED"), "{shown}");
    // Whoever has ended just now is told of by itself.
    let shown = text(
        &stage.fork("parent", "last").step().state("last", State::Gone(Death::Exited(3))).draw(78, Glyphs::UNICODE),
    );
    assert!(shown.contains("9 have ended") && shown.contains("EXITED 3"), "{shown}");
}

#[test]
fn every_fact_is_there_without_colour() {
    for (name, stage) in scenes() {
        let shown = text(&stage.draw(118, Glyphs::ASCII));
        for process in &stage.world.processes {
            assert!(shown.contains(&process.name), "{name}: {} is missing\n{shown}", process.name);
        }
        for object in stage.world.objects.iter().filter(|o| o.is_pipe()) {
            assert!(shown.contains(object.label()), "{name}: {} is missing\n{shown}", object.id);
        }
    }
}

/// The mark of bytes on their way is on a line, goes from the writer to the reader, and hides nothing but the line.
#[test]
fn bytes_run_along_the_lines_they_went_through() {
    let stage = Stage::new("parent").pipe("parent", 9751).fork("parent", "child").close("child", 4).close("parent", 3);
    let from = Some(("parent".to_owned(), Some(4)));
    let to = Some(("child".to_owned(), Some(3)));
    let flow = Flow { from, object: ObjectId("pipe:[9751]".into()), to, what: Flowed::Bytes(5, b"hello".to_vec()) };
    let still = text(&stage.draw(78, Glyphs::UNICODE));
    let mut last = 0;
    for frame in 0..motion::FRAMES {
        let shown = text(&stage.draw_moving(78, Glyphs::UNICODE, Some((std::slice::from_ref(&flow), frame))));
        let at = shown.lines().find_map(|line| line.chars().position(|c| c == '●')).unwrap();
        assert!(at >= last, "{frame}\n{shown}");
        last = at;
        for (a, b) in still.chars().zip(shown.chars()).filter(|(a, b)| a != b) {
            assert!(b == '●' && "═─│║◀▶╔╗╚╝┌┐└┘╦╩╠╣┬┴├┤".contains(a), "{a} became {b}\n{shown}");
        }
    }
    assert!(last > 45);
    let end = Flow { what: Flowed::Eof, ..flow };
    assert_eq!(text(&stage.draw_moving(78, Glyphs::UNICODE, Some((&[end], 3)))), still);
}

#[test]
fn an_ordinary_file_that_is_closed_had_no_ends() {
    let file = "/tmp/notes.txt";
    for (access, way) in [(Access::Read, "read"), (Access::Write, "WRITE"), (Access::ReadWrite, "rw")] {
        let opened = Stage::new("parent").object(file, ObjectKind::File).open(
            "parent",
            Target::Object(ObjectId(file.into())),
            access,
        );
        let mut stage = opened.step().close("parent", 3);
        stage.world.objects.clear();
        let shown = text(&stage.draw(78, Glyphs::ASCII));
        assert!(shown.contains(&format!("x  3 {way} closed")), "{shown}");
    }
}
