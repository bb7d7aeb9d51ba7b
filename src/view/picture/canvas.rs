//! The canvas: a window on a picture that may be taller than the screen. What is outside the window is not drawn.

use super::text::columns;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A window on the picture; coordinates are the picture's own, from its upper left corner.
pub(super) struct Canvas<'b> {
    buf: &'b mut Buffer,
    area: Rect,
    scroll: i32,
    base: Style,
}

impl<'b> Canvas<'b> {
    /// A window on `area` of `buf` whose first row is row `scroll` of the picture; emptied.
    pub(super) fn new(buf: &'b mut Buffer, area: Rect, scroll: i32, base: Style) -> Canvas<'b> {
        let area = area.intersection(buf.area);
        for position in area.positions() {
            if let Some(cell) = buf.cell_mut(position) {
                cell.reset();
                cell.set_style(base);
            }
        }
        Canvas { buf, area, scroll, base: Style::reset().patch(base) }
    }

    /// Whether any of the rows `from..to` is in the window.
    pub(super) fn shows(&self, from: i32, to: i32) -> bool {
        from < self.scroll + i32::from(self.area.height) && to > self.scroll
    }

    /// Draws `text` from (x, y) on; answers the column after it.
    pub(super) fn put(&mut self, x: i32, y: i32, text: &str, style: Style) -> i32 {
        let end = x + columns(text);
        if let Some((column, row)) = self.cell_at(x, y) {
            let room = usize::from(self.area.right().saturating_sub(column));
            self.buf.set_stringn(column, row, text, room, self.base.patch(style));
        }
        end
    }

    /// Lays `style` over `width` cells from (x, y) on.
    pub(super) fn tint(&mut self, x: i32, y: i32, width: i32, style: Style) {
        if let Some((column, row)) = self.cell_at(x, y) {
            let width = u16::try_from(width.max(0)).unwrap_or(u16::MAX).min(self.area.right().saturating_sub(column));
            self.buf.set_style(Rect { x: column, y: row, width, height: 1 }, style);
        }
    }

    fn cell_at(&self, x: i32, y: i32) -> Option<(u16, u16)> {
        let column = u16::try_from(x).ok().filter(|c| *c < self.area.width)?;
        let row = u16::try_from(y.checked_sub(self.scroll)?).ok().filter(|r| *r < self.area.height)?;
        Some((self.area.x + column, self.area.y + row))
    }
}
