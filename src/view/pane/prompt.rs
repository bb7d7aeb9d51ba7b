//! The `:` line, the form, and the other lines that ask for a text: over the lowest rows, so that the picture stays.

use crate::notation::call_spec;
use crate::view::form::Form;
use crate::view::paint::{Painter, Row, hang};
use crate::view::{Prompt, Scene};
use ratatui::layout::{Position, Rect};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

/// Lines to draw, and where the cursor stands in them: column, row.
pub struct Asked {
    /// The heading.
    pub heading: String,
    /// The lines.
    pub rows: Vec<Row>,
    /// The cursor.
    pub cursor: (u16, u16),
}

impl Asked {
    /// Draw over the lowest rows of `area`; where the cursor is.
    pub fn render(&self, area: Rect, p: &mut Painter) -> Option<Position> {
        let height = u16::try_from(self.rows.len()).unwrap_or(u16::MAX).saturating_add(1).min(area.height);
        if height < 2 || area.width == 0 {
            return None;
        }
        let area = Rect { y: area.bottom() - height, height, ..area };
        p.clear(area);
        p.rule(area, area.y, &self.heading, "");
        p.rows(Rect { y: area.y + 1, height: height - 1, ..area }, &self.rows);
        let x = area.x.saturating_add(self.cursor.0).min(area.right() - 1);
        let y = area.y.saturating_add(1).saturating_add(self.cursor.1).min(area.bottom() - 1);
        Some(Position { x, y })
    }
}

/// One line to write in after a lead, scrolled so that the cursor is seen; and the cursor's column.
fn field(lead: &str, input: &Input, width: u16, p: &Painter) -> (Row, u16, usize) {
    let room = usize::from(width).saturating_sub(lead.width() + 1).max(1);
    field_from(lead, input, input.visual_scroll(room), p)
}

/// The same from a column of the text on.
fn field_from(lead: &str, input: &Input, scroll: usize, p: &Painter) -> (Row, u16, usize) {
    let mut skipped = 0;
    let text: String = input
        .value()
        .chars()
        .skip_while(|c| {
            let skip = skipped < scroll;
            skipped += usize::from(skip) * c.to_string().width();
            skip
        })
        .collect();
    let column = lead.width() + input.visual_cursor().saturating_sub(scroll);
    (vec![(lead.to_string(), p.theme.title), (text, p.theme.text)], u16::try_from(column).unwrap_or(u16::MAX), scroll)
}

/// The `:` line: what is written, what is wrong with it, what it may become.
pub fn prompt(prompt: &Prompt, scene: &Scene, width: u16, p: &Painter) -> Asked {
    let (mut row, mut column, mut scroll) = field(" : ", &prompt.input, width, p);
    if let Some(error) = &prompt.error {
        // What is wrong must be in sight.
        let before = prompt.input.value().get(..error.at.start).map_or(0, |t| t.width());
        (row, column, scroll) = field_from(" : ", &prompt.input, scroll.min(before), p);
    }
    let mut rows = vec![row];
    let who = scene.ui.selection.process.as_deref().unwrap_or("parent");
    if let Some(error) = &prompt.error {
        let before: String = prompt
            .input
            .value()
            .chars()
            .scan(0, |at, c| {
                *at += c.len_utf8();
                (*at <= error.at.start).then_some(c)
            })
            .collect();
        let marked = prompt.input.value().get(error.at.clone()).map_or(1, |t| t.width().max(1));
        let pad = (3 + before.width()).saturating_sub(scroll);
        rows.push(vec![(" ".repeat(pad), p.theme.text), ("^".repeat(marked), p.theme.danger)]);
        rows.extend(hang(vec![(" ✗ ".into(), p.theme.danger)], &error.message, p.theme.text, width));
        if let Some(help) = &error.help {
            rows.extend(hang(vec![("   try: ".into(), p.theme.good)], help, p.theme.text, width));
        }
    } else if !prompt.completions.is_empty() {
        let words = prompt.completions.join("  ");
        rows.extend(hang(vec![("   ".into(), p.theme.text)], &words, p.theme.text, width));
    } else {
        let hint = example(prompt.input.value()).unwrap_or_else(|| {
            format!(
                "pipe()  read(3, 64)  write(4, \"hello\")  close(4)  fork(child) ... of {who}; another one: NAME: call"
            )
        });
        rows.extend(hang(vec![("   ".into(), p.theme.hint)], &hint, p.theme.hint, width));
    }
    let heading = match &scene.ui.selection.process {
        Some(who) => format!("a call, made by {who} unless you name another"),
        None => "a call: nobody lives; stage: start(NAME) begins a process".into(),
    };
    Asked { heading, rows, cursor: (column, 0) }
}

