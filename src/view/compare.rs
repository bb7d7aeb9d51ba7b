//! The screen of pipes and sockets compared: the table, filled as the answers come, and what lies behind the chosen one.

use super::paint::{Painter, Reach, Row, hang, wrap};
use super::{Glyphs, Theme};
use crate::engine::compare::{Aspect, Cell, Way, notes};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns of the first column, and of each other at the least.
const WIDE: u16 = 10;
/// And at the most.
const WIDEST: u16 = 15;

/// What the screen shows.
pub struct Compare<'a> {
    /// The answers so far.
    pub cells: &'a [Cell],
    /// The cell that is chosen.
    pub chosen: (Way, Aspect),
    /// The cell that is being tried.
    pub doing: Option<(Way, Aspect)>,
    /// A remark beside the heading.
    pub notice: Option<&'a str>,
    /// The looks.
    pub theme: &'a Theme,
    /// The marks.
    pub glyphs: Glyphs,
}

/// What a key does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareKey {
    /// Choose the cell so many columns to the right and so many rows below.
    Move(i8, i8),
    /// Open the script of the chosen cell on a stage.
    Open,
    /// Try everything again.
    Again,
    /// The next theme.
    Theme,
    /// Leave.
    Quit,
}

/// The keys: each with its name in the bar, what it is said to do, and what it does. This table dispatches and is drawn.
pub const COMPARE_KEYS: &[(KeyCode, &str, &str, CompareKey)] = &[
    (KeyCode::Right, "arrows", "choose", CompareKey::Move(1, 0)),
    (KeyCode::Enter, "Enter", "prove it", CompareKey::Open),
    (KeyCode::Char('q'), "q", "leave", CompareKey::Quit),
    (KeyCode::Char('R'), "R", "again", CompareKey::Again),
    (KeyCode::Char('T'), "T", "theme", CompareKey::Theme),
    (KeyCode::Left, "", "", CompareKey::Move(-1, 0)),
    (KeyCode::Up, "", "", CompareKey::Move(0, -1)),
    (KeyCode::Down, "", "", CompareKey::Move(0, 1)),
    (KeyCode::Char('l'), "", "", CompareKey::Move(1, 0)),
    (KeyCode::Char('h'), "", "", CompareKey::Move(-1, 0)),
    (KeyCode::Char('k'), "", "", CompareKey::Move(0, -1)),
    (KeyCode::Char('j'), "", "", CompareKey::Move(0, 1)),
    (KeyCode::Tab, "", "", CompareKey::Move(1, 0)),
    (KeyCode::BackTab, "", "", CompareKey::Move(-1, 0)),
    (KeyCode::Char(' '), "", "", CompareKey::Open),
    (KeyCode::Esc, "", "", CompareKey::Quit),
];

/// Draw it.
pub fn draw_compare(compare: &Compare<'_>, area: Rect, buf: &mut Buffer) {
    let mut p = Painter { buf, theme: compare.theme, glyphs: compare.glyphs, reach: Reach::default() };
    p.clear(area);
    if area.height < 3 {
        return;
    }
    let (theme, count) = (compare.theme, compare.cells.len());
    p.text(area, area.y, &" ".repeat(usize::from(area.width)), theme.bar);
    let all = Way::ALL.len() * Aspect::ALL.len();
    let state = if count < all { format!("{count} of {all} tried") } else { "all of it just seen".to_owned() };
    let notice = compare.notice.unwrap_or(&state);
    p.row(area, area.y, &[(format!(" pipescope  pipes or sockets?  {notice}"), theme.bar)]);
    keys(Rect { y: area.bottom() - 1, height: 1, ..area }, &mut p);
    let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let room = (body.width.saturating_sub(WIDE)) / Way::ALL.len() as u16;
    let rows = if room >= WIDE { wide(compare, room.min(WIDEST)) } else { narrow(compare) };
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(body.height);
    p.rows(Rect { height, ..body }, &rows);
    behind(compare, Rect { y: body.y + height, height: body.height - height, ..body }, &mut p);
}

