//! Every process that descends from the program under test, found by reading `/proc`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

/// (ppid, state letter) from `/proc/PID/stat`.
fn stat(pid: i32) -> Option<(i32, char)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = &text[text.rfind(')')? + 2..];
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}

/// Every process there is, zombies left out: pid to ppid.
fn everyone() -> BTreeMap<i32, i32> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        // A container's first process may reap nothing: a zombie is no survivor.
        if let Some((ppid, state)) = stat(pid).filter(|(_, s)| *s != 'Z' && *s != 'X') {
            let _ = state;
            all.insert(pid, ppid);
        }
    }
    all
}

/// The descendants of `root`, itself left out.
pub fn descendants(root: i32) -> Vec<i32> {
    let all = everyone();
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(all.iter().filter(|(_, ppid)| **ppid == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// Whether `pid` lives (a zombie does not).
pub fn lives(pid: i32) -> bool {
    stat(pid).is_some_and(|(_, state)| state != 'Z' && state != 'X')
}

/// Wait until none of `pids` lives.
pub fn wait_for_the_end(pids: &[i32]) {
    let end = Instant::now() + Duration::from_secs(120);
    while pids.iter().any(|p| lives(*p)) {
        let left: Vec<_> = pids.iter().filter(|p| lives(**p)).collect();
        assert!(Instant::now() < end, "these survive: {left:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
