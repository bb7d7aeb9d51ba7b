//! Draws the inside of the boxes of shared memory and of message queues.
//!
//! Memory is a row of words, each at its offset, and who maps it. A queue is how full it is, and a box for each message, the
//! one that comes first in front.

use super::canvas::Canvas;
use super::text::{columns, first_that_fits, fit, quoted, safe};
use super::{Picture, words};
use crate::view::Glyphs;
use crate::world::{Body, Known, Mapped, Memory, Object, Queue, QueueMessage, lock};
use ratatui::style::Style;

/// The rows inside a box.
pub(super) const ROWS: i32 = 3;
/// Bytes of a word.
const WORD: usize = 8;

/// Draws the rows; what is not known is said with the reason.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, object: &Object, at: (i32, i32), room: i32) {
    match &object.body {
        Body::Memory(memory) => self::memory(canvas, picture, (object, memory), at, room),
        Body::Queue(queue) => self::queue(canvas, picture, (object, queue), at, room),
        Body::PostQueue(_) | Body::Semaphores(_) | Body::Plain => {}
    }
}

fn memory(canvas: &mut Canvas, picture: &Picture, (object, memory): (&Object, &Memory), at: (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let (x, y) = at;
    match &memory.words {
        Known::Yes(now) if now.is_empty() => {
            canvas.put(x, y, "no bytes yet", theme.text);
        }
        Known::Yes(now) => {
            let before = before(picture, object).and_then(Object::memory).and_then(|m| m.words.value());
            flow(canvas, picture, at, room, 2, &cells(now, before.map(Vec::as_slice), picture));
        }
        Known::No(why) => {
            canvas.put(x, y, &fit(&format!("? {}", safe(why, glyphs)), room, glyphs), theme.hint);
        }
    }
    let style = if mapped_before(picture, object) { theme.text } else { theme.changed };
    canvas.put(x, y + 2, &first_that_fits(&who_maps(memory, glyphs), room, glyphs), style);
}

/// The object as it was before the last step.
fn before<'a>(picture: &Picture<'a>, object: &Object) -> Option<&'a Object> {
    picture.before?.same_object(object)
}

fn mapped_before(picture: &Picture, object: &Object) -> bool {
    let maps = |o: &Object| o.memory().map(|m| m.maps.clone());
    picture.before.is_none() || before(picture, object).is_some_and(|old| maps(old) == maps(object))
}

/// The words up to the last that is not 0 or was another, each with its offset and look.
fn cells(now: &[u64], before: Option<&[u64]>, picture: &Picture) -> Vec<(String, Style)> {
    let differs = |i: usize, word: u64| before.is_some_and(|old| old.get(i).is_some_and(|was| *was != word));
    let last = now.iter().enumerate().rposition(|(i, word)| *word != 0 || differs(i, *word)).unwrap_or(0);
    let cell = |(i, word): (usize, &u64)| {
        let style = if differs(i, *word) { picture.theme.changed } else { picture.theme.data };
        (format!("{}[{}]", i * WORD, lock::spelled(*word)), style)
    };
    now.iter().enumerate().take(last + 1).map(cell).collect()
}

/// Words behind their offsets, up to the last that is not 0.
pub(super) fn spelled(words: &Known<Vec<u64>>) -> String {
    match words {
        Known::Yes(words) => {
            let last = words.iter().rposition(|word| *word != 0).unwrap_or(0);
            let shown = words
                .iter()
                .take(last + 1)
                .enumerate()
                .map(|(i, word)| format!("{}[{}]", i * WORD, lock::spelled(*word)));
            shown.collect::<Vec<_>>().join(" ")
        }
        Known::No(_) => "?".to_owned(),
    }
}

