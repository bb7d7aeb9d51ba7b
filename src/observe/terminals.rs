//! Pseudo-terminals: what is typed at one comes from whoever has its other side, the master, pty(7).
//!
//! Of a master fdinfo tells the number of its terminal (`pty_show_fdinfo` in drivers/tty/pty.c). Numbers are given by each instance of
//! the file system devpts: a container has its own.

use super::fds::is_terminal;
use super::threads::{fdinfo_field, link_of};
use crate::world::{FdNumber, Pid};
use nix::sys::stat::{major, minor};
use nix::sys::statfs::{FsType, statfs};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// `DEVPTS_SUPER_MAGIC` of linux/magic.h.
const DEVPTS: FsType = FsType(0x1cd1);
/// `UNIX98_PTY_SLAVE_MAJOR` of linux/major.h, and how many majors there are of it.
const FIRST_MAJOR: u64 = 136;
const MAJORS: u64 = 8;
/// `/dev/tty`, the terminal of whoever opens it (null(4), tty(4)).
const OWN_TERMINAL: (u64, u64) = (5, 0);

/// A terminal, as a process that has either side of it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// Its number, that of `/dev/pts/3`.
    number: u64,
    /// The device number of the devpts that it is in; `None` where the file was opened elsewhere.
    file_system: Option<u64>,
    /// The mount namespace of the process.
    mounts: Option<PathBuf>,
}

impl Terminal {
    /// The one that a descriptor of a process is the side of that is typed at, also as `/dev/tty`. `None` where it is no
    /// pseudo-terminal, or may not be seen.
    pub fn of(pid: Pid, fd: FdNumber) -> Option<Terminal> {
        // Of anything else not even the file is asked for: a file system may not answer.
        link_of(pid, fd).filter(|link| may_be_terminal(&link.to_string_lossy()))?;
        let file = std::fs::metadata(format!("/proc/{pid}/fd/{fd}")).ok()?;
        match (major(file.rdev()), minor(file.rdev())) {
            OWN_TERMINAL => {
                let device = controlling(pid)?;
                Some(Terminal { number: number(major(device), minor(device))?, file_system: None, mounts: mounts(pid) })
            }
            (major, minor) => {
                let number = number(major, minor)?;
                Some(Terminal { number, file_system: Some(file.dev()), mounts: mounts(pid) })
            }
        }
    }

    /// The one that a descriptor of a process is the master of.
    pub fn mastered_by(pid: Pid, fd: FdNumber) -> Option<Terminal> {
        let number = fdinfo_field(pid, fd, "tty-index:")?.parse().ok()?;
        let path = format!("/proc/{pid}/fd/{fd}");
        let inside = statfs(path.as_str()).is_ok_and(|fs| fs.filesystem_type() == DEVPTS);
        let file_system = std::fs::metadata(path).ok().filter(|_| inside).map(|file| file.dev());
        Some(Terminal { number, file_system, mounts: mounts(pid) })
    }

    /// Two sides of one terminal. Where a side was not opened in a devpts, it is of the one that its process has mounted.
    pub fn is_same(&self, other: &Terminal) -> bool {
        let same_place = match (self.file_system, other.file_system) {
            (Some(one), Some(other)) => one == other,
            _ => self.mounts.is_some() && self.mounts == other.mounts,
        };
        self.number == other.number && same_place
    }
}

/// The link of a descriptor may be that of a master: `/dev/ptmx`, `/dev/pts/ptmx`.
pub(super) fn may_be_master(link: &[u8]) -> bool {
    link.ends_with(b"/ptmx")
}

/// `/dev/pts/3`, `/dev/tty` or, of a devpts that is mounted nowhere that we see, `/3`.
fn may_be_terminal(link: &str) -> bool {
    is_terminal(link) || link.strip_prefix('/').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

fn number(major: u64, minor: u64) -> Option<u64> {
    let block = major.checked_sub(FIRST_MAJOR).filter(|block| *block < MAJORS)?;
    Some(block * 256 + minor)
}

/// Field 7 of `/proc/PID/stat`: the device number of the terminal that controls the process, as the kernel encodes those.
fn controlling(pid: Pid) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = text.rsplit_once(')')?.1;
    fields.split_ascii_whitespace().nth(4)?.parse::<i32>().ok().map(|device| u64::from(device.cast_unsigned()))
}

fn mounts(pid: Pid) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/ns/mnt")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn both_sides_of_a_terminal_are_known_by_each_other() {
        let open = || nix::pty::openpty(None, None);
        let (Ok(one), Ok(other)) = (open(), open()) else {
            eprintln!("skipped: there are no pseudo-terminals here");
            return;
        };
        let own = nix::unistd::getpid().as_raw();
        let slave = Terminal::of(own, one.slave.as_raw_fd()).unwrap();
        let master = |pty: &nix::pty::OpenptyResult| Terminal::mastered_by(own, pty.master.as_raw_fd()).unwrap();
        assert!(slave.is_same(&master(&one)), "{slave:?}");
        assert!(!slave.is_same(&master(&other)), "{slave:?}");
        assert_eq!(Terminal::of(own, one.master.as_raw_fd()), None);
        assert_eq!(Terminal::mastered_by(own, one.slave.as_raw_fd()), None);
        let elsewhere = Terminal { file_system: Some(1), ..slave.clone() };
        assert!(!elsewhere.is_same(&slave), "the same number in another devpts");
    }

    #[test]
    fn links_of_terminals() {
        for (link, terminal) in
            [("/dev/pts/3", true), ("/dev/tty", true), ("/3", true), ("/dev/ptmx", false), ("/a/3", false)]
        {
            assert_eq!(may_be_terminal(link), terminal, "{link}");
        }
        assert!(may_be_master(b"/dev/ptmx") && may_be_master(b"/dev/pts/ptmx") && !may_be_master(b"/dev/pts/3"));
    }

    #[test]
    fn numbers_beyond_the_first_block() {
        assert_eq!((number(136, 3), number(137, 1), number(5, 2), number(144, 0)), (Some(3), Some(257), None, None));
    }
}
