//! UNIX sockets: `struct unix_diag_req` and `struct unix_diag_msg` of linux/unix_diag.h.

use super::netlink::{attributes, u32_at};
use super::{MEMORY, SocketInfo, nothing_or};
use crate::world::{Address, Backlog, Family, Known, Peer, Shutdown, SocketState, SocketType};
use nix::libc;

/// Kinds of attributes: `UNIX_DIAG_NAME` and its kin.
const NAME: u16 = 0;
const VFS: u16 = 1;
const PEER: u16 = 2;
const ICONS: u16 = 3;
const QUEUES: u16 = 4;
const SHUTDOWN: u16 = 6;
const UID: u16 = 7;
/// What is asked for: `UDIAG_SHOW_NAME`, `_VFS`, `_PEER`, `_ICONS`, `_RQLEN`, `_UID`.
const SHOW: u32 = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x40;
/// `struct unix_diag_msg`.
const FIXED: usize = 16;

/// The question for the one with this inode; for 0, for all of them.
pub(super) fn request(inode: u32) -> Vec<u8> {
    let mut bytes = vec![libc::AF_UNIX as u8, 0, 0, 0];
    // Every state; which one; what to show; no cookie.
    for word in [u32::MAX, inode, SHOW, u32::MAX, u32::MAX] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes
}

/// One message of the answer.
pub(super) fn parse(message: &[u8]) -> Option<SocketInfo> {
    let kind = match i32::from(*message.get(1)?) {
        libc::SOCK_STREAM => SocketType::Stream,
        libc::SOCK_DGRAM => SocketType::Datagram,
        libc::SOCK_SEQPACKET => SocketType::SeqPacket,
        _ => return None,
    };
    let state = SocketState::from_number(*message.get(2)?)?;
    let inode = u64::from(u32_at(message, 4)?);
    let mut told = Told::default();
    for (kind, value) in attributes(message.get(FIXED..)?) {
        told.take(kind, value);
    }
    Some(told.socket(inode, kind, state))
}

/// The attributes of one message. Most sockets have them all, so what is said where one is missing is made only then: there
/// may be tens of thousands.
#[derive(Default)]
struct Told {
    local: Option<Address>,
    file: Option<u32>,
    peer: Option<Peer>,
    waiting: Vec<u64>,
    queues: Option<(u32, u32)>,
    shutdown: Option<Shutdown>,
    uid: Option<u32>,
}

fn known<T>(told: Option<T>) -> Known<T> {
    told.map_or_else(|| Known::No("the kernel did not tell".into()), Known::Yes)
}

impl Told {
    fn take(&mut self, kind: u16, value: &[u8]) {
        match kind {
            NAME => self.local = name(value),
            // `struct unix_diag_vfs`: the inode, then the device as the kernel writes it.
            VFS => self.file = u32_at(value, 0),
            PEER => {
                self.peer = Some(match u32_at(value, 0) {
                    Some(0) | None => Peer::Unaccepted,
                    Some(inode) => Peer::Socket(u64::from(inode)),
                });
            }
            ICONS => {
                let inodes = value.as_chunks::<4>().0.iter().map(|b| u64::from(u32::from_ne_bytes(*b)));
                self.waiting = inodes.filter(|inode| *inode != 0).collect();
            }
            QUEUES => self.queues = u32_at(value, 0).zip(u32_at(value, 4)),
            SHUTDOWN => self.shutdown = value.first().map(|bits| shutdown(*bits)),
            UID => self.uid = u32_at(value, 0),
            _ => {}
        }
    }

    fn socket(self, inode: u64, kind: SocketType, state: SocketState) -> SocketInfo {
        let (receive_queue, send_queue, backlog) = queues(self.queues, kind, state);
        SocketInfo {
            inode,
            family: Family::Unix,
            kind,
            state,
            local: self.local,
            file: self.file,
            remote: None,
            peer: Known::Yes(self.peer.unwrap_or(Peer::None)),
            receive_queue,
            send_queue,
            backlog,
            waiting: self.waiting,
            shutdown: known(self.shutdown),
            dropped: None,
            uid: known(self.uid),
        }
    }
}

