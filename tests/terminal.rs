//! The real program in a pseudo-terminal, used as a person would. Everything waits for a condition, never for a time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::family::{descendants, lives, wait_for_the_end};
use common::tty::Tty;
use nix::sys::signal::Signal;
use std::path::PathBuf;

const DARK: &[&str] = &["--theme", "dark"];

fn start(args: &[&str], cols: u16, rows: u16) -> Tty {
    Tty::start(&[DARK, args].concat(), cols, rows)
}

/// A lesson at its beginning.
fn lesson(name: &str) -> Tty {
    let tty = start(&["lesson", name], 80, 24);
    tty.wait_for("step 0/");
    tty
}

/// Press space until the screen says that so many steps are made, answering questions on the way.
fn step_to(tty: &mut Tty, step: usize, of: usize) -> String {
    let made = |screen: &str| {
        let rest = screen.split("step ").nth(1)?;
        // A frame that has come in part may show digits of two numbers.
        rest.split(&format!("/{of}")).next()?.parse::<usize>().ok().filter(|n| *n <= step)
    };
    let asked = |screen: &str| screen.contains("your prediction");
    loop {
        let before = tty.wait("the number of steps", |s| made(s).is_some());
        let now = made(&before);
        if now == Some(step) {
            return before;
        }
        if asked(&before) {
            tty.send("1");
            tty.wait("the answer to be leant to", |s| s.contains("commit"));
        }
        tty.send(" ");
        tty.wait("a step or a question", |s| made(s) > now || (asked(s) && !asked(&before)));
    }
}

fn quit(mut tty: Tty) {
    let family = descendants(tty.pid());
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    wait_for_the_end(&family);
}

#[test]
fn a_lesson_is_stepped_through_to_the_end_of_file() {
    let mut tty = lesson("one-pipe");
    let screen = step_to(&mut tty, 8, 11);
    assert!(screen.contains("EOF"), "{screen}");
    tty.send("b");
    tty.wait("the past", |s| s.contains("PAST") && s.contains("step 7/11"));
    tty.send("G");
    tty.wait("the present", |s| s.contains("LIVE") && s.contains("step 8/11"));
    step_to(&mut tty, 11, 11);
    tty.wait_for("The lesson ends here");
    quit(tty);
}

