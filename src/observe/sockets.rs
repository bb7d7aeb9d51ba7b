//! What is in the sockets of the stage: the kernel's list, and the waiting bytes, seen and not taken.
//!
//! A look into a socket needs a copy of a descriptor, and a copy keeps its socket open. So: only where a process holds it
//! that does not give it up meanwhile, and closed before the caller gets the world. `MSG_PEEK` takes nothing out.

use super::asker::{Asker, out_of};
use super::objects::Objects;
use super::pidfds::Pidfds;
use super::sockdiag::{self, SocketInfo};
use super::sys;
use super::through::Through;
use super::{machines, multicast, unlisted};
use crate::world::{
    Contents, Family, FdNumber, Holder, Known, Machine, Message, Messages, Object, ObjectKind, Peer, Pid, Shutdown,
    Socket, SocketState, SocketType,
};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{MsgFlags, recv};
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};

/// So many messages of one socket are looked at.
const MESSAGES: usize = 8;

/// Fill in every socket. `steady`: where something runs, the processes that do not: only what one of them holds is
/// looked into.
pub(super) fn fill(objects: &mut Objects, machines: &mut [Machine], limit: usize, steady: Option<&[Pid]>) {
    let others: Vec<_> = machines.iter_mut().filter(|machine| !machine.own).map(machines::look_into).collect();
    if !objects.any(ObjectKind::Socket) {
        return;
    }
    // Who is connected across networks, only whole lists tell.
    let lists = (!others.is_empty()).then(|| sockdiag::together(sockdiag::read(), others));
    let (pidfds, mut asker) = (Pidfds::default(), Asker::default());
    let mut asking = asker.look();
    for object in objects.iter_mut().filter(|object| object.kind == ObjectKind::Socket) {
        let through = Through::new(object, &pidfds, steady);
        let info = match &lists {
            Some(lists) => out_of(lists, &through),
            None => asking.socket(&through),
        };
        let seen = look(info, &through, limit);
        seen.put_into(object);
    }
}

/// What was seen of a socket.
pub(super) struct Seen {
    bytes: Known<u64>,
    contents: Known<Contents>,
    socket: Known<Box<Socket>>,
}

impl Seen {
    pub(super) fn put_into(self, object: &mut Object) {
        (object.bytes, object.contents, object.socket) = (self.bytes, self.contents, Some(self.socket));
    }
}

/// Look into a socket of which the kernel tells this.
pub(super) fn look(info: Result<SocketInfo, String>, through: &Through<'_>, limit: usize) -> Seen {
    match info {
        Ok(info) => describe(&info, through, limit),
        Err(why) => Seen { bytes: Known::No(why.clone()), contents: Known::No(why.clone()), socket: Known::No(why) },
    }
}

fn describe(info: &SocketInfo, through: &Through<'_>, limit: usize) -> Seen {
    // An empty message waits with 0 bytes.
    let waits = info.receive_queue != Known::Yes(0) || info.family == Family::Unix && info.kind.keeps_boundaries();
    let waits = waits && info.state != SocketState::Listen;
    let mut messages = Known::Yes(Messages::default());
    let (mut bytes, mut contents) = (Known::Yes(0), Known::Yes(Contents::default()));
    if waits && info.kind == SocketType::Stream {
        (bytes, contents) = stream(to_receive(through), info, limit);
    } else if waits {
        let looked = to_receive(through).and_then(|copy| peek_messages(copy, info, limit).map_err(reason));
        messages = looked.map_or_else(Known::No, Known::Yes);
        (bytes, contents) = of_messages(&messages, limit);
    }
    let multicast = multicast::of(through, info);
    let error = may_hold_error(info) && through.copy().is_ok_and(unlisted::holds_error);
    let before = through.object.as_socket().and_then(|before| before.in_flight);
    let in_flight = through.object.holders.first().and_then(|h| in_flight(h, info.family, before, waits));
    let socket = Socket { in_flight, messages, multicast, error, ..info.unlooked("") };
    Seen { bytes, contents, socket: Known::Yes(Box::new(socket)) }
}

/// The copy, to receive through.
fn to_receive<'t>(through: &'t Through<'_>) -> Result<&'t OwnedFd, String> {
    let copy = through.copy()?;
    // The first call of any kind would be told of it, and nobody after that (`sock_error` in net/sock.h).
    if unlisted::holds_error(copy) { Err(ERROR_WAITS.into()) } else { Ok(copy) }
}

const ERROR_WAITS: &str = "an error waits in it for the next call, and a look would take that away";

/// A UNIX socket is told of an error when the other end closes with bytes unread (`unix_release_sock` in net/unix/af_unix.c).
fn may_hold_error(info: &SocketInfo) -> bool {
    let parted = !matches!(info.peer, Known::Yes(Peer::Socket(_) | Peer::Unaccepted));
    info.state != SocketState::Listen && (info.family != Family::Unix || parted)
}

pub(super) fn reason(errno: Errno) -> String {
    match errno {
        Errno::EPERM | Errno::EACCES => format!("no permission to look into it ({errno:?})"),
        Errno::EMFILE | Errno::ENFILE => format!("no descriptor is free to look with ({errno:?})"),
        other => format!("the kernel refused the look ({other:?})"),
    }
}

/// The bytes of a stream. The list of TCP sockets counts the other side's FIN as a byte, `FIONREAD` does not.
fn stream(copy: Result<&OwnedFd, String>, info: &SocketInfo, limit: usize) -> (Known<u64>, Known<Contents>) {
    let copy = match copy {
        Ok(copy) => copy,
        Err(why) => {
            let ended = matches!(info.state, SocketState::CloseWait | SocketState::LastAck | SocketState::Closing);
            let bytes = if ended { Known::No(why.clone()) } else { info.receive_queue.clone() };
            return (bytes, Known::No(why));
        }
    };
    waiting(copy, limit)
}

