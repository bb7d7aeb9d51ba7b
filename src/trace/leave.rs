//! The end of a trace whose program lives on.

use super::status::Status;
use super::sys;
use super::tracer::Tracer;
use crate::world::{Death, Pid};
use nix::errno::Errno;
use nix::libc;
use nix::sched::CpuSet;
use std::collections::BTreeSet;

impl Tracer<'_> {
    /// Trace nobody any more: each thread goes on from where it is, the calls that it was held at included. It must be without a
    /// filter. `processors`: those that it may run on again.
    pub(super) fn let_all_live(&mut self, processors: Option<&CpuSet>) {
        let mut left: BTreeSet<Pid> = self.threads.tids().chain(self.threads.early.iter().copied()).collect();
        let signals = self.signals_held();
        for tid in left.clone() {
            let signal = signals.iter().find(|(held, _)| *held == tid).map_or(0, |(_, signal)| *signal);
            // One that is stopped goes on at once. ESRCH: it is not, and is asked to stop.
            match sys::detach(tid, signal) {
                Ok(()) => gone(&mut left, tid, processors),
                Err(_) => drop(sys::interrupt(tid)),
            }
        }
        while !left.is_empty() {
            let (tid, status) = match sys::wait(true) {
                Ok(Some((tid, status))) => (tid, Status::of(status)),
                Ok(None) | Err(Errno::EINTR) => continue,
                Err(_) => return,
            };
            let signal = match status {
                Status::Exited(_) | Status::Killed(_) => {
                    left.remove(&tid);
                    continue;
                }
                // What it has just made is traced too, and says so.
                Status::Made => {
                    left.extend(sys::message(tid));
                    0
                }
                Status::Signal(signal) => signal,
                _ => 0,
            };
            if sys::detach(tid, signal).is_ok() {
                gone(&mut left, tid, processors);
            }
        }
    }
}

fn gone(left: &mut BTreeSet<Pid>, tid: Pid, processors: Option<&CpuSet>) {
    left.remove(&tid);
    if let Some(processors) = processors {
        let _ = nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(tid), processors);
    }
}

/// Wait for the end of a program that a trace has left, and that is a child of this process. `None`: it is none, or a signal told us
/// to end first.
pub fn await_end(pid: Pid) -> Option<Death> {
    loop {
        match sys::wait_for(pid) {
            Ok(status) if libc::WIFEXITED(status) => return Some(Death::Exited(libc::WEXITSTATUS(status))),
            Ok(status) if libc::WIFSIGNALED(status) => return Some(Death::Killed(libc::WTERMSIG(status))),
            Ok(_) => {}
            // What comes from the terminal went to the program too; it is for it to say whether that ends it.
            Err(Errno::EINTR) if sys::heard().1 == 0 => {}
            Err(_) => return None,
        }
    }
}
