//! What a sleeping thread waits for, and who could bring it.

use super::Machine;
use super::opens::{lease_break_time, opens};
use super::several::several;
use super::{listeners, locks};
use crate::observe::{Call, Futex, Held, Lock, Thing, Thread, held_by, inode_of, link_of, pidfd, share_memory};
use crate::world::{Access, FdNumber, Known, Peer, Pid, SocketState};
use std::collections::BTreeSet;

/// A thread that sleeps in a call.
#[derive(Debug, Clone)]
pub struct Sleeper {
    /// Its process.
    pub pid: Pid,
    /// The thread.
    pub tid: Pid,
    /// The call.
    pub call: Call,
    /// What it waits for; any one of them wakes it.
    pub waits: Vec<Wait>,
}

/// One thing that is waited for.
#[derive(Debug, Clone)]
pub struct Wait {
    /// What it is.
    pub want: Want,
    /// Processes that hold what could bring it, itself included.
    pub releasers: Vec<Pid>,
    /// It may also come from where nobody can see: another machine, a person, a clock, a process that is not there yet.
    pub open: bool,
    /// The one thread (process, thread) that can bring it: who has a lock, or is waited for to end.
    pub thread: Option<(Pid, Pid)>,
}

/// What can be waited for.
#[derive(Debug, Clone)]
pub enum Want {
    /// Bytes or end of file in a pipe or FIFO, or room in it.
    Pipe(Held),
    /// Something to happen at the other end of a pipe or FIFO that is watched: this end need not be empty or full.
    OtherEnd {
        /// This end.
        held: Held,
        /// It is told of bytes, or room, when they come; else only of the last holder's going.
        edge: bool,
    },
    /// Somebody to open the other end of a FIFO.
    Open {
        /// Its path, where the kernel tells it.
        path: Option<String>,
        /// What this open asks for.
        access: Access,
    },
    /// A lease of the file that is opened to be given up, fcntl(2).
    Lease {
        /// The file's path, where the kernel tells it.
        path: Option<String>,
        /// The lease.
        lock: Lock,
        /// Who holds it.
        holders: Vec<(Pid, Vec<FdNumber>)>,
    },
    /// A device that is opened, or the file system of a file that is.
    File {
        /// Its path, where the kernel tells it.
        path: Option<String>,
    },
    /// A child to end: this one, or any.
    Child(Option<Pid>),
    /// A child to be stopped, or to go on after that, and not to end: this one, or any.
    Change(Option<Pid>),
    /// A child made by vfork(2) to run another program or to end: this one or, where that may not be seen, one of all.
    Vfork(Option<Pid>),
    /// Bytes or end of file from the other end of a socket, or room there.
    Socket {
        /// The descriptor.
        fd: FdNumber,
        /// Its inode.
        inode: u64,
        /// To receive, or to send.
        access: Access,
    },
    /// A client.
    Accept {
        /// The listening descriptor.
        fd: FdNumber,
        /// Its inode.
        inode: u64,
    },
    /// A listener to take the connection.
    Connect {
        /// The descriptor.
        fd: FdNumber,
        /// Its inode.
        inode: u64,
        /// The listener's inode, where it is on this machine.
        listener: Option<u64>,
    },
    /// A file lock; those who hold it, each with its descriptors.
    Lock {
        /// The lock.
        lock: Lock,
        /// The descriptor it is asked for by.
        fd: FdNumber,
        /// Who holds it.
        holders: Vec<(Pid, Vec<FdNumber>)>,
    },
    /// A message in a POSIX queue, or room in it.
    Queue(Held, Access),
    /// An eventfd to be written.
    Event(Held),
    /// A word in memory to change.
    Futex(Futex),
    /// Something to be typed at a terminal, or what was written there to be taken.
    Terminal {
        /// The descriptor.
        fd: FdNumber,
        /// To read, or to write.
        access: Access,
        /// Who has the other side.
        masters: Vec<(Pid, FdNumber)>,
    },
    /// A device, a file, a terminal whose other side no process is seen to have.
    Elsewhere {
        /// The descriptor.
        fd: FdNumber,
        /// What it refers to.
        link: String,
    },
    /// The clock or a signal: the call waits for nothing else.
    Time,
    /// The kernel does not say what, to us.
    Unknown,
}

