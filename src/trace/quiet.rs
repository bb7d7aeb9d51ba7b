//! Processes that sleep in calls which stop nobody: a lock in memory, for one. Nothing is heard of them, so /proc is asked now and then.

use super::threads::Quiet;
use super::tracer::{Flow, Tracer};
use crate::notation::{Call, Completion, Detail, Outcome, Seen};
use crate::observe;
use crate::world::{Pid, State};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How often, in microseconds, it is asked.
pub(super) const SELDOM: i64 = 100_000;

/// Who is known to sleep so, and when that was asked last.
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

impl Tracer<'_> {
    /// A thread of this process has been heard of.
    pub(super) fn heard_of(&mut self, pid: Pid) {
        if let Some(at) = self.sleepers.told.iter().position(|told| *told == pid) {
            self.sleepers.told.swap_remove(at);
            self.picture.set_state(pid, State::Running);
        }
    }

    /// Tell of each process that has come to sleep so, once. All its threads sleep, in the same calls as when this was asked before; one
    /// that is in a call that is followed speaks for the others.
    pub(super) fn look_who_is_quiet(&mut self) -> Flow {
        if !self.begun || self.sleepers.asked.elapsed() < Duration::from_micros(SELDOM.unsigned_abs()) {
            return ControlFlow::Continue(());
        }
        self.sleepers.asked = Instant::now();
        let held = self.held();
        for pid in self.threads.processes() {
            match self.threads.quiet(pid, &held) {
                Quiet::No => self.heard_of(pid),
                Quiet::In(tid) if !self.sleepers.told.contains(&pid) => self.tell_of_sleeper(pid, tid)?,
                Quiet::In(_) | Quiet::Perhaps => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn tell_of_sleeper(&mut self, pid: Pid, tid: Pid) -> Flow {
        let state = self.picture.process(pid).map(|p| &p.state);
        let (Some(State::Running), Some(blocked)) = (state, observe::asleep_in(pid, tid)) else {
            return ControlFlow::Continue(());
        };
        self.tell_all_unmapped()?;
        self.sleepers.told.push(pid);
        self.picture.set_state(pid, State::Blocked(blocked.clone()));
        let arguments = blocked.fd.map_or_else(String::new, |fd| fd.to_string());
        let call = Some(Call::Seen(Box::new(Seen::new(blocked.call.clone(), arguments))));
        let process = self.picture.name(pid);
        self.call(tid, Completion { process, call, outcome: Outcome::Blocked(blocked), detail: Detail::None }, None)
    }
}
