//! Where what is sent through a descriptor arrives: the pipe itself, the socket at the other end of a connection, and of
//! datagrams every socket that has the address and took them.

use crate::notation::{Addr, Call, Completion, Detail, SocketCall, SocketDetail};
use crate::world::{Address, FdNumber, Object, ObjectId, ObjectKind, SocketType, World};
use std::net::SocketAddr;

/// The objects in which bytes wait now, or waited, that a call put in through `fd`, in order of appearance; the socket that they
/// left by where none of the stage's took them.
pub(super) fn targets(
    (before, after): (&World, &World),
    completion: &Completion,
    fd: FdNumber,
    calls: &[&Completion],
) -> Vec<ObjectId> {
    let at = |world: &'_ World| world.object_at(&completion.process, fd).map(|o| o.id.clone());
    let Some(object) = at(before).or_else(|| at(after)).and_then(|id| before.object(&id).or_else(|| after.object(&id)))
    else {
        return Vec::new();
    };
    if !object.is_channel() {
        return Vec::new();
    }
    if object.kind != ObjectKind::Socket {
        return vec![object.id.clone()];
    }
    let socket = object.as_socket();
    let datagram = socket.is_some_and(|s| s.kind == SocketType::Datagram);
    let found = match (named(completion), socket.and_then(|s| s.peer.value()?.inode())) {
        (Some(address), _) => having(before, after, object, address, calls),
        (None, Some(peer)) => return vec![ObjectId(format!("socket:[{peer}]"))],
        (None, None) => match socket.and_then(|s| s.remote.as_ref()).filter(|_| datagram) {
            Some(address) => having(before, after, object, address, calls),
            None => Vec::new(),
        },
    };
    if found.is_empty() { vec![object.id.clone()] } else { found }
}

/// The address that the call itself says.
fn named(completion: &Completion) -> Option<&Address> {
    match (&completion.call, &completion.detail) {
        (_, Detail::Socket(SocketDetail::Address(Some(address)))) => Some(address),
        (Some(Call::Socket(SocketCall::Sendto { address: Addr::Exact(address), .. })), _) => Some(address),
        _ => None,
    }
}

/// The sockets that have this address, as far as it was they who got something: several may have the port of a group, and
/// several may share one (`SO_REUSEADDR`).
fn having(before: &World, after: &World, from: &Object, address: &Address, calls: &[&Completion]) -> Vec<ObjectId> {
    let all: Vec<&Object> = after.objects.iter().filter(|o| has(after, o, from, address)).collect();
    let got = |o: &&Object| grew(before, o) || taken(before, o, calls);
    let those: Vec<ObjectId> = all.iter().filter(|o| got(o)).map(|o| o.id.clone()).collect();
    let group = matches!(address, Address::Inet(at) if at.ip().is_multicast());
    match (&those[..], &all[..]) {
        ([], [one]) if !group => vec![one.id.clone()],
        _ => those,
    }
}

fn has(world: &World, object: &Object, from: &Object, address: &Address) -> bool {
    let Some(socket) = object.as_socket() else { return false };
    match (&socket.local, address) {
        (Some(Address::Inet(local)), Address::Inet(to)) => {
            socket.kind == SocketType::Datagram
                && reaches(local, to)
                && (near(world, object, from) || !to.ip().is_loopback())
        }
        (local, address) => local.as_ref() == Some(address),
    }
}

fn reaches(local: &SocketAddr, to: &SocketAddr) -> bool {
    let any = local.ip().is_unspecified() && (local.is_ipv6() || to.is_ipv4());
    local.port() == to.port() && (local.ip() == to.ip() || any)
}

/// Both are in the same network.
fn near(world: &World, one: &Object, other: &Object) -> bool {
    let network = |o: &Object| {
        let holder = o.holders.iter().find(|h| !h.outside)?;
        world.machines.iter().position(|machine| machine.members.contains(&holder.pid))
    };
    network(one) == network(other)
}

/// More waits there than before, or more was thrown away.
fn grew(before: &World, after: &Object) -> bool {
    let measure = |object: &Object| {
        let socket = object.as_socket()?;
        let messages = socket.messages.value().map_or(0, |m| m.first.len());
        Some((messages, object.bytes.value().copied().unwrap_or(0), socket.dropped.unwrap_or(0)))
    };
    let old = before.object(&after.id).and_then(measure).unwrap_or_default();
    measure(after).is_some_and(|(messages, bytes, dropped)| messages > old.0 || bytes > old.1 || dropped > old.2)
}

/// Somebody who waited for it has taken it at once.
fn taken(before: &World, object: &Object, calls: &[&Completion]) -> bool {
    calls.iter().any(|done| {
        let at = done.call.as_ref().and_then(Call::takes).and_then(|(fd, _)| before.object_at(&done.process, fd));
        done.detail.data().is_some() && at.is_some_and(|o| o.id == object.id)
    })
}
