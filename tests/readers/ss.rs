//! `ss(8)`: the kernel's lists of sockets, read by iproute2.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// What `ss` says of one socket.
#[derive(Debug, Clone)]
pub struct Row {
    pub state: String,
    pub received: u64,
    pub sent: u64,
    pub local: String,
    pub remote: String,
    /// The inode of the other end of a UNIX socket; 0: none.
    pub peer: u64,
    /// Who holds it, process id and descriptor: as far as `ss` may look there.
    pub users: Vec<(i32, i32)>,
}

/// The sockets of one network namespace by their inodes; those that nobody holds have none and are left out.
pub type Rows = BTreeMap<u64, Row>;

/// All sockets in the network namespace of `pid`. `None`: there is no `ss`, or the namespace may not be entered.
pub fn ask(pid: i32) -> Option<Rows> {
    let mut rows = Rows::new();
    for kind in ["-xapnOH", "-tapneOH", "-uapneOH"] {
        for line in ss(pid, kind)?.lines() {
            take(line, kind == "-xapnOH", &mut rows);
        }
    }
    Some(rows)
}

/// Which network namespace a process is in.
pub fn namespace(pid: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

/// This process is in a network namespace of its own.
pub fn is_elsewhere(pid: i32) -> bool {
    namespace(pid) != std::fs::read_link("/proc/self/ns/net").ok()
}

fn ss(pid: i32, kind: &str) -> Option<String> {
    let mut command = Command::new(if is_elsewhere(pid) { "nsenter" } else { "ss" });
    if is_elsewhere(pid) {
        command.args(["-t", &pid.to_string(), "-U", "-n", "--preserve-credentials", "ss"]);
    }
    let output = command.arg(kind).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `users:(("python3",pid=11747,fd=3),("python3",pid=11702,fd=3))`
fn users(word: &str) -> Vec<(i32, i32)> {
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok());
    let one = |part: &str| Some((number(part)?, number(part.split_once("fd=")?.1)?));
    word.split("pid=").skip(1).filter_map(one).collect()
}

fn take(line: &str, unix: bool, rows: &mut Rows) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let tail = |start: &str| words.iter().find_map(|w| w.strip_prefix(start));
    let (inode, rest) = match (unix, words.as_slice()) {
        (true, [_, state, received, sent, local, inode, remote, peer, ..]) => {
            (inode.parse().ok(), (state, received, sent, local, remote, peer.parse().unwrap_or(0)))
        }
        (false, [state, received, sent, local, remote, ..]) => {
            (tail("ino:").and_then(|i| i.parse().ok()), (state, received, sent, local, remote, 0))
        }
        _ => panic!("ss says: {line}"),
    };
    let Some(inode) = inode.filter(|i| *i != 0) else { return };
    let (state, received, sent, local, remote, peer) = rest;
    let row = Row {
        state: (*state).into(),
        received: received.parse().unwrap(),
        sent: sent.parse().unwrap(),
        local: (*local).into(),
        remote: (*remote).into(),
        peer,
        users: tail("users:").map(users).unwrap_or_default(),
    };
    rows.insert(inode, row);
}
