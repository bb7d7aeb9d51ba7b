//! Lists to choose from: the lessons, the filter of the messages.

use crate::view::paint::{Painter, Row, hang};
use crate::view::{Filter, LessonRow, Scene, lessons};
use ratatui::layout::Rect;

/// The rows of the lessons that match, and the one the cursor is on.
pub fn lesson_rows(scene: &Scene, query: &str, cursor: usize, p: &Painter) -> (Vec<Row>, usize) {
    let found = lessons::matching(scene.lessons, query);
    let cursor = cursor.min(found.len().saturating_sub(1));
    let mut rows: Vec<Row> = Vec::new();
    for (i, (_, lesson)) in found.iter().enumerate() {
        let on = i == cursor;
        let number = lesson.number.map_or(String::new(), |n| n.to_string());
        let done = if lesson.done { "✓" } else { " " };
        let left = if lesson.step > 0 { format!("  (left at step {})", lesson.step) } else { String::new() };
        let look = if on { p.theme.selected } else { p.theme.text };
        rows.push(vec![
            (if on { " ▶ " } else { "   " }.into(), p.theme.title),
            (format!("{done} {number:>2} {:<24} {}{left}", lesson.slug, lesson.title), look),
        ]);
    }
    if rows.is_empty() {
        rows.push(vec![(" No lesson matches. Backspace widens the search.".into(), p.theme.hint)]);
    }
    (rows, cursor)
}

/// What a lesson is about, and what one learns.
pub fn about(lesson: &LessonRow, width: u16, p: &Painter) -> Vec<Row> {
    let mut rows = hang(vec![(" ".into(), p.theme.text)], &lesson.summary, p.theme.title, width);
    for sentence in &lesson.learn {
        rows.extend(hang(vec![(" • ".into(), p.theme.hint)], sentence, p.theme.text, width));
    }
    rows
}

/// The rows of the filter.
pub fn filter_rows(scene: &Scene, cursor: usize, p: &Painter) -> (Vec<Row>, usize) {
    let filters = scene.ui.filters(&scene.moment.world);
    let cursor = cursor.min(filters.len().saturating_sub(1));
    let row = |(i, filter): (usize, &Filter)| {
        let text = match filter {
            Filter::All => "every message".to_string(),
            Filter::Process(name) => format!("process {name}"),
            Filter::Object(id) => id.to_string(),
        };
        let on = i == cursor;
        vec![
            (if on { " ▶ " } else { "   " }.into(), p.theme.title),
            (text, if on { p.theme.selected } else { p.theme.text }),
        ]
    };
    (filters.iter().enumerate().map(row).collect(), cursor)
}

/// The first row to show so that the cursor is in sight.
pub fn window(cursor: usize, len: usize, area: Rect) -> usize {
    let room = usize::from(area.height);
    cursor.saturating_sub(room / 2).min(len.saturating_sub(room))
}
