//! A program that is traced while a person looks on: the thread that traces, its terminal, and the orders to it.

use super::replay::Growing;
use super::shown::STAGE_TERMINAL;
use crate::engine::Moment;
use crate::notation::Directed;
use crate::stage::Terminal;
use crate::timeline::{Note, Timeline};
use crate::trace::{self, Ended, Hand, Options, Order, Output, Stand, TraceError};
use crate::world::{Death, Pid};
use crossbeam_channel::{Receiver, Sender, bounded};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Of what was written to the terminal since the last moment so much is kept.
const KEPT: usize = 64 << 10;

/// The program's terminal, and what was written to it since the last moment.
struct Shown {
    terminal: Terminal,
    since: Vec<u8>,
    /// Why no moment is kept any more.
    flaw: Option<String>,
}

impl Shown {
    fn drain(&mut self) {
        self.since.append(&mut self.terminal.take());
        let surplus = self.since.len().saturating_sub(KEPT);
        self.since.drain(..surplus);
    }
}

/// A program that is traced.
pub struct Live {
    hand: Arc<Hand>,
    growing: Growing,
    shown: Arc<Mutex<Shown>>,
    bell: Receiver<()>,
    tracer: Option<JoinHandle<()>>,
    /// It has no filter.
    may_live_on: bool,
    /// Closed, it ends the thread that reads the terminal.
    _pump: OwnedFd,
    /// The program's end of its terminal, held so that the terminal is never without one.
    _end: OwnedFd,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(error: &io::Error) -> TraceError {
    TraceError::Refused(format!("there is no terminal for the program: {error}"))
}

impl Live {
    /// Start the program on a terminal of its own, held at its first call. Its moments go into `timeline`.
    ///
    /// # Errors
    /// Where the program cannot be started or may not be traced.
    pub fn start(mut options: Options, timeline: Timeline) -> Result<Live, TraceError> {
        let (terminal, end) = Terminal::open(STAGE_TERMINAL).map_err(|e| failed(&e))?;
        let read = terminal.as_fd().try_clone_to_owned().map_err(|e| failed(&e))?;
        let (ring, bell) = bounded(1);
        let hand = Arc::new(Hand::new(ring.clone()));
        let shown = Arc::new(Mutex::new(Shown { terminal, since: Vec::new(), flaw: None }));
        let growing = Arc::new(Mutex::new(timeline));
        let pump = pump(read, Arc::clone(&shown), ring.clone()).map_err(|e| failed(&e))?;
        options.output = Output::Terminal(end.as_raw_fd());
        options.hand = Some(Arc::clone(&hand));
        let keeper = Keeper { growing: Arc::clone(&growing), shown: Arc::clone(&shown), ring };
        let (follow, may_live_on) = (Arc::clone(&hand), !options.filter);
        let tracer = thread::Builder::new().name("tracer".into()).spawn(move || {
            let ended = trace::run(&options, &mut |moment| keeper.keep(moment));
            follow.over(ended);
            keeper.ring();
        });
        let tracer = Some(tracer.map_err(|e| failed(&e))?);
        let live = Live { hand, growing, shown, bell, tracer, may_live_on, _pump: pump, _end: end };
        live.begin()?;
        Ok(live)
    }

    /// Wait until there is a moment to show.
    fn begin(&self) -> Result<(), TraceError> {
        loop {
            if !locked(&self.growing).is_empty() {
                return Ok(());
            }
            if let Some(ended) = self.hand.stand().ended {
                return match ended {
                    Err(error) => Err(error),
                    Ok(_) => Err(TraceError::Program(
                        locked(&self.shown).flaw.clone().unwrap_or_else(|| "the program ended before it began".into()),
                    )),
                };
            }
            // The thread that traces rings whatever becomes of it.
            let _ = self.bell.recv();
        }
    }

    /// The run.
    pub fn run(&self) -> Growing {
        Arc::clone(&self.growing)
    }

    /// Rings when there is something new.
    pub fn bell(&self) -> Receiver<()> {
        self.bell.clone()
    }

