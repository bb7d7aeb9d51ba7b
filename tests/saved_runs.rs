//! Runs that were saved: how they look, what is refused, and that nothing in them can hurt whoever opens them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/folder.rs"]
#[allow(dead_code, reason = "each test program uses some of it")]
mod folder;

use common::story;
use folder::Folder;
use pipescope::app::{Replay, note};
use pipescope::engine::tape;
use pipescope::engine::{Cause, Flow, Moment, Script, Source};
use pipescope::explain::Finding;
use pipescope::lesson::{self, Listing};
use pipescope::notation::Completion;
use pipescope::report::Stable;
use pipescope::timeline::{About, Aim, Forwards, Kinds, Lines, Note, Timeline};
use pipescope::view::{Filter, Glyphs, Theme, Ui, draw};
use pipescope::world::{Known, Link, Machine, ObjectId, World};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// A lesson, played, with numbers that are the same each time.
fn played(name: &str) -> Timeline {
    let lesson = lesson::find(name).unwrap();
    let mut session = story::session(Script::of_lesson(&lesson, None));
    session.jump(session.script().steps.len()).unwrap();
    let mut stable = Stable::new(None);
    let about = About { title: lesson.title.clone(), source: lesson.slug.clone(), code: lesson.code.clone() };
    let mut timeline = Timeline::temporary(about).unwrap();
    for moment in session.history() {
        let note = note(moment, session.script(), Some(&lesson), None);
        timeline.push(&stable.moment(moment), &note, b"").unwrap();
    }
    timeline
}

fn replay(timeline: Timeline) -> Replay {
    Replay::new(timeline, Ui::new(Theme::plain(), Glyphs::UNICODE)).unwrap()
}

fn drawn(replay: &Replay, width: u16, height: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(&replay.scene(), buffer.area, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

#[test]
fn the_screen_of_a_saved_run() {
    let mut run = replay(played("no-eof"));
    assert!(run.seek(Forwards::Yes, &Aim::Kind(Kinds::BLOCKS)).unwrap());
    for (width, height) in [(40, 20), (80, 24), (120, 36)] {
        insta::assert_snapshot!(format!("saved_{width}x{height}"), text(&drawn(&run, width, height)));
    }
}

#[test]
fn the_last_moment_filtered_and_searched() {
    let mut run = replay(played("one-pipe"));
    run.look_for("HELLO");
    let aim = Aim::Text(run.words().to_owned());
    let mut found = Vec::new();
    while run.seek(Forwards::Yes, &aim).unwrap() {
        found.push(run.scene().moment.step);
    }
    assert_eq!(found, [5, 6]);
    run.go_to_step(99).unwrap();
    assert!(run.at_end());
    run.ui.filter = Filter::Process("child".into());
    run.follow();
    assert!(run.scene().tape.iter().all(|l| [&l.process, &l.from].contains(&&Some("child".to_owned()))));
    let shown = text(&drawn(&run, 80, 24));
    assert!(shown.contains("messages of child only") && shown.contains("step 11/11"), "{shown}");
}

/// Nothing but what can be printed reaches a cell.
fn is_harmless(buffer: &Buffer) {
    for cell in buffer.content() {
        assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
    }
}

const EVIL: &str = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\r\n\u{202e}";

/// The same value with some of its bytes changed, where it still is one.
fn poked<T: Serialize + DeserializeOwned>(value: &T, random: &mut impl FnMut() -> usize) -> Option<T> {
    let mut bytes = postcard::to_allocvec(value).unwrap();
    if bytes.is_empty() {
        return None;
    }
    for _ in 0..=random() % 4 {
        let at = random() % bytes.len();
        // Letters become control characters, small numbers the largest.
        bytes[at] = [0x1b, 0, 0xff, 0x7f, 0x0d, 1, 0x9b][random() % 7];
    }
    postcard::from_bytes(&bytes).ok()
}

fn xorshift(mut seed: u64) -> impl FnMut() -> usize {
    move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap()
    }
}

#[test]
fn whatever_a_file_says_can_be_drawn() {
    let mut random = xorshift(0x9e37_79b9_7f4a_7c15);
    let evil = Listing { language: "c".into(), file: EVIL.into(), text: format!("{EVIL}\nint main;\t\n") };
    let about = About { title: EVIL.into(), source: EVIL.into(), code: vec![evil.clone()] };
    let mut hostile = Timeline::temporary(about).unwrap();
    for name in ["no-eof", "stdio-twice", "unix-server", "pass-a-descriptor"] {
        let run = played(name);
        for round in 0..3 * run.len() {
            let mut moment = run.get(round % run.len()).unwrap().moment;
            spoil(&mut moment, &mut random);
            let file = format!("{EVIL}{}", round % 3);
            let listing = (round % 3 > 0).then(|| Arc::new(Listing { file: file.clone(), ..evil.clone() }));
            let line = [0, 1, u32::MAX][round % 3];
            moment.source = Some(Source { file, line, function: Some(EVIL.into()), listing });
            let note = Note { say: EVIL.into(), marks: [("c".to_owned(), (u32::MAX, 2))].into() };
            hostile.push(&moment, &note, EVIL.as_bytes()).unwrap();
        }
    }
    let sizes = [(80, 24), (40, 20), (120, 36), (7, 3)];
    let mut run = replay(hostile);
    let moments = run.timeline().len();
    for number in 0..moments {
        run.go(number).unwrap();
        let (width, height) = sizes[number % sizes.len()];
        is_harmless(&drawn(&run, width, height));
    }
}

/// Change things that a file may hold, as nobody but a stranger would.
fn spoil(moment: &mut Moment, random: &mut impl FnMut() -> usize) {
    let links = vec![Link {
        name: "eth0".into(),
        index: 2,
        up: true,
        carrier: true,
        addresses: vec![("10.0.0.1".parse().unwrap(), 24)],
        other_end: Some(3),
    }];
    if random() % 2 == 1 {
        let members = moment.world.processes.iter().map(|p| p.pid).collect();
        moment.world.machines.push(Machine { network: 7, own: false, members, links: Known::Yes(links) });
    }
    if let Some(world) = poked::<World>(&moment.world, random) {
        moment.world = world;
    }
    for process in &mut moment.world.processes {
        if random() % 8 == 7 {
            process.name = EVIL.into();
        }
    }
    for object in &mut moment.world.objects {
        if random() % 8 == 7 {
            object.id = ObjectId(EVIL.into());
        }
    }
    if let Some(findings) = poked::<Vec<Finding>>(&moment.findings, random) {
        moment.findings = findings;
    }
    if let Some(flows) = poked::<Vec<Flow>>(&moment.flows, random) {
        moment.flows = flows;
    }
    if let Some(own) = poked::<Option<Completion>>(&moment.own, random) {
        moment.own = own;
    }
    if random() % 4 == 3 {
        moment.cause = Cause::Script(usize::MAX);
        moment.step = usize::MAX;
        moment.terminal = usize::MAX;
    }
}

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipescope"));
    command.args(args).stdin(Stdio::null()).env("LANG", "C.UTF-8").output().unwrap()
}

