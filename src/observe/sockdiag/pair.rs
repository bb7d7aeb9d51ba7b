//! Which socket is at the other end: what follows from a whole list and from no single entry.

use super::SocketInfo;
use crate::world::{Address, Family, Known, Peer, SocketState, SocketType};
use std::collections::HashMap;
use std::net::SocketAddr;

/// Fill in peers and addresses that only the whole list tells.
pub(super) fn connect(sockets: &mut [SocketInfo]) {
    unix_addresses(sockets);
    tcp_peers(sockets);
    tcp_waiting(sockets);
}

/// A UNIX socket is connected to a socket, and that one has the address.
fn unix_addresses(sockets: &mut [SocketInfo]) {
    let unix = sockets.iter().filter(|s| s.family == Family::Unix && s.inode != 0);
    let local: HashMap<u64, Address> = unix.clone().filter_map(|s| Some((s.inode, s.local.clone()?))).collect();
    // Whoever waits at a listener is connected to its address.
    let waits: HashMap<u64, Option<Address>> =
        unix.flat_map(|s| s.waiting.iter().map(|inode| (*inode, s.local.clone()))).collect();
    for socket in sockets.iter_mut().filter(|s| s.family == Family::Unix) {
        socket.remote = match &socket.peer {
            Known::Yes(Peer::Socket(inode)) => local.get(inode).cloned(),
            Known::Yes(Peer::Unaccepted) => waits.get(&socket.inode).cloned().flatten(),
            _ => None,
        };
        // A peer without an inode: not accepted yet, which its listener shows, or closed.
        if socket.peer == Known::Yes(Peer::Unaccepted) && !waits.contains_key(&socket.inode) {
            socket.peer = Known::Yes(Peer::Gone);
        }
    }
}

/// Both ends of a connection within one namespace have each other's addresses.
fn tcp_peers(sockets: &mut [SocketInfo]) {
    let ends: HashMap<(SocketAddr, SocketAddr), (u64, SocketState)> =
        sockets.iter().filter_map(|s| connection(s).map(|ends| (ends, (s.inode, s.state)))).collect();
    for socket in sockets.iter_mut() {
        let Some((local, remote)) = connection(socket) else { continue };
        socket.peer =
            Known::Yes(ends.get(&(remote, local)).map_or(Peer::Elsewhere, |(inode, state)| at_end(*inode, *state)));
    }
}

/// Who is at the end of a connection where this inode and state are.
pub(super) fn at_end(inode: u64, state: SocketState) -> Peer {
    match (inode, state) {
        // No inode: not yet accepted, or closed and still saying goodbye.
        (0, SocketState::Established | SocketState::CloseWait) => Peer::Unaccepted,
        (0, _) => Peer::Gone,
        (inode, _) => Peer::Socket(inode),
    }
}

/// Connections without an inode wait at the listener with their address; their other ends are who waits.
fn tcp_waiting(sockets: &mut [SocketInfo]) {
    let by_ends: HashMap<(SocketAddr, SocketAddr), u64> =
        sockets.iter().filter_map(|s| connection(s).map(|ends| (ends, s.inode))).collect();
    let unaccepted: Vec<(SocketAddr, u64)> = sockets
        .iter()
        .filter(|s| s.inode == 0 && matches!(s.state, SocketState::Established | SocketState::CloseWait))
        .filter_map(connection)
        .filter_map(|(local, remote)| Some((local, *by_ends.get(&(remote, local)).filter(|inode| **inode != 0)?)))
        .collect();
    for listener in sockets.iter_mut().filter(|s| s.kind == SocketType::Stream && s.state == SocketState::Listen) {
        let Some(Address::Inet(own)) = &listener.local else { continue };
        let own = canonical(*own);
        let fits = |at: &SocketAddr| at.port() == own.port() && (own.ip().is_unspecified() || own.ip() == at.ip());
        listener.waiting = unaccepted.iter().filter(|(at, _)| fits(at)).map(|(_, inode)| *inode).collect();
    }
}

/// The address of this end, and of the other.
type Ends = (SocketAddr, SocketAddr);

/// Connections from one network namespace to another: the same two addresses in two lists. Where more than two have them
/// (loopback is everywhere), nobody can tell, and none is meant.
pub(super) fn across(lists: &mut [Vec<SocketInfo>]) {
    let mut ends: HashMap<Ends, Vec<(usize, u64, SocketState)>> = HashMap::new();
    for (list, sockets) in lists.iter().enumerate() {
        for socket in sockets {
            if let Some(at) = connection(socket).filter(|(local, _)| !local.ip().is_loopback()) {
                ends.entry(at).or_default().push((list, socket.inode, socket.state));
            }
        }
    }
    let mut waiting: Vec<(usize, SocketAddr, u64)> = Vec::new();
    for (list, sockets) in lists.iter_mut().enumerate() {
        for socket in sockets.iter_mut().filter(|s| s.peer == Known::Yes(Peer::Elsewhere)) {
            let Some((local, remote)) = connection(socket) else { continue };
            let Some([(other, inode, state)]) = ends.get(&(remote, local)).map(Vec::as_slice) else { continue };
            if *other == list || ends.get(&(local, remote)).is_none_or(|same| same.len() != 1) {
                continue;
            }
            let peer = at_end(*inode, *state);
            socket.peer = Known::Yes(peer);
            if peer == Peer::Unaccepted && socket.inode != 0 {
                waiting.push((*other, remote, socket.inode));
            }
        }
    }
    for (list, at, client) in waiting {
        let Some(sockets) = lists.get_mut(list) else { continue };
        for listener in sockets.iter_mut().filter(|s| listens_at(s, at)) {
            listener.waiting.push(client);
        }
    }
}

fn listens_at(socket: &SocketInfo, at: SocketAddr) -> bool {
    let Some(Address::Inet(own)) = &socket.local else { return false };
    let own = canonical(*own);
    let listens = socket.kind == SocketType::Stream && socket.state == SocketState::Listen;
    listens && at.port() == own.port() && (own.ip().is_unspecified() || own.ip() == at.ip())
}

/// Both addresses of a TCP connection; IPv4 addresses in IPv6 clothes as what they are.
pub(super) fn connection(socket: &SocketInfo) -> Option<(SocketAddr, SocketAddr)> {
    let (Some(Address::Inet(local)), Some(Address::Inet(remote))) = (&socket.local, &socket.remote) else {
        return None;
    };
    let connected = socket.kind == SocketType::Stream && socket.state != SocketState::Listen;
    connected.then(|| (canonical(*local), canonical(*remote)))
}

fn canonical(at: SocketAddr) -> SocketAddr {
    SocketAddr::new(at.ip().to_canonical(), at.port())
}
