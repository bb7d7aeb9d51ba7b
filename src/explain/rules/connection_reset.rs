//! ECONNRESET: a call was just told that the connection is cut off.

use super::socket_ends::copies;
use crate::explain::ends::End;
use crate::explain::{Finding, Severity, prose};
use crate::world::{Family, Object, Refused, World};

pub(super) const NAME: &str = "connection-reset";

/// The call that was just told so.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let refused = world.refused.as_ref().filter(|r| r.errno == libc::ECONNRESET);
    refused.map(|refused| finding(world, refused)).into_iter().collect()
}

fn finding(world: &World, refused: &Refused) -> Finding {
    let object = world.object_at(&refused.process, refused.fd);
    let unix = object.and_then(Object::as_socket).is_some_and(|s| s.family == Family::Unix);
    let holders: Vec<End<'_>> = object.into_iter().flat_map(|object| copies(world, object)).collect();
    let who = prose::plain(&refused.process);
    let after = if unix {
        "Reads after this are end of file"
    } else {
        "The connection is over: reads are end of file from now on"
    };
    Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: refused.process.clone(),
        fd: Some(refused.fd),
        object: object.map(|object| object.id.0.clone()),
        holders: holders.iter().map(End::culprit).collect(),
        text: format!(
            "{who}'s {} on fd {} failed with ECONNRESET: the other side closed with bytes in its queue that nobody had read, or \
             would have none of what came. {after}, and a write raises SIGPIPE. What was sent before may never have been read.",
            refused.call, refused.fd
        ),
        fix: format!("{who}: close({})", refused.fd),
        long: vec![
            "The kernel's rule (tcp(7), unix(7), RFC 9293): who closes a socket with bytes unread in it, or with SO_LINGER and a \
             time of 0, sends a reset (RST) instead of an end (FIN). The other side is told once, by ECONNRESET (or EPIPE), at \
             its next call. TCP throws away what waits for it there; of a UNIX socket that can still be read first."
                .to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Address, Known, Peer, Socket, SocketState};

    #[test]
    fn the_call_that_was_told_and_what_follows_are_named() {
        let socket = Socket { family: Family::Inet, ..stream(SocketState::Close, Peer::None) };
        let mut world = stage().process("c").socket(3, 8, socket).world();
        assert!(find(&world).is_empty());
        let (process, call) = ("c".into(), "send".into());
        let address = Address::Inet(([127, 0, 0, 1], 4000).into());
        let there = Known::Yes(Vec::new());
        world.refused = Some(Refused { process, fd: 3, call, errno: libc::ECONNRESET, address, there });
        let found = find(&world).remove(0);
        assert!(found.text.starts_with("c's send on fd 3 failed with ECONNRESET: "), "{}", found.text);
        assert!(found.text.contains("The connection is over"), "{}", found.text);
        assert_eq!(found.fix, "c: close(3)");
    }
}
