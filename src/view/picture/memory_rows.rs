//! The rows of a process's box for what it has mapped.

use super::canvas::Canvas;
use super::table::{Row, What, mark};
use super::text::{columns, first_that_fits, fit};
use super::{Picture, words};
use crate::world::{Change, Mapping, Process};
use ratatui::style::Modifier;

/// A row for each mapping that its calls made or that leads to something in the picture.
pub(super) fn mappings<'a>(picture: &Picture, process: &'a Process, changes: &[&'a Change]) -> Vec<Row<'a>> {
    let row = |what, new, waits| Row { first: 0, last: 0, what, new, was: None, waits, selected: false, object: None };
    let known = |m: &Mapping| m.object.as_ref().is_some_and(|id| picture.world.object(id).is_some());
    let waits = process.space.waits_in().map(|(mapping, _)| mapping.start);
    let changed = |name| {
        changes.iter().any(|c| matches!(c, Change::Mapped(_, made) | Change::Words(_, made) if Some(*made) == name))
    };
    let there = process.space.mappings.iter().filter(|m| m.name.is_some() || known(m));
    let mut out: Vec<Row<'a>> = there.map(|m| row(What::Map(m), changed(m.name), waits == Some(m.start))).collect();
    for change in changes {
        if let Change::Unmapped(_, mapping) = change {
            out.push(row(What::Unmapped(mapping), false, false));
        }
    }
    out.sort_by_key(|r| match r.what {
        What::Map(m) | What::Unmapped(m) => m.name,
        _ => None,
    });
    out
}

/// Draws the row of a mapping: its name, and what it is.
pub(super) fn draw_mapping(
    canvas: &mut Canvas,
    picture: &Picture,
    row: &Row,
    mapping: &Mapping,
    at: (i32, i32, i32),
    lined: bool,
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let (x, y, width) = at;
    let gone = matches!(row.what, What::Unmapped(_));
    let (sign, sign_style) = match row.what {
        What::Unmapped(_) => (glyphs.closed, theme.text),
        _ => mark(picture, row),
    };
    canvas.put(x + 1, y, sign, sign_style);
    let name = mapping.name.map_or_else(|| glyphs.dot.to_owned(), |name| name.to_string());
    let style = match () {
        () if gone => theme.closed,
        () if row.new => theme.changed,
        () if row.waits => theme.danger,
        () => theme.text.add_modifier(Modifier::BOLD),
    };
    let from = canvas.put(x + 2, y, &fit(&format!("{name:>3}"), width - 2, glyphs), style) + 1;
    let room = x + width - from;
    if gone {
        canvas.put(from, y, &fit("unmapped", room, glyphs), theme.text);
        return;
    }
    let waits = process_waits(row, picture, mapping).filter(|text| columns(text) + 6 < room);
    let left = room - waits.as_ref().map_or(0, |text| columns(text) + 1);
    let object = mapping.object.as_ref().and_then(|id| picture.world.object(id));
    let text = first_that_fits(&words::mapping(mapping, lined, object, glyphs), left, glyphs);
    let look = match () {
        () if !mapping.shared && row.new => theme.changed,
        () if mapping.shared => words::end_style(mapping.access, theme),
        () => theme.data,
    };
    let from = canvas.put(from, y, &text, look) + 1;
    if let Some(waits) = waits {
        canvas.put(from, y, &waits, theme.danger);
    }
}

/// Where in a mapping its process sleeps.
fn process_waits(row: &Row, picture: &Picture, mapping: &Mapping) -> Option<String> {
    let mut spaces = picture.world.processes.iter().map(|p| &p.space);
    let (_, offset) = spaces.find_map(|s| s.waits_in().filter(|(m, _)| row.waits && std::ptr::eq(*m, mapping)))?;
    Some(format!("waits at {offset}"))
}
