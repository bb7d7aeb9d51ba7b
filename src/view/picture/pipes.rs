//! Draws a pipe's box, its waiting bytes, and the lines that lead to it.

use super::boxes::frame;
use super::canvas::Canvas;
use super::layout::{PipeBox, Wire};
use super::text::{first_that_fits, fit, quoted, safe, shown};
use super::{Picture, connection, memory, sockets, system_v, words};
use crate::view::{Arms, Glyphs};
use crate::world::{Access, Body, Contents, Holder, Known, Object, ObjectKind};
use ratatui::style::Modifier;

/// More holders from outside the stage than this are told by their number.
const MOST_OUTSIDE: usize = 4;

/// How many rows the inside of an object's box takes.
pub(super) fn rows(object: &Object) -> i32 {
    let own = match object.kind {
        ObjectKind::Pipe | ObjectKind::Fifo => 3,
        ObjectKind::Socket => sockets::rows(object),
        ObjectKind::Memory | ObjectKind::Queue => memory::ROWS,
        ObjectKind::PostQueue | ObjectKind::Semaphores => system_v::ROWS,
        ObjectKind::File => 1,
    };
    outside_rows(object) + own
}

/// How many rows tell of holders from outside the stage.
pub(super) fn outside_rows(object: &Object) -> i32 {
    object.holders.iter().filter(|h| h.outside).count().min(MOST_OUTSIDE) as i32
}

/// How many of `cells` are filled: some where anything waits, all only where nothing more goes in.
fn filled(bytes: u64, capacity: u64, cells: i32) -> i32 {
    let cells = cells.max(0);
    if bytes == 0 {
        0
    } else if bytes >= capacity {
        cells
    } else {
        let share = u128::from(bytes) * cells as u128 / u128::from(capacity);
        i32::try_from(share).unwrap_or(cells).clamp(1, (cells - 1).max(1)).min(cells)
    }
}

/// Draws a box.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, b: &PipeBox) {
    let Some(object) = picture.world.objects.get(b.drawn.object) else { return };
    if !canvas.shows(b.y, b.y + b.inside + 2) {
        return;
    }
    if let Some(other) = b.drawn.other.and_then(|other| picture.world.objects.get(other)) {
        return connection::draw(canvas, picture, b, [object, other]);
    }
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    frame(canvas, glyphs, (b.x, b.y), b.width, b.inside, theme.border);
    let new = picture.is_new(&object.id);
    let name = match object.kind.is_system_v() {
        true => first_that_fits(&system_v::names(object, glyphs), b.width - if new { 6 } else { 4 }, glyphs),
        false => words::object_name(object, glyphs),
    };
    let name = if new { format!(" {} {name} ", glyphs.new) } else { format!(" {name} ") };
    canvas.put(b.x + 1, b.y, &fit(&name, b.width - 2, glyphs), theme.title);
    ends(canvas, picture, object, (b.x + 1, b.y + b.inside + 1), b.width - 2);
    let (x, room) = (b.x + 2, b.width - 4);
    let mut y = b.y + 1;
    if object.is_pipe() {
        gauge(canvas, picture, object, (x, y), room);
        count(canvas, picture, object, (x, y + 1), room);
        contents(canvas, picture, object, (x, y + 2), room);
        y += 3;
    } else if object.kind == ObjectKind::Socket {
        sockets::draw(canvas, picture, object, (x, y), room);
        y += sockets::rows(object);
    } else if object.kind.is_system_v() {
        system_v::draw(canvas, picture, object, (x, y), room);
        y += system_v::ROWS;
    } else if object.body != Body::Plain {
        memory::draw(canvas, picture, object, (x, y), room);
        y += memory::ROWS;
    } else {
        canvas.put(x, y, &fit(&safe(&words::body(object, glyphs), glyphs), room, glyphs), theme.hint);
        y += 1;
    }
    outsiders(canvas, picture, object, (x, y), room);
}

/// Draws the holders that do not belong to the stage, those for whom there is no row by their number.
pub(super) fn outsiders(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs, mut y) = (picture.theme, &picture.glyphs, y);
    let outside: Vec<&Holder> = object.holders.iter().filter(|h| h.outside).collect();
    let shown = if outside.len() > MOST_OUTSIDE { MOST_OUTSIDE - 1 } else { outside.len() };
    for holder in outside.iter().take(shown) {
        outsider(canvas, picture, holder, (x, y), room);
        y += 1;
    }
    if outside.len() > shown {
        let more = format!("also: {} more", outside.len() - shown);
        canvas.put(x, y, &fit(&more, room, glyphs), theme.warning);
    }
}

