//! Stepping, acting by hand, looking back; and that what blocks, blocks nobody else.

use crate::program::{END, ENTER, ESC, Program, SPACE, lab, lesson};

/// The number of the step that the title bar shows.
fn step(screen: &str) -> Option<usize> {
    let (_, rest) = screen.lines().next()?.split_once(" step ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Does a question stand? The key bar says so.
fn asks(screen: &str) -> bool {
    screen.lines().last().is_some_and(|bar| bar.contains(" answer "))
}

/// Step on by space until `last` steps are made, and lean to the first answer of every question; how many were asked.
fn walk(program: &mut Program, last: usize) -> usize {
    let mut asked = 0;
    loop {
        let screen = program.text();
        let now = step(&screen).unwrap();
        if now == last {
            return asked;
        }
        if asks(&screen) {
            asked += 1;
            program.send("1");
            program.wait_for("space commit");
        }
        program.send(SPACE);
        program.wait("the next step", |screen| step(screen) == Some(now + 1));
        // The frame is drawn in one write, but it may be read in two.
        program.wait("the whole frame", |screen| screen.lines().last().is_some_and(|bar| bar.contains(" call ")));
    }
}

#[test]
fn a_question_wants_an_answer_before_the_step() {
    let mut program = lesson("one-pipe");
    assert_eq!(walk(&mut program, 7), 0);
    let question = program.wait_for("3 It returns -1");
    assert!(!question.contains("EOF"), "the truth is not told before the answer:\n{question}");
    program.send(SPACE);
    let told = program.wait_for("a question stands");
    assert_eq!(step(&told), Some(7));
    assert_eq!(walk(&mut program, 8), 1);
    program.wait_for("read(3, \"\", 64) = 0 EOF");
    program.wait_for("as you said: It returns 0");
    program.quit();
}

#[test]
fn a_call_from_the_past_branches() {
    let mut program = lesson("one-pipe");
    walk(&mut program, 4);
    let before = program.pid_of("parent");
    program.send("b");
    program.wait_for("PAST");
    program.call("child: close(3)");
    let screen =
        program.wait("the new branch", |screen| screen.contains("child close(3) = 0") && screen.contains("LIVE"));
    assert!(!screen.contains("close(4)"), "what came after the past moment is no part of it:\n{screen}");
    assert_ne!(program.pid_of("parent"), before, "the steps were made again by new processes");
    program.quit();
}

#[test]
fn any_call_at_the_prompt() {
    let mut program = lesson("one-pipe");
    program.call("close(42)");
    program.wait_for("close(42) = -1 EBADF");
    // What cannot be understood is told, and stays to be mended.
    program.send(":");
    program.wait_for("Esc leave");
    program.send("clsoe(3)");
    program.wait_for("clsoe(3)");
    program.send(ENTER);
    program.wait_for("did you mean close");
    program.send(ESC);
    program.wait("the prompt to close", |screen| !screen.contains("Esc leave"));
    program.quit();
}

#[test]
fn who_blocks_blocks_nobody_else() {
    let mut program = lab();
    program.send("pf");
    program.wait_for("child · pid ");
    program.call("child: read(3, 64)");
    program.wait_for("BLOCKED read(3");
    program.send("?");
    program.wait_for("Esc back");
    program.send(ESC);
    program.wait("the stage", |screen| !screen.contains("Esc back") && screen.contains("BLOCKED"));
    program.send("p");
    program.wait_for("parent pipe([5, 6]) = 0");
    program.call("parent: write(4, \"hi\")");
    program.wait_for("read(3, \"hi\", 64) = 2");
    program.wait("nobody is blocked", |screen| !screen.contains("■ BLOCKED"));
    program.quit();
}

#[test]
fn the_lesson_about_an_end_that_never_comes() {
    let mut program = lesson("no-eof");
    loop {
        let screen = program.text();
        if screen.contains("■ BLOCKED") {
            break;
        }
        let now = step(&screen).unwrap();
        walk(&mut program, now + 1);
    }
    let stands = step(&program.text()).unwrap();
    program.send("b");
    program.wait("the past", |screen| screen.contains("PAST") && step(screen) == Some(stands - 1));
    program.send(END);
    program.wait("the present", |screen| screen.contains("LIVE") && screen.contains("■ BLOCKED"));
    program.quit();
}

#[test]
fn restart_brings_new_processes_and_ends_the_old_ones() {
    let mut program = lesson("one-pipe");
    walk(&mut program, 3);
    let old = program.crowd();
    program.send("R");
    program.wait_for("step 0/11");
    crate::common::family::wait_for_the_end(&old);
    assert_eq!(program.folder().names().len(), 1, "one stage, one folder: {:?}", program.folder().names());
    walk(&mut program, 2);
    program.quit();
}
