//! The threads of a process that has several, and what each sleeps in.

use super::super::edits::OfProcess;
use super::super::hand::Since;
use super::Picture;
use crate::world::{BlockedIn, Change, Pid, Process, State, Thread};
use std::collections::BTreeSet;

impl Picture {
    /// A process has one thread more. The first is told of with the second.
    pub(in super::super) fn thread_made(&mut self, pid: Pid, tid: Pid) {
        let Some(threads) = self.process(pid).map(|p| &p.threads) else { return };
        let first = threads.is_empty().then_some(pid);
        for new in first.into_iter().chain([tid]) {
            self.put_thread(pid, new, Some(Thread { tid: new, asleep: None }));
        }
    }

    /// A thread has ended, and its process goes on.
    pub(in super::super) fn thread_gone(&mut self, pid: Pid, tid: Pid) {
        if self.process(pid).is_some_and(|p| p.thread(tid).is_some()) {
            self.put_thread(pid, tid, None);
        }
    }

    /// A thread sleeps in this call, or in none. Nothing is kept of a process's only one: that is the process's state.
    pub(in super::super) fn thread_sleeps(&mut self, pid: Pid, tid: Pid, asleep: Option<BlockedIn>) {
        let thread = self.process(pid).and_then(|p| p.thread(tid));
        if thread.is_some_and(|thread| thread.asleep != asleep) {
            self.put_thread(pid, tid, Some(Thread { tid, asleep }));
        }
    }

    fn put_thread(&mut self, pid: Pid, tid: Pid, thread: Option<Thread>) {
        let Some(process) = self.process_mut(pid, OfProcess::Thread(tid)) else { return };
        process.put_thread(tid, thread);
        let change = Change::Thread(process.name.clone(), tid);
        if self.changes.last() != Some(&change) {
            self.changed(change);
        }
    }

    /// The threads that have changed since changes were last taken.
    pub(in super::super) fn threads_since(&self) -> Vec<Since> {
        // One may have changed and changed again.
        let changed: BTreeSet<(Pid, &str)> = self.changes.iter().filter_map(thread_of).collect();
        let now = |(tid, name)| {
            let process = self.world.process(name)?;
            Some(Since { pid: process.pid, tid, now: process.thread(tid).cloned() })
        };
        changed.into_iter().filter_map(now).collect()
    }

    /// Each thread of a process with several is known to sleep, and the process is said to run.
    pub(in super::super) fn all_sleep_unsaid(&self, pid: Pid) -> bool {
        let asleep = |p: &Process| !p.threads.is_empty() && p.threads.iter().all(|thread| thread.asleep.is_some());
        self.process(pid).is_some_and(|p| p.state == State::Running && asleep(p))
    }
}

fn thread_of(change: &Change) -> Option<(Pid, &str)> {
    match change {
        Change::Thread(name, tid) => Some((*tid, name)),
        _ => None,
    }
}
