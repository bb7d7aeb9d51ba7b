//! The DOT language of Graphviz.

use super::drawing::Drawing;
use crate::report::dot::quote;
use crate::world::Access;
use std::fmt::Write;

/// Boxes for processes, arrows in the direction bytes can flow.
pub(super) fn dot(drawing: &Drawing) -> String {
    let mut out = String::from("digraph pipescope {\n  rankdir=LR;\n  node [fontname=monospace, shape=box];\n");
    if let Some(remark) = &drawing.remark {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "  label={};", quote(remark));
    }
    for b in &drawing.processes {
        let _ = writeln!(out, "  {} [label={}];", b.id, quote(&b.lines.join("\n")));
    }
    for b in &drawing.things {
        let _ = writeln!(out, "  {} [shape=cds, label={}];", b.id, quote(&b.lines.join("\n")));
    }
    for arrow in &drawing.arrows {
        let (Some(process), Some(thing)) = (drawing.processes.get(arrow.process), drawing.things.get(arrow.thing))
        else {
            continue;
        };
        let (p, t, label) = (&process.id, &thing.id, quote(&arrow.label));
        let _ = match arrow.access {
            Access::Read => writeln!(out, "  {t} -> {p} [label={label}];"),
            Access::Write => writeln!(out, "  {p} -> {t} [label={label}];"),
            Access::ReadWrite => writeln!(out, "  {p} -> {t} [dir=both, label={label}];"),
            Access::None => writeln!(out, "  {p} -> {t} [dir=none, style=dotted, label={label}];"),
        };
    }
    for (a, b) in &drawing.pairs {
        if let (Some(a), Some(b)) = (drawing.things.get(*a), drawing.things.get(*b)) {
            let _ = writeln!(out, "  {} -> {} [dir=both, style=bold];", a.id, b.id);
        }
    }
    out + "}\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_way_is_an_arrow() {
        insta::assert_snapshot!(super::dot(&super::super::drawing::sample()));
    }
}
