//! The hand on a trace: which thread may make its next call, and until when all may.
//!
//! A thread that is about to make a call of interest can be held there; between two such calls it runs freely, for there it changes
//! nothing that is shown. Orders come from the thread that talks with the person, and are carried out by the one that traces.

use super::sys::Timer;
use super::until::Until;
use super::{Ended, TraceError};
use crate::notation::Directed;
use crate::world::{Pid, Thread};
use crossbeam_channel::Sender;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Whose call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Any thread's of this process.
    Process(Pid),
    /// This thread's.
    Thread(Pid),
}

impl Who {
    /// Whether that is this thread, of this process.
    pub fn is(self, tid: Pid, pid: Pid) -> bool {
        match self {
            Who::Process(process) => process == pid,
            Who::Thread(thread) => thread == tid,
        }
    }
}

/// What the others do while one makes its next call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// They wait at their own.
    #[default]
    Held,
    /// They run.
    Run,
}

/// What is asked of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// The next call, of whoever has waited longest.
    Next,
    /// The next call of this process or thread.
    NextOf(Who, Others),
    /// All run: to the end, or until this.
    Run(Option<Until>),
    /// Everybody waits at the next call.
    Hold,
    /// End the program.
    End,
    /// Let it go on by itself: for one without a filter.
    Leave,
}

/// What a trace does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Going {
    /// Everybody waits at the next call.
    #[default]
    Held,
    /// A call was asked for, and nobody is at one yet.
    Awaited,
    /// All run.
    Running,
    /// The program has ended.
    Over,
}

/// A thread that waits at its next call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtCall {
    /// The thread; the first of a process has the number of that.
    pub tid: Pid,
    /// Its process.
    pub pid: Pid,
    /// Its process's name, and the call as it would be made now.
    pub call: Directed,
}

/// A thread of a process that has several, and what has become of it since the newest moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its process.
    pub pid: Pid,
    /// The thread.
    pub tid: Pid,
    /// What it does now; `None`: it has ended.
    pub now: Option<Thread>,
}

/// How a trace stands.
#[derive(Debug, Clone, Default)]
pub struct Stand {
    /// What it does.
    pub going: Going,
    /// Who waits at a call, the longest first.
    pub waiting: Vec<AtCall>,
    /// What threads have done since the newest moment that makes none: come to sleep at a lock in memory, woken there, ended.
    pub threads: Vec<Since>,
    /// What it was to run until, and came to.
    pub reached: Option<Until>,
    /// How it ended.
    pub ended: Option<Result<Ended, TraceError>>,
}

/// Shared by the thread that traces and the one that gives orders.
#[derive(Debug)]
pub struct Hand {
    orders: Mutex<VecDeque<Order>>,
    /// There are orders: asked between any two events, so it must cost nothing.
    ordered: AtomicBool,
    stand: Mutex<Stand>,
    timer: OnceLock<Timer>,
    /// Rung whenever the stand changes.
    bell: Sender<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hand {
    /// One that asks for nothing yet: everybody is held. `bell` is rung whenever there is something new.
    pub fn new(bell: Sender<()>) -> Hand {
        let (orders, ordered, stand, timer) = Default::default();
        Hand { orders, ordered, stand, timer, bell }
    }

    /// Ask for something; it is done soon.
    pub fn order(&self, order: Order) {
        // What was reached before belongs to the order before.
        locked(&self.stand).reached = None;
        locked(&self.orders).push_back(order);
        self.ordered.store(true, Ordering::Release);
        // It ticks until the orders are taken: a single signal could come just before the wait that it is to interrupt.
        if let Some(timer) = self.timer.get() {
            timer.tick(super::tracer::LOOK);
        }
    }

    /// How the trace stands.
    pub fn stand(&self) -> Stand {
        locked(&self.stand).clone()
    }

    /// The timer that interrupts the waits of the thread that traces.
    pub(super) fn wakes_by(&self, timer: Timer) {
        let _ = self.timer.set(timer);
        if self.ordered.load(Ordering::Acquire) {
            timer.tick(super::tracer::LOOK);
        }
    }

    pub(super) fn has_orders(&self) -> bool {
        self.ordered.load(Ordering::Acquire)
    }

    pub(super) fn take_orders(&self) -> VecDeque<Order> {
        let mut orders = locked(&self.orders);
        self.ordered.store(false, Ordering::Release);
        std::mem::take(&mut orders)
    }

    pub(super) fn tell(&self, change: impl FnOnce(&mut Stand)) {
        change(&mut locked(&self.stand));
        // Where it rings already, whoever listens will see this too.
        let _ = self.bell.try_send(());
    }

    /// The trace is over; there is nobody left to hold. What it came to with its last moment stays told.
    pub fn over(&self, ended: Result<Ended, TraceError>) {
        self.tell(|stand| {
            let reached = stand.reached.take();
            *stand = Stand { going: Going::Over, reached, ended: Some(ended), ..Stand::default() };
        });
    }
}
