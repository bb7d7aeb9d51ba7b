//! The world of the traced processes, kept up to date call by call.
//!
//! What it shows was read from the kernel: an entry of a table when a call made or changed it, the whole table after fork and exec, what
//! waits in an object after each call on it. Descriptors on ordinary files are left out unless they are asked for.

mod bytes;
mod class;
mod copied;
mod holders;
mod life;
mod memory;
mod posts;
mod segments;
mod sharing;
mod space;
mod system_v;
mod threads;
mod used;

use super::edits::{Marks, OfProcess};
use super::memory::Memory;
use super::origin::Made;
use crate::observe::{Entry, FileKey, Looker, Memories, Table};
use crate::world::{Change, FdNumber, Object, ObjectId, ObjectKind, Pid, ProcName, Process, State, Target, World};
pub(super) use class::Class;
use posts::Posts;
pub(super) use posts::Taken;
use std::collections::{BTreeMap, BTreeSet, HashMap};
pub(super) use system_v::Used;

/// What is kept of a living process beside what the world shows.
struct Beside {
    table: Option<Table>,
    /// Descriptors that are known to be ordinary files, and are left out.
    hidden: BTreeSet<FdNumber>,
    /// Numbers that channels had and that it has closed.
    had: BTreeSet<FdNumber>,
    /// Threads of it that are in a call which may close a descriptor.
    closing: usize,
    /// The other processes that use the same table (`CLONE_FILES`).
    shares: Vec<Pid>,
    /// What tells of its mappings.
    ground: space::Ground,
    /// It sees the same System V objects as we do, where that was asked.
    shares_ipc: Option<bool>,
}

/// The world, and what it takes to change it.
pub(super) struct Picture {
    world: World,
    beside: BTreeMap<Pid, Beside>,
    places: HashMap<ObjectId, usize, foldhash::fast::RandomState>,
    looker: Looker,
    memories: Memories,
    /// Memory, and files that are mapped, by what they are known again by.
    inodes: HashMap<FileKey, ObjectId, foldhash::fast::RandomState>,
    /// How many mappings there are in all.
    mapped: usize,
    /// Memory that somebody who has unmapped it since may have stored to unseen.
    doubtful: BTreeSet<ObjectId>,
    /// System V memory that is there though nobody may have it mapped.
    segments: BTreeSet<ObjectId>,
    changes: Vec<Change>,
    /// What has changed, where somebody keeps a copy.
    marks: Option<Marks>,
    files: bool,
    /// What was seen of the messages in System V queues.
    posts: Posts,
    /// Something that the program was given has been used, where that is asked for.
    used: Option<bool>,
    /// Counts changes of tables and states: what findings depend on beside bytes.
    version: u64,
}

impl Picture {
    /// An empty one. `files`: ordinary files are shown too; `copied`: somebody keeps a copy of the world.
    pub(super) fn new(files: bool, copied: bool) -> Picture {
        Picture {
            world: World::default(),
            beside: BTreeMap::new(),
            places: HashMap::default(),
            looker: Looker::default(),
            memories: Memories::default(),
            inodes: HashMap::default(),
            mapped: 0,
            doubtful: BTreeSet::new(),
            segments: BTreeSet::new(),
            changes: Vec::new(),
            marks: copied.then(Marks::default),
            files,
            posts: Posts::default(),
            used: None,
            version: 0,
        }
    }

    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// The memory of a thread of this process.
    pub(super) fn memory(&self, process: Pid, thread: Pid) -> Memory<'_> {
        Memory { thread, process, memories: &self.memories }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// How the world differs from when this was last asked.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// The list that was taken, for the next changes: its room is there already.
    pub(super) fn give_back(&mut self, mut list: Vec<Change>) {
        if self.changes.is_empty() {
            list.clear();
            self.changes = list;
        }
    }

    /// The living process with this id.
    pub(super) fn process(&self, pid: Pid) -> Option<&Process> {
        self.world.processes.iter().rev().find(|p| p.pid == pid && p.state.is_alive())
    }

    /// Its name; for one that is not in the picture its number.
    pub(super) fn name(&self, pid: Pid) -> ProcName {
        self.world.process_by_pid(pid).map_or_else(|| pid.to_string(), |p| p.name.clone())
    }

