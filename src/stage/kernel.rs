//! What /proc says about one process, as much as the stage needs to know when it has come to rest.

use crate::world::{BlockedIn, Death, Pid};
use nix::libc;
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use syscalls::Sysno;

/// What is needed of `/proc/PID/stat`, proc_pid_stat(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    /// Field 2: the command's name.
    pub(super) comm: String,
    /// Field 3: the state's letter.
    pub(super) state: char,
    /// Field 4: the parent.
    pub(super) ppid: Pid,
    /// Field 6: the session.
    pub(super) session: Pid,
    /// Field 22: when it started, in clock ticks since boot.
    pub(super) start_time: u64,
    /// Field 52: the wait status of a zombie.
    pub(super) exit_code: Option<i32>,
}

/// Look at a process; `None` where it is gone.
pub(super) fn stat(pid: Pid) -> Option<Stat> {
    let mut buffer = [0; 1024];
    parse_stat(&read(pid, "stat", &mut buffer)?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name may hold anything, a parenthesis too; nothing after it does.
    let (_, rest) = text.split_once('(')?;
    let (comm, rest) = rest.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    let threads: u64 = field(20)?.parse().ok()?;
    let state = field(3)?.chars().next()?;
    Some(Stat {
        comm: comm.to_owned(),
        // A first thread that ended before the others is no death.
        state: if state == 'Z' && threads > 1 { 'R' } else { state },
        ppid: field(4)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        start_time: field(22)?.parse().ok()?,
        exit_code: field(52).and_then(|f| f.parse().ok()),
    })
}

/// The text of `/proc/PID/syscall`: the call it sleeps in, with its arguments; `None` where one may not look.
pub(super) fn syscall(pid: Pid) -> Option<String> {
    let mut buffer = [0; 512];
    read(pid, "syscall", &mut buffer).map(|text| text.trim_end().to_owned())
}

/// A text that changes whenever the process has had a processor: `/proc/PID/schedstat`, where the kernel keeps it.
pub(super) fn turns(pid: Pid) -> Option<String> {
    let mut buffer = [0; 128];
    let text = read(pid, "schedstat", &mut buffer)?;
    text.split_ascii_whitespace().nth(2).map(str::to_owned)
}

/// It still has the stage's memory: it has not left by exec. `None`: it cannot be read.
pub(super) fn has_memory(pid: Pid) -> Option<bool> {
    let maps = std::fs::read(format!("/proc/{pid}/maps")).ok()?;
    let needle = format!("/memfd:{}", super::memory::MEMFD_NAME);
    // Between its old memory and its new one a process shows none at all.
    (!maps.is_empty()).then(|| String::from_utf8_lossy(&maps).contains(&needle))
}

/// How many descriptors it has open: the size of `/proc/PID/fd` (0 before Linux 6.2).
pub(super) fn open_fds(pid: Pid) -> u64 {
    std::fs::metadata(format!("/proc/{pid}/fd")).map_or(0, |m| m.size())
}

/// How a process ended, from its wait status; `None` where the status says that it did not.
pub(super) fn death(status: i32) -> Option<Death> {
    if libc::WIFEXITED(status) {
        Some(Death::Exited(libc::WEXITSTATUS(status)))
    } else if libc::WIFSIGNALED(status) {
        Some(Death::Killed(libc::WTERMSIG(status)))
    } else {
        None
    }
}

/// The call in the words of the picture, from the text of `/proc/PID/syscall`; `None`: it is in none.
pub(super) fn blocked_in(text: &str) -> Option<BlockedIn> {
    let mut words = text.split_ascii_whitespace();
    let number = Sysno::new(words.next()?.parse().ok()?)?;
    let mut register = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
    let first = register()?;
    let third = register().and_then(|_| register());
    let call = name(number);
    let mut blocked = BlockedIn { call: call.to_owned(), fd: None, child: None, path: None, count: None, opens: None };
    // Registers are 64 bits wide and these are ints: the upper half may hold anything.
    let int = first as u32 as i32;
    match call {
        "read" | "write" | "mq_send" | "mq_receive" => (blocked.fd, blocked.count) = (Some(int), third),
        "readv" | "writev" | "splice" | "fcntl" | "ioctl" | "flock" => blocked.fd = Some(int),
        "wait" if number == Sysno::wait4 && int > 0 => blocked.child = Some(int),
        _ => {}
    }
    Some(blocked)
}

/// It sleeps at its mailbox: a futex, or one taken up again after a stop. Where a call of the lesson sleeps in a futex, that is
/// `FUTEX_WAIT_BITSET`.
pub(super) fn at_mailbox(syscall: &str) -> bool {
    let mut words = syscall.split(' ');
    match words.next().and_then(|n| n.parse().ok()) {
        Some(libc::SYS_restart_syscall) => true,
        Some(libc::SYS_futex) => words.nth(1).is_some_and(|op| op == "0x0"),
        _ => false,
    }
}

/// One name for calls that differ in their number and not in their meaning.
fn name(number: Sysno) -> &'static str {
    match number.name() {
        "wait4" | "waitid" => "wait",
        "open" | "openat" | "openat2" => "open",
        "poll" | "ppoll" | "select" | "pselect6" => "poll",
        "nanosleep" | "clock_nanosleep" => "sleep",
        "mq_timedsend" => "mq_send",
        "mq_timedreceive" => "mq_receive",
        "futex_wait" | "futex_waitv" => "futex",
        other => other,
    }
}

