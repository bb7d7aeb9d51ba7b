//! Draws the inside of a socket's box: what it is and its state, where it leads, what waits in it.
//!
//! A connection is two sockets with a queue each: what one sends waits in the other. A stream's queue is a strip of bytes,
//! that of messages a row of boxes.

use super::Picture;
use super::canvas::Canvas;
use super::text::{columns, first_that_fits, fit, quoted, safe, shown};
use crate::explain::sockets;
use crate::view::Glyphs;
use crate::world::{Address, Known, Message, Object, Peer, Socket, SocketState, SocketType};

/// The rows inside its box: what it is, where it is or leads, what waits; fewer where that takes few words.
pub(super) fn rows(object: &Object) -> i32 {
    match object.as_socket() {
        None => 2,
        Some(socket) if is_quiet_listener(socket) || is_plain(socket) => 2,
        Some(_) => 3,
    }
}

/// Nobody waits at it, which its backlog tells too.
fn is_quiet_listener(socket: &Socket) -> bool {
    socket.state == SocketState::Listen && socket.waiting.is_empty() && matches!(socket.backlog, Some(Known::Yes(_)))
}

/// A UDP socket that has an address and no other bond: there is no more to tell of it.
fn is_plain(socket: &Socket) -> bool {
    let bound = socket.state == SocketState::Close && matches!(socket.local, Some(Address::Inet(_)));
    socket.is_udp()
        && bound
        && sockets::groups(socket).is_none()
        && trouble(socket).is_none()
        && sockets::shut(socket).is_none()
}

/// Draws the rows; what is not known is said with the reason.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let Some(socket) = object.as_socket() else {
        let why = match &object.socket {
            Some(Known::No(why)) => format!("? {}", safe(why, glyphs)),
            _ => "? nobody has looked".to_owned(),
        };
        let (first, rest) = split(&why, room);
        canvas.put(x, y, &first, theme.hint);
        canvas.put(x, y + 1, &fit(&rest, room, glyphs), theme.hint);
        return;
    };
    let style = if picture.socket_changed(&object.id) { theme.changed } else { theme.text };
    if is_plain(socket) {
        canvas.put(x, y, &first_that_fits(&plain(socket, glyphs), room, glyphs), style);
        return queue(canvas, picture, object, (x, y + 1), room);
    }
    canvas.put(x, y, &first_that_fits(&state(socket), room, glyphs), style);
    let mut place = place(socket, glyphs);
    if let Some(queue) = send_queue(picture, object) {
        let shortest = place.last().cloned().unwrap_or_default();
        place = place.first().into_iter().chain([&shortest]).map(|p| format!("{p} {} {queue}", glyphs.dot)).collect();
        place.push(queue);
    }
    canvas.put(x, y + 1, &first_that_fits(&place, room, glyphs), theme.text);
    if !is_quiet_listener(socket) {
        queue(canvas, picture, object, (x, y + 2), room);
    }
}

/// A plain UDP socket with its address, the longest form first.
fn plain(socket: &Socket, glyphs: &Glyphs) -> Vec<String> {
    let address = socket.local.iter().flat_map(|address| short_address(address, glyphs));
    let with = |state: &str| address.clone().map(|at| format!("UDP{state} {at}")).collect::<Vec<_>>();
    [with(" not connected"), with("")].concat()
}

/// What TCP holds back, where it does.
pub(super) fn send_queue(picture: &Picture, object: &Object) -> Option<String> {
    sockets::send_queue(picture.world, object).map(|bytes| format!("send queue {bytes} B"))
}

/// A text in two rows, torn at a space.
fn split(text: &str, room: i32) -> (String, String) {
    let mut first = String::new();
    let mut words = text.split(' ');
    let mut rest = Vec::new();
    for word in words.by_ref() {
        if columns(&first) + columns(word) + 1 > room {
            rest.push(word);
            break;
        }
        if !first.is_empty() {
            first.push(' ');
        }
        first.push_str(word);
    }
    rest.extend(words);
    (first, rest.join(" "))
}

