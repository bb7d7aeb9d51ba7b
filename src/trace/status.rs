//! What a wait status of a traced thread says, ptrace(2). Our own decoder: the library's refuses real-time signals, and has
//! taken the status away by then.

use nix::libc;

/// What happened to a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It ended with this code.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
    /// A call has returned.
    Returned,
    /// It is about to make a call that the filter named.
    Call,
    /// A child or thread was made.
    Made,
    /// It runs another program.
    Exec,
    /// Its vfork is over: the child runs another program, or is gone.
    VforkDone,
    /// It was stopped by this signal, as a job is.
    Stopped(i32),
    /// It is new, or goes on after a stop.
    Fresh,
    /// This signal is about to arrive.
    Signal(i32),
    /// Something that changes nothing.
    Other,
}

const EVENT_STOP: i32 = 128;

impl Status {
    /// Decode it.
    pub(super) fn of(status: i32) -> Status {
        if libc::WIFEXITED(status) {
            return Status::Exited(libc::WEXITSTATUS(status));
        }
        if libc::WIFSIGNALED(status) {
            return Status::Killed(libc::WTERMSIG(status));
        }
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            0 if signal == libc::SIGTRAP | 0x80 => Status::Returned,
            0 => Status::Signal(signal),
            libc::PTRACE_EVENT_SECCOMP => Status::Call,
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => Status::Made,
            libc::PTRACE_EVENT_EXEC => Status::Exec,
            libc::PTRACE_EVENT_VFORK_DONE => Status::VforkDone,
            EVENT_STOP if signal == libc::SIGTRAP => Status::Fresh,
            EVENT_STOP => Status::Stopped(signal),
            _ => Status::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_known() {
        let stop = |signal: i32, event: i32| (event << 16) | (signal << 8) | 0x7f;
        let table = [
            (0x0300, Status::Exited(3)),
            (9, Status::Killed(9)),
            (11 | 0x80, Status::Killed(11)),
            (stop(libc::SIGTRAP | 0x80, 0), Status::Returned),
            (stop(libc::SIGTRAP, libc::PTRACE_EVENT_SECCOMP), Status::Call),
            (stop(libc::SIGTRAP, libc::PTRACE_EVENT_FORK), Status::Made),
            (stop(libc::SIGTRAP, libc::PTRACE_EVENT_VFORK), Status::Made),
            (stop(libc::SIGTRAP, libc::PTRACE_EVENT_CLONE), Status::Made),
            (stop(libc::SIGTRAP, libc::PTRACE_EVENT_EXEC), Status::Exec),
            (stop(libc::SIGTRAP, libc::PTRACE_EVENT_VFORK_DONE), Status::VforkDone),
            (stop(libc::SIGTRAP, 128), Status::Fresh),
            (stop(libc::SIGSTOP, 128), Status::Stopped(libc::SIGSTOP)),
            (stop(libc::SIGTTIN, 128), Status::Stopped(libc::SIGTTIN)),
            (stop(libc::SIGSTOP, 0), Status::Signal(libc::SIGSTOP)),
            (stop(libc::SIGTRAP, 0), Status::Signal(libc::SIGTRAP)),
            // A real-time signal.
            (stop(40, 0), Status::Signal(40)),
        ];
        for (status, expected) in table {
            assert_eq!(Status::of(status), expected, "{status:#x}");
        }
    }
}
