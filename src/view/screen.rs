//! The whole screen: the panes where the layout puts them, and what lies over them.

use super::layout::{Needs, Plan, plan};
use super::paint::{Painter, Reach, Row};
use super::pane::{code, help, keybar, lists, messages, prompt, say, stage, terminal, title, why};
use super::{KeyContext, Overlay, Pane, Say, Scene};
use crate::explain::Severity;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// On a projector the program is shown beside the messages from this width on.
const WIDE: u16 = 100;
/// From more rows than this a notice gets one.
const NOTICE_FROM: u16 = 3;

/// What came of drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Where the cursor is to blink, where something is being written.
    pub cursor: Option<Position>,
    /// How far the parts can be scrolled: for [`super::Ui::stay_within`].
    pub reach: Reach,
}

/// Draw `scene` into `area` of `buf`.
pub fn draw(scene: &Scene, area: Rect, buf: &mut Buffer) -> Drawn {
    let area = area.intersection(*buf.area());
    let mut painter = Painter { buf, theme: &scene.ui.theme, glyphs: scene.ui.glyphs, reach: Reach::default() };
    let p = &mut painter;
    p.clear(area);
    if scene.ui.blank {
        return Drawn { cursor: None, reach: p.reach };
    }
    // A notice has a row of its own above the keys, so that it hides nothing.
    let notice_rows = if area.height > NOTICE_FROM { notice_rows(scene, area, p) } else { Vec::new() };
    let noticed = u16::try_from(notice_rows.len()).unwrap_or(0).min(area.height / 3);
    let panes = Rect { height: area.height - noticed, ..area };
    let mut plan = zoomed(scene, panes, plan(panes, needs(scene, panes, p)));
    plan.keys.y += noticed;
    title::render(scene, plan.title, p);
    if !plan.stage.is_empty() {
        stage::render(scene, plan.stage, p);
    }
    messages::render(scene, plan.messages, p);
    if !plan.code.is_empty() {
        code::render(scene, plan.code, p);
    }
    let typed = terminal::render(scene, plan.terminal, p);
    why::render(scene, plan.why, p);
    say::render(scene, plan.say, p);
    let cursor = overlay(scene, &plan, panes, p).or(typed);
    let above_keys = Rect { y: plan.keys.y.saturating_sub(noticed), height: noticed, ..area };
    p.rows(above_keys, &notice_rows);
    keybar::render(scene, &plan.missing, plan.keys, p);
    Drawn { cursor, reach: p.reach }
}

fn needs(scene: &Scene, area: Rect, p: &Painter) -> Needs {
    let lines = |rows: Vec<Row>| u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(1);
    let shown = scene.before.map_or(0, |m| m.terminal);
    let typing = matches!(scene.ui.overlay, Overlay::Terminal);
    let sparse = scene.ui.present;
    // To those in the back row only what stands in the way matters.
    let silent = sparse && scene.moment.findings.iter().all(|f| f.severity == Severity::Note);
    let why = lines(why::rows(scene, area.width, p)).min(area.height / 6).max(2);
    let quiet = why::in_its_rule(scene, area.width, p).is_some();
    let whole = !matches!(scene.say, Say::Sentence(_));
    Needs {
        stage: stage::height(scene, area.width),
        sparse,
        why: if silent { 0 } else { why },
        quiet,
        say: lines(say::rows(scene, area.width, p))
            .min(if whole { area.height.saturating_sub(8) } else { area.height / 3 })
            .max(2),
        whole,
        code: scene.code.is_some() && !(sparse && area.width < WIDE),
        terminal: typing || !scene.terminal.lines.is_empty(),
        terminal_first: typing || scene.moment.terminal > shown,
    }
}

/// The plan with one pane in the place of all between the title and what is said.
fn zoomed(scene: &Scene, area: Rect, plan: Plan) -> Plan {
    let Some(pane) = scene.ui.zoom else { return plan };
    // A program that takes the whole terminal gets what rows there are.
    let say = if pane == Pane::Terminal { Rect::default() } else { plan.say };
    let top = plan.title.bottom();
    let bottom = if say.is_empty() { area.bottom() - plan.keys.height } else { say.y };
    let all = Rect { y: top, height: bottom.saturating_sub(top), ..area };
    let mut out = Plan { title: plan.title, say, keys: plan.keys, ..Plan::default() };
    match pane {
        Pane::Stage => out.stage = all,
        Pane::Messages => out.messages = all,
        Pane::Code if scene.code.is_some() => out.code = all,
        Pane::Code | Pane::Terminal => out.terminal = all,
    }
    out
}

