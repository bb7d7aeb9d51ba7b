//! A socket as the kernel tells it: what it is, whom it is connected to, and what waits in it.

use super::object::Contents;
use super::process::Known;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// How sockets are addressed: the `domain` of `socket(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// `AF_UNIX`, `unix(7)`: processes of one machine, by paths or names.
    Unix,
    /// `AF_INET`, `ip(7)`.
    Inet,
    /// `AF_INET6`, `ipv6(7)`.
    Inet6,
}

impl Family {
    /// Its name in C: `AF_UNIX`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Unix => "AF_UNIX",
            Family::Inet => "AF_INET",
            Family::Inet6 => "AF_INET6",
        }
    }
}

/// What a socket promises of the bytes that go through it: the `type` of `socket(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SocketType {
    /// `SOCK_STREAM`: bytes in order, no boundaries.
    Stream,
    /// `SOCK_DGRAM`: messages, each on its own.
    Datagram,
    /// `SOCK_SEQPACKET`: messages in order, over a connection.
    SeqPacket,
}

impl SocketType {
    /// Its name in C: `SOCK_STREAM`.
    pub fn name(self) -> &'static str {
        match self {
            SocketType::Stream => "SOCK_STREAM",
            SocketType::Datagram => "SOCK_DGRAM",
            SocketType::SeqPacket => "SOCK_SEQPACKET",
        }
    }

    /// What is sent keeps its boundaries.
    pub fn keeps_boundaries(self) -> bool {
        self != SocketType::Stream
    }
}

/// The state of a socket, by the names of TCP that the kernel uses for all of them (`net/tcp_states.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum SocketState {
    /// Connected.
    Established,
    /// A connection was asked for, and not answered yet.
    SynSent,
    /// A connection was asked for by another side, and is being answered.
    SynRecv,
    /// This side has closed; the other has not acknowledged it.
    FinWait1,
    /// This side has closed, and waits for the other to do so.
    FinWait2,
    /// Both have closed; the address is kept for a while.
    TimeWait,
    /// Not connected.
    Close,
    /// The other side has closed, this one has not.
    CloseWait,
    /// Both have closed; the last acknowledgement is awaited.
    LastAck,
    /// Waiting for connections.
    Listen,
    /// Both have closed at once.
    Closing,
}

impl SocketState {
    /// The state with the kernel's number for it; `None` for numbers that no socket of these kinds shows.
    pub fn from_number(number: u8) -> Option<SocketState> {
        Some(match number {
            1 => SocketState::Established,
            2 => SocketState::SynSent,
            3 | 12 => SocketState::SynRecv,
            4 => SocketState::FinWait1,
            5 => SocketState::FinWait2,
            6 => SocketState::TimeWait,
            7 => SocketState::Close,
            8 => SocketState::CloseWait,
            9 => SocketState::LastAck,
            10 => SocketState::Listen,
            11 => SocketState::Closing,
            _ => return None,
        })
    }

    /// Its name as RFC 9293 has it: `ESTABLISHED`, `CLOSE-WAIT`.
    pub fn name(self) -> &'static str {
        match self {
            SocketState::Established => "ESTABLISHED",
            SocketState::SynSent => "SYN-SENT",
            SocketState::SynRecv => "SYN-RECEIVED",
            SocketState::FinWait1 => "FIN-WAIT-1",
            SocketState::FinWait2 => "FIN-WAIT-2",
            SocketState::TimeWait => "TIME-WAIT",
            SocketState::Close => "CLOSED",
            SocketState::CloseWait => "CLOSE-WAIT",
            SocketState::LastAck => "LAST-ACK",
            SocketState::Listen => "LISTEN",
            SocketState::Closing => "CLOSING",
        }
    }
}

/// Where a socket can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    /// A path in the file system, as it was given to `bind(2)`: perhaps relative.
    Path(Vec<u8>),
    /// A name in Linux's abstract name space, without its leading NUL.
    Abstract(Vec<u8>),
    /// An internet address and a port.
    Inet(SocketAddr),
}

impl Address {
    /// Nothing has been chosen: no address and no port.
    pub fn is_unspecified(&self) -> bool {
        matches!(self, Address::Inet(at) if at.ip().is_unspecified() && at.port() == 0)
    }
}

/// Which directions were given up with `shutdown(2)`, by this side or, for reading, by the other side's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shutdown {
    /// Nothing more is received: the end of file follows what waits (`RCV_SHUTDOWN`).
    pub receive: bool,
    /// Nothing more can be sent (`SEND_SHUTDOWN`).
    pub send: bool,
}