/// What it is and does, the longest form first.
pub(super) fn state(socket: &Socket) -> Vec<String> {
    let kind = sockets::kind(socket);
    let short = kind.rsplit(' ').next().unwrap_or(kind);
    let mut out = vec![format!("{kind} {}", sockets::state(socket))];
    if socket.state == SocketState::Listen {
        if let Some(Known::Yes(b)) = &socket.backlog {
            out.push(format!("LISTEN {} of {} wait", b.waiting, b.limit));
            out.push(format!("LISTEN {}/{}", b.waiting, b.limit));
        }
        out.push("LISTEN".to_owned());
        return out;
    }
    if let Some(groups) = sockets::groups(socket) {
        let short_form = match socket.multicast.as_ref().and_then(Known::value).and_then(|m| m.groups.first()) {
            Some(first) => format!("in {}", first.group),
            None => "MULTICAST_ALL 0".to_owned(),
        };
        out.extend([format!("{short} {groups}"), format!("{short} {short_form}"), short_form]);
    }
    out.extend(
        trouble(socket).into_iter().flat_map(|what| [format!("{kind} {what}"), format!("{short} {what}"), what]),
    );
    let plain = socket.state == SocketState::Established || socket.kind != SocketType::Stream;
    match sockets::shut(socket) {
        // TCP's own name for it says it all.
        Some(_) if named(socket) => out.push(format!("{short} {}", socket.state.name())),
        Some(how) => out.extend([format!("{kind} {how}"), format!("{short}, {how}"), how.to_owned(), short_shut(how)]),
        None if plain => out.push(kind.to_owned()),
        None => {}
    }
    out.extend([format!("{short} {}", socket.state.name()), socket.state.name().to_owned()]);
    out
}

/// What is to be told of it before all else, the longest form first; what went wrong, or was given up, before the state's name.
pub(super) fn in_few_words(socket: &Socket) -> Vec<String> {
    let shut = sockets::shut(socket).filter(|_| !named(socket));
    let shut = shut.into_iter().flat_map(|how| [how.to_owned(), short_shut(how)]);
    trouble(socket).into_iter().chain(shut).chain([socket.state.name().to_owned()]).collect()
}

/// Is it on its way to the end of a TCP connection, for which each stage has a name?
fn named(socket: &Socket) -> bool {
    socket.is_tcp() && socket.state != SocketState::Established
}

/// What went wrong there, in the fewest words.
fn trouble(socket: &Socket) -> Option<String> {
    match socket.dropped.filter(|n| *n > 0) {
        _ if socket.error => Some("error waits".to_owned()),
        Some(dropped) => Some(format!("{dropped} dropped")),
        None if socket.has_ended() => Some("CLOSED: over".to_owned()),
        None => None,
    }
}

fn short_shut(how: &str) -> String {
    match how {
        "shut both ways" => "shut both".to_owned(),
        "shut for sending" => "send shut".to_owned(),
        _ => "ends".to_owned(),
    }
}

/// Where it leads, or else where it is, the longest form first.
fn place(socket: &Socket, glyphs: &Glyphs) -> Vec<String> {
    let arrow = glyphs.both;
    let own = || match &socket.local {
        Some(address) => short_address(address, glyphs),
        None => vec!["no address".to_owned()],
    };
    match &socket.peer {
        Known::Yes(Peer::Socket(inode)) => {
            vec![format!("{arrow} socket:[{inode}]"), format!("{arrow} [{inode}]"), format!("{arrow}{inode}")]
        }
        Known::Yes(Peer::Unaccepted) => {
            vec![format!("{arrow} nobody accepted it yet"), format!("{arrow} not accepted"), "not accepted".to_owned()]
        }
        Known::Yes(Peer::Gone) => vec!["the other end is closed".to_owned(), "peer closed".to_owned()],
        Known::Yes(Peer::Elsewhere) if socket.is_asking() => match &socket.remote {
            Some(address) => short_address(address, glyphs).into_iter().map(|a| format!("asks {a}")).collect(),
            None => vec!["asks".to_owned()],
        },
        Known::Yes(Peer::Elsewhere) => match &socket.remote {
            Some(address) => short_address(address, glyphs).into_iter().map(|a| format!("{arrow} {a}")).collect(),
            None => vec!["peer gone".to_owned()],
        },
        Known::Yes(Peer::None) => match socket.remote.as_ref().filter(|_| socket.kind == SocketType::Datagram) {
            // A connected datagram socket sends to one address, and takes from it alone.
            Some(address) => short_address(address, glyphs).into_iter().map(|a| format!("{arrow} {a}")).collect(),
            None => own(),
        },
        Known::No(_) => vec!["? peer unknown".to_owned(), "? peer".to_owned()],
    }
}

