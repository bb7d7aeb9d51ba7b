//! `doctor` says what is so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");

fn doctor(args: &[&str], path: Option<&str>) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("doctor").args(args).env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command.output().unwrap()
}

fn checks(path: Option<&str>) -> Vec<Value> {
    let output = doctor(&["--json"], path);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn ok(checks: &[Value], name: &str) -> Value {
    checks.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("no check {name}"))["ok"].clone()
}

#[test]
fn every_check_has_a_word_for_its_absence() {
    let all = checks(None);
    assert!(all.len() >= 20);
    for check in &all {
        assert_eq!(check["type"], "check");
        assert!(
            !check["without"].as_str().unwrap().is_empty() && !check["found"].as_str().unwrap().is_empty(),
            "{check}"
        );
    }
    let text = String::from_utf8(doctor(&[], None).stdout).unwrap();
    assert!(all.iter().all(|c| text.contains(c["name"].as_str().unwrap())), "{text}");
}

#[test]
fn what_is_said_of_this_machine_is_so() {
    let all = checks(None);
    // Whoever can run this test can do these.
    assert_eq!(ok(&all, "descriptors of own processes"), true);
    assert_eq!(ok(&all, "UTF-8"), true);
    assert_eq!(ok(&all, "terminal of 80x24"), Value::Null);
    let unshare = |args: &[&str]| Command::new("unshare").args(args).arg("true").output();
    if let Ok(output) = unshare(&["-U"]) {
        assert_eq!(ok(&all, "user namespaces"), output.status.success());
    }
    let python = Command::new("python3").arg("--version").output();
    assert_eq!(ok(&all, "python3"), python.is_ok_and(|o| o.status.success()));
}

#[test]
fn what_is_not_there_is_missed() {
    let all = checks(Some("/nonexistent"));
    assert_eq!((ok(&all, "python3"), ok(&all, "cc")), (false.into(), false.into()));
}