/// How full the queue of a listening socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Backlog {
    /// Connections that are complete and not accepted yet.
    pub waiting: u32,
    /// As many as `listen(2)` allowed.
    pub limit: u32,
}

/// What a socket is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Peer {
    /// Nothing.
    None,
    /// Another socket, by its inode.
    Socket(u64),
    /// A connection that is complete and that nobody has accepted: its other end has no inode yet.
    Unaccepted,
    /// A socket that has been closed.
    Gone,
    /// An address that no socket in reach has: of another machine or network namespace, or of one that has gone.
    Elsewhere,
}

impl Peer {
    /// The inode of the other socket, where there is one.
    pub fn inode(self) -> Option<u64> {
        match self {
            Peer::Socket(inode) => Some(inode),
            _ => None,
        }
    }
}

/// What is known of a socket beside who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Socket {
    /// How it is addressed.
    pub family: Family,
    /// What it promises.
    pub kind: SocketType,
    /// Its state.
    pub state: SocketState,
    /// Its own address, where it has one.
    pub local: Option<Address>,
    /// The address of what it is connected to, where that has one.
    pub remote: Option<Address>,
    /// What it is connected to.
    pub peer: Known<Peer>,
    /// Bytes sent and not yet taken over by the other side (TCP alone).
    pub unsent: Known<u64>,
    /// Of a listener: its queue of connections.
    pub backlog: Option<Known<Backlog>>,
    /// Of a listener: the inodes of the sockets that wait to be accepted, as far as the kernel tells.
    pub waiting: Vec<u64>,
    /// What was shut down.
    pub shutdown: Known<Shutdown>,
    /// Descriptors that travel in messages which wait here (`SCM_RIGHTS`): references that no table shows. `None`: the kernel
    /// does not tell, or the family has none.
    pub in_flight: Option<u64>,
    /// Of a socket that keeps boundaries: the messages that wait, oldest first.
    pub messages: Known<Messages>,
    /// Of a UDP socket: the groups it has joined, and what it takes of others. `None`: it is no such socket.
    #[serde(default)]
    pub multicast: Option<Known<Multicast>>,
    /// An error waits in it, of which the next call on it will be told (`SO_ERROR`, socket(7)): a connection was reset, what
    /// was sent could not be delivered.
    #[serde(default)]
    pub error: bool,
    /// Of a UDP socket: datagrams that came and were thrown away, for there was no room (`SK_MEMINFO_DROPS`, sock_diag(7)).
    /// `None`: the kernel did not tell, or it is no such socket.
    #[serde(default)]
    pub dropped: Option<u64>,
}

impl Socket {
    /// It has asked for a connection, and nobody has answered yet (SYN-SENT).
    pub fn is_asking(&self) -> bool {
        self.state == SocketState::SynSent
    }

    /// A stream of the internet's.
    pub fn is_tcp(&self) -> bool {
        self.kind == SocketType::Stream && self.family != Family::Unix
    }

    /// Datagrams of the internet's.
    pub fn is_udp(&self) -> bool {
        self.kind == SocketType::Datagram && self.family != Family::Unix
    }

    /// A TCP connection that is over: `CLOSED`, and what was there before can be neither read from nor written to.
    pub fn has_ended(&self) -> bool {
        let both = Shutdown { receive: true, send: true };
        self.is_tcp() && self.state == SocketState::Close && self.shutdown == Known::Yes(both)
    }
}

/// What a UDP socket does with datagrams that are sent to a group, `ip(7)`, `ipv6(7)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Multicast {
    /// The groups that this socket has joined (`IP_ADD_MEMBERSHIP`, `IPV6_ADD_MEMBERSHIP`), in the order of the interfaces.
    pub groups: Vec<Membership>,
    /// `IP_MULTICAST_ALL`, `IPV6_MULTICAST_ALL`: it also takes what is sent to a group that any other socket of the machine has joined.
    pub all: bool,
    /// `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS`: how many routers may hand on what it sends to a group; 1: none, it stays in this network.
    pub ttl: u8,
}

/// One group that a socket has joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// The group's address.
    pub group: IpAddr,
    /// The network interface on which it listens for the group: `lo`.
    pub interface: String,
}

/// Messages that wait in a socket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// Each with its bytes and its length, oldest first.
    pub first: Vec<Message>,
    /// There may be more behind these; how many, the kernel does not tell.
    pub more: bool,
}

/// One message that waits in a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its bytes, cut where long.
    pub contents: Contents,
    /// Its length in bytes.
    pub length: u64,
}
