//! World: an immutable picture of what the kernel held at one moment.
//!
//! Plain data and its comparison; no input or output. Everything in here was read from the kernel
//! by [`crate::observe`] (or from a saved run), nothing is inferred from our own bookkeeping. Where
//! something could not be read the type says so ([`Known`]), it is never guessed.

mod diff;
mod inherited;
pub mod lock;
mod machine;
mod memory;
mod object;
mod process;
mod refused;
mod socket;
mod system_v;
mod thread;
mod unseen;

pub use diff::{Change, diff};
pub use inherited::in_runs;
pub use machine::{Link, Machine, other_end};
pub use memory::{Added, Body, MapName, Mapped, Mapping, Memory, Queue, QueueMessage, Space, stage_name};
pub use object::{Contents, Holder, Object, ObjectId, ObjectKind};
pub use process::{
    Access, BlockedIn, Buffered, Buffering, Death, Fd, FdNumber, InheritedBy, Known, Origin, Pid, ProcName, Process,
    State, Target,
};
pub use refused::{Occupant, Refused};
pub use socket::{
    Address, Backlog, Family, Membership, Message, Messages, Multicast, Peer, Shutdown, Socket, SocketState, SocketType,
};
pub use system_v::{Operation, PRIVATE_KEY, Post, PostQueue, Semaphore, Semaphores, Sleeper, Usage, User, Wants};
pub use thread::Thread;
pub use unseen::Unseen;

use serde::{Deserialize, Serialize};

/// Everything the kernel held at one moment, as far as the stage is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Every process of the stage, in order of creation, dead ones included.
    pub processes: Vec<Process>,
    /// Every kernel object that a live descriptor refers to, ordered by first appearance.
    pub objects: Vec<Object>,
    /// The network namespaces that its processes are in; none where all are in the machine's own.
    #[serde(default)]
    pub machines: Vec<Machine>,
    /// The call that was made last, where it was refused for its address.
    #[serde(default)]
    pub refused: Option<Refused>,
    /// Objects of which not all holders may be known.
    #[serde(default)]
    pub unseen: Vec<Unseen>,
}

impl World {
    /// The process called `name`; the latest one where a name was used again after a death.
    pub fn process(&self, name: &str) -> Option<&Process> {
        self.processes.iter().rev().find(|p| p.name == name)
    }

    /// The process with this pid; the latest one where the kernel reused a pid.
    pub fn process_by_pid(&self, pid: Pid) -> Option<&Process> {
        self.processes.iter().rev().find(|p| p.pid == pid)
    }

    /// The object with this identity.
    pub fn object(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.iter().find(|o| o.id == *id)
    }

    /// What stands in this world for an object of another: a file whose name was removed is known by its inode.
    pub fn same_object(&self, other: &Object) -> Option<&Object> {
        let same_inode = |o: &&Object| o.kind == other.kind && o.inode == other.inode;
        self.object(&other.id).or_else(|| self.objects.iter().find(same_inode))
    }

    /// The object that descriptor `fd` of the process called `name` refers to.
    pub fn object_at(&self, name: &str, fd: FdNumber) -> Option<&Object> {
        let fd = self.process(name)?.fd(fd)?;
        self.object(fd.target.object()?)
    }

    /// The socket at the other end of this one, where a process of the stage holds it.
    pub fn peer(&self, object: &Object) -> Option<&Object> {
        let inode = object.as_socket()?.peer.value()?.inode()?;
        self.objects.iter().find(|o| o.is_socket_with(inode))
    }

    /// The multicast groups that sockets of the stage have joined, each with the sockets that have, in order of appearance.
    pub fn groups(&self) -> Vec<(&Membership, Vec<&Object>)> {
        let mut out: Vec<(&Membership, Vec<&Object>)> = Vec::new();
        for object in &self.objects {
            let Some(Known::Yes(multicast)) = object.as_socket().and_then(|s| s.multicast.as_ref()) else { continue };
            for joined in &multicast.groups {
                match out.iter_mut().find(|(group, _)| *group == joined) {
                    Some((_, members)) => members.push(object),
                    None => out.push((joined, vec![object])),
                }
            }
        }
        out
    }

    /// Some living process's table cannot be read: it may hold ends that are not in any list.
    pub fn has_unread_tables(&self) -> bool {
        self.living().any(|p| p.fds_unreadable.is_some())
    }

    /// Its processes are those of a stage, which gives them names of its own and orders. Those of a trace or a survey are called by
    /// command and pid, `cat[812]`, as no process of a stage can be.
    pub fn is_of_a_stage(&self) -> bool {
        let by_pid =
            |p: &Process| p.name.strip_suffix(']').and_then(|n| n.rsplit_once('[')?.1.parse().ok()) == Some(p.pid);
        !self.processes.iter().all(by_pid)
    }

    /// Processes that are neither reaped nor zombies.
    pub fn living(&self) -> impl Iterator<Item = &Process> {
        self.processes.iter().filter(|p| p.state.is_alive())
    }
}
