//! The wait-for graph across pipes, FIFOs, sockets, queues, locks, threads and children.
//!
//! Any one of those who could wake a thread is enough (an OR graph), so a thread is stuck when every one of them is stuck
//! too: a greatest fixpoint, begun with all who sleep. A process is stuck when all its threads are.

use super::{Machine, Sleeper};
use crate::world::Pid;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who sleeps, among those asked about and all that those wait for.
pub struct Waits {
    sleepers: BTreeMap<Pid, Vec<Sleeper>>,
    stuck: BTreeSet<Pid>,
}

impl Waits {
    /// Read the graph: the threads of these processes, of those that could wake them, and so on.
    pub fn of(machine: &Machine, pids: impl IntoIterator<Item = Pid>) -> Waits {
        let mut sleepers: BTreeMap<Pid, Vec<Sleeper>> = BTreeMap::new();
        let mut stuck = BTreeSet::new();
        let mut todo: Vec<Pid> = pids.into_iter().collect();
        while let Some(pid) = todo.pop() {
            if sleepers.contains_key(&pid) {
                continue;
            }
            let threads = machine.threads(pid);
            let living = threads.iter().filter(|t| t.letter != 'Z');
            let asleep: Vec<Sleeper> = living.clone().filter_map(|t| Sleeper::of(machine, pid, t)).collect();
            if !asleep.is_empty() && asleep.len() == living.count() {
                stuck.insert(pid);
            }
            todo.extend(asleep.iter().flat_map(|s| &s.waits).flat_map(|w| w.releasers.iter().copied()));
            sleepers.insert(pid, asleep);
        }
        let mut waits = Waits { sleepers, stuck };
        waits.settle();
        waits
    }

    fn settle(&mut self) {
        loop {
            let freed = self.stuck.iter().copied().filter(|pid| !self.asleep(*pid).iter().all(|s| self.holds_fast(s)));
            let freed: Vec<Pid> = freed.collect();
            if freed.is_empty() {
                return;
            }
            for pid in freed {
                self.stuck.remove(&pid);
            }
        }
    }

    /// Nobody that is not stuck itself could wake this thread, as far as can be seen.
    pub fn holds_fast(&self, sleeper: &Sleeper) -> bool {
        let waits = &sleeper.waits;
        let fast = |wait: &super::Wait| !wait.open && wait.releasers.iter().all(|pid| self.stuck.contains(pid));
        !sleeper.call.limited && !waits.is_empty() && waits.iter().all(fast)
    }

    /// The threads of a process that sleep.
    pub fn asleep(&self, pid: Pid) -> &[Sleeper] {
        self.sleepers.get(&pid).map_or(&[], Vec::as_slice)
    }

    /// None of its threads can go on.
    pub fn is_stuck(&self, pid: Pid) -> bool {
        self.stuck.contains(&pid)
    }

    fn successors(&self, pid: Pid) -> impl Iterator<Item = Pid> {
        self.asleep(pid).iter().flat_map(|s| &s.waits).flat_map(|w| w.releasers.iter().copied())
    }

    /// The shortest circle of stuck processes, two or more, that leads from this one back to it; itself first.
    pub fn circle(&self, start: Pid) -> Option<Vec<Pid>> {
        if !self.is_stuck(start) {
            return None;
        }
        let mut paths = VecDeque::from([vec![start]]);
        let mut seen = BTreeSet::from([start]);
        while let Some(path) = paths.pop_front() {
            let last = *path.last()?;
            for next in self.successors(last).filter(|next| *next != last && self.is_stuck(*next)) {
                if next == start {
                    return Some(path);
                }
                if seen.insert(next) {
                    paths.push_back([path.as_slice(), &[next]].concat());
                }
            }
        }
        None
    }

    /// These, and all that any of them waits for, at first hand or through others.
    pub fn concerned(&self, pids: impl Iterator<Item = Pid>) -> BTreeSet<Pid> {
        let mut all = BTreeSet::new();
        let mut todo: Vec<Pid> = pids.collect();
        while let Some(next) = todo.pop() {
            if all.insert(next) {
                todo.extend(self.successors(next));
            }
        }
        all
    }

    /// These, and all that any of them waits for, are as they were read and sleep in the calls that they were seen in: all at one
    /// moment.
    pub fn hold_still(&self, machine: &Machine, pids: impl Iterator<Item = Pid>) -> bool {
        let all = self.concerned(pids);
        let processes: Vec<_> = all.iter().filter_map(|pid| machine.process(*pid)).collect();
        let asleep = all.iter().flat_map(|pid| self.asleep(*pid));
        let calls: Vec<_> = asleep.map(|s| (s.pid, s.tid, &s.call)).collect();
        processes.len() == all.len() && crate::observe::hold_still(&processes, &calls)
    }
}
