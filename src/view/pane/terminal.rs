//! The stage's terminal: what the processes wrote to it.

use crate::trace::Going;
use crate::view::paint::Painter;
use crate::view::pane::code;
use crate::view::{Overlay, Scene};
use ratatui::layout::{Position, Rect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns before the text, where they do not cost it any.
const MARGIN: u16 = 2;
/// A program's terminal is so wide.
const WHOLE: u16 = 80;

/// Draw the pane with its rule; where the cursor is while somebody types there.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) -> Option<Position> {
    if area.height < 2 {
        return None;
    }
    let typing = matches!(scene.ui.overlay, Overlay::Terminal);
    let room = usize::from(area.height - 1);
    let first = first_row(scene, room, p);
    let rows = scene.terminal.lines.len();
    let hidden =
        if rows > room { format!("rows {}-{} of {rows}", first + 1, (first + room).min(rows)) } else { String::new() };
    p.rule(area, area.y, heading(scene, typing), &hidden);
    let margin = if area.width >= WHOLE { MARGIN.min(area.width - WHOLE) } else { MARGIN.min(area.width) };
    let text = Rect { x: area.x + margin, width: area.width - margin, ..area };
    let cursor = scene.terminal.cursor.filter(|_| typing && !over(scene) && !text.is_empty());
    // What is typed must be in sight.
    let skipped = cursor.map_or(0, |(_, column)| (column + 1).saturating_sub(usize::from(text.width)));
    for (y, line) in (area.y + 1..area.bottom()).zip(scene.terminal.lines.get(first..).unwrap_or_default()) {
        p.text(text, y, from_column(line, skipped), p.theme.text);
    }
    let empty = match scene.terminal.lines {
        [] => Some("  nothing was written to it yet"),
        [only] if only.is_empty() && cursor.is_none() => Some("  it is empty again: what was written has been cleared"),
        _ => None,
    };
    if let Some(empty) = empty {
        p.text(area, area.y + 1, empty, p.theme.hint);
    }
    if area.x > 0 {
        code::edge(area, p);
    }
    let (row, column) = cursor?;
    let x = text.x.saturating_add(u16::try_from(column - skipped).unwrap_or(u16::MAX)).min(text.right() - 1);
    let y = area.y.saturating_add(1).saturating_add(u16::try_from(row.saturating_sub(first)).unwrap_or(u16::MAX));
    Some(Position { x, y: y.min(area.bottom() - 1) })
}

fn over(scene: &Scene) -> bool {
    scene.recorded.and_then(|recorded| recorded.live).is_some_and(|live| live.going == Going::Over)
}

fn heading(scene: &Scene, typing: bool) -> &'static str {
    match typing {
        false => "terminal",
        true if over(scene) => "terminal: ended, Esc closes",
        true if scene.terminal.keys => "you type, Ctrl-] ends",
        true => "terminal: you type, Esc ends",
    }
}

/// The first row that is shown: the last ones are, but never without that of the cursor, unless somebody has scrolled up.
fn first_row(scene: &Scene, room: usize, p: &mut Painter) -> usize {
    let rows = scene.terminal.lines.len();
    let last = rows.saturating_sub(room);
    p.reach.terminal = u16::try_from(last).unwrap_or(u16::MAX);
    let follows = match scene.terminal.cursor {
        // A line that is begun stands below those that are written.
        Some((row, _)) if row >= last + room => row + 1 - room,
        Some((row, _)) if row < last => row.saturating_sub(room / 2),
        _ => last,
    };
    match usize::from(scene.ui.terminal_scroll) {
        0 => follows,
        up => last.saturating_sub(up),
    }
}

/// The line without what stands in its first columns.
fn from_column(line: &str, column: usize) -> &str {
    if column == 0 || line.width() <= column {
        return if column == 0 { line } else { "" };
    }
    let mut seen = 0;
    let at = line.char_indices().find(|(_, c)| {
        let there = seen >= column;
        seen += c.width().unwrap_or(0);
        there
    });
    at.and_then(|(at, _)| line.get(at..)).unwrap_or_default()
}