/// Draws a holder that does not belong to the stage.
pub(super) fn outsider(canvas: &mut Canvas, picture: &Picture, holder: &Holder, (x, y): (i32, i32), room: i32) {
    let who = safe(&holder.process, &picture.glyphs);
    let end = words::end_letter(holder.access);
    let choices = [
        format!("also: {who} pid {} fd {} {end}", holder.pid, holder.fd),
        format!("also {who} {} fd {} {end}", holder.pid, holder.fd),
        format!("+{who} {}.{} {end}", holder.pid, holder.fd),
        format!("+{}.{} {end}", holder.pid, holder.fd),
    ];
    canvas.put(x, y, &first_that_fits(&choices, room, &picture.glyphs), picture.theme.warning);
}

/// How many hold each end; answers the column after it.
pub(super) fn ends(canvas: &mut Canvas, picture: &Picture, object: &Object, at: (i32, i32), room: i32) -> i32 {
    let theme = picture.theme;
    if object.kind == ObjectKind::Socket {
        return canvas.put(at.0, at.1, &sockets::held(object, room, picture.world.has_unread_tables()), theme.text);
    }
    if let Body::Memory(memory) = &object.body {
        return canvas.put(at.0, at.1, &fit(&memory::size(picture, object, memory), room, &picture.glyphs), theme.text);
    }
    if let Some(usage) = object.usage() {
        let style = if usage.is_left() { theme.warning } else { theme.text };
        return canvas.put(at.0, at.1, &system_v::edge(usage, room, &picture.glyphs), style);
    }
    let (r, w) = (object.readers().count(), object.writers().count());
    let read_style = if r == 0 { theme.warning } else { theme.read_end };
    let write_style = if w == 0 { theme.eof } else { theme.write_end };
    // At least so many, where not every table can be read.
    let unseen = picture.world.has_unread_tables() || picture.world.unseen_at(&object.id) > 0;
    let more = if unseen { "+?" } else { "" };
    let (r, w) = (format!("{r}{more}"), format!("{w}{more}"));
    let (readers, writers) = match room {
        21.. => (format!(" readers {r} "), format!("writers {w} ")),
        19.. => (format!("readers {r} "), format!("writers {w}")),
        12.. => (format!(" r {r}  "), format!("w {w} ")),
        _ => return at.0,
    };
    let x = canvas.put(at.0, at.1, &readers, read_style);
    canvas.put(x, at.1, &writers, write_style)
}

fn gauge(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let cells = |mark: &str, n: i32| mark.repeat(usize::try_from(n).unwrap_or(0));
    // Empty it is whatever it could hold.
    let capacity = object.capacity.value().or(object.bytes.value().filter(|bytes| **bytes == 0).and(Some(&1)));
    let (Some(bytes), Some(capacity)) = (object.bytes.value(), capacity) else {
        canvas.put(x, y, &cells("?", room), theme.hint);
        return;
    };
    let n = filled(*bytes, *capacity, room);
    let style = if n == room { theme.danger } else { theme.data };
    let x = canvas.put(x, y, &cells(glyphs.gauge_full, n), style);
    canvas.put(x, y, &cells(glyphs.gauge_empty, room - n), theme.border);
}

/// Draws how many bytes wait; answers the column after it.
pub(super) fn count(canvas: &mut Canvas, picture: &Picture, object: &Object, at: (i32, i32), room: i32) -> i32 {
    let theme = picture.theme;
    let text = first_that_fits(&words::bytes(object), room, &picture.glyphs);
    let style = if picture.bytes_changed(&object.id) { theme.changed } else { theme.text };
    canvas.put(at.0, at.1, &text, style)
}

/// Draws the waiting bytes themselves, or that there are none, or why they are not known.
pub(super) fn contents(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    if let Some(0) = object.bytes.value() {
        canvas.put(x, y, "empty", theme.text);
        return;
    }
    let full = matches!((object.bytes.value(), object.capacity.value()), (Some(b), Some(c)) if b >= c);
    let from = if full { canvas.put(x, y, "FULL", theme.danger) + 1 } else { x };
    let room = room - (from - x);
    match (&object.contents, words::unknown(object)) {
        (Known::Yes(contents), None) if !contents.packets.is_empty() => {
            sockets::boxes(canvas, picture, &packets(contents, room, glyphs), contents.cut, (from, y), room);
        }
        (Known::Yes(contents), None) => {
            canvas.put(from, y, &shown(&contents.head, contents.cut, room, glyphs), theme.data);
        }
        (_, why) => {
            let why = format!("? {}", safe(why.unwrap_or("unknown"), glyphs));
            canvas.put(from, y, &fit(&why, room, glyphs), theme.hint);
        }
    }
}

