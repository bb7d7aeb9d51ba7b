//! Sockets of ours in the network namespace of others; the `unsafe` that this takes.
//!
//! Only a process with one thread can enter a user namespace, and one that has entered another network is there with all it
//! does. So a child does it: it shares our table of descriptors and nothing else, makes the sockets, and ends.

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::unistd::pipe2;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Netlink sockets for [`super::sockdiag::ask`] and for links, made in a network namespace. `user`: the user namespace that
/// it belongs to, where that is not ours. Close-on-exec, never wait.
pub(super) fn netlink_in(user: Option<BorrowedFd<'_>>, network: BorrowedFd<'_>) -> nix::Result<[OwnedFd; 2]> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    let (user, network, out) = (user.map_or(-1, |user| user.as_raw_fd()), network.as_raw_fd(), writer.as_raw_fd());
    let flags = libc::c_long::from(libc::CLONE_FILES | libc::SIGCHLD);
    // SAFETY: as fork(2), but for the shared table. The child makes plain system calls alone and ends, so that it needs no
    // lock that another thread of ours may have held.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    if child == 0 {
        in_child(user, network, out);
    }
    let child = libc::pid_t::try_from(Errno::result(child)?).map_err(|_| Errno::EINVAL)?;
    let mut status = 0;
    // SAFETY: the status outlives the call.
    while unsafe { libc::waitpid(child, &raw mut status, libc::__WALL) } == -1 && Errno::last() == Errno::EINTR {}
    let mut told = [0; 12];
    if nix::unistd::read(&reader, &mut told)? != told.len() {
        return Err(Errno::EPROTO);
    }
    let [error, diagnostics, route] = words(told);
    if error != 0 {
        return Err(Errno::from_raw(error));
    }
    // SAFETY: the child has made these two in our table and nobody else knows them.
    Ok(unsafe { [OwnedFd::from_raw_fd(diagnostics), OwnedFd::from_raw_fd(route)] })
}

fn words(told: [u8; 12]) -> [i32; 3] {
    let mut words = told.chunks_exact(4).map(|c| c.try_into().map_or(-1, i32::from_ne_bytes));
    [0; 3].map(|_| words.next().unwrap_or(-1))
}

/// Enter, make the sockets, tell their numbers or the error, end.
fn in_child(user: RawFd, network: RawFd, out: RawFd) -> ! {
    // SAFETY: plain system calls with numbers, and a write of an array that outlives it; nothing of ours runs here again.
    unsafe {
        let made = |protocol: i32| {
            let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
            libc::syscall(libc::SYS_socket, libc::AF_NETLINK, kind, protocol) as i32
        };
        let entered = (user < 0 || libc::syscall(libc::SYS_setns, user, libc::CLONE_NEWUSER) == 0)
            && libc::syscall(libc::SYS_setns, network, libc::CLONE_NEWNET) == 0;
        let mut told = [0_i32, -1, -1];
        if entered {
            told[1] = made(libc::NETLINK_SOCK_DIAG);
            told[2] = if told[1] < 0 { -1 } else { made(libc::NETLINK_ROUTE) };
        }
        if told[2] < 0 {
            told[0] = Errno::last_raw();
            if told[1] >= 0 {
                libc::syscall(libc::SYS_close, told[1]);
            }
        }
        libc::syscall(libc::SYS_write, out, told.as_ptr(), 12);
        libc::syscall(libc::SYS_exit_group, 0);
    }
    std::process::abort()
}

/// A number that tells the network namespace of a socket from every other, `SO_NETNS_COOKIE` (asm/socket.h, since Linux 5.14).
pub(super) fn network_cookie(socket: BorrowedFd<'_>) -> nix::Result<u64> {
    const NETNS_COOKIE: i32 = 71;
    let mut value = 0_u64;
    let mut length = size_of::<u64>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `value`, which outlives the call as `length` does.
    let result = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, NETNS_COOKIE, (&raw mut value).cast(), &raw mut length)
    };
    Errno::result(result).map(|_| value)
}

/// Whether we may have a network of our own, with a user namespace for it, `unshare(2)`: tried in a child that ends at once.
pub(super) fn try_own_network() -> nix::Result<()> {
    // SAFETY: as above: the child makes two system calls and ends.
    let child = unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(libc::SIGCHLD), 0, 0, 0, 0) };
    if child == 0 {
        // SAFETY: plain system calls with numbers.
        unsafe {
            let done = libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUSER | libc::CLONE_NEWNET);
            libc::syscall(libc::SYS_exit_group, if done == 0 { 0 } else { Errno::last_raw() });
        }
        std::process::abort();
    }
    let child = libc::pid_t::try_from(Errno::result(child)?).map_err(|_| Errno::EINVAL)?;
    let mut status = 0;
    // SAFETY: the status outlives the call.
    while unsafe { libc::waitpid(child, &raw mut status, libc::__WALL) } == -1 && Errno::last() == Errno::EINTR {}
    match libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)) {
        Some(0) => Ok(()),
        Some(errno) => Err(Errno::from_raw(errno)),
        // A filter may have killed it.
        None => Err(Errno::EPERM),
    }
}
