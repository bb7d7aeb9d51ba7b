//! A process's descriptor table: `/proc/PID/fd` and `/proc/PID/fdinfo`.

use super::proc_dir::{ProcDir, entry};
use super::sys::{self, FileId};
use crate::world::{Access, FdNumber};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::Mode;
use nix::sys::statfs::{FsType, fstatfs};

/// One entry as the kernel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawFd {
    /// Its number.
    pub(super) number: FdNumber,
    /// What `readlink` says.
    pub(super) link: String,
    /// Its flags.
    pub(super) flags: Flags,
    /// What the path leads to; only where the link is a path that may be a shared object.
    pub(super) file: Option<FileId>,
    /// It is a message queue.
    pub(super) queue: bool,
}

/// The `flags` line of `/proc/PID/fdinfo/N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags {
    /// In which directions it may be used.
    pub(super) access: Access,
    /// Close-on-exec.
    pub(super) cloexec: bool,
    /// Non-blocking.
    pub(super) nonblock: bool,
}

/// A table, or as much of it as there was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// In ascending order.
    pub(super) fds: Vec<RawFd>,
    /// Entries went away while they were read: the process ran or died.
    pub(super) moved: bool,
}

/// Read the table. Errors: EACCES or EPERM where one may not look; ENOENT or ESRCH where the process is gone.
pub(super) fn read(process: &ProcDir) -> nix::Result<Table> {
    let links = process.inside(c"fd")?;
    let infos = process.inside(c"fdinfo")?;
    let mut table = Table::default();
    for number in links.numbers()? {
        match read_entry(&links, &infos, number) {
            Ok(fd) => table.fds.push(fd),
            Err(errno @ (Errno::EACCES | Errno::EPERM)) => return Err(errno),
            Err(_) => table.moved = true,
        }
    }
    Ok(table)
}

/// One entry. Errors: ENOENT where the number is not open.
pub(super) fn read_entry(links: &ProcDir, infos: &ProcDir, number: FdNumber) -> nix::Result<RawFd> {
    let name = entry(number);
    let link = links.link(&name)?;
    let mut buffer = [0; 256];
    let flags = Flags::parse(infos.read_start(&name, &mut buffer)?).ok_or(Errno::ENOENT)?;
    let file = if may_be_shared(&link) { Some(sys::file_id(links, &name)?) } else { None };
    let queue = may_be_queue(&link) && is_queue(links, &name);
    Ok(RawFd { number, link, flags, file, queue })
}

/// A path that is no terminal: a FIFO or a file, which only its inode tells.
fn may_be_shared(link: &str) -> bool {
    link.starts_with('/') && !is_terminal(link)
}

/// The queues' file system is mounted nowhere, or at one place by custom: `/name`, mq_overview(7).
fn may_be_queue(link: &str) -> bool {
    let name = link.strip_prefix("/dev/mqueue/").or_else(|| link.strip_prefix('/'));
    name.is_some_and(|name| !name.contains('/') && !name.starts_with("memfd:"))
}

/// `O_PATH` opens nothing: it only says which file is meant.
fn is_queue(links: &ProcDir, name: &std::ffi::CStr) -> bool {
    /// `MQUEUE_MAGIC` of ipc/mqueue.c.
    const QUEUES: FsType = FsType(0x1980_0202);
    let file = openat(links, name, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
    file.and_then(|file| fstatfs(&file)).is_ok_and(|fs| fs.filesystem_type() == QUEUES)
}

/// The name of a terminal. On the stage there is only one.
pub(super) fn is_terminal(link: &str) -> bool {
    link == "/dev/tty"
        || link.strip_prefix("/dev/pts/").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

impl Flags {
    pub(super) fn parse(info: &[u8]) -> Option<Flags> {
        let text = info.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"flags:"))?;
        let octal = std::str::from_utf8(text).ok()?.trim();
        let bits = i32::from_str_radix(octal, 8).ok()?;
        let has = |flag: i32| bits & flag != 0;
        let access = Access::of_flags(bits).unwrap_or(Access::None);
        Some(Flags { access, cloexec: has(libc::O_CLOEXEC), nonblock: has(libc::O_NONBLOCK) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_octal() {
        let table = [
            ("00", Access::Read, false, false),
            ("01", Access::Write, false, false),
            ("02", Access::ReadWrite, false, false),
            ("0100002", Access::ReadWrite, false, false),
            ("04000", Access::Read, false, true),
            ("04001", Access::Write, false, true),
            ("02000000", Access::Read, true, false),
            ("02004001", Access::Write, true, true),
            ("010000000", Access::None, false, false),
            ("012000000", Access::None, true, false),
            ("03", Access::None, false, false),
        ];
        for (octal, access, cloexec, nonblock) in table {
            let text = format!("pos:\t0\nflags:\t{octal}\nmnt_id:\t15\nino:\t77\n");
            assert_eq!(Flags::parse(text.as_bytes()), Some(Flags { access, cloexec, nonblock }), "{octal}");
        }
    }

    #[test]
    fn what_has_no_flags_is_not_guessed() {
        for text in ["", "pos:\t0\n", "flags:\n", "flags:\t9\n", "flags:\tx\n", "noflags:\t1\n"] {
            assert_eq!(Flags::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn terminals_are_known_by_name() {
        for (link, expected) in [
            ("/dev/pts/0", true),
            ("/dev/pts/12 (deleted)", true),
            ("/dev/tty", true),
            ("/dev/tty1", false),
            ("/dev/pts/ptmx", false),
            ("/dev/null", false),
            ("pipe:[1]", false),
        ] {
            assert_eq!(is_terminal(link), expected, "{link}");
        }
    }
}
