//! The wait-for graph across pipes, FIFOs, sockets, queues, locks, threads and children.
//!
//! Any one of those who could wake a thread is enough (an OR graph), so a thread is stuck when every one of them is stuck
//! too: a greatest fixpoint, begun with all who sleep. A process is stuck when all its threads are; where it is known which thread
//! has to do it (who has a lock, or is to end), whether that one is.

use super::{Machine, Sleeper, alarms};
use crate::world::Pid;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who sleeps, among those asked about and all that those wait for.
pub struct Waits {
    sleepers: BTreeMap<Pid, Vec<Sleeper>>,
    /// Processes, all of whose threads are.
    stuck: BTreeSet<Pid>,
    /// Threads.
    fast: BTreeSet<Pid>,
    /// Who would be stuck, and may get this signal.
    alarms: BTreeMap<Pid, &'static str>,
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
        let fast = sleepers.values().flatten().map(|s| s.tid).collect();
        let mut waits = Waits { sleepers, stuck, fast, alarms: BTreeMap::new() };
        waits.settle();
        waits.heed_alarms(machine);
        waits
    }

    /// Of those who seem stuck, few as a rule: who may get a signal that ends any wait can go on, and so can who waits for it.
    fn heed_alarms(&mut self, machine: &Machine) {
        loop {
            let seem = self.sleepers.iter().filter(|(_, all)| all.iter().any(|s| self.fast.contains(&s.tid)));
            let new = seem.map(|(pid, _)| *pid).filter(|pid| !self.alarms.contains_key(pid));
            let expected = |pid: Pid| {
                let signal = alarms::expected(machine, pid, |child| !self.stuck.contains(&child));
                signal.map(|signal| (pid, signal))
            };
            let found: Vec<(Pid, &str)> = new.filter_map(expected).collect();
            if found.is_empty() {
                return;
            }
            self.alarms.extend(found);
            self.settle();
        }
    }

    /// The signal that may yet end what this process waits for, where nothing else would.
    pub fn alarm(&self, pid: Pid) -> Option<&'static str> {
        self.alarms.get(&pid).copied()
    }

    fn settle(&mut self) {
        loop {
            let all = self.sleepers.values().flatten().filter(|s| self.fast.contains(&s.tid));
            let freed: Vec<(Pid, Pid)> = all.filter(|s| !self.holds_fast(s)).map(|s| (s.pid, s.tid)).collect();
            if freed.is_empty() {
                return;
            }
            for (pid, tid) in freed {
                self.fast.remove(&tid);
                self.stuck.remove(&pid);
            }
        }
    }

    /// Nobody that is not stuck itself could wake this thread, as far as can be seen.
    pub fn holds_fast(&self, sleeper: &Sleeper) -> bool {
        let waits = &sleeper.waits;
        let fast = |wait: &super::Wait| match wait.thread {
            Some((_, tid)) => self.fast.contains(&tid),
            None => !wait.open && wait.releasers.iter().all(|pid| self.stuck.contains(pid)),
        };
        !sleeper.call.limited && !self.alarms.contains_key(&sleeper.pid) && !waits.is_empty() && waits.iter().all(fast)
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

    /// The circle of threads, each of which waits for what the next one alone can do, that leads from this one back to it; itself
    /// first. One that waits for itself is a circle of its own.
    pub fn circle_of_threads<'w>(&'w self, start: &'w Sleeper) -> Option<Vec<&'w Sleeper>> {
        let mut path = vec![start];
        loop {
            let last = path.last().filter(|s| self.fast.contains(&s.tid))?;
            let [super::Wait { thread: Some((pid, tid)), .. }] = last.waits.as_slice() else { return None };
            if *tid == start.tid {
                return Some(path);
            }
            let next = self.asleep(*pid).iter().find(|s| s.tid == *tid)?;
            if path.iter().any(|s| s.tid == next.tid) {
                return None;
            }
            path.push(next);
        }
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

    /// The same of threads: processes of which any thread may count, and threads. Of a process none of whose threads can go on all
    /// are meant.
    fn threads_concerned<'w>(
        &'w self,
        threads: impl Iterator<Item = &'w Sleeper>,
    ) -> (BTreeSet<Pid>, Vec<&'w Sleeper>) {
        let (mut whole, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let (mut all, mut todo): (Vec<&Sleeper>, Vec<&Sleeper>) = (Vec::new(), threads.collect());
        while let Some(next) = todo.pop() {
            if !seen.insert(next.tid) {
                continue;
            }
            all.push(next);
            if self.stuck.contains(&next.pid) && whole.insert(next.pid) {
                todo.extend(self.asleep(next.pid));
            }
            for wait in &next.waits {
                match wait.thread {
                    Some((pid, tid)) => todo.extend(self.asleep(pid).iter().filter(|s| s.tid == tid)),
                    None => {
                        let new = wait.releasers.iter().filter(|pid| whole.insert(**pid));
                        todo.extend(new.flat_map(|pid| self.asleep(*pid)));
                    }
                }
            }
        }
        (whole, all)
    }

    /// These, and all that any of them waits for, are as they were read and sleep in the calls that they were seen in: all at one
    /// moment.
    pub fn hold_still<'w>(&'w self, machine: &Machine, threads: impl Iterator<Item = &'w Sleeper>) -> bool {
        let (whole, all) = self.threads_concerned(threads);
        let processes: Vec<_> = whole.iter().filter_map(|pid| machine.process(*pid)).collect();
        let calls: Vec<_> = all.iter().map(|s| (s.pid, s.tid, &s.call)).collect();
        processes.len() == whole.len() && crate::observe::hold_still(&processes, &calls)
    }
}
