//! Copies of other processes' descriptors, `pidfd_getfd(2)`, through a pidfd for each process that is kept while one looks.

use super::sys;
use crate::world::{FdNumber, Pid};
use nix::errno::Errno;
use std::cell::RefCell;
use std::os::fd::{AsFd, OwnedFd};

/// One for each process that was looked through.
#[derive(Debug, Default)]
pub(super) struct Pidfds(RefCell<Vec<(Pid, OwnedFd)>>);

impl Pidfds {
    /// A descriptor of ours for the same open file description.
    pub(super) fn descriptor(&self, pid: Pid, fd: FdNumber) -> nix::Result<OwnedFd> {
        let mut known = self.0.borrow_mut();
        if !known.iter().any(|(one, _)| *one == pid) {
            known.push((pid, sys::pidfd_open(pid)?));
        }
        let (_, pidfd) = known.iter().find(|(one, _)| *one == pid).ok_or(Errno::ESRCH)?;
        sys::pidfd_getfd(pidfd.as_fd(), fd)
    }

    /// Whatever has this pid from now on is another process.
    pub(super) fn forget(&self, pid: Pid) {
        self.0.borrow_mut().retain(|(known, _)| *known != pid);
    }
}
