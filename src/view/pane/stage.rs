//! The stage: the picture of the processes and what they hold, scrolled so that what is selected is seen.

use crate::view::paint::Painter;
use crate::view::{Follow, Picture, Scene};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use unicode_width::UnicodeWidthStr;

/// The rows that the whole picture takes.
pub fn height(scene: &Scene, width: u16) -> u16 {
    picture(scene, 0).height(width)
}

/// Draw it.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    p.reach.stage = height(scene, area.width).saturating_sub(area.height);
    let scroll = scroll(scene, area, p.reach.stage);
    picture(scene, scroll).render(area, p.buf);
    let below = p.reach.stage - scroll;
    if below > 0 {
        mark(area, area.bottom().saturating_sub(1), &format!("↓ {}: ]", more(below)), p);
    }
    if scroll > 0 {
        // Between the processes, whose names stand at the edges.
        let text = format!(" ↑ {}: [ ", more(scroll));
        let at = area.x + area.width.saturating_sub(u16::try_from(text.width()).unwrap_or(u16::MAX)) / 2;
        p.text(Rect { x: at, width: area.right() - at, ..area }, area.y, &text, p.theme.key);
    }
}

fn more(rows: u16) -> String {
    format!("{rows} more {}", if rows == 1 { "row" } else { "rows" })
}

/// Say at the right end of a row that there is more beyond it.
fn mark(area: Rect, y: u16, text: &str, p: &mut Painter) {
    let text = format!(" {text} ");
    let wide = u16::try_from(text.width()).unwrap_or(u16::MAX);
    if wide < area.width {
        let at = Rect { x: area.right() - wide, width: wide, ..area };
        p.text(at, y, &text, p.theme.key);
    }
}

fn picture<'a>(scene: &Scene<'a>, scroll: u16) -> Picture<'a> {
    Picture {
        world: &scene.moment.world,
        before: scene.before.map(|m| &m.world),
        changes: &scene.moment.changes,
        selection: &scene.ui.selection,
        scroll,
        only_shared: false,
        // In the past nobody waits for anything.
        waiting: scene.recorded.and_then(|r| r.live).filter(|_| scene.live).map_or(&[], |live| live.waiting),
        since: scene.recorded.and_then(|r| r.live).filter(|_| scene.live).map(|live| live.threads),
        motion: scene.ui.motion.map(|frame| (scene.moment.flows.as_slice(), frame)),
        theme: &scene.ui.theme,
        glyphs: scene.ui.glyphs,
    }
}

/// The first row to show: where the person scrolled to, else from the top, or as far down as what has to be seen needs.
fn scroll(scene: &Scene, area: Rect, most: u16) -> u16 {
    let picture = picture(scene, 0);
    let selected = || picture.selected_rows(area.width);
    let seen = match scene.ui.stage_follows {
        Follow::Hand => return scene.ui.stage_scroll.min(most),
        Follow::Selection => selected(),
        Follow::Step => match (picture.changed_rows(area.width), selected()) {
            (Some(changed), Some(selected)) => {
                let both = changed.start.min(selected.start)..changed.end.max(selected.end);
                Some(if both.len() <= usize::from(area.height) { both } else { changed })
            }
            (changed, selected) => changed.or(selected),
        },
    };
    let Some(rows) = seen else { return 0 };
    // One row more, so that a descriptor's box does not end at the edge.
    rows.end.saturating_add(1).saturating_sub(area.height).min(rows.start).min(most)
}
