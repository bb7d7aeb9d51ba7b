//! From descriptors to the objects they share.

use super::fds::{RawFd, is_terminal};
use super::maps::Area;
use super::proc_dir::{ProcDir, entry};
use super::sys::FileId;
use crate::world::{Body, Holder, Known, Mapped, Mapping, Object, ObjectId, ObjectKind, Pid, Target};
use nix::libc;
use std::collections::HashMap;

/// The objects seen so far, in order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Objects {
    found: Vec<Found>,
    by_id: HashMap<ObjectId, usize>,
}

/// An object, and what it takes to know it again.
#[derive(Debug)]
pub(super) struct Found {
    /// As the picture shows it; bytes, capacity and contents are filled in by a peek.
    pub(super) object: Object,
    /// Of a path: its inode and device.
    pub(super) file: Option<FileId>,
}

impl Objects {
    /// What this entry refers to; an object it shares with others gets one more holder.
    pub(super) fn add(&mut self, process: &str, pid: Pid, fd: &RawFd, outside: bool) -> Target {
        let Some((id, kind, inode)) = identify(fd) else {
            return if is_terminal(&fd.link) { Target::Terminal } else { Target::Other(fd.link.clone()) };
        };
        let place = *self.by_id.entry(id.clone()).or_insert_with(|| {
            let mut object = unseen(id.clone(), kind, inode);
            if kind == ObjectKind::Memory {
                object.become_memory(fd.file.map(|f| f.size));
            }
            self.found.push(Found { object, file: fd.file });
            self.found.len() - 1
        });
        if let Some(found) = self.found.get_mut(place) {
            // A mapping may have shown it first, which does not tell its size.
            if let (Body::Memory(memory), Some(file)) = (&mut found.object.body, fd.file) {
                memory.size = Known::Yes(file.size);
            }
            let (process, access) = (process.to_owned(), fd.flags.access);
            found.object.holders.push(Holder { process, pid, fd: fd.number, access, outside });
        }
        Target::Object(id)
    }

    /// One that is known already.
    pub(super) fn insert(&mut self, object: Object) {
        self.by_id.insert(object.id.clone(), self.found.len());
        self.found.push(Found { object, file: None });
    }

    /// A pipe or FIFO that is known already, to be found again by its file too.
    pub(super) fn insert_pipe(&mut self, object: &Object) {
        let holder = object.holders.iter().find(|h| !h.outside);
        let file = holder.filter(|_| object.kind == ObjectKind::Fifo).and_then(|holder| {
            let links = ProcDir::of(holder.pid).and_then(|dir| dir.inside(c"fd")).ok()?;
            super::sys::file_id(&links, &entry(holder.fd)).ok()
        });
        self.by_id.insert(object.id.clone(), self.found.len());
        self.found.push(Found { object: object.clone(), file });
    }

    /// The object that an area of memory shows, which may be one that no descriptor refers to any more.
    pub(super) fn of_area(&mut self, area: &Area) -> ObjectId {
        let same = |found: &&mut Found| found.file.is_some_and(|f| (f.inode, f.device) == (area.inode, area.device));
        if let Some(found) = self.found.iter_mut().find(same) {
            found.object.become_memory(found.file.map(|f| f.size));
            return found.object.id.clone();
        }
        let id = area.object();
        if !self.by_id.contains_key(&id) {
            let mut object = unseen(id.clone(), ObjectKind::Memory, area.inode);
            object.become_memory(None);
            // Like the file of a descriptor, to be known again by another process's mapping.
            let file = FileId { mode: libc::S_IFREG, inode: area.inode, size: 0, device: area.device };
            self.by_id.insert(id.clone(), self.found.len());
            self.found.push(Found { object, file: Some(file) });
        }
        id
    }

