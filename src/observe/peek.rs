//! The bytes that wait in a pipe, seen and not taken.
//!
//! A look needs a descriptor of the pipe, and a descriptor holds an end. So: only a read end (another write end would
//! withhold end-of-file), only where a read end exists (a first one would hide SIGPIPE) that nobody gives up meanwhile, and
//! closed before the caller gets the world.

use super::objects::Objects;
use super::pidfds::Pidfds;
use super::sys;
use crate::world::{Access, Contents, Holder, Known, Object, ObjectKind, Pid};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc;
use nix::sys::stat::{Mode, fstat};
use std::os::fd::OwnedFd;

/// Whose tables could not be read: an end may be held there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unseen {
    /// A process of the stage.
    pub(super) subjects: bool,
    /// A process that is not on the stage. It comes into question for a FIFO, which anyone can open.
    pub(super) others: bool,
}

/// Bytes, capacity and contents of every pipe and FIFO. `steady`: where something runs, the processes that do not: only
/// what one of them can read from is looked into.
pub(super) fn fill(objects: &mut Objects, limit: usize, unseen: Unseen, steady: Option<&[Pid]>) {
    let mut peeker = Peeker::default();
    for object in objects.iter_mut().filter(|object| object.is_pipe()) {
        if let Some(steady) = steady
            && !object.readers().any(|reader| steady.contains(&reader.pid))
        {
            mark(object, "a process is running");
            continue;
        }
        let doubt = unseen.subjects || unseen.others && object.kind == ObjectKind::Fifo;
        match peeker.read_end(object, doubt) {
            Ok(end) => {
                object.bytes = known(sys::bytes_waiting(&end));
                object.capacity = known(capacity(&end));
                object.contents = peeker.contents(&end, &object.bytes, limit);
            }
            Err(why) => mark(object, &why),
        }
    }
}

/// Bytes, capacity and contents (at the most `limit` bytes) of these pipes and FIFOs, whoever runs. It holds a read end of
/// each for some microseconds: a writer whose last reader goes away in them hears of it so much later.
pub fn look_into<'o>(objects: impl Iterator<Item = &'o mut Object>, limit: usize) {
    let mut peeker = Peeker::default();
    for object in objects.filter(|object| object.is_pipe()) {
        match peeker.read_end(object, true) {
            Ok(end) => {
                object.bytes = known(sys::bytes_waiting(&end));
                object.capacity = known(capacity(&end));
                object.contents = peeker.contents(&end, &object.bytes, limit);
            }
            Err(why) => mark(object, &why),
        }
    }
}

/// How many bytes wait behind this holder, where it has a read end that is still the same pipe.
pub(super) fn bytes_behind(object: &Object) -> Option<u64> {
    let mut peeker = Peeker::default();
    sys::bytes_waiting(peeker.read_end(object, false).ok()?).ok()
}

fn mark(object: &mut Object, why: &str) {
    object.bytes = Known::No(why.into());
    object.capacity = Known::No(why.into());
    object.contents = Known::No(why.into());
}

pub(super) fn known<T>(result: nix::Result<T>) -> Known<T> {
    result.map_or_else(|errno| Known::No(reason(errno)), Known::Yes)
}

pub(super) fn reason(errno: Errno) -> String {
    match errno {
        Errno::EPERM | Errno::EACCES => format!("no permission to look into it ({errno:?})"),
        Errno::EMFILE | Errno::ENFILE => format!("no descriptor is free to look with ({errno:?})"),
        other => format!("the kernel refused the look ({other:?})"),
    }
}

pub(super) fn capacity(end: &OwnedFd) -> nix::Result<u64> {
    fcntl(end, FcntlArg::F_GETPIPE_SZ).map(|size| u64::from(size.unsigned_abs()))
}

#[derive(Default)]
pub(super) struct Peeker {
    pub(super) pidfds: Pidfds,
    scratch: Option<Scratch>,
}

