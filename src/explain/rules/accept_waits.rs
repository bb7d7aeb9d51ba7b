//! accept waits: the listener's queue is empty.

use super::socket_ends::name;
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::World;

pub(super) const NAME: &str = "accept-waits";

/// Every process that waits for a connection.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let mut out = Vec::new();
    for (_, process, wait) in waits.iter() {
        let Want::Connection { fd, object } = wait.want else { continue };
        let who = prose::plain(&process.name);
        out.push(Finding {
            rule: NAME.into(),
            severity: Severity::Waiting,
            process: process.name.clone(),
            fd: Some(fd),
            object: Some(object.id.0.clone()),
            holders: Vec::new(),
            text: format!(
                "{who} waits in accept on fd {fd} for somebody to connect to {}. Any process with a socket of that kind can: \
                 connect(fd, addr({who}.{fd})).",
                name(object)
            ),
            fix: String::new(),
            long: vec![
                "The kernel's rule (accept(2)): accept takes the first connection out of the listener's queue, and waits \
                 while the queue is empty. connect does not wait for accept: it returns as soon as the connection is in the \
                 queue, and waits only where that is full."
                    .to_owned(),
            ],
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Address, Peer, Socket, SocketState};

    #[test]
    fn the_address_is_named() {
        let local = Some(Address::Path(b"srv".to_vec()));
        let listener = Socket { local, ..stream(SocketState::Listen, Peer::None) };
        let world = stage().process("s").socket(3, 7, listener).blocked_in("accept", 3).world();
        let found = find(&world);
        assert_eq!(
            found[0].text,
            "s waits in accept on fd 3 for somebody to connect to socket:[7] (unix:srv). Any process with a socket of that \
             kind can: connect(fd, addr(s.3))."
        );
    }
}
