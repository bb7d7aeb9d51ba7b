//! TCP and UDP sockets: `struct inet_diag_req_v2` and `struct inet_diag_msg` of linux/inet_diag.h.

use super::netlink::{attributes, u32_at};
use super::unix::shutdown;
use super::{MEMORY, Part, SocketInfo, nothing_or};
use crate::world::{Address, Backlog, Family, Known, Peer, SocketState, SocketType};
use nix::libc;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `INET_DIAG_SHUTDOWN`.
const SHUTDOWN: u16 = 8;
/// `INET_DIAG_SKMEMINFO`.
const MEMORY_INFO: u16 = 7;
/// The place of `SK_MEMINFO_DROPS` in it, in words.
const DROPS: usize = 8;
/// `struct inet_diag_msg`.
const FIXED: usize = 72;
/// Where the addresses lie in it, within `struct inet_diag_sockid`.
const SOURCE_PORT: usize = 4;
const TARGET_PORT: usize = 6;
const SOURCE: usize = 8;
const TARGET: usize = 24;
const RECEIVE_QUEUE: usize = 56;
const SEND_QUEUE: usize = 60;
const UID: usize = 64;
const INODE: usize = 68;

/// The question for all sockets of one family and protocol.
pub(super) fn request(family: Family, protocol: u8) -> Vec<u8> {
    let family = if family == Family::Inet6 { libc::AF_INET6 } else { libc::AF_INET };
    // The shutdown bits come unasked; the extensions are bits of a kind less one.
    let mut bytes = vec![family as u8, protocol, 1 << (SHUTDOWN - 1) | 1 << (MEMORY_INFO - 1), 0];
    bytes.extend(u32::MAX.to_ne_bytes());
    // No address in particular, on no interface in particular, and no cookie.
    bytes.extend([0; 40]);
    bytes.extend([0xff; 8]);
    bytes
}

/// `TCPDIAG_GETSOCK`: the older question, which knows no families.
pub(super) const TCP: u16 = 18;

/// The question for all TCP sockets, `struct inet_diag_req`: the kernel walks through its table once, and not once for each family.
pub(super) fn request_tcp() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 1 << (SHUTDOWN - 1) | 1 << (MEMORY_INFO - 1)];
    bytes.extend([0; 48]);
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// The question for the socket with these addresses, its own and the one it is connected to (unspecified where it is not).
/// Both are of one family.
pub(super) fn request_one(protocol: u8, local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv6() { Family::Inet6 } else { Family::Inet };
    let mut bytes = request(family, protocol);
    // `udp_dump_one` in net/ipv4/udp_diag.c looks a socket up as a datagram to it would: "for historical reasons".
    let (source, target) = if protocol == libc::IPPROTO_UDP as u8 { (remote, local) } else { (local, remote) };
    for (at, address, port) in [(SOURCE, source, SOURCE_PORT), (TARGET, target, TARGET_PORT)] {
        let octets = match address.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        // The addresses lie in the question as in the answer, but behind eight bytes and not four.
        for (at, value) in [(at + 4, octets.as_slice()), (port + 4, &address.port().to_be_bytes())] {
            if let Some(place) = bytes.get_mut(at..at + value.len()) {
                place.copy_from_slice(value);
            }
        }
    }
    bytes
}

