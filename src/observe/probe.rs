//! What this machine allows us, tried: each of these does for a moment what the program does elsewhere, to a process that
//! was started for it or to ourselves.

use super::{sys, sys_dir};
use crate::world::{FdNumber, Pid};
use nix::sched::{CloneFlags, unshare};
use nix::sys::ptrace;
use nix::unistd::Pid as NixPid;
use std::os::fd::AsFd;

/// Take a copy of a descriptor of another process, and close it: what a peek does.
///
/// # Errors
/// What the kernel said, here and below.
pub fn try_descriptor(pid: Pid, fd: FdNumber) -> nix::Result<()> {
    let pidfd = sys::pidfd_open(pid)?;
    sys::pidfd_getfd(pidfd.as_fd(), fd).map(drop)
}

/// See which call a process sleeps in, `/proc/PID/syscall`.
pub fn try_call(pid: Pid) -> nix::Result<()> {
    let dir = super::proc_dir::ProcDir::of(pid)?;
    let mut buffer = [0; 128];
    dir.read(c"syscall", &mut buffer).map(|_| ())
}

/// Read a process's memory, at an address that is in its map: what poll(2) was given lies there.
pub fn try_memory(pid: Pid) -> nix::Result<()> {
    let map = std::fs::read_to_string(format!("/proc/{pid}/maps"));
    let map = map.map_err(|e| e.raw_os_error().map_or(nix::errno::Errno::EIO, nix::errno::Errno::from_raw))?;
    let start = map.split('-').next().and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let mut byte = [0];
    sys::read_memory(pid, start.ok_or(nix::errno::Errno::EFAULT)?, &mut byte).map(|_| ())
}

/// Trace a process and let it go again. It is not stopped.
pub fn try_trace(pid: Pid) -> nix::Result<()> {
    ptrace::seize(NixPid::from_raw(pid), ptrace::Options::empty())
}

/// Put a filter of system calls, one that allows them all, on this very process. For a child that ends then.
pub fn try_filter() -> nix::Result<()> {
    nix::sys::prctl::set_no_new_privs()?;
    sys_dir::filter_nothing()
}

/// Go into a new user namespace, or as root a new network namespace too. For a child that ends then.
pub fn try_namespaces(network: bool) -> nix::Result<()> {
    let mut flags = CloneFlags::empty();
    flags.set(CloneFlags::CLONE_NEWNET, network);
    // Root needs no user namespace for a network of its own.
    flags.set(CloneFlags::CLONE_NEWUSER, !network || !nix::unistd::geteuid().is_root());
    unshare(flags)
}
