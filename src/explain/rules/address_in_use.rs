//! EADDRINUSE: who has the address that a socket was to get.

use super::socket_ends::copies;
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Address, Known, Object, Occupant, Refused, SocketState, World};

pub(super) const NAME: &str = "address-in-use";

/// The call that was just refused so, with everybody who has the address.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let refused = world.refused.as_ref().filter(|r| r.errno == libc::EADDRINUSE);
    refused.map(|refused| finding(world, refused)).into_iter().collect()
}

fn finding(world: &World, refused: &Refused) -> Finding {
    let own = world.object_at(&refused.process, refused.fd).map(|object| object.inode);
    let there: Vec<&Occupant> =
        refused.there.value().into_iter().flatten().filter(|o| o.inode == 0 || Some(o.inode) != own).collect();
    let objects: Vec<&Object> =
        there.iter().filter_map(|o| world.objects.iter().find(|object| object.is_socket_with(o.inode))).collect();
    let holders: Vec<End<'_>> = objects.iter().flat_map(|object| copies(world, object)).collect();
    let (whose, fix) = whose(refused, &there, &objects, &holders);
    let address = prose::plain(&refused.address.to_string());
    Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: refused.process.clone(),
        fd: Some(refused.fd),
        object: objects.first().map(|object| object.id.0.clone()),
        holders: holders.iter().map(End::culprit).collect(),
        text: format!("{}'s {} failed with EADDRINUSE: {address} is taken. {whose}", prose::plain(&refused.process), refused.call),
        fix,
        long: vec![
            "The kernel's rule (bind(2), socket(7), unix(7)): an address belongs to one socket. It is free again once every \
             descriptor of that socket is closed, in every process. The side of a TCP connection that closes first keeps its \
             address for about a minute (TIME-WAIT): SO_REUSEADDR before bind takes it all the same. A UNIX socket's path stays \
             in the file system until it is unlinked, whoever has gone."
                .to_owned(),
        ],
    }
}

/// Who has it, in a sentence or two, and the calls that would free it.
fn whose(refused: &Refused, there: &[&Occupant], objects: &[&Object], holders: &[End<'_>]) -> (String, String) {
    let leftover = there.iter().any(|o| o.inode == 0 && o.state != SocketState::Established);
    let stranger = there.iter().any(|o| o.inode != 0 && !objects.iter().any(|object| object.is_socket_with(o.inode)));
    if let Known::No(why) = &refused.there {
        return (format!("Who has it could not be read: {}.", prose::plain(why)), String::new());
    }
    if !holders.is_empty() {
        let theirs: Vec<String> = holders.iter().map(|end| end.whose(None)).collect();
        let names: Vec<String> = objects.iter().map(|object| prose::plain(object.label())).collect();
        let closes = crate::explain::ends::closes(holders);
        return (format!("{} has it, held by {}.", prose::list(&names), prose::list(&theirs)), closes);
    }
    if stranger {
        return ("A process outside has it.".to_owned(), String::new());
    }
    let (name, fd) = (&refused.process, refused.fd);
    match &refused.address {
        _ if leftover => (
            "No process has it: a connection that was closed keeps it for a while (TIME-WAIT). SO_REUSEADDR takes it at once."
                .to_owned(),
            format!("{name}: setsockopt({fd}, SO_REUSEADDR, 1)"),
        ),
        Address::Path(path) => (
            "No socket has it any more: the path was left in the file system by one that is closed.".to_owned(),
            format!("{name}: unlink(\"{}\")", crate::notation::escape(path, usize::MAX).0),
        ),
        _ => ("No socket is listed there now.".to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Peer, Socket};

    fn refused(address: Address, there: Vec<Occupant>) -> Refused {
        let there = Known::Yes(there);
        Refused { process: "b".into(), fd: 3, call: "bind".into(), errno: libc::EADDRINUSE, address, there }
    }

    fn port() -> Address {
        Address::Inet(([127, 0, 0, 1], 4000).into())
    }

    fn with(refused: Refused) -> Finding {
        let listener = Socket { local: Some(port()), ..stream(SocketState::Listen, Peer::None) };
        let mut world = stage().process("a").socket(4, 7, listener).process("b").world();
        world.refused = Some(refused);
        find(&world).remove(0)
    }

    #[test]
    fn the_one_who_has_it_is_named() {
        let at = |inode, state| Occupant { inode, state, local: port(), remote: None };
        let found = with(refused(port(), vec![at(7, SocketState::Listen)]));
        assert_eq!(
            found.text,
            "b's bind failed with EADDRINUSE: 127.0.0.1:4000 is taken. socket:[7] has it, held by a's fd 4."
        );
        assert_eq!((found.fix.as_str(), found.holders.len()), ("a: close(4)", 1));
        let stranger = with(refused(port(), vec![at(9, SocketState::Listen)]));
        assert!(stranger.text.ends_with("A process outside has it."), "{}", stranger.text);
        let rest = with(refused(port(), vec![at(0, SocketState::TimeWait)]));
        assert_eq!(rest.fix, "b: setsockopt(3, SO_REUSEADDR, 1)");
        assert!(rest.text.contains("TIME-WAIT"), "{}", rest.text);
    }

    #[test]
    fn a_path_outlives_its_socket() {
        let found = with(refused(Address::Path(b"srv".to_vec()), Vec::new()));
        assert_eq!(found.fix, "b: unlink(\"srv\")");
        let other = Refused { errno: libc::ECONNREFUSED, ..refused(port(), Vec::new()) };
        let mut world = stage().process("b").world();
        world.refused = Some(other);
        assert!(find(&world).is_empty());
    }
}