/// One message of the answer.
pub(super) fn parse(message: &[u8], part: Part) -> Option<SocketInfo> {
    let family = match i32::from(*message.first()?) {
        libc::AF_INET => Family::Inet,
        libc::AF_INET6 => Family::Inet6,
        _ => return None,
    };
    let state = SocketState::from_number(*message.get(1)?)?;
    let (receive, send) = (u64::from(u32_at(message, RECEIVE_QUEUE)?), u64::from(u32_at(message, SEND_QUEUE)?));
    let address = |at, port| address(message, family, at, port);
    let tcp = matches!(part, Part::Tcp(_));
    let mut socket = SocketInfo {
        inode: u64::from(u32_at(message, INODE)?),
        family,
        kind: if tcp { SocketType::Stream } else { SocketType::Datagram },
        state,
        local: address(SOURCE, SOURCE_PORT)?,
        file: None,
        remote: address(TARGET, TARGET_PORT)?,
        peer: Known::Yes(Peer::None),
        receive_queue: if tcp { Known::Yes(receive) } else { nothing_or(receive, MEMORY) },
        send_queue: if tcp { Known::Yes(send) } else { nothing_or(send, MEMORY) },
        backlog: None,
        waiting: Vec::new(),
        shutdown: Known::No("the kernel did not tell".into()),
        uid: Known::Yes(u32_at(message, UID)?),
        dropped: None,
    };
    if state == SocketState::Listen {
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        socket.backlog = Some(Known::Yes(Backlog { waiting: count(receive), limit: count(send) }));
        (socket.receive_queue, socket.send_queue) = (Known::Yes(0), Known::Yes(0));
    }
    for (kind, value) in attributes(message.get(FIXED..)?) {
        match (kind, value.first()) {
            (SHUTDOWN, Some(bits)) => socket.shutdown = Known::Yes(shutdown(*bits)),
            (MEMORY_INFO, _) if !tcp => socket.dropped = u32_at(value, DROPS * 4).map(u64::from),
            _ => {}
        }
    }
    Some(socket)
}

/// An address and its port, both in the order of the network; `Some(None)` where nothing has been chosen.
fn address(message: &[u8], family: Family, at: usize, port: usize) -> Option<Option<Address>> {
    let port = message.get(port..)?.first_chunk().map(|b| u16::from_be_bytes(*b))?;
    let bytes = message.get(at..)?;
    let ip: IpAddr = match family {
        Family::Inet6 => Ipv6Addr::from(*bytes.first_chunk::<16>()?).into(),
        _ => Ipv4Addr::from(*bytes.first_chunk::<4>()?).into(),
    };
    Some(Some(Address::Inet(SocketAddr::new(ip, port))).filter(|a| !a.is_unspecified()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(state: u8, receive: u32, send: u32) -> Vec<u8> {
        let mut bytes = vec![libc::AF_INET as u8, state, 0, 0];
        bytes.extend(8080_u16.to_be_bytes());
        bytes.extend(40000_u16.to_be_bytes());
        bytes.extend([127, 0, 0, 1]);
        bytes.extend([0; 12]);
        bytes.extend([127, 0, 0, 1]);
        bytes.extend([0; 12 + 4 + 8 + 4]);
        for word in [receive, send, 1000, 55] {
            bytes.extend(word.to_ne_bytes());
        }
        assert_eq!(bytes.len(), FIXED);
        bytes
    }

    #[test]
    fn a_connection() {
        let socket = parse(&message(1, 3, 4), Part::Tcp(Family::Inet)).unwrap();
        assert_eq!(socket.local, Some(Address::Inet("127.0.0.1:8080".parse().unwrap())));
        assert_eq!(socket.remote, Some(Address::Inet("127.0.0.1:40000".parse().unwrap())));
        assert_eq!((socket.receive_queue, socket.send_queue), (Known::Yes(3), Known::Yes(4)));
        assert_eq!((socket.inode, socket.uid, socket.kind), (55, Known::Yes(1000), SocketType::Stream));
    }

    #[test]
    fn queues_mean_something_else_for_listeners_and_for_datagrams() {
        let listener = parse(&message(10, 1, 128), Part::Tcp(Family::Inet)).unwrap();
        assert_eq!(listener.backlog, Some(Known::Yes(Backlog { waiting: 1, limit: 128 })));
        let udp = parse(&message(7, 832, 0), Part::Udp(Family::Inet)).unwrap();
        assert!(udp.receive_queue.value().is_none());
        assert_eq!((udp.send_queue, udp.kind), (Known::Yes(0), SocketType::Datagram));
    }

    #[test]
    fn what_is_cut_short_is_not_believed() {
        let bytes = message(1, 0, 0);
        for length in 0..FIXED {
            assert!(parse(bytes.get(..length).unwrap(), Part::Tcp(Family::Inet)).is_none(), "{length}");
        }
    }
}
