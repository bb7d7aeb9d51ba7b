//! The picture: processes with their descriptor tables, the kernel's pipes, and the lines between them.
//!
//! A line leads from a descriptor to what it refers to, and its arrow shows the way bytes can flow: double lines from
//! write ends, light ones to read ends. Lines that touch belong together; where lines cross, the upright one passes
//! over the level one. What has no room for a line is told in words, so that no line leads nowhere.

mod boxes;
mod canvas;
mod connection;
mod drawn;
mod fold;
mod layout;
mod machines;
mod memory;
mod memory_rows;
mod motion;
mod pipes;
mod place;
mod route;
mod sockets;
mod system_v;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod thread_rows;
mod words;

pub use motion::FRAMES;

use super::{Glyphs, Selection, Theme};
use crate::engine::Flow;
use crate::trace::{AtCall, Since};
use crate::world::{Change, Object, ObjectId, Process, World};
use canvas::Canvas;
use layout::{Plan, plan};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use std::ops::Range;

/// The picture of a world.
#[derive(Debug, Clone)]
pub struct Picture<'a> {
    /// What to draw.
    pub world: &'a World,
    /// The world before the last step, where there was one.
    pub before: Option<&'a World>,
    /// What the last step changed.
    pub changes: &'a [Change],
    /// What is selected.
    pub selection: &'a Selection,
    /// The first row that is shown.
    pub scroll: u16,
    /// The world has descriptors of what is shared with others alone.
    pub only_shared: bool,
    /// Who waits at its next call, where a program is traced.
    pub waiting: &'a [AtCall],
    /// What threads have done since this moment, where it is the newest of a program that is traced.
    pub since: Option<&'a [Since]>,
    /// The bytes on their way, and which frame of it this is, from 0; `None` where nothing moves.
    pub motion: Option<(&'a [Flow], u8)>,
    /// The looks.
    pub theme: &'a Theme,
    /// The marks.
    pub glyphs: Glyphs,
}

impl<'a> Picture<'a> {
    /// The rows that the whole picture takes when it is `width` columns wide.
    pub fn height(&self, width: u16) -> u16 {
        u16::try_from(plan(self, width).height).unwrap_or(u16::MAX)
    }

    /// The rows of what is selected when the picture is `width` columns wide: a descriptor's row, else its process's
    /// box or line. For scrolling it into view.
    pub fn selected_rows(&self, width: u16) -> Option<Range<u16>> {
        let plan = plan(self, width);
        let (mut whole, mut row) = (None, None);
        for b in plan.boxes.iter().filter(|b| self.is_selected(b.process)) {
            whole = Some((b.y, b.y + b.height()));
            row = b.rows.iter().position(|r| r.selected).map(|i| (b.row_y(i), b.row_y(i) + 1));
        }
        for (y, line) in &plan.lines {
            match line {
                fold::Line::Row(r) if r.selected => row = Some((*y, y + 1)),
                fold::Line::Process(p) | fold::Line::Heading(p) if self.is_selected(p) => whole = Some((*y, y + 1)),
                _ => {}
            }
        }
        let (from, to) = row.or(whole)?;
        Some(u16::try_from(from).ok()?..u16::try_from(to).ok()?)
    }

