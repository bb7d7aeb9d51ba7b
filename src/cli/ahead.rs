//! A run on its way into a file, written ahead so that little of it is lost where this program is killed.

use crate::app::Growing;
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use nix::sys::signal::{SigSet, SigmaskHow};
use std::io;
use std::sync::PoisonError;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// At the most so much of a run is lost.
const EVERY: Duration = Duration::from_millis(500);

/// A thread that writes what no block is full of yet, until this is dropped.
pub(super) struct Ahead {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Begin to do so for this run.
    ///
    /// # Errors
    /// Where there is no thread for it.
    pub(super) fn of(run: Growing) -> io::Result<Ahead> {
        let (stop, stopped) = bounded::<()>(0);
        let write = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // A file that cannot be written is told of where a moment is added to it.
                let _ = run.lock().unwrap_or_else(PoisonError::into_inner).write_ahead();
            }
        };
        // A signal has to interrupt the thread that traces, so none may come to this one, not even as it begins.
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
        let thread = thread::Builder::new().name("ahead".into()).spawn(write);
        before.thread_set_mask()?;
        Ok(Ahead { stop: Some(stop), thread: Some(thread?) })
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told of.
            let _ = thread.join();
        }
    }
}
