//! What is said of sockets in schema 1.

use crate::notation::{SocketDetail, escape, events_name};
use crate::world::{Address, FdNumber, Known, Peer, Socket, SocketState};
use serde::Serialize;

/// What a call on a socket brought; null where the call brings no such thing.
#[derive(Default, Serialize)]
pub(super) struct Brought {
    /// The address it was told, or went to; null also where the socket has none.
    address: Option<String>,
    from: Option<String>,
    rights: Option<Vec<FdNumber>>,
    message_cut: bool,
    option: Option<i32>,
    ready: Option<Vec<Ready>>,
}

#[derive(Serialize)]
struct Ready {
    fd: FdNumber,
    events: String,
}

pub(super) fn brought(detail: &SocketDetail) -> Brought {
    let mut out = Brought::default();
    match detail {
        SocketDetail::Address(address) => out.address = address.as_ref().map(Address::to_string),
        SocketDetail::Received(received) => {
            out.from = received.from.as_ref().map(Address::to_string);
            out.rights = Some(received.rights.clone());
            out.message_cut = received.cut;
        }
        SocketDetail::Option(value) => out.option = Some(*value),
        SocketDetail::Ready(ready) => {
            let each = ready.iter().map(|(fd, events)| Ready { fd: *fd, events: events_name(*events) });
            out.ready = Some(each.collect());
        }
    }
    out
}

/// The rest of what is known of a socket. What the kernel did not tell is null, with the reason beside it.
#[derive(Default, Serialize)]
pub(super) struct SocketLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    family: Option<&'static str>,
    r#type: Option<&'static str>,
    state: Option<&'static str>,
    local: Option<String>,
    remote: Option<String>,
    /// `connected`, `unaccepted`, `gone`, `elsewhere`, `none`.
    peer: Option<&'static str>,
    /// The id of the socket it is connected to.
    peer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_unknown: Option<&'a str>,
    unsent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsent_unknown: Option<&'a str>,
    backlog: Option<Backlog>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backlog_unknown: Option<&'a str>,
    shutdown: Option<Shutdown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown_unknown: Option<&'a str>,
    descriptors_in_flight: Option<u64>,
    messages: Option<Vec<Message>>,
    messages_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages_unknown: Option<&'a str>,
    /// An error waits for the next call.
    error: bool,
    /// Of a UDP socket: datagrams that were thrown away for want of room.
    dropped: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multicast: Option<Multicast<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multicast_unknown: Option<&'a str>,
}

/// Of a UDP socket: the groups it has joined, `IP_MULTICAST_ALL`, `IP_MULTICAST_TTL`.
#[derive(Serialize)]
struct Multicast<'a> {
    groups: Vec<Group<'a>>,
    all: bool,
    ttl: u8,
}

#[derive(Serialize)]
struct Group<'a> {
    group: String,
    interface: &'a str,
}

#[derive(Serialize)]
struct Backlog {
    waiting: u32,
    limit: u32,
    /// The ids of the sockets that wait, as far as the kernel tells.
    clients: Vec<String>,
}

#[derive(Serialize)]
struct Shutdown {
    receive: bool,
    send: bool,
}

#[derive(Serialize)]
struct Message {
    bytes: u64,
    contents: String,
    contents_cut: bool,
}

pub(super) fn socket(known: &Known<Box<Socket>>) -> SocketLine<'_> {
    let socket = match known {
        Known::Yes(socket) => socket,
        Known::No(why) => return SocketLine { unknown: Some(why), ..SocketLine::default() },
    };
    let id = |inode: u64| format!("socket:[{inode}]");
    let clients = || socket.waiting.iter().map(|inode| id(*inode)).collect();
    let listens = socket.state == SocketState::Listen;
    let backlog = socket.backlog.as_ref().filter(|_| listens);
    let messages = socket.messages.value().filter(|_| socket.kind.keeps_boundaries());
    SocketLine {
        unknown: None,
        family: Some(socket.family.name()),
        r#type: Some(socket.kind.name()),
        state: Some(socket.state.name()),
        local: socket.local.as_ref().map(Address::to_string),
        remote: socket.remote.as_ref().map(Address::to_string),
        peer: socket.peer.value().map(|peer| match peer {
            Peer::None => "none",
            Peer::Socket(_) => "connected",
            Peer::Unaccepted => "unaccepted",
            Peer::Gone => "gone",
            Peer::Elsewhere => "elsewhere",
        }),
        peer_id: socket.peer.value().and_then(|peer| peer.inode()).map(id),
        peer_unknown: socket.peer.reason(),
        unsent: socket.unsent.value().copied(),
        unsent_unknown: socket.unsent.reason(),
        backlog: backlog.and_then(Known::value).map(|b| Backlog {
            waiting: b.waiting,
            limit: b.limit,
            clients: clients(),
        }),
        backlog_unknown: backlog.and_then(crate::world::Known::reason),
        shutdown: socket.shutdown.value().map(|s| Shutdown { receive: s.receive, send: s.send }),
        shutdown_unknown: socket.shutdown.reason(),
        descriptors_in_flight: socket.in_flight,
        messages: messages.map(|m| m.first.iter().map(message).collect()),
        messages_more: messages.is_some_and(|m| m.more),
        messages_unknown: socket.messages.reason(),
        error: socket.error,
        dropped: socket.dropped,
        multicast: socket.multicast.as_ref().and_then(Known::value).map(multicast),
        multicast_unknown: socket.multicast.as_ref().and_then(Known::reason),
    }
}

fn multicast(multicast: &crate::world::Multicast) -> Multicast<'_> {
    let groups = multicast.groups.iter().map(|m| Group { group: m.group.to_string(), interface: &m.interface });
    let groups = groups.collect();
    Multicast { groups, all: multicast.all, ttl: multicast.ttl }
}

fn message(message: &crate::world::Message) -> Message {
    let (contents, long) = escape(&message.contents.head, 4096);
    Message { bytes: message.length, contents, contents_cut: long || message.contents.cut }
}