    /// To change this part of it.
    fn process_mut(&mut self, pid: Pid, part: OfProcess) -> Option<&mut Process> {
        let place = self.world.processes.iter().rposition(|p| p.pid == pid && p.state.is_alive())?;
        self.mark_process(place, part);
        self.world.processes.get_mut(place)
    }

    /// Read the whole table anew.
    pub(super) fn reread(&mut self, pid: Pid) {
        for user in self.users(pid) {
            self.reread_one(user);
        }
    }

    fn reread_one(&mut self, pid: Pid) {
        let Some(beside) = self.beside.get_mut(&pid) else { return };
        beside.hidden.clear();
        // exec may have made another user of it, for whom the folder is another.
        beside.table = Table::of(pid).ok().or(beside.table.take());
        let Some(Ok(entries)) = beside.table.as_ref().map(Table::all) else {
            let why = "its descriptors could not be read".to_owned();
            if let Some(process) = self.process_mut(pid, OfProcess::Whole) {
                process.fds_unreadable = Some(why);
            }
            return;
        };
        let before: Vec<FdNumber> =
            self.process(pid).map(|p| p.fds.iter().map(|f| f.number).collect()).unwrap_or_default();
        let now: BTreeSet<FdNumber> = entries.iter().map(|e| e.fd.number).collect();
        for number in before.into_iter().filter(|n| !now.contains(n)) {
            self.put(pid, number, None, None);
        }
        for entry in entries {
            self.put(pid, entry.fd.number, Some(entry), None);
        }
    }

    /// Read these entries anew; `made` is the call that made them.
    pub(super) fn refresh(&mut self, pid: Pid, numbers: &[FdNumber], made: Option<&Made>) {
        for number in numbers {
            let entry = self.beside.get(&pid).and_then(|b| b.table.as_ref()).and_then(|t| t.entry(*number));
            for user in self.users(pid) {
                self.put(user, *number, entry.clone(), made);
            }
        }
    }

    /// Put an entry in its place, or take away what is there.
    fn put(&mut self, pid: Pid, number: FdNumber, entry: Option<Entry>, made: Option<&Made>) {
        let shown = entry.filter(|entry| {
            let hide = entry.is_file() && !self.files;
            if let Some(beside) = self.beside.get_mut(&pid) {
                if hide {
                    beside.hidden.insert(number)
                } else {
                    beside.hidden.remove(&number)
                };
            }
            !hide
        });
        let Some(process) = self.process(pid) else { return };
        let name = process.name.clone();
        let place = process.fds.binary_search_by_key(&number, |fd| fd.number);
        let old = place.ok().and_then(|at| process.fds.get(at)).cloned();
        let Some(Entry { mut fd, mut object, file }) = shown else {
            if let (Some(old), Ok(at)) = (old, place) {
                self.beside.get_mut(&pid).map(|b| b.had.insert(number));
                self.release(pid, &old);
                self.process_mut(pid, OfProcess::Entry(number)).map(|p| p.fds.remove(at));
                self.changed(Change::Closed(name, old));
            }
            return;
        };
        // Memory has one name here, though the kernel may have several for it.
        if let Some(known) = self.by_file(file).filter(|known| self.is_memory(known)) {
            (fd.target, object) = (Target::Object(known.clone()), None);
        }
        let same = old.as_ref().is_some_and(|old| old.target == fd.target);
        fd.origin = match made {
            Some(made) => Some(made.origin()),
            None if same => old.as_ref().and_then(|old| old.origin.clone()),
            None => None,
        };
        if let Some(old) = old.as_ref().filter(|_| !same) {
            self.release(pid, old);
        }
        if !same {
            self.known_by(file, object.as_ref());
            self.known(object);
            self.hold(pid, &fd);
        }
        match (place, old) {
            (Ok(at), Some(old)) => {
                let differs = old != fd;
                let process = self.process_mut(pid, OfProcess::Entry(number));
                if let Some(slot) = process.and_then(|p| p.fds.get_mut(at)) {
                    *slot = fd;
                }
                if differs {
                    self.changed(Change::Replaced(name, old));
                }
            }
            (place, _) => {
                let at = place.unwrap_or_else(|at| at);
                if let Some(process) = self.process_mut(pid, OfProcess::Entry(number)) {
                    process.fds.insert(at, fd);
                }
                self.changed(Change::Opened(name, number));
            }
        }
    }