impl Sleeper {
    /// What this thread sleeps in; `None` where it does not sleep.
    pub fn of(machine: &Machine, pid: Pid, thread: &Thread) -> Option<Sleeper> {
        let call = thread.call.clone()?;
        let waits = wants(machine, pid, &call).into_iter().map(|want| wait(machine, pid, want)).collect();
        Some(Sleeper { pid, tid: thread.tid, call, waits })
    }

    /// Waits as servers and shells do all day: for a client, a person, a clock, another machine.
    pub fn is_ordinary(&self) -> bool {
        self.call.limited || self.waits.iter().any(|wait| wait.want.is_ordinary())
    }
}

impl Want {
    fn is_ordinary(&self) -> bool {
        matches!(self, Want::Accept { .. } | Want::Elsewhere { .. } | Want::File { .. } | Want::Time | Want::Unknown)
    }

    /// The thing that is waited at, where there is one that processes share.
    pub fn thing(&self) -> Option<Thing> {
        match self {
            Want::Pipe(held) | Want::OtherEnd { held, .. } | Want::Queue(held, _) | Want::Event(held) => {
                Some(held.thing)
            }
            Want::Socket { inode, .. } | Want::Accept { inode, .. } | Want::Connect { inode, .. } => {
                Some(Thing::Socket(*inode))
            }
            _ => None,
        }
    }

    /// The descriptor that is waited at.
    pub fn fd(&self) -> Option<FdNumber> {
        match self {
            Want::Pipe(held) | Want::OtherEnd { held, .. } | Want::Queue(held, _) | Want::Event(held) => Some(held.fd),
            Want::Socket { fd, .. }
            | Want::Accept { fd, .. }
            | Want::Connect { fd, .. }
            | Want::Lock { fd, .. }
            | Want::Terminal { fd, .. }
            | Want::Elsewhere { fd, .. } => Some(*fd),
            _ => None,
        }
    }
}

fn wants(machine: &Machine, pid: Pid, call: &Call) -> Vec<Want> {
    let blocked = &call.blocked;
    match blocked.call.as_str() {
        "open" => vec![opens(machine, pid, call)],
        "wait" if call.changes.ends => vec![Want::Child(blocked.child)],
        "wait" => vec![Want::Change(blocked.child)],
        "vfork" => vec![Want::Vfork(sharing(machine, pid))],
        "flock" | "fcntl" => {
            lock(machine, pid, &blocked.call, blocked.fd).map_or(Want::Unknown, |lock| lock).into_list()
        }
        "futex" => call.futex.map_or(Want::Unknown, Want::Futex).into_list(),
        "sleep" | "pause" | "sigsuspend" | "sigtimedwait" => vec![Want::Time],
        "poll" | "select" | "epoll_wait" => several(machine, pid, call),
        "?" => vec![Want::Unknown],
        name => match (blocked.fd, direction(name)) {
            (Some(fd), Some(access)) => vec![at(machine, pid, fd, access, name, call)],
            (None, Some(access)) => guessed(machine, pid, access),
            _ => vec![Want::Unknown],
        },
    }
}

impl Want {
    fn into_list(self) -> Vec<Want> {
        vec![self]
    }
}

/// The child that has the memory of its parent: the one that vfork(2) made.
fn sharing(machine: &Machine, pid: Pid) -> Option<Pid> {
    machine.children(pid).map(|child| child.pid).find(|child| share_memory(pid, *child) == Some(true))
}

/// The call is known by where it sleeps and its descriptor is not: it is one of those it can be.
fn guessed(machine: &Machine, pid: Pid, access: Access) -> Vec<Want> {
    let held = machine.process(pid).map_or(&[][..], |p| p.held.as_slice());
    let fits = |h: &&Held| {
        let way = if access == Access::Read { h.access.reads() } else { h.access.writes() };
        matches!(h.thing, Thing::Pipe(_) | Thing::Fifo(..)) && way
    };
    match held.iter().filter(fits).copied().collect::<Vec<_>>().as_slice() {
        [one] => vec![Want::Pipe(*one)],
        _ => vec![Want::Unknown],
    }
}

/// Whether a call takes bytes out or puts them in.
fn direction(call: &str) -> Option<Access> {
    match call {
        "read" | "readv" | "pread" | "preadv" | "preadv2" | "recv" | "recvfrom" | "recvmsg" | "recvmmsg" | "accept"
        | "splice" | "tee" | "mq_timedreceive" | "mq_receive" => Some(Access::Read),
        "write" | "writev" | "pwrite" | "pwritev" | "pwritev2" | "send" | "sendto" | "sendmsg" | "sendmmsg"
        | "connect" | "vmsplice" | "mq_timedsend" | "mq_send" | "sendfile" => Some(Access::Write),
        _ => None,
    }
}