/// The numbers of every process that descends from `ancestor`, children before their own children.
pub(super) fn descendants(ancestor: Pid) -> Vec<Pid> {
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        let Some(children) = listed_children(pid) else { return descendants_by_parent(ancestor) };
        found.extend(children);
        next += 1;
    }
    found.split_off(1)
}

/// The children of a process.
pub(super) fn children(pid: Pid) -> impl Iterator<Item = Pid> {
    let listed = listed_children(pid);
    let looked_for = || all().filter(|child| stat(*child).is_some_and(|s| s.ppid == pid)).collect::<Vec<_>>();
    listed.unwrap_or_else(looked_for).into_iter()
}

/// The children of a process's first thread; `None` where the kernel was built without this list.
fn listed_children(pid: Pid) -> Option<Vec<Pid>> {
    match std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")) {
        Ok(text) => Some(text.split_ascii_whitespace().filter_map(|w| w.parse().ok()).collect()),
        Err(_) if std::path::Path::new("/proc/self/task").exists() && !has_children_list() => None,
        Err(_) => Some(Vec::new()),
    }
}

fn has_children_list() -> bool {
    std::fs::metadata("/proc/thread-self/children").is_ok()
}

/// The same by looking at every process's parent.
fn descendants_by_parent(ancestor: Pid) -> Vec<Pid> {
    let pairs: Vec<(Pid, Pid)> = all().filter_map(|pid| Some((pid, stat(pid)?.ppid))).collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(pairs.iter().filter(|(_, ppid)| *ppid == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// The living processes of a session.
pub(super) fn session(leader: Pid) -> Vec<Pid> {
    let lives = |s: &Stat| s.session == leader && !matches!(s.state, 'Z' | 'X' | 'x');
    all().filter(|pid| stat(*pid).as_ref().is_some_and(lives)).collect()
}

/// Every process there is.
fn all() -> impl Iterator<Item = Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// A name in there may be cut in the middle of a character: it is made text, so that it hides nothing else.
fn read<'b>(pid: Pid, what: &str, buffer: &'b mut [u8]) -> Option<Cow<'b, str>> {
    let mut file = File::open(format!("/proc/{pid}/{what}")).ok()?;
    let length = file.read(buffer).ok()?;
    Some(String::from_utf8_lossy(buffer.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_any_name() {
        let tail = "S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 256";
        let stat = parse_stat(&format!("12 (a) (b) R) {tail}")).unwrap();
        assert_eq!((stat.comm.as_str(), stat.state, stat.ppid, stat.start_time), ("a) (b) R", 'S', 7, 4711));
        assert_eq!(stat.exit_code, Some(256));
    }

    #[test]
    fn what_is_cut_short_is_not_believed() {
        assert_eq!(parse_stat("12 (x"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn calls_are_told_with_their_descriptor() {
        let blocked = blocked_in(&format!("{} 0x3 0x7f00 0x40 0x0 0x0 0x0 0x7ff 0x7f", Sysno::read.id())).unwrap();
        assert_eq!((blocked.call.as_str(), blocked.fd, blocked.count), ("read", Some(3), Some(64)));
        let any = blocked_in(&format!("{} 0xffffffffffffffff 0x0 0x0 0x0 0x0 0x0 0x1 0x2", Sysno::wait4.id())).unwrap();
        assert_eq!((any.call.as_str(), any.child), ("wait", None));
        let one = blocked_in(&format!("{} 0x1092 0x0 0x0 0x0 0x0 0x0 0x1 0x2", Sysno::wait4.id())).unwrap();
        assert_eq!(one.child, Some(0x1092));
        assert_eq!(blocked_in("running"), None);
        assert_eq!(blocked_in("-1 0x7ff 0x7f"), None);
    }

    #[test]
    fn both_ways_to_find_descendants_agree() {
        let mut child = std::process::Command::new("sh").args(["-c", "sleep 1000 & wait"]).spawn().unwrap();
        let own = std::process::id().cast_signed();
        let shell = child.id().cast_signed();
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while descendants(shell).is_empty() {
            assert!(std::time::Instant::now() < limit);
            std::thread::yield_now();
        }
        let sleeper = descendants(shell);
        assert_eq!(sleeper, descendants_by_parent(shell));
        assert!(descendants_by_parent(own).contains(&shell));
        for pid in sleeper {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL).unwrap();
        }
        child.wait().unwrap();
    }

    #[test]
    fn only_an_end_is_a_death() {
        assert_eq!(death(0x300), Some(Death::Exited(3)));
        assert_eq!(death(13), Some(Death::Killed(13)));
        assert_eq!(death(11 | 0x80), Some(Death::Killed(11)));
        assert_eq!(death(0x137f), None);
        assert_eq!(death(0xffff), None);
    }
}
