//! The tracer: one thread that starts the program, waits for what happens, and lets each thread go on.

use super::decode::{Interest, Pending};
use super::hand::Hand;
use super::holding::Holding;
use super::launch::{self, Failed, Output};
use super::launcher::Launcher;
use super::letters;
use super::moments::{Moments, Sink, Telling};
use super::picture::Picture;
use super::pile::Pile;
use super::quiet::{SELDOM, Sleepers};
use super::source::Sources;
use super::status::Status;
use super::sys::CallInfo;
use super::teller::Teller;
use super::threads::Threads;
use super::{refused, sys};
use crate::engine::{Moment, Source};
use crate::world::{Death, Pid};
use nix::errno::Errno;
use nix::sched::CpuSet;
use nix::sys::signal::{Signal, kill};
use std::collections::HashMap;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// What to trace, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// What is told of beside channels and processes.
    pub interest: Interest,
    /// The folder that it begins in; `None`: ours.
    pub folder: Option<PathBuf>,
    /// Where the program's output goes.
    pub output: Output,
    /// Keep the tracer and the program on one processor, where a stop costs a tenth.
    pub pin: bool,
    /// Find the line of the source text that each call is made from, where there is debug information or an interpreter says so.
    pub source: bool,
    /// Put a filter on it, so that only calls of interest stop it; it ends with the trace then. Without, each call costs two stops, and
    /// it lives on where whoever takes the moments wants no more.
    pub filter: bool,
    /// Who says which thread may go on; without, all run.
    pub hand: Option<Arc<Hand>>,
}

/// How a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The program and all that it started have ended; this is how the program itself did.
    Program(Death),
    /// Whoever takes the moments wanted no more, and the program was ended.
    Enough,
    /// This signal told us to end, and the program was ended.
    Signal(i32),
    /// It is traced no more and lives on, as this process.
    Left(Pid),
}

/// Why there was nothing to trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// The program cannot be started; the text says why.
    #[error("{0}")]
    Program(String),
    /// This machine does not let us trace; the text names what forbids it and what works nevertheless.
    #[error("{0}")]
    Refused(String),
}

/// How often, in microseconds, it is looked whether a call that has not returned sleeps.
pub(super) const LOOK: i64 = 2000;

/// Start a program and follow it to its end. Each moment is lent to `sink` as it happens; where that answers `Break`, the program
/// is ended.
///
/// It must be called on a thread that stays: the program ends with it. Signals that would end this process end the program first.
///
/// # Errors
/// Where the program cannot be started or may not be traced.
pub fn run(options: &Options, sink: Sink<'_>) -> Result<Ended, TraceError> {
    trace(options, pinned(options), Telling::Here(Box::new(Teller::new(sink))))
}

/// As [`run`], for a sink that is called in a thread of its own, some hundredths of a second after the moments: the program waits
/// for none of what is made of them. It is given nothing after each lot, where what was made may be handed on. A hand cannot wait for
/// what comes about in a moment.
///
/// # Errors
/// As of [`run`].
pub fn run_behind(
    options: &Options,
    sink: impl FnMut(Option<&Moment>) -> ControlFlow<()> + Send,
) -> Result<Ended, TraceError> {
    let (pile, processors) = (Pile::default(), pinned(options));
    std::thread::scope(|scope| {
        let tell = || {
            sys::leave_signals();
            // The tracer and its program have one to themselves.
            let _ = processors.as_ref().map(sys::run_elsewhere);
            letters::tell(&pile, sink);
        };
        let named = std::thread::Builder::new().name("teller".into()).spawn_scoped(scope, tell);
        named.map_err(|error| TraceError::Refused(format!("there is no thread to write the trace: {error}")))?;
        let ended = trace(options, processors, Telling::Behind(letters::Writer::new(&pile)));
        pile.end();
        ended
    })
}

/// Stay on one processor, where that is asked for; which ones there were before. Where it is not allowed, all is the same but slower.
fn pinned(options: &Options) -> Option<CpuSet> {
    options.pin.then(sys::pin).and_then(Result::ok)
}

