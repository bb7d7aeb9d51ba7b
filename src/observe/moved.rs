//! A second look into sockets through which a call has moved bytes and did nothing else: what cannot have changed is not asked for.

use super::pidfds::Pidfds;
use super::{sockdiag, sockets, sys, unlisted};
use crate::world::{Family, Known, Object, Peer, Pid, Shutdown, Socket, SocketState, SocketType};

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
    if !unix && unlisted::tcp_state(&copy) != Some(SocketState::Established) || !unlisted::is_whole(&copy) {
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

/// A connection for a stream of bytes of which nothing is given up, and in which no error waits.
fn is_plain(socket: &Socket) -> bool {
    let connected = socket.state == SocketState::Established && matches!(socket.peer, Known::Yes(Peer::Socket(_)));
    let whole = socket.shutdown == Known::Yes(Shutdown::default()) && !socket.error;
    connected && whole && socket.kind == SocketType::Stream
}