fn overlay(scene: &Scene, plan: &Plan, area: Rect, p: &mut Painter) -> Option<Position> {
    let body = Rect {
        y: plan.title.bottom(),
        height: area.height.saturating_sub(plan.title.height + plan.keys.height),
        ..area
    };
    // Reading why, one wants to see the picture it speaks of.
    let below = Rect { y: plan.stage.bottom(), height: body.bottom().saturating_sub(plan.stage.bottom()), ..area };
    match &scene.ui.overlay {
        Overlay::None | Overlay::Terminal => None,
        Overlay::Help { scroll } => {
            let rows = help::rows(&KeyContext::of(scene), body.width, p);
            reader("help", &rows, *scroll, body, p)
        }
        Overlay::Why { scroll } => {
            let area = if below.height >= 6 { below } else { body };
            let rows = why::long(scene, area.width, p);
            reader("why, at length", &rows, *scroll, area, p)
        }
        Overlay::Welcome => {
            prompt::welcome(body.width, p).render(body, p);
            None
        }
        Overlay::Prompt(x) => prompt::prompt(x, scene, body.width, p).render(body, p),
        Overlay::Form(form) => prompt::form(form, body.width, p).render(body, p),
        Overlay::Jump(input) => prompt::jump(input, scene, body.width, p).render(body, p),
        Overlay::Search(input) => prompt::search(input, body.width, p).render(body, p),
        Overlay::Until(input, wrong) => prompt::until(input, wrong.as_deref(), body.width, p).render(body, p),
        Overlay::Confirm { question, .. } => {
            prompt::confirm(question, body.width, p).render(body, p);
            None
        }
        Overlay::Filter { cursor } => {
            let (rows, cursor) = lists::filter_rows(scene, *cursor, p);
            list("which messages?", &rows, cursor, if below.height >= 4 { below } else { body }, p);
            None
        }
        Overlay::Lessons { cursor, query } => lessons(scene, *cursor, query, body, p),
    }
}

/// A text to read, from the line it is scrolled to.
fn reader(heading: &str, rows: &[Row], scroll: u16, area: Rect, p: &mut Painter) -> Option<Position> {
    if area.height < 2 {
        return None;
    }
    p.clear(area);
    let room = usize::from(area.height - 1);
    let most = rows.len().saturating_sub(room);
    p.reach.text = u16::try_from(most).unwrap_or(u16::MAX);
    let first = usize::from(scroll).min(most);
    let last = (first + room).min(rows.len());
    p.rule(area, area.y, heading, &format!("lines {}-{last} of {}", first + 1, rows.len()));
    p.rows(Rect { y: area.y + 1, height: area.height - 1, ..area }, rows.get(first..).unwrap_or(&[]));
    None
}

fn list(heading: &str, rows: &[Row], cursor: usize, area: Rect, p: &mut Painter) {
    if area.height < 2 {
        return;
    }
    p.clear(area);
    p.rule(area, area.y, heading, "");
    let inner = Rect { y: area.y + 1, height: area.height - 1, ..area };
    p.rows(inner, rows.get(lists::window(cursor, rows.len(), inner)..).unwrap_or(&[]));
}

fn lessons(scene: &Scene, cursor: usize, query: &tui_input::Input, area: Rect, p: &mut Painter) -> Option<Position> {
    let (rows, cursor) = lists::lesson_rows(scene, query.value(), cursor, p);
    let found = super::lessons::matching(scene.lessons, query.value());
    let foot = found.get(cursor).map_or_else(Vec::new, |(_, lesson)| lists::about(lesson, area.width, p));
    let foot_height = u16::try_from(foot.len()).unwrap_or(u16::MAX).min(area.height / 2) + 1;
    if area.height < foot_height + 4 {
        list("lessons", &rows, cursor, area, p);
        return None;
    }
    list("lessons", &rows, cursor, Rect { height: area.height - foot_height - 1, ..area }, p);
    let low = Rect { y: area.bottom() - foot_height - 1, height: foot_height + 1, ..area };
    p.clear(low);
    p.rule(low, low.y, "about it", "");
    p.rows(Rect { y: low.y + 1, height: foot_height - 1, ..low }, &foot);
    let find = " type to search: ";
    let end = p.row(low, low.bottom() - 1, &[(find.into(), p.theme.hint), (query.value().into(), p.theme.title)]);
    Some(Position { x: end.min(area.right().saturating_sub(1)), y: low.bottom() - 1 })
}

/// The notice, for the rows above the keys.
fn notice_rows(scene: &Scene, area: Rect, p: &Painter) -> Vec<Row> {
    let Some(text) = scene.notice else { return Vec::new() };
    super::paint::hang(vec![(" › ".into(), p.theme.warning)], text, p.theme.title, area.width)
}
