//! The stage's terminal: what the processes wrote to it.

use crate::view::paint::Painter;
use crate::view::pane::code;
use crate::view::{Overlay, Scene};
use ratatui::layout::Rect;

/// Draw the pane with its rule.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    if area.height < 2 {
        return;
    }
    let typing = matches!(scene.ui.overlay, Overlay::Terminal);
    p.rule(area, area.y, if typing { "terminal: you type, Esc ends" } else { "terminal" }, "");
    let room = usize::from(area.height - 1);
    let lines = scene.terminal.get(scene.terminal.len().saturating_sub(room)..).unwrap_or(&[]);
    for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
        p.row(area, y, &[("  ".into(), p.theme.text), (line.clone(), p.theme.text)]);
    }
    let empty = match scene.terminal {
        [] => Some("  nothing was written to it yet"),
        [only] if only.is_empty() => Some("  it is empty again: what was written has been cleared"),
        _ => None,
    };
    if let Some(text) = empty {
        p.text(area, area.y + 1, text, p.theme.hint);
    }
    if area.x > 0 {
        code::edge(area, p);
    }
}
