//! A call that failed for the address it was given: it is not there, not of this machine, or of another kind.

use super::socket_ends::copies;
use crate::explain::ends::End;
use crate::explain::{Finding, Severity, prose, sockets};
use crate::world::{Address, Family, Known, Object, Refused, SocketState, World};

pub(super) const NAME: &str = "address-refused";

/// The call that was just refused so.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.refused.as_ref().and_then(|refused| finding(world, refused)).into_iter().collect()
}

fn finding(world: &World, refused: &Refused) -> Option<Finding> {
    let own = world.object_at(&refused.process, refused.fd);
    let there = there(world, refused, own);
    let holders: Vec<End<'_>> = there.into_iter().flat_map(|object| copies(world, object)).collect();
    let (name, why, fix, rule) = why(refused, own, there, &holders)?;
    let address = prose::plain(&refused.address.to_string());
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: refused.process.clone(),
        fd: Some(refused.fd),
        object: there.map(|object| object.id.0.clone()),
        holders: holders.iter().map(End::culprit).collect(),
        text: format!(
            "{}'s {} {} {address} failed with {name}: {why}",
            prose::plain(&refused.process),
            refused.call,
            if refused.call == "bind" { "of" } else { "to" }
        ),
        fix,
        long: vec![rule.to_owned()],
    })
}

/// The socket of the stage that has the address.
fn there<'w>(world: &'w World, refused: &Refused, own: Option<&Object>) -> Option<&'w Object> {
    let has = |o: &&Object| {
        o.as_socket().is_some_and(|s| s.local.as_ref() == Some(&refused.address))
            && own.is_none_or(|own| own.id != o.id)
    };
    world.objects.iter().find(has)
}

type Why = (&'static str, String, String, &'static str);

fn why(refused: &Refused, own: Option<&Object>, there: Option<&Object>, holders: &[End<'_>]) -> Option<Why> {
    let kind = own.and_then(Object::as_socket).map_or("such", sockets::kind);
    Some(match refused.errno {
        libc::ENOENT => (
            "ENOENT",
            "there is no such path. bind makes it, as a file of its own kind.".to_owned(),
            String::new(),
            "The kernel's rule (unix(7)): a path is looked up at each connect and sendto. It is there from the bind of some \
             socket until it is unlinked; paths that are not absolute begin in the directory of whoever makes the call.",
        ),
        libc::EADDRNOTAVAIL => (
            "EADDRNOTAVAIL",
            match &refused.address {
                Address::Inet(at) if at.is_ipv6() => {
                    "no interface of this network has that address. Where IPv6 is switched off, even ::1 is nobody's."
                        .to_owned()
                }
                _ => "no interface of this network has that address.".to_owned(),
            },
            String::new(),
            "The kernel's rule (bind(2), ip(7)): a socket is bound to an address that an interface of its own network namespace \
             has, or to all of them (0.0.0.0, ::). ip address lists them. Port 0 picks a free port, and where none is left the \
             error is the same.",
        ),
        libc::EAFNOSUPPORT | libc::EINVAL if other_family(own, &refused.address) => (
            if refused.errno == libc::EINVAL { "EINVAL" } else { "EAFNOSUPPORT" },
            format!("the address is of another family than the socket, which is {kind} of {}.", family(own)?.name()),
            String::new(),
            "The kernel's rule (socket(2)): the domain of a socket says how its addresses look, for as long as it lives.",
        ),
        libc::EPROTOTYPE => (
            "EPROTOTYPE",
            match there.and_then(Object::as_socket) {
                Some(other) => format!("there is a {} socket, and this is a {kind} socket.", sockets::kind(other)),
                None => format!("the socket there is of another type than this {kind} socket."),
            },
            String::new(),
            "The kernel's rule (unix(7)): SOCK_STREAM, SOCK_DGRAM and SOCK_SEQPACKET talk to their like alone.",
        ),
        libc::EAGAIN => {
            let full = there.and_then(Object::as_socket).filter(|s| s.state == SocketState::Listen)?;
            let count = match &full.backlog {
                Some(Known::Yes(b)) => format!(": {} of {} wait", b.waiting, b.limit),
                _ => String::new(),
            };
            let first = holders.first()?;
            (
                "EAGAIN",
                format!("the queue of the listener is full{count}. accept takes one out, and so makes room."),
                format!("{}: accept({})", first.holder.process, first.holder.fd),
                "The kernel's rule (listen(2), connect(2)): a connection waits in the listener's queue until it is accepted. Where \
                 that is full, connect to a UNIX stream waits, and fails with EAGAIN where the socket is non-blocking.",
            )
        }
        _ => return None,
    })
}

fn family(own: Option<&Object>) -> Option<Family> {
    own.and_then(Object::as_socket).map(|socket| socket.family)
}

fn other_family(own: Option<&Object>, address: &Address) -> bool {
    family(own).is_some_and(|family| match address {
        Address::Inet(at) if at.is_ipv6() => family != Family::Inet6,
        Address::Inet(_) => family == Family::Unix,
        _ => family != Family::Unix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Backlog, Peer, Socket, SocketType};

    fn told(errno: i32, address: Address, there: Option<Socket>) -> Option<Finding> {
        let mut stage = stage().process("s");
        if let Some(there) = there {
            stage = stage.socket(3, 7, Socket { local: Some(address.clone()), ..there });
        }
        let mut world = stage.process("c").socket(3, 8, stream(SocketState::Close, Peer::None)).world();
        let (process, call, there) = ("c".into(), "connect".into(), Known::Yes(Vec::new()));
        world.refused = Some(Refused { process, fd: 3, call, errno, address, there });
        find(&world).pop()
    }

    fn path() -> Address {
        Address::Path(b"srv".to_vec())
    }

    #[test]
    fn each_error_has_its_reason() {
        let missing = told(libc::ENOENT, path(), None).unwrap();
        assert_eq!(
            missing.text,
            "c's connect to unix:srv failed with ENOENT: there is no such path. bind makes it, as a file of its own kind."
        );
        let v6 = Address::Inet("[::1]:80".parse().unwrap());
        assert!(told(libc::EADDRNOTAVAIL, v6.clone(), None).unwrap().text.contains("Where IPv6 is switched off"));
        assert!(told(libc::EAFNOSUPPORT, v6, None).unwrap().text.contains("UNIX stream of AF_UNIX"));
        let datagrams = Socket { kind: SocketType::Datagram, ..stream(SocketState::Close, Peer::None) };
        let other = told(libc::EPROTOTYPE, path(), Some(datagrams)).unwrap();
        assert!(
            other.text.ends_with("there is a UNIX datagram socket, and this is a UNIX stream socket."),
            "{}",
            other.text
        );
        let backlog = Some(Known::Yes(Backlog { waiting: 1, limit: 0 }));
        let full = Socket { backlog, ..stream(SocketState::Listen, Peer::None) };
        let full = told(libc::EAGAIN, path(), Some(full)).unwrap();
        assert!(full.text.contains("the queue of the listener is full: 1 of 0 wait."), "{}", full.text);
        assert_eq!(full.fix, "s: accept(3)");
        assert!(told(libc::ECONNREFUSED, path(), None).is_none());
    }
}