/// Who maps memory, the longest form first; who maps a copy, or may not store, is told apart.
pub(super) fn who_maps(memory: &Memory, glyphs: &Glyphs) -> Vec<String> {
    let one = |m: &Mapped| {
        let how = match (m.shared, m.access.writes()) {
            (false, _) => " (copy)",
            (true, false) => " (read only)",
            (true, true) => "",
        };
        format!("{}{how}", safe(&m.process, glyphs))
    };
    let alike = memory.maps.chunk_by(|a, b| one(a) == one(b));
    let times = |n: usize| if n > 1 { format!(" x{n}") } else { String::new() };
    let names: Vec<String> =
        alike.filter_map(|same| Some(format!("{}{}", one(same.first()?), times(same.len())))).collect();
    if names.is_empty() {
        return vec!["no mapping is seen".to_owned(), "no mapping".to_owned()];
    }
    let (all, n) = (names.join(" "), names.len());
    vec![format!("mapped by {all}"), format!("in {all}"), format!("mapped by {n}"), format!("maps {n}")]
}

/// The size, for the lower edge; where no descriptor tells it any more, how much of it is mapped.
pub(super) fn size(picture: &Picture, object: &Object, memory: &Memory) -> String {
    let mapped = || {
        let all = picture.world.processes.iter().flat_map(|p| &p.space.mappings);
        all.filter(|m| m.object.as_ref() == Some(&object.id)).map(|m| m.offset + m.length).max()
    };
    match (&memory.size, mapped()) {
        (Known::Yes(size), _) => format!(" {size} B "),
        (Known::No(_), Some(length)) => format!(" {length} B mapped "),
        (Known::No(_), None) => " ? B ".to_owned(),
    }
}

fn queue(canvas: &mut Canvas, picture: &Picture, (object, queue): (&Object, &Queue), at: (i32, i32), room: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let (x, y) = at;
    let full = matches!((queue.messages.value(), queue.most.value()), (Some(n), Some(most)) if n >= most);
    let from = if full { canvas.put(x, y, "FULL ", theme.danger) } else { x };
    let style = if picture.body_changed(&object.id) { theme.changed } else { theme.text };
    canvas.put(from, y, &first_that_fits(&words::messages(queue), room - (from - x), glyphs), style);
    match (&queue.waiting, queue.messages.value()) {
        (_, Some(0)) => {
            canvas.put(x, y + 1, "empty", theme.text);
        }
        (Known::Yes(waiting), _) => {
            let old = before(picture, object).and_then(|o| o.queue()?.waiting.value());
            let is_new = |m: &QueueMessage| old.is_some_and(|old| !old.contains(m));
            let look = |m| if is_new(m) { theme.changed } else { theme.data };
            let texts = messages(queue, room, glyphs).into_iter();
            let boxed: Vec<(String, Style)> = texts.zip(waiting.iter().map(look)).collect();
            flow(canvas, picture, (x, y + 1), room, 2, &boxed);
        }
        (Known::No(why), _) => {
            canvas.put(x, y + 1, &fit(&format!("? {}", safe(why, glyphs)), room, glyphs), theme.hint);
        }
    }
}

/// A box for each message that is known, with its priority before it.
pub(super) fn messages(queue: &Queue, room: i32, glyphs: &Glyphs) -> Vec<String> {
    let one = |m: &QueueMessage| {
        let cut = (m.head.len() as u64) < m.length;
        let text = quoted(&m.head, cut, (room - 8).max(6), glyphs);
        format!("{}[{text}]", m.priority)
    };
    queue.waiting.value().map(|all| all.iter().map(one).collect()).unwrap_or_default()
}

/// Draws parts one after the other, in so many rows; where they do not all fit, says how many are left out.
pub(super) fn flow(
    canvas: &mut Canvas,
    picture: &Picture,
    (x, y): (i32, i32),
    room: i32,
    rows: i32,
    parts: &[(String, Style)],
) {
    let (mut at, mut row) = (x, 0);
    for (i, (text, style)) in parts.iter().enumerate() {
        let rest = parts.len() - i;
        let more = format!("+{rest}");
        let tail = if rest > 1 { columns(&more) + 1 } else { 0 };
        let last = row + 1 == rows;
        if at > x && at + columns(text) + if last { tail } else { 0 } > x + room {
            if last {
                canvas.put(at, y + row, &fit(&more, x + room - at, &picture.glyphs), picture.theme.hint);
                return;
            }
            (at, row) = (x, row + 1);
        }
        at = canvas.put(at, y + row, &fit(text, x + room - at, &picture.glyphs), *style) + 1;
    }
}
