//! However the program ends in order: the right exit code, the terminal given back, and nothing left.

use crate::common::family;
use crate::program::{Program, lab, lesson};
use nix::sys::signal::Signal;

/// A stage with a pipe, a child blocked in a read, one that ignores the polite signals, and one that runs a program.
fn busy() -> Program {
    let mut program = lab();
    program.send("pf");
    program.wait_for("child · pid ");
    program.call("fork(deaf)");
    program.wait_for("deaf · pid ");
    for signal in ["SIGHUP", "SIGTERM", "SIGINT"] {
        program.call(&format!("deaf: signal({signal}, ignore)"));
        program.wait_for(&format!("signal({signal}, ignore) = 0"));
    }
    program.call("child: read(3, 64)");
    program.wait_for("BLOCKED read(3");
    assert!(program.crowd().len() >= 4, "a warden and three processes: {:?}", program.crowd());
    program
}

fn ends_by(signal: Signal, code: u32) {
    let mut program = busy();
    let crowd = program.crowd();
    assert!(!program.line_is_cooked(), "the terminal is the program's while it runs");
    program.signal(signal);
    assert_eq!(program.exit_code(), code);
    program.left_nothing(&crowd);
}

#[test]
fn sigterm() {
    ends_by(Signal::SIGTERM, 143);
}

#[test]
fn sighup() {
    ends_by(Signal::SIGHUP, 129);
}

#[test]
fn sigint_from_another_terminal() {
    ends_by(Signal::SIGINT, 130);
}

#[test]
fn control_c() {
    let mut program = busy();
    let crowd = program.crowd();
    program.send("\x03");
    assert_eq!(program.exit_code(), 0);
    program.left_nothing(&crowd);
}

#[test]
fn the_key_for_it() {
    busy().quit();
}

#[test]
fn control_c_at_the_prompt() {
    let mut program = lesson("one-pipe");
    let crowd = program.crowd();
    program.send(":");
    program.wait_for("Esc leave");
    program.send("clo\x03");
    assert_eq!(program.exit_code(), 0);
    program.left_nothing(&crowd);
}

/// The window is closed, the connection is cut: the other side of the terminal is gone.
#[test]
fn a_dead_terminal() {
    let mut program = busy();
    let crowd = program.crowd();
    program.hang_up();
    assert_ne!(program.exit_code(), 0);
    family::wait_for_the_end(&crowd);
    program.folder().wait_until_empty();
}
