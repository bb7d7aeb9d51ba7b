//! `graph` against `lsof +E` and against what the programs say of themselves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "common/folder.rs"]
#[allow(dead_code, reason = "each test file uses some of it")]
mod folder;
mod programs {
    #[allow(dead_code, reason = "each test file uses some of it")]
    pub mod hangs;
}

use programs::hangs::{Hang, PROGRAM};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// Pid and descriptor.
type Ends = BTreeSet<(i64, i64)>;

fn text(args: &[&str]) -> String {
    String::from_utf8(Command::new(PROGRAM).args(args).output().unwrap().stdout).unwrap()
}

fn world(pid: i32) -> Value {
    serde_json::from_str(&text(&["graph", &pid.to_string(), "--json"])).unwrap()
}

fn ends(list: &Value) -> Ends {
    list.as_array().unwrap().iter().map(|h| (h["pid"].as_i64().unwrap(), h["fd"].as_i64().unwrap())).collect()
}

/// The object that this descriptor refers to.
fn object_at(world: &Value, pid: i32, fd: i64) -> Value {
    let is_it = |o: &&Value| ends(&o["readers"]).union(&ends(&o["writers"])).any(|e| *e == (i64::from(pid), fd));
    world["objects"].as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("{pid} {fd}: {world:#}")).clone()
}

/// What `lsof +E` says of the pipe behind a descriptor of this process: its ends in all processes. `None`: no lsof.
fn lsof(pid: i32, fd: i64) -> Option<Ends> {
    let output = Command::new("lsof").args(["+E", "-w", "-p", &pid.to_string(), "-a", "-d", &fd.to_string()]).output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no lsof here");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |field: &str| field.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<i64>().ok();
    let mut found = Ends::from([(i64::from(pid), fd)]);
    // The last column of the descriptor's own line is `PID,COMMAND,FDm PID,COMMAND,FDm`.
    let line = text.lines().find(|l| l.contains(" FIFO ") && l.split_whitespace().nth(1) == Some(&pid.to_string()))?;
    for word in line.split_whitespace() {
        let parts: Vec<&str> = word.split(',').collect();
        if let [pid, _, fd] = parts.as_slice()
            && let (Ok(pid), Some(fd)) = (pid.parse(), number(fd))
        {
            found.insert((pid, fd));
        }
    }
    Some(found)
}

#[test]
fn a_pipe_of_three_has_the_ends_that_lsof_sees() {
    let Some(hang) = Hang::start("three-holders") else { return };
    let (reader, sibling) = (hang.pid("reader"), hang.pid("sibling"));
    let object = object_at(&world(reader), reader, 3);
    let writers = Ends::from([(i64::from(hang.group()), 4), (i64::from(sibling), 4)]);
    assert_eq!(ends(&object["writers"]), writers, "the same number in two processes is two ends");
    assert_eq!(ends(&object["readers"]), Ends::from([(i64::from(reader), 3)]));
    if let Some(theirs) = lsof(reader, 3) {
        let ours: Ends = writers.into_iter().chain([(i64::from(reader), 3)]).collect();
        assert_eq!(theirs, ours);
    }
}

#[test]
fn a_holder_outside_the_tree_that_was_asked_about_is_there() {
    let Some(hang) = Hang::start("three-holders") else { return };
    // The sibling is no descendant of the reader, and no ancestor.
    let text = text(&["graph", &hang.pid("reader").to_string()]);
    assert!(text.contains(&format!("hangs[{}] fd 4", hang.pid("sibling"))), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
}

#[test]
fn both_ends_of_a_connection_are_told_whoever_is_asked_about() {
    let Some(hang) = Hang::start("crossed-sockets") else { return };
    let (parent, child) = (hang.group(), hang.pid("child"));
    let world = world(child);
    let (own, other) = (object_at(&world, child, 4), object_at(&world, parent, 3));
    assert_eq!((&own["kind"], &own["peer"], &other["peer"]), (&Value::from("socket"), &other["id"], &own["id"]));
}

#[test]
fn queues_and_fifos_are_things_too() {
    let Some(hang) = Hang::start("queue") else { return };
    if !hang.ended() {
        let world = world(hang.pid("child"));
        let queue = object_at(&world, hang.group(), 3);
        assert_eq!(queue["kind"], "queue");
        assert_eq!(ends(&queue["readers"]).len(), 2);
    }
    let Some(hang) = Hang::start("eventfd") else { return };
    assert_eq!(object_at(&world(hang.pid("child")), hang.group(), 3)["kind"], "eventfd");
}

#[test]
fn memory_outlives_the_descriptor_it_was_mapped_by() {
    let Some(hang) = Hang::start("memory") else { return };
    let world = world(hang.pid("child"));
    let memory = world["objects"].as_array().unwrap().iter().find(|o| o["kind"] == "memory").cloned().unwrap();
    let pids: BTreeSet<i64> =
        memory["writers"].as_array().unwrap().iter().map(|h| h["pid"].as_i64().unwrap()).collect();
    assert_eq!(pids, BTreeSet::from([i64::from(hang.group()), i64::from(hang.pid("child"))]));
    assert!(memory["writers"].as_array().unwrap().iter().all(|h| h["fd"].is_null()), "{memory:#}");
}

#[test]
fn every_form_has_every_end() {
    let Some(hang) = Hang::start("three-holders") else { return };
    let pid = hang.pid("reader").to_string();
    for (format, start) in [("dot", "digraph"), ("mermaid", "flowchart LR"), ("svg", "<svg"), ("text", "")] {
        let text = text(&["graph", &pid, "--format", format]);
        assert!(text.starts_with(start), "{format}: {text}");
        for name in ["reader", "sibling", "parent"] {
            assert!(text.contains(&format!("hangs[{}]", hang.pid(name))), "{format}: {text}");
        }
    }
}

#[test]
fn the_whole_machine_holds_the_one_process() {
    let Some(hang) = Hang::start("three-holders") else { return };
    let all = text(&["graph", "--all"]);
    assert!(all.replace("\n ", "").contains(&format!("hangs[{}]", hang.pid("reader"))), "{all}");
    let code = |args: &[&str]| Command::new(PROGRAM).args(args).output().unwrap().status.code();
    assert_eq!((code(&["graph", "no-such-name-q"]), code(&["graph"])), (Some(2), Some(2)));
}
