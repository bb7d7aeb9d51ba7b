//! SVG without any other program: two columns of boxes and lines between them.

use super::drawing::{Arrow, Box, Drawing};
use crate::world::Access;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Measures, in pixels: of a character of the font, a line, the space within a box and between boxes, and for lines.
const CHAR: usize = 8;
const LINE: usize = 18;
const INSET: usize = 8;
const GAP: usize = 16;
const BETWEEN: usize = 240;
const MARGIN: usize = 20;

/// Where a box is.
#[derive(Clone, Copy)]
struct Place {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Place {
    fn middle(self) -> usize {
        self.y + self.height / 2
    }

    /// The height at which its n-th way leaves it.
    fn row(self, n: usize) -> usize {
        self.y + INSET + LINE * n + LINE / 2 - 2
    }
}

/// Processes on the left, things on the right; arrowheads in the direction bytes can flow.
pub(super) fn svg(drawing: &Drawing) -> String {
    let ways = |of: fn(&Arrow) -> usize| {
        let mut counts = vec![0; drawing.processes.len().max(drawing.things.len())];
        drawing.arrows.iter().for_each(|a| counts.get_mut(of(a)).into_iter().for_each(|n| *n += 1));
        counts
    };
    let left = column(&drawing.processes, MARGIN, &ways(|a| a.process));
    let right = column(&drawing.things, MARGIN + width(&drawing.processes) + BETWEEN, &ways(|a| a.thing));
    let wide = MARGIN * 2 + width(&drawing.processes) + BETWEEN + width(&drawing.things) + 60;
    let remark = usize::from(drawing.remark.is_some()) * (LINE + GAP);
    let high = bottom(&left).max(bottom(&right)) + MARGIN + remark;
    let mut out = head(wide, high);
    // The ways of one box leave it one below the other, so that their labels do not cover each other.
    let (mut from, mut to) = (vec![0; left.len()], vec![0; right.len()]);
    for arrow in &drawing.arrows {
        if let (Some(p), Some(t)) = (left.get(arrow.process), right.get(arrow.thing)) {
            let (a, b) = (p.row(next(&mut from, arrow.process)), t.row(next(&mut to, arrow.thing)));
            line(&mut out, (p.x + p.width, a), (t.x, b), arrow.access, &arrow.label);
        }
    }
    for (a, b) in &drawing.pairs {
        if let (Some(a), Some(b)) = (right.get(*a), right.get(*b)) {
            let (x, bend) = (a.x + a.width.max(b.width), a.x + a.width.max(b.width) + 50);
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(
                out,
                "<path class=\"pair\" d=\"M{} {} H{x} C{bend} {} {bend} {} {x} {} H{}\"/>",
                a.x + a.width,
                a.middle(),
                a.middle(),
                b.middle(),
                b.middle(),
                b.x + b.width
            );
        }
    }
    for (place, b) in left.iter().zip(&drawing.processes) {
        draw(&mut out, *place, b, "process", 0);
    }
    for (place, b) in right.iter().zip(&drawing.things) {
        draw(&mut out, *place, b, "thing", 9);
    }
    if let Some(remark) = &drawing.remark {
        let _ = writeln!(out, "<text x=\"{MARGIN}\" y=\"{}\">{}</text>", high - MARGIN, escape(remark));
    }
    out + "</svg>\n"
}

fn head(wide: usize, high: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         font-family=\"monospace\" font-size=\"13\">\n\
         <style>rect{{fill:#fff;stroke:#333}}.thing{{fill:#eef3fa}}path{{fill:none;stroke:#333}}\
         .write{{stroke-width:2}}.pair{{stroke-width:3}}.none{{stroke-dasharray:2 3}}text{{fill:#111}}</style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" markerHeight=\"9\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0 0 L8 4 L0 8 z\" \
         style=\"fill:#333;stroke:none\"/></marker></defs>\n\
         <rect width=\"{wide}\" height=\"{high}\" style=\"stroke:none\"/>\n"
    )
}

fn width(boxes: &[Box]) -> usize {
    let longest = boxes.iter().flat_map(|b| &b.lines).map(|l| l.width()).max().unwrap_or(0);
    longest * CHAR + 2 * INSET
}

fn next(counts: &mut [usize], at: usize) -> usize {
    counts.get_mut(at).map_or(0, |n| std::mem::replace(n, *n + 1))
}

fn column(boxes: &[Box], x: usize, ways: &[usize]) -> Vec<Place> {
    let width = width(boxes);
    let mut y = MARGIN;
    let place = |(b, ways): (&Box, &usize)| {
        let place = Place { x, y, width, height: b.lines.len().max(*ways) * LINE + INSET };
        y += place.height + GAP;
        place
    };
    boxes.iter().zip(ways).map(place).collect()
}

fn bottom(places: &[Place]) -> usize {
    places.last().map_or(MARGIN, |p| p.y + p.height)
}

fn line(out: &mut String, (from, a): (usize, usize), (to, b): (usize, usize), access: Access, label: &str) {
    let (class, marks) = match access {
        Access::Read => ("read", "marker-start=\"url(#head)\""),
        Access::Write => ("write", "marker-end=\"url(#head)\""),
        Access::ReadWrite => ("both", "marker-start=\"url(#head)\" marker-end=\"url(#head)\""),
        Access::None => ("none", ""),
    };
    let half = from + (to - from) / 2;
    let _ = writeln!(out, "<path class=\"{class}\" {marks} d=\"M{from} {a} C{half} {a} {half} {b} {to} {b}\"/>");
    let _ = writeln!(out, "<text x=\"{}\" y=\"{}\">{}</text>", from + 12, a.saturating_sub(3), escape(label));
}

fn draw(out: &mut String, place: Place, b: &Box, class: &str, round: usize) {
    let Place { x, y, width, height } = place;
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
    );
    for (i, text) in b.lines.iter().enumerate() {
        let _ = writeln!(out, "<text x=\"{}\" y=\"{}\">{}</text>", x + INSET, y + LINE * (i + 1) - 3, escape(text));
    }
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_columns_and_their_lines() {
        insta::assert_snapshot!(super::svg(&super::super::drawing::sample()));
    }
}
