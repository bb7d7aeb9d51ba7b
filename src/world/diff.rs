//! What changed from one world to the next.

use super::{Fd, FdNumber, Object, ObjectId, ProcName, Process, Socket, SocketState, State, World};

/// One difference between two worlds, in the terms of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A process is there that was not.
    Appeared(ProcName),
    /// A process's state is another.
    StateChanged(ProcName, State, State),
    /// A descriptor is there that was not.
    Opened(ProcName, FdNumber),
    /// A descriptor is gone; the entry as it was.
    Closed(ProcName, Fd),
    /// A descriptor refers to something else, or its flags changed; the entry as it was.
    Replaced(ProcName, Fd),
    /// An object has another number of bytes: before, after.
    Bytes(ObjectId, u64, u64),
    /// A socket's state, address, connection, backlog, shutdown or messages are others.
    Socket(ObjectId),
    /// An object is gone: nobody refers to it any more.
    Vanished(ObjectId),
}

/// Every difference from `old` to `new`, processes first, in their order.
pub fn diff(old: &World, new: &World) -> Vec<Change> {
    let mut out = Vec::new();
    for p in &new.processes {
        match old.processes.iter().find(|q| q.pid == p.pid && q.name == p.name) {
            None => out.push(Change::Appeared(p.name.clone())),
            Some(before) => process_diff(before, p, &mut out),
        }
    }
    for before in &old.objects {
        match new.object(&before.id) {
            None => out.push(Change::Vanished(before.id.clone())),
            Some(after) => {
                if let (Some(b), Some(a)) = (before.bytes.value(), after.bytes.value())
                    && a != b
                {
                    out.push(Change::Bytes(after.id.clone(), *b, *a));
                }
                if socket_changed(before, after) {
                    out.push(Change::Socket(after.id.clone()));
                }
            }
        }
    }
    out
}

/// What a person would call another state; not how much of what was sent is acknowledged.
fn socket_changed(before: &Object, after: &Object) -> bool {
    let facts = |object: &Object| {
        let socket = object.as_socket()?;
        let Socket { state, local, remote, peer, backlog, shutdown, in_flight, messages, .. } = socket.clone();
        // The second follows the first by itself, with an acknowledgement.
        let state = if state == SocketState::FinWait1 { SocketState::FinWait2 } else { state };
        Some((state, local, remote, peer, backlog, (shutdown, in_flight, messages)))
    };
    facts(before) != facts(after)
}

fn process_diff(before: &Process, after: &Process, out: &mut Vec<Change>) {
    if before.state != after.state {
        out.push(Change::StateChanged(after.name.clone(), before.state.clone(), after.state.clone()));
    }
    // A table that cannot be read tells nothing of what was opened or closed.
    if before.fds_unreadable.is_some() || after.fds_unreadable.is_some() {
        return;
    }
    for fd in &before.fds {
        match after.fd(fd.number) {
            None => out.push(Change::Closed(after.name.clone(), fd.clone())),
            Some(now)
                if now.target != fd.target
                    || now.access != fd.access
                    || now.cloexec != fd.cloexec
                    || now.nonblock != fd.nonblock =>
            {
                out.push(Change::Replaced(after.name.clone(), fd.clone()));
            }
            Some(_) => {}
        }
    }
    for fd in &after.fds {
        if before.fd(fd.number).is_none() {
            out.push(Change::Opened(after.name.clone(), fd.number));
        }
    }
}
