//! What each event of a traced thread leads to.

use super::decode::{Pending, Show, Then, Verdict};
use super::filter;
use super::finish::Return;
use super::holding::{Holding, may_be_held};
use super::moments::by_itself;
use super::privileges;
use super::status::Status;
use super::sys::{self, CallInfo};
use super::teller::Kind;
use super::tracer::{Ended, Flow, Tracer};
use crate::engine::Source;
use crate::notation::{Call, Completion, Detail, Outcome};
use crate::observe;
use crate::world::{BlockedIn, Death, ObjectId, Pid, State};
use nix::libc;
use std::ops::ControlFlow;

/// What a call that a signal interrupted returns inside the kernel: ERESTARTSYS to ERESTART_RESTARTBLOCK, linux/errno.h. No
/// program ever sees these.
const RESTARTS: std::ops::RangeInclusive<i64> = -516..=-512;

/// It ends the whole process.
fn is_exit(number: u64) -> bool {
    number == libc::SYS_exit_group.unsigned_abs()
}

fn exit_code(arguments: [u64; 6]) -> i32 {
    i32::try_from(arguments[0] & 0xff).unwrap_or(0)
}

impl Tracer<'_> {
    /// Something happened to a thread: take it in, and let the thread go on.
    pub(super) fn event(&mut self, tid: Pid, status: Status) -> Flow {
        let Some(pid) = self.threads.stir(tid) else {
            // A new one, whose maker has not told of it yet. It waits.
            if !matches!(status, Status::Exited(_) | Status::Killed(_)) {
                self.threads.early.push(tid);
            }
            return ControlFlow::Continue(());
        };
        self.heard_of(tid, pid);
        if !matches!(status, Status::Call | Status::Fresh | Status::Other) {
            self.tell_all_unmapped()?;
        }
        match status {
            Status::Call => return self.entry(tid, pid),
            Status::Returned => self.returned(tid, pid)?,
            Status::Made => self.made(tid, pid)?,
            Status::Exec => self.execed(tid, pid)?,
            Status::VforkDone => self.picture.set_state(pid, State::Running),
            Status::Stopped(_) => {
                self.picture.set_state(pid, State::Stopped);
                let _ = sys::listen(tid);
                return ControlFlow::Continue(());
            }
            Status::Fresh => {
                if self.picture.process(pid).is_some_and(|p| p.state == State::Stopped) {
                    self.picture.set_state(pid, State::Running);
                }
            }
            Status::Signal(signal) => {
                let ran = self.all_run();
                self.signal(tid, pid, signal)?;
                if !self.held_before(tid, pid, signal, ran) {
                    self.resume(tid, signal);
                }
                return ControlFlow::Continue(());
            }
            Status::Exited(code) => return self.ended(tid, pid, Death::Exited(code)),
            Status::Killed(signal) => return self.ended(tid, pid, Death::Killed(signal)),
            Status::Other => {}
        }
        self.resume(tid, 0);
        ControlFlow::Continue(())
    }

    pub(super) fn told(&self, taken: ControlFlow<()>) -> Flow {
        match taken {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(()) => ControlFlow::Break(Ended::Enough),
        }
    }

    /// The objects that other threads move bytes through at this moment.
    fn busy(&self, but: Pid) -> Vec<ObjectId> {
        if self.threads.len() <= 1 {
            return Vec::new();
        }
        let calls = self.threads.in_calls(but);
        let fds = calls.filter_map(|(pid, p)| Some((pid, p.call.moves_through()?)));
        fds.flat_map(|(pid, fd)| self.picture.way(pid, fd)).collect()
    }

    pub(super) fn call(&mut self, tid: Pid, done: Completion, source: Option<Source>) -> Flow {
        self.step(Kind::Call, tid, done, source)
    }

    fn released(&mut self, tid: Pid, done: Completion, source: Option<Source>) -> Flow {
        self.step(Kind::Released, tid, done, source)
    }

    fn step(&mut self, kind: Kind, tid: Pid, done: Completion, source: Option<Source>) -> Flow {
        let busy = self.busy(tid);
        let taken = self.moments.step(&mut self.picture, kind, tid, done, source, busy);
        self.after_moment(tid);
        self.told(taken)
    }

    /// A thread is about to make a call that the filter named.
    fn entry(&mut self, tid: Pid, pid: Pid) -> Flow {
        let Ok(CallInfo::Entry { architecture, number, arguments }) = sys::call_info(tid) else {
            self.resume(tid, 0);
            return ControlFlow::Continue(());
        };
        if !self.filtered && self.passes(architecture, number, arguments) {
            self.resume(tid, 0);
            return ControlFlow::Continue(());
        }
        if !self.begun {
            self.begin(tid)?;
        }
        let verdict = self.decode(tid, pid, number, arguments);
        if is_exit(number) || matches!(verdict, Verdict::Follow(_)) {
            self.tell_unmapped(tid, pid)?;
            self.look_before_it_goes(&verdict, number);
        }
        self.look_at_launcher()?;
        let held = match &verdict {
            _ if is_exit(number) => self.held_at(tid, pid, &Call::ExitNow { code: exit_code(arguments) }),
            Verdict::Follow(pending) if may_be_held(pending) => self.held_at(tid, pid, &pending.call),
            _ => false,
        };
        if held {
            return ControlFlow::Continue(());
        }
        self.go_into(tid, pid, number, arguments, verdict)
    }

    /// What a process has stored in memory is read before it gives that up.
    fn look_before_it_goes(&mut self, verdict: &Verdict, number: u64) {
        let gives_up = matches!(verdict, Verdict::Follow(p) if matches!(p.then, Then::Exec | Then::Detached(_)));
        if is_exit(number) || gives_up {
            self.picture.look_at_mapped();
        }
    }

    /// Without a filter every call stops it: those that a filter would let go, and ours before the program's exec.
    fn passes(&self, architecture: u32, number: u64, arguments: [u64; 6]) -> bool {
        let first = number == libc::SYS_execve.unsigned_abs();
        let files = self.interest.files_too();
        !filter::stops(architecture, number, arguments, files) || !self.begun && !first
    }

    /// Let a stopped thread run to where it is to stop next, with this signal or 0. ESRCH: it was killed meanwhile, and will say so.
    pub(super) fn resume(&self, tid: Pid, signal: i32) {
        let _ = match self.filtered {
            true => sys::cont(tid, signal),
            false => sys::to_call_or_return(tid, signal),
        };
    }

    /// Let a thread make its call.
    pub(super) fn go_into(&mut self, tid: Pid, pid: Pid, number: u64, arguments: [u64; 6], verdict: Verdict) -> Flow {
        if is_exit(number) {
            let source = self.source(tid, pid);
            self.exiting.insert(pid, (exit_code(arguments), source));
            self.picture.closing(pid, true);
        }
        match verdict {
            Verdict::Follow(mut pending) => {
                pending.source = self.source(tid, pid);
                // Who sleeps now did so before this call could wake it.
                self.look_who_sleeps(tid)?;
                if pending.then.closes() {
                    self.picture.closing(pid, true);
                }
                if let Some(thread) = self.threads.get_mut(tid) {
                    thread.pending = Some(pending);
                }
                let _ = sys::to_call_or_return(tid, 0);
            }
            Verdict::LeaveOut => {
                self.moments.leave_out();
                self.resume(tid, 0);
            }
            Verdict::Ignore => self.resume(tid, 0),
        }
        ControlFlow::Continue(())
    }

    /// The line that a thread is at, which is stopped at a call.
    fn source(&mut self, tid: Pid, pid: Pid) -> Option<Source> {
        self.sources.as_mut()?.at(self.picture.memory(pid, tid))
    }

    /// The program's first call, its exec: what it begins with.
    fn begin(&mut self, tid: Pid) -> Flow {
        self.begun = true;
        let path = std::path::Path::new(self.command.first().map_or("".as_ref(), |s| s.as_os_str()));
        let comm: String = path.file_name().unwrap_or_default().to_string_lossy().chars().take(15).collect();
        self.picture.appear(tid, &comm, None);
        // Ours, which the exec closes.
        self.picture.close_marked(tid);
        self.picture.look_outside(None);
        let ids: Vec<_> = self.picture.world().objects.iter().map(|o| o.id.clone()).collect();
        ids.iter().for_each(|id| self.picture.given(id));
        let taken = self.moments.start(&mut self.picture, tid);
        self.told(taken)
    }

    fn take_pending(&mut self, tid: Pid) -> Option<Box<Pending>> {
        let thread = self.threads.get_mut(tid)?;
        let pending = thread.pending.take()?;
        if pending.then.closes() {
            self.picture.closing(thread.pid, false);
        }
        if pending.told && pending.then.system_v().is_some() {
            self.picture.system_v_wakes(tid);
        }
        Some(pending)
    }

    fn returned(&mut self, tid: Pid, pid: Pid) -> Flow {
        let Ok(CallInfo::Exit { value }) = sys::call_info(tid) else { return ControlFlow::Continue(()) };
        let Some(mut pending) = self.take_pending(tid) else { return ControlFlow::Continue(()) };
        let source = pending.source.take();
        let (told, show) = (pending.told, pending.show);
        if told {
            self.picture.set_state(pid, State::Running);
            self.picture.thread_sleeps(pid, tid, None);
        }
        if RESTARTS.contains(&value) {
            let process = self.picture.name(pid);
            self.broken_off = Some(tid).filter(|_| !pending.then.waits());
            let outcome = Outcome::Interrupted;
            let done = Completion { process, call: Some(pending.call), outcome, detail: Detail::None };
            return if told { self.released(tid, done, source) } else { ControlFlow::Continue(()) };
        }
        let step = self.moments.next();
        let contested = pending.then.system_v().is_some_and(|at| self.threads.are_in_calls_on(at, tid));
        let done = Return { tid, pid, picture: &mut self.picture, step, contested }.finish(*pending, value);
        self.let_others_settle(tid, &done);
        match show {
            _ if told => self.released(tid, done, source),
            Show::Always => self.call(tid, done, source),
            // The program's own exec, the first call of all, searches for nothing: that it fails is all there is to tell.
            Show::NotIf(errno) if done.outcome != Outcome::Error(errno) || step == 1 => self.call(tid, done, source),
            Show::OnlyIf(errno) if done.outcome == Outcome::Error(errno) => self.call(tid, done, source),
            Show::IfBlocked if done.detail.names_what_is_not_open() => self.call(tid, done, source),
            Show::NotIf(_) | Show::OnlyIf(_) | Show::IfBlocked => {
                self.moments.leave_out();
                self.holding.as_mut().into_iter().for_each(|h| h.came_to_nothing(tid));
                ControlFlow::Continue(())
            }
        }
    }

    /// It has made a process or a thread, which has not run yet.
    fn made(&mut self, tid: Pid, pid: Pid) -> Flow {
        let Ok(new) = sys::message(tid) else { return ControlFlow::Continue(()) };
        let mut pending = self.take_pending(tid);
        let source = pending.as_mut().and_then(|p| p.source.take());
        let then = pending.as_ref().map_or(Then::Fork, |p| p.then.clone());
        let call = pending.map_or(Call::Fork { name: None }, |p| p.call);
        let process = self.picture.name(pid);
        let mut done =
            Completion { process, call: None, outcome: Outcome::Returned(i64::from(new)), detail: Detail::None };
        if then == Then::Thread {
            self.threads.add(new, pid);
            self.picture.thread_made(pid, new);
            done.call = Some(call);
        } else {
            self.threads.add(new, new);
            self.sources.as_mut().into_iter().for_each(|s| s.forked(new, pid));
            let comm = self.picture.process(pid).and_then(|p| p.program.clone()).unwrap_or_default();
            self.picture.appear(new, &comm, Some((pid, self.moments.next())));
            if then == Then::ForkSharing {
                self.picture.share(new, pid);
            }
            let name = self.picture.name(new);
            if call.name() == "vfork" {
                // Its word for it: it sleeps until the child runs another program or ends.
                let blocked = BlockedIn {
                    call: "vfork".into(),
                    fd: None,
                    child: Some(new),
                    path: None,
                    count: None,
                    opens: None,
                };
                self.picture.set_state(pid, State::Blocked(blocked));
            }
            done.call = Some(match call {
                Call::Fork { .. } => Call::Fork { name: Some(name.clone()) },
                other => other,
            });
            done.detail = Detail::Child(name, new);
        }
        if let Some(at) = self.threads.early.iter().position(|early| *early == new) {
            self.threads.early.swap_remove(at);
            self.resume(new, 0);
        }
        self.call(tid, done, source)
    }

    /// It runs another program. Where a thread other than the first called exec, it now has the first one's id.
    fn execed(&mut self, tid: Pid, pid: Pid) -> Flow {
        let former = sys::message(tid).unwrap_or(tid);
        let mut pending = self.take_pending(former);
        let source = pending.as_mut().and_then(|p| p.source.take());
        self.sources.as_mut().into_iter().for_each(|s| s.execed(pid));
        for other in self.threads.others_of(pid, tid) {
            self.take_pending(other);
            self.threads.remove(other);
            self.forget(other);
        }
        // The first one too, as it was: what runs now has its id.
        self.forget(tid);
        self.threads.add(tid, pid);
        let comm = observe::comm_of(pid).map_or_else(|| "?".to_owned(), |(comm, _)| comm);
        let launched = self.launched(tid, pid)?;
        self.picture.execed(pid, &comm);
        self.picture.set_state(pid, State::Running);
        let call = pending.map(|p| p.call);
        let process = self.picture.name(pid);
        let remark = privileges::withheld(pid).or(launched);
        let detail = remark.map_or(Detail::None, Detail::Remark);
        self.call(tid, Completion { process, call, outcome: Outcome::Returned(0), detail }, source)
    }

    fn signal(&mut self, tid: Pid, pid: Pid, signal: i32) -> Flow {
        // They come by the dozen and change nothing by themselves, unless a handler of the program's breaks off a call.
        let quiet = [libc::SIGCHLD, libc::SIGURG, libc::SIGWINCH, libc::SIGALRM, libc::SIGPROF];
        let breaks_off = self.broken_off.take() == Some(tid)
            && observe::caught(pid).is_some_and(|caught| observe::catches(caught, signal));
        if quiet.contains(&signal) && !self.interest.all && !breaks_off {
            self.moments.leave_out();
            return ControlFlow::Continue(());
        }
        let from = sys::sender(tid);
        let done = by_itself(self.picture.name(pid), Outcome::Signal(signal, from));
        self.released(tid, done, None)
    }

    fn ended(&mut self, tid: Pid, pid: Pid, death: Death) -> Flow {
        let pending = self.take_pending(tid);
        self.threads.remove(tid);
        self.forget(tid);
        if tid != pid {
            self.picture.thread_gone(pid, tid);
            self.tell_of_threads();
            return ControlFlow::Continue(());
        }
        self.sources.as_mut().into_iter().for_each(|s| s.forget(pid));
        let exit = self.exiting.remove(&pid);
        if exit.is_some() {
            self.picture.closing(pid, false);
        }
        if pid == self.main {
            self.tell_all()?;
        }
        let process = self.picture.name(pid);
        self.picture.died(pid, death);
        // Nobody is left to wait for it, or nobody has to.
        if observe::comm_of(pid).is_none() {
            self.picture.reaped(pid);
        }
        if pid == self.main {
            self.end = Some(death);
        }
        self.adopt_early();
        if !self.begun {
            return ControlFlow::Continue(());
        }
        let told = pending.as_ref().is_some_and(|p| p.told);
        let exit = exit.map(|(code, source)| (Call::ExitNow { code }, source));
        let own = exit.filter(|_| matches!(death, Death::Exited(_))).or(pending.map(|p| (p.call, p.source)));
        let (call, source) = own.unzip();
        let source = source.flatten();
        let done = Completion { process, call, outcome: Outcome::Died(death), detail: Detail::None };
        if told { self.released(tid, done, source) } else { self.call(tid, done, source) }
    }

    /// A thread is no more, or another program.
    fn forget(&mut self, tid: Pid) {
        self.sleepers.forget(tid);
        self.holding.as_mut().into_iter().for_each(|h: &mut Holding| h.forget(tid));
    }

    /// New ones whose maker was killed before it could tell of them.
    fn adopt_early(&mut self) {
        for tid in std::mem::take(&mut self.threads.early) {
            match observe::group_of(tid) {
                Some((pid, ppid)) if self.threads.get(if pid == tid { ppid } else { pid }).is_some() => {
                    self.threads.early.push(tid);
                }
                Some((pid, _)) => {
                    self.threads.add(tid, pid);
                    if pid != tid {
                        self.picture.thread_made(pid, tid);
                    } else {
                        let comm = observe::comm_of(pid).map(|(comm, _)| comm).unwrap_or_default();
                        self.picture.appear(pid, &comm, None);
                    }
                    self.resume(tid, 0);
                }
                None => {}
            }
        }
    }
}