/// What a call of this name waits for at a descriptor, in this direction.
pub(super) fn at(machine: &Machine, pid: Pid, fd: FdNumber, access: Access, name: &str, call: &Call) -> Want {
    let Some(held) = machine.at(pid, fd) else {
        if let Some(masters) = Some(machine.masters(pid, fd)).filter(|masters| !masters.is_empty()) {
            return Want::Terminal { fd, access, masters };
        }
        let link = link_of(pid, fd).map_or_else(|| "a descriptor that is not open".into(), |l| l.display().to_string());
        let other = (link == "anon_inode:[pidfd]").then(|| pidfd(pid, fd)).flatten();
        return match other {
            // Readable once that process has ended, pidfd_open(2): a wait for a child under another name.
            Some(other) if machine.children(pid).any(|child| child.pid == other) => Want::Child(Some(other)),
            Some(other) => Want::Elsewhere { fd, link: format!("the end of {}", machine.name(other)) },
            None => Want::Elsewhere { fd, link },
        };
    };
    match held.thing {
        Thing::Pipe(_) | Thing::Fifo(..) => Want::Pipe(Held { access, ..held }),
        Thing::Queue(..) => Want::Queue(held, access),
        Thing::Eventfd(_) => Want::Event(held),
        Thing::Memory(..) => Want::Elsewhere { fd, link: machine.label(held.thing) },
        Thing::Socket(inode) => {
            let listens = machine.socket_anywhere(inode).is_ok_and(|s| s.state == SocketState::Listen);
            match name {
                "connect" => Want::Connect { fd, inode, listener: listeners::of(machine, pid, inode, &call.address) },
                // Whatever is known of the socket.
                "accept" => Want::Accept { fd, inode },
                _ if listens => Want::Accept { fd, inode },
                _ => Want::Socket { fd, inode, access },
            }
        }
    }
}

/// The lock that keeps this thread waiting. Locks of flock(2) and of fcntl(2) know nothing of each other, and of the latter
/// those of a process are apart from those of an open file description, which nobody in particular waits for (-1).
fn lock(machine: &Machine, pid: Pid, call: &str, fd: Option<FdNumber>) -> Option<Want> {
    let inode = fd.and_then(|fd| inode_of(pid, fd));
    let kind = |lock: &&Lock| (lock.kind == "FLOCK") == (call == "flock");
    let here = |lock: &&Lock| inode.is_none_or(|inode| lock.inode == inode);
    let candidates = || machine.locks().iter().filter(kind).filter(here);
    let named = candidates().find(|lock| lock.waiters.contains(&pid));
    let lock = named.or_else(|| candidates().find(|lock| lock.waiters.iter().any(|waiter| *waiter <= 0)))?.clone();
    let beside = machine.locks().iter().filter(|other| **other != lock && lock.is_beside(other));
    let all: Vec<&Lock> = std::iter::once(&lock).chain(beside).collect();
    let seen = |p: &crate::observe::ProcessInfo| {
        let fds: BTreeSet<FdNumber> = all.iter().flat_map(|lock| held_by(p.pid, lock)).collect();
        (!fds.is_empty()).then(|| (p.pid, fds.into_iter().collect()))
    };
    let mut holders: Vec<(Pid, Vec<FdNumber>)> = machine.processes().iter().filter_map(seen).collect();
    for lock in all {
        let known = holders.iter().any(|(pid, _)| *pid == lock.pid);
        // Where its descriptors may not be read, it is named by the kernel alone; a lock of flock(2) may have been handed on.
        if !known
            && (holders.is_empty() || lock.kind == "POSIX")
            && machine.process(lock.pid).is_some_and(|p| !p.zombie)
        {
            holders.push((lock.pid, Vec::new()));
        }
    }
    Some(Want::Lock { lock, fd: fd.unwrap_or(-1), holders })
}

fn wait(machine: &Machine, pid: Pid, want: Want) -> Wait {
    if let Want::Futex(futex) = want {
        return locks::wait(machine, pid, futex);
    }
    let (releasers, open) = releasers(machine, pid, &want);
    Wait { want, releasers, open, thread: None }
}