/// `sk_dump_length` in net/unix/diag.c: of a listener its backlog; else bytes that wait, and memory for what was sent.
/// Of datagrams the first alone is counted (`unix_inq_len`).
fn queues(
    told: Option<(u32, u32)>,
    kind: SocketType,
    state: SocketState,
) -> (Known<u64>, Known<u64>, Option<Known<Backlog>>) {
    match told {
        None => (known(None), known(None), None),
        Some((waiting, limit)) if state == SocketState::Listen => {
            (Known::Yes(0), Known::Yes(0), Some(Known::Yes(Backlog { waiting, limit })))
        }
        Some((receive, send)) => {
            let receive = match kind {
                SocketType::Datagram if receive > 0 => Known::No("the kernel counts the first datagram alone".into()),
                _ => Known::Yes(u64::from(receive)),
            };
            (receive, nothing_or(u64::from(send), MEMORY), None)
        }
    }
}

/// `RCV_SHUTDOWN` and `SEND_SHUTDOWN` of net/sock.h.
pub(super) fn shutdown(bits: u8) -> Shutdown {
    Shutdown { receive: bits & 1 != 0, send: bits & 2 != 0 }
}

/// `sun_path`: a NUL first for an abstract name, a NUL last for a path.
fn name(bytes: &[u8]) -> Option<Address> {
    match bytes.split_first() {
        None => None,
        Some((0, name)) => Some(Address::Abstract(name.to_vec())),
        Some(_) => {
            let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
            Some(Address::Path(bytes.get(..end)?.to_vec()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: i32, state: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![1, kind as u8, state, 0];
        bytes.extend(77_u32.to_ne_bytes());
        bytes.extend([0; 8]);
        for (kind, value) in attributes {
            bytes.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_ne_bytes()).collect()
    }

    #[test]
    fn a_connected_stream() {
        let (queues, peer) = (words(&[5, 768]), words(&[78]));
        let bytes = message(libc::SOCK_STREAM, 1, &[(PEER, &peer), (QUEUES, &queues), (SHUTDOWN, &[2])]);
        let socket = parse(&bytes).unwrap();
        assert_eq!((socket.inode, socket.state, &socket.local), (77, SocketState::Established, &None));
        assert_eq!(socket.peer, Known::Yes(Peer::Socket(78)));
        assert_eq!(socket.receive_queue, Known::Yes(5));
        assert!(socket.send_queue.value().is_none());
        assert_eq!(socket.shutdown, Known::Yes(Shutdown { receive: false, send: true }));
    }

    #[test]
    fn a_listener_has_a_backlog_and_who_waits() {
        let (queues, icons) = (words(&[1, 3]), words(&[90, 0]));
        let bytes = message(libc::SOCK_STREAM, 10, &[(NAME, b"\0srv"), (QUEUES, &queues), (ICONS, &icons)]);
        let socket = parse(&bytes).unwrap();
        assert_eq!(socket.local, Some(Address::Abstract(b"srv".to_vec())));
        assert_eq!(socket.backlog, Some(Known::Yes(Backlog { waiting: 1, limit: 3 })));
        assert_eq!(socket.waiting, [90]);
    }

    #[test]
    fn names() {
        assert_eq!(name(b""), None);
        assert_eq!(name(b"a/b\0"), Some(Address::Path(b"a/b".to_vec())));
        assert_eq!(name(b"a/b"), Some(Address::Path(b"a/b".to_vec())));
        assert_eq!(name(b"\0a\0b"), Some(Address::Abstract(b"a\0b".to_vec())));
    }

    #[test]
    fn what_is_cut_short_is_not_believed() {
        let bytes = message(libc::SOCK_STREAM, 1, &[]);
        for length in 0..FIXED {
            assert!(parse(bytes.get(..length).unwrap()).is_none(), "{length}");
        }
        assert!(parse(&message(99, 1, &[])).is_none());
    }
}