    /// One more maps this object.
    pub(super) fn mapped(&mut self, id: &ObjectId, by: Mapped, mapping: &Mapping) {
        let found = self.by_id.get(id).and_then(|place| self.found.get_mut(*place));
        let Some(Found { object, .. }) = found else { return };
        // Memory without a name is as long as the mapping that made it.
        let whole = object.id.0.starts_with("anonymous:").then_some(mapping.offset + mapping.length);
        if let Body::Memory(memory) = &mut object.body {
            memory.maps.push(by);
            if let Some(whole) = whole {
                let known = memory.size.value().copied().unwrap_or(0);
                memory.size = Known::Yes(known.max(whole));
            }
        }
    }

    /// The pipe or FIFO that a link text, and for a path its inode, leads to.
    pub(super) fn queue_mut(&mut self, is_it: impl Fn(&Found) -> bool) -> Option<&mut Object> {
        self.found.iter_mut().find(|found| found.object.is_pipe() && is_it(found)).map(|found| &mut found.object)
    }

    /// There is at least one of this kind.
    pub(super) fn any(&self, kind: ObjectKind) -> bool {
        self.found.iter().any(|found| found.object.kind == kind)
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.found.iter_mut().map(|found| &mut found.object)
    }

    /// All of them, in order of first appearance.
    pub(super) fn into_objects(self) -> Vec<Object> {
        self.found.into_iter().map(|found| found.object).collect()
    }
}

/// What an entry refers to, by itself: the target, and the object without its holders.
pub(super) fn unshared(fd: &RawFd) -> (Target, Option<Object>) {
    let Some((id, kind, inode)) = identify(fd) else {
        let terminal = is_terminal(&fd.link);
        return (if terminal { Target::Terminal } else { Target::Other(fd.link.clone()) }, None);
    };
    let mut object = unseen(id.clone(), kind, inode);
    if kind == ObjectKind::Memory {
        object.become_memory(fd.file.map(|f| f.size));
    }
    (Target::Object(id), Some(object))
}

/// Memory of which nothing is known but that it is there.
pub fn unseen_memory(id: ObjectId, inode: u64) -> Object {
    let mut object = unseen(id, ObjectKind::Memory, inode);
    object.become_memory(None);
    object
}

fn unseen(id: ObjectId, kind: ObjectKind, inode: u64) -> Object {
    let why = match kind {
        ObjectKind::Pipe | ObjectKind::Fifo => "nobody has looked",
        ObjectKind::File => "a file holds no waiting bytes",
        ObjectKind::Memory => "memory holds no waiting bytes",
        ObjectKind::Queue => "a queue is full by its messages, not by its bytes",
        ObjectKind::Socket => "the kernel counts what a socket can hold in memory, not in bytes",
        ObjectKind::PostQueue | ObjectKind::Semaphores => "no descriptor refers to it",
    };
    Object {
        id,
        kind,
        inode,
        bytes: Known::No(why.into()),
        capacity: Known::No(why.into()),
        contents: Known::No(why.into()),
        socket: None,
        holders: Vec::new(),
        body: Body::default(),
    }
}

fn identify(fd: &RawFd) -> Option<(ObjectId, ObjectKind, u64)> {
    if let Some(inode) = pipe_inode(&fd.link) {
        return Some((ObjectId(fd.link.clone()), ObjectKind::Pipe, inode));
    }
    if let Some(inode) = socket_inode(&fd.link) {
        return Some((ObjectId(fd.link.clone()), ObjectKind::Socket, inode));
    }
    let file = fd.file?;
    let kind = match file.mode & libc::S_IFMT {
        libc::S_IFIFO => ObjectKind::Fifo,
        libc::S_IFREG if fd.queue => ObjectKind::Queue,
        libc::S_IFREG if fd.link.starts_with("/memfd:") || fd.link.starts_with("/dev/shm/") => ObjectKind::Memory,
        libc::S_IFREG => ObjectKind::File,
        _ => return None,
    };
    Some((named(&fd.link, file.inode), kind, file.inode))
}

