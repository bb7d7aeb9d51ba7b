//! A kernel object that descriptors refer to: a pipe, a FIFO, a file.

use super::memory::{Body, Memory, Queue, stage_name};
use super::process::{Access, FdNumber, Known, Pid, ProcName};
use super::socket::Socket;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The identity of an object: what its descriptors' links say, `pipe:[9751]` or a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectId(pub String);

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kernel object and who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its identity.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its inode number.
    pub inode: u64,
    /// For a pipe or FIFO: bytes waiting (`FIONREAD`). For a socket: bytes that have arrived and wait to be read.
    pub bytes: Known<u64>,
    /// For a pipe or FIFO: its capacity in bytes (`F_GETPIPE_SZ`).
    pub capacity: Known<u64>,
    /// For a pipe or FIFO: the waiting bytes themselves, copied without consuming them.
    pub contents: Known<Contents>,
    /// For a socket: the rest that the kernel tells; `None` for other kinds, and where it tells nothing.
    pub socket: Option<Known<Box<Socket>>>,
    /// Every descriptor that refers to it, in order of process, then number.
    pub holders: Vec<Holder>,
    /// What it is beside a queue of bytes.
    pub body: Body,
}

impl Object {
    /// It is memory, of this size: a file becomes that by being mapped.
    pub fn become_memory(&mut self, size: Option<u64>) {
        self.kind = ObjectKind::Memory;
        if self.memory().is_none() {
            let size = size.map_or_else(|| Known::No("no descriptor refers to it any more".into()), Known::Yes);
            let words = Known::No("nobody has looked".into());
            self.body = Body::Memory(Memory { size, words, maps: Vec::new(), added: Vec::new() });
        }
    }

    /// The memory that it is, where it is some.
    pub fn memory(&self) -> Option<&Memory> {
        match &self.body {
            Body::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The message queue that it is, where it is one.
    pub fn queue(&self) -> Option<&Queue> {
        match &self.body {
            Body::Queue(queue) => Some(queue),
            _ => None,
        }
    }

    /// Descriptors through which bytes can be taken out.
    pub fn readers(&self) -> impl Iterator<Item = &Holder> {
        self.holders.iter().filter(|h| h.access.reads())
    }

    /// Descriptors through which bytes can be put in.
    pub fn writers(&self) -> impl Iterator<Item = &Holder> {
        self.holders.iter().filter(|h| h.access.writes())
    }

    /// The name for a person: `pipe:[9751]`, a FIFO's file name, or what a call named memory or a queue.
    pub fn label(&self) -> &str {
        let id = self.id.0.as_str();
        match self.kind {
            ObjectKind::Pipe | ObjectKind::Socket | ObjectKind::PostQueue | ObjectKind::Semaphores => id,
            ObjectKind::Fifo | ObjectKind::File => id.rsplit('/').next().unwrap_or(id),
            ObjectKind::Memory | ObjectKind::Queue => stage_name(id)
                .unwrap_or_else(|| if id.starts_with('/') { id.rsplit('/').next().unwrap_or(id) } else { id }),
        }
    }

    /// A pipe or a FIFO: a queue of bytes with a read end and a write end.
    pub fn is_pipe(&self) -> bool {
        matches!(self.kind, ObjectKind::Pipe | ObjectKind::Fifo)
    }

    /// A queue that processes talk through: a pipe, a FIFO or a socket.
    pub fn is_channel(&self) -> bool {
        self.is_pipe() || self.kind == ObjectKind::Socket
    }

    /// It is there for processes to share something: a channel, memory, a message queue, or semaphores.
    pub fn is_shared_by_kind(&self) -> bool {
        self.is_channel() || self.kind.is_system_v() || matches!(self.kind, ObjectKind::Memory | ObjectKind::Queue)
    }

    /// What the kernel tells of it as a socket.
    pub fn as_socket(&self) -> Option<&Socket> {
        self.socket.as_ref()?.value().map(|socket| &**socket)
    }

    /// It is the socket with this inode.
    pub fn is_socket_with(&self, inode: u64) -> bool {
        self.kind == ObjectKind::Socket && self.inode == inode
    }
}

/// The kind of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKind {
    /// An unnamed pipe, `pipe(7)`.
    Pipe,
    /// A named pipe, `fifo(7)`.
    Fifo,
    /// A regular file or a device.
    File,
    /// Memory that processes map: a memfd, `shm_overview(7)`, a shared anonymous mapping, a file that is mapped.
    Memory,
    /// A POSIX message queue, `mq_overview(7)`.
    Queue,
    /// A socket, `socket(7)`.
    Socket,
    /// A System V message queue, `sysvipc(7)`.
    PostQueue,
    /// A set of System V semaphores, `sysvipc(7)`.
    Semaphores,
}

/// One descriptor that refers to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process's name on the stage; for a process that is not on it, its command name.
    pub process: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// The descriptor.
    pub fd: FdNumber,
    /// In which directions it may be used.
    pub access: Access,
    /// The process does not belong to the stage.
    pub outside: bool,
}

/// Bytes waiting in an object, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The first of the waiting bytes.
    pub head: Vec<u8>,
    /// There are more than `head` holds.
    pub cut: bool,
    /// Where what went in is kept apart (a pipe with `O_DIRECT`): the lengths of the packets in `head`. Empty where one read
    /// would bring all of it.
    pub packets: Vec<usize>,
}
