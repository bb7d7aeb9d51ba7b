//! One directory under /proc, read relative to its own descriptor: quick, and never another process's after a pid is reused.

use super::stat::Stat;
use crate::world::Pid;
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// An open directory of /proc, such as `/proc/4242` or `/proc/4242/fd`.
pub(super) struct ProcDir(OwnedFd);

const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_CLOEXEC);

impl ProcDir {
    /// `/proc/PID`. Errors: ENOENT where there is no such process.
    pub(super) fn of(pid: Pid) -> nix::Result<ProcDir> {
        open(format!("/proc/{pid}").as_str(), DIRECTORY, Mode::empty()).map(ProcDir)
    }

    /// The folder of a thread of this process that lives where the first one has ended before the others: memory and descriptors are
    /// shown through that alone. `None` where the first one lives, or none does.
    pub(super) fn living_thread(&self) -> Option<ProcDir> {
        let stat = Stat::read(self).ok().filter(|stat| stat.state == 'Z' && !stat.is_zombie());
        let tasks = stat.and_then(|_| self.inside(c"task").ok())?;
        let folders = tasks.numbers().ok()?.into_iter().filter_map(|tid| tasks.inside(&entry(tid)).ok());
        folders.into_iter().find(|task| Stat::read(task).is_ok_and(|stat| !matches!(stat.state, 'Z' | 'X' | 'x')))
    }

    /// `/proc/PID` or, where the first thread has ended before the others, the same of one that lives.
    pub(super) fn showing(pid: Pid) -> nix::Result<ProcDir> {
        let dir = ProcDir::of(pid)?;
        Ok(dir.living_thread().unwrap_or(dir))
    }

    /// A directory inside.
    pub(super) fn inside(&self, name: &CStr) -> nix::Result<ProcDir> {
        openat(&self.0, name, DIRECTORY, Mode::empty()).map(ProcDir)
    }

    /// A file inside, open for reading.
    pub(super) fn file(&self, name: &CStr) -> nix::Result<OwnedFd> {
        openat(&self.0, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
    }

    /// A file inside, as far as `buffer` reaches.
    pub(super) fn read<'b>(&self, name: &CStr, buffer: &'b mut [u8]) -> nix::Result<&'b [u8]> {
        let file = self.file(name)?;
        let mut length = 0;
        while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match nix::unistd::read(&file, rest) {
                Ok(0) => break,
                Ok(n) => length += n,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        buffer.get(..length).ok_or(Errno::EIO)
    }

    /// A file inside, what the first read of it gives: enough where the wanted line comes first.
    pub(super) fn read_start<'b>(&self, name: &CStr, buffer: &'b mut [u8]) -> nix::Result<&'b [u8]> {
        let file = self.file(name)?;
        let length = nix::unistd::read(&file, buffer)?;
        buffer.get(..length).ok_or(Errno::EIO)
    }

    /// What a symbolic link inside says.
    pub(super) fn link(&self, name: &CStr) -> nix::Result<String> {
        nix::fcntl::readlinkat(&self.0, name).map(|text| text.to_string_lossy().into_owned())
    }

    /// The entries whose names are numbers, in ascending order: processes, or descriptors.
    pub(super) fn numbers(&self) -> nix::Result<Vec<i32>> {
        let mut dir = Dir::openat(&self.0, c".", DIRECTORY, Mode::empty())?;
        let mut numbers = Vec::new();
        for entry in dir.iter() {
            let entry = entry?;
            if let Some(number) = entry.file_name().to_str().ok().and_then(|name| name.parse().ok()) {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

impl AsFd for ProcDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// All of /proc.
pub(super) fn root() -> nix::Result<ProcDir> {
    open(c"/proc", DIRECTORY, Mode::empty()).map(ProcDir)
}

/// A number as the name of an entry.
pub(super) fn entry(number: i32) -> CString {
    // Digits hold no NUL, so the fallback, which names nothing, is never taken.
    CString::new(number.to_string()).unwrap_or_default()
}
