//! Sizes, suspending, colours.

use crate::common::{state, until};
use crate::program::{Program, lab};
use nix::sys::signal::Signal;

/// The frame at 80x24, whole.
fn is_whole(screen: &str) -> bool {
    let has = |text: &str| screen.contains(text);
    has("pipescope") && has("parent · pid ") && has("─ messages ─") && has("─ why ─") && has(": call ")
}

/// A size that changes and changes back faster than the program looks: the terminal has cut what it showed.
#[test]
fn smaller_and_back_at_once() {
    let program = lab();
    program.wait("the whole frame", is_whole);
    for _ in 0..30 {
        program.resize(5, 2);
        program.resize(80, 24);
    }
    program.wait("the whole frame", is_whole);
    program.quit();
}

/// Both reach the program at once, and neither is lost.
#[test]
fn a_key_that_comes_with_a_change_of_size_is_heard() {
    let mut program = lab();
    program.wait("the whole frame", is_whole);
    for round in 0..40 {
        program.resize(if round % 2 == 0 { 100 } else { 80 }, 24);
        program.send("?");
        program.wait("the help", |screen| screen.contains("─ help ─"));
        program.send("q");
        program.wait("the frame without it", |screen| !screen.contains("─ help ─") && screen.contains(": call "));
    }
    program.quit();
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    let mut program = lab();
    program.resize(19, 5);
    program.wait("words, not a blank", |screen| screen.chars().filter(|c| c.is_alphanumeric()).count() > 8);
    program.resize(80, 24);
    program.wait("the whole frame", is_whole);
    program.send("p");
    program.wait_for("parent pipe([3, 4]) = 0");
    program.quit();
}

fn suspends(program: &mut Program, ask: impl FnOnce(&mut Program)) {
    let pid = program.pid();
    ask(program);
    until(|| state(pid) == Some('T'));
    program.wait("the terminal to be given back", |_| program.given_back());
    let stage = program.crowd();
    program.signal(Signal::SIGCONT);
    program.wait("the terminal to be taken again", |screen| !program.given_back() && is_whole(screen));
    assert_eq!(program.crowd(), stage, "the stage was not touched");
}

#[test]
fn control_z_and_back() {
    let mut program = lab();
    program.send("p");
    program.wait_for("parent pipe([3, 4]) = 0");
    suspends(&mut program, |program| program.send("\x1a"));
    program.wait_for("parent pipe([3, 4]) = 0");
    program.send("f");
    program.wait_for("child · pid ");
    suspends(&mut program, |program| program.signal(Signal::SIGTSTP));
    program.send("p");
    program.wait_for("parent pipe([5, 6]) = 0");
    program.quit();
}

/// Stopped without having been asked: on SIGCONT the frame is drawn anew.
#[test]
fn sigstop_and_back() {
    let mut program = lab();
    let pid = program.pid();
    program.signal(Signal::SIGSTOP);
    until(|| state(pid) == Some('T'));
    // Somebody else has used the terminal meanwhile.
    program.resize(1, 1);
    program.resize(80, 24);
    program.signal(Signal::SIGCONT);
    program.wait("the whole frame", is_whole);
    program.send("p");
    program.wait_for("parent pipe([3, 4]) = 0");
    program.quit();
}

/// The parameters of every SGR sequence (`ESC [ ... m`).
fn sgr(raw: &[u8]) -> Vec<Vec<u32>> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let mut found = Vec::new();
    for part in text.split("\x1b[").skip(1) {
        let body: String = part.chars().take_while(|c| c.is_ascii_digit() || *c == ';' || *c == ':').collect();
        if part[body.len()..].starts_with('m') {
            found.push(body.split([';', ':']).map(|n| n.parse().unwrap_or(0)).collect());
        }
    }
    found
}

fn colours(raw: &[u8]) -> Vec<Vec<u32>> {
    let is_colour = |n: &u32| matches!(n, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107);
    sgr(raw).into_iter().filter(|all| all.iter().any(is_colour)).collect()
}

fn some_steps(program: &mut Program) {
    program.send("pf");
    program.wait_for("child · pid ");
    program.call("child: read(3, 64)");
    program.wait_for("BLOCKED read(3");
}

#[test]
fn no_color_means_no_colour() {
    let mut program = Program::open_with(&["lab"], 80, 24, &[("NO_COLOR", "1")]);
    some_steps(&mut program);
    assert_eq!(colours(&program.raw()), Vec::<Vec<u32>>::new());
    program.quit();
    let mut program = lab();
    some_steps(&mut program);
    assert!(!colours(&program.raw()).is_empty(), "the test would not see colours");
    program.quit();
}

#[test]
fn plain_ascii_is_plain_ascii() {
    for (args, env) in [(&["lab", "--theme", "dark", "--ascii"][..], "C.UTF-8"), (&["lab", "--theme", "dark"][..], "C")]
    {
        let mut program = Program::open_with(args, 80, 24, &[("LANG", env), ("LC_CTYPE", ""), ("LC_ALL", "")]);
        program.send("pf");
        program.wait("two processes", |screen| screen.contains("readers 2"));
        let raw = program.raw();
        let strange: Vec<u8> = raw.iter().copied().filter(|b| !b.is_ascii()).collect();
        assert!(strange.is_empty(), "{:?}", String::from_utf8_lossy(&strange));
        program.quit();
    }
}
