//! System V queues and semaphores, from /proc/sysvipc (proc(5)). They belong to nobody: no table of a process has them.

use crate::world::Pid;

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

/// The queue with this identifier, as a process sees it; `None` where it is gone, or lies in another IPC namespace than ours.
pub fn message_queue(of: Pid, id: u64) -> Option<MessageQueue> {
    let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/ipc")).ok();
    if namespace(&of.to_string())? != namespace("self")? {
        return None;
    }
    find(&std::fs::read_to_string("/proc/sysvipc/msg").ok()?, id)
}

/// `key msqid perms cbytes qnum lspid lrpid uid ...`, after a line of these names.
fn find(text: &str, id: u64) -> Option<MessageQueue> {
    let mut rows = text.lines().skip(1).map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(1).and_then(|word| word.parse().ok()) == Some(id))?;
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
