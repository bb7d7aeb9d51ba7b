//! The figures that the program promises, measured: `cargo bench`. Nothing here fails because a machine is slow; each line
//! says what was promised, and what was found.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use pipescope::app::Board;
use pipescope::engine::{DEADLINE, Script, Session};
use pipescope::lesson::builtin;
use pipescope::notation::parse_directed;
use pipescope::record::Headless;
use pipescope::stage::{self, Options};
use pipescope::view::{Glyphs, Predict, Theme, Ui, draw};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");

fn main() {
    // The stage's warden is the program that set it up, run again: here it is this one.
    if stage::is_warden() {
        stage::warden_main()
    }
    println!("{:<58} {:>14} {:>30}", "figure", "promised", "measured");
    let noise = noise();
    steps();
    blocking();
    first_frame();
    large_frame();
    idle();
    println!("noise: a loop of fixed work took {noise}");
}

fn options() -> Options {
    Options { allow_exec: false, allow_files: false, allow_network: false, terminal: (24, 80), warden: None }
}

fn board(script: Script) -> Board {
    let session = Session::open(script, options(), DEADLINE).unwrap();
    let mut ui = Ui::new(Theme::dark(), Glyphs::UNICODE);
    ui.predict = Predict::Off;
    Board::new(session, None, None, ui)
}

/// Median, 99th percentile and worst, in milliseconds.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    format!("{:.2} / {:.2} / {:.2} ms", at(0.5), at(0.99), at(1.0))
}

fn line(figure: &str, promised: &str, measured: &str) {
    println!("{figure:<58} {promised:>14} {measured:>30}");
}

/// How steady the machine is: the same work, a hundred times.
fn noise() -> String {
    let work = || {
        let began = Instant::now();
        let sum = (0..2_000_000_u64).fold(0_u64, |a, b| a.wrapping_mul(31).wrapping_add(b));
        std::hint::black_box(sum);
        began.elapsed()
    };
    spread((0..100).map(|_| work()).collect())
}

fn frame(board: &mut Board, screen: &mut Headless) {
    board.follow();
    let scene = board.scene();
    screen
        .frame(|f| {
            draw(&scene, f.area(), f.buffer_mut());
        })
        .unwrap();
}

/// From a key to the frame that shows the settled stage, for calls that return.
fn steps() {
    let mut times = Vec::new();
    let mut screen = Headless::new(80, 24).unwrap();
    for _ in 0..30 {
        for lesson in builtin().iter().take(5) {
            let mut board = board(Script::of_lesson(lesson, None));
            frame(&mut board, &mut screen);
            while board.session.next().is_some() {
                let began = Instant::now();
                board.forward().unwrap();
                frame(&mut board, &mut screen);
                let own = board.session.moment().own.as_ref();
                if own.is_some_and(|c| matches!(c.outcome, pipescope::notation::Outcome::Returned(_))) {
                    times.push(began.elapsed());
                }
            }
        }
    }
    let count = times.len();
    line(&format!("key to settled frame, {count} calls that return"), "5 / 16 ms", &spread(times));
}

/// The same for calls that block.
fn blocking() {
    let mut times = Vec::new();
    let mut screen = Headless::new(80, 24).unwrap();
    let mut board = board(Script::lab());
    for line in ["parent: pipe()", "parent: fork(child)"] {
        board.session.free(parse_directed(line, None).unwrap()).unwrap();
    }
    for _ in 0..500 {
        let began = Instant::now();
        board.session.free(parse_directed("child: read(3, 1)", None).unwrap()).unwrap();
        frame(&mut board, &mut screen);
        times.push(began.elapsed());
        board.session.free(parse_directed("parent: write(4, \"x\")", None).unwrap()).unwrap();
    }
    line("key to settled frame, 500 reads that block", "- / 30 ms", &spread(times));
}

/// From starting the program to its first whole frame in a pseudo-terminal.
fn first_frame() {
    let mut times = Vec::new();
    for _ in 0..20 {
        let pair =
            native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(["--theme", "dark", "lesson", "one-pipe"]);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let mut reader = pair.master.try_clone_reader().unwrap();
        let began = Instant::now();
        let mut child = pair.slave.spawn_command(command).unwrap();
        let mut seen = Vec::new();
        let mut buf = [0; 65536];
        // The key bar is the last row drawn.
        while !String::from_utf8_lossy(&seen).contains("quit") {
            let n = reader.read(&mut buf).unwrap();
            seen.extend_from_slice(&buf[..n]);
        }
        times.push(began.elapsed());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    line("start to first frame, 20 starts", "50 ms", &spread(times));
}

/// A frame at 200x60 of 16 processes and 32 pipes: with no cell as it was, layout and drawing alone.
fn large_frame() {
    let mut board = board(Script::lab());
    let mut call = |text: String| board.session.free(parse_directed(&text, None).unwrap()).unwrap();
    for _ in 0..32 {
        call("parent: pipe()".into());
    }
    for n in 1..16 {
        call(format!("parent: fork(c{n})"));
        // Each child keeps four ends, as a real program would.
        for fd in (3..67).filter(|fd| fd / 4 != n) {
            call(format!("c{n}: close({fd})"));
        }
    }
    board.follow();
    let world = &board.session.moment().world;
    assert_eq!((world.processes.len(), world.objects.iter().filter(|o| o.is_pipe()).count()), (16, 32));
    let area = ratatui::layout::Rect::new(0, 0, 200, 60);
    let mut times = Vec::new();
    for _ in 0..500 {
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        let scene = board.scene();
        let began = Instant::now();
        draw(&scene, area, &mut buffer);
        times.push(began.elapsed());
    }
    line("a frame at 200x60, 16 processes, 32 pipes", "2 ms", &spread(times));
}

/// What the program and its processes take while nothing happens.
fn idle() {
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(PROGRAM);
    command.args(["--theme", "dark", "lesson", "one-pipe"]);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    std::thread::sleep(Duration::from_millis(500));
    std::io::Write::write_all(&mut writer, b"    ").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let pid = i32::try_from(child.process_id().unwrap()).unwrap();
    let before = cpu(pid);
    std::thread::sleep(Duration::from_secs(10));
    let share = (cpu(pid) - before) / 10.0 * 100.0;
    line("a core's share while idle for 10 s", "0.5 %", &format!("{share:.2} %"));
    line("resident memory of the program", "20 MB", &format!("{:.1} MB", rss(pid)));
    let mut largest: f64 = 0.0;
    for warden in children(pid) {
        for process in children(warden) {
            largest = largest.max(rss(process));
        }
    }
    line("resident memory of the largest lesson process", "3 MB", &format!("{largest:.1} MB"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Seconds on a processor so far, `/proc/PID/schedstat`, all threads.
fn cpu(pid: i32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let nanoseconds = |path: std::path::PathBuf| -> f64 {
        let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
    };
    tasks.map(|task| nanoseconds(task.path())).sum::<f64>() / 1e9
}

/// Megabytes, `VmRSS` of `/proc/PID/status`.
fn rss(pid: i32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1000.0
}

fn children(pid: i32) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |p: &i32| {
        let text = std::fs::read_to_string(format!("/proc/{p}/status")).unwrap_or_default();
        text.lines().any(|l| l.strip_prefix("PPid:").is_some_and(|n| n.trim() == pid.to_string()))
    };
    pids.filter(is_child).collect()
}
