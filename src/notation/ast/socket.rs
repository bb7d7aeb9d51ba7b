//! Calls on sockets: `socket(2)` and its kin, and `poll(2)`.

use super::Data;
use crate::world::{Address, FdNumber, ProcName};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A call on a socket, each with the arguments that its page names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields as the man page does")]
pub enum SocketCall {
    /// `socket(domain, type[, protocol])`
    Socket { domain: i32, kind: i32, protocol: i32 },
    /// `socketpair(domain, type[, protocol])`
    Socketpair { domain: i32, kind: i32, protocol: i32 },
    /// `bind(fd, address)`
    Bind { fd: FdNumber, address: Addr },
    /// `listen(fd, backlog)`
    Listen { fd: FdNumber, backlog: i32 },
    /// `accept(fd)`
    Accept { fd: FdNumber },
    /// `accept4(fd, flags)`
    Accept4 { fd: FdNumber, flags: i32 },
    /// `connect(fd, address)`
    Connect { fd: FdNumber, address: Addr },
    /// `shutdown(fd, SHUT_...)`
    Shutdown { fd: FdNumber, how: i32 },
    /// `send(fd, data[, flags])`
    Send { fd: FdNumber, data: Data, flags: i32 },
    /// `sendto(fd, data[, flags], address)`
    Sendto { fd: FdNumber, data: Data, flags: i32, address: Addr },
    /// `sendmsg(fd, data, rights=[fd, ...][, flags])`
    Sendmsg { fd: FdNumber, data: Data, rights: Vec<FdNumber>, flags: i32 },
    /// `recv(fd, count[, flags])`
    Recv { fd: FdNumber, count: u64, flags: i32 },
    /// `recvfrom(fd, count[, flags])`
    Recvfrom { fd: FdNumber, count: u64, flags: i32 },
    /// `recvmsg(fd, count[, flags])`
    Recvmsg { fd: FdNumber, count: u64, flags: i32 },
    /// `getsockname(fd)`
    Getsockname { fd: FdNumber },
    /// `getpeername(fd)`
    Getpeername { fd: FdNumber },
    /// `setsockopt(fd, SO_..., value)`
    Setsockopt { fd: FdNumber, option: SocketOption, value: OptionValue },
    /// `getsockopt(fd, SO_...)`
    Getsockopt { fd: FdNumber, option: SocketOption },
    /// `poll([fd POLL..., ...], timeout)`
    Poll { fds: Vec<(FdNumber, i16)>, timeout: i32 },
}

impl SocketCall {
    /// Its C name.
    pub fn name(&self) -> &'static str {
        match self {
            SocketCall::Socket { .. } => "socket",
            SocketCall::Socketpair { .. } => "socketpair",
            SocketCall::Bind { .. } => "bind",
            SocketCall::Listen { .. } => "listen",
            SocketCall::Accept { .. } => "accept",
            SocketCall::Accept4 { .. } => "accept4",
            SocketCall::Connect { .. } => "connect",
            SocketCall::Shutdown { .. } => "shutdown",
            SocketCall::Send { .. } => "send",
            SocketCall::Sendto { .. } => "sendto",
            SocketCall::Sendmsg { .. } => "sendmsg",
            SocketCall::Recv { .. } => "recv",
            SocketCall::Recvfrom { .. } => "recvfrom",
            SocketCall::Recvmsg { .. } => "recvmsg",
            SocketCall::Getsockname { .. } => "getsockname",
            SocketCall::Getpeername { .. } => "getpeername",
            SocketCall::Setsockopt { .. } => "setsockopt",
            SocketCall::Getsockopt { .. } => "getsockopt",
            SocketCall::Poll { .. } => "poll",
        }
    }

    /// The descriptor it is about, where it is about one.
    pub fn fd(&self) -> Option<FdNumber> {
        match self {
            SocketCall::Socket { .. } | SocketCall::Socketpair { .. } => None,
            SocketCall::Poll { fds, .. } => match fds.as_slice() {
                [(fd, _)] => Some(*fd),
                _ => None,
            },
            SocketCall::Bind { fd, .. }
            | SocketCall::Listen { fd, .. }
            | SocketCall::Accept { fd }
            | SocketCall::Accept4 { fd, .. }
            | SocketCall::Connect { fd, .. }
            | SocketCall::Shutdown { fd, .. }
            | SocketCall::Send { fd, .. }
            | SocketCall::Sendto { fd, .. }
            | SocketCall::Sendmsg { fd, .. }
            | SocketCall::Recv { fd, .. }
            | SocketCall::Recvfrom { fd, .. }
            | SocketCall::Recvmsg { fd, .. }
            | SocketCall::Getsockname { fd }
            | SocketCall::Getpeername { fd }
            | SocketCall::Setsockopt { fd, .. }
            | SocketCall::Getsockopt { fd, .. } => Some(*fd),
        }
    }

    /// The descriptor it puts bytes in through, and the bytes.
    pub fn puts(&self) -> Option<(FdNumber, &Data)> {
        match self {
            SocketCall::Send { fd, data, .. }
            | SocketCall::Sendto { fd, data, .. }
            | SocketCall::Sendmsg { fd, data, .. } => Some((*fd, data)),
            _ => None,
        }
    }

    /// The descriptor it takes bytes out through, how many it asks for, and whether it leaves them there (`MSG_PEEK`).
    pub fn takes(&self) -> Option<(FdNumber, u64, bool)> {
        match self {
            SocketCall::Recv { fd, count, flags }
            | SocketCall::Recvfrom { fd, count, flags }
            | SocketCall::Recvmsg { fd, count, flags } => Some((*fd, *count, flags & libc::MSG_PEEK != 0)),
            _ => None,
        }
    }

    /// Where it says it goes, where it says so.
    pub fn address(&self) -> Option<&Addr> {
        match self {
            SocketCall::Bind { address, .. }
            | SocketCall::Connect { address, .. }
            | SocketCall::Sendto { address, .. } => Some(address),
            _ => None,
        }
    }
}

