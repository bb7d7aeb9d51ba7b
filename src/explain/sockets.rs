//! Sockets in a few words: what they are, their state, what they are connected to.

use crate::world::{Address, Family, Known, Object, Peer, Socket, SocketState, SocketType, World};

/// What it is: `UNIX stream`, `TCP`, `UDP`.
pub fn kind(socket: &Socket) -> &'static str {
    match (socket.family, socket.kind) {
        (Family::Unix, SocketType::Stream) => "UNIX stream",
        (Family::Unix, SocketType::Datagram) => "UNIX datagram",
        (Family::Unix, SocketType::SeqPacket) => "UNIX seqpacket",
        (_, SocketType::Stream) => "TCP",
        (_, SocketType::Datagram) => "UDP",
        (_, SocketType::SeqPacket) => "seqpacket",
    }
}

/// The state, with what belongs to it: `LISTEN, 1 of 5 wait`, `ESTABLISHED, shut for sending`.
pub fn state(socket: &Socket) -> String {
    let mut out = match (socket.state, socket.kind) {
        (SocketState::Close, SocketType::Datagram) => "not connected".to_owned(),
        // UNIX sockets have no handshake: a connection whose other end is gone is still called so.
        (SocketState::Established, SocketType::Datagram) => "connected".to_owned(),
        _ if socket.has_ended() && !socket.error => "CLOSED, the connection is over".to_owned(),
        (state, _) => state.name().to_owned(),
    };
    if let Some(backlog) = socket.backlog.as_ref().filter(|_| socket.state == SocketState::Listen) {
        out += &match backlog {
            Known::Yes(b) => format!(", {} of {} wait", b.waiting, b.limit),
            Known::No(_) => ", backlog unknown".to_owned(),
        };
    }
    if socket.error {
        out += ", an error waits";
    }
    if let Some(dropped) = socket.dropped.filter(|n| *n > 0) {
        out += &format!(", {dropped} dropped");
    }
    if let Some(how) = shut(socket) {
        out += &format!(", {how}");
    }
    if let Some(groups) = groups(socket) {
        out += &format!(", {groups}");
    }
    out
}

/// Which multicast groups a UDP socket takes datagrams of, where that is not what it takes from the start: `member of
/// 239.1.2.3`, `IP_MULTICAST_ALL 0`.
pub fn groups(socket: &Socket) -> Option<String> {
    let multicast = socket.multicast.as_ref()?.value()?;
    let joined: Vec<String> = multicast.groups.iter().map(|m| m.group.to_string()).collect();
    match (joined.is_empty(), multicast.all) {
        (true, true) => None,
        (true, false) if socket.family == Family::Inet6 => Some("IPV6_MULTICAST_ALL 0".to_owned()),
        (true, false) => Some("IP_MULTICAST_ALL 0".to_owned()),
        (false, true) => Some(format!("member of {}", joined.join(" "))),
        (false, false) => Some(format!("member of {} alone", joined.join(" "))),
    }
}

/// Which directions of a connection were given up, where any was.
pub fn shut(socket: &Socket) -> Option<&'static str> {
    if socket.state == SocketState::Close && socket.kind == SocketType::Stream || socket.state == SocketState::Listen {
        return None;
    }
    let down = socket.shutdown.value()?;
    match (down.receive, down.send) {
        (true, true) => Some("shut both ways"),
        (false, true) => Some("shut for sending"),
        (true, false) => Some("nothing more comes"),
        (false, false) => None,
    }
}

/// Less than this in a send queue has mostly arrived, and is not acknowledged yet.
const ACKNOWLEDGED_SOON: u64 = 2048;

/// How many bytes TCP holds back: sent, and not taken over by the other side, whose queue is full. What arrived and will be
/// acknowledged in a moment is counted only while somebody sleeps over it.
pub fn send_queue(world: &World, object: &Object) -> Option<u64> {
    let socket = object.as_socket().filter(|s| s.is_tcp())?;
    let sends = |call: &str| matches!(call, "write" | "writev" | "send" | "sendto" | "sendmsg");
    let sleeps = object.holders.iter().any(|holder| {
        let blocked = world.process_by_pid(holder.pid).and_then(|p| p.state.blocked_in());
        blocked.is_some_and(|b| b.fd == Some(holder.fd) && sends(&b.call))
    });
    socket.unsent.value().copied().filter(|n| *n >= ACKNOWLEDGED_SOON || *n > 0 && sleeps)
}

/// The listener that a socket waits for in `connect`: the one at the address that it asks; for UNIX sockets, which tell no
/// address before they are connected, the only one of its kind whose queue is full.
pub fn listener<'w>(world: &'w World, object: &Object) -> Option<&'w Object> {
    let asking = object.as_socket()?;
    let network = |o: &Object| {
        let holder = o.holders.iter().find(|h| !h.outside)?;
        world.machines.iter().position(|m| m.members.contains(&holder.pid))
    };
    let fits = |other: &&Object| {
        let Some(socket) = other.as_socket().filter(|s| s.state == SocketState::Listen && s.kind == asking.kind) else {
            return false;
        };
        match (&asking.remote, &socket.local) {
            (Some(Address::Inet(asked)), Some(Address::Inet(at))) => {
                let any = at.ip().is_unspecified() && (at.is_ipv6() || asked.is_ipv4());
                let near = network(object) == network(other) || !asked.ip().is_loopback();
                at.port() == asked.port() && (at.ip() == asked.ip() || any) && near
            }
            (None, _) if asking.family == Family::Unix && socket.family == Family::Unix => {
                matches!(&socket.backlog, Some(Known::Yes(b)) if b.waiting > b.limit)
            }
            _ => false,
        }
    };
    let mut all = world.objects.iter().filter(fits);
    let first = all.next()?;
    (asking.family != Family::Unix || all.next().is_none()).then_some(first)
}

/// What it is connected to: `socket:[12]`, `nobody has accepted it yet`; `None` where it is not.
pub fn peer(socket: &Socket) -> Option<String> {
    Some(match &socket.peer {
        Known::Yes(Peer::None) if socket.kind == SocketType::Datagram => socket.remote.as_ref()?.to_string(),
        Known::Yes(Peer::None) => return None,
        Known::Yes(Peer::Socket(inode)) => format!("socket:[{inode}]"),
        Known::Yes(Peer::Unaccepted) => "a connection that nobody has accepted yet".to_owned(),
        Known::Yes(Peer::Gone) => "a socket that was closed".to_owned(),
        Known::Yes(Peer::Elsewhere) if socket.is_asking() => match &socket.remote {
            Some(address) => format!("nothing yet: it asks {address}"),
            None => "nothing yet".to_owned(),
        },
        Known::Yes(Peer::Elsewhere) => match &socket.remote {
            Some(address) => format!("{address}, where no socket is (any more)"),
            None => "something that is not listed".to_owned(),
        },
        Known::No(_) => "a socket that is not known".to_owned(),
    })
}
