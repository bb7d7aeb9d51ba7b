//! A session that is recorded while it is used.

use crate::cast::Cast;
use crate::folder::Folder;
use crate::program::{Program, SPACE};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

fn open(folder: &Folder) -> (Program, String) {
    let path = folder.file("session.cast");
    let program = Program::open(&["lesson", "one-pipe", "--theme", "dark", "--record", &path]);
    (program, path)
}

/// What the emulator of the test shows, in the form of [`Cast::last_screen`].
fn screen_of(program: &Program) -> Vec<String> {
    let mut lines: Vec<String> = program.lines();
    lines.resize(24, String::new());
    lines
}

/// Whether this came at any time, on the screen or before or after it.
fn said(raw: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(raw).contains(text)
}

/// Wait until the cast replays to what the screen shows.
fn wait_for_agreement(program: &Program, path: &str) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let (cast, screen) = (Cast::read(path).last_screen(), screen_of(program));
        if cast == screen {
            return;
        }
        assert!(Instant::now() < end, "the cast:\n{}\nthe screen:\n{}", cast.join("\n"), screen.join("\n"));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The kill comes while frames are being drawn: what is in the file is whole lines, and nothing that was not shown.
#[test]
fn killed_between_two_frames() {
    for delay in [0, 3, 11, 23, 47] {
        let folder = Folder::new();
        let (mut program, path) = open(&folder);
        for _ in 0..7 {
            program.send(SPACE);
        }
        std::thread::sleep(Duration::from_millis(delay));
        program.signal(Signal::SIGKILL);
        program.exit_code();
        let cast = Cast::read(&path);
        assert_eq!(cast.header["version"], 3);
        let recorded: String = cast.events.iter().filter(|e| e.code == 'o').skip(1).map(|e| e.text.as_str()).collect();
        program.wait("what was recorded to have been shown", |_| {
            String::from_utf8_lossy(&program.raw()).contains(&recorded)
        });
        program.folder().wait_until_empty();
    }
}

#[test]
fn through_sizes_and_to_the_end() {
    let folder = Folder::new();
    let (mut program, path) = open(&folder);
    program.send(SPACE);
    program.wait_for("step 1/11");
    program.resize(100, 30);
    program.wait("the larger frame", |screen| screen.lines().count() == 30 && screen.contains(": call "));
    program.resize(80, 24);
    program.wait("the smaller frame", |screen| screen.lines().count() == 24 && screen.contains(": call "));
    program.send(SPACE);
    program.wait_for("step 2/11");
    wait_for_agreement(&program, &path);
    let crowd = program.crowd();
    program.send("q");
    assert_eq!(program.exit_code(), 0);
    program.left_nothing(&crowd);
    program.wait("a word on the recording", |_| said(&program.raw(), "asciinema play"));
    let cast = Cast::read(&path);
    let codes: String = cast.events.iter().map(|e| e.code).collect();
    assert!(codes.contains('r') && codes.ends_with('x'), "{codes}");
    assert_eq!(cast.events.last().unwrap().text, "0");
}

#[test]
fn a_recording_is_not_overwritten() {
    let folder = Folder::new();
    let path = folder.write("session.cast", "mine");
    let args = ["lab", "--theme", "dark", "--record", path.as_str()];
    let mut tty = crate::common::tty::Tty::start(&args, 80, 24);
    tty.wait("the reason", |_| said(&tty.raw(), "exists already"));
    assert_eq!(tty.exit_code(), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}
