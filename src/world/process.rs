//! A process, its state and its table of file descriptors.

use super::memory::Space;
use super::object::{Contents, ObjectId};
use super::thread::Thread;
use nix::libc;
use serde::{Deserialize, Serialize};

/// A process id, as in `getpid(2)`.
pub type Pid = i32;
/// An index into a process's file descriptor table.
pub type FdNumber = i32;
/// The name a process has on the stage (`parent`, `child`).
pub type ProcName = String;

/// A value that the kernel may refuse to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known<T> {
    /// The kernel said so.
    Yes(T),
    /// It could not be read; the text says why, in words fit for the screen.
    No(String),
}

impl<T> Known<T> {
    /// The value, where it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Known::Yes(v) => Some(v),
            Known::No(_) => None,
        }
    }

    /// Why it is not known, where it is not.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Known::Yes(_) => None,
            Known::No(why) => Some(why),
        }
    }
}

/// One process of the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its name on the stage; unique among the living.
    pub name: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// The id of its parent, from `/proc/PID/stat` (the last one seen, once it is gone).
    pub ppid: Pid,
    /// The program it runs after an exec: `/proc/PID/comm`. `None` while it still obeys the stage.
    pub program: Option<String>,
    /// What it is doing.
    pub state: State,
    /// Its descriptors in ascending order; empty for a zombie, whose ends the kernel has already closed.
    pub fds: Vec<Fd>,
    /// Why the descriptors could not be read, where they could not.
    pub fds_unreadable: Option<String>,
    /// What printf(3) keeps in the process's own memory, of which the kernel knows nothing; `None` where it has printed
    /// nothing yet, or runs a program of its own.
    pub stdout: Option<Known<Buffered>>,
    /// The memory it has mapped.
    pub space: Space,
    /// Its threads by their ids, where it is traced and has, or had, several; else none.
    pub threads: Vec<Thread>,
}

/// The buffer of C's `stdout`, stdio(3), as it lies in a process's memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffered {
    /// Bytes that were printed and not written.
    pub bytes: u64,
    /// How many bytes it can hold.
    pub size: u64,
    /// When it is written.
    pub mode: Buffering,
    /// The bytes themselves.
    pub contents: Contents,
}

/// When a stream's bytes are handed to the kernel, setvbuf(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Buffering {
    /// At once.
    None,
    /// At the end of each line: what a terminal gets.
    Line,
    /// When the buffer is full: what anything else gets.
    Full,
}

impl Process {
    /// The descriptor with this number.
    pub fn fd(&self, number: FdNumber) -> Option<&Fd> {
        self.fds.iter().find(|f| f.number == number)
    }
}

/// What a process is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waiting for its next instruction from the stage.
    Idle,
    /// On a processor, or asleep in something that is not one of the calls that wait for another process.
    Running,
    /// Asleep in a system call that waits for another process.
    Blocked(BlockedIn),
    /// Stopped by a signal (state T in `/proc/PID/stat`).
    Stopped,
    /// Dead and not waited for; the table is gone.
    Zombie(Death),
    /// Dead and reaped.
    Gone(Death),
}

impl State {
    /// Neither a zombie nor gone.
    pub fn is_alive(&self) -> bool {
        !matches!(self, State::Zombie(_) | State::Gone(_))
    }

    /// How it ended, of a zombie and of one that is gone.
    pub fn death(&self) -> Option<Death> {
        match self {
            State::Zombie(death) | State::Gone(death) => Some(*death),
            _ => None,
        }
    }

    /// The call it is blocked in, where it is.
    pub fn blocked_in(&self) -> Option<&BlockedIn> {
        match self {
            State::Blocked(b) => Some(b),
            _ => None,
        }
    }
}

/// How a process ended, from its wait status (`wait(2)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Death {
    /// It called exit with this code (0 to 255).
    Exited(i32),
    /// A signal killed it; the number as in `signal(7)`.
    Killed(i32),
    /// It is dead, and nobody could read how.
    Unknown,
}

/// The system call that a process sleeps in, from `/proc/PID/syscall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedIn {
    /// The call's C name: `read`, `write`, `wait4` shown as `wait`, `openat` as `open`.
    pub call: String,
    /// The descriptor it waits on, where the call has one.
    pub fd: Option<FdNumber>,
    /// The process it waits for: `wait` for one child; `None` inside for any child.
    pub child: Option<Pid>,
    /// The path a blocked `open` waits at.
    pub path: Option<String>,
    /// How many bytes it asked to move (the third argument of read and write).
    pub count: Option<u64>,
    /// For which access a blocked `open` asked (its flags).
    pub opens: Option<Access>,
}

/// One entry of a file descriptor table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fd {
    /// Its number.
    pub number: FdNumber,
    /// What it refers to.
    pub target: Target,
    /// In which directions it may be used.
    pub access: Access,
    /// Close-on-exec: a flag of this descriptor alone (`FD_CLOEXEC`).
    pub cloexec: bool,
    /// Non-blocking: a flag of the open file description, shared by every copy (`O_NONBLOCK`).
    pub nonblock: bool,
    /// Which call made it; `None` for what the process began with.
    pub origin: Option<Origin>,
}

/// What a descriptor refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The stage's terminal.
    Terminal,
    /// A kernel object that several descriptors may share (see [`super::World::objects`]).
    Object(ObjectId),
    /// Anything else, as `readlink /proc/PID/fd/N` says it.
    Other(String),
}

impl Target {
    /// The object's identity, where the target is one.
    pub fn object(&self) -> Option<&ObjectId> {
        match self {
            Target::Object(id) => Some(id),
            _ => None,
        }
    }
}

/// In which directions a descriptor may be used: the low two bits of its `flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Access {
    /// `O_RDONLY`
    #[serde(rename = "r")]
    Read,
    /// `O_WRONLY`
    #[serde(rename = "w")]
    Write,
    /// `O_RDWR`
    #[serde(rename = "rw")]
    ReadWrite,
    /// `O_PATH` and the like: neither.
    #[serde(rename = "-")]
    None,
}

impl Access {
    /// What the flags of an open ask for; `None` where they ask for no valid access, or for none (`O_PATH`).
    pub fn of_flags(flags: i32) -> Option<Access> {
        match flags & libc::O_ACCMODE {
            _ if flags & libc::O_PATH != 0 => None,
            libc::O_RDONLY => Some(Access::Read),
            libc::O_WRONLY => Some(Access::Write),
            libc::O_RDWR => Some(Access::ReadWrite),
            _ => None,
        }
    }

    /// Bytes can be taken out through it.
    pub fn reads(self) -> bool {
        matches!(self, Access::Read | Access::ReadWrite)
    }

    /// Bytes can be put in through it.
    pub fn writes(self) -> bool {
        matches!(self, Access::Write | Access::ReadWrite)
    }
}

/// Where a descriptor came from.
///
/// The one thing here that the kernel does not keep: it is derived from the calls that were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The step that made it.
    pub step: usize,
    /// The call that made it, in the notation, without the process: `pipe()`.
    pub call: String,
    /// Each fork that handed it on, oldest first.
    pub inherited: Vec<InheritedBy>,
}

/// One fork that handed a descriptor to a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InheritedBy {
    /// The step of the fork.
    pub step: usize,
    /// The parent it came from.
    pub from: ProcName,
}
