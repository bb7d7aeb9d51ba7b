//! The tape: a moment as lines of the notation, for the message pane and the transcript alike.

use super::Moment;
use crate::world::{ObjectId, ProcName};

/// One line of the tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeLine {
    /// The step it belongs to.
    pub step: usize,
    /// What kind of line it is.
    pub kind: TapeKind,
    /// Whose line it is.
    pub process: Option<ProcName>,
    /// What object it is about.
    pub object: Option<ObjectId>,
    /// The line, escaped, without the process's name.
    pub text: String,
}

/// The kinds of tape line, each with its own look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapeKind {
    /// A call that returned.
    Call,
    /// A call that failed.
    Error,
    /// A call that has not returned.
    Blocked,
    /// A call that was blocked and has now ended.
    Resumed,
    /// Bytes on their way.
    Data,
    /// End of file.
    Eof,
    /// A process ended.
    Death,
    /// An expectation that was not met.
    Failed,
}

/// The lines of one moment, in order.
pub fn lines(moment: &Moment) -> Vec<TapeLine> {
    let _ = moment;
    Vec::new()
}
