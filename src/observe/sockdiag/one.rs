//! Single sockets: the kernel finds a UNIX socket by its inode and the others by their addresses, where a list of all TCP sockets takes
//! it a walk through a table that grows with the machine's memory, empty or not.

use super::{Part, SocketInfo, inet, libc_tcp, libc_udp, netlink, pair, unix};
use crate::world::{Known, Peer};
use nix::errno::Errno;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::BorrowedFd;

/// The UNIX socket with this inode (not 0). Its peer is the kernel's word, `Unaccepted` also where the other end is closed; the address of
/// the other end is not told.
///
/// # Errors
/// ENOENT where this network namespace has none such; what else the kernel said.
pub(in crate::observe) fn unix(netlink: BorrowedFd<'_>, inode: u64) -> nix::Result<SocketInfo> {
    let number = u32::try_from(inode).ok().filter(|n| *n != 0).ok_or(Errno::EOVERFLOW)?;
    let found = netlink::one(netlink, &unix::request(number), unix::parse)?;
    if found.inode == inode { Ok(found) } else { Err(Errno::EPROTO) }
}

/// The TCP or UDP socket with this address that is connected to that one, or to none; of several, the one that would be given what
/// arrives. Whoever asks for a certain one has to look at the inode. With the socket at the other end of a TCP connection; who waits at a
/// listener is not told.
///
/// # Errors
/// ENOENT where this network namespace has none such; what else the kernel said.
pub(in crate::observe) fn inet(
    netlink: BorrowedFd<'_>,
    part: Part,
    local: SocketAddr,
    remote: Option<SocketAddr>,
) -> nix::Result<SocketInfo> {
    let mut found = ask(netlink, part, local, remote)?;
    let Some((own, other)) = pair::connection(&found) else { return Ok(found) };
    found.peer = Known::Yes(match ask(netlink, part, other, Some(own)) {
        Ok(peer) if pair::connection(&peer) == Some((other, own)) => pair::at_end(peer.inode, peer.state),
        // Whoever is bound to an interface is not found without it: on this machine there may be one.
        Ok(_) | Err(Errno::ENOENT) if other.ip().is_loopback() || other.ip() == own.ip() => {
            return Err(Errno::ENOENT);
        }
        Ok(_) | Err(Errno::ENOENT) => Peer::Elsewhere,
        Err(errno) => return Err(errno),
    });
    Ok(found)
}

fn ask(
    netlink: BorrowedFd<'_>,
    part: Part,
    local: SocketAddr,
    remote: Option<SocketAddr>,
) -> nix::Result<SocketInfo> {
    let protocol = match part {
        Part::Tcp(_) => libc_tcp(),
        Part::Udp(_) => libc_udp(),
        Part::Unix => return Err(Errno::EINVAL),
    };
    let none = SocketAddr::new(if local.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }, 0);
    let remote = remote.unwrap_or(none);
    // A socket of one family may be connected in the clothes of the other.
    let (local, remote) = match (local.ip().to_canonical(), remote.ip().to_canonical()) {
        (own @ IpAddr::V4(_), other @ IpAddr::V4(_)) => {
            (SocketAddr::new(own, local.port()), SocketAddr::new(other, remote.port()))
        }
        _ => (local, remote),
    };
    netlink::one(netlink, &inet::request_one(protocol, local, remote), |message| inet::parse(message, part))
}