/// Who could bring it, and whether it may come from elsewhere too.
fn releasers(machine: &Machine, pid: Pid, want: &Want) -> (Vec<Pid>, bool) {
    match want {
        // Who waits only for the other to go means to outlive it: nobody says that anything is wrong there.
        Want::OtherEnd { held, edge: false } => (other_side(machine, *held), true),
        Want::Pipe(held) | Want::OtherEnd { held, .. } => {
            // It sleeps, so somebody has the other side.
            or_in_flight(machine, other_side(machine, *held))
        }
        Want::Open { .. } => (job(machine, pid), false),
        Want::Lease { holders, .. } => {
            (holders.iter().map(|(pid, _)| *pid).collect(), holders.is_empty() || lease_break_time().is_some())
        }
        // By a signal, which anybody may send.
        Want::Change(which) => {
            let children = machine.children(pid).filter(|p| which.is_none_or(|pid| pid == p.pid));
            (children.map(|p| p.pid).collect(), true)
        }
        Want::Child(which) | Want::Vfork(which) => {
            let children = machine.children(pid).filter(|p| which.is_none_or(|pid| pid == p.pid));
            let pids: Vec<Pid> = children.map(|p| p.pid).collect();
            let open = pids.is_empty() || pids.iter().any(|p| machine.process(*p).is_some_and(|p| p.zombie));
            (pids, open)
        }
        Want::Socket { inode, .. } => match machine.peer(*inode) {
            Known::Yes(Peer::Socket(peer)) => all(machine, peer),
            Known::Yes(Peer::Unaccepted) => match machine.listener_of(*inode) {
                Some(listener) => all(machine, listener.inode),
                None => (Vec::new(), true),
            },
            // Nobody else reaches a socket without an address of its own.
            Known::Yes(Peer::Gone) if listeners::is_alone(machine, *inode) => (Vec::new(), false),
            _ => (Vec::new(), true),
        },
        Want::Connect { listener: Some(listener), .. } => all(machine, *listener),
        Want::Lock { holders, .. } => (holders.iter().map(|(pid, _)| *pid).collect(), holders.is_empty()),
        Want::Terminal { masters, .. } => (distinct(masters.iter().map(|(pid, _)| *pid)), false),
        Want::Queue(held, access) => {
            let other = if *access == Access::Read { Access::writes } else { Access::reads };
            (distinct(machine.holders(held.thing).iter().filter(|h| other(h.access)).map(|h| h.pid)), false)
        }
        Want::Event(held) => all_of(machine, held.thing),
        _ => (Vec::new(), true),
    }
}

fn all(machine: &Machine, inode: u64) -> (Vec<Pid>, bool) {
    all_of(machine, Thing::Socket(inode))
}

fn all_of(machine: &Machine, thing: Thing) -> (Vec<Pid>, bool) {
    or_in_flight(machine, distinct(machine.holders(thing).iter().map(|h| h.pid)))
}

/// Where no process is seen to hold a thing that somebody must hold: those who could receive it, if it is in flight. It may
/// come from elsewhere unless every table was read and each socket that has descriptors in flight is in one of them.
fn or_in_flight(machine: &Machine, holders: Vec<Pid>) -> (Vec<Pid>, bool) {
    if !holders.is_empty() {
        return (holders, false);
    }
    let flights = machine.flights();
    let pids: Vec<Pid> = flights.receivers(machine).into_iter().collect();
    let unknown = machine.hides_others() || machine.unseen().next().is_some() || !flights.unheld.is_empty();
    let open = unknown || pids.is_empty();
    (pids, open)
}

/// Who holds the side of a pipe that brings what this side waits for.
pub(super) fn other_side(machine: &Machine, held: Held) -> Vec<Pid> {
    let other = if held.access.reads() { Access::writes } else { Access::reads };
    distinct(machine.holders(held.thing).iter().filter(|h| other(h.access)).map(|h| h.pid))
}

/// The others of its process group: those that a shell started together with it. Anyone can open a FIFO; these were to.
fn job(machine: &Machine, pid: Pid) -> Vec<Pid> {
    let Some(group) = machine.process(pid).map(|p| p.group) else { return Vec::new() };
    machine.processes().iter().filter(|p| p.group == group && p.pid != pid && !p.zombie).map(|p| p.pid).collect()
}

fn distinct(pids: impl Iterator<Item = Pid>) -> Vec<Pid> {
    let mut pids: Vec<Pid> = pids.collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}