/// An address as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Addr {
    /// `unix:path`, `unix:@name`, `127.0.0.1:0`, `[::1]:0`
    Exact(Address),
    /// `addr(NAME.FD)`: what getsockname says of that process's descriptor when the call is made.
    Of(ProcName, FdNumber),
    /// `127.0.0.1:port(NAME.FD)`: the port alone of that address.
    PortOf(IpAddr, ProcName, FdNumber),
}

impl Addr {
    /// The process whose descriptor it asks for.
    pub fn asks(&self) -> Option<(&ProcName, FdNumber)> {
        match self {
            Addr::Exact(_) => None,
            Addr::Of(name, fd) | Addr::PortOf(_, name, fd) => Some((name, *fd)),
        }
    }
}

/// The options of `setsockopt(2)` that the stage knows: `socket(7)`, `ip(7)`, `ipv6(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is called as in C")]
pub enum SocketOption {
    ReuseAddr,
    ReceiveBuffer,
    SendBuffer,
    Error,
    Type,
    MulticastTtl,
    MulticastLoop,
    MulticastAll,
    MulticastInterface,
    AddMembership,
    DropMembership,
    V6Only,
    MulticastHops,
    MulticastLoop6,
    MulticastAll6,
    MulticastInterface6,
    AddMembership6,
    DropMembership6,
    Linger,
    KeepAlive,
    ReusePort,
    Broadcast,
    ReceiveTimeout,
    SendTimeout,
    AcceptConn,
    Domain,
    Protocol,
    PassCred,
    PeerCred,
    ReceiveLowWater,
    NoDelay,
    Cork,
    UserTimeout,
    Ttl,
    Hops,
}

/// What an option is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OptionValue {
    /// A number.
    Number(i32),
    /// The address of an interface: `IP_MULTICAST_IF`.
    Interface(Ipv4Addr),
    /// A group, and the address of the interface it is joined on: `IP_ADD_MEMBERSHIP`.
    Membership(Ipv4Addr, Ipv4Addr),
    /// The number of an interface, 1 is always loopback; 0: the kernel chooses: `IPV6_MULTICAST_IF`.
    Link(u32),
    /// A group, and the number of the interface it is joined on: `IPV6_ADD_MEMBERSHIP`.
    Membership6(Ipv6Addr, u32),
    /// On or off, and how many seconds a close waits; on with 0, it cuts the connection off: `SO_LINGER`.
    Linger(i32, i32),
    /// Milliseconds, 0: without end: `SO_RCVTIMEO`, `SO_SNDTIMEO`.
    Time(u32),
}

/// What a call on a socket brought beside its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketDetail {
    /// An address: whose a name was asked for, who was accepted, where `addr(...)` led; `None`: it has none.
    Address(Option<Address>),
    /// What was received.
    Received(Received),
    /// The value of an option; of `SO_LINGER` the seconds, -1 where it is off; of a time the milliseconds; of `SO_PEERCRED` the
    /// process id.
    Option(i32),
    /// What poll found ready.
    Ready(Vec<(FdNumber, i16)>),
}

/// What a call received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The bytes.
    pub data: Vec<u8>,
    /// Who sent them, where the call asks and the kernel says.
    pub from: Option<Address>,
    /// Descriptors that came with them, by their new numbers.
    pub rights: Vec<FdNumber>,
    /// The rest of the message did not fit and is lost (`MSG_TRUNC`).
    pub cut: bool,
    /// 0 bytes, and no empty message: nothing more will come.
    pub ended: bool,
}
