//! Threads that sleep in calls which stop nobody: a lock in memory, for one. Nothing is heard of them, so /proc is asked now and then.

use super::threads::Quiet;
use super::tracer::{Flow, Tracer};
use crate::notation::{Call, Completion, Detail, Outcome, Seen};
use crate::observe;
use crate::world::{BlockedIn, Pid, Process, State};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How often, in microseconds, it is asked.
pub(super) const SELDOM: i64 = 100_000;

/// Which threads are known to sleep so, and when that was asked last.
#[derive(Debug)]
pub(super) struct Sleepers {
    told: Vec<Pid>,
    asked: Instant,
}

impl Default for Sleepers {
    fn default() -> Sleepers {
        Sleepers { told: Vec::new(), asked: Instant::now() }
    }
}

impl Sleepers {
    /// A thread is no more, or another program.
    pub(super) fn forget(&mut self, tid: Pid) {
        self.told.retain(|told| *told != tid);
    }
}

impl Tracer<'_> {
    /// This thread has been heard of.
    pub(super) fn heard_of(&mut self, tid: Pid, pid: Pid) {
        if let Some(at) = self.sleepers.told.iter().position(|told| *told == tid) {
            self.sleepers.told.swap_remove(at);
            self.picture.set_state(pid, State::Running);
            self.picture.thread_sleeps(pid, tid, None);
        }
    }

    /// Take in which threads have come to sleep so, and tell of each process that sleeps as a whole, once. A thread does that is in the
    /// same call as when this was asked before; one that is in a call that is followed has been told of.
    pub(super) fn look_who_is_quiet(&mut self) -> Flow {
        if !self.begun || self.sleepers.asked.elapsed() < Duration::from_micros(SELDOM.unsigned_abs()) {
            return ControlFlow::Continue(());
        }
        self.sleepers.asked = Instant::now();
        let held = self.held();
        for pid in self.threads.processes() {
            self.look_at_threads(pid, &held)?;
        }
        self.tell_of_threads();
        ControlFlow::Continue(())
    }

    fn look_at_threads(&mut self, pid: Pid, held: &[Pid]) -> Flow {
        let threads = self.threads.quiet(pid, held);
        let alone = threads.len() <= 1;
        let mut newest = None;
        for (tid, quiet) in threads {
            match quiet {
                Quiet::No => self.heard_of(tid, pid),
                Quiet::Yes if !self.sleepers.told.contains(&tid) => {
                    let runs = self.picture.process(pid).is_some_and(|p| p.state == State::Running);
                    // Alone, it is the process, of which something else may have been told: vfork.
                    if !alone || runs {
                        newest = self.sleeps_quietly(pid, tid).map(|blocked| (tid, blocked)).or(newest);
                    }
                }
                Quiet::Ended if !alone => self.picture.thread_gone(pid, tid),
                Quiet::Yes | Quiet::Perhaps | Quiet::Followed(_) | Quiet::Ended => {}
            }
        }
        let whole = if alone { newest.is_some() } else { self.picture.all_sleep_unsaid(pid) };
        if whole { self.tell_of_sleeper(pid, newest) } else { ControlFlow::Continue(()) }
    }

    /// Take in what a thread sleeps in.
    fn sleeps_quietly(&mut self, pid: Pid, tid: Pid) -> Option<BlockedIn> {
        let blocked = observe::asleep_in(pid, tid)?;
        self.sleepers.told.push(tid);
        self.picture.thread_sleeps(pid, tid, Some(blocked.clone()));
        Some(blocked)
    }

    /// All threads of a process sleep, and one has just been told of: what do the others sleep in?
    pub(super) fn take_in_sleepers(&mut self, pid: Pid, but: Pid) {
        let unknown =
            |p: &Process| p.threads.iter().filter(|t| t.asleep.is_none() && t.tid != but).map(|t| t.tid).collect();
        let others: Vec<Pid> = self.picture.process(pid).map(unknown).unwrap_or_default();
        for tid in others {
            // What is in a call that is followed is told of by itself.
            if self.threads.get(tid).is_some_and(|t| t.pending.is_none()) {
                self.sleeps_quietly(pid, tid);
            }
        }
    }

    /// All of a process sleeps, and this thread came to it last, where that is known.
    fn tell_of_sleeper(&mut self, pid: Pid, newest: Option<(Pid, BlockedIn)>) -> Flow {
        let threads = self.picture.process(pid).map(|p| p.sleepers().map(|(tid, call)| (tid, call.clone())));
        let threads: Vec<(Pid, BlockedIn)> = threads.into_iter().flatten().collect();
        // What the process waits for is rather what a thread does that waits for no other.
        let outward = threads.iter().find(|(_, call)| call.call != "futex").or(threads.first());
        let Some((tid, blocked)) = newest.clone().or(outward.cloned()) else { return ControlFlow::Continue(()) };
        let state = outward.map_or_else(|| blocked.clone(), |(_, call)| call.clone());
        self.tell_all_unmapped()?;
        self.picture.set_state(pid, State::Blocked(state));
        let arguments = blocked.fd.map_or_else(String::new, |fd| fd.to_string());
        let call = Some(Call::Seen(Box::new(Seen::new(blocked.call.clone(), arguments))));
        let process = self.picture.name(pid);
        self.call(tid, Completion { process, call, outcome: Outcome::Blocked(blocked), detail: Detail::None }, None)
    }
}
