//! Datagrams came for a socket and were thrown away, for its queue had no room.

use super::socket_ends::{copies, name};
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Object, World};

pub(super) const NAME: &str = "datagrams-dropped";

/// Every UDP socket of which the kernel says that it has thrown some away.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| finding(world, object)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    let dropped = object.as_socket()?.dropped.filter(|n| *n > 0)?;
    let copies = copies(world, object);
    let first = copies.iter().find(|e| e.process.is_some())?;
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: first.holder.process.clone(),
        fd: Some(first.holder.fd),
        object: Some(object.id.0.clone()),
        holders: copies.iter().map(End::culprit).collect(),
        text: format!(
            "{} has lost {} that came for {}: there was no room in the queue. Whoever sent was told that all went well.",
            prose::plain(&first.holder.process),
            prose::count(usize::try_from(dropped).unwrap_or(usize::MAX), "datagram"),
            name(object)
        ),
        fix: String::new(),
        long: vec![
            "The kernel's rule (udp(7)): what comes for a socket whose receive buffer (SO_RCVBUF, socket(7)) is full is dropped. \
             There is no answer, and nobody waits: who wants to know that something arrived has to be told by the receiver. The \
             number is the kernel's own count (SK_MEMINFO_DROPS; drops in /proc/net/udp)."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Peer, Socket, SocketState};

    #[test]
    fn the_kernels_count_is_told_where_there_is_one() {
        let with = |dropped| {
            let socket = Socket { dropped, ..stream(SocketState::Close, Peer::None) };
            find(&stage().process("r").socket(3, 7, socket).world())
        };
        assert!(
            with(Some(2))[0].text.starts_with("r has lost two datagrams that came for "),
            "{}",
            with(Some(2))[0].text
        );
        assert!(with(Some(1))[0].text.contains("lost one datagram "));
        assert!(with(Some(0)).is_empty() && with(None).is_empty());
    }
}
