//! Stage: real processes, directed by us, that carry no trace of the director.
//!
//! Three kinds of process. The *director* is the program itself: it hands out calls and waits until the stage has come
//! to rest. The *warden* ([`warden_main`]) is the program run again with a hidden argument: it starts the first
//! processes, buries the dead, and ends everything when the director is gone. A *lesson process* takes a call from its
//! mailbox in shared memory, makes it, and tells what came of it; it has no descriptor and no signal handler of ours.

mod cast;
mod complete;
mod director;
mod keeper;
mod kernel;
mod memory;
mod names;
mod order;
mod perform;
mod permit;
mod pidfd;
mod settle;
mod socket;
mod terminal;
mod warden;

pub use permit::{HARMLESS, missing};
pub use terminal::Terminal;
pub use warden::{is_warden, warden_main};

use crate::notation::{Call, Completion};
use std::path::PathBuf;
use std::process::Child;

/// How to set up a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Let exec run any program, not only the short harmless list.
    pub allow_exec: bool,
    /// Let open, mkfifo and unlink reach outside the stage's own scratch folder.
    pub allow_files: bool,
    /// Let sockets reach beyond loopback and the stage's own UNIX sockets.
    pub allow_network: bool,
    /// Size of the stage's terminal: rows, columns.
    pub terminal: (u16, u16),
    /// The program to run as the warden: one whose main begins with [`is_warden`]. `None`: this one.
    pub warden: Option<PathBuf>,
}

/// Why the stage could not be set up or lost its warden; the text says the way out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StageError(pub String);

/// Why a call was not handed to the process at all; the kernel was not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No living process has that name; the text says whether there was one, and how it ended.
    #[error("{0}")]
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

/// What happened without a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noticed {
    /// Calls that ended, and processes that did.
    pub completions: Vec<Completion>,
    /// Some process has another state, call or number of descriptors, or a program has run, since the last look: it is
    /// worth observing again.
    pub stirred: bool,
}

/// A running stage. Dropping it ends every process on it and removes its scratch folder.
pub struct Stage {
    memory: memory::Memory,
    warden: Child,
    /// The way to give orders to the warden; its end is the warden's end.
    orders: Option<std::os::unix::net::UnixStream>,
    terminal: terminal::Terminal,
    scratch: PathBuf,
    options: Options,
    cast: cast::Cast,
    /// How many of the warden's reports were read.
    reaped_seen: u32,
    /// The stamp of the answer that was taken last.
    last_stamp: u32,
    /// The mailbox of the process that the warden is starting, and the call that asked for it.
    starting: Option<(usize, Call)>,
    /// Who was given the last call, and what became of it.
    own: Option<usize>,
    own_done: Option<Completion>,
    lost: bool,
}
