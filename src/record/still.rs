//! A still: a frame as an SVG that looks like the screen.
//!
//! Everything stands on a grid. Lines, blocks and arrows are drawn as paths, so that they join in every
//! viewer; words are placed one by one, so that no font can push a column out of place.

mod ink;

use super::palette::{Palette, Rgb};
use super::shapes::{HEIGHT, Rect, WIDTH, shape};
use ink::{Ink, tenths};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use std::borrow::Cow;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Space around the screen, in tenths of a pixel.
const PADDING: i32 = 160;
/// From the top of a cell to the line that letters stand on.
const BASELINE: i32 = 145;
/// From the top of a cell to the top of an underline.
const UNDERLINE: i32 = 170;
/// From the top of a cell to the top of a line through the letters.
const STRIKE: i32 = 100;
const THIN: i32 = 10;
/// All of them advance by about 0.6 of the size: 9 pixels of 15, the width of a cell.
const FONTS: &str = "'DejaVu Sans Mono','Noto Sans Mono',Menlo,'Liberation Mono',Consolas,monospace";

/// How a still is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// What it shows, for those who cannot see it and as a tooltip.
    pub title: String,
    /// The colours of the terminal it would be seen in.
    pub palette: Palette,
}

/// Draw `buffer` as an SVG document. The same buffer gives the same text.
pub fn svg(buffer: &Buffer, still: &Still) -> String {
    let mut out = head(buffer, still);
    draw(&mut out, buffer, &still.palette);
    out += "</g>\n</svg>\n";
    out
}

/// The document down to where its frames begin: its size, its title and text, the ground.
pub(super) fn head(buffer: &Buffer, still: &Still) -> String {
    let area = buffer.area;
    let (w, h) = (i32::from(area.width) * WIDTH + 2 * PADDING, i32::from(area.height) * HEIGHT + 2 * PADDING);
    let (w, h) = (tenths(w), tenths(h));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n\
         <title>{}</title>\n<desc xml:space=\"preserve\">{}</desc>\n\
         <rect width=\"{w}\" height=\"{h}\" rx=\"8\" fill=\"{}\"/>\n\
         <g transform=\"translate({p} {p})\">\n",
        escape(&still.title),
        escape(&text(buffer)),
        still.palette.bg,
        p = tenths(PADDING),
    )
}

/// One frame.
pub(super) fn draw(out: &mut String, buffer: &Buffer, palette: &Palette) {
    let mut page = Page::default();
    for row in 0..buffer.area.height {
        page.row(buffer, row, palette);
    }
    *out += "<g shape-rendering=\"crispEdges\">\n";
    page.backdrop.write(out);
    *out += "</g>\n";
    page.ink.write(out);
    // Writing to a String cannot fail.
    let _ =
        writeln!(out, "<g font-family=\"{FONTS}\" font-size=\"15\" fill=\"{}\" xml:space=\"preserve\">", palette.fg);
    for word in &page.words {
        word.write(out, palette.fg);
    }
    *out += "</g>\n";
}

/// The text of a frame, a line a row, without the spaces at the ends.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let line: String = cells(buffer, row).map(|(_, _, cell)| cell.symbol()).collect();
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// The cells of a row that show: column, width in columns, cell. What a wide character covers is left out.
fn cells(buffer: &Buffer, row: u16) -> impl Iterator<Item = (u16, u16, &Cell)> {
    let area = buffer.area;
    let mut covered = 0;
    (0..area.width).filter_map(move |column| {
        let cell = buffer.cell((area.x + column, area.y + row))?;
        if column < covered {
            return None;
        }
        let width = u16::try_from(cell.symbol().width()).unwrap_or(1).clamp(1, area.width - column);
        covered = column + width;
        Some((column, width, cell))
    })
}

/// What is to be drawn, by layer.
#[derive(Default)]
struct Page {
    backdrop: Ink,
    ink: Ink,
    words: Vec<Word>,
}

