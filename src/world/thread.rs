//! The threads of a process that has several.

use super::process::{BlockedIn, FdNumber, Pid, Process};
use serde::{Deserialize, Serialize};

/// A thread of a process that has several. All of them use one table of descriptors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its id, as `gettid(2)`; the first of a process has the id of that.
    pub tid: Pid,
    /// The call that it sleeps in, from `/proc/PID/task/TID/syscall`; `None` where it is not known to sleep in one.
    pub asleep: Option<BlockedIn>,
}

impl Process {
    /// The thread with this id, where the process has several.
    pub fn thread(&self, tid: Pid) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.tid == tid)
    }

    /// Put what is known of a thread in its place, or take it away.
    pub fn put_thread(&mut self, tid: Pid, now: Option<Thread>) {
        match (self.threads.binary_search_by_key(&tid, |thread| thread.tid), now) {
            (Ok(at), Some(thread)) => self.threads[at] = thread,
            (Ok(at), None) => drop(self.threads.remove(at)),
            (Err(at), Some(thread)) => self.threads.insert(at, thread),
            (Err(_), None) => {}
        }
    }

    /// What its threads sleep in, each with its call, in the order of their ids. None of a process that has one thread: that is its state.
    pub fn sleepers(&self) -> impl Iterator<Item = (Pid, &BlockedIn)> {
        self.threads.iter().filter_map(|thread| Some((thread.tid, thread.asleep.as_ref()?)))
    }

    /// It sleeps in a call on this descriptor, or one of its threads does.
    pub fn waits_at(&self, fd: FdNumber) -> bool {
        let whole = self.state.blocked_in().into_iter();
        whole.chain(self.sleepers().map(|(_, call)| call)).any(|call| call.fd == Some(fd))
    }
}
