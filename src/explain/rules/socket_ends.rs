//! What the rules about sockets share: whoever holds a socket, as a sentence has it.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::world::{FdNumber, Object, Process, SocketType, State, World};

/// Every process that waits for bytes at a socket whose other end the stage holds: its index, the process, its descriptor, its
/// socket, the other end.
pub(super) fn readers<'w>(
    world: &'w World,
    waits: &Waits<'w>,
) -> Vec<(usize, &'w Process, FdNumber, &'w Object, &'w Object)> {
    let at = |(i, p, want): (usize, &'w Process, Want<'w>)| match want {
        Want::Arrival { fd, object } => Some((i, p, fd, object, world.peer(object)?)),
        _ => None,
    };
    waits.iter().filter_map(|(i, p, wait)| at((i, p, wait.want.clone()))).collect()
}

/// The open copies of a socket's descriptor.
pub(super) fn copies<'w>(world: &'w World, object: &'w Object) -> Vec<End<'w>> {
    ends::ends(world, object, Side::Write)
}

/// A datagram socket has no end of file.
pub(super) fn ends_some_day(object: &Object) -> bool {
    object.as_socket().is_some_and(|s| s.kind != SocketType::Datagram)
}

/// The calls that bring end of file: one shutdown by somebody who is free to make it, else every close.
pub(super) fn cure(copies: &[End<'_>], reader: &Process) -> String {
    let free = copies.iter().find_map(|e| {
        let process = e.process.filter(|p| p.state == State::Idle && p.pid != reader.pid)?;
        Some(format!("{}: shutdown({}, SHUT_WR)", process.name, e.holder.fd))
    });
    free.unwrap_or_else(|| ends::closes(copies))
}

/// The kernel's rule about the end of a connection.
pub(super) fn rule_of_the_end() -> String {
    "The kernel's rule (socket(7), shutdown(2)): a connected socket gives its reader 0, end of file, once every descriptor of the \
     other end is closed, in every process, or once somebody has shut the other end down for sending. A fork copies \
     descriptors, and a close closes one of them; shutdown ends the connection itself, whoever else holds it."
        .to_owned()
}

/// `socket:[12]`, with its address where it has one.
pub(super) fn name(object: &Object) -> String {
    match object.as_socket().and_then(|s| s.local.as_ref()) {
        Some(address) => format!("{} ({})", prose::plain(object.label()), prose::plain(&address.to_string())),
        None => prose::plain(object.label()),
    }
}
