//! A descriptor table read for one purpose: which pipes, FIFOs, sockets, queues, eventfds and memory it refers to.
//!
//! For a whole machine at once. It asks the kernel for as little as can be: the link of each descriptor, and of a pipe the
//! permission bits of that link, which tell the direction. No fdinfo but for eventfds, no allocation for an entry, and no list
//! of a table without gaps.

use super::numbers;
use super::proc_dir::ProcDir;
use super::sys;
use super::sys_dir::{self, Entries};
use super::terminals::may_be_master;
use crate::world::{Access, FdNumber};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::Mode;
use std::collections::HashMap;
use std::ffi::CStr;

/// What descriptors of several processes can share, as its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    /// A pipe; its inode.
    Pipe(u64),
    /// A FIFO; its inode and the device that numbers it (major, minor).
    Fifo(u64, (u32, u32)),
    /// A socket; its inode. The other end of a connection has another.
    Socket(u64),
    /// A POSIX message queue, as a FIFO.
    Queue(u64, (u32, u32)),
    /// Shared memory with a name or from memfd_create(2), as a FIFO.
    Memory(u64, (u32, u32)),
    /// An eventfd, by the number that fdinfo gives it.
    Eventfd(u64),
}

/// One descriptor that refers to such a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its number.
    pub fd: FdNumber,
    /// In which directions it may be used.
    pub access: Access,
    /// What it refers to.
    pub thing: Thing,
}

/// Reads tables, one after the other, into the same buffers.
pub struct Tables {
    link: Vec<u8>,
    entries: Vec<u8>,
    /// A folder of descriptors can be listed from a number on.
    from_number: bool,
    /// Descriptors of the table read last that may be masters of terminals.
    pub masters: Vec<FdNumber>,
    /// The path of each FIFO, queue and memory met so far.
    pub paths: HashMap<Thing, String>,
}

/// A process, and its folder `fd`.
struct Folder<'p> {
    process: &'p ProcDir,
    links: ProcDir,
}

/// So much room is made for a table at once; a process may have a million descriptors, few of them shared.
const MOST_AT_ONCE: usize = 1024;

impl Default for Tables {
    fn default() -> Tables {
        let from_number = numbers::are_places();
        let (masters, paths) = (Vec::new(), HashMap::new());
        Tables { link: vec![0; 4096], entries: vec![0; 32 << 10], from_number, masters, paths }
    }
}

impl Tables {
    /// The table behind a directory `fd` of /proc, in the order of the numbers.
    ///
    /// # Errors
    /// EACCES or EPERM where one may not look; ENOENT or ESRCH where the process is gone.
    pub(super) fn read(&mut self, process: &ProcDir, folder: &CStr) -> nix::Result<Vec<Held>> {
        self.masters.clear();
        let folder = Folder { process, links: process.inside(folder)? };
        // Since Linux 6.2 the size of the folder is the number of descriptors, and before it is 0.
        let size = nix::sys::stat::fstat(&folder.links).map_or(0, |stat| usize::try_from(stat.st_size).unwrap_or(0));
        let mut held = Vec::with_capacity(size.min(MOST_AT_ONCE));
        let mut read = if self.from_number { self.dense(&folder, size, &mut held)? } else { 0 };
        let mut entries = std::mem::take(&mut self.entries);
        let result = loop {
            match sys_dir::getdents(&folder.links, &mut entries) {
                Ok(0) => break Ok(()),
                Ok(n) => match self.add(&folder, Entries::of(entries.get(..n).unwrap_or_default()), &mut held) {
                    Ok(added) => read += added,
                    Err(errno) => break Err(errno),
                },
                Err(errno) => break Err(errno),
            }
            // Nobody need ask whether there are more.
            if size > 0 && read >= size {
                break Ok(());
            }
        };
        self.entries = entries;
        result.map(|()| held)
    }

    /// From 0 up to the first number that is not open, without a list, which costs the kernel as much as the links do; then
    /// the list goes on from there. How many there were.
    fn dense(&mut self, folder: &Folder<'_>, size: usize, held: &mut Vec<Held>) -> nix::Result<usize> {
        let mut read = 0;
        let mut buffer = [0; 12];
        for fd in 0..FdNumber::try_from(size).unwrap_or(0) {
            match self.one(folder, numbers::name(fd, &mut buffer), fd) {
                Ok(found) => held.extend(found),
                Err(errno @ (Errno::EACCES | Errno::EPERM)) => return Err(errno),
                Err(Errno::ENOENT) => break,
                Err(_) => {}
            }
            read += 1;
        }
        numbers::go_to(&folder.links, read)?;
        Ok(read)
    }

