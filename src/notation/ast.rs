//! What a line of the notation says.

mod measure;
mod memory;
mod net;
mod queue;
mod seen;
mod socket;
mod stdio;

pub use measure::{MeasureCall, Measured};
pub use memory::{MemoryCall, PRIVATE_MODE, Place};
pub use net::NetCall;
pub use queue::{QueueCall, QueueSizes};
pub use seen::Seen;
pub use socket::{Addr, OptionValue, Received, SocketCall, SocketDetail, SocketOption};
pub use stdio::{Buffering, StdioCall};

use crate::world::{FdNumber, MapName, ProcName};
use serde::{Deserialize, Serialize};

/// The reserved name of the stage itself, as the subject of `stage: start(NAME)`.
pub const STAGE: &str = "stage";

/// One meaningful line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `process: call(...)`
    Call(Directed),
    /// `expect clause, clause`
    Expect(Vec<Expect>),
}

/// A call and the process that is to make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directed {
    /// Who makes it; [`STAGE`] for [`Call::Start`] and [`Call::Type`].
    pub process: ProcName,
    /// What it makes.
    pub call: Call,
}

/// One system call with its arguments, as a person writes it.
///
/// Every argument the kernel accepts can be said, wrong ones too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields as the man page does")]
pub enum Call {
    /// `start(NAME)`, said by the stage: begin a process that is no relation of the others.
    Start { name: ProcName },
    /// `type(data)`, said by the stage: type into its terminal, as a person would.
    Type { data: Data },
    /// `pipe()`, `pipe(2)`
    Pipe,
    /// `pipe2(flags)`
    Pipe2 { flags: i32 },
    /// `fork(NAME)`; without a name the stage picks one.
    Fork { name: Option<ProcName> },
    /// `close(fd)`
    Close { fd: FdNumber },
    /// `dup(fd)`
    Dup { fd: FdNumber },
    /// `dup2(from, to)`
    Dup2 { from: FdNumber, to: FdNumber },
    /// `dup3(from, to, flags)`
    Dup3 { from: FdNumber, to: FdNumber, flags: i32 },
    /// `read(fd, count)`
    Read { fd: FdNumber, count: u64 },
    /// `write(fd, data)`
    Write { fd: FdNumber, data: Data },
    /// `open(path, flags[, mode])`
    Open { path: String, flags: i32, mode: u32 },
    /// `mkfifo(path[, mode])`
    Mkfifo { path: String, mode: u32 },
    /// `unlink(path)`
    Unlink { path: String },
    /// `fcntl(fd, F_..., argument)`
    Fcntl { fd: FdNumber, command: Fcntl },
    /// `signal(SIG, default|ignore)`
    Signal { signal: i32, disposition: Disposition },
    /// `kill(NAME|pid, SIG)`
    Kill { target: Target, signal: i32 },
    /// `wait()`
    Wait,
    /// `waitpid(NAME|pid|-1[, options])`
    Waitpid { target: Target, options: i32 },
    /// `exec(["ls", "-l"])`
    Exec { argv: Vec<String> },
    /// `printf(data)` and its kin
    Stdio(StdioCall),
    /// `exit(code)`: what stdio(3) still holds is written first.
    Exit { code: i32 },
    /// `_exit(code)`: at once.
    ExitNow { code: i32 },
    /// Shared memory: `mmap(...)` and its kin.
    Memory(MemoryCall),
    /// Message queues: `mq_open(...)` and its kin.
    Queue(QueueCall),
    /// A call on a socket.
    Socket(SocketCall),
    /// A loop that takes the time: `round_trips(...)` and its kin.
    Measure(MeasureCall),
    /// Network namespaces: `unshare(...)`, and the links between them.
    Net(NetCall),
    /// A call of a traced program that has no form of its own here.
    Seen(Box<Seen>),
}

/// How many bytes `read(fd)` asks for.
pub const DEFAULT_COUNT: u64 = 4096;
/// The mode that `open(path, flags)` and `mkfifo(path)` ask for; the umask is taken from it, as from any.
pub const DEFAULT_MODE: u32 = 0o666;

impl Call {
    /// The stage makes it, and no process.
    pub fn is_the_stages(&self) -> bool {
        matches!(self, Call::Start { .. } | Call::Type { .. })
    }

    /// Its C name: `pipe2`.
    pub fn name(&self) -> &str {
        match self {
            Call::Start { .. } => "start",
            Call::Type { .. } => "type",
            Call::Pipe => "pipe",
            Call::Pipe2 { .. } => "pipe2",
            Call::Fork { .. } => "fork",
            Call::Close { .. } => "close",
            Call::Dup { .. } => "dup",
            Call::Dup2 { .. } => "dup2",
            Call::Dup3 { .. } => "dup3",
            Call::Read { .. } => "read",
            Call::Write { .. } => "write",
            Call::Open { .. } => "open",
            Call::Mkfifo { .. } => "mkfifo",
            Call::Unlink { .. } => "unlink",
            Call::Fcntl { .. } => "fcntl",
            Call::Signal { .. } => "signal",
            Call::Kill { .. } => "kill",
            Call::Wait => "wait",
            Call::Waitpid { .. } => "waitpid",
            Call::Exec { .. } => "exec",
            Call::Stdio(call) => call.name(),
            Call::Exit { .. } => "exit",
            Call::ExitNow { .. } => "_exit",
            Call::Memory(call) => call.name(),
            Call::Queue(call) => call.name(),
            Call::Socket(call) => call.name(),
            Call::Measure(call) => call.name(),
            Call::Net(call) => call.name(),
            Call::Seen(call) => &call.name,
        }
    }

