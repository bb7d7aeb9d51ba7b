//! One direction of a connection has been shut down, the other still works.

use super::socket_ends::copies;
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Object, SocketType, World};

pub(super) const NAME: &str = "half-closed";

/// Every connection that is shut for sending on one side alone.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| finding(world, object)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    let socket = object.as_socket().filter(|socket| socket.kind != SocketType::Datagram)?;
    let down = socket.shutdown.value()?;
    if !down.send || down.receive || socket.peer.value()?.inode().is_none() {
        return None;
    }
    let copies = copies(world, object);
    let first = copies.iter().find(|e| e.process.is_some())?;
    let who = prose::plain(&first.holder.process);
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: first.holder.process.clone(),
        fd: Some(first.holder.fd),
        object: Some(object.id.0.clone()),
        holders: copies.iter().map(End::culprit).collect(),
        text: format!(
            "{} is shut for sending: the other side gets end of file, and {who} can still receive on fd {}. A send there raises \
             SIGPIPE.",
            prose::object(object),
            first.holder.fd
        ),
        fix: String::new(),
        long: vec![
            "shutdown(fd, SHUT_WR) ends one direction of the connection itself, for every copy of the descriptor \
             (shutdown(2)); close gives up one descriptor, and the connection ends with the last. This is how to say \"that was \
             my question\" and still hear the answer."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::connected;
    use crate::explain::build::stage;
    use crate::world::{Known, Shutdown, Socket};

    #[test]
    fn only_one_direction_shut_is_half_closed() {
        let with = |receive, send| {
            let shutdown = Known::Yes(Shutdown { receive, send });
            find(&stage().process("a").socket(3, 1, Socket { shutdown, ..connected(2) }).world())
        };
        assert_eq!(with(false, true).len(), 1);
        assert!(with(false, true)[0].text.contains("a can still receive on fd 3"));
        assert!(with(true, true).is_empty() && with(true, false).is_empty() && with(false, false).is_empty());
    }
}
