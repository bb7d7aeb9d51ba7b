//! `watch` on a pseudo-terminal: live, and without touching what it shows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/folder.rs"]
#[allow(dead_code, reason = "each test file uses some of it")]
mod folder;
mod programs {
    #[allow(dead_code, reason = "each test file uses some of it")]
    pub mod hangs;
}

use common::tty::Tty;
use programs::hangs::{Hang, PROGRAM};
use std::process::Command;

#[test]
fn it_shows_the_pipe_and_the_reason_follows_changes_and_leaves() {
    let Some(hang) = Hang::start("own-end") else { return };
    let pid = hang.group().to_string();
    let mut tty = Tty::start_with(&["watch", &pid, "--theme", "dark"], 80, 24, &[]);
    let reader = hang.pid("reader");
    tty.wait("the picture", |screen| screen.contains(&format!("hangs[{reader}]")) && screen.contains("BLOCKED"));
    tty.wait("the reason", |screen| screen.contains("eof-withheld"));
    // A filter that nobody fits, and all again.
    tty.send("/");
    tty.send("/zzz");
    tty.wait("nobody", |screen| screen.contains("No name here has zzz in it"));
    tty.send("\x1b");
    tty.wait("all again", |screen| screen.contains(&format!("hangs[{reader}]")));
    tty.send("?");
    tty.wait("the keys", |screen| screen.contains("any key closes it") && screen.contains("letters in their names"));
    tty.send("x");
    tty.wait("the picture again", |screen| screen.contains(&format!("hangs[{reader}]")));
    // Once it has ended, it is gone from the picture.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(reader), nix::sys::signal::Signal::SIGKILL).unwrap();
    tty.wait("the end of it", |screen| screen.contains("All have ended"));
    tty.send("r");
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn sockets_are_in_the_picture_with_what_waits_in_them() {
    let Some(hang) = Hang::start("crossed-sockets") else { return };
    let mut tty = Tty::start_with(&["watch", &hang.group().to_string(), "--theme", "dark"], 120, 36, &[]);
    tty.wait("both ends", |screen| screen.contains("UNIX stream") && screen.matches("ESTABLISHED").count() == 2);
    tty.wait("the circle", |screen| screen.contains("deadlock"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn without_a_terminal_it_says_what_does_without() {
    let output = Command::new(PROGRAM).args(["watch", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("pipescope graph"));
}