    /// How it stands.
    pub fn stand(&self) -> Stand {
        self.hand.stand()
    }

    /// Ask for something.
    pub fn order(&self, order: Order) {
        self.hand.order(order);
    }

    /// Type into the program's terminal.
    pub fn type_in(&self, bytes: &[u8]) {
        locked(&self.shown).terminal.type_in(bytes);
    }

    /// Whoever reads the program's terminal takes key by key.
    pub fn takes_keys(&self) -> bool {
        locked(&self.shown).terminal.takes_keys()
    }

    /// What was written to the terminal since the newest moment.
    pub fn since(&self) -> Vec<u8> {
        locked(&self.shown).since.clone()
    }

    /// How the program itself ended, by the newest moment; `None` where it has not: what it started may outlive it.
    pub fn death(&self) -> Option<Death> {
        let run = locked(&self.growing);
        let main = run.get(0).ok()?.moment.traced?.thread;
        let newest = run.get(run.len().checked_sub(1)?).ok()?.moment;
        newest.world.processes.iter().find(|p| p.pid == main)?.state.death()
    }

    /// Why no moment is kept any more.
    pub fn flaw(&self) -> Option<String> {
        locked(&self.shown).flaw.clone()
    }

    /// The call that a process waits at.
    pub fn waits_at(&self, pid: Pid) -> Option<Directed> {
        self.stand().waiting.into_iter().find(|at| at.pid == pid).map(|at| at.call)
    }

    /// The program may live on when its trace ends.
    pub fn may_live_on(&self) -> bool {
        self.may_live_on
    }

    /// Trace the program no more, and leave its terminal to somebody who reads it: without, it would be told of a hangup.
    pub fn leave(&mut self) {
        self.order(Order::Leave);
        self.join();
        if matches!(self.stand().ended, Some(Ok(Ended::Left(_)))) {
            locked(&self.shown).terminal.leave_behind();
        }
    }

    /// End the program, if it has not ended; how it ended.
    pub fn end(&mut self) -> Result<Ended, TraceError> {
        self.order(Order::End);
        self.join();
        self.stand().ended.unwrap_or(Ok(Ended::Enough))
    }

    fn join(&mut self) {
        if let Some(tracer) = self.tracer.take() {
            // A panic there has been told of.
            let _ = tracer.join();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Keeps the moments, on the thread that traces.
struct Keeper {
    growing: Growing,
    shown: Arc<Mutex<Shown>>,
    ring: Sender<()>,
}

impl Keeper {
    fn keep(&self, moment: &Moment) -> ControlFlow<()> {
        let mut shown = locked(&self.shown);
        shown.drain();
        let pushed = locked(&self.growing).push(moment, &Note::default(), &shown.since);
        shown.since.clear();
        if let Err(error) = pushed {
            shown.flaw = Some(error.to_string());
            return ControlFlow::Break(());
        }
        drop(shown);
        self.ring();
        ControlFlow::Continue(())
    }

    fn ring(&self) {
        // Where it rings already, whoever listens will see this too.
        let _ = self.ring.try_send(());
    }
}

/// Read the terminal as long as the descriptor that is given back is open: a program that writes much must not wait for a person.
fn pump(terminal: OwnedFd, shown: Arc<Mutex<Shown>>, ring: Sender<()>) -> io::Result<OwnedFd> {
    let (stop, keep) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    let read = move || {
        loop {
            let mut fds =
                [PollFd::new(terminal.as_fd(), PollFlags::POLLIN), PollFd::new(stop.as_fd(), PollFlags::empty())];
            match poll(&mut fds, PollTimeout::NONE) {
                Err(nix::errno::Errno::EINTR) => continue,
                Err(_) => return,
                Ok(_) if fds[1].revents().is_some_and(|events| !events.is_empty()) => return,
                Ok(_) => {}
            }
            locked(&shown).drain();
            let _ = ring.try_send(());
        }
    };
    thread::Builder::new().name("terminal".into()).spawn(read)?;
    Ok(keep)
}
