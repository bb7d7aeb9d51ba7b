//! ECONNREFUSED: nobody listens at the address, or somebody does on another machine.

use super::socket_ends::copies;
use crate::explain::ends::End;
use crate::explain::{Finding, Severity, machines, prose};
use crate::world::{Address, Known, Object, Process, Refused, SocketState, SocketType, World};

pub(super) const NAME: &str = "connection-refused";

/// The call that was just refused so, with who could have been meant.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let refused = world.refused.as_ref().filter(|r| r.errno == libc::ECONNREFUSED);
    refused.map(|refused| finding(world, refused)).into_iter().collect()
}

fn finding(world: &World, refused: &Refused) -> Finding {
    let (why, about, fix) = why(world, refused);
    let holders: Vec<End<'_>> = about.into_iter().flat_map(|object| copies(world, object)).collect();
    let address = prose::plain(&refused.address.to_string());
    Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: refused.process.clone(),
        fd: Some(refused.fd),
        object: about.map(|object| object.id.0.clone()),
        holders: holders.iter().map(End::culprit).collect(),
        text: format!(
            "{}'s {} to {address} failed with ECONNREFUSED: {why}",
            prose::plain(&refused.process),
            refused.call
        ),
        fix,
        long: vec![
            "The kernel's rule (connect(2), udp(7)): the machine that has the address answers, and says that no socket takes \
             what is sent there. For TCP and UNIX streams that means no listener; for UDP no socket bound to the port, and the \
             refusal of one datagram is told with the next call. 127.0.0.1 is each machine's own, and each network namespace's."
                .to_owned(),
        ],
    }
}

/// Why, in a sentence; the socket that it is about; the call that would help.
fn why<'w>(world: &'w World, refused: &Refused) -> (String, Option<&'w Object>, String) {
    let caller = world.process(&refused.process);
    let bound = refused.there.value().into_iter().flatten().find_map(|o| {
        let object = world.objects.iter().find(|object| object.is_socket_with(o.inode))?;
        let socket = object.as_socket()?;
        (socket.kind != SocketType::Datagram && socket.state == SocketState::Close).then_some(object)
    });
    if let Some((object, end)) = bound.and_then(|object| Some((object, copies(world, object).into_iter().next()?))) {
        let fix = format!("{}: listen({}, 5)", end.holder.process, end.holder.fd);
        return (format!("{} has that address, and does not listen.", end.whose(None)), Some(object), fix);
    }
    if let Some((object, text)) = elsewhere(world, caller, &refused.address) {
        return (text, Some(object), String::new());
    }
    if let Known::No(why) = &refused.there {
        return (format!("nobody listens there, as far as can be seen ({}).", prose::plain(why)), None, String::new());
    }
    let text = match &refused.address {
        Address::Path(_) => "the path is there, and no socket listens at it.",
        _ => "nobody listens there.",
    };
    (text.to_owned(), None, String::new())
}

/// A listener at the same port in another network than the caller's.
fn elsewhere<'w>(world: &'w World, caller: Option<&Process>, address: &Address) -> Option<(&'w Object, String)> {
    let Address::Inet(asked) = address else { return None };
    let (mine, own) = machines::of(world, caller?)?;
    let listens = |object: &&Object| {
        let socket = object.as_socket();
        let local = socket.and_then(|s| s.local.as_ref());
        socket.is_some_and(|s| s.state == SocketState::Listen)
            && matches!(local, Some(Address::Inet(at)) if at.port() == asked.port())
    };
    world.objects.iter().filter(listens).find_map(|object| {
        let end = copies(world, object).into_iter().next()?;
        let (theirs, machine) = machines::of(world, end.process?)?;
        (theirs != mine).then(|| {
            let text = format!(
                "on {} nobody listens there. {} listens at this port, but on {}, which has addresses of its own.",
                prose::plain(&machines::name(world, own)),
                end.whose(None),
                prose::plain(&machines::name(world, machine))
            );
            (object, text)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Machine, Occupant, Peer, Socket};

    fn port() -> Address {
        Address::Inet(([127, 0, 0, 1], 4000).into())
    }

    fn world(state: SocketState, there: Vec<Occupant>) -> World {
        let socket = Socket { local: Some(port()), ..stream(state, Peer::None) };
        let mut world = stage().process("a").socket(4, 7, socket).process("b").world();
        let there = Known::Yes(there);
        let (process, call) = ("b".into(), "connect".into());
        world.refused = Some(Refused { process, fd: 3, call, errno: libc::ECONNREFUSED, address: port(), there });
        world
    }

    #[test]
    fn whoever_has_the_address_and_does_not_listen_is_named() {
        let bound = Occupant { inode: 7, state: SocketState::Close, local: port(), remote: None };
        let found = find(&world(SocketState::Close, vec![bound])).remove(0);
        assert_eq!(
            found.text,
            "b's connect to 127.0.0.1:4000 failed with ECONNREFUSED: a's fd 4 has that address, and does not listen."
        );
        assert_eq!(found.fix, "a: listen(4, 5)");
    }

    #[test]
    fn a_listener_on_another_machine_is_told_of() {
        let mut world = world(SocketState::Listen, Vec::new());
        assert!(find(&world)[0].text.ends_with("nobody listens there."), "{}", find(&world)[0].text);
        let pids: Vec<i32> = world.processes.iter().map(|p| p.pid).collect();
        let machine = |network, pid| Machine { network, own: false, members: vec![pid], links: Known::No("".into()) };
        world.machines = vec![machine(1, pids[0]), machine(2, pids[1])];
        assert_eq!(
            find(&world)[0].text,
            "b's connect to 127.0.0.1:4000 failed with ECONNREFUSED: on b's machine nobody listens there. a's fd 4 listens at \
             this port, but on a's machine, which has addresses of its own."
        );
    }
}