    /// How many entries there were.
    fn add(&mut self, folder: &Folder<'_>, entries: Entries<'_>, held: &mut Vec<Held>) -> nix::Result<usize> {
        let mut count = 0;
        for (_, name) in entries {
            let Some(fd) = name.to_str().ok().and_then(|text| text.parse().ok()) else { continue };
            count += 1;
            match self.one(folder, name, fd) {
                Ok(found) => held.extend(found),
                Err(errno @ (Errno::EACCES | Errno::EPERM)) => return Err(errno),
                // It was closed since.
                Err(_) => {}
            }
        }
        Ok(count)
    }

    /// What one descriptor refers to; `None`: nothing that processes share. Errors: ENOENT where it is not open.
    fn one(&mut self, folder: &Folder<'_>, name: &CStr, fd: FdNumber) -> nix::Result<Option<Held>> {
        let Folder { process, links } = folder;
        let length = sys_dir::readlink(links, name, &mut self.link)?;
        if may_be_master(self.link.get(..length).unwrap_or_default()) {
            self.masters.push(fd);
        }
        let Some(thing) = self.thing(process, links, name, length) else { return Ok(None) };
        let access = match thing {
            Thing::Socket(_) | Thing::Eventfd(_) => Access::ReadWrite,
            _ => access(sys_dir::mode_of_link(links, name)?),
        };
        Ok(Some(Held { fd, access, thing }))
    }

    fn thing(&mut self, process: &ProcDir, links: &ProcDir, name: &CStr, length: usize) -> Option<Thing> {
        let link = self.link.get(..length)?;
        match link {
            [b'p', b'i', b'p', b'e', b':', b'[', ..] => number(link, b"pipe:[").map(Thing::Pipe),
            [b's', b'o', b'c', b'k', b'e', b't', b':', ..] => number(link, b"socket:[").map(Thing::Socket),
            [b'a', b'n', b'o', b'n', ..] if link == b"anon_inode:[eventfd]" => eventfd(process, name),
            [b'/', ..] | [b'(', ..] if !is_dull(link) => self.path(links, name, length),
            _ => None,
        }
    }

    /// A path may lead to a FIFO, a queue or to memory: only the inode tells.
    fn path(&mut self, links: &ProcDir, name: &CStr, length: usize) -> Option<Thing> {
        let file = sys::file_id(links, name).ok()?;
        let link = self.link.get(..length)?;
        let thing = match file.mode & libc::S_IFMT {
            libc::S_IFIFO => Thing::Fifo(file.inode, file.device),
            libc::S_IFREG if is_memory(link) => Thing::Memory(file.inode, file.device),
            libc::S_IFREG if may_be_queue(link) && is_queue(links, name) => Thing::Queue(file.inode, file.device),
            _ => return None,
        };
        self.paths.entry(thing).or_insert_with(|| String::from_utf8_lossy(link).into_owned());
        Some(thing)
    }
}

/// `l-wx------`: the bits of the link itself say how the file was opened, proc_pid_fd(5).
fn access(mode: u32) -> Access {
    match (mode & libc::S_IRUSR != 0, mode & libc::S_IWUSR != 0) {
        (true, true) => Access::ReadWrite,
        (true, false) => Access::Read,
        (false, true) => Access::Write,
        (false, false) => Access::None,
    }
}

fn number(link: &[u8], before: &[u8]) -> Option<u64> {
    std::str::from_utf8(link.strip_prefix(before)?.strip_suffix(b"]")?).ok()?.parse().ok()
}

/// Devices that nobody waits at for another process.
fn is_dull(link: &[u8]) -> bool {
    link.strip_prefix(b"/dev/").is_some_and(|rest| {
        matches!(rest, b"null" | b"zero" | b"full" | b"random" | b"urandom" | b"tty" | b"ptmx")
            || rest.starts_with(b"pts/")
    })
}

fn is_memory(link: &[u8]) -> bool {
    [b"/dev/shm/".as_slice(), b"/memfd:", b"/SYSV"].iter().any(|start| link.starts_with(start))
}