/// The word for a cell, and its look.
fn word(compare: &Compare<'_>, way: Way, aspect: Aspect) -> (String, Style) {
    let theme = compare.theme;
    let chosen = compare.chosen == (way, aspect);
    let look = |style: Style| if chosen { theme.selected } else { style };
    match compare.cells.iter().find(|c| (c.way, c.aspect) == (way, aspect)).map(|c| &c.answer) {
        Some(Ok(answer)) => (answer.short.clone(), look(if aspect.is_measured() { theme.data } else { theme.text })),
        Some(Err(_)) => ("not here".into(), look(theme.danger)),
        None if compare.doing == Some((way, aspect)) => ("trying".into(), look(theme.changed)),
        None => ("·".into(), look(theme.hint)),
    }
}

/// All ways side by side.
fn wide(compare: &Compare<'_>, room: u16) -> Vec<Row> {
    let theme = compare.theme;
    let name = |way: Way| if room >= 13 { way.name() } else { way.short() };
    let mut head: Row = vec![(" ".repeat(usize::from(WIDE)), theme.title)];
    head.extend(Way::ALL.into_iter().map(|way| (padded(name(way), room), theme.title)));
    let mut rows = vec![head];
    for aspect in Aspect::ALL {
        let mut row: Row = vec![(format!("{:WIDE$}", aspect.name(), WIDE = usize::from(WIDE)), theme.title)];
        for way in Way::ALL {
            let (text, style) = word(compare, way, aspect);
            // The gap before a cell is not part of what is chosen.
            row.push((" ".into(), theme.text));
            row.push((padded(&text, room).split_off(1), style));
        }
        rows.push(row);
    }
    rows
}

/// One way, where there is no room for more.
fn narrow(compare: &Compare<'_>) -> Vec<Row> {
    let (theme, way) = (compare.theme, compare.chosen.0);
    let number = Way::ALL.iter().position(|w| *w == way).map_or(0, |at| at + 1);
    let mut rows = vec![vec![(format!(" ◀ {} ▶  {number} of {}", way.name(), Way::ALL.len()), theme.title)]];
    for aspect in Aspect::ALL {
        let (text, style) = word(compare, way, aspect);
        rows.push(vec![(format!(" {:11}", aspect.name()), theme.title), (text, style)]);
    }
    rows
}

/// A space, the text, and spaces up to the column's width.
fn padded(text: &str, room: u16) -> String {
    let room = usize::from(room).saturating_sub(1);
    let text: String = text.chars().take(room).collect();
    format!(" {text}{}", " ".repeat(room.saturating_sub(text.chars().count())))
}

/// What lies behind the chosen cell: the answer, what is often said, and the calls that were made.
fn behind(compare: &Compare<'_>, area: Rect, p: &mut Painter<'_, '_>) {
    if area.height < 2 {
        return;
    }
    let (theme, (way, aspect)) = (compare.theme, compare.chosen);
    let heading = match usize::from(area.width) >= aspect.question().len() + way.name().len() + 6 {
        true => format!("{}: {}", way.name(), aspect.question()),
        false => format!("{}: {}", way.name(), aspect.name()),
    };
    p.rule(area, area.y, &heading, "");
    let width = area.width.saturating_sub(2);
    let told = |text: &str, style: Style| -> Vec<Row> {
        wrap(text, width).into_iter().map(|line| vec![(format!(" {line}"), style)]).collect()
    };
    let cell = compare.cells.iter().find(|c| (c.way, c.aspect) == compare.chosen);
    let mut rows = match cell.map(|cell| &cell.answer) {
        Some(Ok(answer)) => told(&answer.text, theme.text),
        Some(Err(why)) => told(&format!("Not to be had on this machine: {why}"), theme.danger),
        None => told("Not tried yet: the answers come one after the other.", theme.hint),
    };
    for note in notes(way, aspect) {
        let lead = vec![(" Often said: ".to_owned(), theme.hint)];
        rows.extend(hang(lead, &format!("“{}”", note.said), theme.warning, width));
        rows.extend(told(note.so, theme.text));
    }
    let left = usize::from(area.height - 1).saturating_sub(rows.len());
    if let Some(cell) = cell {
        rows.extend(script(compare, cell, left, width));
    }
    p.rows(Rect { y: area.y + 1, height: area.height - 1, ..area }, &rows);
}

