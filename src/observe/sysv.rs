//! System V queues and memory, from /proc/sysvipc (proc(5)), and semaphores, by semctl(2), which only asks. They belong to nobody: no table of a process has them.

use super::sys;
use crate::world::{ObjectId, Pid};
use nix::libc;

/// What `/proc/sysvipc/msg` says of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageQueue {
    /// Messages that wait in it.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Who sent last; 0 for nobody.
    pub last_sender: Pid,
    /// Who received last; 0 for nobody.
    pub last_receiver: Pid,
}

/// A process sees the same queues and semaphores as we do.
pub fn in_our_namespace(pid: Pid) -> bool {
    let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/ipc")).ok();
    namespace("self").is_some_and(|own| namespace(&pid.to_string()) == Some(own))
}

/// What semctl(2) says of one semaphore of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Semaphore {
    /// Its value.
    pub value: i32,
    /// Who changed it last; 0 for nobody.
    pub last: Pid,
    /// How many threads wait for it to grow.
    pub wait_to_grow: i32,
    /// How many wait for it to be 0.
    pub wait_for_zero: i32,
}

/// A semaphore as a process sees it; `None` where its set is gone, may not be read, or lies in another IPC namespace than ours.
pub fn semaphore(of: Pid, set: u64, number: u16) -> Option<Semaphore> {
    let (set, number) = (i32::try_from(set).ok()?, i32::from(number));
    let ask = |command| sys::ask_semaphore(set, number, command).ok();
    in_our_namespace(of).then_some(())?;
    Some(Semaphore {
        value: ask(libc::GETVAL)?,
        last: ask(libc::GETPID)?,
        wait_to_grow: ask(libc::GETNCNT)?,
        wait_for_zero: ask(libc::GETZCNT)?,
    })
}

/// The queue with this identifier, as a process sees it; `None` where it is gone, or lies in another IPC namespace than ours.
pub fn message_queue(of: Pid, id: u64) -> Option<MessageQueue> {
    in_our_namespace(of).then_some(())?;
    find(&std::fs::read_to_string("/proc/sysvipc/msg").ok()?, id)
}

/// What `/proc/sysvipc/shm` says of a piece of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its key as it was made with; 0 for `IPC_PRIVATE`, and once it is removed.
    pub key: u32,
    /// Its size in bytes.
    pub size: u64,
    /// It goes with the last who has it mapped (`SHM_DEST`).
    pub removed: bool,
    /// Nobody has had it mapped so far.
    pub untouched: bool,
}

/// The piece of memory with this identifier in our IPC namespace; `None` where it is gone.
pub fn segment(id: u64) -> Option<Segment> {
    /// linux/shm.h
    const SHM_DEST: u32 = 0o1000;
    let text = std::fs::read_to_string("/proc/sysvipc/shm").ok()?;
    let row = row(&text, id)?;
    let key: i64 = row.first()?.parse().ok()?;
    let perms = u32::from_str_radix(row.get(2)?, 8).ok()?;
    let key = u32::try_from(key & 0xffff_ffff).ok()?;
    // The time of the last shmat(2).
    let untouched = row.get(11) == Some(&"0");
    Some(Segment { key, size: row.get(3)?.parse().ok()?, removed: perms & SHM_DEST != 0, untouched })
}

/// The identity of a piece of memory, as `/proc/PID/maps` of who has it mapped says it.
pub fn segment_name(key: u32, id: u64) -> ObjectId {
    super::objects::named(&format!("/SYSV{key:08x} (deleted)"), id)
}

/// The words of the row with this identifier, which is the second of each.
fn row(text: &str, id: u64) -> Option<Vec<&str>> {
    let mut rows = text.lines().skip(1).map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    rows.find(|row| row.get(1).and_then(|word| word.parse().ok()) == Some(id))
}

/// `key msqid perms cbytes qnum lspid lrpid uid ...`, after a line of these names.
fn find(text: &str, id: u64) -> Option<MessageQueue> {
    let row = row(text, id)?;
    let number = |i: usize| row.get(i).and_then(|word| word.parse::<u64>().ok());
    let pid = |i: usize| row.get(i).and_then(|word| word.parse::<Pid>().ok());
    Some(MessageQueue { bytes: number(3)?, messages: number(4)?, last_sender: pid(5)?, last_receiver: pid(6)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_identifier() {
        let text = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid\n\
                    0          3   600          17          2   42     0     0     0     0     0\n";
        let found = MessageQueue { messages: 2, bytes: 17, last_sender: 42, last_receiver: 0 };
        assert_eq!(find(text, 3), Some(found));
        assert_eq!(find(text, 0), None);
    }
}
