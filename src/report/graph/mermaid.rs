//! A Mermaid flowchart.

use super::drawing::Drawing;
use crate::world::Access;
use std::fmt::Write;

/// Boxes for processes, rounded ones for things, arrows in the direction bytes can flow.
pub(super) fn mermaid(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart LR\n");
    if let Some(remark) = &drawing.remark {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "  %% {}", escape(remark));
    }
    for b in &drawing.processes {
        let _ = writeln!(out, "  {}[\"{}\"]", b.id, text(&b.lines));
    }
    for b in &drawing.things {
        let _ = writeln!(out, "  {}([\"{}\"])", b.id, text(&b.lines));
    }
    for arrow in &drawing.arrows {
        let (Some(process), Some(thing)) = (drawing.processes.get(arrow.process), drawing.things.get(arrow.thing))
        else {
            continue;
        };
        let (p, t, label) = (&process.id, &thing.id, &arrow.label);
        let _ = match arrow.access {
            Access::Read => writeln!(out, "  {t} -- \"{label}\" --> {p}"),
            Access::Write => writeln!(out, "  {p} -- \"{label}\" --> {t}"),
            Access::ReadWrite => writeln!(out, "  {p} <-- \"{label}\" --> {t}"),
            Access::None => writeln!(out, "  {p} -. \"{label}\" .- {t}"),
        };
    }
    for (a, b) in &drawing.pairs {
        if let (Some(a), Some(b)) = (drawing.things.get(*a), drawing.things.get(*b)) {
            let _ = writeln!(out, "  {} === {}", a.id, b.id);
        }
    }
    out
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|l| escape(l)).collect::<Vec<_>>().join("<br/>")
}

/// Within quotes a character that has a meaning is written as an entity.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out += "#quot;",
            '#' => out += "#35;",
            '<' => out += "#lt;",
            '>' => out += "#gt;",
            '&' => out += "#amp;",
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_way_is_an_arrow() {
        insta::assert_snapshot!(super::mermaid(&super::super::drawing::sample()));
    }
}