/// The identity of what has, or had, a path.
pub(super) fn named(path: &str, inode: u64) -> ObjectId {
    // Memory without a name, which prctl(2) can have given one that is not its own alone.
    if path == "/dev/zero (deleted)" || path.starts_with("[anon_shmem:") {
        return ObjectId(format!("anonymous:[{inode}]"));
    }
    match path.strip_suffix(" (deleted)") {
        // It never had a path.
        Some(memfd) if memfd.starts_with("/memfd:") => ObjectId(format!("{}:[{inode}]", memfd.trim_start_matches('/'))),
        // An unlinked path may exist again, as another file: only the inode tells them apart.
        Some(_) => ObjectId(format!("{path} [{inode}]")),
        None => ObjectId(path.to_owned()),
    }
}

/// The inode in `pipe:[9751]`.
pub(super) fn pipe_inode(link: &str) -> Option<u64> {
    link.strip_prefix("pipe:[")?.strip_suffix(']')?.parse().ok()
}

/// The inode in `socket:[9751]`.
fn socket_inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::fds::Flags;
    use super::*;
    use crate::world::Access;

    fn fd(number: i32, link: &str, access: Access, mode: u32, inode: u64) -> RawFd {
        let file = (mode != 0).then_some(FileId { mode, inode, size: 0, device: (8, 1) });
        RawFd {
            number,
            link: link.into(),
            flags: Flags { access, cloexec: false, nonblock: false },
            file,
            queue: false,
        }
    }

    #[test]
    fn links_become_targets() {
        let object = |id: &str| Target::Object(ObjectId(id.into()));
        let table = [
            (fd(0, "/dev/pts/3", Access::ReadWrite, 0, 0), Target::Terminal),
            (fd(0, "/dev/tty", Access::ReadWrite, 0, 0), Target::Terminal),
            (fd(3, "pipe:[9751]", Access::Read, 0, 0), object("pipe:[9751]")),
            (fd(3, "pipe:[x]", Access::Read, 0, 0), Target::Other("pipe:[x]".into())),
            (fd(3, "/tmp/f", Access::Read, libc::S_IFIFO | 0o600, 5), object("/tmp/f")),
            (fd(3, "/tmp/f (deleted)", Access::Read, libc::S_IFIFO, 5), object("/tmp/f (deleted) [5]")),
            (fd(3, "/tmp/data", Access::Read, libc::S_IFREG, 6), object("/tmp/data")),
            (fd(3, "/dev/null", Access::Read, libc::S_IFCHR, 7), Target::Other("/dev/null".into())),
            (fd(3, "/tmp", Access::Read, libc::S_IFDIR, 8), Target::Other("/tmp".into())),
            (fd(3, "socket:[7]", Access::ReadWrite, 0, 0), object("socket:[7]")),
            (fd(3, "anon_inode:[eventfd]", Access::ReadWrite, 0, 0), Target::Other("anon_inode:[eventfd]".into())),
        ];
        for (raw, expected) in table {
            assert_eq!(Objects::default().add("p", 1, &raw, false), expected, "{}", raw.link);
        }
    }

    #[test]
    fn objects_come_in_order_of_first_appearance_and_gather_holders() {
        let mut objects = Objects::default();
        objects.add("a", 1, &fd(3, "pipe:[20]", Access::Read, 0, 0), false);
        objects.add("a", 1, &fd(4, "pipe:[10]", Access::Write, 0, 0), false);
        objects.add("b", 2, &fd(3, "pipe:[20]", Access::Write, 0, 0), false);
        let objects = objects.into_objects();
        let summary: Vec<_> = objects
            .iter()
            .map(|o| (o.inode, o.holders.iter().map(|h| (h.pid, h.fd, h.access)).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            summary,
            [(20, vec![(1, 3, Access::Read), (2, 3, Access::Write)]), (10, vec![(1, 4, Access::Write)])]
        );
    }
}