#[test]
fn what_is_drawn_is_what_proc_says() {
    let mut tty = lesson("one-pipe");
    let screen = step_to(&mut tty, 3, 11);
    let pids: Vec<i32> = screen
        .split("pid ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .collect();
    let tables: Vec<Vec<i32>> =
        pids.iter().map(|pid| common::table(*pid).into_iter().map(|(n, _)| n).collect()).collect();
    assert_eq!(tables, [vec![0, 1, 2, 4], vec![0, 1, 2, 3, 4]], "{screen}");
    quit(tty);
}

#[test]
fn calls_by_key_and_at_the_prompt() {
    let mut tty = start(&["lab"], 80, 24);
    tty.wait_for("sandbox");
    tty.send("p");
    tty.wait_for("pipe([3, 4]) = 0");
    tty.send("f");
    tty.wait_for("fork() =");
    tty.send(":close(42)\r");
    tty.wait_for("EBADF");
    // A word that is not understood stays to be mended.
    tty.send(":raed(3)\r");
    tty.wait_for("read(3");
    tty.send("\x1b");
    tty.wait("the prompt to close", |s| s.contains("what happens"));
    // A blocked process holds nobody up.
    tty.send(":child: read(3)\r");
    tty.wait_for("BLOCKED");
    tty.send(":parent: write(4, \"\\x1b]0;evil\\x07\")\r");
    tty.wait_for("]0;evil");
    let raw = tty.raw();
    assert!(!raw.windows(8).any(|w| w == b"\x1b]0;evil"), "bytes of a process reached the terminal");
    quit(tty);
}

#[test]
fn what_a_program_prints_is_drawn_and_not_obeyed() {
    let mut tty = start(&["lab"], 80, 24);
    tty.wait_for("sandbox");
    tty.send(":exec([\"echo\", \"\\x1b]0;evil\\x07\\x1b[2Jshown\"])\r");
    tty.wait_for("shown");
    let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
    assert!(!raw.contains("\x1b]0;evil"), "a title was set");
    quit(tty);
}

#[test]
fn a_child_killed_from_elsewhere_shows_so_without_a_key() {
    let mut tty = lesson("one-pipe");
    let screen = step_to(&mut tty, 2, 11);
    let pid = screen.rsplit("pid ").next().and_then(|r| r.split(' ').next()).and_then(|p| p.parse().ok()).unwrap();
    common::signal(pid, libc::SIGKILL);
    tty.wait("KILLED", |s| s.contains("killed SIGKILL") || s.contains("KILLED"));
    quit(tty);
}

#[test]
fn any_size_at_any_moment() {
    let mut tty = lesson("shell-pipeline");
    for (n, (cols, rows)) in [(1, 1), (20, 6), (300, 100), (40, 20), (2, 50), (200, 3), (120, 36), (9, 9), (80, 24)]
        .into_iter()
        .cycle()
        .take(36)
        .enumerate()
    {
        tty.resize(cols, rows);
        if n % 4 == 0 {
            tty.send(" ");
        }
    }
    tty.wait("the whole screen at its last size", |s| s.contains("shell-pipeline") && s.contains("what happens"));
    assert!(lives(tty.pid()));
    quit(tty);
}

#[test]
fn every_way_to_end_gives_the_terminal_back_and_leaves_nobody() {
    type Act = fn(&mut Tty);
    let ways: [(&str, Act, u32); 6] = [
        ("q", |t| t.send("q"), 0),
        ("Ctrl-C", |t| t.send("\x03"), 0),
        ("SIGTERM", |t| t.signal(Signal::SIGTERM), 143),
        ("SIGHUP", |t| t.signal(Signal::SIGHUP), 129),
        ("SIGINT", |t| t.signal(Signal::SIGINT), 130),
        ("SIGQUIT", |t| t.signal(Signal::SIGQUIT), 131),
    ];
    for (what, act, code) in ways {
        let mut tty = lesson("no-eof");
        step_to(&mut tty, 2, 14);
        let family = descendants(tty.pid());
        assert!(family.len() >= 3, "{what}: a warden and two processes, not {family:?}");
        act(&mut tty);
        assert_eq!(tty.exit_code(), code, "{what}");
        wait_for_the_end(&family);
        // The other screen is left and the cursor shown.
        let seen = |raw: &str, code| raw.rfind(code);
        common::until(|| {
            let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
            seen(&raw, "\x1b[?1049h") < seen(&raw, "\x1b[?1049l") && seen(&raw, "\x1b[?25l") < seen(&raw, "\x1b[?25h")
        });
    }
}

#[test]
fn ctrl_z_stops_it_and_it_comes_back() {
    let mut tty = lesson("one-pipe");
    step_to(&mut tty, 2, 11);
    tty.send("\x1a");
    common::until(|| common::state(tty.pid()) == Some('T'));
    common::until(|| String::from_utf8_lossy(&tty.raw()).contains("\x1b[?1049l"));
    let before = tty.raw().len();
    tty.signal(Signal::SIGCONT);
    common::until(|| String::from_utf8_lossy(&tty.raw()[before..]).contains("\x1b[?1049h"));
    tty.wait_for("step 2/11");
    step_to(&mut tty, 3, 11);
    quit(tty);
}

/// The scratch folders of the processes in `family`.
fn scratch(family: &[i32]) -> Vec<PathBuf> {
    let cwd = |pid: &i32| std::fs::read_link(format!("/proc/{pid}/cwd")).ok();
    family.iter().filter_map(cwd).filter(|p| p.to_string_lossy().contains("pipescope-")).collect()
}

#[test]
fn kill_9_at_any_moment_leaves_no_process_and_no_file() {
    for moment in 0..8 {
        let mut tty = lesson("shell-pipeline");
        for _ in 0..moment {
            tty.send(" 2 ");
        }
        if moment > 0 {
            tty.wait("some step", |s| !s.contains("step 0/"));
        }
        let family = descendants(tty.pid());
        let folders = scratch(&family);
        assert!(!folders.is_empty());
        tty.signal(Signal::SIGKILL);
        tty.exit_code();
        wait_for_the_end(&family);
        common::until(|| folders.iter().all(|f| !f.exists()));
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let mut tty = lesson("no-eof");
    let pid = tty.pid();
    let family = descendants(pid);
    tty.hang_up();
    wait_for_the_end(&[pid]);
    wait_for_the_end(&family);
}

#[test]
fn without_colours_none_are_sent() {
    let tty = Tty::start_with(&["lesson", "no-eof"], 80, 24, &[("NO_COLOR", "1"), ("COLORFGBG", "15;0")]);
    tty.wait_for("step 0/");
    let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
    for sgr in raw.split("\x1b[").skip(1).filter_map(|s| s.split_once('m')).map(|(codes, _)| codes) {
        let colour = |c: &str| matches!(c.parse::<u16>(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107));
        assert!(!sgr.split(';').any(colour), "a colour was set: {sgr}");
    }
    quit(tty);
}

#[test]
fn a_locale_without_utf_8_gets_ascii() {
    let tty = Tty::start_with(&["--theme", "dark", "lesson", "no-eof"], 80, 24, &[("LANG", "C")]);
    tty.wait_for("step 0/");
    assert!(tty.raw().is_ascii());
    quit(tty);
}

/// The screen after all whole lines of a cast.
fn replayed(cast: &str) -> Vec<String> {
    let mut emulator = avt::Terminal::new(80, 24).unwrap();
    for line in cast.lines().skip(1) {
        if let Ok((_, 'o', data)) = serde_json::from_str::<(f64, char, String)>(line) {
            emulator.feed([data.as_str()]);
        }
    }
    emulator.screen().visible_lines().map(|l| l.text().trim_end().to_string()).collect()
}

#[test]
fn a_recording_is_whole_up_to_a_kill_9_and_shows_what_was_on_the_screen() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rec-{}.cast", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let mut tty = start(&["lesson", "one-pipe", "--record", file.to_str().unwrap()], 80, 24);
    tty.wait_for("step 0/");
    step_to(&mut tty, 6, 11);
    tty.wait_for("step 6/11");
    // The terminal gets a frame before the file does.
    let same = |screen: &str| {
        let shown: Vec<&str> = screen.lines().map(str::trim_end).collect();
        replayed(&std::fs::read_to_string(&file).unwrap())[..shown.len()] == shown
    };
    let screen = tty.wait("the file to hold what is shown", same);
    let family = descendants(tty.pid());
    tty.signal(Signal::SIGKILL);
    tty.exit_code();
    wait_for_the_end(&family);
    let text = std::fs::read_to_string(&file).unwrap();
    let events: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["version"], 3);
    assert!(events.iter().filter(|e| e[1] == "m").count() >= 6);
    assert!(same(&screen), "{:#?}", replayed(&text));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn the_greeting_is_shown_once() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("greet-{}", std::process::id()));
    let env = [("XDG_STATE_HOME", folder.to_str().unwrap())];
    let mut tty = Tty::start_with(&["--theme", "dark"], 80, 24, &env);
    tty.wait_for("real processes");
    tty.send(" ");
    tty.wait("the lesson's own words", |s| s.contains("step 0/11") && s.contains("One process, the parent."));
    tty.send(" ");
    tty.wait_for("step 1/11");
    quit(tty);
    let tty = Tty::start_with(&["--theme", "dark"], 80, 24, &env);
    tty.wait("the lesson's own words", |s| s.contains("step 0/11") && !s.contains("welcome"));
    quit(tty);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_task_is_set_hinted_at_and_done() {
    let mut tty = lesson("pipe-to-self");
    tty.send("C");
    tty.wait_for("TASK:");
    tty.send("H");
    tty.wait_for("Hint:");
    tty.send(":read(3, 3)\r");
    tty.wait_for("DONE in 1 call");
    quit(tty);
}
