//! Draws a process's box: its frame, its name and pid, its state, its table.

use super::canvas::Canvas;
use super::layout::ProcessBox;
use super::text::{columns, first_that_fits, fit, safe};
use super::{Picture, table, words};
use crate::explain::machines;
use crate::view::Glyphs;
use crate::world::{Change, Process, State};
use ratatui::style::{Modifier, Style};

/// The upper edge of a frame.
fn edge(glyphs: &Glyphs, width: i32) -> String {
    let [_, _, _, _, level, _, high_right, _, _, _, high_left, ..] = *glyphs.light;
    format!("{high_left}{}{high_right}", level.repeat(usize::try_from(width - 2).unwrap_or(0)))
}

/// A frame around `inside` rows.
pub(super) fn frame(canvas: &mut Canvas, glyphs: &Glyphs, (x, y): (i32, i32), width: i32, inside: i32, style: Style) {
    let [_, _, _, upright, level, low_right, _, _, _, low_left, ..] = *glyphs.light;
    let bar = level.repeat(usize::try_from(width - 2).unwrap_or(0));
    canvas.put(x, y, &edge(glyphs, width), style);
    for row in y + 1..=y + inside {
        canvas.put(x, row, upright, style);
        canvas.put(x + width - 1, row, upright, style);
    }
    canvas.put(x, y + inside + 1, &format!("{low_left}{bar}{low_right}"), style);
}

/// The name of a process with its pid, the longest form first.
pub(super) fn heading(process: &Process, glyphs: &Glyphs) -> Vec<String> {
    let name = safe(&process.name, glyphs);
    let (pid, dot) = (process.pid, glyphs.dot);
    let mut out = Vec::new();
    if let (Some(program), State::Blocked(_) | State::Stopped) = (&process.program, &process.state) {
        let program = safe(program, glyphs);
        if program != name {
            out.push(format!("{name} ({program}) {dot} pid {pid}"));
            out.push(format!("{name} ({program}) {dot} {pid}"));
        }
    }
    out.push(format!("{name} {dot} pid {pid}"));
    out.push(format!("{name} {dot} {pid}"));
    out.push(name);
    out
}

/// Draws the box of a process; `lined` tells of an object whether lines lead to it.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, b: &ProcessBox, lined: impl Fn(usize) -> bool) {
    if !canvas.shows(b.y, b.y + b.height()) {
        return;
    }
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let selected = picture.is_selected(b.process);
    let blocked = b.process.state.blocked_in().is_some();
    let border = if blocked { theme.danger } else { theme.border };
    let border = if selected { border.patch(theme.title) } else { border };
    frame(canvas, glyphs, (b.x, b.y), b.width, b.height() - 2, border);
    let room = b.width - 6;
    let name = first_that_fits(&heading(b.process, glyphs), room, glyphs);
    let appeared = picture.changes_of(b.process).iter().any(|c| matches!(c, Change::Appeared(_)));
    let mark = match (selected, appeared && picture.before.is_some()) {
        (true, _) => glyphs.selected,
        (_, true) => glyphs.new,
        _ => "",
    };
    let label = if mark.is_empty() { format!(" {name} ") } else { format!(" {mark} {name} ") };
    let label = fit(&label, b.width - 2, glyphs);
    let style =
        if selected && picture.selection.is_of_whole() { theme.title.patch(theme.selected) } else { theme.title };
    let top = i32::from(picture.scroll);
    canvas.put(b.x + 1, b.y, &label, style);
    if let Some((_, machine)) = machines::of(picture.world, b.process) {
        let name = fit(&safe(&machines::name(picture.world, machine), glyphs), b.width - 6, glyphs);
        let at = b.x + b.width - 3 - columns(&name);
        canvas.put(at, b.y + b.height() - 1, &format!(" {name} "), border);
    }
    draw_state(canvas, picture, b.process, (b.x + 2, b.y + 1), b.width - 3);
    for (i, row) in b.rows.iter().enumerate() {
        let is_lined = row.refers().is_some_and(|(object, _)| lined(object));
        table::draw(canvas, picture, row, (b.x + 1, b.row_y(i)), b.width - 2, is_lined);
    }
    // Whose table the rows are is said above the first that is shown, too.
    if b.y < top && top < b.y + b.height() - 2 {
        canvas.put(b.x, top, &edge(glyphs, b.width), border);
        canvas.put(b.x + 1, top, &label, style);
    }
}

/// Draws what a process does; answers the column after it.
pub(super) fn draw_state(canvas: &mut Canvas, picture: &Picture, process: &Process, at: (i32, i32), room: i32) -> i32 {
    let theme = picture.theme;
    let text = first_that_fits(&words::state(process, picture, &picture.glyphs), room, &picture.glyphs);
    let changed = picture.changes_of(process).iter().any(|c| matches!(c, Change::StateChanged(..)));
    let style = match picture.waiting.iter().position(|at| at.pid == process.pid) {
        // Whoever would go next.
        Some(0) => theme.title,
        Some(_) => theme.text,
        None => words::state_style(process, theme),
    };
    let style = if changed { style.add_modifier(Modifier::REVERSED) } else { style };
    canvas.put(at.0, at.1, &text, style);
    at.0 + columns(&text)
}
