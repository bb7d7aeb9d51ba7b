//! The traced threads, and what each is doing.

use super::decode::Pending;
use crate::notation::Call;
use crate::observe::Task;
use crate::world::Pid;
use std::collections::BTreeMap;

/// One thread.
#[derive(Debug)]
pub(super) struct Thread {
    /// The process it belongs to.
    pub(super) pid: Pid,
    /// The call it has gone into, where its return is awaited.
    pub(super) pending: Option<Box<Pending>>,
    /// Where the kernel says whether it sleeps, once somebody has asked.
    task: Option<Task>,
    /// Something has been heard of it since it was last asked whether it sleeps.
    stirred: bool,
    /// Asked so many times one after the other, it slept.
    asleep: u8,
}

/// Whether nothing has been heard of a process for some time because it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quiet {
    No,
    /// It has not been asked often enough, or a call that is followed says what it does.
    Perhaps,
    /// All its threads sleep; this one is the first of them.
    In(Pid),
}

impl Thread {
    fn is_untold(&self) -> bool {
        self.pending.as_ref().is_some_and(|p| !p.told)
    }
}

/// So many threads' states are kept open; of the others each is opened for a look.
const OPEN: usize = 128;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Threads {
    all: BTreeMap<Pid, Thread>,
    /// New ones whose makers have not told of them yet: they wait.
    pub(super) early: Vec<Pid>,
}

impl Threads {
    pub(super) fn add(&mut self, tid: Pid, pid: Pid) {
        self.all.insert(tid, Thread { pid, pending: None, task: None, stirred: true, asleep: 0 });
    }

    /// Whether a thread sleeps, whatever for.
    pub(super) fn sleeps(&mut self, tid: Pid) -> bool {
        let keep = self.all.len() <= OPEN;
        let Some(thread) = self.all.get_mut(&tid) else { return false };
        match &thread.task {
            Some(task) => task.sleeps(),
            None => {
                let Some(task) = Task::of(thread.pid, tid) else { return false };
                let sleeps = task.sleeps();
                thread.task = Some(task).filter(|_| keep);
                sleeps
            }
        }
    }

    /// Something is heard of a thread: the process it belongs to.
    pub(super) fn stir(&mut self, tid: Pid) -> Option<Pid> {
        let thread = self.all.get_mut(&tid)?;
        thread.stirred = true;
        Some(thread.pid)
    }

    /// Ask whether a process sleeps. `held`: who does so because we hold it.
    pub(super) fn quiet(&mut self, pid: Pid, held: &[Pid]) -> Quiet {
        let tids: Vec<Pid> = self.all.iter().filter(|(_, t)| t.pid == pid).map(|(tid, _)| *tid).collect();
        let mut all = Quiet::In(pid);
        for tid in tids {
            let followed = self.all.get(&tid).is_none_or(|t| t.pending.is_some()) || held.contains(&tid);
            let sleeps = !followed && self.sleeps(tid);
            let Some(thread) = self.all.get_mut(&tid) else { continue };
            let stirred = std::mem::take(&mut thread.stirred);
            thread.asleep = if sleeps && !stirred { thread.asleep.saturating_add(1) } else { 0 };
            match thread.asleep {
                0 if !followed => return Quiet::No,
                0 | 1 => all = Quiet::Perhaps,
                _ => {}
            }
        }
        match all {
            // The first has ended, and the process goes on without it.
            Quiet::In(_) if !self.all.contains_key(&pid) => Quiet::Perhaps,
            all => all,
        }
    }

    pub(super) fn get(&self, tid: Pid) -> Option<&Thread> {
        self.all.get(&tid)
    }

    pub(super) fn get_mut(&mut self, tid: Pid) -> Option<&mut Thread> {
        self.all.get_mut(&tid)
    }

    pub(super) fn remove(&mut self, tid: Pid) -> Option<Thread> {
        self.all.remove(&tid)
    }

    /// All of them, by their ids.
    pub(super) fn tids(&self) -> impl Iterator<Item = Pid> {
        self.all.keys().copied()
    }

    /// All threads of a process but one.
    pub(super) fn others_of(&self, pid: Pid, but: Pid) -> Vec<Pid> {
        self.all.iter().filter(|(tid, t)| t.pid == pid && **tid != but).map(|(tid, _)| *tid).collect()
    }

    /// Those in a call that has not been told of as blocked.
    pub(super) fn untold(&self, but: Pid) -> Vec<Pid> {
        self.all.iter().filter(|(tid, t)| **tid != but && t.is_untold()).map(|(tid, _)| *tid).collect()
    }

    /// Somebody is in such a call.
    pub(super) fn any_untold(&self) -> bool {
        self.all.values().any(Thread::is_untold)
    }

    /// The calls of the others that have not returned, each with its process.
    pub(super) fn in_calls(&self, but: Pid) -> impl Iterator<Item = (Pid, &Pending)> {
        self.all.iter().filter(move |(tid, _)| **tid != but).filter_map(|(_, t)| Some((t.pid, &**t.pending.as_ref()?)))
    }

    /// Those that sleep in a call which was told of as blocked, but this one: thread, process, call.
    pub(super) fn sleepers(&self, but: Pid) -> Vec<(Pid, Pid, Call)> {
        let told = |t: &Thread| t.pending.as_ref().filter(|p| p.told).map(|p| p.call.clone());
        self.all.iter().filter(|(tid, _)| **tid != but).filter_map(|(tid, t)| Some((*tid, t.pid, told(t)?))).collect()
    }

    /// Every thread of a process is in a call that is followed: it has not run since.
    pub(super) fn all_in_calls(&self, pid: Pid) -> bool {
        self.all.values().filter(|t| t.pid == pid).all(|t| t.pending.is_some())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The processes they belong to.
    pub(super) fn processes(&self) -> Vec<Pid> {
        let mut pids: Vec<Pid> = self.all.values().map(|t| t.pid).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    }
}
