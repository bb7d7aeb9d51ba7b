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

fn ask(netlink: BorrowedFd<'_>, part: Part, local: SocketAddr, remote: Option<SocketAddr>) -> nix::Result<SocketInfo> {
    let protocol = match part {
        Part::Tcp(_) => libc_tcp(),
        Part::Udp(_) => libc_udp(),
        Part::Unix => return Err(Errno::EINVAL),
    };
    let none =
        SocketAddr::new(if local.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }, 0);
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

#[cfg(test)]
mod tests {
    use super::super::{SocketInfo, open, read};
    use super::*;
    use crate::world::Family;
    use nix::sys::stat::fstat;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

    fn inode(socket: impl AsFd) -> u64 {
        fstat(socket).unwrap().st_ino
    }

    /// A socket to ask with; `None` where this machine has none, which the lists are for.
    fn netlink() -> Option<OwnedFd> {
        let netlink = open().ok();
        if netlink.is_none() {
            println!("no socket diagnostics here: nothing is tested");
        }
        netlink
    }

    /// What only the list tells is left out.
    fn listed(inode: u64) -> SocketInfo {
        let found = read().unwrap().by_inode(inode).unwrap().clone();
        SocketInfo { waiting: Vec::new(), ..found }
    }

    #[test]
    fn unix_sockets_are_found_by_their_inodes() {
        let Some(netlink) = netlink() else { return };
        let (one, other) = UnixStream::pair().unwrap();
        std::io::Write::write_all(&mut &one, b"hello").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let datagram = UnixDatagram::unbound().unwrap();
        for inode in [inode(&one), inode(&other), inode(&listener), inode(&datagram)] {
            assert_eq!(unix(netlink.as_fd(), inode), Ok(listed(inode)));
        }
        assert_eq!(unix(netlink.as_fd(), inode(&one)).unwrap().peer, Known::Yes(Peer::Socket(inode(&other))));
        let gone = inode(&other);
        drop(other);
        assert_eq!(unix(netlink.as_fd(), gone), Err(Errno::ENOENT));
        assert!(unix(netlink.as_fd(), 0).is_err());
    }

    #[test]
    fn connections_are_found_by_both_addresses() {
        let Some(netlink) = netlink() else { return };
        for at in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            let Ok(listener) = TcpListener::bind(at) else { continue };
            let local = listener.local_addr().unwrap();
            let family = if local.is_ipv6() { Family::Inet6 } else { Family::Inet };
            let client = TcpStream::connect(local).unwrap();
            let ask = |socket: &TcpStream| {
                let ends = (socket.local_addr().unwrap(), socket.peer_addr().ok());
                inet(netlink.as_fd(), Part::Tcp(family), ends.0, ends.1)
            };
            assert_eq!(ask(&client).unwrap().peer, Known::Yes(Peer::Unaccepted), "{at}");
            let (server, _) = listener.accept().unwrap();
            std::io::Write::write_all(&mut &client, b"hello").unwrap();
            // Between two questions the acknowledgement might arrive.
            while ask(&client).unwrap().send_queue != Known::Yes(0) {
                std::thread::yield_now();
            }
            assert_eq!(ask(&client), Ok(listed(inode(&client))), "{at}");
            assert_eq!(ask(&server), Ok(listed(inode(&server))), "{at}");
            assert_eq!(ask(&client).unwrap().peer, Known::Yes(Peer::Socket(inode(&server))), "{at}");
            // With bytes unread it would be a reset, and the end of both.
            std::io::Read::read_exact(&mut &server, &mut [0; 5]).unwrap();
            drop(server);
            assert_eq!(ask(&client).unwrap().peer, Known::Yes(Peer::Gone), "{at}");
            if at.starts_with("127") {
                let found = inet(netlink.as_fd(), Part::Tcp(family), local, None);
                assert_eq!(found, Ok(listed(inode(&listener))));
            }
        }
        let nobody = "127.0.0.1:1".parse().unwrap();
        assert_eq!(inet(netlink.as_fd(), Part::Tcp(Family::Inet), nobody, Some(nobody)), Err(Errno::ENOENT));
    }

    #[test]
    fn datagram_sockets_are_found_connected_or_not() {
        let Some(netlink) = netlink() else { return };
        for at in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0"] {
            let Ok(bound) = UdpSocket::bind(at) else { continue };
            let local = bound.local_addr().unwrap();
            let family = if local.is_ipv6() { Family::Inet6 } else { Family::Inet };
            let found = inet(netlink.as_fd(), Part::Udp(family), local, None);
            assert_eq!(found, Ok(listed(inode(&bound))), "{at}");
            let to = UdpSocket::bind(at.replace("0.0.0.0", "127.0.0.1")).unwrap();
            bound.connect(to.local_addr().unwrap()).unwrap();
            let (local, remote) = (bound.local_addr().unwrap(), bound.peer_addr().ok());
            let found = inet(netlink.as_fd(), Part::Udp(family), local, remote);
            assert_eq!(found, Ok(listed(inode(&bound))), "{at}");
        }
    }
}
