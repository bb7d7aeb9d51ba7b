//! The bar at the top: what is played, how far it is, and whether it is now.

use crate::trace::Going;
use crate::view::Scene;
use crate::view::paint::{Painter, Row};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draw the bar.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    if area.is_empty() {
        return;
    }
    p.text(area, area.y, &" ".repeat(usize::from(area.width)), p.theme.bar);
    let right = right(scene, p);
    let wide: usize = right.iter().map(|(t, _)| t.width()).sum();
    let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(area.width);
    let left = Rect { width: (area.width - wide).saturating_sub(1), ..area };
    p.row(left, area.y, &[(format!(" {}", heading(scene, left.width)), p.theme.bar)]);
    p.row(Rect { x: area.right() - wide, width: wide, ..area }, area.y, &right);
}

fn heading(scene: &Scene, width: u16) -> String {
    let Some(lesson) = scene.lesson else { return format!("pipescope  {}", scene.title) };
    let number = lesson.number.map_or(String::new(), |n| format!("{n} "));
    let variant = scene.variant.map_or(String::new(), |v| format!(" · variant: {v}"));
    let full = format!("pipescope  {number}{}  {}{variant}", lesson.slug, lesson.title);
    if full.width() < usize::from(width) {
        return full;
    }
    // The variant is a fact, the program's name is not.
    format!("{number}{}{variant}", lesson.slug)
}

fn right(scene: &Scene, p: &Painter) -> Row {
    let (done, all) = scene.progress;
    let step = match all {
        0 => format!("step {} ", scene.moment.step),
        _ => format!("step {done}/{all} "),
    };
    let mut row = Vec::new();
    if let Some(key) = &scene.ui.echo {
        row.push((format!(" {key} "), p.theme.key));
        row.push((" ".into(), p.theme.bar));
    }
    if scene.in_task {
        row.push(("TASK ".into(), p.theme.warning));
    } else {
        row.push((step, p.theme.bar));
    }
    if scene.off_script && all > 0 {
        row.push(("YOUR OWN CALLS ".into(), p.theme.warning));
    }
    if let Some(live) = scene.recorded.and_then(|recorded| recorded.live) {
        row.push(match live.going {
            _ if scene.playing => (" PLAYING ".into(), p.theme.past),
            _ if !scene.live => (" PAST ".into(), p.theme.past),
            Going::Held => (" HELD ".into(), p.theme.bar),
            Going::Awaited => (" WAITING ".into(), p.theme.bar),
            Going::Running => (" RUNNING ".into(), p.theme.bar),
            Going::Over => (" ENDED ".into(), p.theme.past),
        });
        return row;
    }
    row.push(match (scene.live, scene.playing) {
        (_, false) if scene.recorded.is_some() => (" RECORDED ".into(), p.theme.past),
        (_, true) if scene.recorded.is_some() => (" PLAYING ".into(), p.theme.past),
        (false, _) => (" PAST ".into(), p.theme.past),
        (true, true) => (" PLAYING ".into(), p.theme.bar),
        (true, false) => (" LIVE ".into(), p.theme.bar),
    });
    row
}
