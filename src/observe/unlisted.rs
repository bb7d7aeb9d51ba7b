//! Internet sockets that stand in no list of the kernel's: without an address yet, or with a connection that is over.
//!
//! They are asked themselves, through a copy of a descriptor; nothing that is asked here changes anything.

use super::sockdiag::SocketInfo;
use super::{glimpse, sys};
use crate::world::{Address, Family, Known, Peer, Shutdown, SocketState, SocketType};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::LazyLock;

/// What the socket behind this copy says of itself; `None`: it is no TCP or UDP socket, or does not tell.
pub(super) fn ask(copy: &OwnedFd, inode: u64) -> Option<SocketInfo> {
    let family = family(copy)?.filter(|family| *family != Family::Unix)?;
    let kind = kind(copy)?;
    let state = match kind {
        SocketType::Stream => tcp_state(copy)?,
        _ => SocketState::Close,
    };
    let shutdown = shutdown(copy);
    // After a connect that was refused getsockname(2) still tells the port that was picked for it, and it is free again.
    let free = kind == SocketType::Stream && state == SocketState::Close && !shutdown.receive && lists_bound();
    let local = glimpse::own_address(copy).filter(|at| at.port() != 0 && !free).map(Address::Inet);
    Some(SocketInfo {
        inode,
        family,
        kind,
        state,
        local,
        file: None,
        remote: None,
        peer: Known::Yes(Peer::None),
        receive_queue: Known::Yes(0),
        send_queue: Known::Yes(0),
        backlog: None,
        waiting: Vec::new(),
        shutdown: Known::Yes(shutdown),
        uid: Known::No("it stands in no list".into()),
        dropped: None,
    })
}

/// The kernel lists TCP sockets that are bound and no more (`TCP_BOUND_INACTIVE` in net/tcp_states.h, since Linux 6.8): one that
/// it does not list has no port.
fn lists_bound() -> bool {
    static LISTS: LazyLock<bool> = LazyLock::new(|| {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let mut numbers = release.split('.').map_while(|number| number.parse::<u32>().ok());
        (numbers.next(), numbers.next()) >= (Some(6), Some(8))
    });
    *LISTS
}

/// The first byte of `struct tcp_info`.
pub(super) fn tcp_state(copy: &OwnedFd) -> Option<SocketState> {
    let [number, ..] = option(copy, libc::IPPROTO_TCP, libc::TCP_INFO)?.to_ne_bytes();
    SocketState::from_number(number)
}

/// Nothing was given up at either end of a connection, and no error waits in it, as far as this end has heard: then, whether bytes
/// wait.
pub(super) fn whole(copy: &OwnedFd) -> Option<bool> {
    let mut one = [PollFd::new(copy.as_fd(), PollFlags::POLLIN | PollFlags::from_bits_retain(libc::POLLRDHUP))];
    let asked = poll(&mut one, PollTimeout::ZERO);
    let [one] = one;
    // What the library has no name for (POLLRDHUP) is something too.
    match one.revents().filter(|_| asked.is_ok()) {
        Some(found) if found.is_empty() => Some(false),
        Some(PollFlags::POLLIN) => Some(true),
        _ => None,
    }
}

fn option(copy: &OwnedFd, level: i32, number: i32) -> Option<i32> {
    sys::socket_option(copy, level, number).ok()
}

/// Its family: `Some(None)` for one that is not looked for, `None` where it does not tell.
pub(super) fn family(copy: &OwnedFd) -> Option<Option<Family>> {
    Some(match option(copy, libc::SOL_SOCKET, libc::SO_DOMAIN)? {
        libc::AF_UNIX => Some(Family::Unix),
        libc::AF_INET => Some(Family::Inet),
        libc::AF_INET6 => Some(Family::Inet6),
        _ => None,
    })
}

/// What an internet socket promises, where it is one of TCP or UDP.
pub(super) fn kind(copy: &OwnedFd) -> Option<SocketType> {
    match option(copy, libc::SOL_SOCKET, libc::SO_PROTOCOL)? {
        libc::IPPROTO_TCP => Some(SocketType::Stream),
        libc::IPPROTO_UDP => Some(SocketType::Datagram),
        _ => None,
    }
}

/// A connection that is over is shut both ways (`tcp_done` in net/ipv4/tcp.c): a read would not wait, as one of a socket that
/// never had a connection would not either, but only of the first does poll(2) say POLLIN.
fn shutdown(copy: &OwnedFd) -> Shutdown {
    let over = events(copy).contains(PollFlags::POLLIN);
    Shutdown { receive: over, send: over }
}

/// An error waits in it. To ask so takes it from nobody.
pub(super) fn holds_error(copy: &OwnedFd) -> bool {
    events(copy).contains(PollFlags::POLLERR)
}

fn events(copy: &OwnedFd) -> PollFlags {
    let mut one = [PollFd::new(copy.as_fd(), PollFlags::POLLIN)];
    let asked = poll(&mut one, PollTimeout::ZERO);
    let [one] = one;
    one.revents().filter(|_| asked.is_ok()).unwrap_or(PollFlags::empty())
}