/// The last calls for which there is room; the one that decided as what it did.
fn script(compare: &Compare<'_>, cell: &Cell, room: usize, width: u16) -> Vec<Row> {
    let theme = compare.theme;
    let decided =
        if cell.happened.is_empty() { cell.script.last().cloned().unwrap_or_default() } else { cell.happened.clone() };
    let mark = |marked: bool| if marked { "▶ " } else { "  " };
    let last = hang(vec![(mark(true).into(), theme.changed)], &decided, theme.changed, width);
    let before = cell.script.len().saturating_sub(1);
    let fit = room.saturating_sub(last.len());
    // A line says how many there is no room for.
    let shown = if before > fit { fit.saturating_sub(1) } else { before };
    let mut rows: Vec<Row> = Vec::new();
    if before > shown && fit > 0 {
        rows.push(vec![(format!("  … {} calls before", before - shown), theme.hint)]);
    }
    let lines = cell.script.iter().take(before).skip(before - shown);
    rows.extend(lines.map(|line| vec![(mark(false).into(), theme.hint), (line.clone(), theme.hint)]));
    rows.extend(last);
    rows
}

fn keys(area: Rect, p: &mut Painter<'_, '_>) {
    let mut row: Row = Vec::new();
    for (_, name, label, _) in COMPARE_KEYS.iter().filter(|key| !key.1.is_empty()) {
        row.push((format!(" {name} "), p.theme.key));
        row.push((format!(" {label} "), p.theme.text));
    }
    p.row(area, area.y, &row);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::compare::sample;

    fn drawn(width: u16, height: u16, cells: &[Cell], chosen: (Way, Aspect), glyphs: Glyphs) -> String {
        let (theme, area) = (Theme::plain(), Rect::new(0, 0, width, height));
        let doing = Some((Way::Fifo, Aspect::End));
        let compare = Compare { cells, chosen, doing, notice: None, theme: &theme, glyphs };
        let mut buffer = Buffer::empty(area);
        draw_compare(&compare, area, &mut buffer);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn of_80_columns() {
        let cells = sample::cells();
        insta::assert_snapshot!(drawn(80, 24, &cells, (Way::Fifo, Aspect::Relation), Glyphs::UNICODE));
    }

    #[test]
    fn of_120_columns() {
        let cells = sample::cells();
        insta::assert_snapshot!(drawn(120, 36, &cells, (Way::Tcp, Aspect::Gone), Glyphs::UNICODE));
    }

    #[test]
    fn of_40_columns() {
        let cells = sample::cells();
        insta::assert_snapshot!(drawn(40, 20, &cells, (Way::Udp, Aspect::Throughput), Glyphs::UNICODE));
    }

    #[test]
    fn while_it_is_filled() {
        let cells = sample::cells();
        insta::assert_snapshot!(drawn(80, 24, &cells[..30], (Way::Pipe, Aspect::Capacity), Glyphs::ASCII));
    }

    #[test]
    fn any_size_will_do() {
        let cells = sample::cells();
        for (width, height) in [(0, 0), (1, 1), (3, 3), (10, 5), (40, 8), (79, 12), (200, 60)] {
            for way in Way::ALL {
                drawn(width, height, &cells, (way, Aspect::Gone), Glyphs::UNICODE);
            }
        }
    }
}
