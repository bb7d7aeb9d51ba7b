//! From numbers and registers to calls of the notation: what a thread is about to do, and whether that is of interest.

mod descriptors;
mod files;
mod moves;
mod notices;
mod processes;
mod queues;
mod several;
mod shared;
mod sockets;
mod system_v;
mod waits;

use super::memory::Memory;
use super::picture::{Class, Picture};
use crate::engine::Source;
use crate::notation::{Call, Seen, signal_name};
use crate::world::{FdNumber, Pid};
pub(super) use descriptors::text;
use nix::libc;
pub(super) use notices::Notice;
pub(super) use several::{epolled, ready, selected};
use smallvec::SmallVec;
use syscalls::Sysno;
pub(super) use system_v::{Does, SystemV, letter};

/// What is shown beside channels and processes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interest {
    /// Calls on ordinary files too.
    pub files: bool,
    /// Everything that is seen: calls of the loader, and those that fail in search of a program.
    pub all: bool,
}

impl Interest {
    /// Calls on ordinary files are told of.
    pub(super) fn files_too(self) -> bool {
        self.files || self.all
    }
}

/// What to do with a call.
pub(super) enum Verdict {
    /// It is of no interest: go on at once.
    Ignore,
    /// It belongs to the loader, or is on an ordinary file: go on at once, and count it.
    LeaveOut,
    /// See what it returns.
    Follow(Box<Pending>),
}

/// A call whose return is awaited.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) call: Call,
    pub(super) arguments: [u64; 6],
    pub(super) then: Then,
    pub(super) show: Show,
    /// It was told of as blocked.
    pub(super) told: bool,
    /// The line that it is made from.
    pub(super) source: Option<Source>,
}

impl Pending {
    /// What it brings comes from somebody else's call.
    pub(super) fn takes(&self) -> bool {
        use Then::{
            Accepted, Epolled, Message, Polled, Selected, Took, TookFrom, TookMessage, TookMessages, Waited, WaitedInfo,
        };
        let taking = matches!(
            self.then,
            Took(..)
                | TookFrom(..)
                | TookMessage(..)
                | TookMessages(_)
                | Accepted(..)
                | Waited(_)
                | WaitedInfo(_)
                | Message(..)
                | Polled(..)
                | Selected(..)
                | Epolled(..)
        );
        taking || self.show == Show::IfBlocked || self.then.system_v().is_some_and(SystemV::takes)
    }
}

/// Whether a call is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Always,
    /// Only where it has blocked: a look that finds something is no news.
    IfBlocked,
    /// Not where it fails so: the search for a program.
    NotIf(i32),
    /// Only where it fails so.
    OnlyIf(i32),
}

/// What its return changes, and where what it brought is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// Two descriptors are at this address.
    Pair(u64),
    /// The value is a new descriptor.
    New,
    /// The value is a new descriptor, in place of another perhaps.
    Copied,
    Closed(FdNumber),
    /// Any descriptor may have been closed.
    Table,
    /// Bytes were put in through this descriptor.
    Put(FdNumber),
    /// As that, and descriptors may have gone with them.
    Sent(FdNumber),
    /// Bytes were taken out through it into these pieces of memory.
    Took(FdNumber, SmallVec<[(u64, u64); 1]>),
    /// As that, from whom: address of a sockaddr and of its length.
    TookFrom(FdNumber, (u64, u64), (u64, u64)),
    /// As that, by recvmsg: the header's address.
    TookMessage(FdNumber, u64),
    /// As that, by recvmmsg.
    TookMessages(FdNumber),
    /// Bytes went from one descriptor to another.
    Moved(FdNumber, FdNumber),
    /// The flags of a descriptor or its description are others.
    Flags(FdNumber),
    /// A file has another name, or one less: what links say of it is something else.
    Renamed,
    /// A name is gone: what is open or mapped under it is called otherwise.
    Unnamed,
    /// The value is the address of a new mapping; so long, through this descriptor where there was one.
    Mapped(u64, Option<FdNumber>),
    /// The value is the number of a piece of System V memory.
    Segment,
    /// The value is the address where such a piece is mapped now.
    Attached,
    /// What was mapped at this address is not any more.
    Detached(u64),
    /// This piece is removed, or goes with the last who has it mapped.
    SegmentGone(u64),
    /// The capacity of a pipe, or the length of a file, is another.
    Size(FdNumber),
    /// A socket's state is another.
    Socket(FdNumber),
    /// A connection; the peer's address is there, its length's address.
    Accepted(u64, u64),
    /// A child was reaped; its status is there.
    Waited(u64),
    /// As that, by waitid: the siginfo_t.
    WaitedInfo(u64),
    /// A message came from a queue: buffer, and where the priority is.
    Message(FdNumber, u64, u64),
    /// A System V queue or semaphores are others, or were asked about.
    SystemV(Box<SystemV>),
    /// What poll found: the list, and how long it is.
    Polled(u64, u64),
    /// What select left in its sets: how many descriptors they are for, and where they are, or 0.
    Selected(u64, [u64; 3]),
    /// What an epoll instance found: the instance, and the list.
    Epolled(FdNumber, u64),
    Thread,
    Fork,
    /// As that, and the child uses the same table.
    ForkSharing,
    Exec,
    /// It wanted to trace.
    Traced,
}

