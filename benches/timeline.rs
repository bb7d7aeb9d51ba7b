//! The figures of a run that is kept: `cargo bench --bench timeline`. Nothing here fails because a machine is slow; each line
//! says what was promised, and what was found.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use pipescope::app::Replay;
use pipescope::engine::{DEADLINE, Moment, Script, Session};
use pipescope::stage::{self, Options};
use pipescope::timeline::{About, Aim, Forwards, Kinds, Note, Timeline};
use pipescope::view::{Filter, Glyphs, Theme, Ui, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many moments the run has.
const MOMENTS: usize = 100_000;

fn main() {
    // The stage's warden is the program that set it up, run again: here it is this one.
    if stage::is_warden() {
        stage::warden_main()
    }
    println!("{:<58} {:>14} {:>30}", "figure", "promised", "measured");
    let path = std::env::temp_dir().join(format!("pipescope-bench-{}.run", std::process::id()));
    kept(&path);
    opened(&path);
    std::fs::remove_file(&path).unwrap();
}

fn line(figure: &str, promised: &str, measured: &str) {
    println!("{figure:<58} {promised:>14} {measured:>30}");
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Median, 99th percentile and worst.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    format!("{:.2} / {:.2} / {:.2} ms", at(0.5), at(0.99), at(1.0))
}

/// Resident memory of this process in KiB, from `/proc/self/status`.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A parent with eight children, each with a pipe to it; then messages go round.
fn story() -> Vec<Moment> {
    let mut text = String::from("parent: pipe()\nparent: pipe()\n");
    for child in 0..8 {
        text += &format!("parent: fork(c{child})\n");
    }
    for round in 0..20 {
        for child in 0..8 {
            text += &format!("parent: write(4, \"message {round} for {child}\")\nc{child}: read(3, 64)\n");
        }
    }
    let options =
        Options { allow_exec: false, allow_files: false, allow_network: false, terminal: (24, 80), warden: None };
    let mut session = Session::open(Script::of_text("bench", &text).unwrap(), options, DEADLINE).unwrap();
    session.jump(session.script().steps.len()).unwrap();
    session.history().to_vec()
}

fn kept(path: &Path) {
    let moments = story();
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
    let mut timeline = Timeline::create(file, About::default()).unwrap();
    let before = resident();
    let (mut spent, note) = (Duration::ZERO, Note::default());
    for step in 0..MOMENTS {
        // After the eleventh moment the story goes round and round.
        let from = 11.min(moments.len() - 1);
        let at = if step < from { step } else { from + (step - from) % (moments.len() - from) };
        let mut moment = moments[at].clone();
        moment.step = step;
        let began = Instant::now();
        timeline.push(&moment, &note, b"").unwrap();
        spent += began.elapsed();
    }
    timeline.finish().unwrap();
    let each = format!("{:.1} us each", spent.as_secs_f64() * 1e6 / MOMENTS as f64);
    line("keep 100,000 moments of 9 processes", "-", &each);
    let size = std::fs::metadata(path).unwrap().len();
    line("their file", "-", &format!("{:.1} MiB", size as f64 / 1048576.0));
    line("memory that took", "bounded", &format!("{:.1} MiB", resident().saturating_sub(before) as f64 / 1024.0));
}

fn frame(replay: &mut Replay) {
    replay.follow();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 36));
    draw(&replay.scene(), buffer.area, &mut buffer);
}

fn opened(path: &Path) {
    let before = resident();
    let began = Instant::now();
    let timeline = Timeline::open(File::open(path).unwrap()).unwrap();
    let mut replay = Replay::new(timeline, Ui::new(Theme::dark(), Glyphs::UNICODE)).unwrap();
    frame(&mut replay);
    line("open it, to the first frame", "1000 ms", &ms(began.elapsed()));
    let mut seed = 88_172_645_463_325_252_u64;
    let jump = |replay: &mut Replay| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let began = Instant::now();
        replay.go_to_step(usize::try_from(seed >> 33).unwrap() % MOMENTS).unwrap();
        frame(replay);
        began.elapsed()
    };
    let jumps: Vec<Duration> = std::iter::repeat_with({
        let (mut jump, replay) = (jump, &mut replay);
        move || jump(replay)
    })
    .take(1000)
    .collect();
    line("jump anywhere, with its frame (median/99 %/worst)", "10 ms", &spread(jumps));
    replay.go(0).unwrap();
    let steps = (1..2000).map(|number| {
        let began = Instant::now();
        replay.go(number).unwrap();
        frame(&mut replay);
        began.elapsed()
    });
    let steps = steps.collect();
    line("one step on, with its frame", "10 ms", &spread(steps));
    replay.go(0).unwrap();
    for (what, aim) in [
        ("search it all for words that are nowhere", Aim::Text("no such words".into())),
        ("look through it all for what never happens", Aim::Kind(Kinds::EPIPE)),
        ("look through it all for somebody who is not there", Aim::Process("nobody".into())),
    ] {
        let began = Instant::now();
        assert!(!replay.seek(Forwards::Yes, &aim).unwrap());
        line(what, "-", &ms(began.elapsed()));
    }
    replay.go(MOMENTS).unwrap();
    replay.ui.filter = Filter::Process("nobody".into());
    let began = Instant::now();
    frame(&mut replay);
    line("filter it all", "-", &ms(began.elapsed()));
    line("memory that took", "bounded", &format!("{:.1} MiB", resident().saturating_sub(before) as f64 / 1024.0));
}
