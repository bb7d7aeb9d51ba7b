//! The program beside the stage, the lines of this step marked.

use crate::view::Scene;
use crate::view::paint::{Painter, Piece};
use crate::view::syntax::Speech;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::ops::Range;

/// Draw the pane with its rule.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    let Some((listing, marked)) = scene.code else { return };
    if area.height < 2 {
        return;
    }
    // Of a traced program's text the whole path is known.
    let name = listing.file.rsplit('/').next().unwrap_or(&listing.file);
    p.rule(area, area.y, name, "");
    if let Some(cell) = p.buf.cell_mut((area.x, area.y)) {
        cell.set_symbol(if p.glyphs.ascii { "+" } else { "┬" });
    }
    let room = usize::from(area.height - 1);
    let lines: Vec<&str> = listing.text.lines().collect();
    let (first, last) = marked.or(scene.code_near).map_or((0, 0), |(a, b)| (index(a), index(b)));
    // The marked lines stand in the middle, with what comes before them.
    let spare = room.saturating_sub(last.saturating_sub(first) + 1);
    let top = first.saturating_sub(spare / 2).min(lines.len().saturating_sub(room));
    let shown = lines.get(top..(top + room).min(lines.len())).unwrap_or_default();
    let indent = spare_indent(shown, usize::from(area.width).saturating_sub(LEAD));
    for (row, line) in shown.iter().enumerate() {
        let (i, y) = (top + row, area.y + 1 + u16::try_from(row).unwrap_or(0));
        let on = marked.is_some() && (first..=last).contains(&i);
        let edge = ("│".to_string(), p.theme.border);
        let lead =
            (format!("{}{:>3} ", if on { "▶" } else { " " }, i + 1), if on { p.theme.title } else { p.theme.hint });
        let mut pieces = vec![edge, lead];
        if on {
            pieces.push((line.get(indent..).unwrap_or(line).to_string(), p.theme.changed));
        } else {
            let found = scene.coloured.and_then(|c| c.lines.get(i)).map_or(&[][..], Vec::as_slice);
            pieces.extend(spoken(line, indent, found, p));
        }
        p.row(area, y, &pieces);
    }
    edge(area, p);
}

/// Columns before the text of a line: the edge, the mark, the number.
const LEAD: usize = 6;

/// Blanks at the beginning of every one of these lines, which are left out where a line would not fit otherwise.
fn spare_indent(lines: &[&str], room: usize) -> usize {
    if lines.iter().all(|line| line.chars().count() <= room) {
        return 0;
    }
    let blanks = |line: &&str| line.bytes().take_while(|b| *b == b' ').count();
    lines.iter().filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0)
}

/// A line from byte `from` on, its parts of speech told apart.
fn spoken(line: &str, from: usize, found: &[(Range<usize>, Speech)], p: &Painter) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = from;
    let mut take = |range: Range<usize>, style: Style| {
        if let Some(text) = line.get(range).filter(|text| !text.is_empty()) {
            out.push((text.to_string(), style));
        }
    };
    for (range, speech) in found.iter().filter(|(range, _)| range.end > from) {
        let start = range.start.max(at);
        take(at..start, p.theme.text);
        take(start..range.end, style(*speech, p));
        at = range.end.max(at);
    }
    take(at..line.len(), p.theme.text);
    out
}

fn style(speech: Speech, p: &Painter) -> Style {
    match speech {
        Speech::Keyword => p.theme.text.add_modifier(Modifier::BOLD),
        Speech::Literal => p.theme.data.remove_modifier(Modifier::BOLD),
        Speech::Comment => p.theme.hint.add_modifier(Modifier::ITALIC),
    }
}

/// The line at the left of a pane that stands beside another, down to its end.
pub fn edge(area: Rect, p: &mut Painter) {
    for y in area.y.saturating_add(1)..area.bottom() {
        p.text(Rect { width: 1.min(area.width), ..area }, y, "│", p.theme.border);
    }
}

fn index(line: u32) -> usize {
    usize::try_from(line.saturating_sub(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_that_all_lines_have_give_way_where_room_is_short() {
        let lines = ["    if (x) {", "", "      write(fd[1], \"hello\", 5);", "    }"];
        assert_eq!(spare_indent(&lines, 40), 0);
        assert_eq!(spare_indent(&lines, 28), 4);
        assert_eq!(spare_indent(&["a", "  long long long"], 5), 0);
    }
}
