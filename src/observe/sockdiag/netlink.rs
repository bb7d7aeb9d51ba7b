//! Talking to the kernel over netlink(7): one question, a list for an answer.

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

/// `SOCK_DIAG_BY_FAMILY` of linux/sock_diag.h.
const BY_FAMILY: u16 = 20;
/// Kinds and flags of messages, linux/netlink.h.
const ERROR: u16 = 2;
const DONE: u16 = 3;
const REQUEST: u16 = 1;
const DUMP: u16 = 0x300;
const INTERRUPTED: u16 = 0x10;
/// `struct nlmsghdr`.
const HEADER: usize = 16;
/// How much of an answer is taken at once; the kernel makes its pieces at most 32 KiB.
const PIECE: usize = 64 << 10;
/// As much as an answer about one socket can be: the kernel gives up at a page.
const ONE: usize = 8 << 10;
/// How often a list is asked for again that changed while it was made.
const TRIES: usize = 4;

/// A socket to ask with. Close-on-exec, never waits.
pub(super) fn open() -> nix::Result<OwnedFd> {
    socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        SockProtocol::NetlinkSockDiag,
    )
}

/// Ask for sockets, and make one `T` of each message of the answer; messages that `parse` does not understand are left out.
pub(super) fn dump<T>(
    netlink: BorrowedFd<'_>,
    request: &[u8],
    parse: impl Fn(&[u8]) -> Option<T>,
) -> nix::Result<Vec<T>> {
    dump_of(netlink, BY_FAMILY, request, parse)
}

/// As [`dump`], for requests of this kind.
pub(super) fn dump_of<T>(
    netlink: BorrowedFd<'_>,
    kind: u16,
    request: &[u8],
    parse: impl Fn(&[u8]) -> Option<T>,
) -> nix::Result<Vec<T>> {
    let mut found = Vec::new();
    for _ in 0..TRIES {
        let sequence = next();
        send(netlink, (kind, REQUEST | DUMP), request, sequence)?;
        found.clear();
        if collect(netlink, sequence, &parse, &mut found)? {
            break;
        }
    }
    Ok(found)
}

/// Ask for one socket. ENOENT: there is none such.
pub(super) fn one<T>(netlink: BorrowedFd<'_>, request: &[u8], parse: impl Fn(&[u8]) -> Option<T>) -> nix::Result<T> {
    let sequence = next();
    send(netlink, (BY_FAMILY, REQUEST), request, sequence)?;
    let mut buffer = [0; ONE];
    loop {
        let length = match recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Err(Errno::EINTR) => continue,
            other => other?,
        };
        let message = Message::first(buffer.get(..length).unwrap_or_default()).ok_or(Errno::EPROTO)?;
        // What a list that was broken off has left behind.
        if message.sequence != sequence {
            continue;
        }
        if message.kind == ERROR {
            return Err(refusal(message.body).unwrap_or(Errno::EPROTO));
        }
        return parse(message.body).ok_or(Errno::EPROTO);
    }
}

/// A number that no earlier question on any socket of ours had: what answers another is not taken for an answer.
fn next() -> u32 {
    static ASKED: AtomicU32 = AtomicU32::new(1);
    ASKED.fetch_add(1, Ordering::Relaxed)
}

/// The error in the body of a message of that kind; `None`: all is well.
fn refusal(body: &[u8]) -> Option<Errno> {
    let code = body.first_chunk::<4>().map(|code| i32::from_ne_bytes(*code))?;
    (code != 0).then(|| Errno::from_raw(code.saturating_neg()))
}

fn send(netlink: BorrowedFd<'_>, (kind, flags): (u16, u16), request: &[u8], sequence: u32) -> nix::Result<()> {
    let length = u32::try_from(HEADER + request.len()).map_err(|_| Errno::EMSGSIZE)?;
    let mut message = Vec::with_capacity(HEADER + request.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(sequence.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    message.extend(request);
    sendto(netlink.as_raw_fd(), &message, &NetlinkAddr::new(0, 0), MsgFlags::empty()).map(drop)
}

/// Take the answer; false: the list changed while it was made, and is not to be trusted.
fn collect<T>(
    netlink: BorrowedFd<'_>,
    sequence: u32,
    parse: &impl Fn(&[u8]) -> Option<T>,
    found: &mut Vec<T>,
) -> nix::Result<bool> {
    let mut buffer = vec![0; PIECE];
    let mut whole = true;
    loop {
        // Each piece is made ready before recv(2) returns: EAGAIN would mean that the answer has no end.
        let length = match recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(0) => return Err(Errno::EPROTO),
            Ok(length) => length,
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno),
        };
        let mut rest = buffer.get(..length).unwrap_or_default();
        while let Some(message) = Message::first(rest) {
            rest = message.rest;
            if message.sequence != sequence {
                continue;
            }
            whole &= message.flags & INTERRUPTED == 0;
            match message.kind {
                DONE => return Ok(whole),
                ERROR => return refusal(message.body).map_or(Ok(whole), Err),
                _ => found.extend(parse(message.body)),
            }
        }
    }
}

/// One message of an answer.
struct Message<'b> {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'b [u8],
    rest: &'b [u8],
}

impl Message<'_> {
    fn first(bytes: &[u8]) -> Option<Message<'_>> {
        let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
        let body = bytes.get(HEADER..length)?;
        let next = length.next_multiple_of(4).min(bytes.len());
        Some(Message {
            kind: u16_at(bytes, 4)?,
            flags: u16_at(bytes, 6)?,
            sequence: u32_at(bytes, 8)?,
            body,
            rest: bytes.get(next..).unwrap_or_default(),
        })
    }
}

/// The attributes behind the fixed part of a message: kind and bytes of each.
pub(super) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let value = bytes.get(4..length)?;
        let kind = u16_at(bytes, 2)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_ne_bytes(*b))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_ne_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(HEADER + body.len()).unwrap().to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(0_u16.to_ne_bytes());
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn messages_lie_one_behind_the_other() {
        let mut bytes = message(20, b"abcde");
        bytes.extend(message(DONE, b"1234"));
        let first = Message::first(&bytes).unwrap();
        assert_eq!((first.kind, first.sequence, first.body), (20, 7, b"abcde".as_slice()));
        let second = Message::first(first.rest).unwrap();
        assert_eq!((second.kind, second.body, second.rest), (DONE, b"1234".as_slice(), b"".as_slice()));
    }

    #[test]
    fn what_is_cut_short_is_not_believed() {
        let bytes = message(20, b"abcde");
        for length in 0..HEADER + 5 {
            assert!(Message::first(bytes.get(..length).unwrap()).is_none(), "{length}");
        }
        assert!(Message::first(&[0; 64]).is_none(), "a length of 0 would never end");
        assert_eq!(attributes(&[0; 16]).count(), 0);
        assert_eq!(attributes(&[3, 0, 1, 0, 9, 9, 9, 9]).count(), 0);
    }

    #[test]
    fn attributes_are_padded_to_four_bytes() {
        let mut bytes = Vec::new();
        for (kind, value) in [(0_u16, b"abc".as_slice()), (6, &[3])] {
            bytes.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        let found: Vec<_> = attributes(&bytes).collect();
        assert_eq!(found, [(0, b"abc".as_slice()), (6, [3].as_slice())]);
    }
}
