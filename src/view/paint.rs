//! Painting text safely: whatever is drawn goes through here, so that bytes stay data.

use super::{Glyphs, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A piece of a line with its look.
pub type Piece = (String, Style);

/// One line of pieces.
pub type Row = Vec<Piece>;

/// A buffer with the looks to paint in.
pub struct Painter<'b, 't> {
    /// Where it is painted.
    pub buf: &'b mut Buffer,
    /// The looks.
    pub theme: &'t Theme,
    /// The marks.
    pub glyphs: Glyphs,
    /// How far what was painted can be scrolled.
    pub reach: Reach,
}

/// How far each part of the screen can be scrolled, in rows, as it was drawn last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// The picture.
    pub stage: u16,
    /// The messages, up from the newest.
    pub messages: u16,
    /// The terminal, up from its last row.
    pub terminal: u16,
    /// The text that lies over the stage.
    pub text: u16,
}

impl Painter<'_, '_> {
    /// Write pieces from the left edge of row `y` of `area`, cut with an ellipsis where they do not fit.
    /// The column after the last.
    pub fn row(&mut self, area: Rect, y: u16, pieces: &[Piece]) -> u16 {
        let mut x = area.x;
        if y >= area.bottom() {
            return x;
        }
        let safe: Row = pieces.iter().map(|(text, style)| (clean(text, self.glyphs), *style)).collect();
        let total: usize = safe.iter().map(|(text, _)| text.width()).sum();
        let room = usize::from(area.width);
        let keep = if total > room { room.saturating_sub(1) } else { room };
        let mut used = 0;
        for (text, style) in &safe {
            for ch in text.chars() {
                let width = ch.width().unwrap_or(0);
                if used + width > keep {
                    self.put(x, y, if self.glyphs.ascii { "~" } else { "…" }, *style, area);
                    return area.right();
                }
                self.put(x, y, ch.encode_utf8(&mut [0; 4]), *style, area);
                x = x.saturating_add(u16::try_from(width).unwrap_or(0));
                used += width;
            }
        }
        x
    }

    /// One text in one look.
    pub fn text(&mut self, area: Rect, y: u16, text: &str, style: Style) -> u16 {
        self.row(area, y, &[(text.to_string(), style)])
    }

    fn put(&mut self, x: u16, y: u16, symbol: &str, style: Style, area: Rect) {
        if x < area.right()
            && let Some(cell) = self.buf.cell_mut((x, y))
        {
            // What lay there before leaves no trace: a style without a colour would let the old one through.
            cell.reset();
            cell.set_symbol(symbol).set_style(self.theme.text.patch(style));
        }
        // The second half of a wide character belongs to it.
        if symbol.width() == 2
            && let Some(cell) = self.buf.cell_mut((x.saturating_add(1), y))
        {
            cell.reset();
        }
    }

    /// A rule across `area`'s row `y` with a heading, and words at its right end.
    pub fn rule(&mut self, area: Rect, y: u16, heading: &str, right: &str) {
        let line = "─".repeat(usize::from(area.width));
        self.text(area, y, &line, self.theme.border);
        let heading = format!(" {heading} ");
        let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
        let end = self.text(inner, y, &heading, self.theme.title);
        let width = u16::try_from(right.width()).unwrap_or(u16::MAX).saturating_add(2);
        if !right.is_empty() && end.saturating_add(width) < inner.right() {
            let at = Rect { x: inner.right() - width, width, ..inner };
            self.text(at, y, &format!(" {right} "), self.theme.hint);
        }
    }

    /// Blank an area, in the theme's own look.
    pub fn clear(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(self.theme.text);
                }
            }
        }
    }

    /// Lines from the top of an area, as many as there is room for.
    pub fn rows(&mut self, area: Rect, rows: &[Row]) {
        for (y, row) in (area.top()..area.bottom()).zip(rows) {
            self.row(area, y, row);
        }
    }
}

/// A text made safe to draw: no control characters, nothing invisible, nothing that turns the direction of writing,
/// in ASCII where that is asked.
pub fn clean(text: &str, glyphs: Glyphs) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '\t' => out.push_str("    "),
            c if unsafe_to_draw(c) => out.push(if glyphs.ascii { '?' } else { '\u{fffd}' }),
            c if !glyphs.ascii || c.is_ascii() => out.push(c),
            c => out.push(ascii(c)),
        }
    }
    out
}

/// Control characters, line and paragraph separators, direction marks and overrides, zero-width and combining ones.
fn unsafe_to_draw(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || c.width().unwrap_or(0) == 0
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// The mark in ASCII that stands for one above it, as wide.
fn ascii(c: char) -> char {
    match c {
        '─' | '–' | '—' | '╌' => '-',
        '═' => '=',
        '│' => '|',
        '┬' | '┴' | '├' | '┤' | '┼' | '┌' | '┐' | '└' | '┘' => '+',
        '▶' | '→' | '▸' | '↳' | '›' => '>',
        '◀' | '←' => '<',
        '↑' => '^',
        '↓' => 'v',
        '…' => '~',
        '·' | '•' => '.',
        '◆' | '●' => '*',
        '■' => '!',
        '█' => '#',
        '░' => '.',
        '↔' => '=',
        '╡' | '╞' => '|',
        '✗' | '×' => 'x',
        '✓' => 'v',
        'µ' => 'u',
        '✝' => '+',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        _ => '?',
    }
}

/// A text broken into lines of at most `width` columns, at spaces where there are any. Spaces within a line are kept:
/// they may be data.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let room = usize::from(width.max(1));
    let mut out = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_inclusive(' ') {
            if used > 0 && used + word.trim_end().width() > room {
                out.push(std::mem::take(&mut line).trim_end().to_string());
                used = 0;
            }
            for ch in word.chars() {
                let w = ch.width().unwrap_or(0);
                // The space that ends a full line is not carried over.
                if ch == ' ' && used + w > room {
                    continue;
                }
                if used + w > room && used > 0 {
                    out.push(std::mem::take(&mut line).trim_end().to_string());
                    used = 0;
                }
                line.push(ch);
                used += w;
            }
        }
        out.push(line.trim_end().to_string());
    }
    out
}

/// Wrapped lines in one look, after a lead on the first and an indent as wide on the others.
pub fn hang(lead: Row, text: &str, style: Style, width: u16) -> Vec<Row> {
    let indent: usize = lead.iter().map(|(t, _)| t.width()).sum();
    let room = width.saturating_sub(u16::try_from(indent).unwrap_or(u16::MAX));
    let mut lines = wrap(text, room).into_iter();
    let mut first = lead;
    first.push((lines.next().unwrap_or_default(), style));
    let mut out = vec![first];
    out.extend(lines.map(|line| vec![(" ".repeat(indent), style), (line, style)]));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_drawn() {
        let nasty = "a\x1b[31mb\u{202e}c\u{7}\u{9b}d\u{200b}\ne";
        assert_eq!(clean(nasty, Glyphs::UNICODE), "a\u{fffd}[31mb\u{fffd}c\u{fffd}\u{fffd}d\u{fffd}\u{fffd}e");
        assert!(clean("─▶ “é” 漢 \x1b", Glyphs::ASCII).is_ascii());
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("the end never comes", 8), ["the end", "never", "comes"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
        assert_eq!(wrap("x", 0), ["x"]);
        assert_eq!(wrap("one two", 3), ["one", "two"]);
        assert_eq!(wrap("write(4, \"a  b\")", 40), ["write(4, \"a  b\")"]);
    }
}
