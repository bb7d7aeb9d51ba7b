//! `lsof(8)` with `+E`: every descriptor of some processes, and who has the other end of what it refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A process id and a descriptor.
pub type End = (i32, i32);

/// What `lsof` says of one descriptor.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// `FIFO`, `unix`, `IPv4`, `IPv6`, `REG` …
    pub kind: String,
    /// The inode, which for internet sockets stands in its field for the device.
    pub inode: u64,
    /// Descriptors at the other end of the same thing, anywhere.
    pub ends: BTreeSet<End>,
}

/// Every numbered descriptor of these processes. `None`: there is no `lsof`.
pub fn ask(pids: &[i32]) -> Option<BTreeMap<End, Line>> {
    let pids = pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let output =
        Command::new("lsof").args(["-w", "-n", "-P", "+E", "-F", "pftdin", "-a", "-d", "0-999", "-p", &pids]).output();
    let text = String::from_utf8_lossy(&output.ok()?.stdout).into_owned();
    let (mut all, mut at, mut pid) = (BTreeMap::<End, Line>::new(), (0, 0), 0);
    for line in text.lines().filter(|l| !l.is_empty()) {
        let (field, value) = line.split_at(1);
        match field {
            "p" => pid = value.parse().unwrap(),
            "f" => at = (pid, value.parse().unwrap()),
            "t" => all.entry(at).or_default().kind = value.into(),
            "i" => all.entry(at).or_default().inode = value.parse().unwrap_or(0),
            "d" if all.get(&at).is_some_and(|l| l.kind.starts_with("IPv")) => {
                all.entry(at).or_default().inode = value.parse().unwrap_or(0);
            }
            // Here the ends begin anew: asked about several processes, some of them are told of twice.
            "n" => all.entry(at).or_default().ends = ends(value),
            _ => {}
        }
    }
    Some(all)
}

/// `type=STREAM ->INO=13337 11747,python3,4u 11702,python3,4u`
fn ends(name: &str) -> BTreeSet<End> {
    let end = |word: &str| {
        let parts: Vec<&str> = word.split(',').collect();
        let [pid, .., fd] = parts.as_slice() else { return None };
        Some((pid.parse().ok()?, fd.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()?))
    };
    name.split_whitespace().filter_map(end).collect()
}
