//! A stream socket has an address and nobody listens there: a connect is refused.

use super::socket_ends::{copies, name};
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Object, SocketState, SocketType, World};

pub(super) const NAME: &str = "bound-not-listening";

/// Every bound stream socket that neither listens nor is connected.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| finding(world, object)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    let socket = object.as_socket()?;
    let idle = socket.state == SocketState::Close && socket.kind != SocketType::Datagram;
    if !idle || socket.local.is_none() || socket.has_ended() {
        return None;
    }
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
            "{} has an address, and nobody listens there: a connect to it fails with ECONNREFUSED (connection refused). {} makes \
             it a listener with listen({}, backlog).",
            name(object),
            prose::plain(&first.holder.process),
            first.holder.fd
        ),
        fix: format!("{}: listen({}, 5)", first.holder.process, first.holder.fd),
        long: vec![
            "The kernel's rule (connect(2), listen(2)): bind gives a socket its address, and only listen lets others connect. \
             Before that, and after the last descriptor of the listener is closed, a connect is refused. A UNIX socket's path \
             stays in the file system after its socket: connecting to a path that nobody listens at is refused too, and \
             binding to it again fails with EADDRINUSE until it is unlinked."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Address, Peer, Socket};

    #[test]
    fn only_what_is_bound_and_idle_is_told() {
        let local = || Some(Address::Path(b"srv".to_vec()));
        let with = |socket| find(&stage().process("s").socket(3, 7, socket).world());
        let found = with(Socket { local: local(), ..stream(SocketState::Close, Peer::None) });
        assert_eq!((found[0].fix.as_str(), found[0].severity), ("s: listen(3, 5)", Severity::Note));
        assert!(found[0].text.starts_with("socket:[7] (unix:srv) has an address, and nobody listens there"));
        assert!(with(stream(SocketState::Close, Peer::None)).is_empty());
        assert!(with(Socket { local: local(), ..stream(SocketState::Listen, Peer::None) }).is_empty());
        assert!(with(Socket { local: local(), ..stream(SocketState::Established, Peer::Socket(1)) }).is_empty());
    }
}
