//! Say: the sentence of the step, the question before it, or what came of the answer.

use crate::lesson::Prediction;
use crate::view::paint::{Painter, Row, hang};
use crate::view::{Say, Scene};
use ratatui::layout::Rect;

/// The pane's lines, without its rule, for a width.
pub fn rows(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let indent = || vec![(" ".to_string(), p.theme.text)];
    match scene.say {
        Say::Sentence(text) => hang(indent(), text, p.theme.text, width),
        Say::Question { ask, chosen } => question(ask, chosen, width, p),
        Say::Reveal { ask, said, .. } if scene.ui.veiled => {
            let text = said.and_then(|said| ask.options.get(said)).map_or("", |o| o.text.as_str());
            let mut out = hang(vec![(" you said: ".into(), p.theme.warning)], text, p.theme.title, width);
            out.extend(hang(indent(), "Enter shows what the kernel did.", p.theme.hint, width));
            out
        }
        Say::Reveal { ask, said, right, sentence } => {
            let Some(said) = said else { return told(ask, right, sentence, width, p) };
            let mut out = reveal(ask, said, right, width, p);
            out.extend(hang(indent(), sentence, p.theme.text, width));
            out
        }
    }
}

fn question(ask: &Prediction, chosen: Option<usize>, width: u16, p: &Painter) -> Vec<Row> {
    let mut out = hang(vec![(" ? ".into(), p.theme.warning)], &ask.question, p.theme.title, width);
    for (i, option) in ask.options.iter().enumerate() {
        let on = chosen == Some(i);
        let style = if on { p.theme.selected } else { p.theme.text };
        let lead = vec![
            (if on { " ▶ " } else { "   " }.to_string(), p.theme.title),
            (format!(" {} ", i + 1), p.theme.key),
            (" ".to_string(), p.theme.text),
        ];
        out.extend(hang(lead, &option.text, style, width));
    }
    out
}

fn reveal(ask: &Prediction, said: usize, right: &[usize], width: u16, p: &Painter) -> Vec<Row> {
    let text = |i: usize| ask.options.get(i).map_or("", |o| o.text.as_str());
    let why = |i: usize| ask.options.get(i).map_or("", |o| o.why.as_str());
    let lead = |words: &str, style| vec![(format!(" {words} "), style)];
    let body = |i: usize| format!("{}: {}", text(i), why(i));
    if right.contains(&said) {
        return hang(lead("✓ as you said:", p.theme.good), &body(said), p.theme.text, width);
    }
    let mut out = hang(lead("✗ you said:", p.theme.warning), &body(said), p.theme.text, width);
    for i in right {
        out.extend(hang(lead("✓ the kernel:", p.theme.good), &body(*i), p.theme.text, width));
    }
    if right.is_empty() {
        out.extend(hang(lead("✗", p.theme.danger), "The kernel did none of these.", p.theme.text, width));
    }
    out
}

/// The answer where nobody gave one: what the kernel did, and what speaks against the others.
fn told(ask: &Prediction, right: &[usize], sentence: &str, width: u16, p: &Painter) -> Vec<Row> {
    let mut out = Vec::new();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for (i, option) in ask.options.iter().enumerate() {
        let body = format!("{}: {}", option.text, option.why);
        if right.contains(&i) {
            first.extend(hang(vec![(" ✓ the kernel: ".into(), p.theme.good)], &body, p.theme.text, width));
        } else {
            last.extend(hang(vec![(" ✗ not: ".into(), p.theme.warning)], &body, p.theme.text, width));
        }
    }
    out.append(&mut first);
    out.extend(hang(vec![(" ".to_string(), p.theme.text)], sentence, p.theme.text, width));
    out.append(&mut last);
    out
}

/// Draw the pane with its rule.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    if area.height == 0 {
        return;
    }
    let heading = match scene.say {
        Say::Question { .. } => "your prediction",
        Say::Reveal { .. } => "what the kernel did",
        Say::Sentence(_) => "what happens",
    };
    let rows = rows(scene, area.width, p);
    let inner = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let cut = rows.len() > usize::from(inner.height);
    let remark = match cut {
        true if area.width < 60 => "cut: too low",
        true => "cut: a larger window shows all",
        false => "",
    };
    p.rule(area, area.y, heading, remark);
    p.rows(inner, &rows);
}
