//! Stage: real processes, directed by us, that carry no trace of the director.

use crate::notation::{Completion, Directed};
use crate::observe::Subject;
use crate::world::Pid;
use std::path::Path;
use std::time::Duration;

/// How to set up a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Let exec run any program, not only the short harmless list.
    pub allow_exec: bool,
    /// Let open, mkfifo and unlink reach outside the stage's own scratch folder.
    pub allow_files: bool,
    /// Size of the stage's terminal: rows, columns.
    pub terminal: (u16, u16),
}

/// Why the stage could not be set up or lost its warden; the text says the way out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StageError(pub String);

/// Why a call was not handed to the process at all; the kernel was not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No living process has that name.
    #[error("there is no process called {0}")]
    NoSuchProcess(String),
    /// It still is in a call.
    #[error("{0}")]
    Busy(String),
    /// It is not allowed here; the text names the option that would allow it.
    #[error("{0}")]
    NotAllowed(String),
    /// The stage cannot carry it out (too many processes, a name taken, data too long).
    #[error("{0}")]
    Impossible(String),
}

/// What had happened when the stage came to rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// The call that was issued; its outcome may be `Blocked` or `Running`.
    pub own: Option<Completion>,
    /// Calls of others that ended meanwhile, and processes that did.
    pub resumed: Vec<Completion>,
}

/// A running stage. Dropping it ends every process on it and removes its scratch folder.
pub struct Stage {}

impl Stage {
    /// Set up an empty stage: warden, terminal, shared memory, scratch folder.
    pub fn start(_options: &Options) -> Result<Stage, StageError> {
        Err(StageError("not yet".into()))
    }

    /// Begin a process that is no relation of the others.
    pub fn start_process(&mut self, _name: &str) -> Result<Pid, Refusal> {
        Err(Refusal::Impossible("not yet".into()))
    }

    /// Hand a call to its process, and return at once.
    pub fn issue(&mut self, _directed: &Directed) -> Result<(), Refusal> {
        Err(Refusal::Impossible("not yet".into()))
    }

    /// Wait until each process is idle, dead, or seen twice asleep in a call, at most until the deadline.
    pub fn settle(&mut self, _deadline: Duration) -> Settled {
        Settled::default()
    }

    /// What ended since the last look, without a step. Cheap enough for several times a second.
    pub fn notice(&mut self) -> Vec<Completion> {
        Vec::new()
    }

    /// Every process there ever was on this stage, as observe takes them.
    pub fn subjects(&self) -> Vec<Subject> {
        Vec::new()
    }

    /// What the processes wrote to their terminal since the last call.
    pub fn terminal_output(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Type into the stage's terminal.
    pub fn type_in(&mut self, _bytes: &[u8]) {}

    /// The stage's own folder, where relative paths lead.
    pub fn scratch(&self) -> &Path {
        Path::new("/")
    }
}
