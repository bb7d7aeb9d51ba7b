//! Holding threads at their next calls, and letting them go as somebody asks.

use super::decode::{Caller, Pending, Show, Verdict};
use super::hand::{AtCall, Going, Hand, Order, Others, Since, Who};
use super::sys::{self, CallInfo, Timer};
use super::tracer::{Ended, Flow, Tracer};
use super::until::Until;
use crate::notation::{Call, Directed, Seen, signal_name};
use crate::world::Pid;
use nix::libc;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nobody.
    Held,
    /// The first that comes; then nobody.
    First,
    /// The first of this process or thread; then nobody.
    FirstOf(Who),
    /// Everybody, until this process or thread has made one.
    UntilOf(Who),
    /// Everybody.
    Run,
}

/// A thread that is held.
struct Held {
    tid: Pid,
    at: AtCall,
    /// It is at no call, but is to take this signal next; or 0.
    signal: i32,
}

/// What somebody's hand does to a trace.
pub(super) struct Holding {
    hand: Arc<Hand>,
    mode: Mode,
    held: VecDeque<Held>,
    /// The thread that was let go for one call, and what was asked for then.
    stepped: Option<(Pid, Mode)>,
    /// Everybody runs until this, where it is met before a call.
    before: Option<Until>,
    /// What was said of threads since the newest moment.
    threads: Vec<Since>,
}

impl Holding {
    pub(super) fn new(hand: Arc<Hand>, timer: Timer) -> Holding {
        hand.wakes_by(timer);
        Holding { hand, mode: Mode::Held, held: VecDeque::new(), stepped: None, before: None, threads: Vec::new() }
    }

    pub(super) fn has_orders(&self) -> bool {
        self.hand.has_orders()
    }

    /// Say how it stands.
    fn tell(&self) {
        let going = match self.mode {
            Mode::Held => Going::Held,
            Mode::First | Mode::FirstOf(_) => Going::Awaited,
            Mode::UntilOf(_) | Mode::Run => Going::Running,
        };
        self.hand.tell(|stand| {
            stand.going = going;
            stand.waiting = self.held.iter().map(|held| held.at.clone()).collect();
        });
    }

    fn hold_all(&mut self, reached: Option<Until>) {
        self.mode = Mode::Held;
        self.before = None;
        self.hand.tell(|stand| stand.reached = reached);
    }

    /// A thread is no more, or another program.
    pub(super) fn forget(&mut self, tid: Pid) {
        let before = (self.held.len(), self.mode);
        self.held.retain(|held| held.tid != tid);
        self.stepped.take_if(|(stepped, _)| *stepped == tid);
        // It makes no call any more that could be waited for.
        if self.mode == Mode::FirstOf(Who::Thread(tid)) || self.mode == Mode::UntilOf(Who::Thread(tid)) {
            self.mode = Mode::Held;
        }
        if (self.held.len(), self.mode) != before {
            self.tell();
        }
    }

    /// A call that was let go has come to nothing that is told of: it was none, and the next one is meant.
    pub(super) fn came_to_nothing(&mut self, tid: Pid) {
        if let Some((_, mode)) = self.stepped.take_if(|(stepped, _)| *stepped == tid)
            && self.mode == Mode::Held
        {
            self.mode = mode;
            self.tell();
        }
    }

    /// Whether a thread at a call is to stay there.
    fn holds(&mut self, tid: Pid, pid: Pid, met: bool) -> bool {
        match self.mode {
            Mode::Held => return true,
            Mode::First => self.stepped = Some((tid, Mode::First)),
            Mode::FirstOf(wanted) if !wanted.is(tid, pid) => return true,
            Mode::FirstOf(_) => self.stepped = Some((tid, self.mode)),
            Mode::UntilOf(_) => return false,
            Mode::Run if met => {
                let reached = self.before.take();
                self.hold_all(reached);
                return true;
            }
            Mode::Run => return false,
        }
        self.mode = Mode::Held;
        self.tell();
        false
    }
}

