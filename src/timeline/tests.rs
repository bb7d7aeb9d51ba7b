mod large;

use super::*;
use crate::engine::{Cause, Check, Flow, Flowed, Moment, Source};
use crate::explain::findings;
use crate::lesson::Listing;
use crate::notation::{Completion, Detail, Outcome, parse_directed};
use crate::world::{
    Access, Address, BlockedIn, Body, Contents, Death, Fd, Holder, InheritedBy, Known, Machine, Object, ObjectId,
    ObjectKind, Origin, Process, Refused, Space, State, Target, Thread, Unseen, World, diff,
};
use proptest::prelude::*;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

fn state() -> impl Strategy<Value = State> {
    let blocked = BlockedIn { call: "read".into(), fd: Some(3), child: None, path: None, count: Some(9), opens: None };
    prop_oneof![
        Just(State::Idle),
        Just(State::Running),
        Just(State::Blocked(blocked)),
        Just(State::Stopped),
        Just(State::Zombie(Death::Exited(3))),
        Just(State::Gone(Death::Killed(13))),
    ]
}

fn fd() -> impl Strategy<Value = Fd> {
    let target = prop_oneof![
        Just(Target::Terminal),
        (1..4_u32).prop_map(|n| Target::Object(ObjectId(format!("pipe:[{n}]")))),
        ".{0,6}".prop_map(Target::Other),
    ];
    (0..9_i32, target, any::<bool>()).prop_map(|(number, target, cloexec)| Fd {
        number,
        target,
        access: Access::Write,
        cloexec,
        nonblock: !cloexec,
        origin: None,
    })
}

fn process() -> impl Strategy<Value = Process> {
    let table = prop::collection::vec(fd(), 0..5);
    let thread = (1..9_i32, prop::option::of(Just("read"))).prop_map(|(tid, call)| Thread {
        tid,
        asleep: call.map(|call| BlockedIn {
            call: call.into(),
            fd: Some(3),
            child: None,
            path: None,
            count: None,
            opens: None,
        }),
    });
    let threads = prop::collection::vec(thread, 0..4);
    ("[a-c]", 1..4_i32, state(), table, threads).prop_map(|(name, pid, state, fds, threads)| Process {
        name,
        pid,
        ppid: 1,
        program: None,
        state,
        fds,
        fds_unreadable: None,
        stdout: None,
        space: Space::default(),
        threads,
    })
}

fn object() -> impl Strategy<Value = Object> {
    (1..4_u64, 0..9_u64, prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(inode, bytes, head)| Object {
        id: ObjectId(format!("pipe:[{inode}]")),
        kind: ObjectKind::Pipe,
        inode,
        bytes: if bytes == 0 { Known::No("nobody has looked".into()) } else { Known::Yes(bytes) },
        capacity: Known::Yes(65536),
        contents: Known::Yes(Contents { head, cut: false, packets: Vec::new() }),
        socket: None,
        holders: vec![Holder { process: "a".into(), pid: 1, fd: 3, access: Access::Read, outside: false }],
        body: Body::default(),
    })
}

fn world() -> impl Strategy<Value = World> {
    let machine = (1..3_u64).prop_map(|network| {
        let links = Known::No("nobody has looked".into());
        Machine { network, own: network == 1, members: vec![7], links }
    });
    let refused = prop::option::of((0..4_i32).prop_map(|fd| Refused {
        process: "a".into(),
        fd,
        call: "bind".into(),
        errno: 98,
        address: Address::Inet(([127, 0, 0, 1], 80).into()),
        there: Known::Yes(Vec::new()),
    }));
    let lists = (prop::collection::vec(process(), 0..4), prop::collection::vec(object(), 0..3));
    let unseen = (1..4_u64, 1..9_usize)
        .prop_map(|(inode, processes)| Unseen { object: ObjectId(format!("pipe:[{inode}]")), processes });
    let others = (prop::collection::vec(machine, 0..3), refused, prop::collection::vec(unseen, 0..3));
    (lists, others).prop_map(|((processes, objects), (machines, refused, unseen))| World {
        processes,
        objects,
        machines,
        refused,
        unseen,
    })
}

