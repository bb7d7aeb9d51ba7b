//! Locks in memory: which one, which thread has it, and whether it will ever be given back.

use super::common::until;
use super::{Hang, ask, finding, hang, holders, pipescope};
use serde_json::Value;

/// What glibc has in a mutex is not what every C library has.
fn is_glibc() -> bool {
    let is = cfg!(target_env = "gnu");
    if !is {
        eprintln!("skipped: not glibc");
    }
    is
}

fn text(found: &Value) -> &str {
    found["text"].as_str().unwrap()
}

#[test]
fn two_mutexes_in_two_orders_are_a_deadlock_of_threads() {
    let hang = hang!("mutexes");
    if !is_glibc() {
        return;
    }
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    let told = text(&found);
    assert!(told.contains("waits for the mutex `second`, which thread"), "{told}");
    assert!(told.contains("waits for the mutex `first`, which thread"), "{told}");
    assert!(told.ends_with("had all taken them in the same order."), "{told}");
    assert_eq!(
        (holders(&hang, &found), &found["fix"]),
        (vec!["process".to_owned()], &format!("kill {}", hang.group()).into())
    );
    // Each thread has a finding of its own, and names the other.
    for thread in threads(hang.group()) {
        let own = ask(&hang, |f| f["rule"] == "waiting-for-mutex" && f["tid"] == thread);
        let other = threads(hang.group()).into_iter().find(|tid| *tid != thread).unwrap();
        assert!(text(&own).contains(&format!("which thread {other} of hangs[")), "{own:#}");
        assert_eq!(own["stuck"], true);
    }
}

fn threads(pid: i32) -> Vec<i32> {
    let all = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    all.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_lock_that_is_never_given_back_hangs_whatever_other_threads_do() {
    if !is_glibc() {
        return;
    }
    let table = [
        ("mutex-twice", "that it has itself", "which it has itself: it took it before"),
        ("mutex-ended", "an ended thread", "has ended without giving it back"),
    ];
    for (name, what, part) in table {
        let hang = hang!(name);
        let found = finding(&hang, "waiting-for-mutex", "process");
        assert!(text(&found).contains("the mutex `jobs`") && text(&found).contains(part), "{what}: {found:#}");
        assert_eq!(found["stuck"], true, "{what}");
    }
}

#[test]
fn who_is_waited_for_to_end_may_wait_for_a_lock() {
    let hang = hang!("mutex-join");
    if !is_glibc() {
        return;
    }
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    assert!(text(&found).contains("to end; thread") && text(&found).contains("the mutex `jobs`"), "{found:#}");
    assert!(!text(&found).contains("order"), "{found:#}");
}

#[test]
fn who_has_the_lock_may_yet_go_on() {
    let hang = hang!("mutex-reads");
    if !is_glibc() {
        return;
    }
    let found = finding(&hang, "waiting-for-mutex", "process");
    assert!(text(&found).ends_with("That one is blocked in read(3)."), "{found:#}");
    assert_eq!(found["stuck"], false);
}

#[test]
fn locks_between_processes_are_circles_of_processes() {
    for name in ["shared-mutexes", "robust-mutexes"] {
        let hang = hang!(name);
        if !is_glibc() {
            return;
        }
        let found = ask(&hang, |f| f["rule"] == "deadlock");
        let mut all = holders(&hang, &found);
        all.sort();
        assert_eq!(all, ["child", "parent"], "{name}: {found:#}");
        assert!(text(&found).contains("waits for the mutex at 0x"), "{name}: {found:#}");
    }
}

#[test]
fn threads_that_sleep_alike_are_told_of_at_once() {
    let hang = hang!("workers");
    let pid = hang.group().to_string();
    let of = |args: &[&str]| String::from_utf8(pipescope(&[&["why", &pid], args].concat()).stdout).unwrap();
    until(|| of(&["--json"]).matches("waiting-for-thread").count() == 6);
    let told = of(&[]);
    assert_eq!(told.matches("waiting-for-thread").count(), 1, "{told}");
    let workers: Vec<String> = threads(hang.group()).into_iter().skip(1).map(|tid| tid.to_string()).collect();
    let heading = format!("threads {} and 3 more: blocked in futex()", workers[..3].join(", "));
    assert!(told.replace('\n', " ").contains(&heading), "{heading}:\n{told}");
}
