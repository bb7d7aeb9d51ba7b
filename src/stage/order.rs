//! A call made ready for a mailbox: checked, and put into numbers and bytes.

mod measure;
mod memory;
mod net;
mod queue;

pub(super) use measure::measured;

use super::cast::Cast;
use super::memory::AREA;
use super::perform::Op;
use super::{Options, Refusal, permit};
use crate::notation::{Buffering, Call, Data, Disposition, Fcntl, StdioCall, Target};
use crate::world::{Pid, ProcName};
use nix::libc;
use std::path::Path;

/// The longest unit of data that can be repeated, and the most that one write can be given.
const UNIT: usize = 1 << 20;
const MOST: u64 = 64 << 20;
/// The most that the arguments of an exec may come to.
const ARGUMENTS: usize = 1 << 20;
/// The longest path that is handed on; far more than PATH_MAX, so that the kernel can refuse it itself.
const PATH: usize = 64 << 10;

/// What goes into a mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) op: Op,
    pub(super) args: [i64; 4],
    /// What is laid into the area.
    pub(super) bytes: Vec<u8>,
    /// How much of the area the call may touch.
    pub(super) used: usize,
    /// For a fork: the child's mailbox and name.
    pub(super) child: Option<(usize, ProcName)>,
}

impl Order {
    fn new(op: Op, args: [i64; 4]) -> Order {
        Order { op, args, bytes: Vec::new(), used: 0, child: None }
    }

    fn with(mut self, bytes: Vec<u8>) -> Order {
        self.used = self.used.max(bytes.len());
        self.bytes = bytes;
        self
    }
}

/// What a call is checked against.
pub(super) struct Rules<'s> {
    pub(super) cast: &'s Cast,
    pub(super) options: &'s Options,
    pub(super) scratch: &'s Path,
    /// Who is to make the call.
    pub(super) actor: usize,
}