/// How many bytes of a stream wait, and the first of them.
pub(super) fn waiting(copy: &OwnedFd, limit: usize) -> (Known<u64>, Known<Contents>) {
    let bytes = match sys::bytes_waiting(copy) {
        Ok(bytes) => bytes,
        Err(errno) => return (Known::No(reason(errno)), Known::No(reason(errno))),
    };
    let wanted = usize::try_from(bytes).unwrap_or(usize::MAX).min(limit);
    if wanted == 0 {
        return (Known::Yes(bytes), Known::Yes(Contents { cut: bytes > 0, ..Contents::default() }));
    }
    let mut head = vec![0; wanted];
    let contents = match peek(copy, SocketType::Stream, &mut head) {
        Ok(got) => {
            head.truncate(got);
            Known::Yes(Contents { cut: (head.len() as u64) < bytes, head, ..Contents::default() })
        }
        Err(errno) => Known::No(reason(errno)),
    };
    (Known::Yes(bytes), contents)
}

/// Copy what waits first and leave it there; the length of the whole message, where it keeps boundaries.
fn peek(copy: &OwnedFd, kind: SocketType, into: &mut [u8]) -> nix::Result<usize> {
    let seen = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    // To TCP, MSG_TRUNC means to throw away: it is for messages alone.
    let flags = if kind == SocketType::Stream { seen } else { seen | MsgFlags::MSG_TRUNC };
    loop {
        match recv(copy.as_raw_fd(), into, flags) {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// Message by message: each look begins behind the last message seen (`SO_PEEK_OFF`, socket(7)), which is set back before
/// this returns. Where the kernel has no such offset the first alone is seen.
fn peek_messages(copy: &OwnedFd, info: &SocketInfo, limit: usize) -> nix::Result<Messages> {
    let before = sys::socket_option(copy, libc::SOL_SOCKET, libc::SO_PEEK_OFF);
    let mut moved = false;
    let mut set = |offset: i32| {
        moved = true;
        sys::set_socket_option(copy, libc::SOL_SOCKET, libc::SO_PEEK_OFF, offset)
    };
    let mut found = Messages::default();
    let mut offset = 0_i32;
    let looked = loop {
        if !found.first.is_empty() && (before.is_err() || found.first.len() >= MESSAGES || set(offset).is_err()) {
            found.more = true;
            break Ok(());
        }
        let mut head = vec![0; limit.max(1)];
        let length = match peek(copy, info.kind, &mut head) {
            Ok(length) => length,
            Err(Errno::EAGAIN) => break Ok(()),
            Err(errno) => break Err(errno),
        };
        // After the end of a connection 0 comes again and again, and is no message.
        if length == 0 && info.shutdown.value().is_none_or(|Shutdown { receive, .. }| *receive) {
            break Ok(());
        }
        head.truncate(length.min(limit));
        let contents = Contents { cut: head.len() < length, head, ..Contents::default() };
        found.first.push(Message { contents, length: length as u64 });
        if length == 0 {
            // An offset cannot step over an empty message.
            found.more = true;
            break Ok(());
        }
        offset = offset.saturating_add(i32::try_from(length).unwrap_or(i32::MAX));
    };
    if moved {
        sys::set_socket_option(copy, libc::SOL_SOCKET, libc::SO_PEEK_OFF, before.unwrap_or(-1)).ok();
    }
    looked.map(|()| found)
}

/// What the bytes are together, where all messages were seen.
fn of_messages(messages: &Known<Messages>, limit: usize) -> (Known<u64>, Known<Contents>) {
    let messages = match messages {
        Known::Yes(messages) => messages,
        Known::No(why) => return (Known::No(why.clone()), Known::No(why.clone())),
    };
    let all: u64 = messages.first.iter().map(|message| message.length).sum();
    let mut head: Vec<u8> = messages.first.iter().flat_map(|m| m.contents.head.iter().copied()).collect();
    head.truncate(limit);
    let cut = messages.more || (head.len() as u64) < all;
    let bytes = match messages.more {
        false => Known::Yes(all),
        true => Known::No("more messages may wait behind those that can be seen".into()),
    };
    (bytes, Known::Yes(Contents { head, cut, ..Contents::default() }))
}

/// Descriptors that wait in a UNIX socket, where that is asked anew.
pub(super) fn in_flight(holder: &Holder, family: Family, before: Option<u64>, waits: bool) -> Option<u64> {
    if family != Family::Unix {
        return None;
    }
    // They travel with messages: where none waits they are none, if this kernel counts them at all.
    if !waits && before.is_some() {
        return Some(0);
    }
    descriptors_in(holder.pid, holder.fd)
}

/// How many descriptors wait in the messages that a process could receive by this descriptor, the line `scm_fds` of
/// `/proc/PID/fdinfo/N` (`unix_show_fdinfo` in net/unix/af_unix.c); of a listener those sent over connections that it has not
/// accepted yet. `None`: it is no UNIX socket, is closed, or may not be read.
pub fn descriptors_in(pid: Pid, fd: FdNumber) -> Option<u64> {
    let mut buffer = [0; 512];
    let mut file = std::fs::File::open(format!("/proc/{pid}/fdinfo/{fd}")).ok()?;
    let length = file.read(&mut buffer).ok()?;
    let text = buffer.get(..length)?;
    let line = text.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"scm_fds:"))?;
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}
