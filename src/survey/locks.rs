//! Waits at a word in memory: for a lock, as pthread_mutex_lock(3) has it, and who has that; for the end of a thread; and for what no
//! process can be asked about.

use super::Machine;
use super::wait::{Wait, Want};
use crate::observe::{Futex, has_our_ids, own_thread, status_field};
use crate::world::Pid;

/// Who has a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A thread: its process, and itself.
    Thread(Pid, Pid),
    /// A thread that has ended without giving it back. By its id where it lived.
    Ended(Pid),
}

/// What a thread of this process waits for at a word.
pub(super) fn wait(machine: &Machine, pid: Pid, futex: Futex) -> Wait {
    let thread = match holder(machine, pid, &futex) {
        Some(Who::Thread(process, tid)) => Some((process, tid)),
        // Nobody will give it back.
        Some(Who::Ended(_)) => {
            return Wait { want: Want::Futex(futex), releasers: Vec::new(), open: false, thread: None };
        }
        None => joined(machine, pid, &futex).map(|tid| (pid, tid)),
    };
    let (releasers, open) = match thread {
        Some((process, _)) => (vec![process], false),
        // Only threads of the same process reach a private word; which one has to, nobody is told.
        None if futex.private => (vec![pid], false),
        None => match machine.sharers(pid, futex.word) {
            Some(all) => (all.to_vec(), false),
            None => (Vec::new(), true),
        },
    };
    Wait { want: Want::Futex(futex), releasers, open, thread }
}

/// Who has the lock that a thread of this process waits for. `None` where it is no lock, or its owner cannot be found.
pub fn holder(machine: &Machine, pid: Pid, futex: &Futex) -> Option<Who> {
    let id = futex.owner?;
    let threads = machine.threads(pid);
    let living = |tid: &Pid| threads.iter().any(|t| t.tid == *tid && t.letter != 'Z');
    if let Some(tid) = own_thread(pid, &threads, id).filter(living) {
        return Some(Who::Thread(pid, tid));
    }
    if !has_our_ids(pid) {
        return None;
    }
    // A thread of another process, whose folder /proc has though it does not list it. Once it has ended, its id is nobody's.
    match status_field(id, "Tgid:") {
        None => Some(Who::Ended(id)),
        Some(process) if !futex.private => Some(Who::Thread(process.parse().ok()?, id)),
        Some(_) => None,
    }
}

/// The thread that a pthread_join waits for, where the word's value is the id of one of the process's threads. The kernel wakes the
/// word when the thread ends, set_tid_address(2), as one that processes may share.
pub(super) fn joined(machine: &Machine, pid: Pid, futex: &Futex) -> Option<Pid> {
    let id = Pid::try_from(futex.value).ok().filter(|id| *id > 1 && !futex.private)?;
    own_thread(pid, &machine.threads(pid), id).filter(|tid| *tid != pid)
}
