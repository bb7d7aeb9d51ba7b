//! The screen of a machine that is watched: the picture as on a stage, what hangs, and the keys. It is looked at only.

use super::paint::{Painter, Reach, Row, hang, wrap};
use super::pane::help::MARKS;
use super::{Glyphs, Picture, Selection, Theme};
use crate::world::{Change, World};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;

/// What the screen shows.
pub struct Watch<'a> {
    /// Whom it is about.
    pub heading: &'a str,
    /// What is to be known of the picture: how often it is made, who may not be seen.
    pub remark: &'a str,
    /// The processes and pipes.
    pub world: &'a World,
    /// The same as it was looked at before.
    pub before: Option<&'a World>,
    /// What is different.
    pub changes: &'a [Change],
    /// What is said where there is no picture.
    pub nobody: &'a str,
    /// What hangs, each in a paragraph.
    pub findings: &'a [String],
    /// Only processes with this in their name; and whether it is being typed.
    pub filter: (&'a str, bool),
    /// The keys are shown in place of the picture.
    pub help: bool,
    /// What is said of who hangs is shown whole, in the place of the picture.
    pub reading: bool,
    /// The first row of the picture that is shown.
    pub scroll: u16,
    /// The looks.
    pub theme: &'a Theme,
    /// The marks.
    pub glyphs: Glyphs,
}

/// What a key does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchKey {
    /// End.
    Quit,
    /// Move the picture by so many rows.
    Scroll(i16),
    /// Begin to type a filter.
    Filter,
    /// Read the machine at once.
    Look,
    /// The next theme.
    Theme,
    /// Show the keys.
    Help,
    /// Read all that is said of who hangs, or go back to the picture.
    Why,
}

/// The keys: each with its name and its word in the bar (none: it is not there), the sentence in the help, and what it does. This
/// table dispatches and is drawn.
#[rustfmt::skip]
pub const WATCH_KEYS: &[(KeyCode, &str, &str, &str, WatchKey)] = &[
    (KeyCode::Char('q'), "q", "quit", "Leave; nobody who was watched notices.", WatchKey::Quit),
    (KeyCode::Char('?'), "?", "help", "These keys.", WatchKey::Help),
    (KeyCode::Char('w'), "w", "why", "Read all that is said of who hangs, in the place of the picture; again: back.", WatchKey::Why),
    (KeyCode::Char('/'), "/", "filter", "Show only processes with these letters in their names; Esc there shows all.", WatchKey::Filter),
    (KeyCode::Char(']'), "]", "down", "Scroll the picture down.", WatchKey::Scroll(1)),
    (KeyCode::Char('['), "[", "up", "Scroll the picture up.", WatchKey::Scroll(-1)),
    (KeyCode::Char('r'), "r", "look now", "Read the machine at once, not only when its time has come.", WatchKey::Look),
    (KeyCode::Char('T'), "T", "theme", "The next theme.", WatchKey::Theme),
    (KeyCode::Down, "↓ ↑", "", "Scroll the picture by a row.", WatchKey::Scroll(1)),
    (KeyCode::Up, "", "", "", WatchKey::Scroll(-1)),
    (KeyCode::PageDown, "PgDn PgUp", "", "Scroll the picture by ten rows.", WatchKey::Scroll(10)),
    (KeyCode::PageUp, "", "", "", WatchKey::Scroll(-10)),
];

/// Draw it; how far the picture can be scrolled.
pub fn draw_watch(watch: &Watch<'_>, area: Rect, buf: &mut Buffer) -> u16 {
    let mut p = Painter { buf, theme: watch.theme, glyphs: watch.glyphs, reach: Reach::default() };
    p.clear(area);
    if area.height < 3 {
        return 0;
    }
    let title = Rect { height: 1, ..area };
    p.text(title, title.y, &" ".repeat(usize::from(area.width)), watch.theme.bar);
    p.row(title, title.y, &[(format!(" pipescope watch  {}  {}", watch.heading, watch.remark), watch.theme.bar)]);
    keys(watch, Rect { y: area.bottom() - 1, height: 1, ..area }, &mut p);
    let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    if watch.reading && !watch.help {
        return all_findings(watch, body, &mut p);
    }
    let below = findings(watch, body, &mut p);
    let stage = Rect { height: body.height - below, ..body };
    if watch.help {
        help(body, &mut p);
        return 0;
    }
    let selection = Selection::default();
    let picture = Picture {
        world: watch.world,
        before: watch.before,
        changes: watch.changes,
        selection: &selection,
        scroll: watch.scroll,
        theme: watch.theme,
        glyphs: watch.glyphs,
        only_shared: true,
        waiting: &[],
        since: None,
        motion: None,
    };
    if watch.world.processes.is_empty() {
        p.text(stage, stage.y, &format!(" {}", watch.nobody), watch.theme.hint);
        return 0;
    }
    picture.render_within(stage, p.buf)
}

/// At the bottom, in at most a third of the height; how many rows it took.
fn findings(watch: &Watch<'_>, body: Rect, p: &mut Painter<'_, '_>) -> u16 {
    let most = body.height / 3;
    if watch.findings.is_empty() || most < 2 {
        return 0;
    }
    let rows = finding_rows(watch, body.width, false);
    let height = u16::try_from(rows.len() + 1).unwrap_or(most).min(most);
    let area = Rect { y: body.bottom() - height, height, ..body };
    let hidden = (rows.len() + 1).saturating_sub(usize::from(height));
    let more = if hidden > 0 { format!("{hidden} lines more: w reads them") } else { String::new() };
    p.rule(area, area.y, "Why", &more);
    p.rows(Rect { y: area.y + 1, height: height - 1, ..area }, &rows);
    height
}

