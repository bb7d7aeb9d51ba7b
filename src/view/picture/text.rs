//! Text that is safe to draw: escaped, measured and cut. Bytes are data, never orders.

use crate::explain::framing::framing;
use crate::view::Glyphs;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes.
pub(super) fn columns(text: &str) -> i32 {
    i32::try_from(text.width()).unwrap_or(i32::MAX)
}

/// A name or path as it may be drawn: whatever is no visible character is escaped as in C.
pub(super) fn safe(text: &str, glyphs: &Glyphs) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut out, c, glyphs);
    }
    out
}

/// Waiting bytes: as the messages of Python that they are, where there is room for that, else as below.
pub(super) fn shown(bytes: &[u8], cut: bool, room: i32, glyphs: &Glyphs) -> String {
    let framed = framing(bytes).filter(|_| !cut).map(|what| safe(&what, glyphs));
    framed.filter(|what| columns(what) <= room).unwrap_or_else(|| quoted(bytes, cut, room, glyphs))
}

/// Bytes between double quotes, escaped as in C; at most `room` columns, cut with an ellipsis where they are more.
///
/// `cut` says that there are more bytes than these.
pub(super) fn quoted(bytes: &[u8], cut: bool, room: i32, glyphs: &Glyphs) -> String {
    let mut out = String::from("\"");
    let mut used = 1;
    let mut whole = !cut;
    let mut pieces = Pieces { bytes, glyphs };
    let mut next = pieces.next();
    while let Some(piece) = next {
        next = pieces.next();
        // After the piece come the closing quote, and an ellipsis where this is not the last one.
        let tail = if next.is_some() || cut { 2 } else { 1 };
        if used + columns(&piece) + tail > room {
            whole = false;
            break;
        }
        used += columns(&piece);
        out.push_str(&piece);
    }
    out.push('"');
    if !whole {
        out.push_str(glyphs.ellipsis);
    }
    fit(&out, room, glyphs)
}

/// `text` in at most `room` columns, cut with an ellipsis where it is longer.
pub(super) fn fit(text: &str, room: i32, glyphs: &Glyphs) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let width = i32::try_from(c.width().unwrap_or(0)).unwrap_or(0);
        if used + width > room - 1 {
            break;
        }
        used += width;
        out.push(c);
    }
    if room > 0 {
        out.push_str(glyphs.ellipsis);
    }
    out
}

/// The first of `choices` that takes at most `room` columns; else the last one, cut.
pub(super) fn first_that_fits(choices: &[String], room: i32, glyphs: &Glyphs) -> String {
    match choices.iter().find(|c| columns(c) <= room) {
        Some(choice) => choice.clone(),
        None => fit(choices.last().map_or("", String::as_str), room, glyphs),
    }
}

fn push(out: &mut String, c: char, glyphs: &Glyphs) {
    let visible = !c.is_control() && c.width().is_some_and(|w| w > 0) && (c.is_ascii() || !glyphs.ascii);
    // A combining mark has no width of its own and would join its neighbour: it is escaped like the rest.
    if visible && !is_direction(c) {
        out.push(c);
        return;
    }
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        push_byte(out, byte);
    }
}

fn push_byte(out: &mut String, byte: u8) {
    match byte {
        b'\n' => out.push_str("\\n"),
        b'\t' => out.push_str("\\t"),
        b'\r' => out.push_str("\\r"),
        0 => out.push_str("\\0"),
        _ => out.push_str(&format!("\\x{byte:02x}")),
    }
}

/// A mark that turns the direction of what follows it.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Bytes as the pieces that must not be torn: one character, or one escape.
struct Pieces<'a> {
    bytes: &'a [u8],
    glyphs: &'a Glyphs,
}

impl Iterator for Pieces<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let first = *self.bytes.first()?;
        let mut out = String::new();
        let taken = match first {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(first));
                1
            }
            0x20..=0x7e => {
                out.push(char::from(first));
                1
            }
            _ => {
                let ahead = self.bytes.get(..self.bytes.len().min(4)).unwrap_or_default();
                let valid = match std::str::from_utf8(ahead) {
                    Ok(s) => s,
                    Err(e) => std::str::from_utf8(ahead.get(..e.valid_up_to()).unwrap_or_default()).unwrap_or_default(),
                };
                match valid.chars().next() {
                    Some(c) => {
                        push(&mut out, c, self.glyphs);
                        c.len_utf8()
                    }
                    None => {
                        push_byte(&mut out, first);
                        1
                    }
                }
            }
        };
        self.bytes = self.bytes.get(taken..).unwrap_or_default();
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_escaped_and_cut_between_escapes() {
        let u = &Glyphs::UNICODE;
        for (bytes, cut, room, wanted) in [
            (&b"hello"[..], false, 20, "\"hello\""),
            (b"hello", false, 7, "\"hello\""),
            (b"hello", false, 6, "\"hel\"…"),
            (b"hello", true, 20, "\"hello\"…"),
            (b"a\n\0\x1b[2J\"\\", false, 40, "\"a\\n\\0\\x1b[2J\\\"\\\\\""),
            (b"\n\n\n", false, 6, "\"\\n\"…"),
            ("né".as_bytes(), false, 9, "\"né\""),
            (b"\xff\xc3", false, 20, "\"\\xff\\xc3\""),
            ("日本".as_bytes(), false, 6, "\"日本\""),
            ("日本".as_bytes(), false, 5, "\"日\"…"),
            (b"hello", false, 1, "…"),
            (b"hello", false, 0, ""),
        ] {
            assert_eq!(quoted(bytes, cut, room, u), wanted, "{bytes:?} in {room}");
        }
        assert_eq!(quoted("né".as_bytes(), false, 20, &Glyphs::ASCII), "\"n\\xc3\\xa9\"");
    }

    #[test]
    fn names_lose_their_control_bytes() {
        assert_eq!(safe("a\x1b[31m\u{202e}b", &Glyphs::UNICODE), "a\\x1b[31m\\xe2\\x80\\xaeb");
        assert_eq!(safe("naïve", &Glyphs::ASCII), "na\\xc3\\xafve");
    }

    #[test]
    fn text_is_cut_to_its_room() {
        for (text, room, wanted) in [("hello", 5, "hello"), ("hello", 4, "hel…"), ("日本", 3, "日…"), ("x", 0, "")]
        {
            assert_eq!(fit(text, room, &Glyphs::UNICODE), wanted);
        }
    }
}
