//! The messages: the tape of calls, results, bytes and ends.

use crate::engine::tape::{TapeKind, TapeLine};
use crate::view::paint::{Painter, Row, hang};
use crate::view::{Filter, Scene};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Draw the pane with its rule.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    if area.height < 2 {
        return;
    }
    let room = area.height - 1;
    let rows = rows(scene, area.width, p);
    let last_page = rows.len().saturating_sub(usize::from(room));
    p.reach.messages = u16::try_from(last_page).unwrap_or(u16::MAX);
    let up = usize::from(scene.ui.messages_scroll).min(last_page);
    let first = last_page - up;
    let more = if scene.recorded.is_some_and(|r| r.earlier) { "+" } else { "" };
    let right = match (up, first) {
        (0, 0) => String::new(),
        (0, n) => format!("↑{n}{more}"),
        (below, above) => format!("↑{above}{more} ↓{below} · m follows"),
    };
    let heading = match &scene.ui.filter {
        Filter::All => "messages".to_string(),
        Filter::Process(name) => format!("messages of {name} only"),
        Filter::Object(id) => format!("messages about {id} only"),
    };
    p.rule(area, area.y, &heading, &right);
    let inner = Rect { y: area.y + 1, height: room, ..area };
    p.rows(inner, rows.get(first..).unwrap_or(&[]));
}

fn rows(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let shown: Vec<&TapeLine> = scene.tape.iter().filter(|line| passes(line, &scene.ui.filter)).collect();
    if shown.is_empty() {
        let text =
            if scene.tape.is_empty() { "No call was made yet." } else { "Nothing passes the filter: / changes it." };
        return hang(vec![("  ".into(), p.theme.hint)], text, p.theme.hint, width);
    }
    let names = shown.iter().filter_map(|l| l.process.as_deref()).map(|n| n.width()).max().unwrap_or(0).min(12);
    let mut before = None;
    let mut out = Vec::new();
    for line in shown {
        let first_of_step = before != Some(line.step);
        before = Some(line.step);
        let newest = line.step == scene.moment.step;
        out.extend(hang(lead(line, first_of_step, newest, names, p), &line.text, style(line.kind, newest, p), width));
    }
    out
}

fn passes(line: &TapeLine, filter: &Filter) -> bool {
    match filter {
        Filter::All => true,
        Filter::Process(name) => line.process.as_ref() == Some(name) || line.from.as_ref() == Some(name),
        Filter::Object(id) => line.object.as_ref() == Some(id),
    }
}

/// What stands before the text: the mark of the newest step, its number, the badge, the process.
fn lead(line: &TapeLine, first_of_step: bool, newest: bool, names: usize, p: &Painter) -> Row {
    let mark = if newest { "▶" } else { " " };
    let number = if first_of_step { format!("{:>3} ", line.step) } else { "    ".into() };
    let mut row = vec![(mark.to_string(), p.theme.text.add_modifier(Modifier::BOLD)), (number, p.theme.hint)];
    let look = style(line.kind, newest, p);
    if let Some(badge) = badge(line.kind) {
        let loud = matches!(line.kind, TapeKind::Eof | TapeKind::Death | TapeKind::Error | TapeKind::Failed);
        let look = if loud { look.add_modifier(Modifier::REVERSED) } else { look };
        row.push((badge.to_string(), look));
        row.push((" ".to_string(), p.theme.text));
    }
    if let (Some(name), false) = (&line.process, line.kind == TapeKind::Data) {
        let pad = names.saturating_sub(name.width());
        let pad = if badge(line.kind).is_some() { 0 } else { pad };
        row.push((format!("{name}{} ", " ".repeat(pad)), p.theme.title));
    }
    row
}

/// The mark that goes with a kind, so that it is told without its colour.
pub fn badge(kind: TapeKind) -> Option<&'static str> {
    match kind {
        TapeKind::Call | TapeKind::Data => None,
        TapeKind::Error => Some("✗"),
        TapeKind::Blocked => Some("■"),
        TapeKind::Resumed => Some("↳"),
        TapeKind::Eof => Some("◆"),
        TapeKind::Death => Some("✝"),
        TapeKind::Failed => Some("✗ EXPECTED"),
    }
}

fn style(kind: TapeKind, newest: bool, p: &Painter) -> Style {
    let style = match kind {
        TapeKind::Call | TapeKind::Resumed => p.theme.text,
        TapeKind::Error | TapeKind::Blocked | TapeKind::Failed | TapeKind::Death => p.theme.danger,
        TapeKind::Data => p.theme.data,
        TapeKind::Eof => p.theme.eof,
    };
    if newest { style.add_modifier(Modifier::BOLD) } else { style }
}
