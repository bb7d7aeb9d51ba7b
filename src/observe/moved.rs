//! A second look into sockets through which a call has moved bytes and did nothing else: what cannot have changed is not asked for.

use super::pidfds::Pidfds;
use super::{sockdiag, sockets, sys, unlisted};
use crate::world::{Contents, Family, Known, Object, Peer, Pid, Shutdown, Socket, SocketState, SocketType};

/// Look again into one end of a connection whose both ends were looked into before and are looked into now: what one end is not told
/// the other is. Neither may have been closed unseen. `false` where more may have changed than what waits; then the object may be
/// half renewed.
pub(super) fn look(object: &mut Object, pidfds: &Pidfds, limit: usize, steady: impl Fn(Pid) -> bool) -> bool {
    let Object { socket: Some(Known::Yes(socket)), bytes, contents, holders, .. } = object else { return false };
    if !is_plain(socket) {
        return false;
    }
    // A holder that is steady cannot have something else at that number by now.
    let Some(holder) = holders.iter().find(|h| steady(h.pid)) else { return false };
    let Ok(copy) = pidfds.descriptor(holder.pid, holder.fd) else { return false };
    let unix = socket.family == Family::Unix;
    // Whoever gives up sending leaves this state with TCP; with UNIX sockets the other end hears of it, which is looked at too.
    if !unix && unlisted::tcp_state(&copy) != Some(SocketState::Established) || unlisted::whole(&copy).is_none() {
        return false;
    }
    let Ok(unsent) = sys::unsent(&copy) else { return false };
    match &mut socket.unsent {
        // It is memory, and says no more than before.
        Known::No(_) if unix && unsent > 0 => {}
        known if unix => *known = sockdiag::nothing_or(unsent, sockdiag::MEMORY),
        known => *known = Known::Yes(unsent),
    }
    (*bytes, *contents) = sockets::waiting(&copy, limit);
    socket.in_flight = sockets::in_flight(holder, socket.family, socket.in_flight, *bytes != Known::Yes(0));
    true
}

/// What a call has done to a connection through one end of it, and nothing else: no descriptors went with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It has put so many bytes in.
    Put(u64),
    /// It has taken so many bytes out.
    Taken(u64),
}

/// Look again into the end of a UNIX connection that the bytes wait in or have waited in; the kernel keeps them there and not with
/// the sender. `false` as of [`look`].
pub(super) fn look_at_receiver(
    object: &mut Object,
    moved: Moved,
    pidfds: &Pidfds,
    limit: usize,
    steady: impl Fn(Pid) -> bool,
) -> bool {
    let Object { socket: Some(Known::Yes(socket)), bytes, contents, holders, .. } = object else { return false };
    if !is_plain(socket) || socket.family != Family::Unix {
        return false;
    }
    let Some(holder) = holders.iter().find(|h| steady(h.pid)) else { return false };
    let Ok(copy) = pidfds.descriptor(holder.pid, holder.fd) else { return false };
    let Some(waits) = unlisted::whole(&copy) else { return false };
    let before = bytes.value().copied();
    (*bytes, *contents) = match waits {
        true => sockets::waiting(&copy, limit),
        false => (Known::Yes(0), Known::Yes(Contents::default())),
    };
    let now = bytes.value().copied();
    // Whoever sends descriptors sends a byte with them: where there are as many bytes as this call accounts for, nobody else has sent.
    let accounted = match moved {
        Moved::Put(n) => before.and_then(|before| before.checked_add(n)),
        Moved::Taken(n) => before.and_then(|before| before.checked_sub(n)),
    };
    if socket.in_flight != Some(0) || accounted.is_none() || accounted != now {
        socket.in_flight = sockets::in_flight(holder, socket.family, socket.in_flight, now != Some(0));
    }
    true
}

/// What that look says of the other end: what it has sent takes memory as long as it waits (`sock_wfree` in net/core/sock.c).
pub(super) fn tell_sender(object: &mut Object, waiting: u64) -> bool {
    let Some(Known::Yes(socket)) = &mut object.socket else { return false };
    if !is_plain(socket) || socket.family != Family::Unix {
        return false;
    }
    if (socket.unsent == Known::Yes(0)) != (waiting == 0) {
        socket.unsent = sockdiag::nothing_or(waiting, sockdiag::MEMORY);
    }
    true
}

/// A connection for a stream of bytes of which nothing is given up, and in which no error waits.
fn is_plain(socket: &Socket) -> bool {
    let connected = socket.state == SocketState::Established && matches!(socket.peer, Known::Yes(Peer::Socket(_)));
    let whole = socket.shutdown == Known::Yes(Shutdown::default()) && !socket.error;
    connected && whole && socket.kind == SocketType::Stream
}
