//! What became of a call.

use super::{Call, Measured, SocketDetail};
use crate::world::{BlockedIn, Death, FdNumber, MapName, ObjectId, Pid, ProcName};
use nix::libc;
use serde::{Deserialize, Serialize};

/// What the kernel did with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned this value (0 or more).
    Returned(i64),
    /// It returned -1; the number as in `errno(3)`.
    Error(i32),
    /// It has not returned: the process sleeps in it.
    Blocked(BlockedIn),
    /// The process ended, by the call or in it.
    Died(Death),
    /// It has not returned and the process does not sleep: it computes, or is stopped.
    Running,
    /// A signal interrupted it. It is made again or returns `EINTR`, as the program asked for with `sigaction(2)`.
    Interrupted,
    /// Not a call: this signal arrived, from this process where one sent it.
    Signal(i32, Option<Pid>),
}

/// What a call brought beside its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// Two descriptors: `pipe`, `pipe2` (read end, write end).
    Pair(FdNumber, FdNumber),
    /// The bytes that a read brought.
    Data(Vec<u8>),
    /// The child that a fork made, under the name the stage gave it.
    Child(ProcName, Pid),
    /// The child that a wait reaped: its name where it has one, its pid, and how it ended.
    Waited(Option<ProcName>, Pid, Death),
    /// The mapping that `mmap` made; the value is its address.
    Mapped(MapName),
    /// The message that `mq_receive` brought, and its priority.
    Message(Vec<u8>, u32),
    /// What `mq_getattr` told.
    QueueState {
        /// How many messages wait.
        messages: i64,
        /// How many can.
        most: i64,
        /// How many bytes one can have.
        size: i64,
    },
    /// What a call on a socket brought.
    Socket(SocketDetail),
    /// The message that `msgsnd` has put into a System V queue.
    Posted(Box<Letter>),
    /// The message that `msgrcv` has taken out of one.
    Letter(Box<Letter>),
    /// What a loop has measured.
    Measured(Measured),
    /// Of a traced call: why it came out otherwise than it would without being looked at, or what no other form here says.
    Remark(String),
}

impl Detail {
    /// The bytes that were taken out.
    pub fn data(&self) -> Option<&[u8]> {
        match self {
            Detail::Data(bytes) | Detail::Message(bytes, _) => Some(bytes),
            Detail::Letter(letter) => Some(&letter.data),
            Detail::Socket(SocketDetail::Received(received)) => Some(&received.data),
            _ => None,
        }
    }

    /// What poll(2) found has a number among it that is not open.
    pub fn names_what_is_not_open(&self) -> bool {
        let not_open = |(_, events): &(FdNumber, libc::c_short)| events & libc::POLLNVAL != 0;
        matches!(self, Detail::Socket(SocketDetail::Ready(ready)) if ready.iter().any(not_open))
    }
}

/// A message that went into a System V queue, or came out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The queue.
    pub queue: ObjectId,
    /// The message's type.
    pub kind: i64,
    /// Its first bytes; of one that was received, those that arrived.
    pub data: Vec<u8>,
    /// How many bytes went in, or came out.
    pub length: u64,
    /// Of one that was received: who sent it, where that was seen.
    pub from: Option<ProcName>,
    /// Of one that was received: so many bytes at its end did not fit and are gone (`MSG_NOERROR`).
    pub lost: u64,
}

/// A call that came to an end (or a process that did, where there was no call).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// Who.
    pub process: ProcName,
    /// Its call; `None` where an idle process ended, or a program run by exec did.
    pub call: Option<Call>,
    /// What became of it.
    pub outcome: Outcome,
    /// What it brought.
    pub detail: Detail,
}

impl Completion {
    /// It took out nothing because nothing more will come: end of file.
    pub fn is_eof(&self) -> bool {
        match (&self.call, &self.outcome, &self.detail) {
            (Some(Call::Read { count, .. }), Outcome::Returned(0), _) => *count > 0,
            (Some(Call::Seen(seen)), Outcome::Returned(0), _) => seen.takes.is_some_and(|(_, count)| count > 0),
            (Some(Call::Socket(_)), Outcome::Returned(0), Detail::Socket(SocketDetail::Received(received))) => {
                received.ended
            }
            _ => false,
        }
    }
}
