//! Single facts of one process, for whoever follows it call by call: an entry of its table, its name, where it sleeps,
//! a piece of its memory.

use super::blocked::{self, Asleep};
use super::fds;
use super::maps::FileKey;
use super::objects::unshared;
use super::proc_dir::{ProcDir, entry};
use super::stat::{self, Stat};
use super::sys;
use crate::world::{Access, BlockedIn, Fd, FdNumber, Object, ObjectKind, Pid, Target};
use nix::errno::Errno;
use std::os::unix::fs::FileExt;

/// An entry of a table, and the object it refers to, of which nothing else is known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry.
    pub fd: Fd,
    /// The object, without holders; `None` where it is none that processes share.
    pub object: Option<Object>,
    /// Of memory and of ordinary files: what they are known again by, whatever they are called.
    pub file: Option<FileKey>,
}

impl Entry {
    /// An ordinary file, a folder or a device: nothing that processes talk through.
    pub fn is_file(&self) -> bool {
        match (&self.object, &self.fd.target) {
            (Some(object), _) => object.kind == ObjectKind::File,
            (None, Target::Other(link)) => !link.starts_with("anon_inode:"),
            (None, _) => false,
        }
    }
}

/// The table of one process, kept open so that an entry costs little. It holds no descriptor of the process.
pub struct Table {
    links: ProcDir,
    infos: ProcDir,
}

impl Table {
    /// Open it.
    ///
    /// # Errors
    /// EACCES or EPERM where one may not look; ENOENT where there is no such process.
    pub fn of(pid: Pid) -> nix::Result<Table> {
        let dir = ProcDir::of(pid)?;
        Ok(Table { links: dir.inside(c"fd")?, infos: dir.inside(c"fdinfo")? })
    }

    /// One entry; `None` where the number is not open.
    pub fn entry(&self, number: FdNumber) -> Option<Entry> {
        let raw = fds::read_entry(&self.links, &self.infos, number).ok()?;
        let (target, object) = unshared(&raw);
        let fds::Flags { access, cloexec, nonblock } = raw.flags;
        let may_be_mapped = object.as_ref().is_some_and(|o| matches!(o.kind, ObjectKind::Memory | ObjectKind::File));
        let file = raw.file.filter(|_| may_be_mapped).map(|f| FileKey { device: f.device, inode: f.inode });
        Some(Entry { fd: Fd { number, target, access, cloexec, nonblock, origin: None }, object, file })
    }

    /// How long the file or memory behind an entry is, in bytes; `None` where the number is not open.
    pub fn size(&self, number: FdNumber) -> Option<u64> {
        sys::file_id(&self.links, &entry(number)).ok().map(|file| file.size)
    }

    /// What the link of an entry says; `None` where the number is not open.
    pub fn link(&self, number: FdNumber) -> Option<String> {
        self.links.link(&entry(number)).ok()
    }

    /// All entries, in ascending order.
    ///
    /// # Errors
    /// Where the folder cannot be read any more.
    pub fn all(&self) -> nix::Result<Vec<Entry>> {
        Ok(self.links.numbers()?.into_iter().filter_map(|n| self.entry(n)).collect())
    }
}

/// Its command's name and its parent's pid; `None` where it is gone.
pub fn comm_of(pid: Pid) -> Option<(String, Pid)> {
    let stat = ProcDir::of(pid).and_then(|dir| Stat::read(&dir)).ok()?;
    Some((stat.comm, stat.ppid))
}

/// The state of one thread, `/proc/PID/task/TID/stat`, kept open so that a look at it costs little. It goes with the thread.
#[derive(Debug)]
pub struct Task(std::fs::File);

impl Task {
    /// Open it; `None` where it is gone.
    pub fn of(pid: Pid, tid: Pid) -> Option<Task> {
        std::fs::File::open(format!("/proc/{pid}/task/{tid}/stat")).ok().map(Task)
    }

    /// The letter of its state: `S` and `D` where it sleeps, `Z` where it has ended; `None` where it is gone.
    pub fn letter(&self) -> Option<u8> {
        let mut buffer = [0; 512];
        let text = self.0.read_at(&mut buffer, 0).ok().and_then(|length| buffer.get(..length));
        text.and_then(stat::letter)
    }
}

/// The call that a thread sleeps in; `None` where it runs, is stopped, or is gone.
pub fn asleep_in(pid: Pid, tid: Pid) -> Option<BlockedIn> {
    let process = ProcDir::of(pid).ok()?;
    let dir = process.inside(c"task").and_then(|tasks| tasks.inside(&entry(tid))).ok()?;
    if !matches!(Stat::read(&dir).ok()?.state, 'S' | 'D') {
        return None;
    }
    match Asleep::read(&dir) {
        Ok(Asleep::In(number, arguments)) => Some(blocked::describe(number, arguments, &blocked::memory_of(tid, &dir))),
        _ => None,
    }
}

/// Whether each other thread of a process sleeps.
pub fn others_sleep(pid: Pid, tid: Pid) -> bool {
    let Ok(tasks) = ProcDir::of(pid).and_then(|dir| dir.inside(c"task")) else { return false };
    let others = tasks.numbers().unwrap_or_default().into_iter().filter(|other| *other != tid);
    let mut letters = others.filter_map(|t| tasks.inside(&entry(t)).and_then(|dir| Stat::read(&dir)).ok());
    letters.all(|stat| matches!(stat.state, 'S' | 'D' | 'Z' | 'X'))
}

/// The process that a thread belongs to, and that process's parent: `/proc/TID/status`.
pub fn group_of(tid: Pid) -> Option<(Pid, Pid)> {
    let text = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name))?.trim().parse().ok();
    Some((field("Tgid:")?, field("PPid:")?))
}

/// Copy from a process's memory, `process_vm_readv(2)`; `/proc/PID/mem` where that is refused. How many bytes could be had.
pub(super) fn read_memory(tid: Pid, address: u64, into: &mut [u8]) -> usize {
    match sys::read_memory(tid, address, into) {
        Ok(n) => n,
        Err(Errno::EPERM | Errno::ENOSYS) => {
            let Ok(dir) = ProcDir::of(tid) else { return 0 };
            blocked::memory_of(tid, &dir)(address, into).unwrap_or(0)
        }
        Err(_) => 0,
    }
}

/// Whether a descriptor that may be used so can be looked through.
pub(super) fn reads_only(access: Access) -> bool {
    access == Access::Read
}
