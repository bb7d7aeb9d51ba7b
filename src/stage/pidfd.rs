//! A process by a descriptor that means it and no later one with the same number, pidfd_open(2).

use crate::world::Pid;
use nix::libc;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `struct pidfd_info` of linux/pidfd.h as of its first version (64 bytes).
#[repr(C)]
#[derive(Default)]
struct Info {
    mask: u64,
    cgroup: u64,
    ids: [u32; 11],
    exit_code: i32,
}

/// `PIDFD_INFO_EXIT`: the wait status is wanted, and on return: it is there.
const EXIT: u64 = 1 << 3;
/// `PIDFD_GET_INFO`, `_IOWR(0xFF, 11, struct pidfd_info)`; it tells the status of a process that was reaped from Linux
/// 6.15 on.
const GET_INFO: libc::Ioctl = (3 << 30) | (64 << 16) | (0xFF << 8) | 11;

/// Holds on to a process.
#[derive(Debug)]
pub(super) struct PidFd(OwnedFd);

impl PidFd {
    /// Hold on to the process that has this number now; `None` where it is gone or the kernel refuses.
    pub(super) fn open(pid: Pid) -> Option<PidFd> {
        // SAFETY: numbers only; the result is a new descriptor or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
        // SAFETY: the call above made it (close-on-exec, always), and nothing else owns it.
        Some(PidFd(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// The wait status that the process ended with, even where someone else has reaped it; `None` where it has not
    /// been reaped, or an older kernel does not tell.
    pub(super) fn status(&self) -> Option<i32> {
        const { assert!(size_of::<Info>() == 64) };
        let mut info = Info { mask: EXIT, ..Info::default() };
        // SAFETY: the request's number says the size of the structure, which is that of `info`.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), GET_INFO, &raw mut info) };
        (result == 0 && info.mask & EXIT != 0).then_some(info.exit_code)
    }

    /// Kill it.
    pub(super) fn kill(&self) {
        self.signal(libc::SIGKILL);
    }

    /// Send it this signal; false where it cannot get it.
    pub(super) fn signal(&self, signal: i32) -> bool {
        let none = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: no siginfo is given, which the call allows; the descriptor is a pidfd.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), signal, none, 0) };
        sent == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_outlives_the_process() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let fd = PidFd::open(child.id().cast_signed()).unwrap();
        assert_eq!(fd.status(), None);
        fd.kill();
        child.wait().unwrap();
        // An older kernel says nothing; a newer one the truth.
        assert!(matches!(fd.status(), None | Some(libc::SIGKILL)));
        assert!(PidFd::open(child.id().cast_signed()).is_none());
    }
}
