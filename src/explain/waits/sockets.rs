//! Waits at sockets: for bytes, for room, for a connection.

use super::{Wait, Want};
use crate::explain::ends::unreadable;
use crate::explain::sockets::listener;
use crate::world::{BlockedIn, Known, Object, ObjectKind, Peer, Process, SocketType, World};

/// The wait of a process that sleeps in a call on a socket; `None`: it is another call, or waits for nobody.
pub(super) fn wait_of<'w>(world: &'w World, process: &'w Process, blocked: &BlockedIn) -> Option<Wait<'w>> {
    let entry = process.fd(blocked.fd?)?;
    let object = world.object(entry.target.object()?).filter(|o| o.kind == ObjectKind::Socket)?;
    let fd = entry.number;
    match blocked.call.as_str() {
        "read" | "readv" | "recv" | "recvfrom" | "recvmsg" => {
            let arrived = matches!(object.bytes, Known::Yes(n) if n > 0);
            (!arrived).then(|| at_peer(world, object, Want::Arrival { fd, object }))
        }
        "write" | "writev" | "send" | "sendto" | "sendmsg" => Some(at_peer(world, object, Want::Drain { fd, object })),
        "connect" => Some(at_listener(world, object, Want::Acceptance { fd, object })),
        "accept" => Some(Wait {
            want: Want::Connection { fd, object },
            releasers: Vec::new(),
            strangers: Vec::new(),
            // Whoever knows the address can connect.
            unsure: true,
        }),
        _ => None,
    }
}

/// Whoever holds the listener can release it.
fn at_listener<'w>(world: &'w World, object: &'w Object, want: Want<'w>) -> Wait<'w> {
    let listener = listener(world, object);
    let mut releasers = Vec::new();
    // A machine that does not answer yet may still do so, and a try that failed is made again.
    let full =
        |o: &Object| matches!(&o.as_socket().map(|s| &s.backlog), Some(Some(Known::Yes(b))) if b.waiting > b.limit);
    let mut unsure = !listener.is_some_and(full) || !unreadable(world).is_empty();
    for holder in listener.into_iter().flat_map(|o| &o.holders) {
        match world.processes.iter().rposition(|p| p.pid == holder.pid && p.state.is_alive()) {
            Some(i) if !releasers.contains(&i) => releasers.push(i),
            Some(_) => {}
            None => unsure = true,
        }
    }
    Wait { want, releasers, strangers: Vec::new(), unsure }
}

/// Whoever holds the other end can release it.
fn at_peer<'w>(world: &'w World, object: &'w Object, want: Want<'w>) -> Wait<'w> {
    let mut releasers = Vec::new();
    let other = world.peer(object);
    let datagrams = object.as_socket().is_none_or(|s| s.kind == SocketType::Datagram && s.local.is_some());
    let mut unsure = other.is_none() || datagrams || !unreadable(world).is_empty();
    for holder in other.into_iter().flat_map(|o| &o.holders) {
        match world.processes.iter().rposition(|p| p.pid == holder.pid && p.state.is_alive()) {
            Some(i) if !releasers.contains(&i) => releasers.push(i),
            Some(_) => {}
            None => unsure = true,
        }
    }
    // What travels in a message is held by nobody that a table shows.
    let in_flight = |o: &Object| o.as_socket().is_some_and(|s| s.in_flight.is_some_and(|n| n > 0));
    unsure |= releasers.is_empty() || world.objects.iter().any(in_flight);
    if let Some(Known::Yes(Peer::Unaccepted)) = object.as_socket().map(|s| &s.peer) {
        unsure = true;
    }
    Wait { want, releasers, strangers: Vec::new(), unsure }
}