fn completion() -> impl Strategy<Value = Completion> {
    let lines = ["a: read(3, 64)", "b: write(4, \"Hello\", 5)", "c: wait()", "a: close(7)", "b: exit(1)"];
    let outcome = prop_oneof![
        (0..3_i64).prop_map(Outcome::Returned),
        prop_oneof![Just(9), Just(32)].prop_map(Outcome::Error),
        Just(Outcome::Died(Death::Killed(13))),
        Just(Outcome::Running),
    ];
    let detail = prop_oneof![
        Just(Detail::None),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(Detail::Data),
        Just(Detail::Waited(None, 7, Death::Exited(0))),
    ];
    (prop::sample::select(lines.to_vec()), outcome, detail).prop_map(|(line, outcome, detail)| {
        let directed = parse_directed(line, None).unwrap();
        Completion { process: directed.process, call: Some(directed.call), outcome, detail }
    })
}

/// What a moment has beside its world, and what the terminal showed.
fn rest() -> impl Strategy<Value = (Option<Completion>, Vec<Completion>, Vec<u8>, String)> {
    let shown = prop::collection::vec(any::<u8>(), 0..20);
    (prop::option::of(completion()), prop::collection::vec(completion(), 0..2), shown, ".{0,8}")
}

/// A line for most moments: of a text that is kept, of another, of one that nobody has.
fn source(step: usize) -> Option<Source> {
    let file = format!("/x/{}.c", step % 3);
    let listing = |text: &str| Arc::new(Listing { language: "c".into(), file: file.clone(), text: text.into() });
    let listing = match step % 4 {
        0 => return None,
        1 => Some(listing("one\ntwo\n")),
        2 => Some(listing("three\n")),
        _ => None,
    };
    Some(Source { file, line: 2, function: Some("main".into()), listing })
}

type Kept = Vec<(Moment, Note, Vec<u8>)>;

/// A run as an engine would make it: steps that rise, changes that are the difference.
fn run(most: usize) -> impl Strategy<Value = Kept> {
    prop::collection::vec((world(), any::<bool>(), rest()), 1..most).prop_map(|made| {
        let (mut before, mut step, mut terminal) = (World::default(), 0, 0);
        let mut next = |(world, stays, (own, resumed, shown, say)): (World, bool, _)| {
            let world = if stays { before.clone() } else { world };
            let flow = Flow {
                from: Some(("a".into(), Some(4))),
                object: ObjectId("pipe:[1]".into()),
                to: None,
                what: Flowed::Bytes(5, b"Hello".to_vec()),
            };
            let shown: Vec<u8> = shown;
            terminal += shown.len();
            let own: Option<Completion> = own;
            let moment = Moment {
                step,
                cause: if own.is_some() { Cause::Script(step) } else { Cause::Noticed },
                call: None,
                changes: diff(&before, &world),
                findings: findings(&world),
                flows: own.iter().map(|_| flow.clone()).collect(),
                own,
                resumed,
                checks: vec![Check { expect: "x".into(), met: step % 2 == 0, got: "y".into() }],
                terminal,
                traced: None,
                source: source(step),
                world: world.clone(),
            };
            before = world;
            step += 1;
            (moment, Note { say, marks: [("c".to_string(), (1, 2))].into() }, shown)
        };
        made.into_iter().map(&mut next).collect()
    })
}

fn about() -> About {
    About { title: "a run".into(), source: "here".into(), code: Vec::new() }
}

fn filled(run: &Kept) -> Timeline {
    let mut timeline = Timeline::temporary(about()).unwrap();
    for (moment, note, shown) in run {
        timeline.push(moment, note, shown).unwrap();
    }
    timeline
}

fn agrees(timeline: &Timeline, run: &[(Moment, Note, Vec<u8>)]) {
    assert_eq!(timeline.len(), run.len());
    // Backwards, so that every moment is found from where its block begins.
    for (number, (moment, note, shown)) in run.iter().enumerate().rev() {
        let entry = timeline.get(number).unwrap();
        assert_eq!(&entry.moment, moment);
        assert_eq!(&entry.note, note);
        assert_eq!(&entry.terminal[entry.terminal.len() - entry.shown..], shown);
    }
    assert!(matches!(timeline.get(run.len()), Err(TimelineError::None)));
}