impl Rules<'_> {
    /// Make it ready.
    ///
    /// # Errors
    /// Where it is not allowed or cannot be carried out. Wrong arguments are no error here: the kernel judges them.
    pub(super) fn order(&self, call: &Call) -> Result<Order, Refusal> {
        let n = i64::from;
        Ok(match call {
            Call::Start { .. } => {
                return Err(Refusal::Impossible("only the stage starts a process: stage: start(NAME)".into()));
            }
            Call::Type { .. } => {
                return Err(Refusal::Impossible("only the stage types: stage: type(\"hello\\n\")".into()));
            }
            Call::Pipe => Order::new(Op::Pipe2, [0; 4]),
            Call::Pipe2 { flags } => Order::new(Op::Pipe2, [n(*flags), 0, 0, 0]),
            Call::Fork { name } => self.fork(name.as_deref())?,
            Call::Close { fd } => Order::new(Op::Close, [n(*fd), 0, 0, 0]),
            Call::Dup { fd } => Order::new(Op::Dup, [n(*fd), 0, 0, 0]),
            Call::Dup2 { from, to } => Order::new(Op::Dup2, [n(*from), n(*to), 0, 0]),
            Call::Dup3 { from, to, flags } => Order::new(Op::Dup3, [n(*from), n(*to), n(*flags), 0]),
            Call::Read { fd, count } => {
                let used = usize::try_from(*count).unwrap_or(AREA).min(AREA);
                Order { used, ..Order::new(Op::Read, [n(*fd), count.cast_signed(), 0, 0]) }
            }
            Call::Write { fd, data } => write(Op::Write, "write", *fd, data)?,
            Call::Open { path, flags, mode } => {
                Order::new(Op::Open, [n(*flags), i64::from(*mode), 0, 0]).with(self.path("open", path, true)?)
            }
            Call::Mkfifo { path, mode } => {
                Order::new(Op::Mkfifo, [i64::from(*mode), 0, 0, 0]).with(self.path("mkfifo", path, false)?)
            }
            Call::Unlink { path } => Order::new(Op::Unlink, [0; 4]).with(self.path("unlink", path, false)?),
            Call::Fcntl { fd, command } => {
                let (command, argument) = fcntl(*command);
                Order::new(Op::Fcntl, [n(*fd), n(command), n(argument), 0])
            }
            Call::Signal { signal, disposition } => {
                let handler = match disposition {
                    Disposition::Default => libc::SIG_DFL,
                    Disposition::Ignore => libc::SIG_IGN,
                };
                Order::new(Op::Signal, [n(*signal), handler as i64, 0, 0])
            }
            Call::Kill { target, signal } => Order::new(Op::Kill, [n(self.kill(target)?), n(*signal), 0, 0]),
            Call::Wait => Order::new(Op::Wait4, [-1, 0, 0, 0]),
            Call::Waitpid { target, options } => Order::new(Op::Wait4, [n(self.child(target)?), n(*options), 0, 0]),
            Call::Exec { argv } => self.exec(argv)?,
            Call::Stdio(StdioCall::Printf { data }) => write(Op::Printf, "printf", 1, data)?,
            Call::Stdio(StdioCall::Fflush) => Order::new(Op::Fflush, [0; 4]),
            Call::Stdio(StdioCall::Setvbuf { mode }) => Order::new(Op::Setvbuf, [n(buffering(*mode)), 0, 0, 0]),
            Call::Exit { code } => Order::new(Op::Exit, [n(*code), 1, 0, 0]),
            Call::ExitNow { code } => Order::new(Op::Exit, [n(*code), 0, 0, 0]),
            Call::Memory(call) => self.memory(call)?,
            Call::Queue(call) => self.queue(call)?,
            Call::Measure(call) => self.measure(call)?,
            Call::Socket(call) => self.socket(self.actor, call)?,
            Call::Net(call) => self.net(call)?,
            Call::Seen(_) => {
                return Err(Refusal::Impossible(format!(
                    "{} was seen in a traced program, and cannot be made here",
                    call.name()
                )));
            }
        })
    }

    fn fork(&self, name: Option<&str>) -> Result<Order, Refusal> {
        let name = name.map_or_else(|| self.cast.pick_name(), str::to_owned);
        self.cast.check_name(&name)?;
        let slot = self.cast.free_slot()?;
        Ok(Order { child: Some((slot, name)), ..Order::new(Op::Fork, [slot as i64, 0, 0, 0]) })
    }

    fn path(&self, call: &str, path: &str, opens: bool) -> Result<Vec<u8>, Refusal> {
        if path.contains('\0') {
            return Err(Refusal::Impossible(format!("the path of {call} cannot hold a NUL byte")));
        }
        if path.len() > PATH {
            return Err(Refusal::Impossible(format!("the path of {call} is longer than {PATH} bytes")));
        }
        if !self.options.allow_files {
            permit::path(call, path, self.scratch, opens)?;
        }
        Ok(strings([path]))
    }

    fn kill(&self, target: &Target) -> Result<Pid, Refusal> {
        match target {
            Target::Number(number) => {
                let mine = self.cast.actors.iter().any(|a| a.pid == *number && a.there());
                permit::kill(*number, mine).map(|()| *number)
            }
            Target::Name(name) => {
                let pid = self.pid(name)?;
                // Gone, and its number free: the kernel says ESRCH. Not where somebody else has got the number.
                let reused = !self.cast.actors.iter().any(|a| a.pid == pid && a.there())
                    && Path::new(&format!("/proc/{pid}")).exists();
                if reused { permit::kill(pid, false).map(|()| pid) } else { Ok(pid) }
            }
        }
    }

    fn child(&self, target: &Target) -> Result<Pid, Refusal> {
        match target {
            Target::Number(number) => Ok(*number),
            Target::Name(name) => self.pid(name),
        }
    }

    fn pid(&self, name: &str) -> Result<Pid, Refusal> {
        match self.cast.named(name) {
            Some(actor) => Ok(actor.pid),
            None => self.cast.living(name).map(|_| 0),
        }
    }

    fn exec(&self, argv: &[String]) -> Result<Order, Refusal> {
        let program = permit::program(argv, self.options.allow_exec)?;
        let spelt = permit::brought(argv);
        let argv = spelt.as_deref().unwrap_or(argv);
        let folder = self.scratch.to_string_lossy();
        let environment = [
            "PATH=/usr/bin:/bin".to_owned(),
            "LANG=C.UTF-8".to_owned(),
            "TERM=dumb".to_owned(),
            format!("HOME={folder}"),
            format!("TMPDIR={folder}"),
        ];
        let counts = [argv.len() as i64, environment.len() as i64, 0, 0];
        let all = std::iter::once(&program).chain(argv).chain(&environment).map(String::as_str);
        let bytes = strings(all);
        if bytes.len() > ARGUMENTS {
            return Err(Refusal::Impossible(format!("the arguments of exec are longer than {ARGUMENTS} bytes")));
        }
        Ok(Order::new(Op::Execve, counts).with(bytes))
    }
}

fn buffering(mode: Buffering) -> i32 {
    match mode {
        Buffering::None => libc::_IONBF,
        Buffering::Line => libc::_IOLBF,
        Buffering::Full => libc::_IOFBF,
    }
}

fn write(op: Op, name: &str, fd: i32, data: &Data) -> Result<Order, Refusal> {
    if data.unit.len() > UNIT || data.len() > MOST {
        return Err(Refusal::Impossible(format!(
            "{name} can be given {} MiB at once, and {} MiB between the quotes: give it less, several times",
            MOST >> 20,
            UNIT >> 20
        )));
    }
    let args = [i64::from(fd), data.unit.len() as i64, i64::try_from(data.times).unwrap_or(i64::MAX), 0];
    let used = usize::try_from(data.len()).unwrap_or(AREA).min(AREA);
    Ok(Order { used, ..Order::new(op, args).with(data.unit.clone()) })
}

fn fcntl(command: Fcntl) -> (i32, i32) {
    match command {
        Fcntl::GetFl => (libc::F_GETFL, 0),
        Fcntl::SetFl(flags) => (libc::F_SETFL, flags),
        Fcntl::GetFd => (libc::F_GETFD, 0),
        Fcntl::SetFd(flags) => (libc::F_SETFD, flags),
        Fcntl::GetPipeSize => (libc::F_GETPIPE_SZ, 0),
        Fcntl::SetPipeSize(bytes) => (libc::F_SETPIPE_SZ, bytes),
        Fcntl::DupFd(lowest) => (libc::F_DUPFD, lowest),
        Fcntl::DupFdCloexec(lowest) => (libc::F_DUPFD_CLOEXEC, lowest),
    }
}

/// One behind the other, each with its NUL.
fn strings<'a>(all: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in all {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}
