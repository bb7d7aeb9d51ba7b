//! More than one process holds a listener: the close of one does not free the address.

use super::socket_ends::{copies, name};
use crate::explain::ends::{self, End};
use crate::explain::{Finding, Severity};
use crate::world::{Object, SocketState, World};

pub(super) const NAME: &str = "listener-shared";

/// Every listener that two processes and more hold.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| finding(world, object)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    object.as_socket().filter(|socket| socket.state == SocketState::Listen)?;
    let copies = copies(world, object);
    // Whoever inherited it is the one that has no use for it.
    let inherited: Vec<End<'_>> =
        copies.iter().filter(|e| e.origin().is_some_and(|o| !o.inherited.is_empty())).copied().collect();
    let first = inherited.first()?;
    if ends::by_process(&copies).len() < 2 {
        return None;
    }
    let whose = ends::named(&copies, |e| e.whose(None));
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: first.holder.process.clone(),
        fd: Some(first.holder.fd),
        object: Some(object.id.0.clone()),
        holders: copies.iter().map(End::culprit).collect(),
        text: format!(
            "The listener {} is held by {whose}: it keeps its address, and connections keep arriving, until all of them are \
             closed. A worker closes its copy first.",
            name(object)
        ),
        fix: ends::closes(&inherited),
        long: vec![
            "A fork copies the listener's descriptor like any other. When the server ends or closes its own, the copy keeps the \
             port taken: a new server's bind fails with EADDRINUSE, and clients connect to a queue that nobody accepts from."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::Peer;

    #[test]
    fn the_child_s_copy_is_the_one_to_close() {
        let listener = || stream(SocketState::Listen, Peer::None);
        let alone = stage().process("s").socket(3, 7, listener());
        assert!(find(&alone.world()).is_empty());
        let both = stage().process("s").socket(3, 7, listener()).process("w").child_of("s", 4).socket(3, 7, listener());
        let found = find(&both.world());
        assert_eq!((found[0].process.as_str(), found[0].fix.as_str()), ("w", "w: close(3)"));
        assert!(found[0].text.contains("s's fd 3 and w's fd 3"), "{}", found[0].text);
    }
}
