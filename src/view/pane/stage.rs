//! The stage: the picture of the processes and what they hold, scrolled so that what is selected is seen.

use crate::view::paint::Painter;
use crate::view::{Picture, Scene};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

/// The rows that the whole picture takes.
pub fn height(scene: &Scene, width: u16) -> u16 {
    picture(scene, 0).height(width)
}

/// Draw it.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    p.reach.stage = height(scene, area.width).saturating_sub(area.height);
    let scroll = scroll(scene, area, p.reach.stage);
    picture(scene, scroll).render(area, p.buf);
}

fn picture<'a>(scene: &Scene<'a>, scroll: u16) -> Picture<'a> {
    Picture {
        world: &scene.moment.world,
        before: scene.before.map(|m| &m.world),
        changes: &scene.moment.changes,
        selection: &scene.ui.selection,
        scroll,
        theme: &scene.ui.theme,
        glyphs: scene.ui.glyphs,
    }
}

/// The first row to show: where the person scrolled to, else from the top, or as far down as what is selected needs.
fn scroll(scene: &Scene, area: Rect, most: u16) -> u16 {
    if !scene.ui.stage_follows {
        return scene.ui.stage_scroll.min(most);
    }
    let Some(rows) = picture(scene, 0).selected_rows(area.width) else { return 0 };
    // One row more, so that a descriptor's box does not end at the edge.
    rows.end.saturating_add(1).saturating_sub(area.height).min(rows.start).min(most)
}