fn trace(options: &Options, processors: Option<CpuSet>, telling: Telling<'_>) -> Result<Ended, TraceError> {
    let failed = |call: &str, errno: Errno| TraceError::Refused(refused::why(call, errno));
    sys::hear_signals(options.hand.is_none()).map_err(|errno| failed("sigaction", errno))?;
    let timer = sys::Timer::of_this_thread().map_err(|errno| failed("timer_create", errno))?;
    let filter = options.filter.then_some(options.interest);
    let started = launch::start(&options.command, options.folder.as_deref(), options.output, filter).map_err(
        |error| match error {
            Failed::Program(why) => TraceError::Program(why),
            Failed::Call(call, errno) => failed(call, errno),
        },
    )?;
    let mut tracer = Tracer {
        interest: options.interest,
        filtered: options.filter,
        threads: Threads::default(),
        picture: Picture::new(options.interest.files || options.interest.all, matches!(telling, Telling::Behind(_))),
        moments: Moments::new(telling),
        sources: options.source.then(Sources::new),
        exiting: HashMap::new(),
        main: started.pid,
        leader: started.leader,
        end: None,
        begun: false,
        ticking: 0,
        sleepers: Sleepers::default(),
        broken_off: None,
        launcher: Launcher::Unknown,
        timer,
        holding: options.hand.clone().map(|hand| Holding::new(hand, timer)),
        command: options.command.clone(),
    };
    tracer.threads.add(started.pid, started.pid);
    let ended = tracer.follow();
    // Whoever wants no more of it has said so.
    let _ = tracer.tell_all();
    let ended = match ended {
        // Whoever wants no more of it has nothing against its living on.
        Ended::Enough if !options.filter && options.hand.is_none() => Ended::Left(tracer.main),
        ended => ended,
    };
    match ended {
        Ended::Left(_) => tracer.let_all_live(processors.as_ref()),
        _ => tracer.end_all(),
    }
    timer.end();
    match tracer.begun {
        true => Ok(ended),
        false => Err(TraceError::Refused(refused::not_begun(tracer.end))),
    }
}

/// The state of one trace.
pub(super) struct Tracer<'s> {
    pub(super) interest: Interest,
    /// Only calls of interest stop the program: a filter is on.
    pub(super) filtered: bool,
    pub(super) threads: Threads,
    pub(super) picture: Picture,
    pub(super) moments: Moments<'s>,
    /// What is known of the programs' source text, where that is asked for.
    pub(super) sources: Option<Sources>,
    /// Processes that have called exit_group, their codes, and where they called it.
    pub(super) exiting: HashMap<Pid, (i32, Option<Source>)>,
    pub(super) main: Pid,
    /// A child of ours that is not traced: the leader of the program's session.
    leader: Option<Pid>,
    /// How the program itself ended.
    pub(super) end: Option<Death>,
    /// Its first exec has been seen.
    pub(super) begun: bool,
    /// How often the timer ticks, in microseconds; 0: not at all.
    ticking: i64,
    pub(super) sleepers: Sleepers,
    /// The thread whose call was broken off last: the signal that did it comes next.
    pub(super) broken_off: Option<Pid>,
    pub(super) launcher: Launcher,
    timer: sys::Timer,
    /// Who is held, where somebody has a hand on the trace.
    pub(super) holding: Option<Holding>,
    pub(super) command: Vec<OsString>,
}

/// Whether to go on.
pub(super) type Flow = ControlFlow<Ended>;

