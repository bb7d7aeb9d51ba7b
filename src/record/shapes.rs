//! Characters that are drawn rather than written, so that lines join whatever the font.
//!
//! All lengths are tenths of a pixel within a cell of [`WIDTH`] by [`HEIGHT`]; light lines fall on whole pixels.

mod blocks;
mod lines;
mod marks;

/// Width of a cell, in tenths of a pixel.
pub(super) const WIDTH: i32 = 90;
/// Height of a cell, in tenths of a pixel.
pub(super) const HEIGHT: i32 = 190;
/// The middle of a cell.
const MIDDLE: (i32, i32) = (WIDTH / 2, HEIGHT / 2);
/// Half the thickness of a light line.
const HALF: i32 = 5;

/// A part of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A filled rectangle.
    Rect(Rect),
    /// A filled polygon.
    Polygon(Vec<(i32, i32)>),
    /// A filled circle: middle, radius.
    Circle((i32, i32), i32),
    /// A light line through these points.
    Line(Vec<(i32, i32)>),
    /// A light quarter turn: from, the corner it avoids, to.
    Turn((i32, i32), (i32, i32), (i32, i32)),
    /// The whole cell, filled to so many quarters.
    Shade(i32),
}

/// A rectangle: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rect {
    pub x: i32,
    pub y: i32,
    pub w: i32,
    pub h: i32,
}

impl Rect {
    /// From two opposite corners.
    fn between((x1, y1): (i32, i32), (x2, y2): (i32, i32)) -> Rect {
        Rect { x: x1.min(x2), y: y1.min(y2), w: (x2 - x1).abs(), h: (y2 - y1).abs() }
    }
}

/// The shape of a character; `None` for those that are written.
pub(super) fn shape(symbol: &str) -> Option<Vec<Piece>> {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return None };
    match c {
        '\u{2500}'..='\u{257F}' => lines::shape(c),
        '\u{2580}'..='\u{259F}' => blocks::shape(c),
        _ => marks::shape(c),
    }
}

#[cfg(test)]
mod tests;
