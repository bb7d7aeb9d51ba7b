//! The machine at one moment, and the questions one asks of it.

use super::flights::Flights;
use super::holders::{End, Holders};
use super::live::Live;
use super::networks::Networks;
use super::quick::QuickMap;
use crate::observe::sockdiag::{self, SocketInfo, Sockets};
use crate::observe::{self, FileKey, Held, Lock, ProcessInfo, Reading, Terminal, Thing, Thread};
use crate::world::{FdNumber, Known, Peer, Pid, SocketState};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::rc::Rc;

/// A process, its descriptor, and the terminal that this is the master of.
type Master = (Pid, FdNumber, Terminal);

/// Every process and what it holds. What only some questions need is read when they come: threads, sockets, locks.
pub struct Machine {
    reading: Reading,
    by_pid: QuickMap<Pid, usize>,
    /// As [`Machine::name`] has them, in the order of the processes.
    names: Vec<String>,
    holders: Holders,
    sockets: OnceCell<Listed>,
    locks: OnceCell<Vec<Lock>>,
    flights: OnceCell<Flights>,
    masters: OnceCell<Vec<Master>>,
    networks: OnceCell<Networks>,
    threads: RefCell<QuickMap<Pid, Rc<[Thread]>>>,
    /// Who has mapped what somebody waits at a word of.
    sharers: RefCell<HashMap<FileKey, Rc<[Pid]>>>,
    users: RefCell<HashMap<u32, Rc<str>>>,
    commands: RefCell<HashMap<Pid, Option<Rc<str>>>>,
}

fn name_of(comm: &str, pid: Pid) -> String {
    format!("{}[{pid}]", super::name::plain(comm))
}

struct Listed {
    sockets: Result<Sockets, String>,
    by_inode: QuickMap<u64, Place>,
}

/// Where a socket is in the list. Of most, all that a picture asks is told here: the list itself has many bytes a socket, and
/// has been made by another processor.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    /// It has no address, nor has its other end, which is this.
    plain_peer: Option<NonZeroU64>,
}

impl Place {
    fn of((index, socket): (usize, &SocketInfo)) -> (u64, Place) {
        let peer = match socket.peer {
            Known::Yes(Peer::Socket(peer)) if socket.local.is_none() && socket.remote.is_none() => {
                NonZeroU64::new(peer)
            }
            _ => None,
        };
        (socket.inode, Place { index, plain_peer: peer.filter(|_| socket.state != SocketState::Listen) })
    }
}

impl Listed {
    fn read() -> Listed {
        let sockets = sockdiag::read();
        let all = sockets.as_ref().map_or(&[][..], |sockets| sockets.all.as_slice());
        let by_inode = all.iter().enumerate().filter(|(_, s)| s.inode != 0).map(Place::of).collect();
        Listed { sockets, by_inode }
    }
}

impl Machine {
    /// Look at every process.
    ///
    /// # Errors
    /// Where /proc cannot be read; the text says why.
    pub fn read() -> Result<Machine, String> {
        observe::read_machine().map(|reading| Machine::of(reading, OnceCell::new()))
    }

    /// The same, and at the same time the list of sockets and who maps shared memory: for who is going to ask about everybody.
    ///
    /// # Errors
    /// As [`Machine::read`].
    pub fn read_whole() -> Result<Machine, String> {
        observe::read_whole_machine(Listed::read).map(|(reading, listed)| Machine::of(reading, listed.into()))
    }

    /// After others by the same `live`: what cannot have changed since the last is taken over. `everybody`: everybody is going to be
    /// asked about, as in [`Machine::read_whole`]; who maps memory is not asked.
    pub(super) fn read_again(live: &mut Live, everybody: bool) -> Result<Machine, String> {
        let (reading, sockets) = match everybody {
            true => live.again.read(Listed::read).map(|(reading, listed)| (reading, listed.into()))?,
            false => (live.again.read(|| ())?.0, OnceCell::new()),
        };
        let rested = reading.processes.iter().filter(|p| p.rested).map(|p| p.pid);
        let known = rested.filter_map(|pid| live.threads.remove_entry(&pid)).collect();
        Ok(Machine { threads: RefCell::new(known), ..Machine::of(reading, sockets) })
    }

    /// The threads that have been read, but for those whose wait others can change while they sleep: what an epoll instance
    /// watches is the same for all who hold it (epoll(7)).
    pub(super) fn into_threads(self) -> QuickMap<Pid, Rc<[Thread]>> {
        let watches = |t: &Thread| t.call.as_ref().is_some_and(|call| call.blocked.call == "epoll_wait");
        self.threads.into_inner().into_iter().filter(|(_, threads)| !threads.iter().any(watches)).collect()
    }