fn finding_rows(watch: &Watch<'_>, width: u16, apart: bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for finding in watch.findings {
        if apart && !rows.is_empty() {
            rows.push(Vec::new());
        }
        let lines = wrap(finding, width.saturating_sub(2));
        rows.extend(lines.into_iter().map(|line| vec![(format!(" {line}"), watch.theme.danger)]));
    }
    rows
}

/// In the place of the picture; how far it can be scrolled.
fn all_findings(watch: &Watch<'_>, body: Rect, p: &mut Painter<'_, '_>) -> u16 {
    let mut rows = finding_rows(watch, body.width, true);
    if rows.is_empty() {
        rows.push(vec![(" Nobody here is seen to hang.".to_owned(), watch.theme.hint)]);
    }
    let room = usize::from(body.height.saturating_sub(1));
    let reach = rows.len().saturating_sub(room);
    let from = usize::from(watch.scroll).min(reach);
    let below = reach - from;
    let more = if below > 0 { format!("{below} lines more: ] or PgDn") } else { "w: back to the picture".to_owned() };
    p.rule(body, body.y, "Why", &more);
    p.rows(Rect { y: body.y + 1, height: body.height - 1, ..body }, rows.get(from..).unwrap_or_default());
    u16::try_from(reach).unwrap_or(u16::MAX)
}

/// Every key, and what the marks of the picture mean that are not words.
fn help(body: Rect, p: &mut Painter<'_, '_>) {
    let row = |name: &str, text: &str, p: &Painter<'_, '_>| {
        let lead = vec![(format!("  {name:<12}"), p.theme.title)];
        hang(lead, text, p.theme.text, body.width)
    };
    let named = WATCH_KEYS.iter().filter(|key| !key.1.is_empty());
    let mut rows: Vec<Row> = named.flat_map(|(_, name, _, text, _)| row(name, text, p)).collect();
    rows.push(Vec::new());
    for mark in ["■", "█░", "╡══▶", "├──▶", "◀══▶", "also:", "?"] {
        let text = MARKS.iter().find(|(name, _)| *name == mark).map_or("", |(_, text)| text);
        rows.extend(row(mark, text, p));
    }
    p.clear(body);
    p.rule(body, body.y, "help", "any key closes it");
    p.rows(Rect { y: body.y + 1, height: body.height - 1, ..body }, &rows);
}

fn keys(watch: &Watch<'_>, area: Rect, p: &mut Painter<'_, '_>) {
    let mut row: Row = Vec::new();
    match watch.filter {
        (text, true) => row.push((format!(" only names with: {text}_   Enter: take it  Esc: all "), watch.theme.text)),
        (text, false) => {
            for (_, name, label, ..) in WATCH_KEYS.iter().filter(|key| !key.2.is_empty()) {
                row.push((format!(" {name} "), watch.theme.key));
                row.push((format!(" {label} "), watch.theme.text));
            }
            if !text.is_empty() {
                row.push((format!(" only {text} "), watch.theme.warning));
            }
        }
    }
    p.row(area, area.y, &row);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, Write};

    fn drawn(width: u16, height: u16, filter: (&str, bool), findings: &[String]) -> String {
        drawn_as(width, height, filter, findings, false)
    }

    fn drawn_as(width: u16, height: u16, filter: (&str, bool), findings: &[String], reading: bool) -> String {
        let world = stage().process("make[7]").holds(4, "p", Write).process("cat[9]").holds(0, "p", Read).reading(0);
        let world = world.process("sh[5]").waiting().world();
        let (theme, area) = (Theme::plain(), Rect::new(0, 0, width, height));
        let watch = Watch {
            heading: "make",
            remark: "every 1.0 s",
            world: &world,
            before: None,
            changes: &[],
            nobody: "Nobody.",
            findings,
            filter,
            help: false,
            reading,
            scroll: 0,
            theme: &theme,
            glyphs: Glyphs::UNICODE,
        };
        let mut buffer = Buffer::empty(area);
        draw_watch(&watch, area, &mut buffer);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn picture_findings_and_keys() {
        let findings = ["cat[9] waits for bytes on fd 0: pipe:[9751] is empty. ".repeat(2)];
        insta::assert_snapshot!(drawn(80, 24, ("", false), &findings));
    }

    #[test]
    fn all_that_is_said_can_be_read() {
        let findings = ["cat[9] waits for bytes on fd 0: pipe:[9751] is empty. ".repeat(20), "One more.".to_owned()];
        insta::assert_snapshot!(drawn_as(60, 12, ("", false), &findings, true));
        let short = drawn_as(60, 12, ("", false), &findings[1..], true);
        assert!(short.contains("One more.") && short.contains("w: back to the picture"), "{short}");
    }

    #[test]
    fn any_size_will_do() {
        let findings = vec!["x ".repeat(300); 9];
        for (width, height) in [(0, 0), (1, 1), (3, 3), (10, 5), (40, 8), (200, 60)] {
            drawn(width, height, ("ca\u{1b}", true), &findings);
            drawn_as(width, height, ("", false), &findings, true);
        }
    }
}
