//! Sockets in small worlds for tests.

use super::Stage;
use crate::world::{
    Access, BlockedIn, Contents, Family, Fd, Holder, Known, Messages, Object, ObjectId, ObjectKind, Peer, Shutdown,
    Socket, SocketState, SocketType, State, Target,
};

/// A UNIX stream socket in this state.
pub(crate) fn stream(state: SocketState, peer: Peer) -> Socket {
    Socket {
        family: Family::Unix,
        kind: SocketType::Stream,
        state,
        local: None,
        remote: None,
        peer: Known::Yes(peer),
        unsent: Known::Yes(0),
        backlog: None,
        waiting: Vec::new(),
        shutdown: Known::Yes(Shutdown::default()),
        in_flight: Some(0),
        messages: Known::Yes(Messages::default()),
        multicast: None,
        error: false,
        dropped: None,
    }
}

/// One end of a connection to the socket with this inode.
pub(crate) fn connected(peer: u64) -> Socket {
    stream(SocketState::Established, Peer::Socket(peer))
}

impl Stage {
    /// The process named last holds the socket with this inode, which is made like this on its first mention.
    pub fn socket(mut self, fd: i32, inode: u64, socket: Socket) -> Self {
        let id = ObjectId(format!("socket:[{inode}]"));
        if self.world.object(&id).is_none() {
            self.world.objects.push(Object {
                body: crate::world::Body::Plain,
                id: id.clone(),
                kind: ObjectKind::Socket,
                inode,
                bytes: Known::Yes(0),
                capacity: Known::No("".into()),
                contents: Known::Yes(Contents::default()),
                socket: Some(Known::Yes(Box::new(socket))),
                holders: Vec::new(),
            });
        }
        let origin = Some(self.origin.clone());
        let process = self.world.processes.last_mut().unwrap();
        let access = Access::ReadWrite;
        let target = Target::Object(id.clone());
        process.fds.push(Fd { number: fd, target, access, cloexec: false, nonblock: false, origin });
        process.fds.sort_by_key(|fd| fd.number);
        let holder = Holder { process: process.name.clone(), pid: process.pid, fd, access, outside: false };
        self.world.objects.iter_mut().find(|o| o.id == id).unwrap().holders.push(holder);
        self
    }

    /// It is blocked in this call on a descriptor.
    pub fn blocked_in(self, call: &str, fd: i32) -> Self {
        let blocked = BlockedIn { call: call.into(), fd: Some(fd), child: None, path: None, count: None, opens: None };
        self.state(State::Blocked(blocked))
    }
}