    /// From the first to the last row that the last step changed, when the picture is `width` columns wide.
    pub fn changed_rows(&self, width: u16) -> Option<Range<u16>> {
        let plan = plan(self, width);
        let mut all: Option<(i32, i32)> = None;
        let mut take = |from: i32, to: i32| {
            all = Some(all.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
        };
        for b in &plan.boxes {
            let changes = self.changes_of(b.process);
            if changes.iter().any(|c| matches!(c, Change::Appeared(_))) {
                take(b.y, b.y + b.height());
            } else if changes.iter().any(|c| matches!(c, Change::StateChanged(..))) {
                take(b.y, b.y + 2);
            }
            for (i, _) in b.rows.iter().enumerate().filter(|(_, row)| row.is_changed()) {
                take(b.row_y(i), b.row_y(i) + 1);
            }
        }
        for p in &plan.pipes {
            let changed = |o: &Object| {
                self.bytes_changed(&o.id)
                    || self.body_changed(&o.id)
                    || self.socket_changed(&o.id)
                    || self.is_new(&o.id)
            };
            if p.drawn.any(self, changed) {
                take(p.y, p.y + p.inside + 2);
            }
        }
        for (y, line) in &plan.lines {
            if line.is_changed(self) {
                take(*y, y + 1);
            }
        }
        let (from, to) = all?;
        Some(u16::try_from(from).ok()?..u16::try_from(to).ok()?)
    }

    /// The changes that are about this process (not about an earlier one of the same name).
    fn changes_of(&self, process: &Process) -> Vec<&'a Change> {
        if self.world.process(&process.name).is_none_or(|latest| latest.pid != process.pid) {
            return Vec::new();
        }
        let about = |c: &&Change| match c {
            Change::Appeared(name)
            | Change::StateChanged(name, ..)
            | Change::Opened(name, _)
            | Change::Closed(name, _)
            | Change::Printed(name)
            | Change::Thread(name, _)
            | Change::Mapped(name, _)
            | Change::Unmapped(name, _)
            | Change::Words(name, _)
            | Change::Replaced(name, _) => *name == process.name,
            Change::Bytes(..) | Change::Body(_) | Change::Socket(_) | Change::Machine(_) | Change::Vanished(_) => false,
        };
        self.changes.iter().filter(about).collect()
    }

    fn is_selected(&self, process: &Process) -> bool {
        self.selection.process.as_ref() == Some(&process.name)
            && self.world.process(&process.name).is_some_and(|latest| latest.pid == process.pid)
    }

    fn bytes_changed(&self, id: &ObjectId) -> bool {
        self.changes.iter().any(|c| matches!(c, Change::Bytes(changed, ..) if changed == id))
    }

    /// The words of memory, who maps it, or the messages of a queue are others.
    fn body_changed(&self, id: &ObjectId) -> bool {
        self.changes.iter().any(|c| matches!(c, Change::Body(changed) if changed == id))
    }

    fn socket_changed(&self, id: &ObjectId) -> bool {
        self.changes.iter().any(|c| matches!(c, Change::Socket(changed) if changed == id))
    }

    /// The last step made this object.
    fn is_new(&self, id: &ObjectId) -> bool {
        self.before.is_some_and(|before| match self.world.object(id) {
            Some(object) => before.same_object(object).is_none(),
            None => before.object(id).is_none(),
        })
    }

    /// The pipes and sockets that the last step made nobody refer to.
    fn vanished(&self) -> impl Iterator<Item = &'a Object> {
        let (before, changes) = (self.before, self.changes);
        changes
            .iter()
            .filter_map(move |c| match c {
                Change::Vanished(id) => before?.object(id),
                _ => None,
            })
            .filter(|o| o.is_shared_by_kind())
    }

    fn draw(&self, canvas: &mut Canvas, plan: &Plan) {
        let lined = |object: usize| plan.pipes.iter().any(|p| p.drawn.shows(object));
        for b in &plan.boxes {
            boxes::draw(canvas, self, b, lined);
        }
        for pipe in &plan.pipes {
            pipes::draw(canvas, self, pipe);
        }
        for wire in &plan.wires {
            pipes::draw_level(canvas, self, wire);
        }
        for wire in &plan.wires {
            pipes::draw_upright(canvas, self, wire);
        }
        for wire in &plan.wires {
            pipes::draw_ends(canvas, self, wire);
        }
        motion::draw(canvas, self, plan);
        for (y, line) in &plan.lines {
            fold::draw(canvas, self, plan, *y, line);
        }
    }
}

impl Picture<'_> {
    /// Draw it, scrolled at the most as far as there is something to see; how far that is. It is planned once for both.
    pub fn render_within(mut self, area: Rect, buf: &mut Buffer) -> u16 {
        let plan = plan(&self, area.width);
        let reach = u16::try_from(plan.height).unwrap_or(u16::MAX).saturating_sub(area.height);
        self.scroll = self.scroll.min(reach);
        let mut canvas = Canvas::new(buf, area, i32::from(self.scroll), self.theme.text);
        self.draw(&mut canvas, &plan);
        reach
    }
}

impl Widget for Picture<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let plan = plan(&self, area.width);
        let mut canvas = Canvas::new(buf, area, i32::from(self.scroll), self.theme.text);
        self.draw(&mut canvas, &plan);
    }
}
