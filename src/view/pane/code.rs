//! The program beside the stage, the lines of this step marked.

use crate::view::Scene;
use crate::view::paint::Painter;
use ratatui::layout::Rect;

/// Draw the pane with its rule.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    let Some((listing, marked)) = scene.code else { return };
    if area.height < 2 {
        return;
    }
    p.rule(area, area.y, &listing.file, "");
    if let Some(cell) = p.buf.cell_mut((area.x, area.y)) {
        cell.set_symbol(if p.glyphs.ascii { "+" } else { "┬" });
    }
    let room = usize::from(area.height - 1);
    let lines: Vec<&str> = listing.text.lines().collect();
    let (first, last) = marked.map_or((0, 0), |(a, b)| (index(a), index(b)));
    // The marked lines stand in the middle, with what comes before them.
    let spare = room.saturating_sub(last.saturating_sub(first) + 1);
    let top = first.saturating_sub(spare / 2).min(lines.len().saturating_sub(room));
    for (row, (i, line)) in lines.iter().enumerate().skip(top).take(room).enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let on = marked.is_some() && (first..=last).contains(&i);
        let style = if on { p.theme.changed } else { p.theme.text };
        let edge = ("│".to_string(), p.theme.border);
        let lead =
            (format!("{}{:>3} ", if on { "▶" } else { " " }, i + 1), if on { p.theme.title } else { p.theme.hint });
        p.row(area, y, &[edge, lead, (line.to_string(), style)]);
    }
    edge(area, p);
}

/// The line at the left of a pane that stands beside another, down to its end.
pub fn edge(area: Rect, p: &mut Painter) {
    for y in area.y.saturating_add(1)..area.bottom() {
        p.text(Rect { width: 1.min(area.width), ..area }, y, "│", p.theme.border);
    }
}

fn index(line: u32) -> usize {
    usize::try_from(line.saturating_sub(1)).unwrap_or(0)
}
