//! The line of the source text that a call was made from, of processes that nobody traces.

use super::{Hang, ask, finding, hang, pipescope};
use serde_json::Value;
use std::process::Command;

fn statement(found: &Value) -> &str {
    found["source"]["text"].as_str().unwrap_or_else(|| panic!("{found:#}"))
}

#[test]
fn of_c_by_its_debug_information() {
    let hang = hang!("own-end");
    let found = finding(&hang, "eof-withheld", "reader");
    assert!(statement(&found).contains("read(p[0], &byte, 1)"), "{found:#}");
    assert!(found["source"]["file"].as_str().unwrap().ends_with("/hangs.c"), "{found:#}");
    let waits = finding(&hang, "waiting-for-child", "parent");
    assert!(statement(&waits).contains("wait(NULL)"), "{waits:#}");
    // In text the line is below the heading; whoever does not ask for it does not get it.
    let text = |args: &[&str]| {
        let output = pipescope(&[&["why", &hang.group().to_string()], args].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let told = text(&[]);
    let line = told.lines().find(|line| line.starts_with("  at hangs.c:")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.chars().count() < 80, "{line}");
    assert!(!text(&["--no-source"]).contains("  at hangs.c:"));
    assert!(!text(&["--no-source", "--json"]).contains("\"source\""));
}

#[test]
fn of_each_thread_its_own() {
    let hang = hang!("mutexes");
    for lock in ["first", "second"] {
        let taken = format!("pthread_mutex_lock(&{lock})");
        ask(&hang, |f| f["source"]["text"].as_str().is_some_and(|text| text.contains(&taken)));
    }
}

#[test]
fn of_python_by_its_frames() {
    let version = Command::new("python3").args(["-c", "import sys; print(sys.version_info[1])"]).output();
    let minor = version.ok().and_then(|o| String::from_utf8(o.stdout).ok()?.trim().parse::<u32>().ok());
    if !minor.is_some_and(|minor| (11..=13).contains(&minor)) {
        eprintln!("skipped: there is no Python here whose frames are known");
        return;
    }
    let Some(hang) = Hang::python("wait_full.py", "") else { return };
    let found = finding(&hang, "waiting-for-child", "parent");
    assert_eq!(statement(&found), "child.wait()");
    let full = finding(&hang, "writer-blocked-on-full", "child");
    // What was given on the command line is in no file.
    assert_eq!(full["source"], Value::Null, "{full:#}");
}
