//! A socket in a transcript: what it is, its state, where it leads, what waits in it.

use super::line::Lines;
use super::tables::{SHOWN, framed, list};
use crate::explain::sockets;
use crate::notation::escape;
use crate::world::{Known, Message, Object, SocketState, World};
use std::io::{self, Write};

pub(super) fn write<W: Write>(lines: &mut Lines<W>, world: &World, object: &Object) -> io::Result<()> {
    let socket = match &object.socket {
        Some(Known::Yes(socket)) => socket,
        Some(Known::No(why)) => return lines.line(4, &format!("{}  unknown: {why}", object.id)),
        None => return lines.line(4, &format!("{}", object.id)),
    };
    lines.line(4, &format!("{}  {}, {}", object.id, sockets::kind(socket), sockets::state(socket)))?;
    let mut place = Vec::new();
    if let Some(local) = &socket.local {
        place.push(format!("at {local}"));
    }
    if let Some(peer) = sockets::peer(socket) {
        place.push(format!("connected to {peer}"));
    }
    if !place.is_empty() {
        lines.line(6, &place.join("; "))?;
    }
    if socket.state == SocketState::Listen {
        let clients: Vec<String> = socket.waiting.iter().map(|inode| format!("socket:[{inode}]")).collect();
        if !clients.is_empty() {
            lines.line(6, &format!("waiting to be accepted: {}", clients.join(", ")))?;
        }
    } else if let Some(text) = waiting(object) {
        lines.line(6, &text)?;
    }
    if let Some(n) = sockets::send_queue(world, object) {
        lines.line(6, &format!("send queue: {n} B that the other side has not acknowledged"))?;
    }
    if let Some(n) = socket.in_flight.filter(|n| *n > 0) {
        let (s, are) = if n == 1 { ("", "is") } else { ("s", "are") };
        lines.line(6, &format!("{n} descriptor{s} {are} in flight here: held by no table"))?;
    }
    lines.line(6, &format!("held by: {}", list(object.holders.iter())))
}

fn waiting(object: &Object) -> Option<String> {
    let socket = object.as_socket()?;
    if socket.kind.keeps_boundaries() {
        let messages = match &socket.messages {
            Known::Yes(messages) => messages,
            Known::No(why) => return Some(format!("messages unknown: {why}")),
        };
        let one = |message: &Message| {
            let (text, cut) = escape(&message.contents.head, SHOWN);
            let more = if cut || message.contents.cut { "..." } else { "" };
            format!("\"{text}\"{more} ({} B)", message.length)
        };
        let all: Vec<String> = messages.first.iter().map(one).collect();
        let more = if messages.more { ", perhaps more" } else { "" };
        return (!all.is_empty()).then(|| format!("waiting: {}{more}", all.join(", ")));
    }
    match (&object.bytes, &object.contents) {
        (Known::Yes(0), _) => None,
        (Known::Yes(bytes), Known::Yes(contents)) => {
            let (text, cut) = escape(&contents.head, SHOWN);
            let more = if cut || contents.cut { "..." } else { "" };
            Some(format!("waiting: \"{text}\"{more} ({bytes} B){}", framed(contents)))
        }
        (Known::Yes(bytes), Known::No(why)) => Some(format!("waiting: {bytes} B, contents unknown: {why}")),
        (Known::No(why), _) => Some(format!("bytes unknown: {why}")),
    }
}
