//! A pile of bytes that one thread puts down and another takes up, much at a time: neither wakes the other for little.
//!
//! Bytes, not things: memory that one thread takes and another gives back costs both of them more than the copy.

use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many lie there at the most, or the last that was put down is above that; whoever has more waits.
const MOST: usize = 4 << 20;
/// How long they lie at the most before they are taken up, where not so many come that they are taken up at once.
const PAUSE: Duration = Duration::from_millis(10);

/// The pile.
#[derive(Debug, Default)]
pub(super) struct Pile {
    state: Mutex<State>,
    /// For the one who takes: there is something to do.
    work: Condvar,
    /// For the one who puts: there is room again, or nobody takes any more.
    room: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// The one who takes sleeps until he is told.
    idle: bool,
    /// No more will come.
    ended: bool,
    /// Nobody takes any more.
    abandoned: bool,
}

impl Pile {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Put these down, in one piece. `Break` where nobody takes them up any more.
    pub(super) fn put(&self, bytes: &[u8]) -> ControlFlow<()> {
        let mut state = self.lock();
        while state.waiting.len() >= MOST && !state.abandoned {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.abandoned {
            return ControlFlow::Break(());
        }
        let before = state.waiting.len();
        state.waiting.extend_from_slice(bytes);
        // He is woken where he sleeps for good, and where he should not sleep on.
        let many = before < MOST / 2 && state.waiting.len() >= MOST / 2;
        if std::mem::take(&mut state.idle) || many {
            self.work.notify_one();
        }
        ControlFlow::Continue(())
    }

    /// No more will come.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.work.notify_all();
    }

    /// Take up all that lies there, in place of what is in `into`; wait for some. `false`: there is nothing and no more will come.
    pub(super) fn take(&self, into: &mut Vec<u8>) -> bool {
        into.clear();
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.ended {
            state.idle = true;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        let few = |state: &mut State| !state.ended && state.waiting.len() < MOST / 2;
        let waited = self.work.wait_timeout_while(state, PAUSE, few);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::swap(&mut state.waiting, into);
        self.room.notify_all();
        !into.is_empty()
    }

    /// Nobody takes any more: whoever puts is told.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        state.waiting = Vec::new();
        self.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn all_of_it_arrives_in_order_and_without_being_asked_for() {
        let pile = Pile::default();
        let line = |number: usize| format!("line {number} {}\n", "x".repeat(number % 200));
        thread::scope(|scope| {
            let taker = scope.spawn(|| {
                let (mut all, mut some) = (Vec::new(), Vec::new());
                while pile.take(&mut some) {
                    assert!(some.len() < MOST + 1000 && some.ends_with(b"\n"));
                    all.extend_from_slice(&some);
                }
                all
            });
            (0..100_000).for_each(|number| assert!(pile.put(line(number).as_bytes()).is_continue()));
            pile.end();
            assert!(taker.join().unwrap() == (0..100_000).map(line).collect::<String>().into_bytes());
        });
    }

    #[test]
    fn a_single_one_is_taken_up_though_no_other_comes() {
        let pile = Pile::default();
        thread::scope(|scope| {
            let taker = scope.spawn(|| {
                let mut some = b"from before".to_vec();
                assert!(pile.take(&mut some));
                some
            });
            assert!(pile.put(b"a").is_continue());
            assert_eq!(taker.join().unwrap(), b"a");
        });
    }

    #[test]
    fn whoever_puts_hears_that_nobody_takes() {
        let (pile, line) = (Pile::default(), [b'x'; 1 << 16]);
        thread::scope(|scope| {
            let putter = scope.spawn(|| while pile.put(&line).is_continue() {});
            let mut some = Vec::new();
            assert!(pile.take(&mut some));
            pile.abandon();
            putter.join().unwrap();
        });
    }
}
