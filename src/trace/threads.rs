//! The traced threads, and what each is doing.

use super::decode::{Pending, SystemV};
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

/// Whether nothing has been heard of a thread for some time because it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quiet {
    /// It does not, or we hold it.
    No,
    /// It has not been asked often enough.
    Perhaps,
    /// A call that is followed says what it does: whether that was told of as blocked.
    Followed(bool),
    /// It sleeps.
    Yes,
    /// It has ended, as the first may before its process does.
    Ended,
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
        matches!(self.letter(tid), Some(b'S' | b'D'))
    }

    fn letter(&mut self, tid: Pid) -> Option<u8> {
        let keep = self.all.len() <= OPEN;
        let thread = self.all.get_mut(&tid)?;
        match &thread.task {
            Some(task) => task.letter(),
            None => {
                let task = Task::of(thread.pid, tid)?;
                let letter = task.letter();
                thread.task = Some(task).filter(|_| keep);
                letter
            }
        }
    }

    /// Something is heard of a thread: the process it belongs to.
    pub(super) fn stir(&mut self, tid: Pid) -> Option<Pid> {
        let thread = self.all.get_mut(&tid)?;
        thread.stirred = true;
        Some(thread.pid)
    }

    /// Ask whether the threads of a process sleep. `held`: who does so because we hold it.
    pub(super) fn quiet(&mut self, pid: Pid, held: &[Pid]) -> Vec<(Pid, Quiet)> {
        let tids: Vec<Pid> = self.all.iter().filter(|(_, t)| t.pid == pid).map(|(tid, _)| *tid).collect();
        tids.into_iter().map(|tid| (tid, self.quiet_one(tid, held.contains(&tid)))).collect()
    }

    fn quiet_one(&mut self, tid: Pid, held: bool) -> Quiet {
        let followed = self.all.get(&tid).and_then(|t| t.pending.as_ref()).map(|p| p.told);
        let letter = if held || followed.is_some() { None } else { self.letter(tid) };
        let Some(thread) = self.all.get_mut(&tid) else { return Quiet::No };
        let stirred = std::mem::take(&mut thread.stirred);
        let sleeps = matches!(letter, Some(b'S' | b'D')) && !stirred;
        thread.asleep = if sleeps { thread.asleep.saturating_add(1) } else { 0 };
        match (followed, thread.asleep) {
            (Some(told), _) if !held => Quiet::Followed(told),
            _ if letter == Some(b'Z') => Quiet::Ended,
            (_, 0) => Quiet::No,
            (_, 1) => Quiet::Perhaps,
            _ => Quiet::Yes,
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

    /// Others than this are in calls that may be about the same System V object.
    pub(super) fn are_in_calls_on(&self, at: &SystemV, but: Pid) -> bool {
        self.in_calls(but).any(|(_, pending)| pending.then.system_v().is_some_and(|other| other.meets(at)))
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