impl Peeker {
    /// A descriptor of ours that can only take bytes out of this object. `doubt`: there may be one that we cannot see.
    fn read_end(&mut self, object: &Object, doubt: bool) -> Result<OwnedFd, String> {
        let mut readers: Vec<&Holder> = object.readers().collect();
        // A plain read end first: to look through one that also writes takes a new open file description.
        readers.sort_by_key(|holder| (holder.access != Access::Read, holder.outside));
        let mut refused = match doubt {
            true => "no read end is open that we may see, so nobody here can look".to_owned(),
            false => "no read end is open; nobody can look".to_owned(),
        };
        for reader in readers {
            match self.open(reader) {
                Ok(end) if is_read_end(&end, object.inode) => return Ok(end),
                // Something else has that number by now.
                Ok(_) => refused = "it changed during the look".into(),
                Err(errno) => refused = reason(errno),
            }
        }
        Err(refused)
    }

    fn open(&mut self, reader: &Holder) -> nix::Result<OwnedFd> {
        if reader.access == Access::Read
            && let Ok(end) = self.same_description(reader)
        {
            return Ok(end);
        }
        // Never waits: O_NONBLOCK, and of a description of our own, so the flag is nobody else's.
        let path = format!("/proc/{}/fd/{}", reader.pid, reader.fd);
        open(path.as_str(), OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY, Mode::empty())
    }

    pub(super) fn same_description(&self, reader: &Holder) -> nix::Result<OwnedFd> {
        self.pidfds.descriptor(reader.pid, reader.fd)
    }

    /// How many bytes wait, and the first `limit` of them.
    pub(super) fn waiting(&mut self, end: &OwnedFd, limit: usize) -> (Known<u64>, Known<Contents>) {
        let Ok((head, packets, all)) = self.copied(end, limit) else {
            let bytes = known(sys::bytes_waiting(end));
            let contents = self.contents(end, &bytes, limit);
            return (bytes, contents);
        };
        if all {
            return (Known::Yes(head.len() as u64), Known::Yes(Contents { cut: false, head, packets }));
        }
        let bytes = known(sys::bytes_waiting(end));
        let most = bytes.value().map_or(0, |n| usize::try_from(*n).unwrap_or(usize::MAX));
        let contents = match most.min(limit) == head.len() {
            true => Known::Yes(Contents { cut: head.len() < most, head, packets }),
            // Its buffers were too many for ours, or something happened meanwhile.
            false => self.contents(end, &bytes, limit),
        };
        (bytes, contents)
    }

    /// The first `wanted` bytes, or fewer; and whether no others wait.
    fn copied(&mut self, end: &OwnedFd, wanted: usize) -> nix::Result<(Vec<u8>, Vec<usize>, bool)> {
        let scratch = match self.scratch.take() {
            Some(scratch) => scratch,
            None => Scratch::new()?,
        };
        let scratch = self.scratch.insert(scratch);
        let (head, packets) = scratch.tee(end, wanted)?;
        // No buffer is empty: so few bytes are in fewer buffers than ours has, so the copy did not end for want of them.
        let all = head.len() < wanted.min(scratch.buffers);
        Ok((head, packets, all))
    }

    pub(super) fn contents(&mut self, end: &OwnedFd, bytes: &Known<u64>, limit: usize) -> Known<Contents> {
        let waiting = match bytes {
            Known::Yes(n) => usize::try_from(*n).unwrap_or(usize::MAX),
            Known::No(why) => return Known::No(why.clone()),
        };
        let wanted = waiting.min(limit);
        if wanted == 0 {
            return Known::Yes(Contents { cut: waiting > 0, ..Contents::default() });
        }
        let scratch = match self.scratch.take().map_or_else(Scratch::new, Ok) {
            Ok(scratch) => self.scratch.insert(scratch),
            Err(errno) => return Known::No(reason(errno)),
        };
        match scratch.copy(end, wanted) {
            Ok((head, packets)) => Known::Yes(Contents { cut: head.len() < waiting, head, packets }),
            Err(errno) => Known::No(reason(errno)),
        }
    }
}

/// It is this pipe, and it only takes bytes out.
fn is_read_end(end: &OwnedFd, inode: u64) -> bool {
    let this = fstat(end).is_ok_and(|stat| stat.st_ino == inode && stat.st_mode & libc::S_IFMT == libc::S_IFIFO);
    let flags = fcntl(end, FcntlArg::F_GETFL).unwrap_or(libc::O_WRONLY);
    this && flags & libc::O_ACCMODE == libc::O_RDONLY
}

/// Bytes, and the lengths of the packets they are, where they are kept apart.
type Copied = (Vec<u8>, Vec<usize>);

