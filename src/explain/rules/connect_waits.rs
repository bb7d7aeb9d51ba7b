//! connect waits: the listener's queue is full, or nobody answers.

use super::socket_ends::{copies, name};
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::sockets::listener;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{Known, Object, State, World};

pub(super) const NAME: &str = "connect-waits";

/// Every process that sleeps in connect, and every connection that is asked for and not answered.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let mut out = Vec::new();
    for (i, process, wait) in waits.iter() {
        let Want::Acceptance { fd, object } = wait.want else { continue };
        let who = prose::plain(&process.name);
        let severity = if waits.is_stuck(i) { Severity::Stuck } else { Severity::Waiting };
        out.push(finding(
            world,
            object,
            process.name.clone(),
            fd,
            severity,
            &format!("{who} waits in connect on fd {fd}"),
        ));
    }
    out.extend(world.objects.iter().filter_map(|object| asked_for(world, object)));
    out
}

/// A non-blocking connect has begun, and nobody has answered it.
fn asked_for(world: &World, object: &Object) -> Option<Finding> {
    object.as_socket().filter(|socket| socket.is_asking())?;
    let holders = copies(world, object);
    let asleep = |e: &End<'_>| e.process.and_then(|p| p.state.blocked_in()).is_some_and(|b| b.call == "connect");
    let first = holders.iter().find(|e| e.process.is_some())?;
    if holders.iter().any(asleep) {
        return None;
    }
    let begin = format!("The connection of {} has begun (EINPROGRESS)", first.whose(None));
    Some(finding(world, object, first.holder.process.clone(), first.holder.fd, Severity::Note, &begin))
}

fn finding(world: &World, object: &Object, process: String, fd: i32, severity: Severity, begin: &str) -> Finding {
    let listener = listener(world, object);
    let holders = listener.map(|l| copies(world, l)).unwrap_or_default();
    let (why, fix) = why(object, listener, &holders);
    Finding {
        rule: NAME.into(),
        severity,
        process,
        fd: Some(fd),
        object: Some(object.id.0.clone()),
        holders: holders.iter().map(End::culprit).collect(),
        text: format!("{begin}: {why}"),
        fix,
        long: vec![
            "The kernel's rule (listen(2), connect(2)): a connection is made by the kernel, and waits in the listener's queue to be \
             accepted. listen says how long that queue is; Linux takes one more than the number. Where it is full, connect to a \
             UNIX stream waits (with O_NONBLOCK it fails with EAGAIN); TCP asks again after 1, 3, 7 seconds and so on, and fails \
             with ETIMEDOUT after about two minutes. So a connect may go on sleeping for a while after there is room."
                .to_owned(),
        ],
    }
}

/// Why nobody answers, and the call that would help.
fn why(object: &Object, listener: Option<&Object>, holders: &[End<'_>]) -> (String, String) {
    let socket = object.as_socket();
    let Some(listener) = listener else {
        let text = match socket.and_then(|s| s.remote.as_ref()) {
            Some(address) => format!("{} has not answered.", prose::plain(&address.to_string())),
            None => "the listener's queue is full, or it has not answered.".to_owned(),
        };
        return (text, String::new());
    };
    let backlog = listener.as_socket().and_then(|s| s.backlog.as_ref());
    let (text, full) = match backlog {
        Some(Known::Yes(b)) if b.waiting > b.limit => {
            (format!("the queue of the listener {} is full: {} of {} wait.", name(listener), b.waiting, b.limit), true)
        }
        Some(Known::Yes(_)) => {
            (format!("the listener {} has room, and TCP asks it again within seconds.", name(listener)), false)
        }
        _ => (format!("the listener {} has not answered.", name(listener)), false),
    };
    let idle = holders.iter().find_map(|e| Some((e.process.filter(|p| p.state == State::Idle)?, e.holder.fd)));
    match (full, idle) {
        (true, Some((p, fd))) => {
            (format!("{text} accept takes one out, and so makes room."), format!("{}: accept({fd})", p.name))
        }
        (true, None) => (format!("{text} Only an accept makes room."), String::new()),
        (false, _) => (text, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Address, Backlog, Family, Peer, Socket, SocketState};

    fn address(port: u16) -> Option<Address> {
        Some(Address::Inet(([127, 0, 0, 1], port).into()))
    }

    fn world(family: Family, waiting: u32) -> World {
        let inet = family == Family::Inet;
        let backlog = Some(Known::Yes(Backlog { waiting, limit: 0 }));
        let local = if inet { address(4000) } else { Some(Address::Path(b"srv".to_vec())) };
        let listener = Socket { family, local, backlog, ..stream(SocketState::Listen, Peer::None) };
        let asking = match inet {
            true => Socket { family, remote: address(4000), ..stream(SocketState::SynSent, Peer::Elsewhere) },
            false => stream(SocketState::Close, Peer::None),
        };
        stage().process("s").socket(3, 7, listener).process("c").socket(3, 8, asking).blocked_in("connect", 3).world()
    }

    #[test]
    fn a_full_queue_is_named_with_the_call_that_makes_room() {
        for family in [Family::Inet, Family::Unix] {
            let found = find(&world(family, 1));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].text.starts_with("c waits in connect on fd 3: the queue of the listener socket:[7] ("));
            assert!(found[0].text.contains("is full: 1 of 0 wait. accept takes one out"), "{}", found[0].text);
            assert_eq!((found[0].fix.as_str(), found[0].severity), ("s: accept(3)", Severity::Waiting));
        }
    }

    #[test]
    fn a_connect_that_did_not_wait_is_told_of_too() {
        let mut world = world(Family::Inet, 0);
        world.processes.iter_mut().for_each(|p| p.state = State::Idle);
        let found = find(&world);
        assert_eq!(
            found[0].text,
            "The connection of c's fd 3 has begun (EINPROGRESS): the listener socket:[7] (127.0.0.1:4000) has room, and TCP asks \
             it again within seconds."
        );
        assert_eq!(found[0].severity, Severity::Note);
    }
}
