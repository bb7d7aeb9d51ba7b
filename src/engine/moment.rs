//! A moment: the world after one step, and all that led to it.

use super::Source;
use crate::explain::Finding;
use crate::notation::{Completion, Directed};
use crate::world::{Change, FdNumber, ObjectId, Pid, ProcName, World};
use serde::{Deserialize, Serialize};

/// The world after one step, and all that led to it. Kept for every step, so that looking back is instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The number of the step it follows; 0 before the first.
    pub step: usize,
    /// What brought it about.
    pub cause: Cause,
    /// The call that was made.
    pub call: Option<Directed>,
    /// What became of that call.
    pub own: Option<Completion>,
    /// Calls and processes that ended in its wake.
    pub resumed: Vec<Completion>,
    /// What the kernel held then.
    pub world: World,
    /// How that differs from the moment before.
    pub changes: Vec<Change>,
    /// What moved, and through what.
    pub flows: Vec<Flow>,
    /// What is blocked or dangerous.
    pub findings: Vec<Finding>,
    /// The expectations of the step, held against the kernel.
    pub checks: Vec<Check>,
    /// How many bytes the stage's terminal had shown by then.
    pub terminal: usize,
    /// Of a traced program: which thread, when, and what was left out before.
    pub traced: Option<Traced>,
    /// Of a traced program: the line of its source text that the call was made from.
    pub source: Option<Source>,
}

#[cfg(test)]
impl Moment {
    /// One in which nothing was done and nothing has changed.
    pub(crate) fn bare(step: usize, cause: Cause, world: World) -> Moment {
        Moment {
            step,
            cause,
            call: None,
            own: None,
            resumed: Vec::new(),
            world,
            changes: Vec::new(),
            flows: Vec::new(),
            findings: Vec::new(),
            checks: Vec::new(),
            terminal: 0,
            traced: None,
            source: None,
        }
    }
}

/// What is known of a moment of a traced program beside the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traced {
    /// The thread that made the call, as `gettid(2)`; of a process's first thread it is the process's id.
    pub thread: Pid,
    /// How long after the start of the trace, on the monotonic clock.
    pub after: std::time::Duration,
    /// So many calls since the moment before were seen and are left out: on ordinary files, of the loader.
    pub left_out: u64,
}

impl Moment {
    /// Something changed without a step, but nothing ended and nothing moved.
    pub fn is_quiet(&self) -> bool {
        self.cause == Cause::Noticed && self.resumed.is_empty() && self.flows.is_empty()
    }
}

/// What brought a moment about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The stage was set up.
    Start,
    /// The step of the lesson or script with this index (from 0).
    Script(usize),
    /// A person acted.
    Free,
    /// Something changed without a step.
    Noticed,
    /// A traced program did it by itself.
    Traced,
}

/// Who moved something, and through which descriptor; none refers to a System V queue.
pub type FlowEnd = (ProcName, Option<FdNumber>);

/// Bytes, or their end, that went through an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Who wrote them, and through which descriptor, where that is known.
    pub from: Option<FlowEnd>,
    /// What they went through.
    pub object: ObjectId,
    /// Who read them, and through which descriptor, where they were read.
    pub to: Option<FlowEnd>,
    /// What went.
    pub what: Flowed,
}

/// What went through an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flowed {
    /// So many bytes; the first of them.
    Bytes(u64, Vec<u8>),
    /// End of file arrived.
    Eof,
    /// So many bytes at the end of a message that was taken did not fit, and are gone.
    Lost(u64),
    /// A datagram of so many bytes was sent, and thrown away: there was no room for it.
    Dropped(u64),
}

/// An expectation held against the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The expectation, in the notation.
    pub expect: String,
    /// It was met.
    pub met: bool,
    /// What the kernel did, in the same words.
    pub got: String,
}