fn said(out: &Output) -> (Option<i32>, String) {
    (out.status.code(), String::from_utf8(out.stderr.clone()).unwrap())
}

#[test]
fn what_is_played_is_what_is_opened() {
    let folder = Folder::new();
    let file = folder.file("a.run");
    let out = run(&["play", "one-pipe", "--json", "--save", &file]);
    assert!(out.status.success());
    let opened = run(&["open", &file, "--json"]);
    assert!(opened.status.success());
    assert_eq!(String::from_utf8(out.stdout).unwrap(), String::from_utf8(opened.stdout).unwrap());

    let (code, err) = said(&run(&["play", "one-pipe", "--save", &file]));
    assert_eq!(code, Some(2));
    assert!(err.contains("--force"), "{err}");
    assert!(run(&["play", "one-pipe", "--save", &file, "--force", "--until", "2"]).status.success());
    let lines = run(&["open", &file, "--json"]).stdout;
    assert_eq!(lines.iter().filter(|b| **b == b'\n').count(), 4);
}

#[test]
fn what_cannot_be_opened_is_refused_in_one_line() {
    let folder = Folder::new();
    let file = folder.file("a.run");
    assert!(run(&["play", "one-pipe", "--save", &file]).status.success());
    let whole = std::fs::read(&file).unwrap();
    let lines = run(&["open", &file, "--json"]).stdout;

    std::fs::write(&file, &whole[..whole.len() - 3]).unwrap();
    let out = run(&["open", &file, "--json"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(out.stdout, lines, "only the mark of its end is gone");
    assert!(said(&out).1.contains("cut off"), "{out:?}");

    let script = folder.write("a.pipe", "parent: pipe()\n");
    for (content, words) in [
        (Some(&whole[..60]), "ends before its first moment"),
        (Some(&b"parent: pipe()\n"[..]), "is no run that pipescope saved"),
        (Some(&b""[..]), "is no run that pipescope saved"),
        (None, "no such file"),
    ] {
        match content {
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let (code, err) = said(&run(&["open", &file, "--json"]));
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(words) && err.lines().count() == 1, "{err}");
    }
    let (code, err) = said(&run(&["open", &script]));
    assert_eq!((code, err.contains("is no run")), (Some(2), true), "{err}");
    let (code, err) = said(&run(&["open", "/dev/zero"]));
    assert_eq!((code, err.contains("is no file")), (Some(2), true), "{err}");
}

#[test]
fn without_a_terminal_it_says_what_does() {
    let folder = Folder::new();
    let file = folder.file("a.run");
    assert!(run(&["play", "one-pipe", "--save", &file]).status.success());
    let (code, err) = said(&run(&["open", &file]));
    assert_eq!(code, Some(2));
    assert!(err.contains("--json"), "{err}");
}

/// Runs that were written with the format as it is: one with pipes, one with sockets.
const WRITTEN: [&str; 2] = ["no-eof", "unix-server"];

fn written(name: &str) -> String {
    format!("{}/tests/saved/{name}.run", env!("CARGO_MANIFEST_DIR"))
}

/// Makes them: `cargo test --test saved_runs -- --ignored`. To be done once for each version of the format.
#[test]
#[ignore = "it writes"]
fn write() {
    for name in WRITTEN {
        assert!(run(&["play", name, "--save", &written(name), "--force"]).status.success());
    }
}

/// Whoever changes a type that is kept finds out here, and raises the version in `src/timeline/file.rs`.
#[test]
fn files_of_this_version_can_still_be_read() {
    for name in WRITTEN {
        let run = Timeline::open(std::fs::File::open(written(name)).unwrap()).unwrap();
        assert_eq!(run.flaw(), None, "{name}");
        let (lines, _) = run.tape(run.len(), Lines::All, usize::MAX).unwrap();
        let moments = (0..run.len()).map(|number| run.get(number).unwrap().moment);
        let told: Vec<_> = moments.flat_map(|moment| tape::lines(&moment)).collect();
        // Lines and moments are kept apart: they agree where both are understood.
        assert_eq!(lines, told, "{name}");
        assert!(lines.len() > 10);
    }
}

#[test]
fn stills_and_films_of_a_saved_run() {
    let folder = Folder::new();
    let (file, still, film, cast) =
        (folder.file("a"), folder.file("s.svg"), folder.file("f.svg"), folder.file("f.cast"));
    assert!(run(&["play", "one-pipe", "--save", &file]).status.success());
    assert!(run(&["shot", &file, "--step", "8", "-o", &still]).status.success());
    let svg = std::fs::read_to_string(&still).unwrap();
    assert!(svg.contains("step 8/11") && svg.contains("RECORDED") && svg.contains("EOF"), "{svg}");
    assert!(run(&["record", &file, "-o", &film, "--size", "100x30"]).status.success());
    let svg = std::fs::read_to_string(&film).unwrap();
    assert!((0..=11).all(|step| svg.contains(&format!("{step}/11"))));
    assert!(run(&["record", &file, "-o", &cast]).status.success());
    let cast = std::fs::read_to_string(&cast).unwrap();
    assert!(cast.contains("5: parent: write(4") && cast.lines().all(|l| l.starts_with(['{', '['])), "{cast}");

    let (code, err) = said(&run(&["shot", &file, "--step", "12", "-o", "-"]));
    assert_eq!((code, err.contains("has 11 steps")), (Some(2), true), "{err}");
    let (code, err) = said(&run(&["record", &file, "--variant", "x", "-o", "-"]));
    assert_eq!((code, err.contains("no variants")), (Some(2), true), "{err}");
}

#[test]
fn a_traced_program_is_kept_too() {
    let folder = Folder::new();
    let file = folder.file("a.run");
    let out = run(&["trace", "--save", &file, "--", "sh", "-c", "echo hello | cat; exit 3"]);
    if out.status.code() != Some(3) {
        let why = said(&out).1;
        assert!(why.contains("trace"), "{why}");
        return eprintln!("skipped, nothing may be traced here: {why}");
    }
    // It wrote where it would have without us, and nothing was printed between.
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "hello\n");
    let opened = Timeline::open(std::fs::File::open(&file).unwrap()).unwrap();
    assert_eq!(opened.flaw(), None);
    let mut run = replay(opened);
    assert!(run.seek(Forwards::Yes, &Aim::Text("hello".into())).unwrap());
    assert!(run.scene().moment.traced.is_some());
    assert!(run.seek(Forwards::Yes, &Aim::Kind(Kinds::EOF)).unwrap());
    is_harmless(&drawn(&run, 80, 24));
}