/// Packet by packet, of a pipe that keeps them apart (`O_DIRECT`).
fn packets(contents: &Contents, room: i32, glyphs: &Glyphs) -> Vec<String> {
    let mut rest = contents.head.as_slice();
    let one = |length: &usize| {
        let (packet, behind) = rest.split_at(rest.len().min(*length));
        rest = behind;
        format!("[{}]", quoted(packet, packet.len() < *length, (room - 6).max(6), glyphs))
    };
    contents.packets.iter().map(one).collect()
}

/// Draws the level parts of a wire, which run under the upright parts of others.
pub(super) fn draw_level(canvas: &mut Canvas, picture: &Picture, wire: &Wire) {
    let style = style(picture, wire);
    let level = Arms::LEFT.and(Arms::RIGHT).of(set(picture, wire));
    let (start, end) = wire.channel;
    let mut run = |y: i32, from: i32, to: i32| {
        for x in from..to {
            canvas.put(x, y, level, style);
        }
    };
    match (wire.column(), wire.side) {
        (None, _) => run(wire.port, start, end),
        (Some(x), 0) => {
            wire.pins.iter().for_each(|pin| run(*pin, start, x));
            run(wire.port, x + 1, end);
        }
        (Some(x), _) => {
            wire.pins.iter().for_each(|pin| run(*pin, x + 1, end));
            run(wire.port, start, x);
        }
    }
}

/// Draws the upright part of a wire. Where it meets another's level part it passes over it: lines that touch belong together.
pub(super) fn draw_upright(canvas: &mut Canvas, picture: &Picture, wire: &Wire) {
    let Some(x) = wire.column() else { return };
    let (low, high) = wire.pins.iter().fold((wire.port, wire.port), |(low, high), p| (low.min(*p), high.max(*p)));
    let (to_process, to_pipe) = if wire.side == 0 { (Arms::LEFT, Arms::RIGHT) } else { (Arms::RIGHT, Arms::LEFT) };
    for y in low..=high {
        let arms = Arms::NONE
            .and_if(y > low, Arms::UP)
            .and_if(y < high, Arms::DOWN)
            .and_if(wire.pins.contains(&y), to_process)
            .and_if(y == wire.port, to_pipe);
        canvas.put(x, y, arms.of(set(picture, wire)), style(picture, wire));
    }
}

/// Draws where a wire leaves a frame and where its arrows arrive.
pub(super) fn draw_ends(canvas: &mut Canvas, picture: &Picture, wire: &Wire) {
    let glyphs = &picture.glyphs;
    let style = style(picture, wire);
    let (start, end) = wire.channel;
    let left = wire.side == 0;
    // The cells of the channel next to the process and next to the pipe, and the frames beside them.
    let (at_process, process_frame) = if left { (start, start - 1) } else { (end - 1, end) };
    let (at_pipe, pipe_frame) = if left { (end - 1, end) } else { (start, start - 1) };
    let (into_process, into_pipe) = if left { (glyphs.left, glyphs.right) } else { (glyphs.right, glyphs.left) };
    if wire.access.reads() {
        for pin in &wire.pins {
            canvas.put(at_process, *pin, into_process, style);
        }
    }
    if wire.access.writes() {
        canvas.put(at_pipe, wire.port, into_pipe, style);
    }
    let light = |left: bool| Arms::UP.and(Arms::DOWN).and(if left { Arms::LEFT } else { Arms::RIGHT }).of(glyphs.light);
    match wire.access {
        Access::Read => {
            canvas.put(pipe_frame, wire.port, light(left), style);
        }
        Access::Write => {
            let leaves = if left { glyphs.double_leaves.0 } else { glyphs.double_leaves.1 };
            for pin in &wire.pins {
                canvas.put(process_frame, *pin, leaves, style);
            }
        }
        Access::ReadWrite | Access::None => {}
    }
}

fn set(picture: &Picture, wire: &Wire) -> &'static [&'static str; 16] {
    if wire.access.writes() { picture.glyphs.double } else { picture.glyphs.light }
}

fn style(picture: &Picture, wire: &Wire) -> ratatui::style::Style {
    let style = words::end_style(wire.access, picture.theme);
    if wire.selected { style.add_modifier(Modifier::BOLD) } else { style }
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn the_gauge_tells_empty_some_nearly_full_and_full_apart() {
        for (bytes, capacity, wanted) in [
            (0, 65536, 0),
            (1, 65536, 1),
            (32768, 65536, 5),
            (65535, 65536, 9),
            (65536, 65536, 10),
            (9, 4, 10),
            (5, 0, 10),
        ] {
            assert_eq!(filled(bytes, capacity, 10), wanted, "{bytes} of {capacity}");
        }
        assert_eq!(filled(1, 2, 0), 0);
    }
}