/// What the call that is being written takes and does.
fn example(text: &str) -> Option<String> {
    let call = text.rsplit(':').next()?.trim().split('(').next()?;
    call_spec(call).map(|spec| format!("{}: {}\nfor example {}", spec.signature, spec.summary, spec.example))
}

/// A form: its fields, and the line that it makes.
pub fn form(form: &Form, width: u16, p: &Painter) -> Asked {
    let mut rows = Vec::new();
    let mut cursor = (0, 0);
    for (i, f) in form.fields.iter().enumerate() {
        let on = i == form.focus;
        let lead = format!(" {} {:<8} ", if on { "▶" } else { " " }, f.label);
        let (mut row, column, _) = field(&lead, &f.input, width, p);
        if on {
            cursor = (column, u16::try_from(i).unwrap_or(0));
        }
        row.push((format!("   {}", f.hint), p.theme.hint));
        rows.push(row);
    }
    rows.push(vec![("   makes    ".into(), p.theme.hint), (form.line(), p.theme.data)]);
    Asked { heading: format!("{} by {}", form.call, form.process), rows, cursor }
}

/// The line that asks for a step.
pub fn jump(input: &Input, scene: &Scene, width: u16, p: &Painter) -> Asked {
    let (row, column, _) = field(" go to step ", input, width, p);
    let (_, all) = scene.progress;
    let hint = match all {
        n if scene.recorded.is_some() => format!("0 is the beginning, {n} the end"),
        0 => "0 is the beginning; only steps that were made can be shown".to_string(),
        n => format!("0 is the beginning, {n} the end; steps not made yet are made on the way"),
    };
    let rows = vec![row, vec![(format!("   {hint}"), p.theme.hint)]];
    Asked { heading: "go to".into(), rows, cursor: (column, 0) }
}

/// The words to look for.
pub fn search(input: &Input, width: u16, p: &Painter) -> Asked {
    let (row, column, _) = field(" search ", input, width, p);
    let hint = "in calls, results and data; then n is the next, N the one before; empty: the words of last time";
    let mut rows = vec![row];
    rows.extend(hang(vec![("   ".into(), p.theme.hint)], hint, p.theme.hint, width));
    Asked { heading: "search".into(), rows, cursor: (column, 0) }
}

/// Until what to run.
pub fn until(input: &Input, wrong: Option<&str>, width: u16, p: &Painter) -> Asked {
    let (row, column, _) = field(" run until ", input, width, p);
    let mut rows = vec![row];
    match wrong {
        Some(wrong) => rows.extend(hang(vec![(" ✗ ".into(), p.theme.danger)], wrong, p.theme.text, width)),
        None => {
            let hint = "eof  blocked  epipe  exit  error  program; or a call, before it is made: write fd=4; all words \
                        must be so: process=NAME object=NAME data=\"BYTES\"; empty: as last time";
            rows.extend(hang(vec![("   ".into(), p.theme.hint)], hint, p.theme.hint, width));
        }
    }
    Asked { heading: "run until".into(), rows, cursor: (column, 0) }
}

/// What to know at the first use.
pub fn welcome(width: u16, p: &Painter) -> Asked {
    let lines = [
        "These are real processes. Each press of space makes their next system call.",
        "Boxes are processes with their descriptors; lines lead to the pipes they share.",
        "? explains every mark and every key. This is shown once; any key closes it.",
    ];
    let rows = lines.iter().flat_map(|l| hang(vec![(" ".into(), p.theme.text)], l, p.theme.text, width)).collect();
    Asked { heading: "welcome".into(), rows, cursor: (0, 0) }
}

/// A yes or no.
pub fn confirm(question: &str, width: u16, p: &Painter) -> Asked {
    let rows = hang(vec![(" ? ".into(), p.theme.warning)], question, p.theme.text, width);
    Asked { heading: "sure?".into(), rows, cursor: (0, 0) }
}
