//! The key bar: only the keys that work now.

use crate::view::keys::{self, Action, KeyContext, KeyRow};
use crate::view::paint::{Painter, Row};
use crate::view::{Say, Scene};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draw the bar; what does not fit is left off whole, the least wanted first. What there is no room for is said.
pub fn render(scene: &Scene, missing: &[&str], area: Rect, p: &mut Painter) {
    if area.is_empty() {
        return;
    }
    let mut room = usize::from(area.width);
    let mut row: Row = Vec::new();
    if !missing.is_empty() {
        let whole = format!(" no room: {} (z) ", missing.join(", "));
        let short = format!(" {} panes hidden: z ", missing.len());
        let texts = [whole, short, " z: more ".to_string()];
        if let Some(text) = texts.into_iter().find(|t| t.width() * 3 <= room * 2) {
            room -= text.width();
            row.push((text, p.theme.warning));
        }
    }
    let rows = keys::bar(&KeyContext::of(scene));
    let wide = |key: &KeyRow| key.keys.first().map_or(0, |k| k.name(p.glyphs.ascii).width()) + key.label.width() + 4;
    // The way to all other keys, and the way out, are there in any case that leaves room for others.
    let mut kept = [Action::Help, Action::Quit]
        .into_iter()
        .filter_map(|a| rows.iter().find(|r| r.action == a))
        .fold(0, |kept, key| if (kept + wide(key)) * 3 <= room { kept + wide(key) } else { kept });
    for key in rows {
        let name = match key.action {
            Action::Answer(_) => answers(scene),
            _ => key.keys.first().map_or(String::new(), |k| k.name(p.glyphs.ascii)),
        };
        let label = match key.action {
            Action::Forward if matches!(scene.say, Say::Question { chosen: Some(_), .. }) => "commit",
            Action::Forward if matches!(scene.say, Say::Question { .. }) => continue,
            _ => key.label,
        };
        let wide = name.width() + label.width() + 4;
        if matches!(key.action, Action::Help | Action::Quit) {
            kept = kept.saturating_sub(wide);
        }
        if wide + kept > room {
            continue;
        }
        room -= wide;
        row.push((format!(" {name} "), p.theme.key));
        row.push((format!(" {label} "), p.theme.text));
    }
    p.row(area, area.y, &row);
}

fn answers(scene: &Scene) -> String {
    match scene.say {
        Say::Question { ask, .. } => format!("1-{}", ask.options.len().clamp(1, 9)),
        _ => "1-9".into(),
    }
}