impl Tracer<'_> {
    fn follow(&mut self) -> Ended {
        loop {
            // Its session's leader would be waited for in vain.
            if self.leader.is_some() && self.threads.len() == 0 && self.threads.early.is_empty() {
                return Ended::Program(self.end.unwrap_or(Death::Unknown));
            }
            let flow = match sys::wait(true) {
                Ok(Some(first)) => self.happened(first),
                Ok(None) => ControlFlow::Continue(()),
                Err(Errno::EINTR) => self.interrupted(),
                // ECHILD: nobody is left.
                Err(_) => return Ended::Program(self.end.unwrap_or(Death::Unknown)),
            };
            let flow = match flow {
                ControlFlow::Continue(()) if self.holding.as_ref().is_some_and(Holding::has_orders) => self.obey(),
                flow => flow,
            };
            if let ControlFlow::Break(ended) = flow {
                return ended;
            }
        }
    }

    /// All that has happened by now, in an order in which causes come before what they cause.
    fn happened(&mut self, first: (Pid, i32)) -> Flow {
        let first = (first.0, self.status(first));
        if self.threads.len() <= 1 {
            self.event(first.0, first.1)?;
        } else {
            let mut all = vec![first];
            while let Ok(Some((tid, status))) = sys::wait(false) {
                all.push((tid, self.status((tid, status))));
            }
            all.sort_by_key(|(tid, status)| self.rank(*tid, *status));
            for (tid, status) in all {
                self.event(tid, status)?;
            }
        }
        self.watch();
        ControlFlow::Continue(())
    }

    /// Without a filter the status of a thread that is about to make a call is that of one whose call has returned.
    fn status(&self, (tid, status): (Pid, i32)) -> Status {
        match Status::of(status) {
            Status::Returned if !self.filtered && matches!(sys::call_info(tid), Ok(CallInfo::Entry { .. })) => {
                Status::Call
            }
            status => status,
        }
    }

    /// Where a call has not returned, look again and again whether it sleeps; else now and then who sleeps at all.
    pub(super) fn watch(&mut self) {
        if self.ticking != LOOK && self.threads.any_untold() {
            self.tick(LOOK);
        } else if self.ticking == 0 {
            self.tick(SELDOM);
        }
    }

    fn tick(&mut self, microseconds: i64) {
        self.timer.tick(microseconds);
        self.ticking = microseconds;
    }

    /// waitpid(2) tells of threads in the order in which they were made, not in which things happened.
    fn rank(&self, tid: Pid, status: Status) -> u8 {
        let takes = || self.threads.get(tid).and_then(|t| t.pending.as_ref()).is_some_and(|p| p.takes());
        // Somebody else's call has ended its sleep.
        let slept = |p: &Pending| p.told && p.then.system_v().is_some();
        let woken = || self.threads.get(tid).and_then(|t| t.pending.as_deref()).is_some_and(slept);
        match status {
            Status::Made => 0,
            Status::Returned if woken() => 4,
            Status::Returned if !takes() => 1,
            Status::Exited(_) | Status::Killed(_) => 2,
            Status::Returned => 3,
            Status::Call => 5,
            _ => 4,
        }
    }

    /// A signal for us: a moment to look who sleeps, or the wish that it ends.
    fn interrupted(&mut self) -> Flow {
        let (interrupts, ending) = sys::heard();
        if ending != 0 {
            return ControlFlow::Break(Ended::Signal(ending));
        }
        // The first went to the program too, as both stand before the same terminal; a second one is for us.
        if interrupts > 1 {
            return ControlFlow::Break(Ended::Signal(nix::libc::SIGINT));
        }
        self.look_who_sleeps(0)?;
        self.look_who_is_quiet()?;
        self.look_at_launcher()?;
        self.rest();
        ControlFlow::Continue(())
    }

    /// Tick seldom where there is little to look for. Whoever gives orders may have it tick too.
    fn rest(&mut self) {
        if !self.threads.any_untold() && (self.ticking != SELDOM || self.holding.is_some()) {
            self.tick(SELDOM);
        }
    }

    /// End every traced process, and wait until none is left.
    fn end_all(&mut self) {
        let end = |pid: Pid| {
            let _ = kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
        };
        self.threads.processes().into_iter().chain(self.threads.early.clone()).chain(self.leader).for_each(end);
        loop {
            match sys::wait(true) {
                Ok(Some((tid, status))) => match Status::of(status) {
                    Status::Exited(_) | Status::Killed(_) => {}
                    _ => end(tid),
                },
                Ok(None) | Err(Errno::EINTR) => {}
                Err(_) => return,
            }
        }
    }
}