    /// The descriptor it puts bytes in through, and the bytes: write, send and their kin.
    pub fn puts(&self) -> Option<(FdNumber, &Data)> {
        match self {
            Call::Write { fd, data } => Some((*fd, data)),
            Call::Socket(call) => call.puts(),
            Call::Seen(call) => call.puts.as_ref().map(|(fd, data)| (*fd, data)),
            _ => None,
        }
    }

    /// The descriptor it moves bytes through, in or out.
    pub fn moves_through(&self) -> Option<FdNumber> {
        self.puts().map(|(fd, _)| fd).or(self.takes().map(|(fd, _)| fd))
    }

    /// The descriptor it takes bytes out through, and how many it asks for: read, recv and their kin, but for a look
    /// that leaves them there.
    pub fn takes(&self) -> Option<(FdNumber, u64)> {
        match self {
            Call::Read { fd, count } => Some((*fd, *count)),
            Call::Seen(call) => call.takes,
            Call::Socket(call) => call.takes().filter(|(.., peeks)| !peeks).map(|(fd, count, _)| (fd, count)),
            _ => None,
        }
    }
}

/// Bytes to write: `"x"`, or `"x" * 65536`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// The bytes between the quotes.
    pub unit: Vec<u8>,
    /// How often they are repeated; 1 where nothing was said.
    pub times: u64,
}

impl Data {
    /// The number of bytes in all.
    pub fn len(&self) -> u64 {
        (self.unit.len() as u64).saturating_mul(self.times)
    }

    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All the bytes, repetition carried out.
    pub fn bytes(&self) -> Vec<u8> {
        self.unit.repeat(usize::try_from(self.times).unwrap_or(0))
    }
}

/// The commands of `fcntl(2)` that the stage knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fcntl {
    /// `F_GETFL`
    GetFl,
    /// `F_SETFL, flags`
    SetFl(i32),
    /// `F_GETFD`
    GetFd,
    /// `F_SETFD, flags`
    SetFd(i32),
    /// `F_GETPIPE_SZ`
    GetPipeSize,
    /// `F_SETPIPE_SZ, bytes`
    SetPipeSize(i32),
    /// `F_DUPFD, lowest`
    DupFd(i32),
    /// `F_DUPFD_CLOEXEC, lowest`
    DupFdCloexec(i32),
}

/// What a signal is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disposition {
    /// `default` (`SIG_DFL`)
    Default,
    /// `ignore` (`SIG_IGN`)
    Ignore,
}

/// A process, by the name it has on the stage or by a number as the call takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The name on the stage.
    Name(ProcName),
    /// The number as it stands: a pid, or -1 and the like.
    Number(i32),
}

/// One clause of an `expect` line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// What the step's own call did.
    Own(Did),
    /// `NAME: clause`: what another process's call, released by this step, did.
    Other(ProcName, Did),
    /// `NAME is idle`, `NAME is blocked in read`
    State(ProcName, StateWord),
    /// `NAME holds 0 1 2 3`: exactly these descriptors.
    Holds(ProcName, Vec<FdNumber>),
    /// `bytes NAME.FD N`: bytes waiting in the pipe behind a descriptor.
    Bytes(ProcName, FdNumber, u64),
    /// `readers NAME.FD N`: open read ends of the pipe behind a descriptor.
    Readers(ProcName, FdNumber, usize),
    /// `writers NAME.FD N`: open write ends of the pipe behind a descriptor.
    Writers(ProcName, FdNumber, usize),
    /// `NAME keeps N`: bytes that printf(3) has kept in the process's own memory.
    Keeps(ProcName, u64),
    /// `word NAME.m1 OFFSET N`: the 64-bit word at an offset in a mapping.
    Word(ProcName, MapName, u64, Amount),
    /// `messages NAME.FD N`: messages waiting in the queue behind a descriptor.
    Messages(ProcName, FdNumber, u64),
    /// `finding RULE`
    Finding(String),
    /// `no finding RULE`
    NoFinding(String),
    /// `no findings`
    NoFindings,
    /// `shows "text"`: the stage's terminal has shown this.
    Shows(Vec<u8>),
}

/// How much there is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// `5`
    Exactly(u64),
    /// `below 5`
    Below(u64),
}

/// What a call did, as an expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Did {
    /// `returns 5`
    Returns(i64),
    /// `returns 3 4`: the two descriptors of a pipe.
    ReturnsPair(FdNumber, FdNumber),
    /// `returns m1`: the mapping that an mmap made.
    ReturnsMap(MapName),
    /// `data "hello"`: the bytes that a read brought.
    Data(Data),
    /// `priority 9`: that of the message that came.
    Priority(u32),
    /// `eof`: a read returned 0.
    Eof,
    /// `error EPIPE`; the number as in `errno(3)`.
    Error(i32),
    /// `blocks`
    Blocks,
    /// `exits 0`
    Exits(i32),
    /// `killed SIGPIPE`; the number as in `signal(7)`.
    Killed(i32),
    /// `running`
    Running,
}

/// The states that an expectation can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateWord {
    /// Waiting for its next instruction.
    Idle,
    /// Computing, or running a program of its own.
    Running,
    /// Asleep in a call that waits for another process; the call, where it was named.
    Blocked(Option<String>),
    /// Stopped by a signal.
    Stopped,
    /// Dead and not waited for.
    Zombie,
    /// Dead and reaped.
    Gone,
}
