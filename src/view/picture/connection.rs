//! Draws a connection: both its sockets in one box, and between them what each has been sent and has not read yet.
//!
//! ```text
//! ┌ socket:[15821] ──────────┐
//! │ ESTABLISHED              │  the state of the upper one
//! │ ◀ 2 B "ok"               │  what it can read: the lower one sent it, and it goes to those on the left
//! ├ UNIX stream ─────────────┤
//! │ 5 B "hello"            ▶ │  what the lower one can read
//! │ ESTABLISHED              │  its state
//! └ socket:[15822] ──────────┘
//! ```

use super::boxes::frame;
use super::canvas::Canvas;
use super::layout::PipeBox;
use super::text::{first_that_fits, fit};
use super::{Picture, pipes, sockets, words};
use crate::explain::sockets as told;
use crate::view::{Arms, Glyphs};
use crate::world::{Object, Socket, World};

/// The rows of a half: its state, its queue.
const ROWS: i32 = 2;

/// The other socket of a connection, where each of the two says that the other is at its other end.
pub(super) fn other_end(world: &World, object: usize) -> Option<usize> {
    let one = world.objects.get(object)?;
    let inode = one.as_socket()?.peer.value()?.inode()?;
    let other = world.objects.iter().position(|o| o.is_socket_with(inode)).filter(|other| *other != object)?;
    let back = world.objects.get(other)?.as_socket()?.peer.value()?.inode()?;
    one.is_socket_with(back).then_some(other)
}

/// How many rows the half of this socket takes.
pub(super) fn rows(object: &Object) -> i32 {
    ROWS + pipes::outside_rows(object)
}

/// Draws the box of both.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, b: &PipeBox, [upper, lower]: [&Object; 2]) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    frame(canvas, glyphs, (b.x, b.y), b.width, b.inside, theme.border);
    let (x, room) = (b.x + 2, b.width - 4);
    name(canvas, picture, upper, (b.x + 1, b.y), b.width - 2);
    state(canvas, picture, upper, (x, b.y + 1), room);
    queue(canvas, picture, upper, (x, b.y + 2), (b.toward[0], glyphs.up, room));
    pipes::outsiders(canvas, picture, upper, (x, b.y + 3), room);
    let seam = b.y + 1 + rows(upper);
    self::seam(canvas, picture, upper, (b.x, seam), b.width);
    queue(canvas, picture, lower, (x, seam + 1), (b.toward[1], glyphs.down, room));
    state(canvas, picture, lower, (x, seam + 2), room);
    pipes::outsiders(canvas, picture, lower, (x, seam + 3), room);
    name(canvas, picture, lower, (b.x + 1, b.y + b.inside + 1), b.width - 2);
}

/// The line between the halves, with what both are.
fn seam(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), width: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let upright = Arms::UP.and(Arms::DOWN);
    let bar = Arms::LEFT.and(Arms::RIGHT).of(glyphs.light).repeat(usize::try_from(width - 2).unwrap_or(0));
    let (left, right) = (upright.and(Arms::RIGHT).of(glyphs.light), upright.and(Arms::LEFT).of(glyphs.light));
    canvas.put(x, y, &format!("{left}{bar}{right}"), theme.border);
    let kind = object.as_socket().map_or("socket", told::kind);
    canvas.put(x + 1, y, &fit(&format!(" {kind} "), width - 2, glyphs), theme.text);
}

/// Its name on the edge of the box, and by how many descriptors it is held where that is not by one.
fn name(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let new = if picture.is_new(&object.id) { format!("{} ", glyphs.new) } else { String::new() };
    let name = words::object_name(object, glyphs);
    let unread = picture.world.has_unread_tables();
    let (n, more) = (object.holders.len(), if unread { "+?" } else { "" });
    let choices = match (n, unread) {
        (1, false) => vec![format!(" {new}{name} ")],
        _ => vec![
            format!(" {new}{name} by {n}{more} descriptors "),
            format!(" {new}{name} by {n}{more} "),
            format!(" {new}[{}] by {n}{more} ", object.inode),
            format!(" {new}{name} "),
        ],
    };
    canvas.put(x, y, &first_that_fits(&choices, room, glyphs), theme.title);
}

fn state(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let Some(socket) = object.as_socket() else { return };
    let style = if picture.socket_changed(&object.id) { theme.changed } else { theme.text };
    let held_back = sockets::send_queue(picture, object);
    canvas.put(x, y, &first_that_fits(&states(socket, held_back, glyphs), room, glyphs), style);
}

/// Its state and what it holds back, with its address where there is room for it, the longest form first.
fn states(socket: &Socket, held_back: Option<String>, glyphs: &Glyphs) -> Vec<String> {
    let mut state = told::state(socket);
    let mut out = Vec::new();
    if let Some(queue) = &held_back {
        state += &format!(" {} {queue}", glyphs.dot);
    }
    if let Some(address) = &socket.local {
        out.extend(sockets::short_address(address, glyphs).into_iter().map(|address| format!("{state} {address}")));
    }
    out.push(state);
    out.extend(held_back);
    out.extend(sockets::in_few_words(socket));
    out
}

/// What it has been sent and has not read yet, with an arrow to the side of those who can read it, or else `away` from the other half.
fn queue(
    canvas: &mut Canvas,
    picture: &Picture,
    object: &Object,
    (x, y): (i32, i32),
    (toward, away, room): (Option<usize>, &str, i32),
) {
    let glyphs = &picture.glyphs;
    let waits = object.bytes.value().is_none_or(|bytes| *bytes > 0);
    let style = if waits { picture.theme.write_end } else { picture.theme.border };
    let (arrow, at, from) = match toward {
        Some(0) => (glyphs.left, x, x + 2),
        Some(_) => (glyphs.right, x + room - 1, x),
        None => (away, x, x + 2),
    };
    canvas.put(at, y, arrow, style);
    sockets::queue(canvas, picture, object, (from, y), room - 2);
}
