//! Calls on sockets.

use super::super::memory::KEPT;
use super::moves::put;
use super::{Caller, Then, Verdict, seen};
use crate::notation::{Addr, Call, Data, SocketCall};
use crate::world::Address;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let fd = c.int(0);
    let (call, then) = match name {
        "socket" => (SocketCall::Socket { domain: fd, kind: c.int(1), protocol: c.int(2) }, Then::New),
        "socketpair" => {
            (SocketCall::Socketpair { domain: fd, kind: c.int(1), protocol: c.int(2) }, Then::Pair(c.arg(3)))
        }
        "bind" | "connect" => return named(c, name),
        "listen" => (SocketCall::Listen { fd, backlog: c.int(1) }, Then::Socket(fd)),
        "accept" => (SocketCall::Accept { fd }, Then::Accepted(c.arg(1), c.arg(2))),
        "accept4" if c.int(3) == 0 => (SocketCall::Accept { fd }, Then::Accepted(c.arg(1), c.arg(2))),
        "accept4" => (SocketCall::Accept4 { fd, flags: c.int(3) }, Then::Accepted(c.arg(1), c.arg(2))),
        "shutdown" => (SocketCall::Shutdown { fd, how: c.int(1) }, Then::Socket(fd)),
        "sendto" => return send(c),
        "recvfrom" => receive(c),
        "sendmsg" => return send_message(c),
        "recvmsg" => receive_message(c),
        "sendmmsg" => return c.follow(seen(name, format!("{fd}, [{} messages]", c.int(2))), Then::Sent(fd)),
        "recvmmsg" => {
            return c.follow(seen(name, format!("{fd}, [{} messages]", c.int(2))), Then::TookMessages(fd));
        }
        _ => return None,
    };
    c.follow(Call::Socket(call), then)
}

fn address(c: &Caller<'_>, at: usize, length: usize) -> Option<Address> {
    c.memory().address(c.arg(at), c.arg(length) & 0xffff_ffff)
}

fn named(c: &Caller<'_>, name: &str) -> Option<Verdict> {
    let fd = c.int(0);
    let call = match (address(c, 1, 2).map(Addr::Exact), name) {
        (Some(address), "bind") => Call::Socket(SocketCall::Bind { fd, address }),
        (Some(address), _) => Call::Socket(SocketCall::Connect { fd, address }),
        (None, _) => seen(name, format!("{fd}, ...")),
    };
    c.follow(call, Then::Socket(fd))
}

fn send(c: &Caller<'_>) -> Option<Verdict> {
    let (fd, length, flags) = (c.int(0), c.arg(2), c.int(3));
    let data = Data { unit: c.memory().data(c.arg(1), length), times: 1 };
    let to = address(c, 4, 5).map(Addr::Exact);
    let call = match to {
        _ if length > KEPT => put("send", fd, data, format!(", {length}, {flags}")),
        None => Call::Socket(SocketCall::Send { fd, data, flags }),
        Some(address) => Call::Socket(SocketCall::Sendto { fd, data, flags, address }),
    };
    c.follow(call, Then::Put(fd))
}

fn receive(c: &Caller<'_>) -> (SocketCall, Then) {
    let (fd, count, flags) = (c.int(0), c.arg(2), c.int(3));
    let call = match c.arg(4) {
        0 => SocketCall::Recv { fd, count, flags },
        _ => SocketCall::Recvfrom { fd, count, flags },
    };
    (call, Then::TookFrom(fd, (c.arg(1), count), (c.arg(4), c.arg(5))))
}

fn send_message(c: &Caller<'_>) -> Option<Verdict> {
    let (fd, flags) = (c.int(0), c.int(2));
    let Some(header) = c.memory().header(c.arg(1)) else {
        return c.follow(seen("sendmsg", format!("{fd}, ...")), Then::Sent(fd));
    };
    let total = header.pieces.iter().fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
    let data = Data { unit: c.memory().gather(&header.pieces, total), times: 1 };
    let rights = c.memory().rights(header.control);
    let call = match total <= KEPT {
        true => Call::Socket(SocketCall::Sendmsg { fd, data, rights, flags }),
        false => put("sendmsg", fd, data, format!(", {total}, {flags}")),
    };
    c.follow(call, Then::Sent(fd))
}

fn receive_message(c: &Caller<'_>) -> (SocketCall, Then) {
    let (fd, flags) = (c.int(0), c.int(2));
    let pieces = c.memory().header(c.arg(1)).map(|h| h.pieces).unwrap_or_default();
    let count = pieces.iter().fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
    (SocketCall::Recvmsg { fd, count, flags }, Then::TookMessage(fd, c.arg(1)))
}
