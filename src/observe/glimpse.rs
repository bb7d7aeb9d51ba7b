//! What a socket says of itself, through a copy of the descriptor that is closed before the answer is given.
//!
//! Only for a process that sleeps: a copy of a descriptor keeps what it refers to open.

use super::sockdiag;
use super::{sys, sys_net};
use crate::world::{Address, FdNumber, Pid};
use nix::libc;
use nix::sys::socket::{AddressFamily, SockaddrLike, SockaddrStorage, getpeername, getsockname};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// What was asked of a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// `SO_DOMAIN`.
    pub domain: i32,
    /// `SO_TYPE`.
    pub kind: i32,
    /// Its internet address, unspecified where it has none yet; `None` for other families.
    pub local: Option<SocketAddr>,
    /// `IP_MULTICAST_IF`, where it was set.
    pub multicast_interface: Option<Ipv4Addr>,
}

/// Ask the socket behind a descriptor of another process; `None` where it is none or may not be asked.
pub fn socket(pid: Pid, fd: FdNumber) -> Option<Glimpse> {
    let copy = copy(pid, fd).ok()?;
    let domain = sys::socket_option(&copy, libc::SOL_SOCKET, libc::SO_DOMAIN).ok()?;
    let kind = sys::socket_option(&copy, libc::SOL_SOCKET, libc::SO_TYPE).ok()?;
    let inet = matches!(domain, libc::AF_INET | libc::AF_INET6);
    let interface = sys::socket_option(&copy, libc::IPPROTO_IP, libc::IP_MULTICAST_IF).ok();
    Some(Glimpse {
        domain,
        kind,
        local: if inet { own_address(&copy) } else { None },
        multicast_interface: interface.filter(|i| *i != 0).map(|i| Ipv4Addr::from(i.to_ne_bytes())),
    })
}

/// The address that `getsockname(2)` says of a descriptor of another process; `None`: it has none yet.
///
/// # Errors
/// Where it is no socket, or may not be asked; the text says why.
pub fn address(pid: Pid, fd: FdNumber) -> Result<Option<Address>, String> {
    let link = std::fs::read_link(format!("/proc/{pid}/fd/{fd}"))
        .map_err(|_| format!("the process has no descriptor {fd}"))?;
    let link = link.to_string_lossy();
    let inode = link.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')?.parse::<u64>().ok());
    let Some(inode) = inode else { return Err(format!("its descriptor {fd} is no socket but {link}")) };
    if let Some(at) = copy(pid, fd).ok().and_then(|copy| own_address(&copy)) {
        return Ok((at.port() != 0).then_some(Address::Inet(at)));
    }
    let sockets = sockdiag::read()?;
    let known = sockets.by_inode(inode).ok_or_else(|| sockets.why_missing())?;
    Ok(known.local.clone())
}

/// Whether a descriptor of another process leads to a socket of a network namespace that is not ours; false too where that
/// cannot be found out (before Linux 5.14).
pub fn is_of_other_network(pid: Pid, fd: FdNumber) -> bool {
    let cookie = |socket: &OwnedFd| sys_net::network_cookie(socket.as_fd()).ok();
    let own = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Unix,
        nix::sys::socket::SockType::Datagram,
        nix::sys::socket::SockFlag::SOCK_CLOEXEC,
        None,
    );
    let theirs = copy(pid, fd).ok().as_ref().and_then(cookie);
    match (own.ok().as_ref().and_then(cookie), theirs) {
        (Some(own), Some(theirs)) => own != theirs,
        _ => false,
    }
}

fn copy(pid: Pid, fd: FdNumber) -> nix::Result<OwnedFd> {
    sys::pidfd_getfd(sys::pidfd_open(pid)?.as_fd(), fd)
}

pub(super) fn own_address(socket: &OwnedFd) -> Option<SocketAddr> {
    inet(getsockname(socket.as_raw_fd()).ok()?)
}

/// The address that it is connected to; `None`: to none.
pub(super) fn peer_address(socket: &OwnedFd) -> Option<SocketAddr> {
    inet(getpeername(socket.as_raw_fd()).ok()?)
}

fn inet(address: SockaddrStorage) -> Option<SocketAddr> {
    match address.family()? {
        AddressFamily::Inet => address.as_sockaddr_in().map(|v4| SocketAddr::from((v4.ip(), v4.port()))),
        AddressFamily::Inet6 => address.as_sockaddr_in6().map(|v6| SocketAddr::from((v6.ip(), v6.port()))),
        _ => None,
    }
}