    /// Memory that an entry refers to is known again by its inode.
    fn known_by(&mut self, file: Option<FileKey>, object: Option<&Object>) {
        if let (Some(file), Some(object)) = (file, object.filter(|o| o.kind == ObjectKind::Memory)) {
            self.inodes.insert(file, object.id.clone());
        }
    }

    fn changed(&mut self, change: Change) {
        self.version += 1;
        self.changes.push(change);
    }

    /// A thread of it goes into a call that may close descriptors, or comes out.
    pub(super) fn closing(&mut self, pid: Pid, goes_in: bool) {
        for user in self.users(pid) {
            let Some(beside) = self.beside.get_mut(&user) else { continue };
            beside.closing = if goes_in { beside.closing + 1 } else { beside.closing.saturating_sub(1) };
        }
    }

    pub(super) fn set_state(&mut self, pid: Pid, state: State) {
        if self.process(pid).is_none_or(|p| p.state == state) {
            return;
        }
        let Some(process) = self.process_mut(pid, OfProcess::State) else { return };
        let before = std::mem::replace(&mut process.state, state.clone());
        let name = process.name.clone();
        self.changed(Change::StateChanged(name, before, state));
    }

    pub(super) fn object(&self, id: &ObjectId) -> Option<&Object> {
        self.world.objects.get(*self.places.get(id)?)
    }

    /// The object behind a descriptor.
    pub(super) fn behind(&self, pid: Pid, number: FdNumber) -> Option<&Object> {
        self.world.objects.get(self.place_behind(pid, number)?)
    }

    fn place_behind(&self, pid: Pid, number: FdNumber) -> Option<usize> {
        let fds = &self.process(pid)?.fds;
        let fd = fds.get(fds.binary_search_by_key(&number, |fd| fd.number).ok()?)?;
        self.places.get(fd.target.object()?).copied()
    }
}

impl Picture {
    /// Take away what is close-on-exec: the exec that follows closes it.
    pub(super) fn close_marked(&mut self, pid: Pid) {
        let marked =
            self.process(pid).map(|p| p.fds.iter().filter(|f| f.cloexec).map(|f| f.number).collect::<Vec<_>>());
        for number in marked.unwrap_or_default() {
            self.put(pid, number, None, None);
        }
    }

    /// The object behind a descriptor, and for a socket the one at the other end too.
    pub(super) fn way(&self, pid: Pid, number: FdNumber) -> Vec<ObjectId> {
        let Some(object) = self.behind(pid, number) else { return Vec::new() };
        let peer = object.as_socket().and_then(|s| s.peer.value().and_then(|p| p.inode()));
        [object.id.clone()].into_iter().chain(peer.map(|inode| ObjectId(format!("socket:[{inode}]")))).collect()
    }

    /// For the moment that it is lent to.
    pub(super) fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// The flags of a descriptor are others; those of the description, for every copy.
    pub(super) fn flags_changed(&mut self, pid: Pid, number: FdNumber) {
        let holders: Vec<(Pid, FdNumber)> = match self.behind(pid, number) {
            Some(object) => object.holders.iter().filter(|h| !h.outside).map(|h| (h.pid, h.fd)).collect(),
            None => vec![(pid, number)],
        };
        for (pid, number) in holders {
            self.refresh(pid, &[number], None);
        }
    }

    /// A socket that has vanished was the other end of one that is still there.
    pub(super) fn settle(&mut self) {
        let gone = self.changes.iter().filter_map(|c| match c {
            Change::Vanished(id) => id.0.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok(),
            _ => None,
        });
        let gone: Vec<u64> = gone.collect();
        if gone.is_empty() {
            return;
        }
        let was_peer = |o: &&Object| {
            let peer = o.as_socket().and_then(|s| s.peer.value().and_then(|p| p.inode()));
            peer.is_some_and(|inode| gone.contains(&inode))
        };
        let ids: Vec<ObjectId> = self.world.objects.iter().filter(was_peer).map(|o| o.id.clone()).collect();
        if !ids.is_empty() {
            self.look_at_sockets(&ids);
        }
    }
}
