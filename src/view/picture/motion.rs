//! Bytes on their way: a mark that runs along the lines they went through. Never needed: what it shows is told in words.

use super::Picture;
use super::canvas::Canvas;
use super::layout::{Plan, Wire};
use super::table::Row;
use crate::engine::{Flow, FlowEnd, Flowed};

/// In so many frames the mark runs its whole way.
pub const FRAMES: u8 = 10;

/// Draws the mark of each flow at the place it has come to.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, plan: &Plan) {
    let Some((flows, frame)) = picture.motion else { return };
    for flow in flows.iter().filter(|flow| matches!(flow.what, Flowed::Bytes(..))) {
        let cells = way(picture, plan, flow);
        let at = cells.len() * usize::from(frame.min(FRAMES - 1)) / usize::from(FRAMES);
        if let Some((x, y)) = cells.get(at) {
            canvas.put(*x, *y, picture.glyphs.moving, picture.theme.data);
        }
    }
}

/// The cells from the one who wrote to the one who read, as far as there are lines.
fn way(picture: &Picture, plan: &Plan, flow: &Flow) -> Vec<(i32, i32)> {
    let object = picture.world.objects.iter().position(|object| object.id == flow.object);
    let end = |end: &Option<FlowEnd>| {
        end.as_ref().and_then(|(name, fd)| match fd {
            Some(fd) => line(plan, name, |row| row.is_open() && row.first <= *fd && *fd <= row.last),
            None => line(plan, name, |row| row.is_used() && row.object == object),
        })
    };
    let mut cells = end(&flow.from).unwrap_or_default();
    cells.extend(end(&flow.to).unwrap_or_default().into_iter().rev());
    cells
}

/// The line of a row, from its process to the object.
fn line(plan: &Plan, name: &str, is_it: impl Fn(&Row) -> bool) -> Option<Vec<(i32, i32)>> {
    let at = plan.boxes.iter().rev().filter(|b| b.process.name == name).find_map(|b| {
        let row = b.rows.iter().position(&is_it)?;
        Some((b.side, b.row_y(row)))
    });
    let (side, y) = at?;
    let wire = plan.wires.iter().find(|wire| wire.side == side && wire.pins.contains(&y))?;
    Some(cells(wire, y))
}

fn cells(wire: &Wire, pin: i32) -> Vec<(i32, i32)> {
    let (start, end) = wire.channel;
    let column = wire.column().unwrap_or(if wire.side == 0 { start } else { end - 1 });
    let level = |y: i32, from: i32, to: i32| {
        let range: Box<dyn Iterator<Item = i32>> =
            if from <= to { Box::new(from..=to) } else { Box::new((to..=from).rev()) };
        range.map(move |x| (x, y)).collect::<Vec<_>>()
    };
    let (at_process, at_pipe) = if wire.side == 0 { (start, end - 1) } else { (end - 1, start) };
    let mut out = level(pin, at_process, column);
    let (low, high) = (pin.min(wire.port), pin.max(wire.port));
    let mut upright: Vec<(i32, i32)> = (low..=high).map(|y| (column, y)).collect();
    if pin > wire.port {
        upright.reverse();
    }
    out.extend(upright);
    out.extend(level(wire.port, column, at_pipe));
    out.dedup();
    out
}
