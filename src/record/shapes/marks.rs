//! Arrows, triangles and the few other marks of the screen.

use super::{HALF, HEIGHT, MIDDLE, Piece, Rect, WIDTH};

pub(super) fn shape(c: char) -> Option<Vec<Piece>> {
    let (cx, cy) = MIDDLE;
    Some(match c {
        '←' => horizontal_arrow(true, false),
        '→' => horizontal_arrow(false, true),
        '↔' => horizontal_arrow(true, true),
        '↑' => vertical_arrow(true, false),
        '↓' => vertical_arrow(false, true),
        '↕' => vertical_arrow(true, true),
        '↳' => vec![
            Piece::Line(vec![(25, 30), (25, 115), (60, 115)]),
            Piece::Polygon(vec![(55, 85), (WIDTH, 115), (55, 145)]),
        ],
        // From edge to edge, so that a line runs into the base.
        '▶' | '►' => vec![Piece::Polygon(vec![(0, 50), (WIDTH, cy), (0, HEIGHT - 50)])],
        '◀' | '◄' => vec![Piece::Polygon(vec![(WIDTH, 50), (0, cy), (WIDTH, HEIGHT - 50)])],
        '▲' => vec![Piece::Polygon(vec![(0, 140), (cx, 50), (WIDTH, 140)])],
        '▼' => vec![Piece::Polygon(vec![(0, 50), (cx, 140), (WIDTH, 50)])],
        '▸' => vec![Piece::Polygon(vec![(20, 65), (75, cy), (20, HEIGHT - 65)])],
        '◂' => vec![Piece::Polygon(vec![(70, 65), (15, cy), (70, HEIGHT - 65)])],
        '▴' => vec![Piece::Polygon(vec![(15, 120), (cx, 65), (75, 120)])],
        '▾' => vec![Piece::Polygon(vec![(15, 70), (cx, 125), (75, 70)])],
        '■' => vec![Piece::Rect(Rect { x: 10, y: cy - 35, w: 70, h: 70 })],
        '◆' => vec![Piece::Polygon(vec![(cx, cy - 50), (WIDTH - 5, cy), (cx, cy + 50), (5, cy)])],
        '●' => vec![Piece::Circle(MIDDLE, 38)],
        '•' => vec![Piece::Circle(MIDDLE, 22)],
        '✓' => vec![Piece::Line(vec![(10, 105), (35, 135), (80, 60)])],
        '✗' => vec![Piece::Line(vec![(15, 60), (75, 135)]), Piece::Line(vec![(75, 60), (15, 135)])],
        _ => return None,
    })
}

fn horizontal_arrow(left: bool, right: bool) -> Vec<Piece> {
    let cy = MIDDLE.1;
    let (from, to) = (if left { 40 } else { 0 }, if right { 50 } else { WIDTH });
    let mut out = vec![Piece::Rect(Rect::between((from, cy - HALF), (to, cy + HALF)))];
    if left {
        out.push(Piece::Polygon(vec![(0, cy), (40, cy - 32), (40, cy + 32)]));
    }
    if right {
        out.push(Piece::Polygon(vec![(WIDTH, cy), (50, cy - 32), (50, cy + 32)]));
    }
    out
}

fn vertical_arrow(up: bool, down: bool) -> Vec<Piece> {
    let cx = MIDDLE.0;
    let (from, to) = (if up { 40 } else { 0 }, if down { HEIGHT - 40 } else { HEIGHT });
    let mut out = vec![Piece::Rect(Rect::between((cx - HALF, from), (cx + HALF, to)))];
    if up {
        out.push(Piece::Polygon(vec![(cx, 0), (cx - 35, 55), (cx + 35, 55)]));
    }
    if down {
        out.push(Piece::Polygon(vec![(cx, HEIGHT), (cx - 35, HEIGHT - 55), (cx + 35, HEIGHT - 55)]));
    }
    out
}
