//! Shapes by colour, joined where they touch.

use super::super::palette::Rgb;
use super::super::shapes::{HEIGHT, Piece, Rect, WIDTH};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Shapes to be drawn, by colour. Rectangles are kept apart so that those that touch become one: two that
/// merely touch show a seam in a picture that is scaled.
#[derive(Debug, Default)]
pub(super) struct Ink {
    colors: BTreeMap<Rgb, Layer>,
}

#[derive(Debug, Default)]
struct Layer {
    rects: Vec<Rect>,
    /// Cells filled to so many quarters.
    shades: BTreeMap<i32, Vec<Rect>>,
    /// Path data of what is filled.
    filled: String,
    /// Path data of what is a line.
    drawn: String,
}

impl Ink {
    pub(super) fn rect(&mut self, color: Rgb, rect: Rect) {
        self.colors.entry(color).or_default().rects.push(rect);
    }

    /// A piece of a shape, in the cell whose corner is at `(x, y)`.
    pub(super) fn piece(&mut self, color: Rgb, (x, y): (i32, i32), piece: &Piece) {
        let layer = self.colors.entry(color).or_default();
        let point = |&(px, py): &(i32, i32)| format!("{} {}", tenths(x + px), tenths(y + py));
        let path = |points: &[(i32, i32)]| points.iter().map(point).collect::<Vec<_>>().join("L");
        match piece {
            Piece::Rect(r) => layer.rects.push(Rect { x: x + r.x, y: y + r.y, ..*r }),
            Piece::Shade(n) => layer.shades.entry(*n).or_default().push(Rect { x, y, w: WIDTH, h: HEIGHT }),
            Piece::Polygon(points) => layer.filled += &format!("M{}z", path(points)),
            Piece::Line(points) => layer.drawn += &format!("M{}", path(points)),
            Piece::Turn(from, corner, to) => {
                // Straight up to half a cell's width before the corner, then round it.
                let bend = (corner.0, if from.1 < corner.1 { corner.1 - WIDTH / 2 } else { corner.1 + WIDTH / 2 });
                layer.drawn += &format!("M{}L{}Q{} {}", point(from), point(&bend), point(corner), point(to));
            }
            Piece::Circle((cx, cy), r) => {
                let (r2, r) = (tenths(2 * r), (tenths(*r), point(&(cx - r, *cy))));
                layer.filled += &format!("M{1}a{0} {0} 0 1 0 {r2} 0a{0} {0} 0 1 0 -{r2} 0z", r.0, r.1);
            }
        }
    }

    pub(super) fn write(self, out: &mut String) {
        for (color, layer) in self.colors {
            let filled = outline(layer.rects) + &layer.filled;
            if !filled.is_empty() {
                let _ = writeln!(out, "<path fill=\"{color}\" d=\"{filled}\"/>");
            }
            for (quarters, rects) in layer.shades {
                let opacity = ["0", "0.25", "0.5", "0.75"].get(usize::try_from(quarters).unwrap_or(3)).unwrap_or(&"1");
                let cells = outline(rects);
                let _ = writeln!(out, "<path fill=\"{color}\" fill-opacity=\"{opacity}\" d=\"{cells}\"/>");
            }
            if !layer.drawn.is_empty() {
                let _ = writeln!(
                    out,
                    "<path fill=\"none\" stroke=\"{color}\" stroke-width=\"1.2\" d=\"{}\"/>",
                    layer.drawn
                );
            }
        }
    }
}

/// Path data of rectangles, those that touch joined, first along rows, then along columns.
fn outline(rects: Vec<Rect>) -> String {
    let rects = join(rects, |r| ((r.y, r.h), r.x, r.w), |r, to| Rect { w: to - r.x, ..r });
    let rects = join(rects, |r| ((r.x, r.w), r.y, r.h), |r, to| Rect { h: to - r.y, ..r });
    let mut rects = rects;
    rects.sort_by_key(|r| (r.y, r.x, r.w, r.h));
    let one = |r: &Rect| format!("M{} {}h{}v{}h-{}z", tenths(r.x), tenths(r.y), tenths(r.w), tenths(r.h), tenths(r.w));
    rects.iter().map(one).collect()
}

/// Join rectangles on the same track that touch or overlap. `along` gives track, start and length.
fn join(
    mut rects: Vec<Rect>,
    along: impl Fn(&Rect) -> ((i32, i32), i32, i32),
    extend: impl Fn(Rect, i32) -> Rect,
) -> Vec<Rect> {
    rects.sort_by_key(&along);
    let mut out: Vec<Rect> = Vec::new();
    for rect in rects {
        let (track, start, length) = along(&rect);
        if let Some(last) = out.last_mut() {
            let (last_track, last_start, last_length) = along(last);
            if track == last_track && start <= last_start + last_length {
                *last = extend(*last, (start + length).max(last_start + last_length));
                continue;
            }
        }
        out.push(rect);
    }
    out
}

/// Tenths of a pixel as a decimal number.
pub(super) fn tenths(n: i32) -> String {
    let sign = if n < 0 { "-" } else { "" };
    match n.unsigned_abs() {
        n if n % 10 == 0 => format!("{sign}{}", n / 10),
        n => format!("{sign}{}.{}", n / 10, n % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        for (n, want) in [(0, "0"), (5, "0.5"), (90, "9"), (145, "14.5"), (-5, "-0.5"), (-20, "-2")] {
            assert_eq!(tenths(n), want);
        }
    }

    #[test]
    fn rectangles_that_touch_become_one() {
        let r = |x, y, w, h| Rect { x, y, w, h };
        assert_eq!(outline(vec![r(90, 0, 90, 10), r(0, 0, 90, 10)]), "M0 0h18v1h-18z");
        assert_eq!(outline(vec![r(0, 0, 10, 95), r(0, 90, 10, 100)]), "M0 0h1v19h-1z");
        assert_eq!(outline(vec![r(0, 0, 90, 10), r(100, 0, 90, 10)]), "M0 0h9v1h-9zM10 0h9v1h-9z");
        assert_eq!(outline(vec![r(0, 0, 90, 10), r(20, 0, 10, 10)]), "M0 0h9v1h-9z");
    }
}