impl Then {
    /// It may close a descriptor of the caller: nobody may look through one meanwhile.
    pub(super) fn closes(&self) -> bool {
        matches!(self, Then::Closed(_) | Then::Table | Then::Copied | Then::Exec)
    }

    /// It waits for a child.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Then::Waited(_) | Then::WaitedInfo(_))
    }

    /// The System V object that it is about.
    pub(super) fn system_v(&self) -> Option<&SystemV> {
        match self {
            Then::SystemV(call) => Some(call),
            _ => None,
        }
    }
}

/// A thread at a call.
pub(super) struct Caller<'p> {
    pub(super) tid: Pid,
    pub(super) pid: Pid,
    pub(super) picture: &'p mut Picture,
    pub(super) interest: Interest,
    pub(super) number: u64,
    pub(super) arguments: [u64; 6],
    /// Whether calls of it are told of, where nothing else is said.
    pub(super) show: Show,
}

impl Caller<'_> {
    /// Decode the call.
    pub(super) fn decode(&mut self) -> Verdict {
        let name = usize::try_from(self.number).ok().and_then(Sysno::new).map_or("?", |sysno| sysno.name());
        // What a write to a counter is must be known before it is taken for any write.
        let families = [
            notices::decode,
            moves::decode,
            several::decode,
            waits::decode,
            descriptors::decode,
            processes::decode,
            sockets::decode,
            files::decode,
            queues::decode,
            shared::decode,
            system_v::decode,
        ];
        families.iter().find_map(|decode| decode(self, name)).unwrap_or(Verdict::Ignore)
    }

    pub(super) fn memory(&self) -> Memory<'_> {
        self.picture.memory(self.pid, self.tid)
    }

    /// The n-th argument, from 0.
    fn arg(&self, n: usize) -> u64 {
        self.arguments.get(n).copied().unwrap_or(0)
    }

    /// Registers are 64 bits wide and an int is not: the upper half may hold anything.
    fn int(&self, n: usize) -> i32 {
        let [a, b, c, d, ..] = self.arg(n).to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }

    fn follow(&self, call: Call, then: Then) -> Option<Verdict> {
        self.shown(call, then, self.show)
    }

    fn shown(&self, call: Call, then: Then, show: Show) -> Option<Verdict> {
        let show = if self.interest.all { Show::Always } else { show };
        Some(Verdict::Follow(Box::new(Pending {
            call,
            arguments: self.arguments,
            then,
            show,
            told: false,
            source: None,
        })))
    }

    /// Whether calls on this descriptor are told of; if not, what to do with them. One on a number that is not open is told of where
    /// that is what the kernel answers.
    fn of_interest(&mut self, fd: FdNumber) -> Result<(), Verdict> {
        match self.picture.class(self.pid, fd) {
            Class::Channel => Ok(()),
            Class::File | Class::Terminal if self.interest.files || self.interest.all => Ok(()),
            Class::File | Class::Terminal => Err(Verdict::LeaveOut),
            Class::Closed => {
                self.show = Show::OnlyIf(libc::EBADF);
                Ok(())
            }
        }
    }
}

/// `0.1 s`
pub(super) fn seconds(whole: u64, nanoseconds: u64) -> String {
    let part = format!("{nanoseconds:09}");
    match part.trim_end_matches('0') {
        "" => format!("{whole} s"),
        part => format!("{whole}.{part} s"),
    }
}

/// The signals of a set. The kernel knows no others than 1 to 64, each by a bit.
fn signals_of(set: u64) -> impl Iterator<Item = String> {
    (1..=64).filter(move |n| set >> (n - 1) & 1 != 0).map(signal_name)
}

/// A call in C-like text.
fn seen(name: &str, arguments: String) -> Call {
    Call::Seen(Box::new(Seen::new(name, arguments)))
}