impl Tracer<'_> {
    /// A thread is at a call of interest: whether it was held there.
    pub(super) fn held_at(&mut self, tid: Pid, pid: Pid, call: &Call) -> bool {
        let Some(holding) = &mut self.holding else { return false };
        let call = Directed { process: self.picture.name(pid), call: call.clone() };
        let picture = &self.picture;
        let means = |until: &Until| until.means(pid, &call, |fd| picture.behind(pid, fd).cloned());
        let met = holding.before.as_ref().is_some_and(means);
        if !holding.holds(tid, pid, met) {
            return false;
        }
        if met {
            self.moments.wait_for(None);
        }
        holding.held.push_back(Held { tid, at: AtCall { tid, pid, call }, signal: 0 });
        holding.tell();
        true
    }

    /// Whether everybody runs.
    pub(super) fn all_run(&self) -> bool {
        self.holding.as_ref().is_none_or(|h| h.mode == Mode::Run)
    }

    /// A thread is to take a signal that was told of: whether it was held before that. SIGPIPE may end it, which is what an EPIPE comes to;
    /// and where everybody ran until then (`reached`), this is where they are to stop.
    pub(super) fn held_before(&mut self, tid: Pid, pid: Pid, signal: i32, reached: bool) -> bool {
        let process = self.picture.name(pid);
        let Some(holding) = self.holding.as_mut().filter(|h| h.mode == Mode::Held) else { return false };
        if !reached && signal != libc::SIGPIPE {
            return false;
        }
        let arrival = Call::Seen(Box::new(Seen::new("deliver", signal_name(signal))));
        holding.held.push_back(Held {
            tid,
            at: AtCall { tid, pid, call: Directed { process, call: arrival } },
            signal,
        });
        holding.tell();
        true
    }

    /// Who is held.
    pub(super) fn held(&self) -> Vec<Pid> {
        self.holding.iter().flat_map(|h| &h.held).map(|held| held.tid).collect()
    }

    /// The signal that each held thread is to take.
    pub(super) fn signals_held(&self) -> Vec<(Pid, i32)> {
        self.holding.iter().flat_map(|h| &h.held).map(|held| (held.tid, held.signal)).collect()
    }

    /// Carry out what was asked for.
    pub(super) fn obey(&mut self) -> Flow {
        let orders = self.holding.as_ref().map(|h| h.hand.take_orders()).unwrap_or_default();
        for order in orders {
            self.obey_one(order)?;
        }
        if let Some(holding) = &self.holding {
            holding.tell();
        }
        self.watch();
        ControlFlow::Continue(())
    }

    fn obey_one(&mut self, order: Order) -> Flow {
        let Some(holding) = &mut self.holding else { return ControlFlow::Continue(()) };
        holding.hold_all(None);
        self.moments.wait_for(None);
        match order {
            Order::End => return ControlFlow::Break(Ended::Enough),
            Order::Leave => return ControlFlow::Break(Ended::Left(self.main)),
            Order::Hold => {}
            Order::Next => return self.one(Mode::First),
            Order::NextOf(who, Others::Held) => return self.one(Mode::FirstOf(who)),
            Order::NextOf(who, Others::Run) => {
                holding.mode = Mode::UntilOf(who);
                return self.let_all_go();
            }
            Order::Run(until) => {
                holding.mode = Mode::Run;
                self.moments.wait_for(until.as_ref().and_then(Until::after_the_call));
                holding.before = until.filter(Until::is_of_the_call);
                return self.let_all_go();
            }
        }
        ControlFlow::Continue(())
    }

    /// Let one go that waits at a call; where nobody is at one yet, the first that comes.
    fn one(&mut self, mode: Mode) -> Flow {
        let Some(holding) = &mut self.holding else { return ControlFlow::Continue(()) };
        let meant = |held: &Held| match mode {
            Mode::FirstOf(who) => who.is(held.tid, held.at.pid),
            _ => true,
        };
        let Some(held) = holding.held.iter().position(meant).and_then(|at| holding.held.remove(at)) else {
            holding.mode = mode;
            return ControlFlow::Continue(());
        };
        holding.stepped = Some((held.tid, mode));
        self.let_go(&held)
    }

    fn let_all_go(&mut self) -> Flow {
        let held = self.holding.as_mut().map(|h| std::mem::take(&mut h.held)).unwrap_or_default();
        for held in held {
            self.let_go(&held)?;
        }
        ControlFlow::Continue(())
    }

    /// Let a thread make the call that it was held at. Much may have happened since: the call is read again.
    fn let_go(&mut self, held: &Held) -> Flow {
        let (tid, pid) = (held.tid, held.at.pid);
        if held.signal != 0 {
            self.resume(tid, held.signal);
            return ControlFlow::Continue(());
        }
        // ESRCH: it was killed meanwhile, and will say so.
        let Ok(CallInfo::Entry { number, arguments, .. }) = sys::call_info(tid) else {
            return ControlFlow::Continue(());
        };
        let verdict = self.decode(tid, pid, number, arguments);
        self.go_into(tid, pid, number, arguments, verdict)
    }

    pub(super) fn decode(&mut self, tid: Pid, pid: Pid, number: u64, arguments: [u64; 6]) -> Verdict {
        let (interest, show) = (self.interest, Show::Always);
        Caller { tid, pid, picture: &mut self.picture, interest, number, arguments, show }.decode()
    }

    /// Say what threads have done that makes no moment, where that is not said.
    pub(super) fn tell_of_threads(&mut self) {
        let Some(holding) = &mut self.holding else { return };
        let threads = self.picture.threads_since();
        if threads != holding.threads {
            holding.threads.clone_from(&threads);
            holding.hand.tell(|stand| stand.threads = threads);
        }
    }

    /// A moment was handed on, of this thread: was that what everybody ran until?
    pub(super) fn after_moment(&mut self, tid: Pid) {
        let pid = self.threads.get(tid).map_or(tid, |t| t.pid);
        self.tell_of_threads();
        let Some(holding) = &mut self.holding else { return };
        holding.stepped.take_if(|(stepped, _)| *stepped == tid);
        if let Some(reached) = self.moments.met() {
            holding.hold_all(Some(reached));
            holding.tell();
        } else if matches!(holding.mode, Mode::UntilOf(who) if who.is(tid, pid)) {
            holding.hold_all(None);
            holding.tell();
        }
    }
}

/// Whether threads are held at this call: where it is told of whatever comes of it.
pub(super) fn may_be_held(pending: &Pending) -> bool {
    !matches!(pending.show, Show::IfBlocked | Show::OnlyIf(_))
}
