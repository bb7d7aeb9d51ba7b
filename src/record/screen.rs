//! The screen without a terminal: frames in, the bytes that a terminal would have got out.

use super::tee::{Tap, Tee};
use ratatui::backend::{Backend, ClearType, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::style::force_color_output;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use std::io;
use unicode_width::UnicodeWidthStr;

/// Alternate screen, cleared, cursor home and hidden.
const ENTER: &str = "\x1b[?1049h\x1b[0m\x1b[2J\x1b[H\x1b[?25l";
/// Back to where [`ENTER`] came from.
const LEAVE: &str = "\x1b[0m\x1b[?25h\x1b[?1049l";
/// After a resize: everything is drawn anew on an empty screen.
const CLEAR: &str = "\x1b[0m\x1b[2J\x1b[H";

/// A screen of a given size that no terminal shows.
///
/// The first frame is complete, each later one is the difference to the one before. The same frames give
/// the same bytes; neither `NO_COLOR` nor the kind of standard output makes a difference.
pub struct Headless {
    terminal: Terminal<CrosstermBackend<Tee<io::Sink>>>,
    tap: Tap,
    /// Goes before the next frame.
    prologue: &'static str,
    shown: Buffer,
}

impl Headless {
    /// A screen of so many columns and rows (at least one of each).
    ///
    /// # Errors
    /// None that this version of ratatui can meet; it writes to memory.
    pub fn new(cols: u16, rows: u16) -> io::Result<Headless> {
        // Crossterm drops colours, bold and reverse under NO_COLOR for the whole program. Whether there is
        // colour is for the theme alone to say.
        force_color_output(true);
        let area = Rect::new(0, 0, cols.max(1), rows.max(1));
        let (tee, tap) = Tee::new(io::sink());
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let terminal = Terminal::with_options(CrosstermBackend::new(tee), options)?;
        Ok(Headless { terminal, tap, prologue: ENTER, shown: Buffer::empty(area) })
    }

    /// Draw one frame; the bytes that bring a terminal from the last frame to this one.
    pub fn frame(&mut self, draw: impl FnOnce(&mut Frame)) -> io::Result<String> {
        let shown = self.terminal.draw(draw)?.buffer.clone();
        let before = std::mem::replace(&mut self.shown, shown);
        let repair = repair(&before, &self.shown)?;
        Ok(std::mem::take(&mut self.prologue).to_owned() + &repair + &self.tap.take())
    }

    /// The last frame, for a still.
    pub fn buffer(&self) -> &Buffer {
        &self.shown
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        (self.shown.area.width, self.shown.area.height)
    }

    /// Another size from the next frame on, which is a complete one again. The cast needs a resize event.
    pub fn resize(&mut self, cols: u16, rows: u16) -> io::Result<()> {
        let entered = self.prologue.is_empty() || self.prologue == CLEAR;
        *self = Headless::new(cols, rows)?;
        if entered {
            self.prologue = CLEAR;
        }
        Ok(())
    }

    /// The bytes that leave the alternate screen. A player then shows it empty: to end a cast on its last
    /// frame, leave them off.
    pub fn leave() -> &'static str {
        LEAVE
    }
}

/// Rows in which a wide character stood and something changed, drawn from scratch.
///
/// Whoever writes over half of a wide character leaves the other half to the terminal, which fills it as it
/// likes; ratatui's differences do not tell it how.
fn repair(before: &Buffer, now: &Buffer) -> io::Result<String> {
    let width = usize::from(now.area.width.max(1));
    let rows = before.content.chunks(width).zip(now.content.chunks(width));
    let odd = |(old, new): (&[Cell], &[Cell])| old != new && old.iter().any(|c| c.symbol().width() > 1);
    let odd: Vec<bool> = rows.map(odd).collect();
    if !odd.contains(&true) {
        return Ok(String::new());
    }
    let is_odd = |row: u16| odd.get(usize::from(row)).copied().unwrap_or(false);
    let blank = Buffer::empty(now.area);
    let mut bytes = Vec::new();
    let mut backend = CrosstermBackend::new(&mut bytes);
    for row in (0..now.area.height).filter(|row| is_odd(*row)) {
        backend.set_cursor_position((0, row))?;
        backend.clear_region(ClearType::CurrentLine)?;
    }
    backend.draw(blank.diff(now).into_iter().filter(|(_, row, _)| is_odd(*row)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