/// `/name`, or at the place where the queues' file system usually is mounted, mq_overview(7).
fn may_be_queue(link: &[u8]) -> bool {
    let name = link.strip_prefix(b"/dev/mqueue/").or_else(|| link.strip_prefix(b"/"));
    name.is_some_and(|name| !name.contains(&b'/'))
}

/// `O_PATH` opens nothing: it only says which file is meant.
fn is_queue(links: &ProcDir, name: &CStr) -> bool {
    const MQUEUE_MAGIC: i128 = 0x1980_0202;
    let file = openat(links, name, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
    file.and_then(|file| nix::sys::statfs::fstatfs(&file))
        .is_ok_and(|fs| i128::from(fs.filesystem_type().0) == MQUEUE_MAGIC)
}

/// `eventfd-id` of fdinfo, since Linux 5.2: all eventfds have one inode.
fn eventfd(process: &ProcDir, name: &CStr) -> Option<Thing> {
    let infos = process.inside(c"fdinfo").ok()?;
    let mut buffer = [0; 512];
    let text = std::str::from_utf8(infos.read_start(name, &mut buffer).ok()?).ok()?;
    let id = text.lines().find_map(|line| line.strip_prefix("eventfd-id:"))?;
    id.trim().parse().ok().map(Thing::Eventfd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_a_link_are_the_way_bytes_can_go() {
        let table = [
            (0o120500, Access::Read),
            (0o120300, Access::Write),
            (0o120700, Access::ReadWrite),
            (0o120100, Access::None),
        ];
        for (mode, expected) in table {
            assert_eq!(access(mode), expected, "{mode:o}");
        }
    }

    #[test]
    fn links_are_told_apart() {
        assert_eq!(number(b"pipe:[9751]", b"pipe:["), Some(9751));
        for bad in [b"pipe:[]".as_slice(), b"pipe:[1", b"/pipe:[1]", b"pipe:[x]"] {
            assert_eq!(number(bad, b"pipe:["), None);
        }
        for (link, dull) in [("/dev/null", true), ("/dev/pts/3", true), ("/dev/shm/x", false), ("/tmp/f", false)] {
            assert_eq!(is_dull(link.as_bytes()), dull, "{link}");
        }
        for (link, queue) in [("/q", true), ("/dev/mqueue/q", true), ("/tmp/q", false), ("q", false)] {
            assert_eq!(may_be_queue(link.as_bytes()), queue, "{link}");
        }
        for (link, memory) in [("/dev/shm/a", true), ("/memfd:a (deleted)", true), ("/tmp/a", false)] {
            assert_eq!(is_memory(link.as_bytes()), memory, "{link}");
        }
    }

    #[test]
    fn our_own_table_tells_both_ends_of_a_pipe() {
        let (read, write) = nix::unistd::pipe().unwrap();
        let dir = ProcDir::of(nix::unistd::getpid().as_raw()).unwrap();
        let held = Tables::default().read(&dir, c"fd").unwrap();
        use std::os::fd::AsRawFd;
        let of = |fd: i32| held.iter().find(|h| h.fd == fd).unwrap();
        let (read, write) = (of(read.as_raw_fd()), of(write.as_raw_fd()));
        assert_eq!(read.thing, write.thing);
        assert_eq!((read.access, write.access), (Access::Read, Access::Write));
    }

    #[test]
    fn what_lies_behind_a_gap_is_found() {
        use std::os::fd::AsRawFd;
        let (read, _write) = nix::unistd::pipe().unwrap();
        let far = nix::fcntl::fcntl(&read, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(700)).unwrap();
        let dir = ProcDir::of(nix::unistd::getpid().as_raw()).unwrap();
        for from_number in [true, false] {
            let mut tables = Tables { from_number: from_number && numbers::are_places(), ..Tables::default() };
            let held = tables.read(&dir, c"fd").unwrap();
            let of = |fd: i32| held.iter().filter(|h| h.fd == fd).map(|h| h.thing).collect::<Vec<_>>();
            assert_eq!(of(read.as_raw_fd()), of(far));
            assert_eq!(of(far).len(), 1);
            assert!(held.is_sorted_by_key(|h| h.fd));
        }
        nix::unistd::close(far).unwrap();
    }
}
