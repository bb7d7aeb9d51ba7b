//! Signals that a process gets for something it has asked for, and has a handler for: one of them may end any wait.

use super::Machine;
use crate::observe::{catches, caught};
use crate::world::Pid;
use nix::libc;

/// So many handlers and more a runtime has put in, for every signal there is, as Go's does: nothing is expected then.
const FOR_ALL: u32 = 16;
/// What alarm(2), setitimer(2) and timer_create(2) send, unless they are told otherwise.
const TIMERS: [(i32, &str); 3] =
    [(libc::SIGALRM, "SIGALRM"), (libc::SIGVTALRM, "SIGVTALRM"), (libc::SIGPROF, "SIGPROF")];

/// What may come: the name of a signal. `going_on`: whether a process may yet do something.
///
/// Whether an alarm is set nobody can be asked; timers of timer_create(2) are told in `/proc/PID/timers`, signals with handlers in
/// `SigCgt` of proc_pid_status(5).
pub(super) fn expected(machine: &Machine, pid: Pid, going_on: impl Fn(Pid) -> bool) -> Option<&'static str> {
    let caught = caught(pid)?;
    if std::fs::read_to_string(format!("/proc/{pid}/timers")).is_ok_and(|timers| !timers.is_empty()) {
        return Some("what its timers send");
    }
    if caught.count_ones() >= FOR_ALL {
        return None;
    }
    if let Some((_, name)) = TIMERS.iter().find(|(signal, _)| catches(caught, *signal)) {
        return Some(name);
    }
    let may_end = || machine.children(pid).any(|child| !child.zombie && going_on(child.pid));
    (catches(caught, libc::SIGCHLD) && may_end()).then_some("SIGCHLD")
}
