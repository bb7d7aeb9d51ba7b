//! A run that was saved, opened, gone through as a person would.

use crate::common::tty::Tty;
use crate::folder::Folder;
use std::process::{Command, Stdio};

fn save(folder: &Folder, lesson: &str) -> String {
    let file = folder.file("a.run");
    let mut play = Command::new(env!("CARGO_BIN_EXE_pipescope"));
    let played = play.args(["play", lesson, "--save", &file]).stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(played.unwrap().success());
    file
}

#[test]
fn a_saved_run_is_stepped_searched_and_left() {
    let folder = Folder::new();
    let file = save(&folder, "one-pipe");
    let mut tty = Tty::start(&["--theme", "dark", "open", &file], 80, 24);
    tty.wait("the beginning", |s| s.contains("step 0/11") && s.contains("RECORDED"));
    tty.send(" ");
    tty.wait_for("step 1/11");
    tty.send("b");
    tty.wait_for("step 0/11");
    tty.send("/");
    tty.wait_for("in calls, results and data");
    tty.send("HELLO\r");
    tty.wait_for("step 5/11");
    tty.send("n");
    tty.wait_for("step 6/11");
    tty.send("n");
    tty.wait_for("no further");
    tty.send("N");
    tty.wait_for("step 5/11");
    tty.send("e");
    let screen = tty.wait_for("step 8/11");
    assert!(screen.contains("EOF"), "{screen}");
    tty.send("g");
    tty.wait_for("the end");
    tty.send("3\r");
    tty.wait_for("step 3/11");
    tty.send("f");
    tty.wait_for("which messages");
    tty.send("\x1b[B\r");
    tty.wait_for("messages of parent only");
    tty.send("G");
    tty.wait_for("step 11/11");
    // What would be calls on a stage is nothing here.
    tty.send("x:K");
    tty.send("b");
    tty.wait_for("step 10/11");
    tty.resize(120, 36);
    tty.wait("the whole", |s| s.contains("step 10/11") && s.lines().any(|l| l.chars().count() > 100));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    assert_eq!(folder.names(), ["a.run"]);
}

#[test]
fn a_run_that_is_cut_off_says_so_and_a_signal_ends_it() {
    let folder = Folder::new();
    let file = save(&folder, "one-pipe");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    let mut tty = Tty::start(&["--theme", "dark", "open", &file], 80, 24);
    tty.wait_for("cut off");
    tty.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(tty.exit_code(), 128 + 15);
}