impl Page {
    fn row(&mut self, buffer: &Buffer, row: u16, palette: &Palette) {
        let y = i32::from(row) * HEIGHT;
        // No word goes on from the row above.
        let first = self.words.len();
        for (column, width, cell) in cells(buffer, row) {
            let (x, w) = (i32::from(column) * WIDTH, i32::from(width) * WIDTH);
            let (fg, bg) = colors(cell, palette);
            if bg != palette.bg {
                self.backdrop.rect(bg, Rect { x, y, w, h: HEIGHT });
            }
            for (modifier, below) in [(Modifier::UNDERLINED, UNDERLINE), (Modifier::CROSSED_OUT, STRIKE)] {
                if cell.modifier.contains(modifier) {
                    self.ink.rect(fg, Rect { x, y: y + below, w, h: THIN });
                }
            }
            if cell.modifier.contains(Modifier::HIDDEN) {
                continue;
            }
            match shape(cell.symbol()) {
                Some(pieces) => pieces.iter().for_each(|piece| self.ink.piece(fg, (x, y), piece)),
                None => self.letter(first, cell, fg, (x, y + BASELINE), w),
            }
        }
    }

    /// Add a character to the word before it, or begin a new one.
    fn letter(&mut self, first: usize, cell: &Cell, fill: Rgb, (x, y): (i32, i32), w: i32) {
        let symbol = cell.symbol();
        if symbol.trim().is_empty() {
            return;
        }
        let bold = cell.modifier.contains(Modifier::BOLD);
        let italic = cell.modifier.contains(Modifier::ITALIC);
        // Characters that another font may have to supply stand alone: they cannot shift their neighbours.
        let alone = !symbol.is_ascii();
        if let Some(last) = self.words.get_mut(first..).and_then(<[Word]>::last_mut)
            && !alone
            && !last.alone
            && (last.fill, last.bold, last.italic) == (fill, bold, italic)
            && last.x + last.w == x
        {
            last.text += symbol;
            last.w += w;
            return;
        }
        self.words.push(Word { text: symbol.into(), x, y, w, fill, bold, italic, alone });
    }
}

/// Foreground and background as they are seen.
fn colors(cell: &Cell, palette: &Palette) -> (Rgb, Rgb) {
    let (mut fg, mut bg) = (palette.resolve(cell.fg, palette.fg), palette.resolve(cell.bg, palette.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        (fg, bg) = (bg, fg);
    }
    if cell.modifier.contains(Modifier::DIM) {
        fg = fg.halfway(bg);
    }
    (fg, bg)
}

/// Letters next to each other in one look.
struct Word {
    text: String,
    x: i32,
    y: i32,
    w: i32,
    fill: Rgb,
    bold: bool,
    italic: bool,
    alone: bool,
}

impl Word {
    fn write(&self, out: &mut String, usual: Rgb) {
        let _ = write!(out, "<text x=\"{}\" y=\"{}\"", tenths(self.x), tenths(self.y));
        // One letter alone would be stretched over its cell: it keeps its form.
        if !self.alone && self.text.len() > 1 {
            let _ = write!(out, " textLength=\"{}\"", tenths(self.w));
        }
        if self.fill != usual {
            let _ = write!(out, " fill=\"{}\"", self.fill);
        }
        if self.bold {
            *out += " font-weight=\"bold\"";
        }
        if self.italic {
            *out += " font-style=\"italic\"";
        }
        let _ = writeln!(out, ">{}</text>", escape(&self.text));
    }
}

/// Text for XML. What XML 1.0 cannot hold at all becomes U+FFFD.
fn escape(text: &str) -> String {
    let one = |c: char| match c {
        '&' => Cow::Borrowed("&amp;"),
        '<' => Cow::Borrowed("&lt;"),
        '>' => Cow::Borrowed("&gt;"),
        '\t' | '\n' => Cow::Owned(c.to_string()),
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => Cow::Borrowed("\u{FFFD}"),
        _ => Cow::Owned(c.to_string()),
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests;