/// A pipe of our own that waiting bytes are copied into.
struct Scratch {
    out: OwnedFd,
    into: OwnedFd,
    /// How many buffers it has at the least: each takes a page of bytes, or a part of one.
    buffers: usize,
}

impl Scratch {
    fn new() -> nix::Result<Scratch> {
        let (out, into) = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        let size = fcntl(&into, FcntlArg::F_GETPIPE_SZ)?.unsigned_abs() as usize;
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
        let page = page.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        Ok(Scratch { out, into, buffers: page.map_or(1, |page| size / page) })
    }

    /// The first `wanted` of the waiting bytes; fewer where they went meanwhile, or where the user may not have a
    /// larger pipe.
    fn copy(&mut self, end: &OwnedFd, wanted: usize) -> nix::Result<Copied> {
        let copied = self.tee(end, wanted)?;
        if copied.0.len() >= wanted {
            return Ok(copied);
        }
        // tee copies whole buffers, of which ours had too few: the other pipe is larger, or its buffers are not full.
        let size = fcntl(end, FcntlArg::F_GETPIPE_SZ)?;
        match fcntl(&self.into, FcntlArg::F_SETPIPE_SZ(size)) {
            Ok(_) => self.tee(end, wanted),
            Err(_) => Ok(copied),
        }
    }

    fn tee(&mut self, end: &OwnedFd, wanted: usize) -> nix::Result<Copied> {
        let copied = match sys::tee(end, &self.into, wanted) {
            Ok(n) => n,
            // They went between the count and the copy.
            Err(Errno::EAGAIN) => 0,
            Err(errno) => return Err(errno),
        };
        let mut bytes = vec![0; copied];
        let mut got = 0;
        let mut reads = Vec::new();
        while let Some(rest) = bytes.get_mut(got..).filter(|rest| !rest.is_empty()) {
            match nix::unistd::read(&self.out, rest) {
                Ok(0) => break,
                Ok(n) => {
                    got += n;
                    reads.push(n);
                }
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        bytes.truncate(got);
        // tee keeps the marks of packets, so our reads bring what its readers' would.
        Ok((bytes, if reads.len() > 1 { reads } else { Vec::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_as_the_kernel_counts_it_whatever_it_is_made_of() {
        let (small, large) = (16, 64);
        let packets = OFlag::O_DIRECT;
        for (pages, flags, writes, limit) in [
            (small, OFlag::empty(), vec![], 1024),
            (small, OFlag::empty(), vec![1], 1024),
            (small, OFlag::empty(), vec![5], 3),
            (small, OFlag::empty(), vec![1; 15], 1024),
            (small, OFlag::empty(), vec![1, 4095, 4096, 7], 1024),
            (small, OFlag::empty(), vec![1024], 1024),
            (small, OFlag::empty(), vec![65_536], 65_536),
            (small, packets, vec![1; 15], 1024),
            (small, packets, vec![1; 16], 1024),
            (small, packets, vec![3, 1000, 2], 1024),
            // More buffers than ours has, until it is made larger.
            (large, packets, vec![1; 40], 1024),
            (large, packets, vec![1; 40], 17),
            (large, OFlag::empty(), vec![4096; 64], 1 << 20),
        ] {
            let (out, into) = nix::unistd::pipe2(flags | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
            fcntl(&into, FcntlArg::F_SETPIPE_SZ(pages * 4096)).unwrap();
            let mut all = Vec::new();
            for (length, number) in writes.iter().zip(1..) {
                let bytes = vec![number; *length];
                assert_eq!(nix::unistd::write(&into, &bytes), Ok(*length));
                all.extend(bytes);
            }
            let seen = Peeker::default().waiting(&out, limit);
            let what = format!("{writes:?}, {pages} pages, {flags:?}, {limit}");
            assert_eq!(seen.0, Known::Yes(sys::bytes_waiting(&out).unwrap()), "{what}");
            let Known::Yes(contents) = seen.1 else { panic!("{what}: {:?}", seen.1) };
            assert_eq!(contents.head, all[..limit.min(all.len())], "{what}");
            assert_eq!(contents.cut, all.len() > limit, "{what}");
            let apart = flags.contains(packets) && writes.len() > 1;
            assert_eq!(contents.packets.iter().sum::<usize>(), if apart { contents.head.len() } else { 0 }, "{what}");
            assert_eq!(sys::bytes_waiting(&out), Ok(all.len() as u64), "{what}: nothing is taken");
        }
    }
}