/// The bytes of a run that was saved whole.
fn saved(run: &Kept) -> Vec<u8> {
    let file = tempfile::tempfile().unwrap();
    let mut copy = file.try_clone().unwrap();
    let mut timeline = Timeline::create(file, about()).unwrap();
    for (moment, note, shown) in run {
        timeline.push(moment, note, shown).unwrap();
    }
    timeline.finish().unwrap();
    let mut bytes = Vec::new();
    copy.seek(SeekFrom::Start(0)).unwrap();
    copy.read_to_end(&mut bytes).unwrap();
    bytes
}

fn opened(bytes: &[u8]) -> Result<Timeline, OpenError> {
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Timeline::open(file)
}

/// Ask it everything. That it answers is enough.
fn exercise(timeline: &Timeline) {
    let aims = [Aim::Kind(Kinds::EOF | Kinds::EPIPE), Aim::Process("a".into()), Aim::Text("hello".into())];
    for number in 0..timeline.len() {
        let _ = timeline.get(number);
        let _ = timeline.tape(number, Lines::Process("a"), 10);
        for aim in &aims {
            let _ = timeline.find(number, Forwards::Yes, aim);
            let _ = timeline.find(number, Forwards::No, aim);
        }
    }
    let _ = timeline.at_step(3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_comes_back(run in run(200)) {
        agrees(&filled(&run), &run);
        let timeline = opened(&saved(&run)).unwrap();
        prop_assert_eq!(timeline.flaw(), None);
        prop_assert_eq!(timeline.about(), &about());
        agrees(&timeline, &run);
    }

    #[test]
    fn what_is_found_is_what_is_there(run in run(150), from in 0..150_usize, at in 0..150_usize) {
        let timeline = filled(&run);
        let briefs: Vec<Brief> = run.iter().map(|(moment, ..)| Brief::of(moment)).collect();
        let from = from.min(run.len() - 1);
        for aim in [
            Aim::Kind(Kinds::EOF),
            Aim::Kind(Kinds::EPIPE | Kinds::DEATH),
            Aim::Process("b".into()),
            Aim::Process("nobody".into()),
            Aim::Thread("a".into(), 1),
            Aim::Thread("b".into(), 2),
            Aim::Text("hELLO".into()),
            Aim::Text("ebadf".into()),
        ] {
            let hits: Vec<usize> = (0..briefs.len()).filter(|n| aim.hits(&briefs[*n])).collect();
            let next = hits.iter().copied().find(|n| *n > from);
            let before = hits.iter().copied().rev().find(|n| *n < from);
            prop_assert_eq!(timeline.find(from, Forwards::Yes, &aim).unwrap(), next);
            prop_assert_eq!(timeline.find(from, Forwards::No, &aim).unwrap(), before);
        }
        for lines in [Lines::All, Lines::Process("a"), Lines::Object("pipe:[1]"), Lines::Object("pipe:[8]")] {
            let at = at.min(run.len() - 1);
            let all: Vec<_> = briefs[..=at].iter().flat_map(|b| b.lines.clone()).filter(|l| lines.wants(l)).collect();
            let last = &all[all.len().saturating_sub(7)..];
            let (tape, earlier) = timeline.tape(at, lines, 7).unwrap();
            prop_assert_eq!(&tape, last);
            prop_assert!(earlier || all.len() <= 7);
            prop_assert_eq!(timeline.at_step(at).unwrap(), at);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_opens_as_far_as_it_is_whole(run in run(200), share in 0.0..1.0_f64) {
        let bytes = saved(&run);
        let cut = (bytes.len() as f64 * share) as usize;
        match opened(&bytes[..cut]) {
            Ok(timeline) => {
                prop_assert!(timeline.flaw().is_some());
                agrees(&timeline, &run[..timeline.len()]);
            }
            Err(error) => prop_assert!(cut < 12 || !matches!(error, OpenError::Foreign), "{error}"),
        }
    }

    #[test]
    fn what_was_written_ahead_is_there_for_whoever_is_killed(run in run(150), every in 1..80_usize) {
        let file = tempfile::tempfile().unwrap();
        let mut copy = file.try_clone().unwrap();
        let mut timeline = Timeline::create(file, about()).unwrap();
        let bytes = |copy: &mut File| {
            let mut bytes = Vec::new();
            copy.seek(SeekFrom::Start(0)).unwrap();
            copy.read_to_end(&mut bytes).unwrap();
            bytes
        };
        for (number, (moment, note, shown)) in run.iter().enumerate() {
            timeline.push(moment, note, shown).unwrap();
            if number % every == 0 {
                timeline.write_ahead().unwrap();
                let killed = opened(&bytes(&mut copy)).unwrap();
                prop_assert_eq!(killed.flaw(), Some(Flaw::Unfinished));
                agrees(&killed, &run[..=number]);
            }
        }
        timeline.finish().unwrap();
        agrees(&timeline, &run);
        let whole = opened(&bytes(&mut copy)).unwrap();
        prop_assert_eq!(whole.flaw(), None);
        agrees(&whole, &run);
    }

    #[test]
    fn a_file_that_is_damaged_is_shown_up_to_there(run in run(200), at in 0.0..1.0_f64, bit in 0..8_u32) {
        let mut bytes = saved(&run);
        let at = (bytes.len() as f64 * at) as usize;
        bytes[at] ^= 1 << bit;
        if let Ok(timeline) = opened(&bytes) {
            // The spare bytes of a head mean nothing.
            if timeline.flaw().is_some() || timeline.len() == run.len() {
                agrees(&timeline, &run[..timeline.len()]);
            }
            exercise(&timeline);
        }
    }

    #[test]
    fn bytes_made_up_by_somebody_never_panic(
        run in run(40),
        pokes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..12),
    ) {
        // The checksums are right, for whoever means harm will see to that.
        let mut block = block::Builder::default();
        for (moment, note, shown) in &run {
            block.add(moment, note, shown, Some(1)).unwrap();
        }
        for (place, byte, in_lines) in pokes {
            let part = if in_lines { &mut block.lines } else { &mut block.moments };
            let at = place.index(part.len());
            part[at] = byte;
        }
        let (chunk, _) = file::block_chunk(&block).unwrap();
        let bytes = [file::start(), file::about_chunk(&about()).unwrap(), chunk].concat();
        exercise(&opened(&bytes).unwrap());
    }

    #[test]
    fn bytes_that_follow_no_plan_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = opened(&bytes).map(|timeline| exercise(&timeline));
        let _ = opened(&[file::start(), bytes.clone()].concat()).map(|timeline| exercise(&timeline));
        let about = file::about_chunk(&about()).unwrap();
        for kind in [file::MOMENTS, file::TEXT] {
            let chunk = file::chunk(kind, &bytes).unwrap();
            let _ = opened(&[file::start(), about.clone(), chunk].concat()).map(|timeline| exercise(&timeline));
        }
    }
}

#[test]
fn lengths_that_are_too_large_are_not_believed() {
    let about = file::about_chunk(&about()).unwrap();
    let mut head = vec![0; 64];
    head[8] = 1;
    for raw in [u32::MAX, 1 << 30] {
        head[48..52].copy_from_slice(&raw.to_le_bytes());
        let chunk = file::chunk(file::MOMENTS, &head).unwrap();
        assert!(matches!(opened(&[file::start(), about.clone(), chunk].concat()), Err(OpenError::Damaged)));
    }
    let endless = [&b"B\0\0\0"[..], &u32::MAX.to_le_bytes(), &[0; 4]].concat();
    assert!(matches!(opened(&[file::start(), about, endless].concat()), Err(OpenError::Damaged)));
}

#[test]
fn what_is_no_run_or_of_another_version_is_refused() {
    assert!(matches!(opened(b""), Err(OpenError::Foreign)));
    assert!(matches!(opened(b"parent: pipe()\n"), Err(OpenError::Foreign)));
    assert!(matches!(opened(&file::start()), Err(OpenError::Empty)));
    let other = [&file::MAGIC[..], &[9, 0, 0, 0]].concat();
    assert_eq!(
        opened(&other).unwrap_err().to_string(),
        "was saved by another version of pipescope: its format is 9, this one reads 4"
    );
}

#[test]
fn words_are_found_small_and_capital() {
    for (text, words, found) in [
        ("write(4, \"Hello\")", "hello", true),
        ("write(4, \"Hello\")", "HELLO\"", true),
        ("hhello", "hello", true),
        ("hell", "hello", false),
        ("", "x", false),
        ("x", "", true),
    ] {
        assert_eq!(search::contains(text.as_bytes(), words.as_bytes()), found, "{text} {words}");
    }
}
