//! `why` on programs that hang, one of each kind: the one right culprit is named, and nothing is said of the healthy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/folder.rs"]
#[allow(dead_code, reason = "each test file uses some of it")]
mod folder;
#[path = "../programs/hangs.rs"]
mod hangs;

mod circles;
mod culprits;
mod healthy;
mod hidden;
mod in_flight;
mod lines;
mod locks;
mod told;
mod waits;
mod woken;

use hangs::{Hang, PROGRAM, for_anyone};
use serde_json::Value;
use std::process::{Command, Output};

fn pipescope(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).env_remove("RUST_BACKTRACE").output().unwrap()
}

/// Ask until there is a finding that fits: a program takes a moment to hang.
fn ask(hang: &Hang, fits: impl Fn(&Value) -> bool) -> Value {
    let pid = hang.group().to_string();
    let mut last = String::new();
    let began = std::time::Instant::now();
    while began.elapsed() < common::LIMIT {
        // One that is still on its way there may hold what it is about to close.
        if !hang.is_asleep() {
            std::thread::yield_now();
            continue;
        }
        let output = pipescope(&["why", &pid, "--json"]);
        last = String::from_utf8(output.stdout).unwrap();
        let lines = last.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        if let Some(found) = lines.into_iter().find(&fits) {
            return found;
        }
        std::thread::yield_now();
    }
    panic!("nothing fits in:\n{last}");
}

/// The finding by this rule about this process of the program.
fn finding(hang: &Hang, rule: &str, about: &str) -> Value {
    let pid = i64::from(hang.pid(about));
    ask(hang, |f| f["rule"] == rule && f["pid"] == pid)
}

/// Its holders, as `name fd`; without a descriptor the name alone.
fn holders(hang: &Hang, finding: &Value) -> Vec<String> {
    let one = |h: &Value| {
        let name = hang.name(i32::try_from(h["pid"].as_i64().unwrap()).unwrap());
        h["fd"].as_i64().map_or_else(|| name.clone(), |fd| format!("{name} {fd}"))
    };
    finding["holders"].as_array().unwrap().iter().map(one).collect()
}

/// Start it, or leave the test where nothing can be compiled.
macro_rules! hang {
    ($name:expr) => {
        match Hang::start($name) {
            Some(hang) => hang,
            None => return,
        }
    };
}
use hang;