    fn of(reading: Reading, sockets: OnceCell<Listed>) -> Machine {
        let processes = &reading.processes;
        // What we have inherited is gone in a moment, with us: it is nobody's trouble.
        let own = nix::unistd::getpid().as_raw();
        Machine {
            by_pid: processes.iter().enumerate().map(|(i, p)| (p.pid, i)).collect(),
            names: processes.iter().map(|p| name_of(&p.comm, p.pid)).collect(),
            holders: Holders::of(processes, own),
            reading,
            sockets,
            locks: OnceCell::new(),
            flights: OnceCell::new(),
            masters: OnceCell::new(),
            networks: OnceCell::new(),
            threads: RefCell::default(),
            sharers: RefCell::default(),
            users: RefCell::default(),
            commands: RefCell::default(),
        }
    }

    /// Every process, in the order of the pids.
    pub fn processes(&self) -> &[ProcessInfo] {
        &self.reading.processes
    }

    /// The process with this pid.
    pub fn process(&self, pid: Pid) -> Option<&ProcessInfo> {
        self.reading.processes.get(*self.by_pid.get(&pid)?)
    }

    /// The children of a process, the dead ones too.
    pub fn children(&self, pid: Pid) -> impl Iterator<Item = &ProcessInfo> {
        self.reading.processes.iter().filter(move |p| p.ppid == pid)
    }

    /// A process and all that descend from it, itself first.
    pub fn tree(&self, pid: Pid) -> Vec<Pid> {
        let mut tree = vec![pid];
        let mut at = 0;
        while let Some(&parent) = tree.get(at) {
            tree.extend(self.children(parent).map(|p| p.pid).filter(|child| *child != parent));
            at += 1;
        }
        tree
    }

    /// Every descriptor on the machine, as far as it may be seen, that refers to a thing; our own are left out.
    pub fn holders(&self, thing: Thing) -> &[End] {
        self.holders.at(thing)
    }

    /// The index of who holds what.
    pub(super) fn index(&self) -> &Holders {
        &self.holders
    }

    /// The thing behind a descriptor, where it is one that processes share.
    pub fn at(&self, pid: Pid, fd: FdNumber) -> Option<Held> {
        self.process(pid)?.held.iter().find(|held| held.fd == fd).copied()
    }

    /// Processes that did not let us look: each may hold an end unseen.
    pub fn unseen(&self) -> impl Iterator<Item = &ProcessInfo> {
        self.reading.processes.iter().filter(|p| p.unseen)
    }

    /// /proc does not even list processes of others (`hidepid=2`, proc(5)): nobody can count those that may hold an end.
    pub fn hides_others(&self) -> bool {
        self.process(1).is_none()
    }

    /// The threads of a process, read once.
    pub fn threads(&self, pid: Pid) -> Rc<[Thread]> {
        let mut known = self.threads.borrow_mut();
        known.entry(pid).or_insert_with(|| observe::threads(pid).into()).clone()
    }

    /// Every process that reaches the memory at this address of one, that one among them; `None` where that cannot be read.
    pub(super) fn sharers(&self, pid: Pid, address: u64) -> Option<Rc<[Pid]>> {
        let Some(what) = observe::shared_at(pid, address).ok()? else { return Some([pid].into()) };
        let mut known = self.sharers.borrow_mut();
        let all = || {
            let living = self.processes().iter().filter(|p| !p.zombie && !p.unseen).map(|p| p.pid);
            living.filter(|pid| observe::shares(*pid, what)).collect()
        };
        Some(Rc::clone(known.entry(what).or_insert_with(all)))
    }

    /// File locks that someone waits for, those beside them, read once.
    pub fn locks(&self) -> &[Lock] {
        self.locks.get_or_init(observe::contended)
    }

    /// Descriptors that were sent and not received yet, read once.
    pub fn flights(&self) -> &Flights {
        self.flights.get_or_init(|| Flights::read(self))
    }

    /// The descriptors that the master of a terminal is held by, of which a descriptor of a process is the other side. Read when somebody
    /// waits at a terminal.
    pub fn masters(&self, pid: Pid, fd: FdNumber) -> Vec<(Pid, FdNumber)> {
        let known = || {
            let all = self.reading.processes.iter().flat_map(|p| p.masters.iter().map(|fd| (p.pid, *fd)));
            all.filter_map(|(pid, fd)| Some((pid, fd, Terminal::mastered_by(pid, fd)?))).collect()
        };
        let Some(terminal) = Terminal::of(pid, fd) else { return Vec::new() };
        let masters = self.masters.get_or_init(known).iter();
        masters.filter(|(.., other)| terminal.is_same(other)).map(|(pid, fd, _)| (*pid, *fd)).collect()
    }

    /// What the kernel says of a socket.
    ///
    /// # Errors
    /// Where it is in no list; the text says why that may be.
    pub fn socket(&self, inode: u64) -> Result<&SocketInfo, String> {
        let listed = self.listed();
        let sockets = listed.sockets.as_ref().map_err(Clone::clone)?;
        let found = listed.by_inode.get(&inode).and_then(|place| sockets.all.get(place.index));
        found.ok_or_else(|| sockets.why_missing())
    }

    /// The socket at the other end of one that has no address, nor has that; `None` where either has, or it has no other end.
    pub(super) fn plain_peer(&self, inode: u64) -> Option<u64> {
        self.listed().by_inode.get(&inode)?.plain_peer.map(NonZeroU64::get)
    }

