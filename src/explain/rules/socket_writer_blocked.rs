//! A sender waits for room at a socket: what it sent before fills the queues, and the other side does not take it.

use super::socket_ends::{copies, name};
use crate::explain::ends::{self, End};
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{FdNumber, Known, Object, State, World};

pub(super) const NAME: &str = "socket-writer-blocked";

/// Every process that sleeps in a write or send on a socket.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let mut out = Vec::new();
    for (i, writer, wait) in waits.iter() {
        let Want::Drain { fd, object } = wait.want else { continue };
        let other = world.peer(object);
        let holders = other.map(|other| copies(world, other)).unwrap_or_default();
        let stuck = waits.is_stuck(i);
        let call = writer.state.blocked_in().map_or("send", |b| b.call.as_str());
        let who = prose::plain(&writer.name);
        out.push(Finding {
            rule: NAME.into(),
            severity: if stuck { Severity::Stuck } else { Severity::Waiting },
            process: writer.name.clone(),
            fd: Some(fd),
            object: Some(object.id.0.clone()),
            holders: holders.iter().map(End::culprit).collect(),
            text: format!(
                "{who} waits in {} on fd {fd} for room: {} {}",
                prose::plain(call),
                full(object, other),
                release(&holders, stuck)
            ),
            fix: reader(&holders).map(|(name, fd)| format!("{name}: recv({fd}, 65536)")).unwrap_or_default(),
            long: long(&holders, world, object),
        });
    }
    out
}

/// Where what was sent lies.
fn full(object: &Object, other: Option<&Object>) -> String {
    let Some(other) = other else {
        return format!("the queue that {} sends to is full.", name(object));
    };
    let waits = match &other.bytes {
        Known::Yes(n) => format!("{} not received", prose::bytes(*n)),
        Known::No(_) => "what was sent not received".to_owned(),
    };
    let unsent = match object.as_socket().map(|s| &s.unsent) {
        Some(Known::Yes(n)) if *n > 0 => format!(", and {} wait here to be sent.", prose::bytes(*n)),
        _ => ".".to_owned(),
    };
    format!("{} holds {waits}{unsent}", name(other))
}

/// Who could take it.
fn release(holders: &[End<'_>], stuck: bool) -> String {
    let who: Vec<String> =
        ends::by_process(holders).into_iter().map(|(who, fds)| format!("{who} by {}", prose::fds(&fds))).collect();
    match holders.first().and_then(|e| e.process).map(prose::doing).filter(|_| stuck) {
        _ if who.is_empty() => "Whoever receives there makes room.".to_owned(),
        Some(doing) => format!("{} can receive them, but is {doing}.", prose::list_or(&who)),
        None => format!("{} can receive them, and so make room.", prose::list_or(&who)),
    }
}

/// Somebody who is free to receive.
fn reader(holders: &[End<'_>]) -> Option<(String, FdNumber)> {
    holders.iter().find_map(|e| Some((e.process.filter(|p| p.state == State::Idle)?.name.clone(), e.holder.fd)))
}

fn long(holders: &[End<'_>], world: &World, object: &Object) -> Vec<String> {
    let mut out = vec![
        "The kernel's rule (send(2), tcp(7), unix(7)): what is sent takes room in the sender's buffer (SO_SNDBUF) until the other \
         side's kernel has it, and there in the receiver's (SO_RCVBUF) until it is received. Where both are full, a send sleeps; \
         with O_NONBLOCK or MSG_DONTWAIT it fails with EAGAIN instead."
            .to_owned(),
    ];
    out.extend(holders.iter().map(|e| e.provenance(None)));
    out.extend(ends::unseen(world, object));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::connected;
    use crate::explain::build::stage;
    use crate::world::Socket;

    fn world(reader_blocked: bool) -> World {
        let sender = Socket { unsent: Known::Yes(700), ..connected(2) };
        let world = stage().process("a").socket(3, 1, sender).blocked_in("send", 3);
        let world = world.process("b").socket(4, 2, connected(1));
        let mut world = if reader_blocked { world.blocked_in("write", 4).world() } else { world.world() };
        world.objects.iter_mut().filter(|o| o.is_socket_with(2)).for_each(|o| o.bytes = Known::Yes(4096));
        world
    }

    #[test]
    fn both_queues_and_who_could_empty_them_are_named() {
        let found = find(&world(false));
        assert_eq!(
            found[0].text,
            "a waits in send on fd 3 for room: socket:[2] holds 4096 bytes not received, and 700 bytes wait here to be sent. b by \
             fd 4 can receive them, and so make room."
        );
        assert_eq!((found[0].fix.as_str(), found[0].severity), ("b: recv(4, 65536)", Severity::Waiting));
    }

    #[test]
    fn both_sending_are_stuck() {
        let found = find(&world(true));
        assert_eq!((found.len(), found[0].severity, found[0].fix.as_str()), (2, Severity::Stuck, ""));
        assert!(found[0].text.ends_with("but is blocked in write(4)."), "{}", found[0].text);
    }
}
