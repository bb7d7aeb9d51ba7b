//! A copy of a descriptor of one socket, to ask it and to look into it.

use super::pidfds::Pidfds;
use super::sockets::reason;
use crate::world::{Object, Pid};
use std::cell::OnceCell;
use std::os::fd::OwnedFd;

/// It is made when it is first needed, and closed with this.
pub(super) struct Through<'o> {
    pub(super) object: &'o Object,
    pidfds: &'o Pidfds,
    /// Where something runs, the processes that do not.
    steady: Option<&'o [Pid]>,
    made: OnceCell<Result<OwnedFd, String>>,
}

impl<'o> Through<'o> {
    pub(super) fn new(object: &'o Object, pidfds: &'o Pidfds, steady: Option<&'o [Pid]>) -> Through<'o> {
        Through { object, pidfds, steady, made: OnceCell::new() }
    }

    /// A descriptor of ours for the same open file description.
    ///
    /// # Errors
    /// Where no holder may be looked through; the text says why.
    pub(super) fn copy(&self) -> Result<&OwnedFd, String> {
        self.made.get_or_init(|| self.make()).as_ref().map_err(Clone::clone)
    }

    fn make(&self) -> Result<OwnedFd, String> {
        let mut refused = "a process is running".to_owned();
        for holder in &self.object.holders {
            if self.steady.is_some_and(|steady| !steady.contains(&holder.pid)) {
                continue;
            }
            match self.pidfds.descriptor(holder.pid, holder.fd) {
                Ok(copy) if nix::sys::stat::fstat(&copy).is_ok_and(|stat| stat.st_ino == self.object.inode) => {
                    return Ok(copy);
                }
                Ok(_) => refused = "it changed during the look".into(),
                Err(errno) => refused = reason(errno),
            }
        }
        Err(refused)
    }
}