/// An address, the longest form first.
pub(super) fn short_address(address: &Address, glyphs: &Glyphs) -> Vec<String> {
    let whole = safe(&address.to_string(), glyphs);
    match address {
        Address::Inet(at) => vec![whole, format!(":{}", at.port())],
        Address::Path(_) => {
            let last = whole.rsplit('/').next().unwrap_or(&whole).to_owned();
            vec![whole, last]
        }
        Address::Abstract(_) => vec![whole],
    }
}

/// What has arrived and waits.
pub(super) fn queue(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let Some(socket) = object.as_socket() else { return };
    if socket.state == SocketState::Listen {
        let text = match socket.waiting.len() {
            0 => "nobody waits".to_owned(),
            _ => socket.waiting.iter().map(|inode| format!("[{inode}]")).collect::<Vec<_>>().join(" "),
        };
        canvas.put(x, y, &fit(&text, room, glyphs), theme.text);
        return;
    }
    let in_flight = match socket.in_flight {
        Some(n) if n > 0 => format!("+{n} fd "),
        _ => String::new(),
    };
    let from = canvas.put(x, y, &fit(&in_flight, room, glyphs), theme.changed);
    let room = room - (from - x);
    if socket.kind.keeps_boundaries() {
        messages(canvas, picture, object, (from, y), room);
        return;
    }
    match (object.bytes.value(), &object.contents) {
        (Some(0), _) => {
            canvas.put(from, y, "empty", theme.text);
        }
        (Some(bytes), Known::Yes(contents)) => {
            let count = format!("{bytes} B ");
            let style = if picture.bytes_changed(&object.id) { theme.changed } else { theme.text };
            let from = canvas.put(from, y, &fit(&count, room, glyphs), style);
            let room = room - columns(&count);
            canvas.put(from, y, &shown(&contents.head, contents.cut, room, glyphs), theme.data);
        }
        (Some(bytes), Known::No(_)) => {
            canvas.put(from, y, &fit(&format!("{bytes} B"), room, glyphs), theme.text);
        }
        (None, _) => {
            let why = match &object.bytes {
                Known::No(why) => safe(why, glyphs),
                Known::Yes(_) => String::new(),
            };
            canvas.put(from, y, &fit(&format!("? {why}"), room, glyphs), theme.hint);
        }
    }
}

/// A box for each message.
fn messages(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let waiting = match object.as_socket().map(|socket| &socket.messages) {
        Some(Known::Yes(waiting)) => waiting,
        Some(Known::No(why)) => {
            canvas.put(x, y, &fit(&format!("? {}", safe(why, glyphs)), room, glyphs), theme.hint);
            return;
        }
        None => return,
    };
    if waiting.first.is_empty() {
        canvas.put(x, y, "empty", theme.text);
        return;
    }
    let shown: Vec<String> = waiting.first.iter().map(|message| boxed(message, room, glyphs)).collect();
    boxes(canvas, picture, &shown, waiting.more, (x, y), room);
}

/// What is kept apart, box by box; `unsure`: there may be others behind them.
pub(super) fn boxes(
    canvas: &mut Canvas,
    picture: &Picture,
    shown: &[String],
    unsure: bool,
    (x, y): (i32, i32),
    room: i32,
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let mut at = x;
    for (n, text) in shown.iter().enumerate() {
        let rest = shown.len() - n;
        let more = if unsure { format!("+{rest}?") } else { format!("+{rest}") };
        let last = rest == 1 && !unsure;
        let tail = if last { 0 } else { columns(&more) + 1 };
        if at + columns(text) + tail > x + room {
            canvas.put(at, y, &fit(&more, x + room - at, glyphs), theme.hint);
            return;
        }
        at = canvas.put(at, y, text, theme.data);
    }
    if unsure {
        canvas.put(at, y, &fit("+?", x + room - at, glyphs), theme.hint);
    }
}

fn boxed(message: &Message, room: i32, glyphs: &Glyphs) -> String {
    let inside = quoted(&message.contents.head, message.contents.cut, (room - 6).max(6), glyphs);
    format!("[{inside}]")
}

/// How many descriptors refer to it, for the lower edge.
pub(super) fn held(object: &Object, room: i32, unread: bool) -> String {
    let (n, more) = (object.holders.len(), if unread { "+?" } else { "" });
    let times = if n == 1 { "descriptor" } else { "descriptors" };
    match room {
        20.. => format!(" by {n}{more} {times} "),
        _ => format!(" held by {n}{more} "),
    }
}
