//! `--hold`, and an end from outside at any moment.

use crate::common::{family, state, status_line, table, until};
use crate::folder::Folder;
use crate::run::{command, end_of, nothing_is_left};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

/// A run that has printed step 2 of its script, and the pids that it printed.
struct Held {
    child: Child,
    folder: Folder,
    pids: Vec<i32>,
    crowd: Vec<i32>,
}

fn held(source: &str, input: &[u8]) -> Held {
    let folder = Folder::new();
    let args = ["play", source, "--json", "--until", "2", "--hold"];
    let mut child = command(&args, &folder).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(input).unwrap();
    if source == "-" {
        // The script ends where its input ends.
        drop(child.stdin.take());
    }
    let mut out = BufReader::new(child.stdout.as_mut().unwrap());
    let pids = loop {
        let mut line = String::new();
        assert!(out.read_line(&mut line).unwrap() > 0, "step 2 was not printed");
        let moment: Value = serde_json::from_str(&line).unwrap();
        if moment["step"] == 2 {
            let all = moment["world"]["processes"].as_array().unwrap();
            break all.iter().map(|p| i32::try_from(p["pid"].as_i64().unwrap()).unwrap()).collect();
        }
    };
    let crowd = family::descendants(child.id().cast_signed());
    Held { child, folder, pids, crowd }
}

impl Held {
    fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Wait until it would hear the signal.
    fn hears(&self, signal: Signal) {
        until(|| {
            let caught = u64::from_str_radix(&status_line(self.pid(), "SigCgt"), 16).unwrap();
            caught & (1 << (signal as i32 - 1)) != 0
        });
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }
}

#[test]
fn what_is_held_is_a_stage_like_any_other() {
    let mut held = held("one-pipe", b"");
    assert_eq!(held.pids.len(), 2);
    let tables: Vec<Vec<(i32, String)>> = held.pids.iter().map(|pid| table(*pid)).collect();
    assert_eq!(tables[0], tables[1], "fork copied the table");
    assert_eq!(tables[0].iter().map(|(fd, _)| *fd).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(tables[0][3].1.starts_with("pipe:[") && tables[0][3].1 == tables[0][4].1);
    assert!(tables[0][..3].iter().all(|(_, link)| link.starts_with("/dev/pts/")));
    // Bytes on its input are not its end.
    held.child.stdin.as_mut().unwrap().write_all(b"not yet\n").unwrap();
    held.hears(Signal::SIGTERM);
    assert!(held.pids.iter().all(|pid| state(*pid) == Some('S')));
    assert!(held.child.try_wait().unwrap().is_none());
    drop(held.child.stdin.take());
    assert_eq!(end_of(&mut held.child).code(), Some(0));
    nothing_is_left(&held.crowd, &held.folder);
}

#[test]
fn every_polite_signal_ends_it() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut held = held("one-pipe", b"");
        held.hears(signal);
        held.signal(signal);
        assert_eq!(end_of(&mut held.child).code(), Some(0), "{signal}");
        nothing_is_left(&held.crowd, &held.folder);
    }
}

#[test]
fn a_script_from_standard_input_is_held_until_a_signal() {
    let mut held = held("-", b"parent: pipe()\nparent: fork(child)\nchild: close(4)\n");
    held.hears(Signal::SIGTERM);
    assert!(held.child.try_wait().unwrap().is_none());
    assert!(held.pids.iter().all(|pid| family::lives(*pid)));
    held.signal(Signal::SIGTERM);
    assert_eq!(end_of(&mut held.child).code(), Some(0));
    nothing_is_left(&held.crowd, &held.folder);
}

#[test]
fn kill_9_while_it_holds() {
    let mut held = held("one-pipe", b"");
    held.signal(Signal::SIGKILL);
    assert_eq!(end_of(&mut held.child).code(), None);
    nothing_is_left(&held.crowd, &held.folder);
}

/// Signals in the middle of everything: whatever it was about, nobody survives.
#[test]
fn ended_at_any_moment() {
    let folder = Folder::new();
    let cast = folder.file("x.cast");
    let mut spread: u64 = 7;
    for round in 0..24 {
        let signal = [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGINT, Signal::SIGHUP][round % 4];
        let args = if round % 2 == 0 {
            vec!["play", "shell-pipeline"]
        } else {
            vec!["record", "full-pipe", "--force", "-o", &cast]
        };
        let stage = Folder::new();
        let mut child = command(&args, &stage).stdout(Stdio::null()).spawn().unwrap();
        spread = spread.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((spread >> 33) % 120_000));
        let pid = child.id().cast_signed();
        kill(Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
        let crowd = family::descendants(pid);
        kill(Pid::from_raw(pid), signal).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGCONT).unwrap();
        end_of(&mut child);
        family::wait_for_the_end(&crowd);
        stage.wait_until_empty();
    }
}