    /// Every socket the kernel lists.
    pub fn sockets(&self) -> &[SocketInfo] {
        self.listed().sockets.as_ref().map_or(&[], |sockets| sockets.all.as_slice())
    }

    fn listed(&self) -> &Listed {
        self.sockets.get_or_init(Listed::read)
    }

    /// The list of our own network namespace.
    pub(super) fn own_sockets(&self) -> Result<&Sockets, String> {
        self.listed().sockets.as_ref().map_err(Clone::clone)
    }

    fn networks(&self) -> &Networks {
        self.networks.get_or_init(|| Networks::read(self))
    }

    /// As [`Machine::socket`], of whatever network namespace; its other end may be in another.
    ///
    /// # Errors
    /// As there.
    pub fn socket_anywhere(&self, inode: u64) -> Result<&SocketInfo, String> {
        let own = self.socket(inode);
        let is_told = |socket: &SocketInfo| socket.peer != Known::Yes(Peer::Elsewhere);
        if own.as_ref().is_ok_and(|socket| is_told(socket)) {
            return own;
        }
        self.networks().get(inode).map_or(own, Ok)
    }

    /// Every socket of the network namespace that this one is in; ours, where that is not known.
    pub fn sockets_beside(&self, inode: u64) -> &[SocketInfo] {
        match self.socket(inode) {
            Ok(_) => self.sockets(),
            Err(_) => self.networks().beside(inode).unwrap_or_default(),
        }
    }

    /// The socket at the other end of a connection.
    pub fn peer(&self, inode: u64) -> Known<Peer> {
        match self.socket_anywhere(inode) {
            Ok(socket) => socket.peer.clone(),
            Err(why) => Known::No(why),
        }
    }

    /// The listener in whose queue a connection waits that nobody has accepted: this end's inode is asked for.
    pub fn listener_of(&self, inode: u64) -> Option<&SocketInfo> {
        let own = self.sockets().iter().find(|socket| socket.waiting.contains(&inode));
        own.or_else(|| self.networks().listener_of(inode))
    }

    /// The name of a thing: `pipe:[9751]`, a path.
    pub fn label(&self, thing: Thing) -> String {
        match thing {
            Thing::Pipe(inode) => super::name::numbered("pipe", inode),
            Thing::Socket(inode) => super::name::numbered("socket", inode),
            Thing::Eventfd(id) => super::name::numbered("eventfd", id),
            Thing::Fifo(inode, _) | Thing::Queue(inode, _) | Thing::Memory(inode, _) => {
                let path = self.reading.paths.get(&thing).cloned();
                let path = path.unwrap_or_else(|| format!("inode {inode}"));
                // An unlinked path may exist again, as another file.
                if path.ends_with(" (deleted)") { format!("{path} [{inode}]") } else { path }
            }
        }
    }

    /// A process's name for a sentence: its command's and its pid, `cat[4242]`.
    pub fn name(&self, pid: Pid) -> Cow<'_, str> {
        let known = self.by_pid.get(&pid).and_then(|place| self.names.get(*place));
        known.map_or_else(|| name_of("?", pid).into(), |name| name.as_str().into())
    }

    /// The name of the user a process acts as, from the machine's list of users; the number where that has none.
    pub fn user(&self, pid: Pid) -> Rc<str> {
        let Some(uid) = self.process(pid).map(|p| p.uid) else { return "?".into() };
        let mut known = self.users.borrow_mut();
        let find =
            || nix::unistd::User::from_uid(uid.into()).ok().flatten().map_or_else(|| uid.to_string(), |u| u.name);
        known.entry(uid).or_insert_with(|| find().into()).clone()
    }

    /// The words a process was started with, where they tell more than its name: several may bear that.
    pub fn command(&self, pid: Pid) -> Option<Rc<str>> {
        let process = self.process(pid)?;
        let mut known = self.commands.borrow_mut();
        let read = || observe::command(pid).filter(|words| super::name::tells_more(words, &process.comm));
        known.entry(pid).or_insert_with(|| read().map(Rc::from)).clone()
    }

    /// What a process is doing, after `is`: `blocked in read(3)`, `running`.
    pub fn doing(&self, pid: Pid) -> String {
        let Some(process) = self.process(pid) else { return "gone".into() };
        if process.zombie {
            return "dead and not waited for".into();
        }
        let threads = self.threads(pid);
        if threads.iter().any(|t| t.letter == 'T') {
            return "stopped by a signal".into();
        }
        if threads.iter().any(|t| t.letter == 't') {
            return "held by its tracer".into();
        }
        let calls: Vec<_> = threads.iter().filter(|t| t.letter != 'Z').map(|t| t.call.as_ref()).collect();
        match calls.as_slice() {
            [] => "gone".into(),
            [Some(call)] => format!("blocked in {}", super::name::call(&call.blocked)),
            [None] => "running".into(),
            many if many.iter().all(Option::is_some) => format!("blocked in all of its {} threads", many.len()),
            _ => "running".into(),
        }
    }
}
