//! Calls that have not returned because they sleep: told of once, as /proc says it.

use super::decode::Then;
use super::sys;
use super::tracer::{Flow, Tracer};
use crate::notation::{Call, Completion, Detail, Outcome, SocketCall};
use crate::observe;
use crate::world::{ObjectId, Pid, State};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long it is waited at a time until others have come to rest, and how many times at the most.
const NAP: Duration = Duration::from_micros(300);
const PATIENCE: u32 = 30;

impl Tracer<'_> {
    /// Tell of every call, but this thread's, that has come to sleep.
    pub(super) fn look_who_sleeps(&mut self, but: Pid) -> Flow {
        if self.threads.len() <= 1 && but != 0 {
            return ControlFlow::Continue(());
        }
        for tid in self.threads.untold(but) {
            self.look_whether_sleeps(tid)?;
        }
        ControlFlow::Continue(())
    }

    /// A call has moved bytes, and others that slept at the same object may go on inside theirs: a write that found no room, for one. Where
    /// somebody steps by hand, what is shown stays for long: they come to rest first, and it is looked again.
    pub(super) fn let_others_settle(&mut self, tid: Pid, done: &Completion) {
        if self.all_run() {
            return;
        }
        let way = self.way_of(tid, done.call.as_ref());
        let moves = |pid: Pid, call: &Call| self.picture.way(pid, call.moves_through().unwrap_or(-1));
        let sleepers = self.threads.sleepers(tid);
        let met = sleepers.into_iter().filter(|(_, pid, call)| moves(*pid, call).iter().any(|id| way.contains(id)));
        let met: Vec<Pid> = met.map(|(tid, ..)| tid).collect();
        for _ in 0..if met.is_empty() { 0 } else { PATIENCE } {
            std::thread::sleep(NAP);
            if met.iter().all(|tid| self.threads.sleeps(*tid) || sys::has_news(*tid)) {
                break;
            }
        }
        if !met.is_empty() {
            way.iter().for_each(|id| self.picture.look(id, false));
        }
    }

    fn way_of(&self, tid: Pid, call: Option<&Call>) -> Vec<ObjectId> {
        let pid = self.threads.get(tid).map_or(tid, |t| t.pid);
        call.and_then(Call::moves_through).map(|fd| self.picture.way(pid, fd)).unwrap_or_default()
    }

    fn look_whether_sleeps(&mut self, tid: Pid) -> Flow {
        let Some(thread) = self.threads.get(tid) else { return ControlFlow::Continue(()) };
        let pid = thread.pid;
        // These take naps that are none of the program's.
        if thread
            .pending
            .as_ref()
            .is_none_or(|p| matches!(p.then, Then::Thread | Then::Fork | Then::ForkSharing | Then::Exec))
        {
            return ControlFlow::Continue(());
        }
        if !self.threads.sleeps(tid) {
            return ControlFlow::Continue(());
        }
        let Some(blocked) = observe::asleep_in(pid, tid) else { return ControlFlow::Continue(()) };
        // It may have woken up and returned between the two looks.
        if sys::has_news(tid) {
            return ControlFlow::Continue(());
        }
        self.tell_all_unmapped()?;
        if observe::others_sleep(pid, tid) {
            self.picture.set_state(pid, State::Blocked(blocked.clone()));
            self.take_in_sleepers(pid, tid);
        }
        self.picture.thread_sleeps(pid, tid, Some(blocked.clone()));
        let Some(pending) = self.threads.get_mut(tid).and_then(|t| t.pending.as_mut()) else {
            return ControlFlow::Continue(());
        };
        pending.told = true;
        let at = pending.then.system_v().cloned();
        let (call, source) = (Some(pending.call.clone()), pending.source.clone());
        let process = self.picture.name(pid);
        let polled = match &pending.call {
            Call::Socket(SocketCall::Poll { fds, .. }) => fds.iter().map(|(fd, _)| *fd).collect(),
            _ => Vec::new(),
        };
        if let Some(at) = at {
            let contested = self.threads.are_in_calls_on(&at, tid);
            self.picture.system_v_sleeps((pid, tid), &at, contested);
        }
        polled.into_iter().chain(blocked.fd).for_each(|fd| self.picture.used(pid, fd));
        if let Some((fd, id)) = blocked.fd.and_then(|fd| Some((fd, self.picture.behind(pid, fd)?.id.clone()))) {
            self.picture.look_outside_again(&id);
            // A write that sleeps has filled what it could not go on with.
            self.picture.look_behind(pid, fd, false);
        }
        self.call(tid, Completion { process, call, outcome: Outcome::Blocked(blocked), detail: Detail::None }, source)
    }
}
