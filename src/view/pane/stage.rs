//! The stage: the picture of the processes and what they hold.

use crate::view::Scene;
use crate::view::paint::{Painter, Row};
use crate::world::{State, Target};
use ratatui::layout::Rect;

/// The rows that the whole picture takes.
pub fn height(scene: &Scene, _width: u16) -> u16 {
    u16::try_from(scene.moment.world.processes.iter().map(|q| q.fds.len() + 1).sum::<usize>()).unwrap_or(u16::MAX)
}

/// Draw it.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    let mut rows: Vec<Row> = Vec::new();
    for process in &scene.moment.world.processes {
        let state = match &process.state {
            State::Blocked(b) => format!("BLOCKED in {}", b.call),
            other => format!("{other:?}").to_lowercase(),
        };
        rows.push(vec![(format!(" {} · pid {} · {state}", process.name, process.pid), p.theme.title)]);
        for fd in &process.fds {
            let target = match &fd.target {
                Target::Terminal => "terminal",
                Target::Object(id) => &id.0,
                Target::Other(text) => text,
            };
            rows.push(vec![(format!("   {} {:?} {target}", fd.number, fd.access), p.theme.text)]);
        }
    }
    p.rows(area, rows.get(usize::from(scene.ui.stage_scroll)..).unwrap_or(&rows));
}
