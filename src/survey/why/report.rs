//! What is found, as it is handed on.

use crate::world::{Access, FdNumber, Object, Pid};
use std::rc::Rc;

/// What to do beyond reading /proc.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Look at the bytes that wait in pipes: for that a read end of each is opened for some microseconds.
    pub peek: bool,
    /// Leave out the words that processes were started with: each costs a file.
    pub wordless: bool,
}

/// Something that a process sleeps in, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name: `eof-withheld`.
    pub rule: &'static str,
    /// The process.
    pub pid: Pid,
    /// The thread; the process's own id for its first.
    pub tid: Pid,
    /// The name of the thread, where it has one of its own.
    pub thread: Option<String>,
    /// The process's command.
    pub comm: String,
    /// The words it was started with, where they tell more than that.
    pub command: Option<Rc<str>>,
    /// The user it acts as.
    pub user: Rc<str>,
    /// The call it sleeps in, `read(3)`; empty where it is about a process as a whole.
    pub call: String,
    /// The line of the program's source text that it was made from, where whoever asks has looked for it.
    pub line: Option<Line>,
    /// The descriptor it waits on.
    pub fd: Option<FdNumber>,
    /// What that refers to: `pipe:[9751]`.
    pub object: Option<String>,
    /// Who holds what would release it, itself included: every one on the machine that may be seen.
    pub holders: Vec<Holder>,
    /// Processes that did not let us look: each may hold an end too.
    pub unseen: usize,
    /// Sockets in which descriptors are in flight, that end perhaps among them; empty where that is no question.
    pub in_flight: Vec<InFlight>,
    /// What is to be said, in one or more sentences.
    pub text: String,
    /// What would cure it, one call or command a line; empty where there is none.
    pub fix: String,
    /// Nothing that can be seen will release it.
    pub stuck: bool,
    /// The pipe or FIFO with what waits in it, where a peek was asked for.
    pub peeked: Option<Object>,
}

/// A line of a program's source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The path of the file, as the compiler or the interpreter has it.
    pub file: String,
    /// Its number, from 1.
    pub number: u32,
    /// The function that it is in, where that is known.
    pub function: Option<String>,
    /// What it says, where the text can be had.
    pub text: Option<String>,
}

/// A socket in which descriptors wait that were sent and not received yet; the kernel does not tell what they refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// Its name: `socket:[9752]`.
    pub socket: String,
    /// How many wait in it; `None` where nobody holds it, so that nobody can ask.
    pub descriptors: Option<u64>,
    /// It is a listener: they were sent over connections that nobody has accepted.
    pub listens: bool,
    /// Who could receive them; of a listener after an accept. Nobody where the socket is in flight itself.
    pub holders: Vec<Holder>,
}

/// A descriptor that holds an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: Pid,
    /// The process's command.
    pub comm: String,
    /// The words it was started with, where they tell more than that.
    pub command: Option<Rc<str>>,
    /// The user that acts as.
    pub user: Rc<str>,
    /// The descriptor; `None` for who holds something without one (a child, a lock).
    pub fd: Option<FdNumber>,
    /// In which directions it may be used.
    pub access: Access,
    /// What that process is doing.
    pub doing: String,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings, by process and thread.
    pub findings: Vec<Finding>,
    /// Asked about everybody: how many processes sleep as servers and shells do all day, and are not told of.
    pub ordinary: usize,
    /// Those asked about that wait for nothing, by name.
    pub awake: Vec<String>,
    /// Processes that did not let us look, by name, user and pid.
    pub unseen: Vec<String>,
    /// /proc does not even list the processes of others.
    pub hidden: bool,
    /// We act as root: nobody could see more by becoming it.
    pub root: bool,
    /// So many processes seemed to be stuck, and did not hold still while that was looked at once more: they are not told of.
    /// Another reading may tell.
    pub moved: usize,
}

impl Finding {
    /// More than the ordinary waiting of an idle machine.
    pub fn is_trouble(&self) -> bool {
        const ALWAYS: [&str; 7] = [
            "eof-withheld",
            "writer-blocked-on-full",
            "peer-not-reading",
            "not-accepted",
            "waiting-for-lock",
            "queue-full",
            "stopped",
        ];
        const NEVER: [&str; 5] =
            ["waiting-elsewhere", "waiting-for-thread", "not-permitted", "own-end", "dead-not-waited-for"];
        ALWAYS.contains(&self.rule) || self.stuck && !NEVER.contains(&self.rule)
    }
}
